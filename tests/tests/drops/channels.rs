//! Channels and queues: no value is lost but the one that a dropped `send` was given.

use crate::harness::Class::{Nothing, Part, Place, Value};
use crate::harness::{Lent, Other, Row, Scene, row};
use mainspring::sync::{
    LifoQueue, PriorityQueue, Queue, broadcast, mpsc, mpsc::Receiver, oneshot, watch,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tests::{Counted, Drops};

pub const ROWS: &[Row] = &[
    row("sync::oneshot::Receiver", Nothing, "by reference; its own drop tells the sender", one),
    row("sync::oneshot::Sender::closed", Nothing, "", || {
        let (sender, receiver) = oneshot::channel::<u8>();
        closes(sender, async |sender| sender.closed().await, || drop(receiver), |s| s.is_closed())
            .keeps_waker()
    }),
    row("sync::mpsc::Receiver::recv", Nothing, "", || {
        mpsc_receives(async |r, got| got.say(r.recv().await.ok_or(())))
    }),
    row("sync::mpsc::Receiver::recv_many", Nothing, "", || {
        mpsc_receives(async |r, got| {
            let mut values = vec![];
            r.recv_many(&mut values, 2).await;
            values.into_iter().for_each(|value| got.say(Ok::<_, ()>(value)));
        })
    }),
    row("sync::mpsc::UnboundedReceiver::recv", Nothing, "", || {
        unbounded_receives(async |r, got| got.say(r.recv().await.ok_or(())))
    }),
    row("sync::mpsc::UnboundedReceiver::recv_many", Nothing, "", || {
        unbounded_receives(async |r, got| {
            let mut values = vec![];
            r.recv_many(&mut values, 2).await;
            values.into_iter().for_each(|value| got.say(Ok::<_, ()>(value)));
        })
    }),
    row("sync::mpsc::Sender::send", Value, "the value, and the place in the line", || {
        sends(|sender, value| async move { sender.send(value).await.is_ok() })
    }),
    row("sync::mpsc::Sender::reserve", Place, "room goes to the next", || {
        sends(|sender, value| async move {
            let room = sender.reserve().await;
            room.map(|room| room.send(value)).is_ok()
        })
    }),
    row("sync::mpsc::Sender::reserve_many", Place, "room goes to the next", || {
        sends(|sender, value| async move {
            let room = sender.reserve_many(1).await;
            room.map(|mut room| room.next().unwrap().send(value)).is_ok()
        })
    }),
    row("sync::mpsc::Sender::reserve_owned", Value, "the sender", || {
        sends(|sender, value| async move {
            sender.reserve_owned().await.map(|room| room.send(value)).is_ok()
        })
    }),
    row("sync::mpsc::Sender::closed", Nothing, "", || {
        let (sender, receiver) = mpsc::channel::<u8>(1);
        closes(sender, async |s| s.closed().await, || drop(receiver), |s| s.is_closed())
    }),
    row("sync::mpsc::UnboundedSender::closed", Nothing, "", || {
        let (sender, receiver) = mpsc::unbounded_channel::<u8>();
        closes(sender, async |s| s.closed().await, || drop(receiver), |s| s.is_closed())
    }),
    row("sync::watch::Sender::closed", Nothing, "", || {
        let (sender, receiver) = watch::channel(0);
        closes(sender, async |s| s.closed().await, || drop(receiver), |s| s.is_closed())
    }),
    row("sync::watch::Receiver::changed", Nothing, "no value is marked as seen", || {
        watches(async |r, got| got.say(r.changed().await.map(|()| 1)), true)
    }),
    row("sync::watch::Receiver::wait_for", Part, "values that were turned down are seen", || {
        watches(async |r, got| got.say(r.wait_for(|value| *value == 2).await.map(|_| 1)), false)
    }),
    row("sync::broadcast::Sender::closed", Nothing, "", || {
        let (sender, receiver) = broadcast::channel::<u8>(1);
        closes(sender, async |s| s.closed().await, || drop(receiver), |s| s.receiver_count() == 0)
    }),
    row("sync::broadcast::Receiver::recv", Nothing, "", || {
        let (sender, receiver) = broadcast::channel(4);
        let other = sender.clone();
        receives(
            receiver,
            move |value| _ = sender.send(value),
            move || _ = other.send(1),
            async |r, got| got.say(r.recv().await),
            |mut r| std::iter::from_fn(|| r.try_recv().ok()).collect(),
            2,
        )
    }),
    row("sync::Queue::put", Value, "the item, and the place in the line", || {
        puts::<Queue<u8>>(|q| Box::pin(async move { q.put(1).await.is_ok() }))
    }),
    row("sync::LifoQueue::put", Value, "the item, and the place in the line", || {
        puts::<LifoQueue<u8>>(|q| Box::pin(async move { q.put(1).await.is_ok() }))
    }),
    row("sync::PriorityQueue::put", Value, "the item, and the place in the line", || {
        puts::<PriorityQueue<u8>>(|q| Box::pin(async move { q.put(1).await.is_ok() }))
    }),
    row("sync::Queue::get", Place, "and no item", || {
        gets::<Queue<u8>>(|q| Box::pin(async move { q.get().await.unwrap() }))
    }),
    row("sync::LifoQueue::get", Place, "and no item", || {
        gets::<LifoQueue<u8>>(|q| Box::pin(async move { q.get().await.unwrap() }))
    }),
    row("sync::PriorityQueue::get", Place, "and no item", || {
        gets::<PriorityQueue<u8>>(|q| Box::pin(async move { q.get().await.unwrap() }))
    }),
    row("sync::Queue::get_task", Place, "and no item", || {
        gets::<Queue<u8>>(|q| Box::pin(async move { *q.get_task().await.unwrap() }))
    }),
    row("sync::LifoQueue::get_task", Place, "and no item", || {
        gets::<LifoQueue<u8>>(|q| Box::pin(async move { *q.get_task().await.unwrap() }))
    }),
    row("sync::PriorityQueue::get_task", Place, "and no item", || {
        gets::<PriorityQueue<u8>>(|q| Box::pin(async move { *q.get_task().await.unwrap() }))
    }),
    row("sync::Queue::join", Nothing, "", || {
        joins::<Queue<u8>>(|q| Box::pin(async move { q.join().await }))
    }),
    row("sync::LifoQueue::join", Nothing, "", || {
        joins::<LifoQueue<u8>>(|q| Box::pin(async move { q.join().await }))
    }),
    row("sync::PriorityQueue::join", Nothing, "", || {
        joins::<PriorityQueue<u8>>(|q| Box::pin(async move { q.join().await }))
    }),
];

/// What a future has got.
#[derive(Debug, Clone, Default)]
struct Got(Arc<Mutex<Vec<u8>>>);

impl Got {
    fn say<E: std::fmt::Debug>(&self, value: Result<u8, E>) {
        self.0.lock().unwrap().push(value.expect("a value"));
    }
}

/// Receives: what was sent was got, or is still there.
fn receives<R: Send + 'static>(
    receiver: R,
    early: impl FnOnce(u8) + Send + 'static,
    send: impl FnOnce() + Send + 'static,
    work: impl AsyncFnOnce(&mut R, Got) + 'static,
    rest: fn(R) -> Vec<u8>,
    sent: usize,
) -> Scene {
    let (lent, got) = (Lent::new(receiver), Got::default());
    let (theirs, left) = (got.clone(), lent.clone());
    Scene::new(lent.future(async move |receiver| work(receiver, theirs).await))
        .step(send)
        .step(move || early(1))
        .check(move |_| {
            let rest = rest(left.take());
            assert_eq!(got.0.lock().unwrap().len() + rest.len(), sent, "no value is lost");
        })
}

fn one() -> Scene {
    let (sender, receiver) = oneshot::channel();
    receives(
        receiver,
        |_| (),
        move || sender.send(1).unwrap(),
        async |receiver, got| got.say(receiver.await),
        |mut receiver| receiver.try_recv().into_iter().collect(),
        1,
    )
    .keeps_waker()
}

fn mpsc_receives(work: impl AsyncFnOnce(&mut Receiver<u8>, Got) + 'static) -> Scene {
    let (sender, receiver) = mpsc::channel(4);
    let other = sender.clone();
    receives(
        receiver,
        move |value| sender.try_send(value).unwrap(),
        move || other.try_send(1).unwrap(),
        work,
        |mut r| std::iter::from_fn(|| r.try_recv().ok()).collect(),
        2,
    )
    .keeps_waker()
}

fn unbounded_receives(
    work: impl AsyncFnOnce(&mut mpsc::UnboundedReceiver<u8>, Got) + 'static,
) -> Scene {
    let (sender, receiver) = mpsc::unbounded_channel();
    let other = sender.clone();
    receives(
        receiver,
        move |value| sender.send(value).unwrap(),
        move || other.send(1).unwrap(),
        work,
        |mut r| std::iter::from_fn(|| r.try_recv().ok()).collect(),
        2,
    )
    .keeps_waker()
}

/// A change is seen by the future, or is still to be seen.
fn watches(work: impl AsyncFnOnce(&mut watch::Receiver<u8>, Got) + 'static, unseen: bool) -> Scene {
    let (sender, receiver) = watch::channel(0);
    let sender = Arc::new(sender);
    let (lent, got, again) = (Lent::new(receiver), Got::default(), sender.clone());
    let (theirs, left, keep) = (got.clone(), lent.clone(), sender.clone());
    Scene::new(lent.future(async move |receiver| work(receiver, theirs).await))
        .step(move || again.send(1).unwrap())
        .step(move || sender.send(2).unwrap())
        .check(move |ready| {
            let mut receiver = left.take();
            assert_eq!(*receiver.borrow(), 2);
            let seen = !receiver.has_changed().unwrap();
            drop(keep);
            assert!(ready || !unseen || !seen, "nothing is marked as seen");
            drop(receiver.borrow_and_update());
            assert_eq!(got.0.lock().unwrap().len(), usize::from(ready));
        })
}

/// Waits until the other end is gone.
fn closes<S: Send + 'static>(
    sender: S,
    work: impl AsyncFnOnce(&mut S) + 'static,
    close: impl FnOnce() + Send + 'static,
    closed: fn(&S) -> bool,
) -> Scene {
    let lent = Lent::new(sender);
    let left = lent.clone();
    Scene::new(lent.future(work)).step(close).check(move |_| assert!(closed(&left.take())))
}

/// Into a full channel: one value comes from the other sender, and one from the future if it sent.
/// Each value is dropped once.
fn sends<F: Future<Output = bool> + Send + 'static>(
    work: fn(mpsc::Sender<Counted>, Counted) -> F,
) -> Scene {
    let (sender, receiver) = mpsc::channel(1);
    let drops = Drops::new();
    sender.try_send(drops.counted()).unwrap();
    let other = Other::new(work(sender.clone(), drops.counted()));
    let (behind, lent) = (other.clone(), Lent::new(receiver));
    let left = lent.clone();
    let receive = move || {
        let mut receiver = lent.take();
        receiver.try_recv().unwrap();
        lent.give(receiver);
    };
    let value = drops.counted();
    Scene::new(async move { assert!(work(sender, value).await) })
        .step(move || behind.waits())
        .step(receive)
        .check(move |ready| {
            let mut receiver = left.take();
            assert_eq!(drops.count(), if ready { 1 } else { 2 }, "what was not sent is dropped");
            if ready {
                assert!(receiver.try_recv().is_ok());
            }
            assert!(other.ready());
            assert!(receiver.try_recv().is_ok());
            assert!(receiver.try_recv().is_err() && receiver.is_empty());
            assert_eq!(receiver.capacity(), receiver.max_capacity(), "all room is back");
            assert_eq!(drops.count(), 3);
        })
}

/// What the three queues have in common.
trait AnyQueue: Send + Sync + 'static {
    fn new() -> Self;
    fn try_put(&self) -> bool;
    fn try_get(&self) -> bool;
    fn task_done(&self);
}

macro_rules! any_queue {
    ($($Queue:ident)*) => {$(
        impl AnyQueue for $Queue<u8> {
            fn new() -> Self {
                $Queue::new(1)
            }
            fn try_put(&self) -> bool {
                $Queue::try_put(self, 1).is_ok()
            }
            fn try_get(&self) -> bool {
                $Queue::try_get(self).is_ok()
            }
            fn task_done(&self) {
                $Queue::task_done(self).unwrap();
            }
        }
    )*};
}

any_queue!(Queue LifoQueue PriorityQueue);

/// What is done with a queue.
type Work<Q, T> = fn(Arc<Q>) -> Pin<Box<dyn Future<Output = T> + Send>>;

fn puts<Q: AnyQueue>(work: Work<Q, bool>) -> Scene {
    let queue = Arc::new(Q::new());
    assert!(queue.try_put());
    let other = Other::new(work(queue.clone()));
    let (behind, taken) = (other.clone(), queue.clone());
    Scene::new(work(queue.clone()))
        .step(move || behind.waits())
        .step(move || assert!(taken.try_get()))
        .check(move |ready| {
            assert!(!ready || queue.try_get());
            assert!(other.ready());
            assert!(queue.try_get() && !queue.try_get());
        })
}

fn gets<Q: AnyQueue>(work: Work<Q, u8>) -> Scene {
    let queue = Arc::new(Q::new());
    let other = Other::new(work(queue.clone()));
    let (behind, put) = (other.clone(), queue.clone());
    Scene::new(work(queue.clone()))
        .step(move || behind.waits())
        .step(move || assert!(put.try_put()))
        .check(move |ready| {
            assert!(!ready || queue.try_put());
            assert_eq!(other.ready(), 1);
            assert!(!queue.try_get(), "it was got once");
        })
}

fn joins<Q: AnyQueue>(work: Work<Q, ()>) -> Scene {
    let queue = Arc::new(Q::new());
    assert!(queue.try_put() && queue.try_get());
    let other = Other::new(work(queue.clone()));
    let behind = other.clone();
    Scene::new(work(queue.clone()))
        .step(move || behind.waits())
        .step(move || queue.task_done())
        .check(move |_| other.ready())
}
