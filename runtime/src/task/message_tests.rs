//! Messages of aborted tasks, and what is left of them: nothing.

use super::*;
use crate::task::join::JoinHandle;
use crate::task::new::job;
use crate::task::schedule::Runnable;
use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

/// The table is everybody's: one test at a time looks at it.
static ALONE: StdMutex<()> = StdMutex::new(());

fn task<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> (Runnable, JoinHandle<T>) {
    static IDS: AtomicU64 = AtomicU64::new(1 << 40);
    let id = NonZeroU64::new(IDS.fetch_add(1, Ordering::Relaxed)).unwrap();
    job(f, Id(id), Location::caller())
}

/// What the message of a task is that was aborted with these.
fn heard(messages: &[&str]) -> Option<String> {
    let (entry, mut join) = task(|| ());
    messages.iter().for_each(|message| join.abort_with(*message));
    join.abort();
    assert_eq!(count(), usize::from(!messages.is_empty()), "one entry, or none");
    entry.run();
    match Pin::new(&mut join).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => error.message().map(str::to_owned),
        _ => panic!("it was aborted"),
    }
}

use std::future::Future;
use std::pin::Pin;

#[test]
fn the_first_message_is_heard_and_none_stays() {
    let _alone = ALONE.lock().unwrap_or_else(|poison| poison.into_inner());
    assert_eq!(heard(&["first", "second"]).as_deref(), Some("first"));
    assert_eq!(heard(&[]), None);
    assert_eq!(count(), 0);
}

#[test]
fn a_message_that_nobody_can_hear_does_not_stay() {
    let _alone = ALONE.lock().unwrap_or_else(|poison| poison.into_inner());
    // It has ended before.
    let (entry, join) = task(|| ());
    entry.run();
    join.abort_with("too late");
    assert_eq!(count(), 0);
    drop(join);
    // It is detached; the entry of the queue is its last reference.
    let (entry, join) = task(|| ());
    join.abort_with("for nobody");
    drop(join);
    assert_eq!(count(), 1);
    entry.run();
    assert_eq!(count(), 0);
    // It ends in the poll it is in.
    let own = std::sync::Arc::new(StdMutex::new(None::<crate::task::join::AbortHandle>));
    let abort = own.clone();
    let (entry, mut join) = task(move || {
        let abort = abort.lock().unwrap().take();
        abort.expect("it was put there").abort_with("in vain");
        7
    });
    *own.lock().unwrap() = Some(join.abort_handle());
    entry.run();
    let output = Pin::new(&mut join).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(output, Poll::Ready(Ok(7))));
    drop(join);
    assert_eq!(count(), 0);
}
