//! oneshot: tokio's channel for one value.

use crate::help::{Deed, Polled, blows_up, bomb, meddle};
use mainspring::sync::oneshot::error::{RecvError, TryRecvError};
use mainspring::sync::oneshot::{Receiver, Sender, channel};
use std::cell::Cell;
use std::future::poll_fn;
use std::marker::PhantomPinned;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::thread;
use tests::{Bell, Drops, Executor, Tasks, at_every_point, poll_once, poll_with, refuses, within};

tests::has! { Send, Sync, Unpin => Sender<Cell<u8>>, Receiver<Cell<u8>> }
tests::has! { Unpin => Sender<PhantomPinned>, Receiver<PhantomPinned> }
tests::lacks! { Send => Sender<Rc<u8>>, Receiver<Rc<u8>> }
tests::lacks! { Sync => Sender<Rc<u8>>, Receiver<Rc<u8>> }
tests::has! { Send, Sync, std::error::Error, Clone, PartialEq => RecvError, TryRecvError }

async fn a_value_arrives_before_or_after_it_is_waited_for(on: Tasks) {
    let (tx, rx) = channel();
    tx.send(1).unwrap();
    assert_eq!(rx.await, Ok(1));
    let (tx, rx) = channel();
    let task = on.in_line(rx).await;
    tx.send(2).unwrap();
    assert_eq!(task.await, Ok(2));
    let (tx, rx) = channel();
    let task = on.in_line(rx).await;
    let sender = on.spawn(async move { tx.send(3) });
    assert_eq!((task.await, sender.await), (Ok(3), Ok(())));
}

async fn a_sender_that_goes_is_an_error(on: Tasks) {
    let (tx, mut rx) = channel::<u8>();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let task = on.in_line(async move { ((&mut rx).await, rx.is_terminated()) }).await;
    drop(tx);
    let (outcome, terminated) = task.await;
    assert_eq!(outcome.unwrap_err().to_string(), "channel closed");
    assert!(terminated);
    let (tx, rx) = channel::<u8>();
    drop(tx);
    assert!(rx.await.is_err());
}

async fn a_receiver_that_goes_gives_the_value_back_and_is_noticed(on: Tasks) {
    let (tx, rx) = channel();
    drop(rx);
    assert!(tx.is_closed());
    assert_eq!(tx.send("back"), Err("back"));
    let (mut tx, rx) = channel();
    let task = on.in_line(async move {
        tx.closed().await;
        tx.closed().await;
        (tx.is_closed(), tx.send("back"))
    });
    let task = task.await;
    drop(rx);
    assert_eq!(task.await, (true, Err("back")));
}

async fn a_receiver_that_has_closed_gets_what_was_accepted(on: Tasks) {
    let (tx, mut rx) = channel();
    tx.send(1).unwrap();
    rx.close();
    rx.close();
    assert!(!rx.is_empty() && !rx.is_terminated());
    assert_eq!((&mut rx).await, Ok(1));
    rx.close();
    assert_eq!((rx.try_recv(), rx.is_empty()), (Err(TryRecvError::Closed), true));
    let (mut tx, mut rx) = channel();
    let sender = on.in_line(async move {
        tx.closed().await;
        tx.send(2)
    });
    let sender = sender.await;
    rx.close();
    assert_eq!(sender.await, Err(2));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    let (_tx, mut rx) = channel::<u8>();
    rx.close();
    assert!(rx.await.is_err());
}

/// `&mut receiver` is dropped at any point: the value is still to come, or still there.
async fn a_receive_that_is_given_up_loses_nothing(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (tx, mut rx) = channel();
            let drops = Drops::new();
            let task = on.started(async move { (point.of(&mut rx).await, rx) }).await;
            tx.send(drops.counted()).unwrap();
            let (first, mut rx) = task.await;
            let value = match first {
                Some(value) => value.unwrap(),
                None => (&mut rx).await.unwrap(),
            };
            assert_eq!(drops.count(), 0);
            drop(value);
            assert_eq!((drops.count(), rx.is_terminated()), (1, true));
        }
    })
    .await;
}

/// The receiver itself is dropped at any point: the value is dropped once, or given back.
async fn a_dropped_receiver_drops_the_value_or_gives_it_back(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let ((tx, rx), drops) = (channel(), Drops::new());
            let task = on.started(point.of(rx)).await;
            let sent = tx.send(drops.counted());
            let received = task.await;
            if sent.is_err() {
                assert!(received.is_none());
            }
            assert_eq!(drops.count(), usize::from(sent.is_ok() && received.is_none()));
            drop((sent, received));
            assert_eq!(drops.count(), 1);
        }
    })
    .await;
}

async fn a_wait_for_the_end_of_interest_may_be_given_up(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (mut tx, mut rx) = channel();
            let wait = async move {
                let closed = point.of(tx.closed()).await.is_some();
                (closed, tx)
            };
            let task = on.started(wait).await;
            if point.polls % 2 == 0 {
                rx.close();
                let (_, mut tx) = task.await;
                tx.closed().await;
                assert_eq!(tx.send(1), Err(1));
            } else if task.is_finished() {
                let (closed, tx) = task.await;
                assert!(!closed && tx.send(1).is_ok());
                assert_eq!(rx.await, Ok(1));
            }
        }
    })
    .await;
}

async fn halves_meet_in_every_order(on: Tasks) {
    for round in 0..100 {
        let ((tx, rx), drops) = (channel(), Drops::new());
        let value = drops.counted();
        let sender =
            on.spawn(async move { if round % 3 > 0 { tx.send(value).is_ok() } else { false } });
        let receiver =
            on.spawn(async move { if round % 4 > 0 { rx.await.is_ok() } else { false } });
        let (sent, received) = (sender.await, receiver.await);
        assert!(sent || !received);
        assert_eq!(drops.count(), 1);
    }
}

async fn a_thread_may_wait_for_a_task(on: Tasks) {
    let (tx, rx) = channel();
    let (back, answer) = channel();
    let thread = thread::spawn(move || back.send(rx.blocking_recv()).unwrap());
    tx.send(7).unwrap();
    assert_eq!(answer.await, Ok(Ok(7)));
    thread.join().unwrap();
    let (tx, rx) = channel::<u8>();
    let thread = thread::spawn(move || rx.blocking_recv().is_err());
    on.yield_now().await;
    drop(tx);
    assert!(thread.join().unwrap());
}

async fn blocking_is_refused_in_our_async_code_and_allowed_in_others(on: Tasks) {
    let (tx, rx) = channel();
    tx.send(1).unwrap();
    match on.executor() {
        Executor::Mainspring => {
            refuses(&["blocking_*", ".await", "spawn_blocking"], || rx.blocking_recv());
        }
        _ => assert_eq!(rx.blocking_recv(), Ok(1)),
    }
}

async fn it_is_polled_by_whoever_polled_it_last(on: Tasks) {
    let (tx, mut rx) = channel();
    assert!(poll_once(pin!(&mut rx)).await.is_pending());
    let task = on.in_line(rx).await;
    tx.send(1).unwrap();
    assert_eq!(task.await, Ok(1));
    let (mut tx, rx) = channel::<u8>();
    assert!(poll_fn(|cx| Poll::Ready(tx.poll_closed(cx))).await.is_pending());
    let task = on.in_line(async move { poll_fn(|cx| tx.poll_closed(cx)).await }).await;
    drop(rx);
    task.await;
}

tests::each_executor! {
    a_value_arrives_before_or_after_it_is_waited_for,
    a_sender_that_goes_is_an_error,
    a_receiver_that_goes_gives_the_value_back_and_is_noticed,
    a_receiver_that_has_closed_gets_what_was_accepted,
    a_receive_that_is_given_up_loses_nothing,
    a_dropped_receiver_drops_the_value_or_gives_it_back,
    a_wait_for_the_end_of_interest_may_be_given_up,
    halves_meet_in_every_order,
    a_thread_may_wait_for_a_task,
    blocking_is_refused_in_our_async_code_and_allowed_in_others,
    it_is_polled_by_whoever_polled_it_last,
}

#[test]
fn polled_after_its_result_it_panics_at_the_callers_line() {
    let (tx, mut rx) = channel();
    tx.send(1).unwrap();
    assert_eq!(poll_with(&mut rx, &Bell::new()), Poll::Ready(Ok(1)));
    let mut cx = Context::from_waker(Waker::noop());
    let words = ["oneshot::Receiver", "after it had given its result", "is_terminated()"];
    refuses(&words, || Pin::new(&mut rx).poll(&mut cx));
    let (tx, mut rx) = channel();
    tx.send(1).unwrap();
    rx.try_recv().unwrap();
    refuses(&words, || rx.blocking_recv());
}

#[test]
fn it_is_shown_without_its_value() {
    let (tx, rx) = channel::<Rc<u8>>();
    assert_eq!(format!("{tx:?}"), "oneshot::Sender { closed: false }");
    assert_eq!(format!("{rx:?}"), "oneshot::Receiver { empty: true, terminated: false }");
    let texts = [TryRecvError::Empty.to_string(), TryRecvError::Closed.to_string()];
    assert_eq!(texts, ["channel empty", "channel closed"]);
}

type Ends = (Mutex<Option<Sender<Hook>>>, Mutex<Option<Receiver<Hook>>>);

/// A value whose destructor sends on another channel, and drops that one's sender.
struct Hook(Option<Sender<u8>>);

impl Drop for Hook {
    fn drop(&mut self) {
        self.0.take().map(|tx| tx.send(1));
    }
}

#[test]
fn a_waker_may_use_the_other_half() {
    const CALLS: &[fn(&Ends)] = &[
        // Taken out first: no lock of the test's own is held while a half works.
        |ends| drop(take(&ends.0)),
        |ends| drop(take(&ends.0).map(|tx| tx.send(Hook(None)))),
        |ends| drop(take(&ends.1)),
        |ends| {
            if let Some(mut rx) = take(&ends.1) {
                rx.close();
                let _ = rx.try_recv();
                *ends.1.lock().unwrap() = Some(rx);
            }
        },
    ];
    let make = || {
        let (tx, rx) = channel();
        (Mutex::new(Some(tx)), Mutex::new(Some(rx)))
    };
    meddle(make, CALLS, |(tx, rx), waker| {
        let mut cx = Context::from_waker(waker);
        for _ in 0..2 {
            if let Some(mut half) = take(rx) {
                let mut plain = Context::from_waker(Waker::noop());
                for cx in [&mut plain, &mut cx] {
                    if !half.is_terminated() {
                        let _ = Pin::new(&mut half).poll(cx);
                    }
                }
                rx.lock().unwrap().get_or_insert(half);
            }
            if let Some(mut half) = take(tx) {
                let _ = half.poll_closed(&mut cx);
                tx.lock().unwrap().get_or_insert(half);
            }
        }
        if let Some(half) = take(tx) {
            let _ = half.send(Hook(None));
        }
        drop(take(rx));
    });
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap().take()
}

#[test]
fn a_destructor_of_the_value_may_use_another_channel() {
    within(|| {
        let ((told, mut tells), (tx, rx)) = (channel(), channel());
        assert!(tx.send(Hook(Some(told))).is_ok());
        drop(rx);
        assert_eq!(tells.try_recv(), Ok(1));
    });
}

#[test]
fn a_waker_that_panics_keeps_the_other_half_from_nothing() {
    let ((tx, rx), drops) = (channel(), Drops::new());
    let mut rx = Polled::new(rx);
    assert!(rx.poll_with(&bomb(Deed::Wake)).is_pending());
    blows_up(|| tx.send(drops.counted()));
    assert!(rx.ready().is_ok());
    assert_eq!(drops.count(), 1);
    for close in [Receiver::close, |rx: &mut Receiver<u8>| drop(std::mem::replace(rx, channel().1))]
    {
        let (mut tx, mut rx) = channel::<u8>();
        let bomb = bomb(Deed::Wake);
        assert!(tx.poll_closed(&mut Context::from_waker(&bomb)).is_pending());
        blows_up(|| close(&mut rx));
        assert_eq!((tx.is_closed(), tx.send(1)), (true, Err(1)));
    }
}

/// A sender's own waker panics as it is dropped: the receiver learns of the end all the same.
#[test]
fn a_waker_that_panics_when_it_is_dropped_keeps_the_end_from_nobody() {
    for send in [true, false] {
        let (mut tx, rx) = channel();
        let drops = bomb(Deed::Drop);
        assert!(tx.poll_closed(&mut Context::from_waker(&drops)).is_pending());
        let mut rx = Polled::waiting(rx);
        blows_up(|| match send {
            true => assert!(tx.send(1).is_ok()),
            false => drop(tx),
        });
        assert_eq!(rx.wakes(), 1);
        assert!(rx.poll().is_ready());
        std::mem::forget(drops);
    }
}
