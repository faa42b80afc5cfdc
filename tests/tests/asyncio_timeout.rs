//! asyncio's facts about time-outs, row by row, on this runtime.
//!
//! The rows and their values are what CPython 3.11 to 3.13 print; each names its test. Where we
//! differ on purpose, the test shows what we do.
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `wait_for.timeout` | after 0.07 s: limit and cleanup | `wait_for_timeout`: 0.02 s, a drop |
//! | `wait_for.inner_swallows_cancel` | `'late value'` | cannot: `wait_for_nothing_is_swallowed` |
//! | `wait_for.zero` | `TimeoutError`, no step | `wait_for_zero`: one step; its value counts |
//! | `wait_for.none` | `ok` | `wait_for_none` |
//! | `TimeoutError.alias` | `True` | `timeout_error_is_an_io_error` |
//! | `wait_for.existing_task_cancelled` | `True` | `wait_for_existing_task`: it goes on |
//! | `wait_for.shielded` | the task goes on | `wait_for_shielded` |
//! | `wait_for.inner_error` | `ValueError(v)` | `wait_for_inner_error` |
//! | `timeout.basic` | `TimeoutError` | `timeout_basic` |
//! | `timeout.nested_outer_first` | the outer one raised | `timeout_nested_outer_first` |
//! | `timeout.nested_inner_first` | the outer one continues | `timeout_nested_inner_first` |
//! | `timeout.reschedule` | survived | `timeout_reschedule` |
//! | `timeout.zero_no_await` | no error | `timeout_zero_no_await` |
//! | `timeout.past_one_yield` | `TimeoutError()` | `timeout_past_one_yield` |
//! | `timeout.external_cancel` | `CancelledError(ext)` | `timeout_external_cancel` |
//! | `timeout.blocking_body` | finished late | `timeout_blocking_body` |
//! | `timeout.other_error_wins` | `ValueError` | `timeout_other_error_wins` |

use mainspring::task::{spawn, yield_now};
use mainspring::time::error::Elapsed;
use mainspring::time::{
    DeadlineScope, Duration, Instant, advance, deadline_scope, sleep, sleep_until, timeout,
    timeout_at,
};
use std::future::{Future, pending, poll_fn, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use tests::{Drops, Kind, panic_of, paused};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The cleanup is a drop, which takes no time; and nobody waits for another thing than that.
#[test]
fn wait_for_timeout() {
    paused().block_on(async {
        let (start, drops) = (Instant::now(), Drops::new());
        let kept = drops.counted();
        let inner = async move {
            let _kept = kept;
            sleep(ms(1_000)).await;
        };
        assert!(timeout(ms(20), inner).await.is_err());
        assert_eq!((start.elapsed(), drops.count()), (ms(20), 1));
    });
}

/// What Python's coroutine does in `except CancelledError` has no place here.
#[test]
fn wait_for_nothing_is_swallowed() {
    paused().block_on(async {
        let inner = async {
            sleep(ms(1_000)).await;
            "late value"
        };
        assert!(timeout(ms(20), inner).await.is_err());
    });
}

/// There the body does not begin. Here it is asked first: what is there counts.
#[test]
fn wait_for_zero() {
    paused().block_on(async {
        let mut steps = 0;
        let inner = async {
            steps += 1;
            yield_now().await;
            steps += 1;
        };
        assert!(timeout(Duration::ZERO, inner).await.is_err());
        assert_eq!(steps, 1);
        assert_eq!(timeout(Duration::ZERO, ready(7)).await, Ok(7));
    });
}

#[test]
fn wait_for_none() {
    paused().block_on(async {
        let hour = async { sleep(Duration::from_secs(3600)).await };
        assert!(timeout(Duration::MAX, hour).await.is_ok());
    });
}

#[test]
fn timeout_error_is_an_io_error() {
    let error = paused().block_on(timeout_once()).unwrap_err();
    assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::TimedOut);

    async fn timeout_once() -> Result<(), Elapsed> {
        timeout(ms(1), pending()).await
    }
}

/// A handle that is dropped detaches its task; whoever wants its end says so.
#[test]
fn wait_for_existing_task() {
    paused().block_on(async {
        let drops = Drops::new();
        let kept = drops.counted();
        let task = spawn(async move {
            let _kept = kept;
            sleep(ms(50)).await;
        });
        let abort = task.abort_handle();
        assert!(timeout(ms(20), task).await.is_err());
        assert_eq!(drops.count(), 0, "it goes on");
        abort.abort();
        yield_now().await;
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn wait_for_shielded() {
    paused().block_on(async {
        let mut task = spawn(async {
            sleep(ms(50)).await;
            1
        });
        assert!(timeout(ms(20), &mut task).await.is_err());
        assert_eq!(task.await.unwrap(), 1);
    });
}

#[test]
fn wait_for_inner_error() {
    paused().block_on(async {
        assert_eq!(timeout(ms(20), ready(Err::<(), _>("v"))).await, Ok(Err("v")));
    });
}

#[test]
fn timeout_basic() {
    paused().block_on(async {
        let (start, drops) = (Instant::now(), Drops::new());
        let kept = drops.counted();
        let late = deadline_scope(ms(20), async move |_| {
            let _kept = kept;
            pending::<()>().await
        });
        assert!(late.await.is_err());
        assert_eq!((start.elapsed(), drops.count()), (ms(20), 1), "dropped when it returns");
        let value = deadline_scope(ms(20), async |scope| {
            assert_eq!(scope.deadline(), Some(Instant::now() + ms(20)));
            sleep(ms(19)).await;
            7
        });
        assert_eq!(value.await, Ok(7));
    });
}

#[test]
fn timeout_nested_outer_first() {
    paused().block_on(async {
        let start = Instant::now();
        let mut inner_said = false;
        let outer = deadline_scope(ms(10), async |_| {
            let inner = deadline_scope(ms(20), async |_| pending::<()>().await).await;
            inner_said = inner.is_err();
        });
        assert!(outer.await.is_err());
        assert!(!inner_said);
        assert_eq!(start.elapsed(), ms(10));
        // The same with a time-out inside, and with one around.
        let mixed = deadline_scope(ms(10), async |_| timeout(ms(20), pending::<()>()).await);
        assert!(mixed.await.is_err());
        let mixed = timeout(ms(10), deadline_scope(ms(20), async |_| pending::<()>().await));
        assert!(mixed.await.is_err());
        assert_eq!(start.elapsed(), ms(30));
    });
}

#[test]
fn timeout_nested_inner_first() {
    paused().block_on(async {
        let start = Instant::now();
        let outer = deadline_scope(ms(20), async |outer| {
            let inner = deadline_scope(ms(10), async |_| pending::<()>().await).await;
            assert!(inner.is_err() && !outer.expired());
            sleep(ms(5)).await;
            "continues"
        });
        assert_eq!(outer.await, Ok("continues"));
        let mixed = timeout(ms(20), deadline_scope(ms(10), async |_| pending::<()>().await));
        assert!(matches!(mixed.await, Ok(Err(_))));
        let mixed = deadline_scope(ms(20), async |_| timeout(ms(10), pending::<()>()).await);
        assert!(matches!(mixed.await, Ok(Err(_))));
        assert_eq!(start.elapsed(), ms(35));
    });
}

/// Equal ones: the inner one is asked first, and the outer body has its value then.
#[test]
fn timeout_nested_at_the_same_time() {
    paused().block_on(async {
        let outer = deadline_scope(ms(10), async |outer| {
            let inner = deadline_scope(ms(10), async |_| pending::<()>().await).await;
            (inner.is_err(), outer.expired())
        });
        assert_eq!(outer.await, Ok((true, true)));
    });
}

#[test]
fn timeout_reschedule() {
    paused().block_on(async {
        let start = Instant::now();
        let moved = deadline_scope(ms(10), async |scope| {
            scope.reschedule(start + ms(100));
            sleep(ms(50)).await;
            assert!(!scope.expired());
            assert_eq!(scope.deadline(), Some(start + ms(100)));
            "survived"
        });
        assert_eq!(moved.await, Ok("survived"));
        // Nearer, while it is armed, and away altogether.
        let nearer = deadline_scope(ms(1_000), async |scope| {
            sleep(ms(1)).await;
            scope.reschedule(Instant::now() + ms(2));
            pending::<()>().await
        });
        assert!(nearer.await.is_err());
        assert_eq!(start.elapsed(), ms(53));
        let away = deadline_scope(ms(10), async |scope| {
            sleep(ms(1)).await;
            scope.reschedule(None);
            sleep(ms(100)).await;
            assert_eq!((scope.deadline(), scope.expired()), (None, false));
            scope.reschedule(Instant::now() + ms(7));
            pending::<()>().await
        });
        assert!(away.await.is_err());
        assert_eq!(start.elapsed(), ms(53 + 101 + 7));
    });
}

#[test]
fn timeout_zero_no_await() {
    paused().block_on(async {
        assert_eq!(deadline_scope(Duration::ZERO, async |scope| scope.expired()).await, Ok(true));
    });
}

#[test]
fn timeout_past_one_yield() {
    paused().block_on(async {
        sleep(ms(10)).await;
        let past = Instant::now() - ms(5);
        let late = deadline_scope(Duration::MAX, async |scope| {
            assert_eq!(scope.deadline(), None);
            scope.reschedule(past);
            yield_now().await;
            unreachable!("it does not come back");
        });
        assert!(late.await.is_err());
        let late = deadline_scope(Duration::ZERO, async |_| yield_now().await);
        assert!(late.await.is_err());
        assert!(timeout_at(past, yield_now()).await.is_err());
    });
}

#[test]
fn timeout_external_cancel() {
    paused().block_on(async {
        let drops = Drops::new();
        let kept = drops.counted();
        let task = spawn(async move {
            let body = deadline_scope(ms(20), async move |_| {
                let _kept = kept;
                pending::<()>().await
            });
            body.await.is_err()
        });
        yield_now().await;
        task.abort();
        let error = task.await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn timeout_cancel_before_the_first_poll() {
    paused().block_on(async {
        let (drops, ran) = (Drops::new(), Arc::new(AtomicUsize::new(0)));
        let (kept, runs) = (drops.counted(), ran.clone());
        drop(deadline_scope(ms(20), async move |_| {
            let _kept = kept;
            runs.fetch_add(1, Ordering::Relaxed);
        }));
        assert_eq!((drops.count(), ran.load(Ordering::Relaxed)), (1, 0));
    });
}

#[test]
fn timeout_blocking_body() {
    paused().block_on(async {
        let body = deadline_scope(ms(10), async |scope| {
            // The time passes without a wait of the body's own.
            let mut passes = pin!(advance(ms(50)));
            let _moved = poll_fn(|cx| Poll::Ready(passes.as_mut().poll(cx))).await;
            assert!(scope.expired());
            "body finished late without a yield"
        });
        assert_eq!(body.await, Ok("body finished late without a yield"));
    });
}

/// There it is raised from `finally`; here it is the value of a body that was late.
#[test]
fn timeout_other_error_wins() {
    paused().block_on(async {
        let body = deadline_scope(ms(10), async |scope| {
            let deadline = scope.deadline().unwrap();
            scope.reschedule(None);
            sleep_until(deadline + ms(1)).await;
            scope.reschedule(deadline);
            if scope.expired() { Err("from the body") } else { Ok(()) }
        });
        assert_eq!(body.await, Ok(Err("from the body")));
    });
}

/// A body that uses up every budget and is never ready: the deadline is seen all the same.
fn a_scope_whose_body_eats_its_budget_is_late_in_time(kind: Kind) {
    let late: Result<(), Elapsed> = kind.runtime().block_on(async {
        let greedy = async |_: &DeadlineScope| {
            loop {
                sleep(Duration::ZERO).await;
            }
        };
        deadline_scope(ms(20), greedy).await
    });
    assert!(late.is_err());
}

/// In a task, on any worker, with things of its own.
fn a_scope_can_be_spawned(kind: Kind) {
    kind.runtime().block_on(async {
        let (text, start) = (String::from("text"), Instant::now());
        let task = spawn(deadline_scope(Duration::from_secs(60), async move |scope| {
            yield_now().await;
            scope.reschedule(Instant::now() + ms(5));
            pending::<()>().await;
            text.len()
        }));
        assert!(task.await.unwrap().is_err());
        assert!(start.elapsed() >= ms(5));
    });
}

/// The body borrows from the task.
fn a_scope_in_a_task_may_borrow_from_it(kind: Kind) {
    async fn length(text: &str) -> usize {
        yield_now().await;
        text.len()
    }
    kind.runtime().block_on(async {
        let task = spawn(async move {
            let text = String::from("text");
            let scope = deadline_scope(Duration::from_secs(60), async |scope| {
                let length = length(&text).await;
                scope.reschedule(None);
                length
            });
            scope.await
        });
        assert_eq!(task.await.unwrap(), Ok(4));
    });
}

#[test]
fn a_scope_counts_from_its_call_and_needs_a_runtime() {
    let said = panic_of(|| drop(deadline_scope(ms(1), async |_| ())));
    assert!(said.text.contains("runtime") && said.file.ends_with("timeout.rs"), "{said:?}");
    paused().block_on(async {
        let scope = deadline_scope(ms(10), async |_| pending::<()>().await);
        let start = Instant::now();
        sleep(ms(7)).await;
        assert!(scope.await.is_err());
        assert_eq!(start.elapsed(), ms(10));
    });
}

tests::each_scheduler! {
    a_scope_whose_body_eats_its_budget_is_late_in_time,
    a_scope_can_be_spawned,
    a_scope_in_a_task_may_borrow_from_it,
}
