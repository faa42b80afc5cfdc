use ch04_2_both::both;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

/// Counts how often it is woken. Its Arc counts its wakers, and one for the test.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Two(Arc<Counter>, Arc<Counter>);

impl Two {
    fn new() -> (Two, Waker) {
        let two = Two(Arc::default(), Arc::default());
        let waker = both(two.0.clone().into(), two.1.clone().into());
        (two, waker)
    }

    fn woken(&self) -> [usize; 2] {
        [&self.0, &self.1].map(|counter| counter.0.load(Ordering::SeqCst))
    }

    fn wakers(&self) -> [usize; 2] {
        [&self.0, &self.1].map(|counter| Arc::strong_count(counter) - 1)
    }
}

#[test]
fn t1_wake_by_ref_wakes_both_each_time() {
    let (two, waker) = Two::new();
    waker.wake_by_ref();
    waker.wake_by_ref();
    assert_eq!(two.woken(), [2, 2], "wakes of a and of b");
}

#[test]
fn t2_wake_wakes_both_and_lets_them_go() {
    let (two, waker) = Two::new();
    waker.wake();
    assert_eq!(two.woken(), [1, 1], "wakes of a and of b");
    assert_eq!(two.wakers(), [0, 0], "wakers of a and of b that are left");
}

#[test]
fn t3_a_drop_lets_them_go_without_a_wake() {
    let (two, waker) = Two::new();
    drop(waker);
    assert_eq!(two.woken(), [0, 0], "wakes of a and of b");
    assert_eq!(two.wakers(), [0, 0], "wakers of a and of b that are left");
}

#[test]
fn t4_a_clone_lives_on_its_own() {
    let (two, waker) = Two::new();
    let clone = waker.clone();
    assert!(clone.will_wake(&waker), "a waker and its clone");
    waker.wake();
    clone.wake();
    assert_eq!(two.woken(), [2, 2], "wakes of a and of b");
    assert_eq!(two.wakers(), [0, 0], "wakers of a and of b that are left");
}
