//! A whole runtime: who drives it, what a handle keeps, blocking closures, the paused clock.

use mainspring::runtime::{Handle, Runtime};
use mainspring::task::{spawn_blocking, yield_now};
use mainspring::time::{Duration, Instant, sleep};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use tests::{Kind, paused};

fn two_threads_in_block_on_and_the_first_leaves(kind: Kind) {
    let rt = kind.runtime();
    let (first_is_in, wait_for_first) = mpsc::channel();
    let (second_is_in, wait_for_second) = mpsc::channel();
    let go = Arc::new(mainspring::sync::Event::new());
    thread::scope(|scope| {
        let (rt, done) = (&rt, go.clone());
        scope.spawn(move || {
            rt.block_on(async {
                first_is_in.send(()).unwrap();
                done.wait().await;
            });
        });
        wait_for_first.recv().unwrap();
        let waits = go.clone();
        scope.spawn(move || {
            rt.block_on(async {
                // On one thread, driven by the other: this one only polls its root.
                let task = mainspring::spawn(async { 1 });
                second_is_in.send(()).unwrap();
                waits.wait().await;
                // The first thread may be gone by now: then this one has taken the seat.
                task.await.unwrap() + mainspring::spawn(async { 2 }).await.unwrap()
            })
        });
        wait_for_second.recv().unwrap();
        go.set();
    });
}

fn many_threads_in_block_on_all_end_whoever_drives(kind: Kind) {
    let rt = kind.runtime();
    let ran = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    rt.block_on(async {
                        mainspring::spawn(yield_now()).await.unwrap();
                        sleep(Duration::from_micros(50)).await;
                    });
                    ran.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(ran.into_inner(), 400);
}

fn a_root_that_panics_leaves_the_runtime_usable(kind: Kind) {
    let rt = kind.runtime();
    let task = rt.spawn(async { 7 });
    let panic = thread::scope(|scope| {
        scope.spawn(|| rt.block_on(async { panic!("the root") })).join().unwrap_err()
    });
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the root"));
    assert_eq!(rt.block_on(task).unwrap(), 7);
}

fn a_leaked_enter_guard_keeps_the_memory_of_its_runtime(kind: Kind) {
    // INV-90: the thread's context points to the runtime's memory as long as the guard is not
    // dropped.
    let handle = thread::spawn(move || {
        let rt = kind.runtime();
        std::mem::forget(rt.enter());
        drop(rt);
        Handle::current()
    })
    .join()
    .unwrap();
    let late = handle.spawn(async {});
    assert!(late.is_finished(), "the runtime has ended: the task is cancelled at once");
}

fn a_handle_spawns_from_another_thread_while_the_owner_sleeps(kind: Kind) {
    let rt = kind.runtime();
    let handle = rt.handle().clone();
    let sum = rt.block_on(async {
        let (send, receive) = mainspring::sync::oneshot::channel();
        thread::spawn(move || {
            handle.spawn(async move { send.send(42).unwrap() });
        });
        receive.await.unwrap()
    });
    assert_eq!(sum, 42);
}

fn blocking_closures_run_at_once_up_to_the_limit_and_the_rest_wait_their_turn(kind: Kind) {
    let rt = kind.builder().max_blocking_threads(3).build().unwrap();
    let (inside, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let jobs: Vec<_> = (0..10)
        .map(|number| {
            let (inside, peak, gate) = (inside.clone(), peak.clone(), gate.clone());
            rt.spawn_blocking(move || {
                let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                peak.fetch_max(now, Ordering::SeqCst);
                let (open, changed) = &*gate;
                let guard = open.lock().unwrap();
                let limit = Duration::from_secs(20);
                let opened = changed.wait_timeout_while(guard, limit, |open| !*open).unwrap();
                assert!(!opened.1.timed_out(), "nobody opened the gate");
                inside.fetch_sub(1, Ordering::SeqCst);
                number
            })
        })
        .collect();
    rt.block_on(async {
        while inside.load(Ordering::SeqCst) < 3 {
            yield_now().await;
        }
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        for (number, job) in jobs.into_iter().enumerate() {
            assert_eq!(job.await.unwrap(), number);
        }
    });
    assert_eq!(peak.load(Ordering::SeqCst), 3);
}

fn a_queued_closure_can_be_aborted_and_a_running_one_cannot(kind: Kind) {
    let rt = kind.builder().max_blocking_threads(1).build().unwrap();
    let (started, wait_started) = mpsc::channel();
    let (release, wait_release) = mpsc::channel::<()>();
    let running = rt.spawn_blocking(move || {
        started.send(()).unwrap();
        wait_release.recv().unwrap();
        "ran"
    });
    let queued = rt.spawn_blocking(|| "must not run");
    wait_started.recv().unwrap();
    running.abort();
    queued.abort();
    release.send(()).unwrap();
    assert_eq!(rt.block_on(running).unwrap(), "ran");
    assert!(rt.block_on(queued).unwrap_err().is_cancelled());
}

fn a_blocking_closure_is_inside_the_runtime_and_may_block_on_it(kind: Kind) {
    let rt = kind.runtime();
    let value = rt.block_on(async {
        spawn_blocking(|| {
            Handle::current().block_on(async { mainspring::spawn(async { 9 }).await })
        })
        .await
        .unwrap()
        .unwrap()
    });
    assert_eq!(value, 9);
}

fn a_shutdown_with_a_limit_says_what_is_still_running_and_where_it_came_from(kind: Kind) {
    let rt = kind.runtime();
    let (started, wait_started) = mpsc::channel();
    let (release, wait_release) = mpsc::channel::<()>();
    let stuck = rt.spawn_blocking(move || {
        started.send(()).unwrap();
        let _ = wait_release.recv();
    });
    let line = line!() - 4;
    wait_started.recv().unwrap();
    let report = rt.shutdown_timeout(Duration::from_millis(1));
    assert!(!report.is_clean());
    let (id, at) = report.still_running().next().unwrap();
    assert_eq!((id, at.line()), (stuck.id(), line));
    assert!(report.to_string().contains("runtime.rs"), "{report}");
    drop(release);
    let rt = kind.runtime();
    assert!(rt.block_on(stuck).is_ok(), "the closure ends by itself, and its join hears of it");
}

fn queued_closures_are_cancelled_at_the_end(kind: Kind) {
    let rt = kind.builder().max_blocking_threads(1).build().unwrap();
    let (started, wait_started) = mpsc::channel();
    let (release, wait_release) = mpsc::channel::<()>();
    let running = rt.spawn_blocking(move || {
        started.send(()).unwrap();
        let _ = wait_release.recv();
    });
    let queued: Vec<_> = (0..5).map(|_| rt.spawn_blocking(|| ())).collect();
    wait_started.recv().unwrap();
    rt.shutdown_background();
    assert!(queued.iter().all(|job| job.is_finished()));
    drop(release);
    let other = kind.runtime();
    other.block_on(async {
        assert!(running.await.is_ok());
        for job in queued {
            assert!(job.await.unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn a_paused_clock_jumps_to_the_next_deadline_and_waits_for_blocking_closures() {
    let rt = paused();
    let real = std::time::Instant::now();
    rt.block_on(async {
        let start = Instant::now();
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(3600));
        let (release, wait) = mpsc::channel::<()>();
        let job = spawn_blocking(move || wait.recv().is_ok());
        let timer = mainspring::spawn(sleep(Duration::from_secs(1)));
        for _ in 0..100 {
            yield_now().await;
        }
        assert!(!timer.is_finished(), "the clock is held while the closure runs");
        release.send(()).unwrap();
        assert!(job.await.unwrap());
        timer.await.unwrap();
    });
    assert!(real.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_paused_clock_moves_again_after_a_closure_that_nobody_awaits() {
    let rt = paused();
    rt.block_on(async {
        let (release, wait) = mpsc::channel::<()>();
        drop(spawn_blocking(move || wait.recv().is_ok()));
        thread::spawn(move || release.send(()));
        sleep(Duration::from_secs(10)).await;
    });
}

/// Nobody awaits them, so nothing but the clock's own news wakes the driver.
#[test]
fn a_paused_clock_moves_again_after_closures_that_panic_or_never_run() {
    let mut rt = mainspring::runtime::Builder::new_current_thread();
    let rt = rt.start_paused(true).max_blocking_threads(1).build().unwrap();
    rt.block_on(async {
        let (release, wait) = mpsc::channel::<()>();
        drop(spawn_blocking(move || {
            wait.recv().unwrap();
            panic!("after the driver has gone to sleep");
        }));
        let never = spawn_blocking(|| ());
        never.abort();
        drop(never);
        thread::spawn(move || release.send(()));
        sleep(Duration::from_secs(10)).await;
    });
}

fn timers_and_other_threads_get_their_turn_beside_a_task_that_always_runs(kind: Kind) {
    let rt = kind.runtime();
    let handle = rt.handle().clone();
    rt.block_on(async {
        let busy = mainspring::spawn(async {
            loop {
                yield_now().await;
            }
        });
        sleep(Duration::from_millis(5)).await;
        let (send, receive) = mainspring::sync::oneshot::channel();
        thread::spawn(move || drop(handle.spawn(async move { send.send(()) })));
        receive.await.unwrap();
        busy.abort();
        assert!(busy.await.unwrap_err().is_cancelled());
    });
}

fn a_large_future_and_an_over_aligned_one_are_spawned_like_any_other(kind: Kind) {
    #[repr(align(128))]
    struct Wide(u8);
    let rt = kind.runtime();
    rt.block_on(async {
        let large = [1u8; 100_000];
        let sum = mainspring::spawn(async move {
            yield_now().await;
            large.iter().map(|&byte| u64::from(byte)).sum::<u64>()
        });
        let wide = Wide(3);
        let aligned = mainspring::spawn(async move {
            let wide = wide;
            yield_now().await;
            (std::ptr::from_ref(&wide).addr() % 128, wide.0)
        });
        assert_eq!(sum.await.unwrap(), 100_000);
        assert_eq!(aligned.await.unwrap(), (0, 3));
    });
}

tests::each_scheduler! {
    two_threads_in_block_on_and_the_first_leaves,
    many_threads_in_block_on_all_end_whoever_drives,
    a_root_that_panics_leaves_the_runtime_usable,
    a_leaked_enter_guard_keeps_the_memory_of_its_runtime,
    a_handle_spawns_from_another_thread_while_the_owner_sleeps,
    blocking_closures_run_at_once_up_to_the_limit_and_the_rest_wait_their_turn,
    a_queued_closure_can_be_aborted_and_a_running_one_cannot,
    a_blocking_closure_is_inside_the_runtime_and_may_block_on_it,
    a_shutdown_with_a_limit_says_what_is_still_running_and_where_it_came_from,
    queued_closures_are_cancelled_at_the_end,
    timers_and_other_threads_get_their_turn_beside_a_task_that_always_runs,
    a_large_future_and_an_over_aligned_one_are_spawned_like_any_other,
}

/// INV-90: whatever a guard goes back to is still there, in whatever order they are dropped.
#[test]
fn guards_in_the_wrong_order_leave_nothing_that_is_gone() {
    let gone = |handle: Handle| handle.spawn(async {}).is_finished();
    // The outer guard, and its runtime, go first.
    let (one, two) = (tests::runtime(), tests::runtime());
    let (first, second) = (one.handle().clone(), two.handle().clone());
    let outer = first.enter();
    let inner = second.enter();
    drop(outer);
    drop((first, one));
    drop(inner);
    assert!(gone(Handle::current()), "the wrong one, and it has ended");
    // Out of a `block_on`, past the end of what it goes back to.
    let three = tests::runtime();
    let escaped = three.block_on(async { second.enter() });
    drop(three);
    drop(escaped);
    drop(two);
    assert!(gone(Handle::current()));
}

tests::has! {
    std::panic::UnwindSafe, std::panic::RefUnwindSafe =>
        Runtime, Handle, mainspring::task::JoinHandle<u8>, mainspring::task::AbortHandle,
}
