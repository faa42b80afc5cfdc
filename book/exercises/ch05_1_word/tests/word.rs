use ch05_1_word::{RUNNING, SCHEDULED, Word};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

#[test]
fn t1_the_first_wake_pushes() {
    let word = Word::default();
    assert_eq!(word.flags(), 0, "at first it is idle");
    assert!(word.wake(), "the first wake pushes an entry");
    assert!(!word.wake(), "the second finds that there is one");
    assert_eq!(word.flags(), SCHEDULED);
}

#[test]
fn t2_a_poll_without_a_wake_ends_idle() {
    let word = Word::default();
    word.wake();
    word.start();
    assert_eq!(word.flags(), RUNNING, "after start");
    assert!(!word.idle(), "nobody woke it, so nobody pushes");
    assert_eq!(word.flags(), 0, "after idle");
    assert!(word.wake(), "and the next wake pushes again");
}

#[test]
fn t3_a_wake_during_the_poll_is_pushed_once_when_the_poll_is_over() {
    let word = Word::default();
    word.wake();
    word.start();
    assert!(!word.wake(), "it runs: whoever polls it will push");
    assert!(!word.wake(), "the second wake has nothing to do");
    assert_eq!(word.flags(), RUNNING | SCHEDULED, "running, and woken");
    assert!(word.idle(), "whoever polled it pushes");
    assert_eq!(word.flags(), SCHEDULED, "queued, and not running");
}

/// One thread wakes, one runs. No wake is lost, and there is never a second entry.
#[test]
fn t4_two_threads() {
    const WAKES: usize = 100_000;
    let word = Word::default();
    let (made, running) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (push, entries) = channel();
    thread::scope(|scope| {
        let (word, made, again) = (&word, &made, push.clone());
        scope.spawn(move || {
            for number in 1..=WAKES {
                // Make it happen, then wake.
                made.store(number, Ordering::Release);
                if word.wake() {
                    push.send(()).unwrap();
                }
            }
        });
        let mut seen = 0;
        while seen < WAKES {
            let entry = entries.recv_timeout(std::time::Duration::from_secs(20));
            entry.expect("a wake was lost: the queue is empty, and not everything was seen");
            assert_eq!(word.flags() & SCHEDULED, SCHEDULED, "an entry of a task not scheduled");
            word.start();
            assert!(!running.swap(true, Ordering::AcqRel), "two entries run at once");
            seen = made.load(Ordering::Acquire);
            running.store(false, Ordering::Release);
            if word.idle() {
                again.send(()).unwrap();
            }
        }
    });
}
