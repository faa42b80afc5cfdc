//! Notify: tokio's signal without a value.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, touch};
use mainspring::sync::{Notified, Notify, OwnedNotified};
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::thread;
use tests::{Tasks, at_every_point, poll_once};

tests::has! { Send, Sync => Notify, Notified<'static>, OwnedNotified }
tests::has! { Default, std::panic::UnwindSafe, std::panic::RefUnwindSafe => Notify }
tests::lacks! { Unpin => Notified<'static>, OwnedNotified }

#[test]
fn it_may_be_static_and_is_shown() {
    static NOTIFY: Notify = Notify::const_new();
    NOTIFY.notify_one();
    assert_eq!(format!("{NOTIFY:?}"), "Notify { stored: true }");
    Polled::new(NOTIFY.notified()).ready();
}

async fn a_notification_for_nobody_is_stored_once(_: Tasks) {
    let notify = Notify::new();
    for _ in 0..3 {
        notify.notify_one();
        notify.notify_last();
    }
    notify.notified().await;
    assert!(poll_once(pin!(notify.notified())).await.is_pending());
    // A listener that was never polled has taken nothing.
    notify.notify_one();
    drop(notify.notified());
    notify.notified().await;
}

async fn listeners_are_served_in_the_order_of_their_coming(on: Tasks) {
    let (notify, log) = (Arc::new(Notify::new()), Log::new());
    let mut tasks = VecDeque::new();
    for number in 0..10 {
        let (notify, log) = (notify.clone(), log.clone());
        let listen = async move {
            notify.notified().await;
            log.say(number);
        };
        tasks.push_back(on.in_line(listen).await);
    }
    for number in 0..8 {
        notify.notify_one();
        tasks.pop_front().unwrap().await;
        assert_eq!(log.said().last(), Some(&number));
    }
    notify.notify_last();
    tasks.pop_back().unwrap().await;
    assert_eq!(log.said().last(), Some(&9));
    assert!(!tasks[0].is_finished());
    notify.notify_one();
    tasks.pop_front().unwrap().await;
}

async fn all_who_listen_are_told_polled_or_not_and_nobody_later(on: Tasks) {
    let notify = Arc::new(Notify::new());
    let mut tasks = vec![];
    for _ in 0..50 {
        tasks.push(on.in_line(notify.clone().notified_owned()).await);
    }
    let unpolled: Vec<_> = (0..50).map(|_| notify.clone().notified_owned()).collect();
    notify.notify_waiters();
    let late = on.in_line(notify.clone().notified_owned()).await;
    for task in tasks {
        task.await;
    }
    for listener in unpolled {
        listener.await;
    }
    assert!(!late.is_finished());
    // Nothing was stored.
    notify.notify_one();
    late.await;
    assert!(poll_once(pin!(notify.notified())).await.is_pending());
}

/// With two listeners and one notification, one is let go, whichever was dropped when.
async fn a_dropped_listener_hands_on_what_it_was_handed(on: Tasks) {
    for last in [false, true] {
        let wake = if last { Notify::notify_last } else { Notify::notify_one };
        at_every_point(|point| {
            let (on, notify) = (on.clone(), Arc::new(Notify::new()));
            async move {
                let (victim, other);
                let listen = || notify.clone().notified_owned();
                if !last {
                    victim = on.started(point.of(listen())).await;
                    other = on.in_line(listen()).await;
                } else {
                    other = on.in_line(listen()).await;
                    victim = on.started(point.of(listen())).await;
                }
                wake(&notify);
                if victim.await.is_some() {
                    wake(&notify);
                }
                other.await;
                assert!(poll_once(pin!(notify.notified())).await.is_pending());
            }
        })
        .await;
    }
}

async fn a_dropped_listener_that_was_told_with_all_hands_nothing_on(on: Tasks) {
    at_every_point(|point| {
        let (on, notify) = (on.clone(), Arc::new(Notify::new()));
        async move {
            let listen = || notify.clone().notified_owned();
            let victim = on.started(point.of(listen())).await;
            let other = on.in_line(listen()).await;
            notify.notify_waiters();
            other.await;
            victim.await;
            assert!(poll_once(pin!(notify.notified())).await.is_pending());
        }
    })
    .await;
}

async fn an_enabled_listener_stands_in_line_before_it_is_polled(on: Tasks) {
    let notify = Arc::new(Notify::new());
    let mut first = Box::pin(notify.clone().notified_owned());
    assert!(!first.as_mut().enable());
    let second = on.in_line(notify.clone().notified_owned()).await;
    notify.notify_one();
    assert!(first.as_mut().enable());
    first.await;
    assert!(!second.is_finished());
    // Dropped, it hands on.
    let mut third = Box::pin(notify.clone().notified_owned());
    assert!(!third.as_mut().enable());
    notify.notify_last();
    drop(third);
    second.await;
    // What is stored is taken at once.
    notify.notify_one();
    let mut fourth = pin!(notify.notified());
    assert!(fourth.as_mut().enable());
    assert!(poll_once(pin!(notify.notified())).await.is_pending());
    fourth.await;
}

/// The queue of the docs, with writers on threads: no value is left in it without a reader awake.
async fn a_queue_with_one_reader_misses_nothing(_: Tasks) {
    const EACH: usize = 200;
    let queue = Arc::new((Mutex::new(VecDeque::new()), Notify::new()));
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let queue = queue.clone();
            thread::spawn(move || {
                for value in 1..=EACH {
                    queue.0.lock().unwrap().push_back(value);
                    queue.1.notify_one();
                }
            })
        })
        .collect();
    let (mut count, mut sum) = (0, 0);
    while count < 3 * EACH {
        let taken: Vec<_> = queue.0.lock().unwrap().drain(..).collect();
        if taken.is_empty() {
            queue.1.notified().await;
        }
        count += taken.len();
        sum += taken.iter().sum::<usize>();
    }
    assert_eq!(sum, 3 * EACH * (EACH + 1) / 2);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
}

/// As many are let go as there are notifications, while other listeners come and go.
async fn notifications_and_listeners_are_in_balance(on: Tasks) {
    const ROUNDS: usize = 60;
    let notify = Arc::new(Notify::new());
    let quitter = {
        let (on, notify) = (on.clone(), notify.clone());
        on.clone().spawn(async move {
            for _ in 0..ROUNDS {
                if poll_once(pin!(notify.notified())).await.is_ready() {
                    notify.notify_one();
                }
                on.yield_now().await;
            }
        })
    };
    for _ in 0..ROUNDS {
        let task = on.in_line(notify.clone().notified_owned()).await;
        notify.notify_one();
        task.await;
    }
    quitter.await;
}

tests::each_executor! {
    a_notification_for_nobody_is_stored_once,
    listeners_are_served_in_the_order_of_their_coming,
    all_who_listen_are_told_polled_or_not_and_nobody_later,
    a_dropped_listener_hands_on_what_it_was_handed,
    a_dropped_listener_that_was_told_with_all_hands_nothing_on,
    an_enabled_listener_stands_in_line_before_it_is_polled,
    a_queue_with_one_reader_misses_nothing,
    notifications_and_listeners_are_in_balance,
}

#[test]
fn once_ready_it_stays_ready_and_takes_no_other() {
    let notify = Notify::new();
    let mut listener = Polled::waiting(notify.notified());
    notify.notify_one();
    listener.ready();
    notify.notify_one();
    listener.ready();
    drop(listener);
    Polled::new(notify.notified()).ready();
}

#[test]
fn a_waker_may_call_the_notify_back() {
    const CALLS: &[fn(&Notify)] = &[
        |notify| notify.notify_one(),
        |notify| notify.notify_last(),
        |notify| notify.notify_waiters(),
        |notify| touch(notify.notified()),
        |notify| assert!(!format!("{notify:?}").is_empty()),
    ];
    meddle(Notify::new, CALLS, |notify, waker| {
        let mut listeners: Vec<_> = (0..40).map(|_| Polled::new(notify.notified())).collect();
        listeners.iter_mut().for_each(|listener| listener.prod(waker));
        for listener in listeners.iter_mut().step_by(2) {
            listener.prod_plainly();
            listener.prod(waker);
        }
        notify.notify_one();
        notify.notify_last();
        drop(listeners.pop());
        drop(listeners.remove(0));
        notify.notify_waiters();
        listeners.iter_mut().for_each(|listener| listener.prod(waker));
    });
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let notify = Notify::new();
    let mut listeners: Vec<_> = (0..80).map(|_| Polled::new(notify.notified())).collect();
    for (number, listener) in listeners.iter_mut().enumerate() {
        let pending = match number {
            0 | 40 => listener.poll_with(&bomb(Deed::Wake)),
            _ => listener.poll(),
        };
        assert!(pending.is_pending());
    }
    blows_up(|| notify.notify_one());
    // It was handed over all the same, and is handed on.
    drop(listeners.remove(0));
    assert_eq!(listeners[0].wakes(), 1);
    blows_up(|| notify.notify_waiters());
    for (number, listener) in listeners.iter_mut().enumerate() {
        assert_eq!(listener.wakes(), usize::from(number != 39));
        listener.ready();
    }
    touch(notify.notified());
}
