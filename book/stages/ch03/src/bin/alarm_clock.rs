//! A future that another thread makes ready, and the thread that sleeps until then.
//!
//! cargo run -q -p stage-ch03 --bin alarm_clock

use stage_ch03::{Event, block_on, join};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::thread;

/// Counts the polls of what it waits for, and has the clock started after the first.
async fn wait(name: &str, event: Arc<Event>) {
    let mut waiting = event.wait();
    let mut polls = 0;
    poll_fn(|cx| {
        polls += 1;
        let answer = Future::poll(Pin::new(&mut waiting), cx);
        let word = if answer.is_ready() { "ready" } else { "pending" };
        println!("{name}, poll {polls}: {word}");
        if polls == 1 {
            let event = event.clone();
            thread::spawn(move || event.set());
        }
        answer
    })
    .await;
}

fn main() {
    block_on(wait("alone", Arc::new(Event::default())));
    println!("awake");
    let (a, b) = (Arc::new(Event::default()), Arc::new(Event::default()));
    // Two that wait, one thread: whoever is woken, both are asked.
    let first = async {
        a.wait().await;
        println!("first");
        b.set();
    };
    let second = async {
        b.wait().await;
        println!("second");
    };
    let other = a.clone();
    thread::spawn(move || other.set());
    block_on(join(pin!(second), pin!(first)));
    println!("awake");
}
