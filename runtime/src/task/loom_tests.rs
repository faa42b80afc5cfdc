//! Models of the state word: every pair of sides that can meet in it, in every order.

use super::*;
use crate::base::prim::{Arc, AtomicUsize, Mutex, Ordering, thread};
use crate::task::credit::{Counted, Keep};
use crate::task::message;
use crate::task::run::shut_down_one;
use crate::wake::block_on::block_on;
use loom::model::Builder;
use std::future::poll_fn;
use std::num::NonZeroU64;
use std::task::Waker;

/// A scheduler that only keeps entries; the model decides who runs them, and when.
struct Rig {
    entries: Mutex<Option<Vec<TaskRef>>>,
    registry: Registry,
    /// Every thread counts as a worker: wakes by value hand their reference on.
    home: bool,
}

// SAFETY(INV-22): the entries are rights that are handed on, one at a time, under the lock.
unsafe impl Send for Rig {}
// SAFETY(INV-22): as above.
unsafe impl Sync for Rig {}

fn rig<'a>(task: TaskRef) -> &'a Rig {
    // SAFETY(INV-20): the task's cell owns a count.
    unsafe { Counted::value(task.scheduler().cast::<Counted<Rig>>()) }
}

impl Schedule for Rig {
    unsafe fn schedule(task: TaskRef) {
        let refused = match &mut *rig(task).entries.lock() {
            Some(entries) => {
                entries.push(task);
                false
            }
            None => true,
        };
        if refused {
            // SAFETY(INV-22): refused, so the entry is still ours.
            unsafe { Runnable::from_task(task) }.abandon();
        }
    }
    unsafe fn reschedule(task: TaskRef) {
        // SAFETY(INV-22): handed on.
        unsafe { Self::schedule(task) }
    }
    unsafe fn registry(task: TaskRef) -> Option<NonNull<Registry>> {
        Some(NonNull::from(&rig(task).registry))
    }
    unsafe fn is_home(task: TaskRef) -> bool {
        rig(task).home
    }
    unsafe fn report(_: TaskRef, _: Panic) {}
    unsafe fn cell_freed(scheduler: *const ()) {
        // SAFETY(INV-20): the count that the cell owned.
        unsafe { Counted::release(scheduler.cast::<Counted<Rig>>(), 1) }
    }
}

fn new_rig() -> Keep<Rig> {
    rig_at(false)
}

fn rig_at(home: bool) -> Keep<Rig> {
    Keep::new(Rig { entries: Mutex::new(Some(Vec::new())), registry: Registry::new(), home })
}

fn spawn<F>(rig: &Keep<Rig>, future: F) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let id = Id(NonZeroU64::MIN);
    let count = rig.count_for_cell().cast();
    // SAFETY(INV-20): the count is handed over.
    unsafe { new::<F, Rig>(future, count, id, 0, Location::caller()) }
}

/// Runs what is queued until nothing is.
fn run_all(rig: &Rig) {
    loop {
        let entry = rig.entries.lock().as_mut().and_then(Vec::pop);
        let Some(task) = entry else { return };
        // SAFETY(INV-22): the entry was in the queue.
        unsafe { Runnable::from_task(task) }.run();
    }
}

/// The end of a runtime, as `local/worker.rs` does it.
fn end(rig: &Rig) {
    let rest = rig.entries.lock().take();
    while shut_down_one(&rig.registry) {}
    for task in rest.into_iter().flatten() {
        // SAFETY(INV-22): the entry was in the queue.
        unsafe { Runnable::from_task(task) }.cancel();
    }
}

/// Counts its drops; loom's Arc also finds a leak.
struct Payload(Arc<AtomicUsize>);

impl Drop for Payload {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counter() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

fn drops(counter: &Arc<AtomicUsize>) -> usize {
    counter.load(Ordering::Relaxed)
}

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

/// A future that is ready when the flag is up, and leaves its waker in the slot before it looks.
fn flagged(
    flag: Arc<AtomicUsize>,
    slot: Arc<Mutex<Option<Waker>>>,
    payload: Payload,
) -> impl Future<Output = Payload> + Send {
    let mut payload = Some(payload);
    poll_fn(move |cx| {
        let old = slot.lock().replace(cx.waker().clone());
        drop(old);
        match flag.load(Ordering::Relaxed) {
            0 => Poll::Pending,
            _ => Poll::Ready(payload.take().unwrap()),
        }
    })
}

#[test]
fn loom_state_a_wake_during_or_after_a_poll_leads_to_another_poll() {
    model(|| {
        let (rig, flag, slot) = (new_rig(), counter(), Arc::new(Mutex::new(None::<Waker>)));
        let dropped = counter();
        let task = flagged(flag.clone(), slot.clone(), Payload(dropped.clone()));
        let (entry, handle) = spawn(&rig, task);
        let waking = thread::spawn(move || {
            flag.store(1, Ordering::Relaxed);
            let waker = slot.lock().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        entry.run();
        run_all(&rig);
        waking.join().unwrap();
        run_all(&rig);
        assert!(handle.is_finished(), "INV-22: the wake was lost");
        drop(handle);
        assert_eq!(drops(&dropped), 1);
    });
}

#[test]
fn loom_state_two_wakes_make_one_entry_and_the_last_write_is_seen() {
    model(|| {
        let (rig, flag, slot) = (new_rig(), counter(), Arc::new(Mutex::new(None::<Waker>)));
        let dropped = counter();
        let task = flagged(flag.clone(), slot.clone(), Payload(dropped.clone()));
        let (entry, handle) = spawn(&rig, task);
        entry.run();
        let waker = slot.lock().clone().unwrap();
        let (other, there) = (waker.clone(), rig.clone());
        let running = thread::spawn(move || {
            other.wake();
            run_all(&there);
        });
        // Not ordered by the slot's lock: only the wake itself carries this write to the poll, also
        // when the task is scheduled already.
        flag.store(1, Ordering::Relaxed);
        waker.wake();
        running.join().unwrap();
        run_all(&rig);
        assert!(handle.is_finished(), "a wake must carry its thread's writes to the poll");
        let slot_waker = slot.lock().take();
        drop(slot_waker);
        drop(handle);
        assert_eq!(drops(&dropped), 1);
    });
}

#[test]
fn loom_state_a_wake_by_value_at_home_hands_its_reference_on() {
    model(|| {
        let (rig, flag, slot) = (rig_at(true), counter(), Arc::new(Mutex::new(None::<Waker>)));
        let dropped = counter();
        let task = flagged(flag.clone(), slot.clone(), Payload(dropped.clone()));
        let (entry, handle) = spawn(&rig, task);
        entry.run();
        // INV-23: the handle is gone, so whoever is last frees the cell.
        drop(handle);
        let waker = slot.lock().take().unwrap();
        let (mine, other) = (waker.clone(), rig.clone());
        let first = thread::spawn(move || {
            waker.wake();
            run_all(&other);
        });
        flag.store(1, Ordering::Relaxed);
        mine.wake();
        run_all(&rig);
        first.join().unwrap();
        run_all(&rig);
        let slot_waker = slot.lock().take();
        drop(slot_waker);
        assert_eq!(drops(&dropped), 1, "a wake must carry its thread's writes to the poll");
    });
}

#[test]
fn loom_state_abort_and_poll_end_the_task_once() {
    model(|| {
        let rig = new_rig();
        let (dropped, polls) = (counter(), counter());
        let (payload, seen) = (Payload(dropped.clone()), polls.clone());
        let (entry, handle) = spawn(&rig, async move {
            let _payload = payload;
            // INV-21: a plain write would be a data race if two threads could be in here.
            poll_fn(|_| {
                seen.fetch_add(1, Ordering::Relaxed);
                Poll::<()>::Pending
            })
            .await
        });
        let abort = handle.abort_handle();
        let aborting = thread::spawn(move || abort.abort());
        entry.run();
        run_all(&rig);
        aborting.join().unwrap();
        run_all(&rig);
        assert!(handle.is_finished(), "INV-22: the abort was lost");
        assert_eq!(drops(&dropped), 1, "INV-27");
        assert!(block_on(handle).unwrap_err().is_cancelled());
    });
}

/// An abort with a message meets the poll that ends the task: who is told that it was cancelled is
/// told why, unless it was cancelled by somebody else; and the message goes with the cell.
#[test]
fn loom_message_is_heard_by_whoever_hears_of_the_abort() {
    model(|| {
        let rig = new_rig();
        let (entry, handle) = spawn(&rig, async { poll_fn(|_| Poll::<()>::Pending).await });
        let abort = handle.abort_handle();
        let aborting = thread::spawn(move || abort.abort_with("why"));
        entry.run();
        run_all(&rig);
        if handle.is_finished() {
            // At once, while the other side may still be at it.
            assert_eq!(block_on(handle).unwrap_err().message(), Some("why"));
            aborting.join().unwrap();
        } else {
            aborting.join().unwrap();
            run_all(&rig);
            assert_eq!(block_on(handle).unwrap_err().message(), Some("why"));
        }
        assert_eq!(message::count(), 0);
    });
}

/// Two messages, and a plain abort at once, of a task that nobody runs meanwhile.
#[test]
fn loom_message_one_of_two_is_heard() {
    model(|| {
        let rig = new_rig();
        let (entry, handle) = spawn(&rig, async {});
        let abort = handle.abort_handle();
        let aborting = thread::spawn(move || abort.abort_with("one"));
        let running = thread::spawn(move || entry.run());
        handle.abort_with("two");
        aborting.join().unwrap();
        running.join().unwrap();
        match block_on(handle) {
            Ok(()) => {}
            Err(error) => assert!(["one", "two"].map(Some).contains(&error.message())),
        }
        assert_eq!(message::count(), 0, "INV-23: the cell is gone, and with it the message");
    });
}

#[test]
fn loom_state_the_joiner_gets_the_output_whenever_it_comes() {
    model(|| {
        let rig = new_rig();
        let dropped = counter();
        let payload = Payload(dropped.clone());
        let (entry, handle) = spawn(&rig, async move { payload });
        let running = thread::spawn(move || entry.run());
        let output = block_on(handle).unwrap();
        assert_eq!(drops(&dropped), 0, "INV-27");
        drop(output);
        running.join().unwrap();
        assert_eq!(drops(&dropped), 1);
    });
}

#[test]
fn loom_state_a_handle_that_is_dropped_leaves_one_side_to_drop_the_output() {
    model(|| {
        let rig = new_rig();
        let dropped = counter();
        let payload = Payload(dropped.clone());
        let (entry, mut handle) = spawn(&rig, async move { payload });
        // INV-28: half of the time a waker is in the slot when the handle goes.
        let mut cx = Context::from_waker(Waker::noop());
        let running = thread::spawn(move || entry.run());
        let polled = Pin::new(&mut handle).poll(&mut cx);
        drop(handle);
        drop(polled);
        running.join().unwrap();
        assert_eq!(drops(&dropped), 1, "INV-27");
    });
}

#[test]
fn loom_state_a_join_waker_that_is_replaced_is_not_lost() {
    model(|| {
        let rig = new_rig();
        let (entry, mut handle) = spawn(&rig, async {});
        let running = thread::spawn(move || entry.run());
        // The first poll's waker is nobody's; the second's must be woken (INV-28).
        let polled = Pin::new(&mut handle).poll(&mut Context::from_waker(Waker::noop()));
        if polled.is_pending() {
            block_on(handle).unwrap();
        }
        running.join().unwrap();
    });
}

#[test]
fn loom_state_a_wake_in_flight_meets_the_end_of_the_runtime() {
    model(|| {
        let (rig, flag, slot) = (new_rig(), counter(), Arc::new(Mutex::new(None::<Waker>)));
        let dropped = counter();
        let task = flagged(flag.clone(), slot.clone(), Payload(dropped.clone()));
        let (entry, handle) = spawn(&rig, task);
        entry.run();
        let waker = slot.lock().take().unwrap();
        let waking = thread::spawn(move || waker.wake());
        end(&rig);
        // INV-20: the waker may be the last to hold the scheduler's block.
        drop(rig);
        assert_eq!(drops(&dropped), 1, "every future is dropped at the end");
        assert!(handle.is_finished());
        waking.join().unwrap();
        drop(handle);
    });
}

#[test]
fn loom_state_a_poll_meets_the_end_of_the_runtime() {
    model(|| {
        let rig = new_rig();
        let dropped = counter();
        let payload = Payload(dropped.clone());
        let (entry, handle) = spawn(&rig, async move {
            let _payload = payload;
            std::future::pending::<()>().await
        });
        let running = thread::spawn(move || entry.run());
        end(&rig);
        running.join().unwrap();
        // INV-26: whoever came second found the mark.
        assert!(handle.is_finished() && drops(&dropped) == 1);
    });
}

#[test]
fn loom_state_a_second_poll_meets_the_end_of_the_runtime() {
    model(|| {
        let (rig, slot) = (new_rig(), Arc::new(Mutex::new(None::<Waker>)));
        let dropped = counter();
        let task = flagged(counter(), slot.clone(), Payload(dropped.clone()));
        let (entry, handle) = spawn(&rig, task);
        entry.run();
        let waker = slot.lock().take().unwrap();
        waker.wake();
        let task = rig.entries.lock().as_mut().and_then(Vec::pop).unwrap();
        // SAFETY(INV-22): the entry was in the queue.
        let entry = unsafe { Runnable::from_task(task) };
        // INV-22: the registry knows the task, so the entry and the claim meet in the word.
        let running = thread::spawn(move || entry.run());
        end(&rig);
        running.join().unwrap();
        assert!(handle.is_finished() && drops(&dropped) == 1);
    });
}
