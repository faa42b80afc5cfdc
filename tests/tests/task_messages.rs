//! abort_with, and what the join is told.
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `task.cancel_msg` | `CancelledError(why)` | `task_cancel_msg` |
//! | `task.cancel_done` | `False` | `task_cancel_done`: nothing happens, nothing is returned |
//! | `task.cancel_before_start` | body ran: `False` | `task_cancel_before_start` |
//! | `timeout.external_cancel` | `CancelledError(ext)` | `timeout_external_cancel_says_why` |

use mainspring::task::{spawn, spawn_blocking, yield_now};
use mainspring::time::{Duration, deadline_scope, timeout};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::{Drops, Kind, until};

fn task_cancel_msg(kind: Kind) {
    kind.runtime().block_on(async {
        let task = spawn(pending::<()>());
        let id = task.id();
        task.abort_with("why");
        let error = task.await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(error.message(), Some("why"));
        assert_eq!(error.to_string(), format!("task {id} was cancelled: why"));
        assert!(format!("{error:?}").contains("\"why\""));
        // With the error itself it stays.
        let error = error.try_into_panic().unwrap_err();
        assert_eq!(error.message(), Some("why"));
        let plain = spawn(pending::<()>());
        plain.abort();
        let error = plain.await.unwrap_err();
        assert_eq!(error.message(), None);
    });
}

fn the_first_message_wins(kind: Kind) {
    kind.runtime().block_on(async {
        let task = spawn(pending::<()>());
        let other = task.abort_handle();
        other.abort_with(String::from("first"));
        task.abort_with("second");
        task.abort();
        assert_eq!(task.await.unwrap_err().message(), Some("first"));
    });
}

/// On one thread the task has not had a turn in between; then the wish has no text yet.
#[test]
fn a_message_after_a_plain_abort_is_heard_until_the_task_has_ended() {
    tests::runtime().block_on(async {
        let task = spawn(pending::<()>());
        task.abort();
        task.abort_with("later");
        yield_now().await;
        task.abort_with("too late");
        assert_eq!(task.await.unwrap_err().message(), Some("later"));
    });
}

fn task_cancel_done(kind: Kind) {
    kind.runtime().block_on(async {
        let task = spawn(async { 7 });
        until(|| task.is_finished()).await;
        task.abort_with("too late");
        assert_eq!(task.await.unwrap(), 7);
    });
}

#[test]
fn task_cancel_before_start() {
    tests::runtime().block_on(async {
        let (ran, drops) = (Arc::new(AtomicBool::new(false)), Drops::new());
        let (runs, kept) = (ran.clone(), drops.counted());
        let task = spawn(async move {
            let _kept = kept;
            runs.store(true, Ordering::Relaxed);
        });
        task.abort_with("before");
        assert_eq!(task.await.unwrap_err().message(), Some("before"));
        assert!(!ran.load(Ordering::Relaxed) && drops.count() == 1);
    });
}

fn a_task_that_aborts_itself_and_ends_keeps_its_output(kind: Kind) {
    kind.runtime().block_on(async {
        let (send, receive) = mainspring::sync::oneshot::channel();
        let task = spawn(async move {
            let own: mainspring::task::AbortHandle = receive.await.unwrap();
            own.abort_with("in vain");
            7
        });
        assert!(send.send(task.abort_handle()).is_ok());
        assert_eq!(task.await.unwrap(), 7);
    });
}

fn a_panic_has_no_message(kind: Kind) {
    let runtime = kind.runtime();
    let (result, _) = tests::heard(move || {
        runtime.block_on(async {
            let (send, receive) = mainspring::sync::oneshot::channel();
            let task = spawn(async move {
                let own: mainspring::task::AbortHandle = receive.await.unwrap();
                own.abort_with("not this");
                panic!("but this");
            });
            assert!(send.send(task.abort_handle()).is_ok());
            let error: mainspring::task::JoinError = task.await.unwrap_err();
            assert!(error.is_panic() && error.message().is_none());
        });
    });
    result.unwrap();
}

fn a_closure_that_was_not_called_says_why(kind: Kind) {
    let runtime = kind.builder().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = spawn_blocking(move || wait.recv().is_err());
        let second = spawn_blocking(|| unreachable!("it was aborted"));
        second.abort_with("not needed any more");
        drop(go);
        assert!(first.await.unwrap());
        let error = second.await.unwrap_err();
        assert_eq!(error.message(), Some("not needed any more"));
    });
}

/// Also a message that comes when the runtime ends, or that the end comes before.
fn the_end_of_the_runtime_has_no_message_of_its_own(kind: Kind) {
    let runtime = kind.runtime();
    let plain = runtime.spawn(pending::<()>());
    let told = runtime.spawn(pending::<()>());
    told.abort_with("the end");
    drop(runtime);
    let others = tests::runtime();
    assert_eq!(others.block_on(plain).unwrap_err().message(), None);
    assert_eq!(others.block_on(told).unwrap_err().message(), Some("the end"));
}

fn timeout_external_cancel_says_why(kind: Kind) {
    kind.runtime().block_on(async {
        let (started, start) = mainspring::sync::oneshot::channel();
        let minute = Duration::from_secs(60);
        let task = spawn(deadline_scope(minute, async move |_| {
            started.send(()).unwrap();
            timeout(minute, pending::<()>()).await.is_err()
        }));
        start.await.unwrap();
        task.abort_with("ext");
        assert_eq!(task.await.unwrap_err().message(), Some("ext"));
    });
}

tests::each_scheduler! {
    task_cancel_msg,
    the_first_message_wins,
    task_cancel_done,
    a_task_that_aborts_itself_and_ends_keeps_its_output,
    a_panic_has_no_message,
    a_closure_that_was_not_called_says_why,
    the_end_of_the_runtime_has_no_message_of_its_own,
    timeout_external_cancel_says_why,
}
