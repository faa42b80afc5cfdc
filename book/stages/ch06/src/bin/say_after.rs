//! Tasks that take turns, in the order in which they were queued; and data that only they share.
//!
//! cargo run -q -p stage-ch06 --bin say_after

use stage_ch06::{Runtime, spawn, yield_now};
use std::cell::RefCell;
use std::rc::Rc;

/// `Rc` and `RefCell` cannot leave their thread. Neither can the task.
type Said = Rc<RefCell<Vec<String>>>;

async fn say_after(turns: u32, what: &'static str, said: Said) -> usize {
    println!("{what}: begins");
    for _ in 0..turns {
        yield_now().await;
    }
    println!("{what}: now");
    said.borrow_mut().push(what.to_string());
    what.len()
}

fn main() {
    let runtime = Runtime::new();
    let said = Said::default();
    let letters = runtime.block_on(async {
        let hello = spawn(say_after(2, "hello", said.clone()));
        let world = spawn(say_after(1, "world", said.clone()));
        println!("root: both are spawned, and neither has begun");
        hello.await.unwrap() + world.await.unwrap()
    });
    println!("{letters} letters, in this order: {}", said.borrow().join(", "));
}
