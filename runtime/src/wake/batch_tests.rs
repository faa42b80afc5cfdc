//! A batch of wakers: their order, and what a panic in one of them does to the others.

use super::*;
use crate::base::prim::{Arc, Mutex};
use std::panic::panic_any;
use std::task::Wake;

/// Writes its number down; panics with `throws`, if there is one.
struct Noted {
    number: usize,
    log: Arc<Mutex<Vec<usize>>>,
    throws: Option<fn()>,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        // Under a lock of the caller's this would never return.
        self.log.lock().push(self.number);
        if let Some(throw) = self.throws {
            throw();
        }
    }
}

fn waker(number: usize, log: &Arc<Mutex<Vec<usize>>>, throws: Option<fn()>) -> Waker {
    Arc::new(Noted { number, log: log.clone(), throws }).into()
}

fn log() -> Arc<Mutex<Vec<usize>>> {
    Arc::new(Mutex::new(Vec::new()))
}

#[test]
fn wakers_are_woken_in_order_and_once() {
    let (mut batch, log) = (Batch::new(), log());
    assert_eq!(batch.len, 0);
    for number in 0..Batch::CAPACITY {
        assert!(!batch.is_full());
        batch.push(waker(number, &log, None));
    }
    assert!(batch.is_full());
    assert!(batch.wake_all().is_ok());
    assert_eq!(batch.len, 0);
    assert!(batch.wake_all().is_ok());
    assert_eq!(*log.lock(), (0..Batch::CAPACITY).collect::<Vec<_>>());
    assert_eq!(Arc::strong_count(&log), 1, "the wakers are gone");
}

#[test]
fn a_panicking_waker_does_not_lose_the_others() {
    for bad in 0..5 {
        let (mut batch, log) = (Batch::new(), log());
        for number in 0..5 {
            let throws: Option<fn()> = (number == bad).then_some(|| panic!("mine"));
            batch.push(waker(number, &log, throws));
        }
        let panic = batch.wake_all().expect_err("one of them panicked");
        assert_eq!(panic.downcast_ref(), Some(&"mine"));
        assert_eq!(*log.lock(), [0, 1, 2, 3, 4]);
    }
}

#[test]
fn of_several_panics_the_first_is_handed_on() {
    let (mut batch, log) = (Batch::new(), log());
    batch.push(waker(0, &log, Some(|| panic_any(10))));
    batch.push(waker(1, &log, Some(|| panic_any(11))));
    batch.push(waker(2, &log, None));
    let panic = batch.wake_all().expect_err("two of them panicked");
    assert_eq!(panic.downcast_ref(), Some(&10));
    assert_eq!(*log.lock(), [0, 1, 2]);
    assert_eq!(batch.len, 0, "the batch can be used again");
}

#[test]
fn a_thrown_value_that_throws_when_dropped_does_not_lose_the_others() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let (mut batch, log) = (Batch::new(), log());
    batch.push(waker(0, &log, Some(|| panic_any(10))));
    batch.push(waker(1, &log, Some(|| panic_any(Bomb))));
    batch.push(waker(2, &log, None));
    assert!(batch.wake_all().is_err());
    assert_eq!(*log.lock(), [0, 1, 2]);
}

#[test]
fn a_batch_that_is_dropped_wakes_nobody_and_leaks_nothing() {
    let (mut batch, log) = (Batch::new(), log());
    batch.push(waker(0, &log, None));
    drop(batch);
    assert_eq!(*log.lock(), [0; 0]);
    assert_eq!(Arc::strong_count(&log), 1);
}
