//! How long a woken task waits, in polls.

use super::{Stop, StopAtEnd, flood, lifo_pair};
use mainspring::task::yield_now;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use tests::many::{News, multi};

/// A ring has 256 places; at each, one poll and three of the next slot; every 8th poll may be for
/// a task from outside.
const AT_MOST: usize = 1171;
/// With those who disturb them they fit into the ring.
const TASKS: usize = 250;
const ROUNDS: usize = 20;
/// Polls of the next slot in a row.
const NEXT: usize = 3;

/// What all tasks of the test share.
#[derive(Debug, Default)]
struct Counts {
    /// Polls of all tasks.
    polls: Arc<AtomicUsize>,
    /// The count when the tasks were woken.
    woken_at: AtomicUsize,
    longest: AtomicUsize,
    polled: AtomicUsize,
    wakers: Mutex<Vec<Waker>>,
    /// A chain: the first is woken by each of the tasks, and the others by the one before. Longer
    /// than the next slot has turns.
    chain: [Mutex<Option<Waker>>; 2 * NEXT],
}

impl Counts {
    fn poll(&self) -> usize {
        self.polls.fetch_add(1, Ordering::SeqCst)
    }

    /// A task that is polled once when it is spawned, and once in each round.
    fn one(self: Arc<Self>) -> impl Future<Output = ()> + Send {
        let mut rounds = 0;
        poll_fn(move |cx| {
            let now = self.poll();
            if rounds > 0 {
                let others = now - self.woken_at.load(Ordering::SeqCst);
                self.longest.fetch_max(others, Ordering::SeqCst);
            } else {
                self.wakers.lock().unwrap().push(cx.waker().clone());
            }
            self.wake_link(0);
            rounds += 1;
            self.polled.fetch_add(1, Ordering::SeqCst);
            if rounds > ROUNDS { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    fn wake_link(&self, nth: usize) {
        if let Some(Some(waker)) = self.chain.get(nth).map(|link| link.lock().unwrap().clone()) {
            waker.wake();
        }
    }

    fn link(self: Arc<Self>, nth: usize, stop: Stop) -> impl Future<Output = ()> + Send {
        poll_fn(move |cx| {
            self.poll();
            *self.chain[nth].lock().unwrap() = Some(cx.waker().clone());
            self.wake_link(nth + 1);
            if stop.is_set() { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    /// Returns when all have been polled.
    async fn all_polled(&self) {
        while self.polled.load(Ordering::SeqCst) < TASKS {
            self.poll();
            yield_now().await;
        }
        self.polled.store(0, Ordering::SeqCst);
    }
}

/// The most polls of others between a wake and the poll, on the only worker, beside what `disturb`
/// starts there; and with a flood from outside. All are in the ring: one that an overflow moves to
/// the injector stands behind the flood.
fn longest(disturb: impl Fn(&Arc<Counts>, &Stop) + Send + 'static) -> usize {
    let runtime = multi(1);
    let (end, news) = (StopAtEnd::default(), News::new());
    let counts = Arc::new(Counts::default());
    let (stop, polls, handle) = (end.0.clone(), counts.polls.clone(), runtime.handle().clone());
    let (go, told) = mpsc::channel();
    let outside = thread::spawn(move || {
        // What is taken from outside by an idle worker would fill its ring.
        if told.recv().is_ok() {
            flood(&handle, &stop, &polls);
        }
    });
    let (stop, shared, teller) = (end.0.clone(), counts.clone(), news.teller());
    runtime.spawn(async move {
        disturb(&shared, &stop);
        (0..TASKS).for_each(|_| drop(mainspring::spawn(shared.clone().one())));
        shared.all_polled().await;
        go.send(()).unwrap();
        let wakers = std::mem::take(&mut *shared.wakers.lock().unwrap());
        for _ in 0..ROUNDS {
            shared.woken_at.store(shared.polls.load(Ordering::SeqCst), Ordering::SeqCst);
            wakers.iter().for_each(Waker::wake_by_ref);
            shared.all_polled().await;
        }
        teller.tell();
    });
    news.wait_for(1, "all rounds");
    drop(end);
    outside.join().unwrap();
    let longest = counts.longest.load(Ordering::SeqCst);
    println!("{TASKS} woken tasks, each polled after at most {longest} others");
    longest
}

#[test]
fn a_woken_task_is_polled_after_at_most_1171_others_beside_a_lifo_pair() {
    let longest = longest(|counts, stop| lifo_pair(stop, &counts.polls));
    assert!(longest <= AT_MOST, "a task was polled after {longest} others");
}

/// The worst case: at each place of the ring the next slot has all its turns.
#[test]
fn a_woken_task_is_polled_after_at_most_1171_others_that_wake_a_chain_each() {
    let longest = longest(|counts, stop| {
        (0..2 * NEXT).for_each(|nth| {
            mainspring::spawn(counts.clone().link(nth, stop.clone()));
        });
    });
    assert!(longest <= AT_MOST, "a task was polled after {longest} others");
    assert!(longest >= (TASKS - 1) * (1 + NEXT), "the bound is not idle: {longest}");
}
