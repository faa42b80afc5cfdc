//! watch: tokio's channel of one value that changes.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, panics, touch};
use mainspring::sync::watch::{self, Sender, channel};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::thread;
use tests::{Drops, Tasks, at_every_point, poll_once, within};

tests::has! { Send, Sync, Unpin => watch::Sender<u8>, watch::Receiver<u8> }
tests::has! { Clone => watch::Sender<Drops>, watch::Receiver<tests::Counted> }
tests::has! { Default => watch::Sender<u8> }
tests::has! { Sync => watch::Ref<'static, u8> }
tests::lacks! { Send => watch::Ref<'static, u8>, watch::Sender<Rc<u8>>, watch::Receiver<Rc<u8>> }
tests::lacks! { Sync => watch::Sender<Cell<u8>>, watch::Receiver<Cell<u8>> }
tests::lacks! { Send => watch::Sender<Cell<u8>>, watch::Receiver<Cell<u8>> }
tests::has! { std::error::Error, PartialEq => watch::error::SendError<u8>, watch::error::RecvError }

#[test]
fn what_waits_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    let (tx, mut rx) = channel(1);
    both(&tx.closed());
    both(&rx.changed());
    both(&rx.wait_for(|value| *value > 1));
}

async fn who_is_slow_misses_values_but_never_the_last(on: Tasks) {
    let (tx, rx) = channel(0);
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let mut rx = rx.clone();
            on.spawn(async move {
                let mut last = 0;
                while rx.changed().await.is_ok() {
                    let value = *rx.borrow_and_update();
                    // Seen in the `borrow_and_update` of the round before, it is not announced.
                    assert!(value > last, "{value} after {last}");
                    last = value;
                }
                last
            })
        })
        .collect();
    drop(rx);
    for value in 1..=300 {
        tx.send(value).unwrap();
        if value % 7 == 0 {
            on.yield_now().await;
        }
    }
    drop(tx);
    for reader in readers {
        assert_eq!(reader.await, 300);
    }
}

async fn the_first_value_is_seen_and_the_last_comes_before_the_end(_: Tasks) {
    let (tx, mut rx) = channel("first");
    assert!(poll_once(pin!(rx.changed())).await.is_pending());
    let other = tx.clone();
    tx.send("second").unwrap();
    assert_eq!((rx.has_changed(), *rx.borrow(), rx.has_changed()), (Ok(true), "second", Ok(true)));
    rx.changed().await.unwrap();
    assert_eq!((rx.has_changed(), *rx.borrow()), (Ok(false), "second"));
    drop(tx);
    other.send("last").unwrap();
    assert!(!rx.is_closed());
    drop(other);
    assert!(rx.is_closed() && rx.has_changed().is_err());
    let mut clone = rx.clone();
    for rx in [&mut rx, &mut clone] {
        assert_eq!(rx.changed().await, Ok(()));
        assert!(rx.changed().await.is_err() && rx.changed().await.is_err());
        assert_eq!(*rx.borrow(), "last");
        // Unseen again, and the end again after it.
        rx.mark_changed();
        assert!(rx.changed().await.is_ok() && rx.changed().await.is_err());
    }
}

async fn all_who_wait_are_told_of_a_value_and_of_the_end(on: Tasks) {
    let (tx, rx) = channel(0);
    let mut tasks = vec![];
    for _ in 0..70 {
        let mut rx = rx.clone();
        let wait = async move {
            let changed = rx.changed().await.map(|()| *rx.borrow_and_update());
            (changed, rx.changed().await.is_err())
        };
        tasks.push(on.in_line(wait).await);
    }
    tx.send(1).unwrap();
    on.yield_now().await;
    assert!(tasks.iter().all(|task| !task.is_finished()));
    drop(tx);
    for task in tasks {
        assert_eq!(task.await, (Ok(1), true));
    }
}

async fn a_dropped_changed_has_seen_nothing(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (tx, mut rx) = channel(0);
            let mut theirs = rx.clone();
            let changed = async move { (point.of(rx.changed()).await, rx) };
            let victim = on.started(changed).await;
            let other = on.in_line(async move { theirs.changed().await }).await;
            tx.send(1).unwrap();
            assert_eq!(other.await, Ok(()));
            let (seen, mut rx) = victim.await;
            assert!(seen.as_ref().is_none_or(Result::is_ok));
            assert_eq!(rx.has_changed(), Ok(seen.is_none()));
            assert_eq!(rx.borrow_and_update().has_changed(), seen.is_none());
            tx.send(2).unwrap();
            drop(tx);
            assert!(rx.changed().await.is_ok() && rx.changed().await.is_err());
        }
    })
    .await;
}

async fn wait_for_asks_for_the_value_of_now_and_then_for_each_that_it_finds(on: Tasks) {
    let (tx, mut rx) = channel(0);
    // Seen or not.
    assert_eq!(*rx.wait_for(|value| *value == 0).await.unwrap(), 0);
    let asked = Log::new();
    let log = asked.clone();
    let wait = async move {
        let wanted = |value: &u32| {
            log.say(*value);
            *value == 50
        };
        let found = rx.wait_for(wanted).await.map(|value| *value);
        (found, rx)
    };
    let task = on.in_line(wait).await;
    for value in 1..=50 {
        tx.send(value).unwrap();
        on.yield_now().await;
    }
    let (found, mut rx) = task.await;
    let said = asked.said();
    assert_eq!((found, said[0], said.last()), (Ok(50), 0, Some(&50)));
    assert!(said.is_sorted_by(|one, two| one < two), "{said:?}");
    // What it was asked for is seen.
    assert_eq!(rx.has_changed(), Ok(false));
    tx.send(51).unwrap();
    drop(tx);
    let mut asked = vec![];
    let says_no = |value: &u32| {
        asked.push(*value);
        false
    };
    assert!(rx.wait_for(says_no).await.is_err());
    assert_eq!(asked, [51]);
    // The value of now is there after the end too.
    assert_eq!(*rx.wait_for(|value| *value == 51).await.unwrap(), 51);
}

async fn a_dropped_wait_for_has_seen_what_it_was_asked_for_and_no_more(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let ((tx, mut rx), asked) = (channel(0), Log::new());
            let log = asked.clone();
            let wait = async move {
                let wanted = |value: &u32| {
                    log.say(*value);
                    *value == 3
                };
                let wait = async { rx.wait_for(wanted).await.map(|value| *value) };
                (point.of(wait).await, rx)
            };
            let victim = on.started(wait).await;
            for value in 1..=3 {
                tx.send(value).unwrap();
                on.yield_now().await;
            }
            let (found, rx) = victim.await;
            let said = asked.said();
            assert!(said.is_sorted_by(|one, two| one < two), "{said:?}");
            assert_eq!(found.is_some(), said.last() == Some(&3));
            assert!(found.is_none_or(|found| found == Ok(3)));
            assert_eq!(rx.has_changed(), Ok(said.last() != Some(&3)));
        }
    })
    .await;
}

async fn what_counts_as_seen_is_each_receivers_own(_: Tasks) {
    let (tx, mut rx) = channel(1);
    let (mut clone, mut late) = (rx.clone(), tx.subscribe());
    assert!(rx.same_channel(&clone) && !rx.same_channel(&channel(1).1));
    assert!(tx.same_channel(&tx.clone()) && !tx.same_channel(&Sender::new(1)));
    rx.mark_changed();
    rx.mark_changed();
    assert_eq!((rx.has_changed(), clone.has_changed()), (Ok(true), Ok(false)));
    // A clone has seen what the other has seen.
    let mut unseen = rx.clone();
    rx.mark_unchanged();
    assert!(poll_once(pin!(rx.changed())).await.is_pending());
    assert!(unseen.changed().await.is_ok());
    tx.send(2).unwrap();
    assert!(clone.borrow().has_changed() && !tx.borrow().has_changed());
    assert!(clone.borrow_and_update().has_changed() && !clone.borrow_and_update().has_changed());
    assert!(late.changed().await.is_ok() && rx.changed().await.is_ok());
    assert_eq!(tx.subscribe().has_changed(), Ok(false));
    assert_eq!((tx.receiver_count(), tx.sender_count()), (4, 1));
}

async fn a_change_that_is_not_admitted_wakes_nobody(on: Tasks) {
    let (tx, mut rx) = channel(vec![0]);
    let task = on.in_line(async move { (rx.changed().await, rx) }).await;
    assert!(!tx.send_if_modified(|list| {
        list.push(1);
        false
    }));
    for _ in 0..5 {
        on.yield_now().await;
    }
    assert!(!task.is_finished() && tx.borrow().len() == 2);
    tx.send_modify(|list| list.push(2));
    let (changed, rx) = task.await;
    assert_eq!((changed, rx.borrow().as_slice()), (Ok(()), &[0, 1, 2][..]));
    assert_eq!(tx.send_replace(vec![]), [0, 1, 2]);
    assert_eq!(rx.has_changed(), Ok(true));
}

async fn without_receivers_only_send_fails(_: Tasks) {
    let (tx, rx) = channel(1);
    drop(rx);
    assert!(tx.is_closed());
    tx.closed().await;
    let error = tx.send(2).unwrap_err();
    assert_eq!((error.0, error.to_string(), *tx.borrow()), (2, "channel closed".to_string(), 1));
    assert_eq!(tx.send_replace(3), 1);
    tx.send_modify(|value| *value += 1);
    let mut rx = tx.subscribe();
    assert!(!tx.is_closed() && poll_once(pin!(tx.closed())).await.is_pending());
    assert_eq!((rx.has_changed(), *rx.borrow()), (Ok(false), 4));
    tx.send(5).unwrap();
    assert_eq!(*rx.borrow_and_update(), 5);
}

async fn closed_waits_for_the_last_receiver_and_may_be_given_up(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let (tx, rx) = channel(0);
            let closed = || {
                let tx = tx.clone();
                async move { tx.closed().await }
            };
            let victim = on.started(point.of(closed())).await;
            let other = on.in_line(closed()).await;
            let last = rx.clone();
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

async fn threads_and_tasks_change_one_value(on: Tasks) {
    let (tx, mut rx) = channel(0);
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let tx = tx.clone();
            thread::spawn(move || (0..100).for_each(|_| tx.send_modify(|value| *value += 1)))
        })
        .collect();
    let task = on.spawn(async move {
        for _ in 0..100 {
            tx.send_modify(|value| *value += 1);
        }
    });
    let found = on.spawn(async move { rx.wait_for(|value| *value == 400).await.map(|it| *it) });
    assert_eq!(found.await, Ok(400));
    task.await;
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

tests::each_executor! {
    who_is_slow_misses_values_but_never_the_last,
    the_first_value_is_seen_and_the_last_comes_before_the_end,
    all_who_wait_are_told_of_a_value_and_of_the_end,
    a_dropped_changed_has_seen_nothing,
    wait_for_asks_for_the_value_of_now_and_then_for_each_that_it_finds,
    a_dropped_wait_for_has_seen_what_it_was_asked_for_and_no_more,
    what_counts_as_seen_is_each_receivers_own,
    a_change_that_is_not_admitted_wakes_nobody,
    without_receivers_only_send_fails,
    closed_waits_for_the_last_receiver_and_may_be_given_up,
    threads_and_tasks_change_one_value,
}

#[test]
fn a_waker_may_call_the_watch_back() {
    const CALLS: &[fn(&Sender<u8>)] = &[
        |tx| _ = tx.send(1),
        |tx| tx.send_modify(|value| *value = value.wrapping_add(1)),
        |tx| assert!(*tx.borrow() < 200),
        |tx| touch(tx.closed()),
        |tx| touch(tx.subscribe().changed()),
        |tx| touch(tx.subscribe().wait_for(|value| *value == 100)),
        |tx| assert!(!format!("{tx:?}").is_empty()),
    ];
    meddle(
        || Sender::new(0),
        CALLS,
        |tx, waker| {
            let mut ends: Vec<_> = (0..40).map(|_| tx.subscribe()).collect();
            let mut waits: Vec<_> = ends.iter_mut().map(|rx| Polled::new(rx.changed())).collect();
            let mut closed: Vec<_> = (0..40).map(|_| Polled::new(tx.closed())).collect();
            waits.iter_mut().for_each(|wait| wait.prod(waker));
            closed.iter_mut().for_each(|wait| wait.prod(waker));
            waits.iter_mut().step_by(2).for_each(Polled::prod_plainly);
            closed.iter_mut().step_by(2).for_each(Polled::prod_plainly);
            drop((waits.pop(), closed.pop()));
            tx.send(5).unwrap();
            waits.iter_mut().for_each(|wait| wait.prod(waker));
            drop(waits);
            drop(ends);
            closed.iter_mut().for_each(|wait| wait.prod(waker));
        },
    );
}

/// A value whose destructor uses the watch that it was in.
struct Hook(Weak<Sender<Hook>>, fn(&Sender<Hook>));

impl Drop for Hook {
    fn drop(&mut self) {
        if let Some(tx) = self.0.upgrade() {
            (self.1)(&tx);
        }
    }
}

#[test]
fn a_destructor_of_a_value_may_call_the_watch_back() {
    const CALLS: [fn(&Sender<Hook>); 4] = [
        |tx| drop(tx.send(Hook(Weak::new(), |_| ()))),
        |tx| drop(tx.borrow()),
        |tx| touch(tx.subscribe().changed()),
        |tx| assert!(tx.receiver_count() < 9 && !tx.is_closed()),
    ];
    for call in CALLS {
        within(move || {
            let tx = Arc::new(Sender::new(Hook(Weak::new(), |_| ())));
            let mut rx = tx.subscribe();
            let hook = || Hook(Arc::downgrade(&tx), call);
            let mut wait = Polled::waiting(rx.changed());
            assert!(tx.send(hook()).is_ok() && tx.send(hook()).is_ok());
            drop(tx.send_replace(hook()));
            assert_eq!(wait.ready(), Ok(()));
            drop(wait);
            drop(tx);
            assert!(Polled::new(rx.changed()).ready().is_err());
        });
    }
}

#[test]
fn a_waker_that_panics_keeps_the_news_from_nobody() {
    for end in [false, true] {
        let (tx, rx) = channel(0);
        let mut ends: Vec<_> = (0..80).map(|_| rx.clone()).collect();
        let mut waits: Vec<_> = ends.iter_mut().map(|rx| Polled::new(rx.changed())).collect();
        waits[3].prod(&bomb(Deed::Wake));
        waits.iter_mut().enumerate().filter(|(n, _)| *n != 3).for_each(|(_, it)| it.prod_plainly());
        blows_up(|| if end { drop(tx) } else { tx.send(1).unwrap() });
        assert!(waits.iter().enumerate().all(|(n, wait)| wait.wakes() == usize::from(n != 3)));
        assert!(waits.iter_mut().all(|wait| wait.ready().is_err() == end));
        assert_eq!(*rx.borrow(), usize::from(!end));
    }
}

#[test]
fn a_closure_that_panics_changes_the_value_perhaps_and_tells_nobody() {
    let (tx, mut rx) = channel(0);
    assert!(panics(|| tx.send_modify(|value| panic!("{}", std::mem::replace(value, 1)))));
    assert_eq!((rx.has_changed(), *rx.borrow()), (Ok(false), 1));
    tx.send(2).unwrap();
    assert!(panics(|| touch(rx.wait_for(|value| panic!("at {value}")))));
    // Asked for, so seen; and nothing is locked.
    assert_eq!(rx.has_changed(), Ok(false));
    tx.send(3).unwrap();
    assert_eq!(*rx.borrow_and_update(), 3);
}
