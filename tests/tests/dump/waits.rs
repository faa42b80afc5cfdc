//! What a task waits for, by the name of what its leaf is.

use super::{each, find, spawn_named, until_waits};
use mainspring::runtime::{self, Runtime, TaskState, WaitsFor};
use mainspring::sync::{
    Barrier, CancellationToken, Condvar, Event, Mutex, Notify, OnceCell, Queue, RwLock, Semaphore,
    broadcast, mpsc, oneshot, watch,
};
use mainspring::task::yield_now;
use mainspring::time::{Duration, sleep, timeout};
use std::future::{Future, pending};
use std::sync::Arc;

/// A task made of `future` comes to wait for `name`, polled once and polled again.
fn waits_for<F>(runtime: &Runtime, name: &str, future: F)
where
    F: Future<Output: Send> + Send + 'static,
{
    runtime.block_on(async {
        let task = spawn_named("it", future);
        let dump = until_waits("it").await;
        let named = |dump: &runtime::TaskDump| match dump.waits_for() {
            [WaitsFor::Primitive { name, .. }] => (*name).to_owned(),
            [WaitsFor::Socket] => "socket".to_owned(),
            _ => format!("?? {dump}"),
        };
        assert_eq!(named(&dump), name);
        task.abort();
        let _ = task.await;
    });
}

#[test]
fn each_primitive_has_its_name() {
    each(true, |runtime| {
        waits_for(runtime, "Mutex", async {
            let mutex = Mutex::new(());
            let _guard = mutex.lock().await;
            drop(mutex.lock().await);
        });
        waits_for(runtime, "RwLock", async {
            let lock = RwLock::new(());
            let _guard = lock.read().await;
            drop(lock.write().await);
        });
        waits_for(runtime, "Semaphore", async {
            let _ = Semaphore::new(1).acquire_many(2).await.is_ok();
        });
        waits_for(runtime, "Notify", async { Notify::new().notified().await });
        waits_for(runtime, "Event", async { Event::new().wait().await });
        waits_for(runtime, "Barrier", async { Barrier::new(2).wait().await });
        waits_for(runtime, "CancellationToken", async {
            CancellationToken::new().cancelled().await;
        });
        waits_for(runtime, "Condvar", async {
            let (mutex, condvar) = (Mutex::new(()), Condvar::new());
            drop(condvar.wait(mutex.lock().await).await);
        });
    });
}

#[test]
fn each_channel_has_its_name() {
    each(true, |runtime| {
        waits_for(runtime, "oneshot", async {
            let (_send, receive) = oneshot::channel::<()>();
            let _ = receive.await;
        });
        waits_for(runtime, "mpsc", async {
            let (_send, mut receive) = mpsc::channel::<()>(1);
            let _ = receive.recv().await;
        });
        waits_for(runtime, "mpsc", async {
            let (send, _receive) = mpsc::channel::<()>(1);
            send.send(()).await.unwrap();
            let _ = send.send(()).await;
        });
        waits_for(runtime, "mpsc", async {
            let (_send, mut receive) = mpsc::unbounded_channel::<()>();
            let _ = receive.recv().await;
        });
        waits_for(runtime, "watch", async {
            let (_send, mut receive) = watch::channel(());
            let _ = receive.changed().await;
        });
        waits_for(runtime, "broadcast", async {
            let (_send, mut receive) = broadcast::channel::<()>(1);
            let _ = receive.recv().await;
        });
        waits_for(runtime, "Queue", async {
            let _ = Queue::<()>::new(1).get().await;
        });
        waits_for(runtime, "Queue", async {
            let queue = Queue::<()>::new(1);
            queue.put(()).await.unwrap();
            queue.join().await;
        });
    });
}

#[test]
fn a_cell_that_another_fills_has_its_name() {
    each(true, |runtime| {
        let cell = Arc::new(OnceCell::new());
        let filled = cell.clone();
        let first = runtime.spawn(async move {
            filled.get_or_init(pending::<()>).await;
        });
        runtime.block_on(yield_now());
        tests::eventually(|| runtime.handle().dump().iter().any(|task| task.polls() == Some(1)));
        waits_for(runtime, "OnceCell", async move {
            cell.get_or_init(pending::<()>).await;
        });
        first.abort();
    });
}

#[test]
fn a_socket_is_one() {
    each(true, |runtime| {
        waits_for(runtime, "socket", async {
            let listener = mainspring::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _ = listener.accept().await;
        });
    });
}

#[test]
fn a_timer_shows_when_it_fires() {
    each(true, |runtime| {
        runtime.block_on(async {
            let hour = Duration::from_secs(3600);
            let _nap = spawn_named("nap", sleep(hour));
            let dump = until_waits("nap").await;
            let [WaitsFor::Timer { left, .. }] = dump.waits_for() else { panic!("{dump}") };
            assert!(*left <= hour && *left > hour / 2, "{left:?}");
            assert!(dump.to_string().contains(": waiting for a timer in 359"), "{dump}");
        });
    });
}

#[test]
fn a_join_shows_whose_end_it_is() {
    each(true, |runtime| {
        runtime.block_on(async {
            let child = spawn_named("child", pending::<()>());
            let id = child.id();
            let parent = spawn_named("parent", child);
            let dump = until_waits("parent").await;
            assert_eq!(dump.waits_for(), [WaitsFor::Join(id)]);
            let line = dump.to_string();
            assert!(line.contains(&format!("waiting for the end of task {id} (child); ")));
            parent.abort();
        });
    });
}

/// Several leaves of one poll: all are listed, and no ring is seen where one may still come.
#[test]
fn a_time_limit_is_listed_beside_what_it_limits() {
    each(true, |runtime| {
        runtime.block_on(async {
            let limit = Duration::from_secs(3600);
            let _it = spawn_named("it", async move {
                let mutex = Mutex::new(());
                let _guard = mutex.lock().await;
                let _ = timeout(limit, mutex.lock()).await;
            });
            let dump = until_waits("it").await;
            let [WaitsFor::Primitive { held_by, .. }, WaitsFor::Timer { .. }] = dump.waits_for()
            else {
                panic!("{dump}");
            };
            assert_eq!(*held_by, Some(dump.id()), "by itself");
            assert_eq!(dump.deadlock().count(), 0, "the time limit ends it");
        });
    });
}

/// Who locks twice waits for itself: the smallest ring.
#[test]
fn a_task_that_locks_twice_waits_for_itself() {
    each(true, |runtime| {
        runtime.block_on(async {
            let _it = spawn_named("it", async {
                let mutex = Mutex::new(());
                let _guard = mutex.lock().await;
                drop(mutex.lock().await);
            });
            let dump = until_waits("it").await;
            assert_eq!(dump.deadlock().collect::<Vec<_>>(), [dump.id()]);
            let (line, id) = (dump.to_string(), dump.id());
            let text = format!(" held by task {id} (it): deadlock; ");
            assert!(line.contains(&text), "{line}");
        });
    });
}

/// Polled again for nothing, it still says what it waits for.
#[test]
fn a_second_poll_says_it_again() {
    each(true, |runtime| {
        runtime.block_on(async {
            let wakes = Arc::new(Notify::new());
            let wake = wakes.clone();
            let _it = spawn_named("it", async move {
                let event = Event::new();
                mainspring::join!(event.wait(), async {
                    wake.notified().await;
                    pending::<()>().await;
                });
            });
            until_waits("it").await;
            wakes.notify_one();
            super::turns(|| find("it").is_some_and(|it| it.polls() == Some(2))).await;
            let it = until_waits("it").await;
            assert_eq!(it.state(), TaskState::Waiting);
            let [WaitsFor::Primitive { name: "Event", .. }] = it.waits_for() else {
                panic!("{it}")
            };
        });
    });
}
