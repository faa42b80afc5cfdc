//! The end of a runtime: every future is dropped, whatever it waits for, and the drop returns.
//!
//! cargo run -q -p stage-ch06 --bin last_call

use stage_ch06::{JoinError, Runtime, spawn, yield_now};
use std::future::pending;

struct Guest(&'static str);

impl Drop for Guest {
    fn drop(&mut self) {
        println!("  {} leaves", self.0);
    }
}

fn main() {
    let runtime = Runtime::new();
    let mut handle = None;
    runtime.block_on(async {
        let quick = spawn(async {
            let _guest = Guest("the quick one");
            "ready"
        });
        let waiting = spawn(async {
            let _guest = Guest("the one who waits for ever");
            pending::<()>().await;
        });
        let _busy = spawn(async {
            let _guest = Guest("the busy one");
            loop {
                yield_now().await;
            }
        });
        println!("join: {:?}", quick.await);
        let guest = Guest("the one who was never polled");
        drop(spawn(async move {
            let _guest = guest;
        }));
        handle = Some(waiting);
    });
    println!("block_on has returned, and the runtime is dropped:");
    drop(runtime);
    println!("gone");
    // The handle outlives the runtime, and knows how it ended.
    let ended = handle.map(stage_ch06::block_on).unwrap();
    println!("join: {:?}, cancelled: {}", ended, matches!(ended, Err(JoinError::Cancelled)));
}
