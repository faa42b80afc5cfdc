use ch07_1_missed::interval;
use stage_ch07::Runtime;
use stage_ch07::time::{now, sleep};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// Milliseconds at which ticks are noticed, when the program is busy for so long after each.
fn ticks(period: Duration, busy: &[u32]) -> Vec<u128> {
    Runtime::start_paused().block_on(async {
        let start = now();
        let mut ticks = interval(period);
        let mut at = Vec::new();
        for busy in busy {
            ticks.tick().await;
            at.push((now() - start).as_millis());
            sleep(MS * *busy).await;
        }
        at
    })
}

#[track_caller]
fn check<const N: usize>(busy: &[u32; N], expected: [u128; N]) {
    let at = ticks(100 * MS, busy);
    assert_eq!(at, expected, "ms of the ticks, when the program is busy for {busy:?} after them");
}

#[test]
fn t1_in_time_it_ticks_every_period() {
    check(&[10, 10, 10, 10], [0, 100, 200, 300]);
}

#[test]
fn t2_busy_within_the_period_changes_nothing() {
    check(&[90, 0, 99, 0], [0, 100, 200, 300]);
}

#[test]
fn t3_what_was_missed_comes_once_and_at_once() {
    // Busy until 350: the ticks of 100, 200 and 300 were missed.
    check(&[350, 0, 0, 0], [0, 350, 400, 500]);
}

#[test]
fn t4_the_pace_does_not_drift() {
    check(&[150, 150, 150, 0], [0, 150, 300, 450]);
}
