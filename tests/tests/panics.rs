//! A panic ends the task it happens in, and nothing else; its join says so. Where nobody waits for
//! the news, the hook of `Builder::unhandled` hears of it.

use mainspring::runtime::Runtime;
use mainspring::sync::{Notify, Semaphore};
use mainspring::task::{spawn_blocking, yield_now};
use mainspring::time::{Duration, Instant, sleep, sleep_until};
use std::future::pending;
use std::panic::panic_any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tests::{Bell, Drops, Gate, Kind, eventually, heard, panic_of, poll_with, turns_until, until};

/// Panics when it is dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

/// A runtime, and what its hook has heard.
fn reporting(kind: Kind) -> (Runtime, Arc<Mutex<Vec<String>>>) {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let theirs = reports.clone();
    let hook = move |unhandled: mainspring::runtime::Unhandled| {
        theirs.lock().unwrap().push(unhandled.to_string());
    };
    let runtime = kind.builder().unhandled(hook).build().unwrap();
    (runtime, reports)
}

/// The text of the one panic that the hook hears of; a worker may be about to tell it.
fn only(reports: &Mutex<Vec<String>>) -> String {
    eventually(|| !reports.lock().unwrap().is_empty());
    let reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports[0].clone()
}

fn a_panic_in_a_task_is_its_join_s_and_nobody_else_s(kind: Kind) {
    let (result, said) = heard(|| {
        kind.runtime().block_on(async {
            let before = mainspring::spawn(async { yield_now().await });
            let bad = mainspring::spawn(async { panic!("the task") });
            let after = mainspring::spawn(async { 1 });
            let error = bad.await.unwrap_err();
            assert!(error.is_panic() && !error.is_cancelled());
            assert!(error.to_string().contains("the task"), "{error}");
            assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "the task");
            before.await.unwrap();
            assert_eq!(after.await.unwrap(), 1);
            assert_eq!(mainspring::spawn(async { 2 }).await.unwrap(), 2);
        })
    });
    result.unwrap();
    assert_eq!(said.len(), 1, "the process's hook has heard it once");
}

fn whatever_was_thrown_comes_back(kind: Kind) {
    let (result, _) = heard(|| {
        kind.runtime().block_on(async {
            let error = mainspring::spawn(async { panic_any(7_u32) }).await.unwrap_err();
            assert_eq!(*error.try_into_panic().unwrap().downcast::<u32>().unwrap(), 7);
        })
    });
    result.unwrap();
}

fn a_panic_of_the_root_is_the_caller_s_and_the_runtime_goes_on(kind: Kind) {
    let runtime = kind.runtime();
    let task = runtime.spawn(async {
        yield_now().await;
        5
    });
    let said = panic_of(|| runtime.block_on(async { panic!("the root") }));
    assert_eq!(said.text, "the root");
    assert_eq!(runtime.block_on(task).unwrap(), 5);
}

fn a_panic_in_a_future_s_destructor_is_reported_by_the_join(kind: Kind) {
    let (result, _) = heard(|| {
        kind.runtime().block_on(async {
            // Ended by itself.
            let ended = mainspring::spawn(async {
                let _bomb = Bomb("at the end");
            });
            assert!(ended.await.unwrap_err().to_string().contains("at the end"));
            // Aborted: idle, or if it can be, never polled.
            for waits in [true, false] {
                let polled = Arc::new(AtomicBool::new(false));
                let theirs = polled.clone();
                let aborted = mainspring::spawn(async move {
                    let _bomb = Bomb("when aborted");
                    theirs.store(true, Ordering::Release);
                    pending::<()>().await;
                });
                if waits {
                    until(|| polled.load(Ordering::Acquire)).await;
                }
                aborted.abort();
                let error = aborted.await.unwrap_err();
                // One that was never polled has not made its bomb.
                let polled = polled.load(Ordering::Acquire);
                assert_eq!(error.is_panic(), polled, "{error}");
                assert!(kind.is_pool() || polled == waits);
            }
        })
    });
    result.unwrap();
}

fn a_panic_in_an_output_s_destructor_is_the_hook_s_if_nobody_wants_the_output(kind: Kind) {
    let (result, _) = heard(|| {
        let (runtime, reports) = reporting(kind);
        runtime.block_on(async {
            drop(mainspring::spawn(async { Bomb("unwanted") }));
            until(|| !reports.lock().unwrap().is_empty()).await;
            assert_eq!(mainspring::spawn(async { 3 }).await.unwrap(), 3);
        });
        assert!(only(&reports).contains("unwanted"));
    });
    result.unwrap();
}

fn a_panic_in_an_output_s_destructor_does_not_leave_the_handle_s_drop(kind: Kind) {
    let (result, _) = heard(|| {
        let (runtime, reports) = reporting(kind);
        runtime.block_on(async {
            let handle = mainspring::spawn(async { Bomb("in the handle") });
            until(|| handle.is_finished()).await;
            drop(handle);
        });
        assert!(only(&reports).contains("in the handle"));
    });
    result.unwrap();
}

fn a_panic_in_a_blocking_closure_is_reported_by_the_join(kind: Kind) {
    kind.runtime().block_on(async {
        for _ in 0..3 {
            let bad = spawn_blocking(|| {
                heard(|| {}).0.unwrap();
                std::panic::resume_unwind(Box::new("the closure"));
            });
            let error = bad.await.unwrap_err();
            assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "the closure");
            assert_eq!(spawn_blocking(|| 4).await.unwrap(), 4);
        }
    });
}

fn a_joiner_s_waker_that_panics_is_the_hook_s(kind: Kind) {
    let (result, _) = heard(|| {
        let (runtime, reports) = reporting(kind);
        runtime.block_on(async {
            let gate = Gate::new();
            let task = |output| {
                let gate = gate.clone();
                mainspring::spawn(async move {
                    gate.await;
                    output
                })
            };
            let (mut bad, mut good) = (task(1), task(2));
            let (bad_bell, good_bell) = (Bell::panicking(), Bell::new());
            assert!(poll_with(&mut bad, &bad_bell).is_pending());
            assert!(poll_with(&mut good, &good_bell).is_pending());
            gate.open();
            until(|| (bad_bell.rung(), good_bell.rung()) == (1, 1)).await;
            assert_eq!((bad.await.unwrap(), good.await.unwrap()), (1, 2));
        });
        assert!(only(&reports).contains("the waker panics"));
    });
    result.unwrap();
}

#[test]
fn a_waker_that_panics_does_not_lose_the_others_of_its_batch() {
    let notify = Notify::new();
    for bad in 0..40 {
        let bells: Vec<_> =
            (0..40).map(|n| if n == bad { Bell::panicking() } else { Bell::new() }).collect();
        let mut waiting: Vec<_> = bells.iter().map(|_| Box::pin(notify.notified())).collect();
        for (future, bell) in waiting.iter_mut().zip(&bells) {
            assert!(poll_with(future, bell).is_pending());
        }
        // A primitive has no hook: the caller of `notify_waiters` gets the panic, at the end.
        let said = panic_of(|| notify.notify_waiters());
        assert_eq!(said.text, "the waker panics");
        assert!(bells.iter().all(|bell| bell.rung() == 1), "{bad}");
        for (future, bell) in waiting.iter_mut().zip(&bells) {
            assert!(poll_with(future, bell).is_ready(), "{bad}");
        }
    }
}

fn a_waker_that_panics_in_the_driver_does_not_lose_the_other_timers(kind: Kind) {
    let (result, _) = heard(|| {
        let (runtime, reports) = reporting(kind);
        runtime.block_on(async {
            // More than one batch, due in the same millisecond; two of the wakers panic.
            let bad = |n: usize| n == 3 || n == 50;
            let at = Instant::now() + Duration::from_millis(30);
            let bells: Vec<_> =
                (0..80).map(|n| if bad(n) { Bell::panicking() } else { Bell::new() }).collect();
            let mut sleeps: Vec<_> = bells.iter().map(|_| Box::pin(sleep_until(at))).collect();
            for (sleep, bell) in sleeps.iter_mut().zip(&bells) {
                assert!(poll_with(sleep, bell).is_pending());
            }
            sleep_until(at).await;
            until(|| bells.iter().all(|bell| bell.rung() == 1)).await;
            until(|| reports.lock().unwrap().len() == 2).await;
            for (sleep, bell) in sleeps.iter_mut().zip(&bells) {
                assert!(poll_with(sleep, bell).is_ready());
            }
        });
        let reports = reports.lock().unwrap();
        assert_eq!(reports.len(), 2, "{reports:?}");
        assert!(reports.iter().all(|report| report.contains("the waker panics")));
    });
    result.unwrap();
}

fn a_waker_that_panics_at_the_end_of_the_runtime_is_the_hook_s(kind: Kind) {
    let (result, _) = heard(|| {
        let (runtime, reports) = reporting(kind);
        let bells = [Bell::new(), Bell::panicking(), Bell::new()];
        // Timers of futures that outlive their runtime: its end fires them.
        let sleeps = runtime.block_on(async {
            bells.clone().map(|bell| {
                let mut sleep = Box::pin(sleep(Duration::from_secs(3600)));
                assert!(poll_with(&mut sleep, &bell).is_pending());
                sleep
            })
        });
        drop(runtime);
        assert!(bells.iter().all(|bell| bell.rung() == 1));
        assert!(only(&reports).contains("the waker panics"));
        drop(sleeps);
    });
    result.unwrap();
}

#[test]
fn a_waker_that_panics_under_a_semaphore_leaves_its_count_right() {
    let semaphore = Semaphore::new(0);
    let bells = [Bell::new(), Bell::panicking(), Bell::new()];
    let mut waiting: Vec<_> = bells.iter().map(|_| Box::pin(semaphore.acquire())).collect();
    for (future, bell) in waiting.iter_mut().zip(&bells) {
        assert!(poll_with(future, bell).is_pending());
    }
    let said = panic_of(|| semaphore.add_permits(4));
    assert_eq!(said.text, "the waker panics");
    assert!(bells.iter().all(|bell| bell.rung() == 1));
    assert_eq!(semaphore.available_permits(), 1);
    drop(waiting);
    assert_eq!(semaphore.available_permits(), 4);
}

fn a_hook_that_panics_is_contained(kind: Kind) {
    let (result, _) = heard(|| {
        let runtime = kind.builder().unhandled(|_| panic!("the hook")).build().unwrap();
        runtime.block_on(async {
            let dropped = Drops::new();
            let bomb = (dropped.counted(), Bomb("unwanted"));
            drop(mainspring::spawn(async { bomb }));
            until(|| dropped.count() == 1).await;
            assert_eq!(mainspring::spawn(async { 3 }).await.unwrap(), 3);
        });
    });
    result.unwrap();
}

fn destructors_that_panic_do_not_stop_the_end_of_a_runtime(kind: Kind) {
    let drops = Drops::new();
    let (result, _) = heard(|| {
        let (runtime, _reports) = reporting(kind);
        let gate = Gate::new();
        for number in 0..30 {
            let (counted, gate) = (drops.counted(), gate.clone());
            runtime.spawn(async move {
                let _counted = counted;
                let _bomb = (number % 3 == 0).then(|| Bomb("at the end of the runtime"));
                gate.await;
            });
        }
        turns_until(&runtime, || gate.wakers().len() == 30);
    });
    result.unwrap();
    assert_eq!(drops.count(), 30);
}

tests::each_scheduler! {
    a_panic_in_a_task_is_its_join_s_and_nobody_else_s,
    whatever_was_thrown_comes_back,
    a_panic_of_the_root_is_the_caller_s_and_the_runtime_goes_on,
    a_panic_in_a_future_s_destructor_is_reported_by_the_join,
    a_panic_in_an_output_s_destructor_is_the_hook_s_if_nobody_wants_the_output,
    a_panic_in_an_output_s_destructor_does_not_leave_the_handle_s_drop,
    a_panic_in_a_blocking_closure_is_reported_by_the_join,
    a_joiner_s_waker_that_panics_is_the_hook_s,
    a_waker_that_panics_in_the_driver_does_not_lose_the_other_timers,
    a_waker_that_panics_at_the_end_of_the_runtime_is_the_hook_s,
    a_hook_that_panics_is_contained,
    destructors_that_panic_do_not_stop_the_end_of_a_runtime,
}
