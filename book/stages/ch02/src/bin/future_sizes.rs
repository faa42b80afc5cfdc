//! What a future weighs: what it has to keep while it waits, and nothing else.
//!
//! cargo run -q -p stage-ch02 --bin future_sizes

use stage_ch02::countdown;
use std::hint::black_box;

async fn nothing() {}

async fn one_wait() {
    countdown(1).await;
}

/// The array is gone before the wait.
async fn before() {
    {
        let page = [0_u8; 1024];
        black_box(&page);
    }
    countdown(1).await;
}

/// The array is still needed after the wait.
async fn across() {
    let page = [0_u8; 1024];
    countdown(1).await;
    black_box(&page);
}

/// One after the other: they share the room, as they are never there at the same time.
async fn two_in_turn() {
    across().await;
    across().await;
}

fn main() {
    for (name, bytes) in [
        ("an async fn without a wait", size_of_val(&nothing())),
        ("one wait for a Countdown of 8", size_of_val(&one_wait())),
        ("1024 bytes used up before the wait", size_of_val(&before())),
        ("1024 bytes kept across the wait", size_of_val(&across())),
        ("two of these in turn", size_of_val(&two_in_turn())),
    ] {
        println!("{bytes:5} bytes  {name}");
    }
}
