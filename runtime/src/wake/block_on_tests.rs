//! The smallest executor: a wake during the poll, before the sleep, and during it.

use super::*;
use crate::base::prim::{Arc, AtomicBool, Mutex, Ordering, thread};
use std::task::Waker;

/// Ready once `set` was called, from any thread.
#[derive(Default)]
struct Flag {
    set: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Flag {
    fn new() -> Arc<Self> {
        Arc::new(Self { set: AtomicBool::new(false), waker: Mutex::new(None) })
    }

    fn set(&self) {
        self.set.store(true, Ordering::Release);
        let waker = self.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn wait(&self) {
        std::future::poll_fn(|cx| {
            let old = self.waker.lock().replace(cx.waker().clone());
            drop(old);
            match self.set.load(Ordering::Acquire) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await
    }
}

#[cfg(loom)]
#[test]
fn loom_block_on_ends_when_another_thread_wakes_it() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(|| {
        let flag = Flag::new();
        let theirs = flag.clone();
        let other = thread::spawn(move || theirs.set());
        block_on(flag.wait());
        other.join().unwrap();
    });
}

#[cfg(not(loom))]
mod programs {
    use super::*;
    use std::cell::Cell;
    use std::future::poll_fn;

    #[test]
    fn a_ready_future_is_polled_once() {
        assert_eq!(block_on(async { 7 }), 7);
    }

    #[test]
    fn a_wake_during_the_poll_is_not_lost() {
        let polls = Cell::new(0);
        block_on(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            cx.waker().wake_by_ref();
            if polls.get() == 10 { Poll::Ready(()) } else { Poll::Pending }
        }));
        assert_eq!(polls.get(), 10);
    }

    #[test]
    fn a_wake_from_another_thread_ends_the_sleep() {
        for _ in 0..100 {
            let flag = Flag::new();
            let theirs = flag.clone();
            let other = thread::spawn(move || theirs.set());
            block_on(flag.wait());
            other.join().unwrap();
        }
    }

    #[test]
    fn a_waker_may_outlive_the_call() {
        let kept = Mutex::new(None);
        block_on(poll_fn(|cx| {
            *kept.lock() = Some(cx.waker().clone());
            Poll::Ready(())
        }));
        let waker = kept.lock().take();
        waker.expect("the future kept it").wake();
    }

    #[test]
    fn one_call_may_stand_inside_another() {
        let outer = block_on(async { block_on(async { 1 }) + block_on(async { 2 }) });
        assert_eq!(outer, 3);
    }

    #[test]
    fn a_panic_of_the_future_reaches_the_caller() {
        let call = std::panic::catch_unwind(|| block_on(async { panic!("ours") }));
        assert_eq!(call.unwrap_err().downcast_ref(), Some(&"ours"));
        assert_eq!(block_on(async { 1 }), 1);
    }
}
