//! mpsc: tokio's channels; what is sent, in which order, and who waits. The end: `mpsc_ends.rs`.

use crate::help::{Log, Polled};
use mainspring::sync::mpsc::error::{TryRecvError, TrySendError};
use mainspring::sync::mpsc::{self, channel, unbounded_channel};
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use tests::{Drops, Executor, Tasks, at_every_point, poll_once, refuses};

tests::has! { Send, Sync, Unpin => mpsc::Sender<Cell<u8>>, mpsc::Receiver<Cell<u8>> }
tests::has! { Send, Sync, Unpin => mpsc::WeakSender<Cell<u8>>, mpsc::OwnedPermit<Cell<u8>> }
tests::has! { Send, Sync, Unpin => mpsc::Permit<'static, Cell<u8>> }
tests::has! { Send, Sync, Unpin => mpsc::PermitIterator<'static, Cell<u8>> }
tests::has! { Send, Sync, Unpin => mpsc::UnboundedSender<Cell<u8>> }
tests::has! { Send, Sync, Unpin => mpsc::UnboundedReceiver<Cell<u8>> }
tests::has! { Send, Sync, Unpin => mpsc::WeakUnboundedSender<Cell<u8>> }
tests::has! { Clone => mpsc::Sender<Rc<u8>>, mpsc::WeakSender<Rc<u8>> }
tests::has! { Clone => mpsc::UnboundedSender<Rc<u8>>, mpsc::WeakUnboundedSender<Rc<u8>> }
tests::lacks! { Clone => mpsc::Receiver<u8>, mpsc::UnboundedReceiver<u8> }
tests::lacks! { Clone => mpsc::Permit<'static, u8>, mpsc::OwnedPermit<u8> }
tests::lacks! { Send => mpsc::Sender<Rc<u8>>, mpsc::Receiver<Rc<u8>>, mpsc::WeakSender<Rc<u8>> }
tests::lacks! { Send => mpsc::Permit<'static, Rc<u8>>, mpsc::OwnedPermit<Rc<u8>> }
tests::lacks! { Send => mpsc::UnboundedSender<Rc<u8>>, mpsc::UnboundedReceiver<Rc<u8>> }
tests::lacks! { Sync => mpsc::Sender<Rc<u8>>, mpsc::Receiver<Rc<u8>> }
tests::has! { std::panic::UnwindSafe => mpsc::Sender<u8>, mpsc::Receiver<u8> }

#[test]
fn what_waits_can_be_sent_and_shared() {
    fn send<T: Send>(_: &T) {}
    fn both<T: Send + Sync>(_: &T) {}
    let (tx, mut rx) = channel(1);
    both(&tx.send(1));
    both(&tx.reserve());
    both(&tx.reserve_many(1));
    both(&tx.clone().reserve_owned());
    both(&tx.closed());
    both(&rx.recv());
    send(&rx.recv_many(&mut vec![], 1));
    let (tx, mut rx) = unbounded_channel::<u8>();
    both(&tx.closed());
    both(&rx.recv());
}

async fn values_come_in_the_order_of_their_sending(on: Tasks) {
    let (tx, mut rx) = channel(3);
    let (unbounded, mut rest) = unbounded_channel();
    let sender = on.spawn(async move {
        for value in 0..200 {
            tx.send(value).await.unwrap();
            unbounded.send(value).unwrap();
        }
    });
    for value in 0..200 {
        assert_eq!(rx.recv().await, Some(value));
    }
    assert_eq!(rx.recv().await, None);
    for value in 0..200 {
        assert_eq!(rest.recv().await, Some(value));
    }
    assert_eq!(rest.recv().await, None);
    sender.await;
}

async fn senders_that_wait_are_served_in_order_and_not_overtaken(on: Tasks) {
    let (tx, mut rx) = channel(1);
    tx.send(0).await.unwrap();
    let mut tasks = vec![];
    for value in 1..10 {
        let tx = tx.clone();
        tasks.push(on.in_line(async move { tx.send(value).await }).await);
    }
    assert_eq!((tx.capacity(), tx.try_send(99)), (0, Err(TrySendError::Full(99))));
    assert_eq!(rx.recv().await, Some(0));
    // Room was handed to the first in line, if it has not been used already.
    assert!(tx.try_reserve().is_err());
    for value in 1..10 {
        assert_eq!(rx.recv().await, Some(value));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!((tx.capacity(), rx.try_recv()), (1, Err(TryRecvError::Empty)));
}

/// A send is dropped at any point: its value is sent or dropped, never both, and its room is free.
async fn a_dropped_send_loses_no_room_and_doubles_no_value(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let ((tx, mut rx), drops) = (channel(1), Drops::new());
            tx.send(None).await.unwrap();
            let (theirs, value) = (tx.clone(), Some(drops.counted()));
            let send = async move { theirs.send(value).await.unwrap() };
            let victim = on.started(point.of(send)).await;
            let theirs = tx.clone();
            let other = on.in_line(async move { theirs.send(None).await.unwrap() }).await;
            assert!(rx.recv().await.unwrap().is_none());
            let mut sent = 0;
            while !(victim.is_finished() && other.is_finished() && rx.is_empty()) {
                sent += usize::from(rx.try_recv().is_ok_and(|value| value.is_some()));
                on.yield_now().await;
            }
            assert_eq!((victim.await.is_some(), other.await), (sent == 1, ()));
            assert!(sent <= 1);
            assert_eq!((drops.count(), tx.capacity()), (1, 1));
        }
    })
    .await;
}

async fn a_dropped_reservation_passes_its_room_on(on: Tasks) {
    for n in 1..=2 {
        at_every_point(|point| {
            let on = on.clone();
            async move {
                let (tx, mut rx) = channel(2);
                let permits = tx.reserve_many(2).await.unwrap();
                let theirs = tx.clone();
                let reserve = async move { theirs.reserve_many(n).await.unwrap().len() };
                let victim = on.started(point.of(reserve)).await;
                let owned = on.in_line(tx.clone().reserve_owned()).await;
                for (value, permit) in permits.enumerate() {
                    permit.send(value);
                }
                assert_eq!((rx.recv().await, rx.recv().await), (Some(0), Some(1)));
                assert!(victim.await.is_none_or(|got| got == n));
                let permit = owned.await.unwrap();
                assert!(permit.same_channel_as_sender(&tx));
                drop(permit.send(2));
                assert_eq!((rx.recv().await, tx.capacity()), (Some(2), 2));
            }
        })
        .await;
    }
}

async fn a_dropped_receive_has_received_nothing(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let ((tx, mut rx), (unbounded, mut rest)) = (channel(1), unbounded_channel());
            let one = async move { (point.of(rx.recv()).await.flatten(), rx) };
            let many = async move {
                let mut values = vec![];
                let _ = point.of(rest.recv_many(&mut values, 5)).await;
                (values, rest)
            };
            let (one, many) = (on.started(one).await, on.started(many).await);
            tx.send(1).await.unwrap();
            unbounded.send(2).unwrap();
            drop((tx, unbounded));
            let (value, mut rx) = one.await;
            assert_eq!(if value.is_some() { value } else { rx.recv().await }, Some(1));
            let (mut values, mut rest) = many.await;
            rest.recv_many(&mut values, 5).await;
            assert_eq!((values, rest.recv().await), (vec![2], None));
        }
    })
    .await;
}

async fn recv_many_takes_what_is_there_up_to_its_limit(on: Tasks) {
    let (tx, mut rx) = channel(10);
    let mut values = vec![100];
    assert_eq!(rx.recv_many(&mut values, 0).await, 0);
    for value in 0..7 {
        tx.send(value).await.unwrap();
    }
    assert_eq!((rx.recv_many(&mut values, 3).await, rx.len(), tx.capacity()), (3, 4, 6));
    assert_eq!(rx.recv_many(&mut values, 99).await, 4);
    assert_eq!(values, [100, 0, 1, 2, 3, 4, 5, 6]);
    let task = on.in_line(async move { (rx.recv_many(&mut values, 5).await, values, rx) });
    let task = task.await;
    tx.send(7).await.unwrap();
    let (count, mut values, mut rx) = task.await;
    assert_eq!((count, values.last()), (1, Some(&7)));
    drop(tx);
    assert_eq!(rx.recv_many(&mut values, 5).await, 0);
    // A large limit reserves nothing.
    let (tx, mut rx) = unbounded_channel();
    tx.send(1).unwrap();
    assert_eq!(rx.recv_many(&mut values, usize::MAX).await, 1);
}

async fn room_is_reserved_before_there_is_a_value(on: Tasks) {
    let (tx, mut rx) = channel(3);
    let (one, two) = (tx.reserve().await.unwrap(), tx.try_reserve_owned_of_clone());
    assert_eq!((tx.capacity(), rx.max_capacity(), rx.len()), (1, 3, 0));
    assert!(matches!(tx.try_reserve_many(2), Err(TrySendError::Full(()))));
    assert!(matches!(tx.try_reserve_many(4), Err(TrySendError::Full(()))));
    assert!(tx.reserve_many(4).await.is_err());
    assert_eq!(tx.reserve_many(0).await.unwrap().len(), 0);
    let task = on.spawn(async move { two.send(2) });
    assert!(task.await.same_channel(&tx));
    one.send(1);
    assert_eq!((rx.recv().await, rx.recv().await), (Some(2), Some(1)));
    let mut permits = tx.reserve_many(3).await.unwrap();
    permits.next().unwrap().send(3);
    assert_eq!((permits.len(), permits.size_hint()), (2, (2, Some(2))));
    drop(permits.next());
    drop(permits);
    assert_eq!((tx.capacity(), rx.recv().await, tx.capacity()), (2, Some(3), 3));
    let tx = tx.try_reserve_owned_of_clone().release();
    assert_eq!(tx.capacity(), 3);
}

/// A clone's, so that the test keeps its sender.
trait OfClone<T> {
    fn try_reserve_owned_of_clone(&self) -> mpsc::OwnedPermit<T>;
}

impl<T> OfClone<T> for mpsc::Sender<T> {
    fn try_reserve_owned_of_clone(&self) -> mpsc::OwnedPermit<T> {
        self.clone().try_reserve_owned().unwrap()
    }
}

async fn many_senders_lose_nothing(on: Tasks) {
    const EACH: usize = 100;
    let (tx, mut rx) = channel(4);
    let tasks: Vec<_> = (0..4)
        .map(|sender| {
            let (on, tx) = (on.clone(), tx.clone());
            on.clone().spawn(async move {
                for value in 0..EACH {
                    match value % 4 {
                        0 => tx.reserve().await.unwrap().send((sender, value)),
                        1 => drop(tx.clone().reserve_owned().await.unwrap().send((sender, value))),
                        2 => {
                            while tx.try_send((sender, value)).is_err() {
                                on.yield_now().await;
                            }
                        }
                        _ => tx.send((sender, value)).await.unwrap(),
                    }
                }
            })
        })
        .collect();
    drop(tx);
    let mut next = [0; 4];
    let mut values = vec![];
    while rx.recv_many(&mut values, 3).await > 0 {
        for (sender, value) in values.drain(..) {
            assert_eq!(value, next[sender]);
            next[sender] += 1;
        }
    }
    assert_eq!(next, [EACH; 4]);
    for task in tasks {
        task.await;
    }
}

async fn threads_and_tasks_use_one_channel(on: Tasks) {
    let (tx, mut rx) = channel(1);
    let log = Log::new();
    let theirs = log.clone();
    let reader = thread::spawn(move || {
        let mut values = vec![];
        while rx.blocking_recv_many(&mut values, 2) > 0 {
            values.drain(..).for_each(|value| theirs.say(value));
            rx.blocking_recv().into_iter().for_each(|value| theirs.say(value));
        }
    });
    let theirs = tx.clone();
    let writer = thread::spawn(move || (0..50).for_each(|i| theirs.blocking_send(i).unwrap()));
    for value in 0..50 {
        tx.send(value).await.unwrap();
    }
    drop(tx);
    on.until(|| log.said().len() == 100).await;
    reader.join().unwrap();
    writer.join().unwrap();
    assert_eq!(log.said().iter().sum::<i32>(), 49 * 50);
}

async fn blocking_is_refused_in_our_async_code_and_allowed_in_others(on: Tasks) {
    let ((tx, mut rx), (unbounded, mut rest)) = (channel(1), unbounded_channel());
    let mut values = vec![];
    if on.executor() != Executor::Mainspring {
        tx.blocking_send(1).unwrap();
        unbounded.send(1).unwrap();
        assert_eq!((rx.blocking_recv(), rest.blocking_recv()), (Some(1), Some(1)));
        drop((tx, unbounded));
        assert_eq!(rx.blocking_recv_many(&mut values, 1), 0);
        return assert_eq!(rest.blocking_recv_many(&mut values, 1), 0);
    }
    let words = ["blocking_*", ".await", "spawn_blocking"];
    refuses(&words, || tx.blocking_send(1));
    refuses(&words, || rx.blocking_recv());
    refuses(&words, || rx.blocking_recv_many(&mut values, 1));
    unbounded.send(1).unwrap();
    refuses(&words, || rest.blocking_recv());
    refuses(&words, || rest.blocking_recv_many(&mut values, 1));
    assert_eq!((rx.try_recv(), rest.try_recv()), (Err(TryRecvError::Empty), Ok(1)));
}

async fn the_task_that_polled_last_is_woken(on: Tasks) {
    let (tx, mut rx) = channel(1);
    assert!(poll_once(pin!(rx.recv())).await.is_pending());
    let mut polled = Polled::waiting(rx.recv());
    tx.send(1).await.unwrap();
    assert_eq!((polled.wakes(), polled.ready()), (1, Some(1)));
    drop(polled);
    assert!(poll_fn(|cx| Poll::Ready(rx.poll_recv(cx))).await.is_pending());
    let mut values = vec![];
    let many = async move {
        let count = poll_fn(|cx| rx.poll_recv_many(cx, &mut values, 3)).await;
        (count, values)
    };
    let task = on.in_line(many).await;
    tx.send(2).await.unwrap();
    assert_eq!(task.await, (1, vec![2]));
}

tests::each_executor! {
    values_come_in_the_order_of_their_sending,
    senders_that_wait_are_served_in_order_and_not_overtaken,
    a_dropped_send_loses_no_room_and_doubles_no_value,
    a_dropped_reservation_passes_its_room_on,
    a_dropped_receive_has_received_nothing,
    recv_many_takes_what_is_there_up_to_its_limit,
    room_is_reserved_before_there_is_a_value,
    many_senders_lose_nothing,
    threads_and_tasks_use_one_channel,
    blocking_is_refused_in_our_async_code_and_allowed_in_others,
    the_task_that_polled_last_is_woken,
}
