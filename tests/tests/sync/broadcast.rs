//! broadcast: tokio's channel of which every receiver sees every value. What its values and wakers
//! may do, and what is refused: `broadcast_ends.rs`.

use mainspring::sync::broadcast::error::{RecvError, TryRecvError};
use mainspring::sync::broadcast::{self, Receiver, channel};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use tests::{Drops, Executor, Tasks, at_every_point, poll_once, refuses};

tests::has! { Send, Sync, Unpin => broadcast::Sender<Cell<u8>>, broadcast::Receiver<Cell<u8>> }
tests::has! { Send, Sync, Unpin => broadcast::WeakSender<Cell<u8>> }
tests::has! { Clone => broadcast::Sender<u8>, broadcast::WeakSender<u8> }
tests::lacks! { Clone => broadcast::Receiver<u8> }
tests::lacks! { Send => broadcast::Sender<Rc<u8>>, broadcast::WeakSender<Rc<u8>> }
tests::lacks! { Send => broadcast::Receiver<Rc<u8>> }
tests::lacks! { Sync => broadcast::Sender<Rc<u8>>, broadcast::Receiver<Rc<u8>> }
tests::has! { std::error::Error, PartialEq => broadcast::error::SendError<u8>, RecvError }
tests::has! { std::error::Error, PartialEq, Clone => TryRecvError }

#[test]
fn what_waits_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    let (tx, mut rx) = channel::<u8>(1);
    both(&tx.closed());
    both(&rx.recv());
}

/// All that comes until the end, and how much was lost.
async fn all<T: Clone>(mut rx: Receiver<T>) -> (Vec<T>, u64) {
    let (mut values, mut lost) = (vec![], 0);
    loop {
        match rx.recv().await {
            Ok(value) => values.push(value),
            Err(RecvError::Lagged(count)) => lost += count,
            Err(RecvError::Closed) => return (values, lost),
        }
    }
}

async fn every_receiver_sees_every_value_in_one_order(on: Tasks) {
    const EACH: usize = 100;
    let (tx, rx) = channel(512);
    let receivers: Vec<_> = (0..4).map(|_| on.spawn(all(tx.subscribe()))).collect();
    drop(rx);
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (on, tx) = (on.clone(), tx.clone());
            on.clone().spawn(async move {
                for number in 0..EACH {
                    assert_eq!(tx.send((sender, number)), Ok(4));
                    if number % 9 == 0 {
                        on.yield_now().await;
                    }
                }
            })
        })
        .collect();
    drop(tx);
    for sender in senders {
        sender.await;
    }
    let mut seen = vec![];
    for receiver in receivers {
        seen.push(receiver.await);
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "they see them in one order");
    let mut next = [0; 4];
    for (sender, number) in &seen[0].0 {
        assert_eq!(*number, next[*sender]);
        next[*sender] += 1;
    }
    assert_eq!((next, seen[0].1), ([EACH; 4], 0));
}

async fn who_is_too_slow_is_told_how_many_it_has_lost_once(_: Tasks) {
    // Room for three is room for four.
    let (tx, mut rx) = channel(3);
    for value in 0..4 {
        assert_eq!(tx.send(value), Ok(1));
    }
    let mut late = tx.subscribe();
    assert_eq!((rx.recv().await, rx.len(), late.len()), (Ok(0), 3, 0));
    for value in 4..11 {
        tx.send(value).unwrap();
    }
    assert_eq!((rx.len(), late.len(), tx.len()), (10, 7, 4));
    assert_eq!(rx.recv().await, Err(RecvError::Lagged(6)));
    assert_eq!(late.try_recv(), Err(TryRecvError::Lagged(3)));
    tx.send(11).unwrap();
    // The oldest of then has gone meanwhile: that is one more.
    assert_eq!(rx.recv().await, Err(RecvError::Lagged(1)));
    drop(tx);
    for value in 8..12 {
        assert_eq!(rx.recv().await, Ok(value));
    }
    assert_eq!(rx.recv().await, Err(RecvError::Closed));
    assert_eq!(all(late).await, (vec![8, 9, 10, 11], 1));
}

async fn what_was_received_and_what_was_lost_is_all_that_was_sent(on: Tasks) {
    for capacity in [1, 2, 8] {
        let (tx, rx) = channel(capacity);
        let receivers: Vec<_> = (0..3).map(|_| on.spawn(all(tx.subscribe()))).collect();
        drop(rx);
        for value in 0..300 {
            tx.send(value).unwrap();
            if value % 5 == 0 {
                on.yield_now().await;
            }
        }
        drop(tx);
        for receiver in receivers {
            let (values, lost) = receiver.await;
            assert_eq!(values.len() as u64 + lost, 300);
            assert!(values.is_sorted_by(|one, two| one < two), "{values:?}");
            assert_eq!(values.last(), Some(&299));
        }
    }
}

async fn all_who_wait_are_told_of_a_value_and_of_the_end(on: Tasks) {
    let (tx, rx) = channel(4);
    drop(rx);
    let mut tasks = vec![];
    for _ in 0..70 {
        tasks.push(on.in_line(all(tx.subscribe())).await);
    }
    assert_eq!(tx.send(1), Ok(70));
    on.yield_now().await;
    assert!(tasks.iter().all(|task| !task.is_finished()));
    drop(tx);
    for task in tasks {
        assert_eq!(task.await, (vec![1], 0));
    }
}

/// The receiver stays, its `recv` is dropped: nothing is received, nothing is counted as lost.
async fn a_dropped_receive_has_received_nothing(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (tx, mut rx) = channel(4);
            let other = on.in_line(all(tx.subscribe())).await;
            let recv = async move { (point.of(rx.recv()).await, rx) };
            let victim = on.started(recv).await;
            for value in 1..=3 {
                assert_eq!(tx.send(value), Ok(2));
                on.yield_now().await;
            }
            let (got, rx) = victim.await;
            drop(tx);
            let mut values = Vec::from_iter(got.map(|value| value.unwrap()));
            let (rest, lost) = all(rx).await;
            values.extend(rest);
            assert_eq!((values, lost), (vec![1, 2, 3], 0));
            assert_eq!(other.await, (vec![1, 2, 3], 0));
        }
    })
    .await;
}

/// The receiver goes with its `recv`: what only it had yet to see is dropped, and no more.
async fn a_dropped_receiver_gives_up_its_share(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let ((tx, mut rx), drops) = (channel(4), Drops::new());
            let mut gone = tx.subscribe();
            let two = async move { (gone.recv().await.is_ok(), gone.recv().await.is_ok()) };
            let victim = on.started(point.of(two)).await;
            for _ in 0..3 {
                tx.send(Arc::new(drops.counted())).unwrap();
                on.yield_now().await;
            }
            assert!(victim.await.is_none_or(|both| both == (true, true)));
            assert_eq!((tx.receiver_count(), tx.len(), drops.count()), (1, 3, 0));
            for count in 1..=3 {
                drop(rx.recv().await.unwrap());
                assert_eq!((tx.len(), drops.count()), (3 - count, count));
            }
            // Nobody is left: nothing is kept.
            tx.send(Arc::new(drops.counted())).unwrap();
            drop(rx);
            assert_eq!((tx.is_empty(), drops.count()), (true, 4));
        }
    })
    .await;
}

async fn the_end_comes_after_the_values_and_for_good(_: Tasks) {
    let (tx, mut rx) = channel(4);
    let (weak, other) = (tx.downgrade(), tx.clone());
    assert_eq!((weak.strong_count(), weak.clone().weak_count()), (2, 2));
    assert_eq!((tx.strong_count(), tx.weak_count()), (2, 1));
    drop(tx);
    weak.upgrade().unwrap().send(1).unwrap();
    assert!(!rx.is_closed());
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (1, 1));
    let mut fresh = rx.resubscribe();
    other.send(2).unwrap();
    drop(other);
    assert!(rx.is_closed() && weak.upgrade().is_none() && weak.strong_count() == 0);
    let mut after = rx.resubscribe();
    assert!(rx.same_channel(&after) && !rx.same_channel(&channel(1).1));
    assert_eq!((fresh.recv().await, fresh.recv().await), (Ok(2), Err(RecvError::Closed)));
    assert_eq!(after.recv().await, Err(RecvError::Closed));
    assert_eq!((rx.recv().await, rx.recv().await), (Ok(1), Ok(2)));
    for _ in 0..2 {
        assert_eq!(rx.recv().await, Err(RecvError::Closed));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    }
}

async fn a_weak_sender_keeps_nobody_waiting(on: Tasks) {
    let (tx, mut rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    let task = on.in_line(async move { rx.recv().await }).await;
    drop(tx);
    assert_eq!((task.await, weak.upgrade().is_none()), (Err(RecvError::Closed), true));
}

async fn without_receivers_a_value_comes_back(on: Tasks) {
    let (tx, rx) = channel(2);
    tx.send(1).unwrap();
    drop(rx);
    tx.closed().await;
    let error = tx.send(2).unwrap_err();
    assert_eq!((error.0, error.to_string().as_str(), tx.len()), (2, "channel closed", 0));
    let mut rx = tx.subscribe();
    assert!(rx.is_empty() && poll_once(pin!(tx.closed())).await.is_pending());
    let task = on.in_line(async move { rx.recv().await }).await;
    assert_eq!((tx.send(3), task.await), (Ok(1), Ok(3)));
}

async fn closed_waits_for_the_last_receiver_and_may_be_given_up(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (tx, rx) = channel::<u8>(1);
            let closed = || {
                let tx = tx.clone();
                async move { tx.closed().await }
            };
            let victim = on.started(point.of(closed())).await;
            let other = on.in_line(closed()).await;
            let last = rx.resubscribe();
            drop(rx);
            on.yield_now().await;
            assert!(!other.is_finished());
            drop(last);
            other.await;
            victim.await;
        }
    })
    .await;
}

async fn threads_and_tasks_use_one_channel(on: Tasks) {
    let (tx, mut rx) = channel(512);
    let task = on.spawn(all(tx.subscribe()));
    let reader = thread::spawn(move || std::iter::from_fn(|| rx.blocking_recv().ok()).count());
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let tx = tx.clone();
            thread::spawn(move || (0..100).for_each(|value| assert!(tx.send(value).is_ok())))
        })
        .collect();
    drop(tx);
    let (values, lost) = task.await;
    assert_eq!((values.len(), values.iter().sum::<i32>(), lost), (200, 99 * 100, 0));
    assert_eq!(reader.join().unwrap(), 200);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

async fn blocking_is_refused_in_our_async_code_and_allowed_in_others(on: Tasks) {
    let (tx, mut rx) = channel(1);
    tx.send(1).unwrap();
    if on.executor() == Executor::Mainspring {
        refuses(&["blocking_*", ".await", "spawn_blocking"], || rx.blocking_recv());
        return assert_eq!(rx.try_recv(), Ok(1));
    }
    drop(tx);
    assert_eq!((rx.blocking_recv(), rx.blocking_recv()), (Ok(1), Err(RecvError::Closed)));
}

tests::each_executor! {
    every_receiver_sees_every_value_in_one_order,
    who_is_too_slow_is_told_how_many_it_has_lost_once,
    what_was_received_and_what_was_lost_is_all_that_was_sent,
    all_who_wait_are_told_of_a_value_and_of_the_end,
    a_dropped_receive_has_received_nothing,
    a_dropped_receiver_gives_up_its_share,
    the_end_comes_after_the_values_and_for_good,
    a_weak_sender_keeps_nobody_waiting,
    without_receivers_a_value_comes_back,
    closed_waits_for_the_last_receiver_and_may_be_given_up,
    threads_and_tasks_use_one_channel,
    blocking_is_refused_in_our_async_code_and_allowed_in_others,
}
