//! mpsc: how a channel ends, what its wakers and its values may do, and what it refuses.

use crate::help::{Deed, Polled, blows_up, bomb, meddle, panics, touch};
use mainspring::sync::mpsc::error::{SendError, TryRecvError, TrySendError};
use mainspring::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender};
use mainspring::sync::mpsc::{channel, unbounded_channel};
use mainspring::sync::{Semaphore, oneshot};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Waker};
use tests::{Drops, Tasks, at_every_point, poll_once, refuses, within};

tests::has! { std::error::Error, Clone, PartialEq => SendError<u8>, TrySendError<u8>, TryRecvError }
tests::has! { Send, Sync => SendError<u8>, TrySendError<u8>, TryRecvError }

async fn when_all_senders_are_gone_the_rest_is_received_and_then_the_end(on: Tasks) {
    let ((tx, mut rx), (unbounded, mut rest)) = (channel(5), unbounded_channel());
    let second = tx.clone();
    for value in 0..3 {
        tx.send(value).await.unwrap();
        unbounded.send(value).unwrap();
    }
    drop((tx, unbounded));
    assert!(!rx.is_closed() && rest.is_closed());
    for value in 0..3 {
        assert_eq!((rx.recv().await, rest.recv().await), (Some(value), Some(value)));
    }
    assert_eq!((rest.recv().await, rest.recv().await), (None, None));
    let task = on.in_line(async move { (rx.recv().await, rx.try_recv()) }).await;
    drop(second);
    assert_eq!(task.await, (None, Err(TryRecvError::Disconnected)));
}

async fn a_closed_receiver_gets_what_was_promised_and_then_the_end(on: Tasks) {
    let (tx, mut rx) = channel(3);
    tx.send(1).await.unwrap();
    let (spent, unspent) = (tx.clone().reserve_owned().await, tx.clone().reserve_owned().await);
    let theirs = tx.clone();
    let sender = on.in_line(async move { theirs.send(9).await }).await;
    rx.close();
    rx.close();
    assert_eq!(sender.await, Err(SendError(9)));
    assert_eq!(tx.send(9).await, Err(SendError(9)));
    assert_eq!(tx.try_send(9), Err(TrySendError::Closed(9)));
    assert!(tx.reserve().await.is_err() && tx.is_closed() && rx.is_closed());
    assert_eq!(rx.recv().await, Some(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let task = on.in_line(async move { (rx.recv().await, rx.recv().await, rx.try_recv()) }).await;
    drop(spent.unwrap().send(2));
    on.yield_now().await;
    assert!(!task.is_finished());
    drop(unspent);
    assert_eq!(task.await, (Some(2), None, Err(TryRecvError::Disconnected)));
    let (tx, mut rx) = unbounded_channel();
    tx.send(1).unwrap();
    rx.close();
    assert_eq!((tx.send(2), tx.is_closed()), (Err(SendError(2)), true));
    assert_eq!((rx.recv().await, rx.recv().await), (Some(1), None));
}

/// A sender that waits is dropped at any point, while the receiver closes and waits for the end.
async fn a_dropped_sender_does_not_keep_a_closed_receiver(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (tx, mut rx) = channel(1);
            tx.send(1).await.unwrap();
            let theirs = tx.clone();
            let victim = on.started(point.of(async move { theirs.send(2).await.is_ok() })).await;
            assert_eq!(rx.recv().await, Some(1));
            rx.close();
            let last = rx.recv().await;
            let sent = victim.await == Some(true);
            assert_eq!(last, sent.then_some(2));
            assert_eq!(rx.recv().await, None);
            drop(tx);
        }
    })
    .await;
}

async fn a_receiver_that_goes_is_noticed_and_drops_what_is_there(on: Tasks) {
    let ((tx, rx), (unbounded, rest)) = (channel(2), unbounded_channel());
    let drops = Drops::new();
    for _ in 0..2 {
        assert!(tx.try_send(drops.counted()).is_ok() && unbounded.send(drops.counted()).is_ok());
    }
    let (one, two, three) = (tx.clone(), tx.clone(), unbounded.clone());
    let waits = on.in_line(async move { one.closed().await }).await;
    let also = on.in_line(async move { three.closed().await }).await;
    let value = drops.counted();
    let sender = on.in_line(async move { two.send(value).await }).await;
    drop((rx, rest));
    assert_eq!(drops.count(), 4);
    let error = sender.await.unwrap_err();
    assert_eq!((error.to_string(), drops.count()), ("channel closed".to_string(), 4));
    waits.await;
    also.await;
    tx.closed().await;
    assert!(tx.is_closed() && unbounded.is_closed());
}

async fn waiting_for_the_end_of_interest_may_be_given_up(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (tx, rx) = channel::<u8>(1);
            let (one, two) = (tx.clone(), tx.clone());
            let victim = on.started(point.of(async move { one.closed().await })).await;
            let other = on.in_line(async move { two.closed().await }).await;
            drop(rx);
            other.await;
            victim.await;
        }
    })
    .await;
}

async fn weak_senders_do_not_keep_it_open(on: Tasks) {
    let ((tx, mut rx), (unbounded, mut rest)) = (channel(1), unbounded_channel());
    let (weak, weak_too) = (tx.downgrade(), unbounded.downgrade());
    let more = (weak.clone(), weak_too.clone());
    assert_eq!((tx.strong_count(), tx.weak_count(), rx.sender_weak_count()), (1, 2, 2));
    assert_eq!((weak_too.strong_count(), weak_too.weak_count()), (1, 2));
    let up = weak.upgrade().unwrap();
    assert!(up.same_channel(&tx) && rx.sender_strong_count() == 2);
    drop(tx);
    up.send(1).await.unwrap();
    weak_too.upgrade().unwrap().send(2).unwrap();
    let ends =
        async move { (rx.recv().await, rx.recv().await, rest.recv().await, rest.recv().await) };
    let task = on.in_line(ends).await;
    drop((up, unbounded));
    assert_eq!(task.await, (Some(1), None, Some(2), None));
    assert!(weak.upgrade().is_none() && weak_too.upgrade().is_none() && more.0.upgrade().is_none());
    assert_eq!((weak.strong_count(), more.1.weak_count()), (0, 2));
}

async fn an_upgrade_and_the_last_drop_meet(on: Tasks) {
    for _ in 0..30 {
        let (tx, mut rx) = unbounded_channel();
        let weak = tx.downgrade();
        let upgrade = on.spawn(async move { weak.upgrade().is_some_and(|tx| tx.send(1).is_ok()) });
        let last = on.spawn(async move { drop(tx) });
        let value = rx.recv().await;
        assert_eq!((rx.recv().await, upgrade.await), (None, value.is_some()));
        last.await;
    }
}

async fn an_owned_permit_keeps_the_channel_open(on: Tasks) {
    let (tx, mut rx) = channel(1);
    let permit = tx.reserve_owned().await.unwrap();
    assert!(poll_once(pin!(rx.recv())).await.is_pending());
    let task = on.in_line(async move { (rx.recv().await, rx.recv().await) }).await;
    drop(permit.send(1));
    assert_eq!(task.await, (Some(1), None));
}

tests::each_executor! {
    when_all_senders_are_gone_the_rest_is_received_and_then_the_end,
    a_closed_receiver_gets_what_was_promised_and_then_the_end,
    a_dropped_sender_does_not_keep_a_closed_receiver,
    a_receiver_that_goes_is_noticed_and_drops_what_is_there,
    waiting_for_the_end_of_interest_may_be_given_up,
    weak_senders_do_not_keep_it_open,
    an_upgrade_and_the_last_drop_meet,
    an_owned_permit_keeps_the_channel_open,
}

#[test]
fn a_channel_without_room_or_with_too_much_is_refused_at_the_callers_line() {
    refuses(&["capacity 0", "at least 1"], || channel::<u8>(0));
    let words = ["a channel can count", "unbounded_channel"];
    refuses(&words, || channel::<u8>(Semaphore::MAX_PERMITS + 1));
    refuses(&words, || channel::<u8>(usize::MAX));
    let (tx, rx) = channel::<u8>(Semaphore::MAX_PERMITS);
    assert_eq!(
        (tx.capacity(), rx.max_capacity()),
        (Semaphore::MAX_PERMITS, Semaphore::MAX_PERMITS)
    );
    assert!(tx.try_reserve_many(usize::MAX).is_err());
}

#[test]
fn errors_and_ends_are_shown_without_the_value() {
    struct Mute;
    let (tx, mut rx) = channel(1);
    assert!(tx.try_send(Mute).is_ok());
    let error = tx.try_send(Mute).unwrap_err();
    assert_eq!(format!("{error}, {error:?}"), "no available capacity, Full(..)");
    rx.close();
    let error = tx.try_send(error.into_inner()).unwrap_err();
    assert_eq!(format!("{error}, {error:?}"), "channel closed, Closed(..)");
    assert!(matches!(TrySendError::from(SendError(1)), TrySendError::Closed(1)));
    assert_eq!(format!("{tx:?}"), "mpsc::Sender { capacity: 0, closed: true }");
    assert_eq!(format!("{rx:?}"), "mpsc::Receiver { len: 1, closed: true }");
    drop(rx.try_recv());
    let texts = [TryRecvError::Empty, TryRecvError::Disconnected].map(|error| error.to_string());
    assert_eq!(texts, ["receiving on an empty channel", "receiving on a closed channel"]);
}

/// Both ends of both kinds, where a waker or a value can reach them.
struct Ends<T> {
    tx: Sender<T>,
    rx: Mutex<Option<Receiver<T>>>,
    unbounded: UnboundedSender<T>,
    rest: Mutex<Option<UnboundedReceiver<T>>>,
}

impl<T> Ends<T> {
    fn new() -> Self {
        let ((tx, rx), (unbounded, rest)) = (channel(2), unbounded_channel());
        Self { tx, rx: Mutex::new(Some(rx)), unbounded, rest: Mutex::new(Some(rest)) }
    }

    /// Closes, receives, or drops the receivers, unless somebody is using them.
    fn receive(&self, act: impl Fn(&mut Receiver<T>, &mut UnboundedReceiver<T>)) {
        let take = (take(&self.rx), take(&self.rest));
        if let (Some(mut rx), Some(mut rest)) = take {
            act(&mut rx, &mut rest);
            (*self.rx.lock().unwrap(), *self.rest.lock().unwrap()) = (Some(rx), Some(rest));
        }
    }
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap().take()
}

#[test]
fn a_waker_may_call_the_channel_back() {
    const CALLS: &[fn(&Ends<u8>)] = &[
        |ends| {
            let _ = (ends.tx.try_send(1), ends.unbounded.send(1));
        },
        |ends| drop((ends.tx.clone(), ends.tx.downgrade().upgrade(), ends.unbounded.clone())),
        |ends| touch(ends.tx.send(1)),
        |ends| touch(ends.tx.reserve_many(2)),
        |ends| touch(ends.tx.closed()),
        |ends| drop(ends.tx.try_reserve()),
        |ends| {
            ends.receive(|rx, rest| {
                let _ = (rx.try_recv(), rest.try_recv());
            })
        },
        |ends| {
            ends.receive(|rx, rest| {
                rx.close();
                rest.close();
            })
        },
        |ends| drop((take(&ends.rx), take(&ends.rest))),
    ];
    meddle(Ends::new, CALLS, |ends, waker| {
        let poll = |rx: &mut Receiver<u8>, rest: &mut UnboundedReceiver<u8>| {
            for waker in [Waker::noop(), waker] {
                let mut cx = Context::from_waker(waker);
                let _ = (rx.poll_recv(&mut cx), rest.poll_recv(&mut cx));
            }
        };
        ends.receive(poll);
        let _ = (ends.tx.try_send(1), ends.unbounded.send(1));
        let mut sends: Vec<_> = (0..40).map(|value| Polled::new(ends.tx.send(value))).collect();
        let mut closed = Polled::new(ends.unbounded.closed());
        sends.iter_mut().for_each(|send| send.prod(waker));
        closed.prod(waker);
        for send in sends.iter_mut().step_by(2) {
            send.prod_plainly();
            send.prod(waker);
        }
        drop(sends.pop());
        ends.receive(|rx, rest| {
            let _ = (rx.try_recv(), rx.try_recv(), rest.try_recv());
        });
        ends.receive(poll);
        drop(sends.remove(0));
        drop((take(&ends.rx), take(&ends.rest)));
    });
}

/// A value whose destructor uses the channel that it is in.
struct Hook(std::sync::Weak<Ends<Hook>>, fn(&Ends<Hook>));

impl Drop for Hook {
    fn drop(&mut self) {
        if let Some(ends) = self.0.upgrade() {
            (self.1)(&ends);
        }
    }
}

#[test]
fn a_destructor_of_a_value_may_call_the_channel_back() {
    const CALLS: [fn(&Ends<Hook>); 5] = [
        |ends| {
            let quiet = || Hook(std::sync::Weak::new(), |_| ());
            let _ = (ends.tx.try_send(quiet()), ends.unbounded.send(quiet()));
        },
        |ends| drop((ends.tx.clone(), ends.tx.capacity(), ends.tx.is_closed())),
        |ends| touch(ends.tx.reserve_many(2)),
        |ends| {
            ends.receive(|rx, rest| {
                rx.close();
                rest.close();
            })
        },
        |ends| drop((take(&ends.rx), take(&ends.rest))),
    ];
    for call in CALLS {
        within(move || {
            let ends = std::sync::Arc::new(Ends::new());
            let hook = || Hook(std::sync::Arc::downgrade(&ends), call);
            for _ in 0..2 {
                assert!(ends.tx.try_send(hook()).is_ok() && ends.unbounded.send(hook()).is_ok());
            }
            drop(ends.tx.try_send(hook()));
            let mut wait = Polled::new(ends.tx.send(hook()));
            wait.prod_plainly();
            ends.receive(|rx, rest| drop((rx.try_recv(), rest.try_recv())));
            drop(wait);
            drop((take(&ends.rx), take(&ends.rest)));
            drop(ends.unbounded.send(hook()));
        });
    }
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let (tx, mut rx) = channel(1);
    tx.try_send(0).unwrap();
    let mut sends: Vec<_> = (1..80).map(|value| Polled::new(tx.send(value))).collect();
    let mut closed = Polled::waiting(tx.closed());
    for (number, send) in sends.iter_mut().enumerate() {
        match number {
            3 | 40 => send.prod(&bomb(Deed::Wake)),
            _ => send.prod_plainly(),
        }
    }
    blows_up(|| rx.close());
    assert_eq!((closed.wakes(), closed.ready()), (1, ()));
    assert!(sends.iter_mut().all(|send| send.ready().is_err()));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Err(TryRecvError::Disconnected)));
}

/// A request with the way back in it: who asked learns that it will not be answered, also when the
/// receiver's end is not a smooth one.
#[test]
fn a_panic_at_the_receivers_end_keeps_no_value() {
    let (tx, rx) = channel(1);
    let (back, answer) = oneshot::channel::<u8>();
    assert!(tx.try_send(back).is_ok());
    let mut send = Polled::new(tx.send(oneshot::channel().0));
    send.prod(&bomb(Deed::Wake));
    blows_up(|| drop(rx));
    assert!(Polled::new(answer).poll().is_ready());
    assert!(send.ready().is_err());
}

#[test]
fn a_destructor_that_panics_keeps_no_other_value() {
    struct Bomb(Drops);
    impl Drop for Bomb {
        fn drop(&mut self) {
            drop(self.0.counted());
            assert!(self.0.count() != 1, "the first panics");
        }
    }
    let ((tx, rx), drops) = (channel(3), Drops::new());
    for _ in 0..3 {
        assert!(tx.try_send(Bomb(drops.clone())).is_ok());
    }
    assert!(panics(|| drop(rx)));
    assert_eq!((drops.count(), tx.is_closed(), tx.capacity()), (3, true, 3));
}
