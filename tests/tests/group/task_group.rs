//! TaskGroup: values, limits, many children, and who hears of what.

use crate::{turns, waits};
use mainspring::task::{
    Failure, GroupError, GroupTask, NoValue, TaskGroup, unconstrained, yield_now,
};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use tests::{Drops, Kind, has, heard, until};

has! { Send, Sync => TaskGroup<u8>, GroupError<u8>, Failure<u8> }
has! { Send, Unpin => GroupTask<u8>, GroupTask<std::cell::Cell<u8>> }

fn values_come_back(kind: Kind) {
    let sum = kind.runtime().block_on(TaskGroup::<()>::scope(async |group| {
        let tasks: Vec<_> = (0..100).map(|number| group.spawn(async move { Ok(number) })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        Ok(sum)
    }));
    assert_eq!(sum.unwrap(), 4_950);
}

/// The scope is `Send` when its body is, so it can be a task, or a child of another group.
fn scopes_nest(kind: Kind) {
    let runtime = kind.runtime();
    let scope = TaskGroup::scope(async |outer: TaskGroup<GroupError<u32>>| {
        for number in 0..10 {
            outer.spawn(TaskGroup::scope(async move |inner| {
                for other in 0..10 {
                    inner.spawn(async move {
                        turns(other % 3).await;
                        if (number, other) == (3, 7) { Err(37) } else { Ok(()) }
                    });
                }
                Ok(())
            }));
        }
        Ok(())
    });
    let error = runtime.block_on(runtime.spawn(scope)).unwrap().unwrap_err();
    assert_eq!(error.len(), 1);
    let text = "unhandled errors in a TaskGroup (1 sub-exception)\n  \
         1: unhandled errors in a TaskGroup (1 sub-exception)\n       1: 37";
    assert_eq!(error.to_string(), text);
}

/// Children borrow nothing, but the body may.
fn the_body_may_borrow(kind: Kind) {
    let mut log = vec![];
    kind.runtime()
        .block_on(TaskGroup::<()>::scope(async |group| {
            let one = group.spawn(async { Ok(1) }).await.unwrap();
            log.push(one);
            Ok(())
        }))
        .unwrap();
    assert_eq!(log, [1]);
}

fn ten_thousand(kind: Kind) {
    let count = Arc::new(AtomicUsize::new(0));
    let theirs = count.clone();
    kind.runtime()
        .block_on(TaskGroup::<()>::scope(async |group: TaskGroup<()>| {
            for number in 0..10_000 {
                let count = theirs.clone();
                group.spawn(async move {
                    turns(number % 2).await;
                    count.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                });
            }
            assert!(!group.is_empty());
            Ok(())
        }))
        .unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 10_000);
}

/// The scope goes on until children of children have ended, though the body was over long before.
fn children_of_children(kind: Kind) {
    fn child(
        group: TaskGroup<()>,
        depth: usize,
        count: Arc<AtomicUsize>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), ()>> + Send>> {
        Box::pin(async move {
            yield_now().await;
            if depth > 0 {
                group.spawn(child(group.clone(), depth - 1, count.clone()));
                group.spawn(child(group.clone(), depth - 1, count.clone()));
            }
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    }
    let count = Arc::new(AtomicUsize::new(0));
    let theirs = count.clone();
    kind.runtime()
        .block_on(TaskGroup::scope(async move |group: TaskGroup<()>| {
            group.spawn(child(group.clone(), 9, theirs));
            Ok(())
        }))
        .unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 1_023);
}

/// Never more than the limit at once, and the next one starts when the future of one is gone.
fn a_limit(kind: Kind) {
    struct Inside(Arc<AtomicUsize>);
    impl Drop for Inside {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    for limit in [1, 3] {
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (now, peak) = (inside.clone(), most.clone());
        kind.runtime()
            .block_on(TaskGroup::<()>::scope(async |group: TaskGroup<()>| {
                group.limit(limit);
                for number in 0..50 {
                    let (now, peak) = (now.clone(), peak.clone());
                    let task = group.spawn(async move {
                        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let _inside = Inside(now);
                        turns(number % 4).await;
                        Ok(())
                    });
                    if number % 10 == 0 {
                        task.abort();
                    }
                }
                Ok(())
            }))
            .unwrap();
        assert_eq!(inside.load(Ordering::SeqCst), 0);
        let most = most.load(Ordering::SeqCst);
        assert!(most <= limit && most > 0, "{most} of {limit}");
    }
}

fn a_limit_of_zero_is_refused(kind: Kind) {
    kind.runtime()
        .block_on(TaskGroup::<()>::scope(async |group: TaskGroup<()>| {
            tests::refuses(&["limit of 0", "1 or more"], || group.limit(0));
            group.limit(usize::MAX);
            assert_eq!(group.spawn(async { Ok(1) }).await, Ok(1));
            Ok(())
        }))
        .unwrap();
}

/// Who waits for the value of a child that fails does not hear of it before the group does: there
/// is one failure, and not a second one because of the first.
fn a_failure_is_told_once(kind: Kind) {
    #[derive(Debug, PartialEq)]
    enum Error {
        True,
        BecauseOf(NoValue),
    }
    let (outcome, _) = heard(|| {
        for panics in [false, true] {
            for _ in 0..20 {
                let scope = TaskGroup::scope(async |group: TaskGroup<Error>| {
                    let fails = group.spawn(async move {
                        turns(2).await;
                        assert!(!panics, "true");
                        Err::<u8, _>(Error::True)
                    });
                    let waits = group.spawn(async { fails.await.map_err(Error::BecauseOf) });
                    waits.await.map_err(Error::BecauseOf)
                });
                let error = kind.runtime().block_on(scope).unwrap_err();
                assert_eq!(error.len(), 1, "{error:?}");
                assert_eq!(error.first().is_panic(), panics);
                assert!(panics || error.errors().eq(&[Error::True]));
            }
        }
    });
    outcome.unwrap();
}

/// Nor by a child that is in the middle of a poll when the others are told to end.
fn a_poll_that_has_begun_hears_of_no_failure(kind: Kind) {
    if kind.workers() < 2 {
        return; // Nobody could fail while another is in a poll.
    }
    let (begun, told) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let scope = TaskGroup::scope(async |group: TaskGroup<&str>| {
        // The body is dropped when all have been told.
        let _told = SetWhenDropped(told.clone());
        let (theirs, poll) = (begun.clone(), told.clone());
        let fails = group.spawn(async move {
            until(|| theirs.load(Ordering::Acquire)).await;
            Err::<u8, _>("true")
        });
        let theirs = begun.clone();
        group.spawn(unconstrained(async move {
            let mut fails = fails;
            poll_fn(move |cx| {
                theirs.store(true, Ordering::Release);
                spin(|| poll.load(Ordering::Acquire));
                let mut answer = Poll::Pending;
                spin(|| {
                    answer = Pin::new(&mut fails).poll(cx);
                    answer.is_ready()
                });
                answer.map(|value| value.map_err(|_| "because of it"))
            })
            .await
        }));
        std::future::pending::<Result<(), _>>().await
    });
    let error = kind.runtime().block_on(scope).unwrap_err();
    assert!(error.errors().eq(&["true"]), "{error:?}");
}

struct SetWhenDropped(Arc<AtomicBool>);

impl Drop for SetWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Looks again and again for a moment: a poll that takes its time.
fn spin(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() && start.elapsed() < Duration::from_millis(20) {
        std::thread::yield_now();
    }
}

/// A handle that leaves the scope says that there is no value.
fn a_handle_may_outlive_the_scope(kind: Kind) {
    kind.runtime().block_on(async {
        let (mut handle, mut good) = (None, None);
        let outcome: Result<(), _> = TaskGroup::scope(async |group| {
            let value = group.spawn(async { Ok(String::from("kept")) });
            until(|| value.is_finished()).await;
            good = Some(value);
            handle = Some(group.spawn(async { Err::<u8, _>(7) }));
            Ok(())
        })
        .await;
        assert!(outcome.unwrap_err().errors().eq(&[7]));
        assert_eq!(good.unwrap().await.unwrap(), "kept");
        let handle = handle.unwrap();
        assert!(handle.is_finished());
        let error = handle.await.unwrap_err();
        assert!(error.was_started() && error.to_string().contains("its group has its failure"));
    });
}

fn abort_all_is_no_failure(kind: Kind) {
    let drops = Drops::new();
    kind.runtime()
        .block_on(TaskGroup::<()>::scope(async |group: TaskGroup<()>| {
            for _ in 0..10 {
                let (waiting, counted) = (waits(&drops), drops.counted());
                group.spawn(async move {
                    let _counted = counted;
                    waiting.await;
                    Ok(())
                });
            }
            yield_now().await;
            group.abort_all();
            until(|| group.is_empty()).await;
            assert!(group.spawn(async { Ok(()) }).await.is_ok(), "the group goes on");
            Ok(())
        }))
        .unwrap();
    assert!(drops.count() >= 10);
}

/// Children are the scope's runtime's, wherever they are spawned.
fn spawning_from_another_thread(kind: Kind) {
    let value = kind.runtime().block_on(TaskGroup::<()>::scope(async |group: TaskGroup<()>| {
        let theirs = group.clone();
        let thread = std::thread::spawn(move || theirs.spawn(async { Ok(mainspring::task::id()) }));
        let task = thread.join().unwrap();
        let id = task.id();
        Ok(task.await.ok() == id)
    }));
    assert!(value.unwrap());
}

tests::each_scheduler! {
    values_come_back,
    scopes_nest,
    the_body_may_borrow,
    ten_thousand,
    children_of_children,
    a_limit,
    a_limit_of_zero_is_refused,
    a_failure_is_told_once,
    a_poll_that_has_begun_hears_of_no_failure,
    a_handle_may_outlive_the_scope,
    abort_all_is_no_failure,
    spawning_from_another_thread,
}
