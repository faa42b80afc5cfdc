use ch03_2_event::Event;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

/// A waker that counts how often it is woken.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (Arc<Counter>, Waker) {
    let counter = Arc::new(Counter::default());
    (counter.clone(), counter.into())
}

fn poll(future: std::pin::Pin<&mut impl Future<Output = ()>>, waker: &Waker) -> Poll<()> {
    future.poll(&mut Context::from_waker(waker))
}

#[test]
fn t1_what_has_happened_is_ready_at_once() {
    let event = Event::default();
    event.set();
    assert!(poll(pin!(event.wait()), Waker::noop()).is_ready(), "it happened before the wait");
}

#[test]
fn t2_everyone_who_waits_is_woken_once() {
    let event = Event::default();
    let wakers: Vec<_> = (0..3).map(|_| counter()).collect();
    let mut waits: Vec<_> = (0..3).map(|_| Box::pin(event.wait())).collect();
    for (wait, (_, waker)) in waits.iter_mut().zip(&wakers) {
        assert!(poll(wait.as_mut(), waker).is_pending(), "it has not happened yet");
    }
    event.set();
    for (at, (count, _)) in wakers.iter().enumerate() {
        assert_eq!(count.0.load(Ordering::SeqCst), 1, "wakes of waiter {at}");
    }
    let ready = waits.iter_mut().all(|wait| poll(wait.as_mut(), Waker::noop()).is_ready());
    assert!(ready, "it has happened: each of them is ready");
}

#[test]
fn t3_a_second_poll_replaces_the_waker() {
    let event = Event::default();
    let ((old, old_waker), (new, new_waker)) = (counter(), counter());
    let mut wait = pin!(event.wait());
    assert!(poll(wait.as_mut(), &old_waker).is_pending(), "it has not happened yet");
    assert!(poll(wait.as_mut(), &new_waker).is_pending(), "nor at the second poll");
    assert_eq!(event.kept(), 1, "one future keeps one waker");
    event.set();
    let counts = [&old, &new].map(|count| count.0.load(Ordering::SeqCst));
    assert_eq!(counts, [0, 1], "wakes of the old waker and of the new one");
}

#[test]
fn t4_one_that_is_dropped_leaves_nothing_behind() {
    let event = Event::default();
    let mut stays = Box::pin(event.wait());
    let mut goes = Box::pin(event.wait());
    assert!(poll(stays.as_mut(), Waker::noop()).is_pending());
    assert!(poll(goes.as_mut(), Waker::noop()).is_pending());
    drop(goes);
    assert_eq!(event.kept(), 1, "the waker of the one that stays");
}

/// A waker that looks at the event while it is woken.
struct Nosy(Event, AtomicUsize);

impl Wake for Nosy {
    fn wake(self: Arc<Self>) {
        self.1.store(self.0.kept() + 1, Ordering::SeqCst);
    }
}

#[test]
fn t5_a_waker_may_use_the_event() {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        let nosy = Arc::new(Nosy(Event::default(), AtomicUsize::new(0)));
        let waker: Waker = nosy.clone().into();
        assert!(poll(pin!(nosy.0.wait()), &waker).is_pending());
        let mut wait = Box::pin(nosy.0.wait());
        assert!(poll(wait.as_mut(), &waker).is_pending());
        nosy.0.set();
        done.send(nosy.1.load(Ordering::SeqCst)).unwrap();
    });
    let looked = ended.recv_timeout(Duration::from_secs(10));
    assert_eq!(looked, Ok(1), "it looked, and found no waker: was it woken under the lock?");
}
