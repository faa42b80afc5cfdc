//! Who runs first: the one that was spawned first, or the one that is awaited first?
//!
//! cargo run -q -p stage-ch06 --bin await_order

use stage_ch06::{Runtime, spawn, yield_now};

async fn task(name: &str) {
    println!("  {name}: begins");
    yield_now().await;
    println!("  {name}: ends");
}

fn main() {
    Runtime::new().block_on(async {
        let a = spawn(task("a"));
        let b = spawn(task("b"));
        println!("root: waits for b");
        b.await.unwrap();
        println!("root: waits for a");
        a.await.unwrap();
        println!("root: ends");
    });
}
