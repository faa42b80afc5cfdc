//! interval, interval_at, Interval.

use crate::{message, ms, paused, poll_once};
use mainspring::time::{
    Duration, Instant, Interval, MissedTickBehavior, interval, interval_at, sleep,
};
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

/// Ticks once and says how many milliseconds after `start` it was taken.
async fn tick(interval: &mut Interval, start: Instant) -> u64 {
    interval.tick().await;
    start.elapsed().as_millis() as u64
}

#[test]
fn ticks_at_once_and_then_every_period() {
    paused().block_on(async {
        let start = Instant::now();
        let mut every = interval(ms(30));
        for n in 0..10 {
            assert_eq!(every.tick().await, start + ms(30) * n);
            assert_eq!(start.elapsed(), ms(30) * n);
        }
        assert_eq!(every.period(), ms(30));
    });
}

#[test]
fn starts_where_it_is_told_to() {
    paused().block_on(async {
        let start = Instant::now();
        let mut every = interval_at(start + ms(7), ms(30));
        assert_eq!(tick(&mut every, start).await, 7);
        assert_eq!(tick(&mut every, start).await, 37);
    });
}

#[test]
fn does_not_drift_in_a_million_ticks() {
    paused().block_on(async {
        let start = Instant::now();
        // Not a whole number of milliseconds.
        let period = Duration::from_nanos(1_333_333);
        let mut every = interval(period);
        let ticks = 1_000_000;
        for n in 0..ticks {
            let due = start + Duration::from_nanos(1_333_333 * n);
            assert_eq!(every.tick().await, due);
            let late = due.elapsed();
            assert!(Instant::now() >= due && late < ms(1), "tick {n} was {late:?} late");
        }
        assert_eq!(every.missed_tick_behavior(), MissedTickBehavior::Burst);
    });
}

/// Takes the first tick, then works for `busy` before each of the next ones: when each was taken.
async fn taken(behavior: MissedTickBehavior, busy: &[u64]) -> Vec<u64> {
    let start = Instant::now();
    let mut every = interval(ms(50));
    every.set_missed_tick_behavior(behavior);
    assert_eq!(tick(&mut every, start).await, 0);
    let mut taken = Vec::new();
    for millis in busy {
        sleep(ms(*millis)).await;
        taken.push(tick(&mut every, start).await);
    }
    taken
}

#[test]
fn burst_catches_up() {
    paused().block_on(async {
        let taken = taken(MissedTickBehavior::Burst, &[225, 1, 1, 1, 1, 1]).await;
        assert_eq!(taken, [225, 226, 227, 228, 250, 300]);
    });
}

#[test]
fn delay_starts_a_new_rhythm() {
    paused().block_on(async {
        let taken = taken(MissedTickBehavior::Delay, &[225, 1, 1, 1]).await;
        assert_eq!(taken, [225, 275, 325, 375]);
    });
}

#[test]
fn skip_keeps_the_rhythm_and_drops_what_it_missed() {
    paused().block_on(async {
        let taken = taken(MissedTickBehavior::Skip, &[225, 1, 1, 1]).await;
        assert_eq!(taken, [225, 250, 300, 350]);
    });
}

/// A little late is not missed: the rhythm of every behaviour stays.
#[test]
fn a_tick_taken_five_milliseconds_late_is_not_missed() {
    for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip]
    {
        paused().block_on(async {
            assert_eq!(taken(behavior, &[55, 1, 1]).await, [55, 100, 150]);
        });
    }
}

/// The examples of tokio's documentation, each with what it says of the ticks that follow.
#[test]
fn does_what_tokios_tables_say() {
    let cases: [(MissedTickBehavior, u64, &[u64]); 3] = [
        (MissedTickBehavior::Burst, 200, &[200, 200, 200, 200, 250, 300]),
        (MissedTickBehavior::Delay, 200, &[200, 250, 300, 350]),
        (MissedTickBehavior::Skip, 75, &[75, 100, 150, 200]),
    ];
    for (behavior, first, expected) in cases {
        let busy: Vec<_> = (0..expected.len()).map(|n| if n == 0 { first } else { 0 }).collect();
        paused().block_on(async {
            assert_eq!(taken(behavior, &busy).await, expected, "{behavior:?}");
        });
    }
}

/// What each tick says is when it was due, and not when it was taken.
#[test]
fn a_late_tick_says_when_it_was_due() {
    let cases = [
        (MissedTickBehavior::Burst, [50, 100, 150, 200, 250]),
        (MissedTickBehavior::Delay, [50, 275, 325, 375, 425]),
        (MissedTickBehavior::Skip, [50, 250, 300, 350, 400]),
    ];
    for (behavior, expected) in cases {
        paused().block_on(async {
            let start = Instant::now();
            let mut every = interval(ms(50));
            every.set_missed_tick_behavior(behavior);
            every.tick().await;
            sleep(ms(225)).await;
            for due in expected {
                assert_eq!(every.tick().await, start + ms(due), "{behavior:?}");
            }
        });
    }
}

#[test]
fn can_change_its_mind_between_two_ticks() {
    paused().block_on(async {
        let start = Instant::now();
        let mut every = interval(ms(50));
        assert_eq!(every.missed_tick_behavior(), MissedTickBehavior::Burst);
        assert_eq!(tick(&mut every, start).await, 0);
        sleep(ms(120)).await;
        assert_eq!(tick(&mut every, start).await, 120);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // It was due at 100, and is late too.
        assert_eq!(tick(&mut every, start).await, 120);
        assert_eq!(tick(&mut every, start).await, 170);
    });
}

/// `reset` counts from now, so what was missed does not matter any more; a start in the past does.
#[test]
fn set_anew_it_forgets_what_it_missed() {
    for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip]
    {
        paused().block_on(async {
            let start = Instant::now();
            let mut every = interval(ms(50));
            every.set_missed_tick_behavior(behavior);
            every.tick().await;
            sleep(ms(333)).await;
            every.reset();
            assert_eq!(tick(&mut every, start).await, 383);
            assert_eq!(tick(&mut every, start).await, 433);
            sleep(ms(100)).await;
            every.reset_at(start + ms(413));
            let next = match behavior {
                MissedTickBehavior::Burst => [533, 533, 533, 563],
                MissedTickBehavior::Delay => [533, 583, 633, 683],
                MissedTickBehavior::Skip => [533, 563, 613, 663],
            };
            for expected in next {
                assert_eq!(tick(&mut every, start).await, expected, "{behavior:?}");
            }
        });
    }
}

#[test]
fn polled_by_hand_it_wakes_who_polled_last() {
    paused().block_on(async {
        let mut every = interval(ms(10));
        let bells = [tests::Bell::new(), tests::Bell::new()];
        assert!(every.poll_tick(&mut Context::from_waker(Waker::noop())).is_ready());
        for bell in &bells {
            let waker = Waker::from(bell.clone());
            assert!(every.poll_tick(&mut Context::from_waker(&waker)).is_pending());
        }
        sleep(ms(10)).await;
        assert_eq!(bells.map(|bell| bell.rung()), [0, 1]);
        assert!(every.poll_tick(&mut Context::from_waker(Waker::noop())).is_ready());
    });
}

#[test]
fn skip_to_the_next_tick_when_exactly_on_one() {
    paused().block_on(async {
        let taken = taken(MissedTickBehavior::Skip, &[200, 1]).await;
        assert_eq!(taken, [200, 250]);
    });
}

#[test]
fn a_tick_that_is_given_up_is_not_lost() {
    paused().block_on(async {
        let start = Instant::now();
        let mut every = interval(ms(10));
        every.tick().await;
        assert!(poll_once(pin!(every.tick())).await.is_pending());
        sleep(ms(10)).await;
        assert_eq!(every.tick().await, start + ms(10));
        assert_eq!(every.tick().await, start + ms(20));
    });
}

#[test]
fn can_be_set_anew() {
    paused().block_on(async {
        let start = Instant::now();
        let mut every = interval(ms(100));
        assert_eq!(tick(&mut every, start).await, 0);
        sleep(ms(50)).await;
        every.reset();
        assert_eq!(tick(&mut every, start).await, 150);
        every.reset_immediately();
        assert_eq!(tick(&mut every, start).await, 150);
        assert_eq!(tick(&mut every, start).await, 250);
        every.reset_after(ms(20));
        assert_eq!(tick(&mut every, start).await, 270);
        every.reset_at(start + ms(1_000));
        assert_eq!(tick(&mut every, start).await, 1_000);
        assert_eq!(tick(&mut every, start).await, 1_100);
        // While it is armed, too.
        assert!(poll_once(pin!(every.tick())).await.is_pending());
        every.reset_at(start + ms(1_110));
        assert_eq!(tick(&mut every, start).await, 1_110);
    });
}

#[test]
fn a_period_longer_than_time_ticks_once() {
    paused().block_on(async {
        let mut every = interval(Duration::MAX);
        assert_eq!(every.period(), Duration::MAX);
        every.tick().await;
        assert!(poll_once(pin!(every.tick())).await.is_pending());
    });
}

#[test]
fn a_zero_period_is_refused_with_a_remedy() {
    paused().block_on(async {
        for make in [|| interval(Duration::ZERO), || interval_at(Instant::now(), Duration::ZERO)] {
            let said = message(|| drop(make()));
            assert!(said.contains("zero") && said.contains("nanosecond"), "{said}");
        }
    });
}

#[test]
fn is_unpin_and_can_be_sent_and_shared() {
    fn is<T: Unpin + Send + Sync>() {}
    is::<Interval>();
    is::<Pin<Box<mainspring::time::Sleep>>>();
}
