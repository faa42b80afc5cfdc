//! wait: what it takes out, and what it leaves in.

use crate::turns;
use mainspring::task::{JoinSet, WaitFor, wait, yield_now};
use mainspring::time::{Duration, Instant, sleep, timeout};
use tests::{Kind, heard, paused, until};

fn numbers(count: u64) -> JoinSet<u64> {
    (0..count)
        .map(|number| async move {
            turns((number % 4) as usize).await;
            number
        })
        .collect()
}

fn all_of_many(kind: Kind) {
    kind.runtime().block_on(async {
        let mut set = numbers(1_000);
        let done = wait(&mut set, WaitFor::All, None).await;
        assert!(done.into_iter().map(Result::unwrap).eq(0..1_000), "in the order of spawning");
        assert!(set.is_empty());
    });
}

fn one_by_one(kind: Kind) {
    kind.runtime().block_on(async {
        let mut set = numbers(300);
        let mut seen = vec![];
        while !set.is_empty() {
            let done = wait(&mut set, WaitFor::FirstCompleted, None).await;
            assert!(!done.is_empty());
            seen.extend(done.into_iter().map(Result::unwrap));
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..300));
    });
}

/// A panic and an abort are errors whatever the function says; and what has ended before comes
/// along.
fn until_the_first_failure(kind: Kind) {
    let (outcome, _) = heard(|| {
        kind.runtime().block_on(async {
            for abort in [false, true] {
                let mut set = JoinSet::new();
                let quick = set.spawn(async {});
                until(|| quick.is_finished()).await;
                let slow = set.spawn(std::future::pending());
                let other = set.spawn(std::future::pending());
                match abort {
                    true => slow.abort(),
                    false => drop(set.spawn(async { panic!("an error") })),
                }
                let done = wait(&mut set, WaitFor::FirstError(|()| false), None).await;
                let done: Vec<_> = done.iter().map(Result::is_ok).collect();
                assert_eq!(done, [true, false]);
                assert!(!other.is_finished());
            }
        });
    });
    outcome.unwrap();
}

/// What an unfinished wait has looked at is there for whoever comes next, with its id.
fn what_was_looked_at_is_not_lost(kind: Kind) {
    kind.runtime().block_on(async {
        let mut set = JoinSet::new();
        let quick = set.spawn(async { 7 });
        set.spawn(std::future::pending());
        let mut waiting = Box::pin(wait(&mut set, WaitFor::All, None));
        while !quick.is_finished() {
            assert!(tests::poll_once(waiting.as_mut()).await.is_pending());
            yield_now().await;
        }
        turns(3).await;
        assert!(tests::poll_once(waiting.as_mut()).await.is_pending());
        drop(waiting);
        assert_eq!(set.len(), 2);
        let (id, output) = loop {
            match set.try_join_next_with_id() {
                Some(next) => break next.unwrap(),
                None => yield_now().await,
            }
        };
        assert_eq!((id, output), (quick.id(), 7));
        assert_eq!(set.len(), 1);
    });
}

#[test]
fn a_limit_of_zero_takes_what_is_there() {
    paused().block_on(async {
        let mut set = numbers(4);
        yield_now().await;
        let start = Instant::now();
        let done = wait(&mut set, WaitFor::All, Some(Duration::ZERO)).await;
        assert!(done.len() < 4);
        assert!(start.elapsed() < Duration::from_millis(2));
        assert_eq!(wait(&mut set, WaitFor::All, Some(Duration::MAX)).await.len(), 4 - done.len());
    });
}

/// A set of tasks that end all the time cannot hold up the limit.
#[test]
fn a_busy_set_does_not_hold_up_the_limit() {
    paused().block_on(async {
        let mut set = numbers(10_000);
        set.spawn(async {
            sleep(Duration::from_secs(3_600)).await;
            0
        });
        let limit = Duration::from_secs(1);
        let done = timeout(2 * limit, wait(&mut set, WaitFor::All, Some(limit))).await.unwrap();
        assert_eq!((done.len(), set.len()), (10_000, 1));
    });
}

/// More have ended than a budget has units.
#[test]
fn all_that_has_ended_comes_back_at_once() {
    for until in [0, 1, 2] {
        Kind::CurrentThread.runtime().block_on(async {
            let mut set: JoinSet<_> = (0..300).map(|number| async move { number }).collect();
            yield_now().await;
            let until = match until {
                0 => WaitFor::All,
                1 => WaitFor::FirstCompleted,
                _ => WaitFor::FirstError(|number| *number == 299),
            };
            let ended = wait(&mut set, until, Some(Duration::ZERO)).await;
            assert!(ended.into_iter().map(Result::unwrap).eq(0..300));
            assert!(set.is_empty());
        });
    }
}

tests::each_scheduler! {
    all_of_many,
    one_by_one,
    until_the_first_failure,
    what_was_looked_at_is_not_lost,
}
