//! An event that another thread sets.
//!
//! cargo run -q -p stage-ch03 --bin other_thread

use stage_ch03::{Event, block_on};
use std::sync::Arc;
use std::thread;

fn main() {
    let done = Arc::new(Event::default());
    let there = done.clone();
    thread::spawn(move || there.set());
    block_on(done.wait());
    println!("awake");
}
