//! Who calls whom while a thread waits for another one: data for a figure of chapter 3.
//!
//! cargo run -q -p stage-ch03 --example calls

use stage_acceptance::figure::{Ear, Steps};
use stage_ch03::Event;
use stage_ch03::wake::park::Parker;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread;

fn main() {
    let steps = Steps::default();
    let event = Arc::new(Event::default());
    // The other thread begins when this one is about to sleep, so that each run is the same.
    let (go, begin) = mpsc::channel();
    let (others, there) = (steps.clone(), event.clone());
    thread::spawn(move || {
        begin.recv().unwrap();
        others.send("thread", "event", "set");
        there.set();
    });

    // The loop of block_on, with a word about each step.
    let parker = Parker::new();
    let mut waiting = pin!(event.wait());
    loop {
        let woken = steps.clone();
        let ear = Ear::new(&parker.waker(), move || {
            woken.send("event", "parker", "wake: unpark");
        });
        steps.call("block_on", "event", "poll: has it happened?");
        let answer = waiting.as_mut().poll(&mut Context::from_waker(&ear.waker()));
        if ear.is_kept() {
            steps.note("event", "keeps the waker");
        }
        if let Poll::Ready(()) = answer {
            steps.answer("event", "block_on", "ready");
            break;
        }
        steps.answer("event", "block_on", "pending");
        steps.call("block_on", "parker", "park");
        steps.sleep("block_on", "lies down");
        go.send(()).unwrap();
        parker.park(None);
        steps.awake("block_on", "gets up");
        steps.answer("parker", "block_on", "there was an alarm");
    }
    steps.print(&["block_on", "parker", "event", "thread"]);
}
