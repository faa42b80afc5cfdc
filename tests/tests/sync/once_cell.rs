//! OnceCell: tokio's value that is made once, by whoever needs it first and succeeds.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, panics, touch};
use mainspring::sync::{Event, OnceCell, SetError};
use std::cell::Cell;
use std::future::{Future, Ready, pending, poll_fn, ready};
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard, Weak};
use std::task::Poll;
use tests::{Drops, Tasks, at_every_point, poll_once, within};

tests::has! { Send, Sync, Unpin, Default => OnceCell<u8> }
tests::has! { Send => OnceCell<Cell<u8>> }
tests::has! { Send, Sync, std::error::Error, PartialEq => SetError<u8> }
tests::lacks! { Send => OnceCell<Rc<u8>>, OnceCell<MutexGuard<'static, u8>> }
tests::lacks! { Sync => OnceCell<Rc<u8>>, OnceCell<Cell<u8>>, OnceCell<MutexGuard<'static, u8>> }
tests::lacks! { Sync => SetError<Cell<u8>> }

#[test]
fn asking_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    let cell = OnceCell::new();
    both(&cell.get_or_init(|| ready(1)));
    both(&cell.get_or_try_init(|| ready(Ok::<_, u8>(1))));
}

/// The value, made by an async function that yields so many times.
async fn slowly(on: Tasks, yields: usize, value: u32) -> u32 {
    for _ in 0..yields {
        on.yield_now().await;
    }
    value
}

async fn one_makes_it_and_all_get_the_same(on: Tasks) {
    let cell = Arc::new(OnceCell::new());
    let made = Arc::new(AtomicUsize::new(0));
    let wants = |number: usize| {
        let (on, cell, made) = (on.clone(), cell.clone(), made.clone());
        async move {
            let make = || async {
                made.fetch_add(1, Ordering::Relaxed);
                slowly(on, 3, number as u32).await
            };
            let value: &u32 = cell.get_or_init(make).await;
            assert_eq!(cell.get(), Some(value));
            (*value, std::ptr::from_ref(value).addr())
        }
    };
    let tasks: Vec<_> = (0..20).map(|number| on.spawn(wants(number))).collect();
    let mine = wants(20).await;
    for task in tasks {
        assert_eq!(task.await, mine);
    }
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

async fn before_it_is_there_nobody_sees_it_and_after_that_nobody_waits(on: Tasks) {
    let (cell, gate) = (Arc::new(OnceCell::new()), Arc::new(Event::new()));
    let (their_cell, theirs) = (cell.clone(), gate.clone());
    let work = async move {
        let make = || async {
            theirs.wait().await;
            5
        };
        *their_cell.get_or_init(make).await
    };
    let maker = on.in_line(work).await;
    assert_eq!((cell.get(), cell.initialized()), (None, false));
    assert_eq!(cell.set(6), Err(SetError::InitializingError(6)));
    let never = || async { panic!("there is one who makes it") };
    let mut waits = pin!(cell.get_or_init(never));
    assert!(poll_once(waits.as_mut()).await.is_pending());
    gate.set();
    assert_eq!((*waits.await, maker.await), (5, 5));
    assert_eq!((cell.get(), cell.initialized()), (Some(&5), true));
    assert_eq!(cell.set(6), Err(SetError::AlreadyInitializedError(6)));
    // Not even once in a while, to let others run.
    for _ in 0..500 {
        assert!(poll_once(pin!(cell.get_or_init(never))).await.is_ready());
        let tried = cell.get_or_try_init(|| ready(Err("there is one")));
        assert_eq!(poll_once(pin!(tried)).await, Poll::Ready(Ok(&5)));
    }
}

/// Whoever is making it is dropped, wherever: the next makes it, from the beginning.
async fn when_the_maker_is_dropped_the_next_makes_it(on: Tasks) {
    at_every_point(|point| {
        let (on, cell, drops) = (on.clone(), Arc::new(OnceCell::new()), Drops::new());
        async move {
            let wants = |value| {
                let (on, cell, counted) = (on.clone(), cell.clone(), drops.counted());
                async move {
                    let make = || async move {
                        let _counted = counted;
                        slowly(on, 2, value).await
                    };
                    *cell.get_or_init(make).await
                }
            };
            let victim = on.started(point.of(wants(1))).await;
            let next = on.started(wants(2)).await;
            let last = on.started(wants(3)).await;
            let done = victim.await;
            let value = if done.is_some() { 1 } else { 2 };
            assert!(done.is_none_or(|value| value == 1));
            assert_eq!((next.await, last.await, cell.get()), (value, value, Some(&value)));
            assert_eq!(drops.count(), 3);
        }
    })
    .await;
}

/// One who waits is dropped, wherever, also with the turn in its hands: nobody waits for it.
async fn a_dropped_waiter_passes_the_turn_on(on: Tasks) {
    at_every_point(|point| {
        let (on, cell, gate) = (on.clone(), Arc::new(OnceCell::new()), Arc::new(Event::new()));
        async move {
            let wants = |value: Result<u32, &'static str>| {
                let (cell, gate) = (cell.clone(), gate.clone());
                async move {
                    let make = || async {
                        gate.wait().await;
                        value
                    };
                    cell.get_or_try_init(make).await.copied()
                }
            };
            let first = on.in_line(wants(Err("the first"))).await;
            let victim = on.started(point.of(wants(Ok(1)))).await;
            let other = on.in_line(wants(Ok(2))).await;
            let last = on.in_line(wants(Ok(3))).await;
            gate.set();
            assert_eq!(first.await, Err("the first"));
            let done = victim.await;
            let value = if done.is_some() { 1 } else { 2 };
            assert!(done.is_none_or(|value| value == Ok(1)));
            assert_eq!((other.await, last.await), (Ok(value), Ok(value)));
        }
    })
    .await;
}

async fn who_fails_hears_of_it_alone_and_the_next_in_line_tries(on: Tasks) {
    let (cell, log) = (Arc::new(OnceCell::new()), Log::new());
    let mut maker = Box::pin(cell.get_or_init(pending));
    assert!(poll_once(maker.as_mut()).await.is_pending());
    let mut tasks = vec![];
    for number in 0..10 {
        let (tasks_on, cell, log) = (on.clone(), cell.clone(), log.clone());
        let work = async move {
            let make = || async {
                log.say(number);
                tasks_on.yield_now().await;
                if number < 6 { Err(number) } else { Ok(number) }
            };
            cell.get_or_try_init(make).await.copied()
        };
        tasks.push(on.in_line(work).await);
    }
    drop(maker);
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await, if number < 6 { Err(number) } else { Ok(6) });
    }
    assert_eq!(log.said(), Vec::from_iter(0..7));
    assert_eq!(cell.get(), Some(&6));
}

/// Polls to the end, and says whether that is a panic.
async fn ends_in_a_panic(future: impl Future) -> bool {
    let mut future = Box::pin(future);
    poll_fn(|cx| {
        let mut polled = Poll::Pending;
        let panicked = panics(|| polled = future.as_mut().poll(cx).map(drop));
        if panicked { Poll::Ready(true) } else { polled.map(|()| false) }
    })
    .await
}

async fn when_the_maker_panics_the_next_tries(on: Tasks) {
    let cell = Arc::new(OnceCell::<u32>::new());
    let mut maker = Box::pin(cell.get_or_init(pending));
    assert!(poll_once(maker.as_mut()).await.is_pending());
    let (theirs, tasks) = (cell.clone(), on.clone());
    let in_the_future = async move {
        let make = || async {
            tasks.yield_now().await;
            panic!("in the future")
        };
        ends_in_a_panic(theirs.get_or_init(make)).await
    };
    let first = on.in_line(in_the_future).await;
    let (theirs, call) = (cell.clone(), || -> Ready<u32> { panic!("in the call") });
    let second = on.in_line(async move { ends_in_a_panic(theirs.get_or_init(call)).await }).await;
    let theirs = cell.clone();
    let third = on.in_line(async move { *theirs.get_or_init(|| ready(3)).await }).await;
    drop(maker);
    assert!(first.await && second.await);
    assert_eq!((third.await, cell.get()), (3, Some(&3)));
}

/// It waits for itself, as is said, and is no harm to others once it is dropped.
async fn a_maker_must_not_ask_the_same_cell(on: Tasks) {
    let cell = Arc::new(OnceCell::new());
    let mut itself = Box::pin(cell.get_or_init(async || *cell.get_or_init(|| ready(1)).await));
    let theirs = cell.clone();
    for _ in 0..3 {
        assert!(poll_once(itself.as_mut()).await.is_pending());
        on.yield_now().await;
    }
    let next = on.in_line(async move { *theirs.get_or_init(|| ready(2)).await }).await;
    drop(itself);
    assert_eq!(next.await, 2);
}

async fn set_does_not_overtake_and_is_free_again_when_the_maker_is_gone(on: Tasks) {
    let cell = Arc::new(OnceCell::new());
    let mut maker = Box::pin(cell.get_or_init(pending));
    assert!(poll_once(maker.as_mut()).await.is_pending());
    let mut next = pin!(cell.get_or_init(|| ready(1)));
    assert!(poll_once(next.as_mut()).await.is_pending());
    drop(maker);
    // The turn was handed over, and is not taken yet.
    on.yield_now().await;
    assert_eq!(cell.set(2), Err(SetError::InitializingError(2)));
    assert_eq!(*next.await, 1);
    let cell = OnceCell::new();
    assert!(poll_once(Box::pin(cell.get_or_init(pending)).as_mut()).await.is_pending());
    assert_eq!(cell.set(3), Ok(()));
    assert_eq!(*cell.get_or_init(pending).await, 3);
}

/// Many set, many ask: one value, and the errors account for all others.
async fn it_is_set_once(on: Tasks) {
    let cell = Arc::new(OnceCell::new());
    let sets = |number: u32| {
        let (on, cell) = (on.clone(), cell.clone());
        async move {
            for _ in 0..number % 3 {
                on.yield_now().await;
            }
            cell.set(number).is_ok()
        }
    };
    let asks = |number: u32| {
        let (on, cell) = (on.clone(), cell.clone());
        async move { *cell.get_or_init(|| slowly(on, 1, number)).await }
    };
    let setters: Vec<_> = (0..10).map(|number| on.spawn(sets(number))).collect();
    let askers: Vec<_> = (10..20).map(|number| on.spawn(asks(number))).collect();
    let value = asks(20).await;
    assert_eq!(cell.get(), Some(&value));
    for (number, setter) in setters.into_iter().enumerate() {
        assert_eq!(setter.await, number == value as usize);
    }
    for asker in askers {
        assert_eq!(asker.await, value);
    }
}

tests::each_executor! {
    one_makes_it_and_all_get_the_same,
    before_it_is_there_nobody_sees_it_and_after_that_nobody_waits,
    when_the_maker_is_dropped_the_next_makes_it,
    a_dropped_waiter_passes_the_turn_on,
    who_fails_hears_of_it_alone_and_the_next_in_line_tries,
    when_the_maker_panics_the_next_tries,
    a_maker_must_not_ask_the_same_cell,
    set_does_not_overtake_and_is_free_again_when_the_maker_is_gone,
    it_is_set_once,
}

#[test]
fn it_is_made_shown_and_taken_apart() {
    static MADE: OnceCell<u8> = OnceCell::const_new_with(1);
    static NONE: OnceCell<u8> = OnceCell::const_new();
    assert!(MADE.initialized() && !NONE.initialized());
    assert_eq!(
        format!("{MADE:?} {NONE:?}"),
        "OnceCell { value: Some(1) } OnceCell { value: None }"
    );
    let mut cell = OnceCell::new_with(Some(2));
    *cell.get_mut().unwrap() += 1;
    assert!(cell.clone() == cell && cell == OnceCell::from(3) && cell != OnceCell::default());
    assert_eq!((cell.take(), cell.take(), cell.get_mut()), (Some(3), None, None));
    // Taken out, it is as new.
    assert_eq!(*Polled::new(cell.get_or_init(|| ready(4))).ready(), 4);
    assert_eq!((cell.into_inner(), OnceCell::<u8>::new_with(None).into_inner()), (Some(4), None));
    let (one, two) = (SetError::AlreadyInitializedError(1), SetError::InitializingError(2));
    assert!(one.is_already_init_err() && !one.is_initializing_err());
    assert!(two.is_initializing_err() && !two.is_already_init_err());
    assert_eq!(format!("{one} {two}"), "AlreadyInitializedError InitializingError");
}

#[test]
fn the_value_is_dropped_once() {
    let drops = Drops::new();
    let mut cell = OnceCell::from(drops.counted());
    assert!(cell.set(drops.counted()).is_err() && drops.count() == 1);
    drop(cell.take());
    assert!(cell.set(drops.counted()).is_ok() && drops.count() == 2);
    assert!(cell.into_inner().is_some() && drops.count() == 3);
}

/// A value whose destructor uses the cell that it is to be, or is, in.
struct Hook(Weak<OnceCell<Hook>>);

impl Drop for Hook {
    fn drop(&mut self) {
        let Some(cell) = self.0.upgrade() else { return };
        let _ = (cell.get().is_some(), cell.set(Hook(Weak::new())));
        touch(cell.get_or_init(pending));
    }
}

#[test]
fn a_destructor_of_the_value_may_call_the_cell_back() {
    within(|| {
        let cell = Arc::new(OnceCell::new());
        let hook = || Hook(Arc::downgrade(&cell));
        let maker = Polled::waiting(cell.get_or_init(async || {
            let _hook = hook();
            pending().await
        }));
        drop(cell.set(hook()).unwrap_err());
        // It has the turn until all of it is gone: its destructors cannot set the value.
        drop(maker);
        assert!(cell.set(hook()).is_ok());
        drop(cell);
    });
}

#[test]
fn a_waker_may_call_the_cell_back() {
    const CALLS: &[fn(&OnceCell<u8>)] = &[
        |cell| assert!(cell.get().is_some() == cell.initialized()),
        |cell| drop(cell.set(1)),
        |cell| touch(cell.get_or_init(pending)),
        |cell| touch(cell.get_or_init(|| ready(2))),
        |cell| touch(cell.get_or_try_init(|| ready(Err(3)))),
        |cell| assert!(!format!("{cell:?}").is_empty()),
    ];
    meddle(OnceCell::new, CALLS, |cell, waker| {
        let mut maker = Polled::new(cell.get_or_init(pending));
        maker.prod(waker);
        let mut waits: Vec<_> = (0..40)
            .map(|number| {
                Polled::new(cell.get_or_init(async move || match number {
                    20 => 20,
                    _ => pending().await,
                }))
            })
            .collect();
        waits.iter_mut().for_each(|wait| wait.prod(waker));
        for wait in waits.iter_mut().step_by(2) {
            wait.prod_plainly();
            wait.prod(waker);
        }
        drop(waits.pop());
        drop(maker);
        while waits.len() > 10 {
            waits[0].prod(waker);
            drop(waits.remove(0));
        }
        waits.iter_mut().for_each(|wait| wait.prod(waker));
    });
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let (cell, gate) = (OnceCell::new(), Event::new());
    let make = async || {
        gate.wait().await;
        1
    };
    let gone = Polled::waiting(cell.get_or_init(make));
    let mut maker = Polled::new(cell.get_or_init(make));
    assert!(maker.poll_with(&bomb(Deed::Wake)).is_pending());
    let mut waits: Vec<_> = (0..80).map(|_| Polled::new(cell.get_or_init(pending))).collect();
    for (number, wait) in waits.iter_mut().enumerate() {
        let pending = match number {
            3 | 40 => wait.poll_with(&bomb(Deed::Wake)),
            _ => wait.poll(),
        };
        assert!(pending.is_pending());
    }
    // It has the turn, told of it or not.
    blows_up(|| drop(gone));
    gate.set();
    blows_up(|| maker.poll());
    assert_eq!(cell.get(), Some(&1));
    for (number, wait) in waits.iter_mut().enumerate() {
        assert_eq!(wait.wakes(), usize::from(number != 3 && number != 40));
        assert_eq!(*wait.ready(), 1);
    }
}
