//! What keeps its order on a pool: the lines of the primitives. First come is first served, also
//! when each comes from another thread; when several have been served, who goes on first is chance.

use mainspring::sync::{Event, Mutex, Queue, Semaphore};
use mainspring::task::{JoinHandle, yield_now};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Kind, until};

type Log = Arc<std::sync::Mutex<Vec<usize>>>;

/// How many tasks have come to where they wait.
#[derive(Clone, Default)]
struct Line(Arc<AtomicUsize>);

impl Line {
    /// Awaits `future`, and counts when it stands in line.
    async fn stand<F: Future>(&self, future: F) -> F::Output {
        let (mut future, mut stands) = (pin!(future), false);
        poll_fn(|cx| {
            let poll = future.as_mut().poll(cx);
            if poll.is_pending() && !std::mem::replace(&mut stands, true) {
                self.0.fetch_add(1, Ordering::Release);
            }
            poll
        })
        .await
    }

    async fn is_long(&self, length: usize) {
        until(|| self.0.load(Ordering::Acquire) == length).await;
    }
}

async fn all(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        task.await.unwrap();
    }
}

fn a_lock_goes_to_who_came_first(kind: Kind) {
    let (line, lock, log) = (Line::default(), Arc::new(Mutex::new(())), Log::default());
    let runtime = kind.runtime();
    runtime.block_on(async {
        let guard = lock.lock().await;
        let mut tasks = Vec::new();
        for number in 0..10 {
            let (theirs, lock, log) = (line.clone(), lock.clone(), log.clone());
            tasks.push(mainspring::spawn(async move {
                let _guard = theirs.stand(lock.lock()).await;
                log.lock().unwrap().push(number);
                yield_now().await;
            }));
            line.is_long(number + 1).await;
        }
        // One that gives up does not hold up the others.
        tasks.remove(4).abort();
        drop(guard);
        all(tasks).await;
    });
    assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3, 5, 6, 7, 8, 9]);
}

fn permits_go_to_who_came_first(kind: Kind) {
    let (line, permits, log) = (Line::default(), Arc::new(Semaphore::new(0)), Log::default());
    let runtime = kind.runtime();
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for number in 0..10 {
            let (theirs, permits, log) = (line.clone(), permits.clone(), log.clone());
            tasks.push(mainspring::spawn(async move {
                let permit = theirs.stand(permits.acquire_many(1 + number % 3)).await;
                log.lock().unwrap().push(number as usize);
                permit.unwrap().forget();
            }));
            line.is_long(number as usize + 1).await;
        }
        // One by one: the first in line waits for all of its own, and nobody passes it.
        for number in 0..10 {
            // The first waits for all of its own, and nobody passes it.
            for _ in 0..1 + number % 3 {
                assert_eq!(log.lock().unwrap().len(), number);
                permits.add_permits(1);
                yield_now().await;
            }
            until(|| log.lock().unwrap().len() > number).await;
        }
        all(tasks).await;
    });
    assert_eq!(*log.lock().unwrap(), (0..10).collect::<Vec<_>>());
}

fn items_go_to_who_came_first(kind: Kind) {
    let (line, queue) = (Line::default(), Arc::new(Queue::new(0)));
    let runtime = kind.runtime();
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for number in 0..10 {
            let (theirs, queue) = (line.clone(), queue.clone());
            tasks.push(mainspring::spawn(async move {
                assert_eq!(theirs.stand(queue.get()).await, Ok(number));
            }));
            line.is_long(number + 1).await;
        }
        for (number, task) in tasks.into_iter().enumerate() {
            // An item is nobody's before it is taken: two that are woken at once may race.
            queue.put(number).await.unwrap();
            task.await.unwrap();
        }
    });
}

fn an_event_that_is_set_and_cleared_reaches_all_who_wait(kind: Kind) {
    let (line, event) = (Line::default(), Arc::new(Event::new()));
    let runtime = kind.runtime();
    runtime.block_on(async {
        for round in 1..=20 {
            let wait = |_| {
                let (theirs, event) = (line.clone(), event.clone());
                mainspring::spawn(async move { theirs.stand(event.wait()).await })
            };
            let tasks: Vec<_> = (0..10).map(wait).collect();
            line.is_long(round * 10).await;
            event.set();
            event.clear();
            for task in tasks {
                task.await.unwrap();
            }
        }
    });
}

tests::each_pool! {
    a_lock_goes_to_who_came_first,
    permits_go_to_who_came_first,
    items_go_to_who_came_first,
    an_event_that_is_set_and_cleared_reaches_all_who_wait,
}
