//! Models of an executor that polls drive: a wake from elsewhere, and a wake that meets the end.
//!
//! The model's own thread drives. A lost wake-up shows as a deadlock.

use super::*;
use crate::base::prim::{AtomicBool, AtomicU64, AtomicUsize, Ordering, thread};
use crate::local::spawn::spawn;
use crate::wake::park::Parker;
use std::future::poll_fn;
use std::panic::Location;
use std::task::Poll;

fn driven() -> Driven {
    let ids = Ids::new(Box::leak(Box::new(AtomicU64::new(1))));
    Driven::new(ids, Arc::new(|_| panic!("nothing panics here")), 61)
}

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(f);
}

/// What another thread tells a task, and the waker that goes with it.
#[derive(Default)]
struct News {
    told: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl News {
    fn tell(&self) {
        // Ordering: Relaxed, the lock, or the wake, carries it.
        self.told.store(true, Ordering::Relaxed);
        let waker = self.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn wait(self: &Arc<Self>) -> impl Future<Output = ()> + Send + 'static {
        let news = self.clone();
        poll_fn(move |cx| {
            *news.waker.lock() = Some(cx.waker().clone());
            // Ordering: Relaxed, as in `tell`.
            if news.told.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}

/// INV-130: the future is polled on the thread that drives, whoever wakes it.
#[test]
fn loom_driven_a_wake_from_elsewhere_leads_to_a_poll() {
    model(|| {
        let (driven, news) = (driven(), Arc::new(News::default()));
        let done = Arc::new(AtomicUsize::new(0));
        let (waits, here, home) = (news.wait(), done.clone(), thread::current().id());
        let task = async move {
            waits.await;
            assert_eq!(thread::current().id(), home);
            here.fetch_add(1, Ordering::Relaxed);
        };
        drop(spawn(driven.scheduler(), task, Location::caller()));
        let other = thread::spawn(move || news.tell());
        let parker = Parker::new();
        let place = driven.join();
        loop {
            driven.enroll(place, &parker.waker());
            assert!(!driven.run(), "one task is no full turn");
            if done.load(Ordering::Relaxed) == 1 {
                break;
            }
            parker.sleep(None);
        }
        other.join().unwrap();
        driven.leave(place);
        driven.shut_down();
    });
}

#[test]
fn loom_driven_a_wake_meets_the_end() {
    model(|| {
        let (driven, news) = (driven(), Arc::new(News::default()));
        let drops = Arc::new(AtomicUsize::new(0));
        let (waits, counted) = (news.wait(), Counted(drops.clone()));
        let task = async move {
            let _counted = counted;
            waits.await;
            std::future::pending::<()>().await;
        };
        drop(spawn(driven.scheduler(), task, Location::caller()));
        driven.run();
        let other = thread::spawn(move || news.tell());
        driven.shut_down();
        assert_eq!(drops.load(Ordering::Relaxed), 1, "dropped here, once");
        drop(driven);
        other.join().unwrap();
    });
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
