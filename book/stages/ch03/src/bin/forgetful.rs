//! WRONG: a future that answers `Pending`, and leaves its waker with nobody.
//!
//! cargo run -q -p stage-ch03 --bin forgetful

use stage_ch03::block_on;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// Ready in the second poll. Nobody sees to it that there is one.
async fn second_time(polls: &AtomicU32) {
    poll_fn(|_cx| match polls.fetch_add(1, Ordering::Relaxed) {
        0 => Poll::Pending,
        _ => Poll::Ready(()),
    })
    .await;
}

fn main() {
    let polls = Arc::new(AtomicU32::new(0));
    let (up, awake) = mpsc::channel();
    let counted = polls.clone();
    thread::spawn(move || {
        block_on(second_time(&counted));
        up.send(()).unwrap();
    });
    let slept = awake.recv_timeout(Duration::from_secs(1)).is_err();
    println!("a second later: {} poll, asleep = {slept}", polls.load(Ordering::Relaxed));
}
