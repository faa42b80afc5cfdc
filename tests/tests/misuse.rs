//! Misuse is answered by a message that names the mistake and the remedy, at the line that made it.

use mainspring::runtime::{Builder, Handle};
use mainspring::sync::{RwLock, Semaphore, broadcast, mpsc};
use mainspring::time::{Duration, Instant, interval, interval_at, sleep, timeout};
use std::future::pending;
use tests::{Drops, Kind, panic_of, refuses, runtime, turns_until};

#[test]
fn no_runtime_on_this_thread() {
    let words = ["no mainspring runtime on this thread", "block_on", "Handle::enter"];
    refuses(&words, || mainspring::spawn(async {}));
    refuses(&words, || mainspring::task::spawn_blocking(|| ()));
    refuses(&words, || drop(Handle::current()));
    refuses(&words, || sleep(Duration::from_secs(1)));
    refuses(&words, || timeout(Duration::from_secs(1), async {}));
    refuses(&words, || interval(Duration::from_secs(1)));
    let error = Handle::try_current().unwrap_err();
    assert!(error.is_missing_context());
    assert!(words.iter().all(|word| error.to_string().contains(word)), "{error}");
}

fn a_runtime_that_was_left_is_no_runtime(kind: Kind) {
    let runtime = kind.runtime();
    drop(runtime.enter());
    runtime.block_on(async {});
    assert!(Handle::try_current().is_err());
    let _guard = runtime.enter();
    assert!(Handle::try_current().is_ok());
}

fn block_on_within_block_on(kind: Kind) {
    let words = ["block_on within block_on", ".await", "spawn_blocking"];
    let (outer, inner) = (kind.runtime(), kind.runtime());
    outer.block_on(async {
        refuses(&words, || outer.block_on(async {}));
        refuses(&words, || inner.block_on(async {}));
        refuses(&words, || inner.handle().block_on(async {}));
    });
    // The refusal has broken nothing.
    assert_eq!(outer.block_on(async { 1 }) + inner.block_on(async { 1 }), 2);
}

fn block_on_inside_a_task(kind: Kind) {
    let runtime = kind.runtime();
    let task = runtime.spawn(async {
        let words = ["block_on within block_on"];
        refuses(&words, || Handle::current().block_on(async {}));
    });
    runtime.block_on(task).unwrap();
}

fn a_blocking_closure_may_block_on(kind: Kind) {
    let runtime = kind.runtime();
    let answer = runtime.block_on(async {
        let closure = || Handle::current().block_on(async { 42 });
        mainspring::task::spawn_blocking(closure).await.unwrap()
    });
    assert_eq!(answer, 42);
}

fn a_runtime_dropped_from_async_code(kind: Kind) {
    let (outer, inner, drops) = (kind.runtime(), kind.runtime(), Drops::new());
    let counted = drops.counted();
    inner.spawn(async move {
        let _counted = counted;
        pending::<()>().await;
    });
    outer.block_on(async {
        let said = panic_of(|| drop(inner));
        for words in ["dropped inside async code", "outside of block_on", "shutdown_background"] {
            assert!(said.text.contains(words), "{said:?}");
        }
    });
    // Everything was ended all the same, by a pool in its own time.
    turns_until(&outer, || drops.count() == 1);
}

#[test]
fn a_builder_with_zero_or_too_much() {
    let words = ["worker_threads(0)", "use 1 or more"];
    refuses(&words, || Builder::new_multi_thread().worker_threads(0).build());
    let words = ["worker_threads(48)", "at most 47", "several runtimes"];
    refuses(&words, || Builder::new_multi_thread().worker_threads(48).build());
    let words = ["global_queue_interval(0)", "use 1 or more"];
    refuses(&words, || Builder::new_multi_thread().global_queue_interval(0).build());
    let words = ["max_blocking_threads(0)", "use 1 or more"];
    refuses(&words, || Builder::new_current_thread().max_blocking_threads(0).build());
    let words = ["event_interval(0)", "use 1 or more"];
    refuses(&words, || Builder::new_current_thread().event_interval(0).build());
}

#[test]
fn a_paused_clock_for_many_threads() {
    let error = Builder::new_multi_thread().start_paused(true).build().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    let text = error.to_string();
    assert!(text.contains("start_paused needs new_current_thread"), "{text}");
}

#[test]
fn an_interval_of_nothing() {
    let words = ["period of an interval is zero", "yield_now"];
    runtime().block_on(async {
        refuses(&words, || interval(Duration::ZERO));
        refuses(&words, || interval_at(Instant::now(), Duration::ZERO));
    });
}

#[test]
fn a_semaphore_over_its_limit() {
    let words = ["semaphore", "MAX_PERMITS"];
    refuses(&words, || Semaphore::new(Semaphore::MAX_PERMITS + 1));
    let full = Semaphore::new(Semaphore::MAX_PERMITS);
    refuses(&words, || full.add_permits(1));
    assert_eq!(full.available_permits(), Semaphore::MAX_PERMITS);
}

#[test]
fn an_rwlock_for_nobody_or_for_too_many() {
    const MOST: u32 = u32::MAX >> 3;
    let words = ["max_reads 0", "use 1 or more"];
    refuses(&words, || RwLock::with_max_readers(1, 0));
    refuses(&words, || RwLock::const_with_max_readers(1, 0));
    let words = ["that many readers", "u32::MAX >> 3"];
    refuses(&words, || RwLock::with_max_readers(1, MOST + 1));
    refuses(&words, || RwLock::const_with_max_readers(1, u32::MAX));
    assert_eq!(RwLock::with_max_readers(1, MOST).into_inner(), 1);
}

#[test]
fn a_channel_without_room() {
    let words = ["capacity 0", "at least 1"];
    refuses(&words, || mpsc::channel::<u8>(0));
    refuses(&words, || broadcast::channel::<u8>(0));
    refuses(&words, || broadcast::Sender::<u8>::new(0));
    let words = ["at most", "ask for less"];
    refuses(&words, || broadcast::channel::<u8>(usize::MAX));
}

fn awaiting_a_handle_twice(kind: Kind) {
    let runtime = kind.runtime();
    let mut task = runtime.spawn(async { 1 });
    let said = runtime.block_on(async {
        assert_eq!((&mut task).await.unwrap(), 1);
        let bell = tests::Bell::new();
        panic_of(|| tests::poll_with(&mut task, &bell))
    });
    assert!(said.text.contains("given its output already"), "{said:?}");
    assert!(said.text.contains("await it only once"), "{said:?}");
}

fn the_panic_of_a_task_that_did_not_panic(kind: Kind) {
    let runtime = kind.runtime();
    let task = runtime.spawn(pending::<()>());
    task.abort();
    let error = runtime.block_on(task).unwrap_err();
    let words = ["cancelled", "is_panic()", "try_into_panic()"];
    refuses(&words, || error.into_panic());
}

fn the_id_of_no_task(kind: Kind) {
    refuses(&["no task is running here", "spawn"], || mainspring::task::id().to_string());
    kind.runtime().block_on(async {
        assert!(mainspring::task::try_id().is_none());
        let own = mainspring::spawn(async { mainspring::task::id() });
        let id = own.id();
        assert_eq!(own.await.unwrap(), id);
    });
}

fn a_blocking_call_inside_async_code(kind: Kind) {
    use mainspring::sync::{Mutex, oneshot};
    use std::sync::Arc;

    let words = ["blocking_* call inside async code", ".await", "spawn_blocking"];
    let refuse_all = move || {
        let (mutex, permits) = (Arc::new(Mutex::new(())), Arc::new(Semaphore::new(1)));
        let lock = RwLock::new(());
        let (tx, mut rx) = mpsc::channel(1);
        let (many, mut from_many) = mpsc::unbounded_channel::<u8>();
        refuses(&words, || drop(mutex.blocking_lock()));
        refuses(&words, || mutex.clone().blocking_lock_owned());
        refuses(&words, || permits.clone().blocking_acquire_owned());
        refuses(&words, || drop(lock.blocking_read()));
        refuses(&words, || drop(lock.blocking_write()));
        refuses(&words, || tx.blocking_send(1));
        refuses(&words, || rx.blocking_recv());
        refuses(&words, || from_many.blocking_recv());
        refuses(&words, || broadcast::channel::<u8>(1).1.blocking_recv());
        refuses(&words, || oneshot::channel::<u8>().1.blocking_recv());
        drop(many);
    };
    let rt = kind.runtime();
    rt.block_on(async { refuse_all() });
    rt.handle().block_on(async { refuse_all() });
    rt.block_on(rt.spawn(async move { refuse_all() })).unwrap();
    // A blocking thread may block, also when its runtime's budget was once used up there.
    let job = rt.spawn_blocking(|| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        (0..1000).for_each(|i| tx.send(i).unwrap());
        (0..1000).map(|_| rx.blocking_recv().unwrap()).sum::<i32>()
    });
    assert_eq!(rt.block_on(job).unwrap(), 499_500);
}

fn a_timer_in_a_runtime_that_has_ended_also_when_another_has_begun(kind: Kind) {
    std::thread::spawn(move || {
        let first = kind.runtime();
        // The thread stays inside the first runtime, whose wheel the second one takes over.
        std::mem::forget(first.enter());
        drop(first);
        let _second = kind.runtime();
        let mut timer = Box::pin(sleep(Duration::from_secs(1)));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let said = panic_of(|| std::future::Future::poll(timer.as_mut(), &mut cx));
        assert!(said.text.contains("has ended"), "{said:?}");
    })
    .join()
    .unwrap();
}

tests::each_scheduler! {
    a_runtime_that_was_left_is_no_runtime,
    block_on_within_block_on,
    block_on_inside_a_task,
    a_blocking_closure_may_block_on,
    a_runtime_dropped_from_async_code,
    awaiting_a_handle_twice,
    the_panic_of_a_task_that_did_not_panic,
    the_id_of_no_task,
    a_blocking_call_inside_async_code,
    a_timer_in_a_runtime_that_has_ended_also_when_another_has_begun,
}
