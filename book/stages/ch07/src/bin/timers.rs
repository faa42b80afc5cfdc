//! Sleeps, a timeout and a ticker, on a clock that need not be waited for.
//!
//! cargo run -q -p stage-ch07 --bin timers

use stage_ch07::time::{Elapsed, interval, now, sleep, timeout};
use stage_ch07::{Runtime, spawn};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

fn main() {
    let real = Instant::now();
    let runtime = Runtime::start_paused();
    runtime.block_on(async {
        let start = now();
        let at = move || format!("{:>7.3} s", (now() - start).as_secs_f64());

        println!("{}  three sleepers are sent to bed", at());
        let sleeper = |name: &'static str, seconds: u32| {
            spawn(async move {
                sleep(SECOND * seconds).await;
                println!("{}  the {name} sleeper gets up", at());
            })
        };
        let sleepers = [sleeper("long", 3600), sleeper("short", 1), sleeper("middle", 60)];
        for task in sleepers {
            task.await.unwrap();
        }

        let late = timeout(SECOND / 4, sleep(SECOND)).await;
        println!("{}  a second within a quarter of one: {late:?}", at());
        assert_eq!(late, Err(Elapsed));
        let in_time = timeout(SECOND, sleep(SECOND / 4)).await;
        println!("{}  and the other way round: {in_time:?}", at());

        let mut ticks = interval(SECOND / 2);
        for tick in 1..=4 {
            ticks.tick().await;
            println!("{}  tick {tick}", at());
            if tick == 2 {
                sleep(SECOND * 6 / 5).await;
                println!("{}  (overslept: two ticks were missed)", at());
            }
        }
    });
    assert!(real.elapsed() < Duration::from_secs(30), "an hour would have been longer");
}
