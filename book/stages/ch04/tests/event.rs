//! The slot's rule, with the interleavings forced: no thread is needed to be in two places at once.

use stage_ch04::Event;
use std::future::Future;
use std::pin::pin;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};

static EVENT: LazyLock<Event> = LazyLock::new(Event::default);

/// Sets the event at the very moment when it is cloned: after the first look of whoever waits, and
/// before the waker is in the slot.
static SETS: RawWakerVTable = RawWakerVTable::new(
    |_| {
        EVENT.set();
        RawWaker::new(ptr::null(), &SETS)
    },
    |_| (),
    |_| (),
    |_| (),
);

#[test]
fn an_event_between_the_look_and_the_waker_is_seen() {
    // SAFETY: the functions do not use the pointer.
    let waker = unsafe { Waker::from_raw(RawWaker::new(ptr::null(), &SETS)) };
    assert!(!EVENT.is_set());
    // Nobody will wake this waker: the second look has to find it.
    assert!(pin!(EVENT.wait()).poll(&mut Context::from_waker(&waker)).is_ready());
}

#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn the_last_waker_is_woken_and_no_other() {
    let event = Event::default();
    let tasks = [(); 3].map(|()| Arc::new(Task::default()));
    let mut waiting = pin!(event.wait());
    for task in &tasks {
        let waker = Waker::from(task.clone());
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    event.set();
    event.set();
    assert_eq!(tasks.map(|task| task.0.load(Ordering::SeqCst)), [0, 0, 1]);
}
