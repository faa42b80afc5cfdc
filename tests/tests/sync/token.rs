//! CancellationToken: tokio_util's, which tells many tasks to end.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, panics, touch};
use mainspring::sync::{CancellationToken, Event};
use std::future::{pending, poll_fn, ready};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use tests::{Drops, Tasks, at_every_point, poll_once, within};

tests::has! { Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Default => CancellationToken }

#[test]
fn what_waits_can_be_sent_and_shared_if_what_it_runs_can() {
    fn both<T: Send + Sync>(_: &T) {}
    fn send<T: Send>(_: &T) {}
    let token = CancellationToken::new();
    both(&token.cancelled());
    both(&token.clone().cancelled_owned());
    both(&token.run_until_cancelled(ready(1)));
    both(&token.clone().run_until_cancelled_owned(ready(1)));
    send(&token.drop_guard_ref().disarm().clone().drop_guard().disarm());
    // And it runs what cannot be sent.
    let local = Rc::new(1);
    let mut run = Polled::new(token.run_until_cancelled(async { *local }));
    assert_eq!(run.ready(), Some(1));
}

async fn all_who_wait_are_told_and_nobody_waits_afterwards(on: Tasks) {
    let (token, log) = (CancellationToken::new(), Log::new());
    let mut tasks = vec![];
    for number in 0..100 {
        let (token, log) = (token.clone(), log.clone());
        let wait = async move {
            if number % 2 == 0 {
                token.cancelled().await;
            } else {
                token.cancelled_owned().await;
            }
            log.say(number);
        };
        tasks.push(on.in_line(wait).await);
    }
    for _ in 0..5 {
        on.yield_now().await;
    }
    assert!(log.said().is_empty() && !token.is_cancelled());
    token.cancel();
    token.cancel();
    for task in tasks {
        task.await;
    }
    assert_eq!(log.said().len(), 100);
    assert!(token.is_cancelled() && token.clone().is_cancelled());
    assert!(poll_once(pin!(token.cancelled())).await.is_ready());
}

async fn children_end_with_their_parent_and_alone(on: Tasks) {
    let root = CancellationToken::new();
    let (one, two) = (root.child_token(), root.child_token());
    let grandchild = one.child_token();
    let mut tasks = vec![];
    for token in [&root, &one, &two, &grandchild] {
        tasks.push(on.in_line(token.clone().cancelled_owned()).await);
    }
    one.cancel();
    // At once, not when somebody looks.
    assert!(one.is_cancelled() && grandchild.is_cancelled());
    tasks.pop().unwrap().await;
    tasks.remove(1).await;
    on.yield_now().await;
    assert!(!root.is_cancelled() && !two.is_cancelled());
    assert!(tasks.iter().all(|task| !task.is_finished()));
    // Of one that is cancelled, a child is born cancelled.
    one.child_token().child_token().cancelled().await;
    let third = root.child_token();
    root.cancel();
    assert!(two.is_cancelled() && third.is_cancelled());
    for task in tasks {
        task.await;
    }
}

async fn to_drop_tokens_cancels_nobody_and_cuts_nobody_off(on: Tasks) {
    let root = CancellationToken::new();
    let middle = root.child_token();
    let leaves: Vec<_> = (0..10).map(|_| middle.child_token()).collect();
    let mut tasks = vec![];
    for leaf in &leaves {
        tasks.push(on.in_line(leaf.clone().cancelled_owned()).await);
    }
    drop((middle, leaves));
    on.yield_now().await;
    assert!(tasks.iter().all(|task| !task.is_finished()) && !root.is_cancelled());
    root.cancel();
    for task in tasks {
        task.await;
    }
    let orphan = CancellationToken::new().child_token();
    assert!(poll_once(pin!(orphan.cancelled())).await.is_pending());
    orphan.cancel();
    orphan.cancelled().await;
}

async fn a_dropped_wait_keeps_nobody_from_going_on(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let root = CancellationToken::new();
            let token = root.child_token();
            let before = on.in_line(token.clone().cancelled_owned()).await;
            let victim = on.started(point.of(token.clone().cancelled_owned())).await;
            let theirs = token.clone();
            let other = on.started(point.of(async move { theirs.cancelled().await })).await;
            let after = on.in_line(token.child_token().cancelled_owned()).await;
            root.cancel();
            before.await;
            // After one poll it waits; later ones may come before the cancel.
            let told = (victim.await, other.await);
            assert!(point.polls > 1 || told == (None, None));
            after.await;
        }
    })
    .await;
}

async fn what_runs_until_cancelled_is_dropped_once_wherever_it_is(on: Tasks) {
    for cancels in [false, true] {
        at_every_point(|point| {
            let on = on.clone();
            async move {
                let (token, drops) = (CancellationToken::new(), Drops::new());
                let event = Arc::new(Event::new());
                let (theirs, counted) = (event.clone(), drops.counted());
                let work = async move {
                    theirs.wait().await;
                    drop(counted);
                    7
                };
                let run = point.of(token.clone().run_until_cancelled_owned(work));
                let victim = on.started(run).await;
                if cancels {
                    token.cancel()
                } else {
                    event.set()
                }
                let ended = victim.await;
                let expected = if cancels { None } else { Some(7) };
                assert!(ended.is_none_or(|ended| point.polls > 1 && ended == expected));
                assert_eq!((drops.count(), token.is_cancelled()), (1, cancels));
            }
        })
        .await;
    }
}

async fn an_output_comes_before_the_cancellation_but_for_the_first_poll(on: Tasks) {
    let (token, event) = (CancellationToken::new(), Arc::new(Event::new()));
    let (ours, theirs) = (token.clone(), event.clone());
    let mut run = pin!(ours.run_until_cancelled(theirs.wait()));
    assert!(poll_once(run.as_mut()).await.is_pending());
    event.set();
    token.cancel();
    assert_eq!(run.await, Some(()));
    let not_polled = || async { unreachable!("it is cancelled") };
    assert_eq!(token.run_until_cancelled(not_polled()).await, None::<()>);
    assert_eq!(token.clone().run_until_cancelled_owned(not_polled()).await, None::<()>);
    // It cancels its own token, and is ready: that is its output.
    let token = CancellationToken::new();
    let itself = async {
        token.cancel();
        on.yield_now().await;
    };
    assert_eq!(token.run_until_cancelled(itself).await, None);
    let token = CancellationToken::new();
    assert_eq!(token.run_until_cancelled(async { token.cancel() }).await, Some(()));
}

/// A future that is always busy never waits, and is found cancelled all the same.
async fn who_is_always_busy_ends_too(on: Tasks) {
    let token = CancellationToken::new();
    let polls = Arc::new(AtomicUsize::new(0));
    let (theirs, count) = (token.clone(), polls.clone());
    let busy = poll_fn(move |cx| {
        count.fetch_add(1, Ordering::SeqCst);
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    });
    let task = on.spawn(async move { theirs.run_until_cancelled(busy).await });
    on.until(|| polls.load(Ordering::SeqCst) > 10).await;
    token.cancel();
    assert_eq!(task.await, None);
}

async fn the_nearest_token_ends_the_inner_run(on: Tasks) {
    let (root, log) = (CancellationToken::new(), Log::new());
    let (outer, inner, says) = (root.child_token(), root.child_token(), log.clone());
    let (run_outer, run_inner) = (outer.clone(), inner.clone());
    let nested = async move {
        let work = async {
            says.say(run_inner.run_until_cancelled(pending::<()>()).await.is_none());
            pending::<()>().await;
        };
        run_outer.run_until_cancelled(work).await
    };
    let task = on.in_line(nested).await;
    inner.cancel();
    on.until(|| !log.said().is_empty()).await;
    on.yield_now().await;
    assert!(!task.is_finished());
    outer.cancel();
    assert_eq!((task.await, root.is_cancelled(), log.said()), (None, false, vec![true]));
}

async fn a_guard_cancels_when_its_task_ends_however_that_is(on: Tasks) {
    at_every_point(|point| {
        let on = on.clone();
        async move {
            let parent = CancellationToken::new();
            let (owned, borrowed) = (parent.child_token(), parent.child_token());
            let (guard, theirs) = (owned.clone().drop_guard(), borrowed.clone());
            let below = on.in_line(owned.child_token().cancelled_owned()).await;
            let yields = on.clone();
            let scope = async move {
                let _borrowed = theirs.drop_guard_ref();
                let _owned = guard;
                yields.yield_now().await;
                yields.yield_now().await;
            };
            on.started(point.of(scope)).await.await;
            below.await;
            // Before its first poll there is no guard of a borrow yet.
            assert_eq!((owned.is_cancelled(), borrowed.is_cancelled()), (true, point.polls > 0));
            assert!(!parent.is_cancelled());
        }
    })
    .await;
    let token = CancellationToken::new();
    let guard = token.clone().drop_guard();
    let task = on.spawn(async move { guard.disarm() });
    assert!(!task.await.is_cancelled() && !token.drop_guard_ref().disarm().is_cancelled());
    let guard = token.clone().drop_guard();
    let task = on.in_line(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    assert!(task.await.give_up().await.is_none() && token.is_cancelled());
}

async fn what_was_done_before_the_cancel_is_seen_after_it(on: Tasks) {
    for round in 1..50 {
        let (token, told) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
        let (child, theirs, tells) = (token.child_token(), token.clone(), told.clone());
        let task = on.spawn(async move {
            // Ordering: Relaxed, the token orders it.
            tells.store(round, Ordering::Relaxed);
            theirs.cancel();
        });
        child.cancelled().await;
        assert_eq!(told.load(Ordering::Relaxed), round);
        task.await;
    }
}

/// Tokens are born, cancelled and dropped on all sides while their root is cancelled.
async fn no_descendant_is_left_out(on: Tasks) {
    for round in 0..20 {
        let root = CancellationToken::new();
        let tasks: Vec<_> = (0..4)
            .map(|number| {
                let (on, mine) = (on.clone(), root.child_token());
                on.clone().spawn(async move {
                    let mut kept = vec![];
                    while !mine.is_cancelled() {
                        let child = mine.child_token();
                        if kept.len() % 3 == number % 3 {
                            child.child_token().cancel();
                        }
                        kept.push(child.child_token());
                        drop(child);
                        if kept.len() > 20 {
                            kept.drain(..10).for_each(|token| token.cancel());
                        }
                        on.yield_now().await;
                    }
                    for token in &kept {
                        token.cancelled().await;
                    }
                    assert!(kept.iter().all(|token| token.is_cancelled()));
                })
            })
            .collect();
        for _ in 0..round {
            on.yield_now().await;
        }
        let theirs = root.clone();
        let thread = thread::spawn(move || theirs.cancel());
        for task in tasks {
            task.await;
        }
        thread.join().unwrap();
    }
}

tests::each_executor! {
    all_who_wait_are_told_and_nobody_waits_afterwards,
    children_end_with_their_parent_and_alone,
    to_drop_tokens_cancels_nobody_and_cuts_nobody_off,
    a_dropped_wait_keeps_nobody_from_going_on,
    what_runs_until_cancelled_is_dropped_once_wherever_it_is,
    an_output_comes_before_the_cancellation_but_for_the_first_poll,
    who_is_always_busy_ends_too,
    the_nearest_token_ends_the_inner_run,
    a_guard_cancels_when_its_task_ends_however_that_is,
    what_was_done_before_the_cancel_is_seen_after_it,
    no_descendant_is_left_out,
}

#[test]
fn a_waker_may_call_the_token_back() {
    const CALLS: &[fn(&CancellationToken)] = &[
        |token| token.cancel(),
        |token| touch(token.cancelled()),
        |token| touch(token.child_token().cancelled_owned()),
        |token| touch(token.run_until_cancelled(ready(1))),
        |token| drop(token.child_token().drop_guard()),
        |token| assert!(!format!("{token:?}").is_empty()),
    ];
    meddle(CancellationToken::new, CALLS, |token, waker| {
        let children: Vec<_> = (0..10).map(|_| token.child_token()).collect();
        let below = children.iter().map(|child| Polled::new(child.clone().cancelled_owned()));
        let mut below: Vec<_> = below.collect();
        let mut waits: Vec<_> = (0..40).map(|_| Polled::new(token.cancelled())).collect();
        below.iter_mut().for_each(|wait| wait.prod(waker));
        waits.iter_mut().for_each(|wait| wait.prod(waker));
        waits.iter_mut().step_by(2).for_each(Polled::prod_plainly);
        waits.iter_mut().step_by(3).for_each(|wait| wait.prod(waker));
        drop((waits.pop(), below.pop()));
        children[0].cancel();
        drop(children);
        token.cancel();
        waits.iter_mut().for_each(|wait| wait.prod(waker));
    });
}

#[test]
fn a_future_that_is_dropped_may_use_the_token_that_ended_it() {
    within(|| {
        let token = CancellationToken::new();
        let guard = token.child_token().drop_guard();
        let (own, child) = (token.clone().drop_guard(), token.child_token());
        let work = async move {
            let _all = (guard, own, child);
            pending::<()>().await;
        };
        let mut run = Polled::waiting(token.run_until_cancelled(work));
        token.cancel();
        assert_eq!(run.ready(), None);
    });
}

#[test]
fn a_waker_that_panics_keeps_it_from_nobody_here_or_below() {
    let root = CancellationToken::new();
    let tokens: Vec<_> = (0..40).flat_map(|_| [root.clone(), root.child_token()]).collect();
    let mut waits: Vec<_> = tokens.iter().map(|token| Polled::new(token.cancelled())).collect();
    for (number, wait) in waits.iter_mut().enumerate() {
        match number {
            0 | 21 => wait.prod(&bomb(Deed::Wake)),
            _ => wait.prod_plainly(),
        }
    }
    blows_up(|| root.cancel());
    assert!(tokens.iter().all(CancellationToken::is_cancelled));
    for (number, wait) in waits.iter_mut().enumerate() {
        assert_eq!(wait.wakes(), usize::from(number != 0 && number != 21));
        wait.ready();
        wait.ready();
    }
}

#[test]
fn a_future_that_panics_panics_through_the_run_and_is_dropped() {
    let (token, drops) = (CancellationToken::new(), Drops::new());
    let counted = drops.counted();
    let work = async move {
        let _counted = counted;
        panic!("in the work");
    };
    assert!(panics(|| touch(token.run_until_cancelled(work))));
    assert_eq!((drops.count(), token.is_cancelled()), (1, false));
    let mut run = Polled::new(token.run_until_cancelled(ready(1)));
    assert_eq!(run.ready(), Some(1));
    assert!(panics(|| run.poll()));
}
