use ch07_2_idle::idle;
use stage_ch07::time::{now, sleep, timeout};
use stage_ch07::{Runtime, spawn};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// Milliseconds after which it is ready, when it is touched at these.
fn ready_at(limit: Duration, touches: &'static [u32]) -> u128 {
    Runtime::start_paused().block_on(async move {
        let start = now();
        let (idle, touch) = idle(limit);
        spawn(async move {
            for at in touches {
                sleep((start + MS * *at) - now()).await;
                touch.touch();
            }
        });
        let ended = timeout(Duration::from_secs(3600), idle).await;
        assert!(ended.is_ok(), "not ready after an hour: who would wake it?");
        (now() - start).as_millis()
    })
}

#[track_caller]
fn check(touches: &'static [u32], expected: u128) {
    let at = ready_at(100 * MS, touches);
    assert_eq!(at, expected, "ms until it was ready, when it was touched at {touches:?}");
}

#[test]
fn t1_never_touched() {
    check(&[], 100);
}

#[test]
fn t2_touched_once() {
    check(&[60], 160);
}

#[test]
fn t3_touched_again_and_again() {
    check(&[60, 120, 180, 240, 300], 400);
}

#[test]
fn t4_too_late_is_too_late() {
    check(&[60, 170], 160);
}
