//! Event: asyncio's flag that tasks wait for.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, touch};
use mainspring::sync::Event;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use tests::{Tasks, at_every_point, poll_once};

tests::has! { Send, Sync, Default => Event }

#[test]
fn a_wait_can_be_sent_and_shared_but_not_moved_once_polled() {
    fn both<T: Send + Sync>(_: &T) {}
    both(&Event::new().wait());
}

#[test]
fn it_may_be_static_and_is_shown() {
    static EVENT: Event = Event::new();
    assert_eq!(format!("{EVENT:?}"), "Event { set: false }");
    EVENT.set();
    assert_eq!(format!("{EVENT:?}"), "Event { set: true }");
}

async fn while_it_is_set_nobody_waits_and_nobody_yields(_: Tasks) {
    let event = Event::new();
    assert!(!event.is_set());
    event.set();
    event.set();
    for _ in 0..3 {
        assert!(event.is_set() && poll_once(pin!(event.wait())).await.is_ready());
    }
    event.clear();
    event.clear();
    assert!(!event.is_set() && poll_once(pin!(event.wait())).await.is_pending());
}

async fn set_lets_everybody_go_in_order_also_if_it_is_cleared_at_once(on: Tasks) {
    let (event, log) = (Arc::new(Event::new()), Log::new());
    let mut tasks = vec![];
    for number in 0..100 {
        let (event, log) = (event.clone(), log.clone());
        let wait = async move {
            event.wait().await;
            log.say(number);
        };
        tasks.push(on.in_line(wait).await);
    }
    event.set();
    event.clear();
    for task in tasks {
        task.await;
    }
    assert_eq!(log.said().len(), 100);
    assert!(poll_once(pin!(event.wait())).await.is_pending());
}

async fn who_comes_after_the_clear_waits_for_the_next_set(on: Tasks) {
    let event = Arc::new(Event::new());
    event.set();
    event.clear();
    let theirs = event.clone();
    let late = on.in_line(async move { theirs.wait().await }).await;
    for _ in 0..5 {
        on.yield_now().await;
    }
    assert!(!late.is_finished());
    event.set();
    late.await;
}

async fn a_dropped_wait_keeps_nobody_from_going_on(on: Tasks) {
    at_every_point(|point| {
        let (on, event) = (on.clone(), Arc::new(Event::new()));
        async move {
            let wait = || {
                let event = event.clone();
                async move { event.wait().await }
            };
            let before = on.in_line(wait()).await;
            let victim = on.started(point.of(wait())).await;
            let after = on.in_line(wait()).await;
            event.set();
            before.await;
            victim.await;
            after.await;
            event.clear();
            let next = on.in_line(wait()).await;
            event.set();
            next.await;
        }
    })
    .await;
}

async fn tasks_take_turns(on: Tasks) {
    const ROUNDS: usize = 200;
    let (ping, pong) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let (their_ping, their_pong) = (ping.clone(), pong.clone());
    let other = on.spawn(async move {
        for _ in 0..ROUNDS {
            their_ping.wait().await;
            their_ping.clear();
            their_pong.set();
        }
    });
    for _ in 0..ROUNDS {
        ping.set();
        pong.wait().await;
        pong.clear();
    }
    other.await;
    assert!(!ping.is_set() && !pong.is_set());
}

async fn a_thread_without_an_executor_may_set_it(on: Tasks) {
    let event = Arc::new(Event::new());
    let mut tasks = vec![];
    for _ in 0..10 {
        let event = event.clone();
        tasks.push(on.in_line(async move { event.wait().await }).await);
    }
    let theirs = event.clone();
    let thread = thread::spawn(move || theirs.set());
    for task in tasks {
        task.await;
    }
    thread.join().unwrap();
    event.wait().await;
}

async fn what_was_done_before_the_set_is_seen_after_the_wait(on: Tasks) {
    for round in 0..50 {
        let told = Arc::new((Event::new(), std::sync::atomic::AtomicUsize::new(0)));
        let theirs = told.clone();
        let task = on.spawn(async move {
            // Ordering: Relaxed, the event orders it.
            theirs.1.store(round, std::sync::atomic::Ordering::Relaxed);
            theirs.0.set();
        });
        told.0.wait().await;
        assert_eq!(told.1.load(std::sync::atomic::Ordering::Relaxed), round);
        task.await;
    }
}

tests::each_executor! {
    while_it_is_set_nobody_waits_and_nobody_yields,
    set_lets_everybody_go_in_order_also_if_it_is_cleared_at_once,
    who_comes_after_the_clear_waits_for_the_next_set,
    a_dropped_wait_keeps_nobody_from_going_on,
    tasks_take_turns,
    a_thread_without_an_executor_may_set_it,
    what_was_done_before_the_set_is_seen_after_the_wait,
}

#[test]
fn those_who_wait_are_called_in_order_and_once() {
    let event = Event::new();
    let mut waits: Vec<_> = (0..70).map(|_| Polled::waiting(event.wait())).collect();
    event.set();
    event.set();
    assert!(waits.iter().all(|wait| wait.wakes() == 1));
    waits.iter_mut().for_each(Polled::ready);
}

#[test]
fn a_waker_may_call_the_event_back() {
    const CALLS: &[fn(&Event)] = &[
        |event| event.set(),
        |event| event.clear(),
        |event| {
            event.set();
            event.clear();
        },
        |event| touch(event.wait()),
        |event| assert!(!format!("{event:?}").is_empty()),
    ];
    meddle(Event::new, CALLS, |event, waker| {
        let mut waits: Vec<_> = (0..40).map(|_| Polled::new(event.wait())).collect();
        waits.iter_mut().for_each(|wait| wait.prod(waker));
        for wait in waits.iter_mut().step_by(2) {
            wait.prod_plainly();
            wait.prod(waker);
        }
        waits.truncate(35);
        event.set();
        waits.iter_mut().for_each(|wait| wait.prod(waker));
        event.clear();
    });
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let event = Event::new();
    let mut waits: Vec<_> = (0..80).map(|_| Polled::new(event.wait())).collect();
    for (number, wait) in waits.iter_mut().enumerate() {
        let pending = match number {
            3 | 40 => wait.poll_with(&bomb(Deed::Wake)),
            _ => wait.poll(),
        };
        assert!(pending.is_pending());
    }
    blows_up(|| event.set());
    assert!(event.is_set());
    for (number, wait) in waits.iter_mut().enumerate() {
        assert_eq!(wait.wakes(), usize::from(number != 3 && number != 40));
        wait.ready();
    }
    event.clear();
    touch(event.wait());
}

#[test]
fn a_waker_that_panics_when_it_is_cloned_or_dropped_breaks_nothing() {
    let event = Event::new();
    blows_up(|| Polled::new(event.wait()).poll_with(&bomb(Deed::Clone)));
    let mut first = Polled::waiting(event.wait());
    blows_up(|| first.poll_with(&bomb(Deed::Clone)));
    let mut second = Polled::new(event.wait());
    let drops = bomb(Deed::Drop);
    assert!(second.poll_with(&drops).is_pending());
    blows_up(|| second.poll());
    std::mem::forget(drops);
    // An async function is over when it has panicked; their places in the line are theirs still.
    let mut third = Polled::waiting(event.wait());
    event.set();
    drop((first, second));
    third.ready();
}
