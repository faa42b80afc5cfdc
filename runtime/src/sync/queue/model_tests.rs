//! Loom models of the queue.

use crate::base::prim::{Arc, thread};
use crate::sync::{PriorityQueue, Queue, QueueShutDown, TryGetError};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;
use std::task::Poll;

fn model(f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(f);
}

#[test]
fn loom_queue_put_meets_get() {
    model(|| {
        let queue = Arc::new(Queue::new(1));
        let other = queue.clone();
        let thread = thread::spawn(move || {
            block_on(other.put(1)).expect("open");
            block_on(other.put(2)).expect("open");
        });
        assert_eq!(block_on(queue.get()), Ok(1));
        assert_eq!(block_on(queue.get()), Ok(2));
        thread.join().expect("it ends");
    });
}

/// A getter that was promised an item is cancelled: the item is the other's.
#[test]
fn loom_queue_cancelled_getter_loses_nothing() {
    model(|| {
        let queue = Arc::new(Queue::new(0));
        let other = queue.clone();
        let gone = Polled::waiting(queue.get());
        let thread = thread::spawn(move || other.try_put(1).expect("open"));
        drop(gone);
        assert_eq!(block_on(queue.get()), Ok(1));
        thread.join().expect("it ends");
    });
}

/// The end of all work is not missed by a join that is just beginning to wait; and a join that
/// begins after more was put is not ended by it.
#[test]
fn loom_queue_join_meets_the_last_task_done() {
    model(|| {
        let queue = Arc::new(Queue::new(0));
        queue.try_put(1).expect("open");
        let other = queue.clone();
        let thread = thread::spawn(move || other.task_done().expect("one to do"));
        block_on(queue.join());
        queue.try_put(2).expect("open");
        let mut join = Polled::waiting(queue.join());
        thread.join().expect("it ends");
        assert!(join.poll().is_pending());
    });
}

/// Done for a moment, between two puts: whoever joined before goes on.
#[test]
fn loom_queue_join_meets_the_next_put() {
    model(|| {
        let queue = Arc::new(Queue::new(0));
        queue.try_put(1).expect("open");
        let other = queue.clone();
        let mut join = Polled::waiting(queue.join());
        let thread = thread::spawn(move || {
            other.task_done().expect("one to do");
            other.try_put(2).expect("open");
        });
        let ready = join.poll().is_ready();
        thread.join().expect("it ends");
        assert!(ready || join.poll().is_ready());
    });
}

/// A shutdown while the last item is got: the other getter is told.
#[test]
fn loom_queue_shutdown_meets_get() {
    model(|| {
        let queue = Arc::new(Queue::new(0));
        queue.try_put(1).expect("open");
        let other = queue.clone();
        let thread = thread::spawn(move || other.shutdown(false));
        assert_eq!(block_on(queue.get()), Ok(1));
        assert!(block_on(queue.get()).is_err());
        thread.join().expect("it ends");
        assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
    });
}

/// The smallest is found under the lock that it is taken out under: a put beside it does not change
/// what was found.
#[test]
fn loom_priority_queue_put_meets_get() {
    model(|| {
        let queue = Arc::new(PriorityQueue::new(0));
        for item in [1, 5, 2] {
            queue.try_put(item).expect("open");
        }
        let other = queue.clone();
        let thread = thread::spawn(move || other.try_put(0).expect("open"));
        let mut got = vec![queue.try_get().expect("an item")];
        thread.join().expect("it ends");
        assert!(got[0] < 2);
        got.extend(std::iter::from_fn(|| queue.try_get().ok()));
        assert_eq!(got.len(), 4);
        assert!(got[1..].is_sorted());
    });
}

/// All is thrown away beside a get: the item is the getter's or gone, and the numbers agree.
#[test]
fn loom_priority_queue_get_meets_an_immediate_shutdown() {
    model(|| {
        let queue = Arc::new(PriorityQueue::new(0));
        queue.try_put(1).expect("open");
        let other = queue.clone();
        let thread = thread::spawn(move || other.shutdown(true));
        let got = queue.try_get();
        thread.join().expect("it ends");
        assert_eq!(queue.task_done().is_ok(), got.is_ok());
        assert_eq!((queue.len(), queue.try_get()), (0, Err(TryGetError::ShutDown)));
        block_on(queue.join());
    });
}

/// A shutdown between the hand-over of the last item and its taking: whoever stands behind is told
/// by the one who takes it.
#[test]
fn loom_queue_the_last_item_is_taken_beside_a_shutdown() {
    model(|| {
        let queue = Arc::new(Queue::new(0));
        let other = queue.clone();
        let mut first = Polled::waiting(queue.get());
        let mut second = Polled::waiting(queue.get());
        let thread = thread::spawn(move || {
            other.try_put(1).expect("open");
            other.shutdown(false);
        });
        let early = first.poll();
        thread.join().expect("it ends");
        assert!(early.is_ready() || first.poll().is_ready());
        assert!(matches!(second.poll(), Poll::Ready(Err(_))));
    });
}

/// A putter was given a place, and the queue is shut down before it uses it: it is in in time, and
/// can be got, or comes back. Nothing comes after "there will be none".
#[test]
fn loom_queue_a_place_that_was_given_meets_shutdown() {
    model(|| {
        let queue = Arc::new(Queue::new(1));
        queue.try_put(1).expect("open");
        let other = queue.clone();
        let mut put = Polled::waiting(queue.put(2));
        let thread = thread::spawn(move || {
            assert_eq!(other.try_get(), Ok(1));
            other.shutdown(false);
        });
        let early = put.poll();
        thread.join().expect("it ends");
        match early {
            Poll::Ready(put) => assert_eq!(put.is_ok(), queue.try_get().is_ok()),
            Poll::Pending => {
                assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
                assert_eq!(put.poll(), Poll::Ready(Err(QueueShutDown(2))));
            }
        }
        assert!(block_on(queue.get()).is_err());
    });
}
