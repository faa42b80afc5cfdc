//! Two countdowns race; the slower one is dropped in the middle of its work.
//!
//! cargo run -q -p stage-ch02 --bin cancel_by_drop

use stage_ch02::step::step;
use stage_ch02::{countdown, join, race};
use std::task::Poll;

/// Says when it goes: a file, a lock, a connection would be freed here.
struct Held(&'static str);

impl Drop for Held {
    fn drop(&mut self) {
        println!("  {} lets go of what it held", self.0);
    }
}

async fn count(name: &'static str, from: u32) -> &'static str {
    let _held = Held(name);
    countdown(from).await;
    println!("  {name} is ready");
    name
}

fn main() {
    println!("join: both to the end");
    let mut both = join(Box::pin(count("three", 3)), Box::pin(count("one", 1)));
    while step(&mut both).is_pending() {
        println!("  pending");
    }

    println!("race: the first wins");
    let mut first = race(Box::pin(count("three", 3)), Box::pin(count("one", 1)));
    loop {
        match step(&mut first) {
            Poll::Pending => println!("  pending"),
            Poll::Ready(winner) => return println!("  the winner is {winner:?}"),
        }
    }
}
