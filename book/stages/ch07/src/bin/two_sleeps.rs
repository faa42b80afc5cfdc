//! A sleep that is made now and awaited later.
//!
//! cargo run -q -p stage-ch07 --bin two_sleeps

use stage_ch07::Runtime;
use stage_ch07::time::{now, sleep};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn main() {
    Runtime::start_paused().block_on(async {
        let start = now();
        let nap = sleep(SECOND);
        sleep(SECOND / 2).await;
        nap.await;
        println!("{:.1} s", (now() - start).as_secs_f64());
    });
}
