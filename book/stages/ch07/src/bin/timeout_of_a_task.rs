//! What a timeout stops, and what it does not.
//!
//! cargo run -q -p stage-ch07 --bin timeout_of_a_task

use stage_ch07::time::{now, sleep, timeout};
use stage_ch07::{Runtime, spawn};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// Says when it is done, and when it goes.
async fn work(name: &'static str, start: Instant) {
    struct Goes(&'static str, Instant);
    impl Drop for Goes {
        fn drop(&mut self) {
            println!("{:.2} s  {} goes", (now() - self.1).as_secs_f64(), self.0);
        }
    }
    let _goes = Goes(name, start);
    sleep(SECOND).await;
    println!("{:.2} s  {name} is done", (now() - start).as_secs_f64());
}

fn main() {
    Runtime::start_paused().block_on(async {
        let start = now();
        let future = timeout(SECOND / 4, work("the future", start)).await;
        println!("{:.2} s  {future:?}", (now() - start).as_secs_f64());

        let task = timeout(SECOND / 4, spawn(work("the task", start))).await;
        println!("{:.2} s  {:?}", (now() - start).as_secs_f64(), task.map(|_| ()));
        sleep(SECOND).await;
    });
}
