//! A task is woken while another one is always ready: how many turns does that one have before?
//!
//! cargo run -q -p stage-ch06 --bin far_wake

use stage_ch06::{Event, Runtime, spawn, yield_now};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

async fn turns_until(woken: &Cell<bool>) -> u32 {
    let mut turns = 0;
    while !woken.get() {
        yield_now().await;
        turns += 1;
    }
    turns
}

fn main() {
    Runtime::new().block_on(async {
        for far in [false, true] {
            let (event, woken) = (Arc::new(Event::default()), Rc::new(Cell::new(false)));
            let (there, says) = (event.clone(), woken.clone());
            let waits = spawn(async move {
                there.wait().await;
                says.set(true);
            });
            // It has its first turn, and waits.
            yield_now().await;
            if far {
                thread::spawn(move || event.set()).join().unwrap();
            } else {
                event.set();
            }
            let turns = turns_until(&woken).await;
            println!(
                "woken on {}, turns before: {turns}",
                if far { "another thread" } else { "this one" }
            );
            waits.await.unwrap();
        }
    });
}
