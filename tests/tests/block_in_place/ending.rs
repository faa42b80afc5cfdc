//! The end of the runtime while code blocks in place.

use mainspring::runtime::Runtime;
use mainspring::task::{JoinHandle, block_in_place, yield_now};
use std::future::pending;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use tests::{Drops, Kind, eventually, pass};

/// A task that blocks in place until the sender is dropped, and is pending from then on.
fn blocked(rt: &Runtime, drops: &Drops) -> (JoinHandle<()>, mpsc::Sender<()>) {
    let (open, opened) = mpsc::channel::<()>();
    let (started, start) = mpsc::channel();
    let counted = drops.counted();
    let task = rt.spawn(async move {
        let _counted = counted;
        block_in_place(|| {
            started.send(()).unwrap();
            let _ = opened.recv();
        });
        pending::<()>().await;
    });
    start.recv().unwrap();
    (task, open)
}

fn the_end_waits_for_the_closure_and_not_for_its_task(kind: Kind) {
    let (rt, drops) = (kind.runtime(), Drops::new());
    let (task, open) = blocked(&rt, &drops);
    let other = rt.spawn(pending::<()>());
    let end = thread::spawn(move || drop(rt));
    // Every other task ends at once: somebody mans the worker.
    eventually(|| other.is_finished());
    assert!(!end.is_finished() && !task.is_finished());
    drop(open);
    end.join().unwrap();
    assert!(task.is_finished());
    assert_eq!(drops.count(), 1);
}

fn a_time_out_says_what_is_blocking(kind: Kind) {
    let rt = kind.runtime();
    let (open, opened) = mpsc::channel::<()>();
    let (started, start) = mpsc::channel();
    let (ended, end) = mpsc::channel::<()>();
    let task = rt.spawn(async move {
        let _ended = ended;
        block_in_place(|| {
            started.send(()).unwrap();
            let _ = opened.recv();
        });
        // The runtime has ended; blocking once more is harmless.
        block_in_place(|| ());
        yield_now().await;
    });
    start.recv().unwrap();
    let id = task.id();
    let report = rt.shutdown_timeout(Duration::from_millis(20));
    assert!(!report.is_clean());
    let named = report.still_running().filter(|(running, _)| *running == id).count();
    assert_eq!(named, 1, "{report}");
    drop(open);
    assert!(end.recv().is_err());
    eventually(|| task.is_finished());
}

fn an_abort_while_it_blocks_takes_effect_afterwards(kind: Kind) {
    let (rt, drops) = (kind.runtime(), Drops::new());
    let (task, open) = blocked(&rt, &drops);
    task.abort();
    assert!(!task.is_finished());
    drop(open);
    assert!(rt.block_on(task).unwrap_err().is_cancelled());
    assert_eq!(drops.count(), 1);
}

/// While another executor ends within a poll, this thread is that one's worker. It must not offer
/// the worker of its own, whose poll it is in.
fn a_destructor_of_another_runtime_blocks_in_place(kind: Kind) {
    struct Blocks(Arc<Mutex<u32>>);
    impl Drop for Blocks {
        fn drop(&mut self) {
            // Long enough for another thread to come, if it is called.
            block_in_place(|| pass(Duration::from_millis(50)));
            *self.0.lock().unwrap() += 1;
        }
    }
    let rt = kind.runtime();
    let dropped = Arc::new(Mutex::new(0));
    let inside = dropped.clone();
    let task = rt.spawn(async move {
        let inner = tests::runtime();
        let blocks = Blocks(inside);
        inner.spawn(async move {
            pending::<()>().await;
            drop(blocks);
        });
        inner.shutdown_background();
        yield_now().await;
    });
    rt.block_on(task).unwrap();
    // Hangs when two threads have manned one worker.
    drop(rt);
    assert_eq!(*dropped.lock().unwrap(), 1);
}

fn a_runtime_that_is_dropped_inside_does_not_wait_for_itself(kind: Kind) {
    let place = Arc::new(Mutex::new(None::<Runtime>));
    let inside = place.clone();
    let (done, end) = mpsc::channel();
    let mut locked = place.lock().unwrap();
    let rt = kind.runtime();
    rt.spawn(async move {
        block_in_place(|| {
            drop(inside.lock().unwrap().take());
            done.send(()).unwrap();
        });
        pending::<()>().await;
    });
    *locked = Some(rt);
    drop(locked);
    end.recv().unwrap();
}

fn a_destructor_may_block_while_the_runtime_ends(kind: Kind) {
    struct Blocks(mpsc::Sender<()>);
    impl Drop for Blocks {
        fn drop(&mut self) {
            block_in_place(|| self.0.send(()).unwrap());
        }
    }
    let rt = kind.runtime();
    let (send, receive) = mpsc::channel();
    let parked = tests::Gate::new();
    for _ in 0..3 {
        let (blocks, gate) = (Blocks(send.clone()), parked.clone());
        rt.spawn(async move {
            let _blocks = blocks;
            gate.await;
        });
    }
    // Ended by an abort, and by the end of the runtime.
    let blocks = Blocks(send);
    let task = rt.spawn(async move {
        let _blocks = blocks;
        pending::<()>().await;
    });
    tests::turns_until(&rt, || parked.wakers().len() == 3);
    task.abort();
    drop(rt);
    assert_eq!(receive.iter().count(), 4);
}

tests::each_pool! {
    the_end_waits_for_the_closure_and_not_for_its_task,
    a_time_out_says_what_is_blocking,
    an_abort_while_it_blocks_takes_effect_afterwards,
    a_destructor_of_another_runtime_blocks_in_place,
    a_runtime_that_is_dropped_inside_does_not_wait_for_itself,
    a_destructor_may_block_while_the_runtime_ends,
}

/// Waits in place for a task in its own worker's ring, for as long as there is a runtime.
async fn wait_for_others(ended: mpsc::Sender<()>) {
    let _ended = ended;
    loop {
        let (send, receive) = mpsc::channel();
        mainspring::spawn(async move { send.send(()) });
        block_in_place(|| {
            let _ = receive.recv();
        });
        yield_now().await;
    }
}

#[test]
fn whoever_waits_for_a_task_of_an_ended_runtime_hears_of_it() {
    tests::within(|| {
        for round in 0..100 {
            let rt = Kind::Workers(1 + round % 2).runtime();
            let (ended, end) = mpsc::channel();
            for _ in 0..4 {
                rt.spawn(wait_for_others(ended.clone()));
            }
            drop(ended);
            rt.block_on(async {
                for _ in 0..round {
                    yield_now().await;
                }
            });
            rt.shutdown_background();
            assert!(end.recv().is_err(), "each ends by itself");
        }
    });
}

#[test]
fn the_end_meets_substitutes_that_come_and_go() {
    tests::within(|| {
        for round in 0..100 {
            let rt = Kind::Workers(1 + round % 2).runtime();
            for _ in 0..4 {
                rt.spawn(wait_for_others(mpsc::channel().0));
            }
            rt.block_on(async {
                for _ in 0..round {
                    yield_now().await;
                }
            });
            drop(rt);
        }
    });
}
