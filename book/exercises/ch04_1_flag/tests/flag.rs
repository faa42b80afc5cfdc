use ch04_1_flag::waker;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Was it set? Clears it.
fn taken(flag: &AtomicBool) -> bool {
    flag.swap(false, Ordering::AcqRel)
}

#[test]
fn t1_wake_sets_the_flag() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    waker(&FLAG).wake();
    assert!(taken(&FLAG), "after wake");
}

#[test]
fn t2_wake_by_ref_sets_it_each_time() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    let waker = waker(&FLAG);
    for time in 1..=3 {
        waker.wake_by_ref();
        assert!(taken(&FLAG), "time {time}");
    }
}

#[test]
fn t3_a_clone_does_the_same_on_another_thread() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    let clone = waker(&FLAG).clone();
    thread::spawn(move || clone.wake_by_ref()).join().unwrap();
    assert!(taken(&FLAG), "after wake_by_ref of a clone");
}

#[test]
fn t4_a_clone_would_wake_the_same() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    static OTHER: AtomicBool = AtomicBool::new(false);
    let first = waker(&FLAG);
    assert!(first.will_wake(&first.clone()), "a waker and its clone");
    assert!(!first.will_wake(&waker(&OTHER)), "wakers of two flags");
}

#[test]
fn t5_a_drop_sets_nothing() {
    static FLAG: AtomicBool = AtomicBool::new(false);
    drop(waker(&FLAG).clone());
    assert!(!taken(&FLAG), "nobody woke");
}
