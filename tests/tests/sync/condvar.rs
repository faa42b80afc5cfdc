//! Condvar: asyncio's condition, apart from its lock: wait until what a Mutex guards has changed.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, panics, touch};
use mainspring::sync::{Condvar, Mutex, MutexGuard, OwnedMutexGuard};
use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::thread;
use tests::{Task, Tasks, at_every_point, panic_of, poll_once};

tests::has! { Send, Sync, Default => Condvar }
tests::lacks! { Clone => Condvar }

#[test]
fn waiting_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    fn send<T: Send>(_: &T) {}
    let (mutex, condvar) = (Arc::new(Mutex::new(1)), Condvar::new());
    let owned = || mutex.clone().try_lock_owned().unwrap();
    both(&condvar.wait(mutex.try_lock().unwrap()));
    both(&condvar.wait_for(mutex.try_lock().unwrap(), |_| true));
    both(&condvar.wait_owned(owned()));
    both(&condvar.wait_for_owned(owned(), |_| true));
    let cell = Mutex::new(Cell::new(1));
    send(&condvar.wait(cell.try_lock().unwrap()));
}

/// A number that is waited for.
#[derive(Debug, Default)]
struct Shared {
    number: Arc<Mutex<usize>>,
    changed: Condvar,
}

type Guard = OwnedMutexGuard<usize>;

impl Shared {
    /// Locks, waits once, and comes back with the guard.
    fn wait(self: &Arc<Self>) -> impl Future<Output = Guard> + Send + 'static {
        let this = self.clone();
        async move { this.changed.wait_owned(this.number.clone().lock_owned().await).await }
    }

    /// A task that stands in line, and unlocks this.
    async fn waiter_with(self: &Arc<Self>, on: &Tasks, guard: Guard) -> Task<()> {
        let this = self.clone();
        on.in_line(async move { drop(this.changed.wait_owned(guard).await) }).await
    }

    /// Tasks that stand in line, and lock for a moment when they are told.
    async fn waiters(self: &Arc<Self>, on: &Tasks, count: usize) -> Vec<Task<()>> {
        let mut tasks = vec![];
        for _ in 0..count {
            tasks.push(self.waiter_with(on, self.number.clone().lock_owned().await).await);
        }
        tasks
    }
}

async fn yields(on: &Tasks) {
    for _ in 0..5 {
        on.yield_now().await;
    }
}

async fn a_wait_unlocks_waits_and_comes_back_with_the_lock(on: Tasks) {
    let shared = Arc::<Shared>::default();
    let waiter = on.in_line(shared.wait()).await;
    let mut held = shared.number.lock().await;
    *held = 1;
    shared.changed.notify_one();
    yields(&on).await;
    assert!(!waiter.is_finished(), "it is told, and has not got the lock");
    *held = 2;
    drop(held);
    let guard = waiter.await;
    assert!(*guard == 2 && shared.number.try_lock().is_err());
    drop(guard);
    assert!(shared.number.try_lock().is_ok());
}

async fn it_keeps_the_lock_until_it_is_polled(on: Tasks) {
    let shared = Arc::<Shared>::default();
    let mut wait = Box::pin(shared.changed.wait(shared.number.lock().await));
    yields(&on).await;
    assert!(shared.number.try_lock().is_err());
    // Nobody stands in line yet.
    shared.changed.notify_all();
    assert!(poll_once(wait.as_mut()).await.is_pending() && shared.number.try_lock().is_ok());
    assert!(poll_once(wait.as_mut()).await.is_pending());
    // Dropped before it is polled, it unlocks.
    drop(shared.changed.wait(shared.number.lock().await));
    assert!(shared.number.try_lock().is_ok());
}

async fn one_is_told_at_a_time_in_order(on: Tasks) {
    let shared = Arc::<Shared>::default();
    // With nobody to hear it, it is forgotten.
    shared.changed.notify_one();
    let mut tasks = shared.waiters(&on, 10).await;
    while !tasks.is_empty() {
        shared.changed.notify_one();
        tasks.remove(0).await;
        yields(&on).await;
        assert!(tasks.iter().all(|task| !task.is_finished()));
    }
}

async fn notify_all_tells_those_who_wait_now_and_nobody_else(on: Tasks) {
    let shared = Arc::<Shared>::default();
    let tasks = shared.waiters(&on, 100).await;
    // Under the lock, so that whoever comes later comes after it.
    let held = shared.number.clone().lock_owned().await;
    shared.changed.notify_all();
    let late = shared.waiter_with(&on, held).await;
    for task in tasks {
        task.await;
    }
    yields(&on).await;
    assert!(!late.is_finished());
    shared.changed.notify_one();
    late.await;
}

/// Dropped before it is told, after it, while it waits for the lock, or with that in its hands:
/// one notification lets one go on.
async fn a_dropped_wait_passes_on_what_it_was_told(on: Tasks) {
    for locked in [false, true] {
        at_every_point(|point| {
            let (on, shared) = (on.clone(), Arc::<Shared>::default());
            async move {
                let wait = shared.wait();
                let victim = on.started(point.of(async move { drop(wait.await) })).await;
                let mut others = shared.waiters(&on, 2).await;
                if locked {
                    let held = shared.number.lock().await;
                    shared.changed.notify_one();
                    yields(&on).await;
                    drop(held);
                } else {
                    shared.changed.notify_one();
                }
                if victim.await.is_none() {
                    others.remove(0).await;
                }
                yields(&on).await;
                assert!(others.iter().all(|other| !other.is_finished()));
                for other in others {
                    shared.changed.notify_one();
                    other.await;
                }
                assert!(shared.number.try_lock().is_ok());
            }
        })
        .await;
    }
}

/// Who was told with all others has nothing to pass on.
async fn a_dropped_wait_passes_nothing_on_that_all_were_told(on: Tasks) {
    at_every_point(|point| {
        let (on, shared) = (on.clone(), Arc::<Shared>::default());
        async move {
            let wait = shared.wait();
            let victim = on.started(point.of(async move { drop(wait.await) })).await;
            let before = shared.waiters(&on, 2).await;
            let held = shared.number.clone().lock_owned().await;
            shared.changed.notify_all();
            let late = shared.waiter_with(&on, held).await;
            victim.await;
            for task in before {
                task.await;
            }
            yields(&on).await;
            assert!(!late.is_finished());
            shared.changed.notify_one();
            late.await;
            assert!(shared.number.try_lock().is_ok());
        }
    })
    .await;
}

async fn wait_for_asks_under_the_lock_before_it_waits_and_when_told(on: Tasks) {
    let (shared, asked) = (Arc::<Shared>::default(), Log::new());
    let (theirs, log) = (shared.clone(), asked.clone());
    let waiter = async move {
        let number = theirs.number.clone();
        let condition = |value: &mut usize| {
            assert!(number.try_lock().is_err());
            log.say(*value);
            *value == 2
        };
        *theirs.changed.wait_for(theirs.number.lock().await, condition).await
    };
    let waiter = on.in_line(waiter).await;
    for value in [1, 2] {
        *shared.number.lock().await = value;
        shared.changed.notify_one();
        on.until(|| asked.said().len() > value).await;
    }
    assert_eq!((waiter.await, asked.said()), (2, vec![0, 1, 2]));
    let mut at_once = Box::pin(shared.changed.wait_for(shared.number.lock().await, |n| *n == 2));
    assert!(poll_once(at_once.as_mut()).await.is_ready());
}

async fn a_condition_that_panics_unlocks(on: Tasks) {
    let shared = Arc::<Shared>::default();
    let condition = |n: &mut usize| if *n == 1 { panic!("in the condition") } else { false };
    let mut wait = Box::pin(shared.changed.wait_for(shared.number.lock().await, condition));
    assert!(poll_once(wait.as_mut()).await.is_pending());
    let after = shared.waiters(&on, 1).await;
    *shared.number.lock().await = 1;
    shared.changed.notify_one();
    assert!(panics(|| Polled::new(wait).poll()));
    assert!(shared.number.try_lock().is_ok());
    // It was told, and had the lock: that is used up.
    yields(&on).await;
    for task in after {
        assert!(!task.is_finished());
        shared.changed.notify_one();
        task.await;
    }
}

/// A box of one, filled by some and emptied by others, some of whom give up.
async fn no_notification_is_missed(on: Tasks) {
    const EACH: usize = 30;
    let shared = Arc::new((Mutex::new(None), Condvar::new(), Condvar::new()));
    let fill = || {
        let shared = shared.clone();
        async move {
            let (slot, filled, emptied) = &*shared;
            for number in 1..=EACH {
                let guard = slot.lock().await;
                *emptied.wait_for(guard, |slot| slot.is_none()).await = Some(number);
                filled.notify_one();
            }
        }
    };
    let empty = || {
        let (on, shared) = (on.clone(), shared.clone());
        async move {
            let (slot, filled, emptied) = &*shared;
            let mut sum = 0;
            for number in 1..=EACH {
                if number % 3 == 0 {
                    let mut quits = Box::pin(filled.wait(slot.lock().await));
                    assert!(poll_once(quits.as_mut()).await.is_pending());
                    on.yield_now().await;
                }
                let guard = slot.lock().await;
                sum += filled.wait_for(guard, |slot| slot.is_some()).await.take().unwrap();
                emptied.notify_one();
            }
            sum
        }
    };
    let (_fills, fill) = (on.spawn(fill()), on.spawn(fill()));
    let (one, two) = (on.spawn(empty()), on.spawn(empty()));
    let sum = one.await + two.await;
    fill.await;
    assert_eq!((sum, *shared.0.lock().await), (EACH * (EACH + 1), None));
}

async fn a_thread_without_the_lock_may_notify(on: Tasks) {
    let shared = Arc::<Shared>::default();
    let tasks = shared.waiters(&on, 10).await;
    let held = shared.number.lock().await;
    let theirs = shared.clone();
    thread::spawn(move || theirs.changed.notify_all()).join().unwrap();
    drop(held);
    for task in tasks {
        task.await;
    }
}

async fn a_second_mutex_is_refused_while_the_first_has_waiters(on: Tasks) {
    let (shared, other) = (Arc::<Shared>::default(), Mutex::new(()));
    let task = shared.waiters(&on, 1).await.remove(0);
    let guard = other.lock().await;
    let (mut wrong, line) = (Polled::new(shared.changed.wait(guard)), line!());
    let said = panic_of(|| wrong.poll().is_ready());
    let place = format!("{}:{line}:", file!());
    for words in ["two mutexes", "give each mutex a Condvar of its own", &place] {
        assert!(said.text.contains(words), "{words:?} is missing in {said:?}");
    }
    // It was unlocked, and the right one waits on.
    assert!(other.try_lock().is_ok() && !task.is_finished());
    drop(wrong);
    shared.changed.notify_one();
    task.await;
    // One after the other is no mistake.
    let mut next = Box::pin(shared.changed.wait(other.lock().await));
    assert!(poll_once(next.as_mut()).await.is_pending());
    shared.changed.notify_one();
    drop(next.await);
}

tests::each_executor! {
    a_wait_unlocks_waits_and_comes_back_with_the_lock,
    it_keeps_the_lock_until_it_is_polled,
    one_is_told_at_a_time_in_order,
    notify_all_tells_those_who_wait_now_and_nobody_else,
    a_dropped_wait_passes_on_what_it_was_told,
    a_dropped_wait_passes_nothing_on_that_all_were_told,
    wait_for_asks_under_the_lock_before_it_waits_and_when_told,
    a_condition_that_panics_unlocks,
    no_notification_is_missed,
    a_thread_without_the_lock_may_notify,
    a_second_mutex_is_refused_while_the_first_has_waiters,
}

#[test]
fn it_may_be_static_and_is_shown_and_guards_of_both_kinds_stand_in_one_line() {
    static CONDVAR: Condvar = Condvar::new();
    let mutex: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2, 3]));
    let owned = || mutex.clone().try_lock_owned().unwrap();
    assert_eq!(format!("{CONDVAR:?}"), "Condvar { waited_for: false }");
    let mut first = Polled::waiting(CONDVAR.wait_owned(owned()));
    let mut second = Polled::waiting(CONDVAR.wait(mutex.try_lock().unwrap()));
    let mut third = Polled::waiting(CONDVAR.wait_for_owned(owned(), |bytes| bytes[0] == 2));
    let mut fourth =
        Polled::waiting(CONDVAR.wait_for(mutex.try_lock().unwrap(), |bytes| bytes[0] == 2));
    assert_eq!(format!("{CONDVAR:?}"), "Condvar { waited_for: true }");
    CONDVAR.notify_one();
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    first.ready()[0] = 2;
    CONDVAR.notify_all();
    let guard: MutexGuard<'_, [u8]> = second.ready();
    assert!(third.poll().is_pending() && fourth.poll().is_pending());
    drop(guard);
    assert_eq!(*third.ready(), [2, 2, 3]);
    assert_eq!(fourth.ready().len(), 3);
    assert_eq!(format!("{:?}", Condvar::default()), "Condvar { waited_for: false }");
}

#[test]
fn a_waker_may_call_the_condvar_back() {
    type Both = (Mutex<u8>, Condvar);
    const CALLS: &[fn(&Both)] = &[
        |(_, condvar)| condvar.notify_one(),
        |(_, condvar)| condvar.notify_all(),
        |(mutex, _)| drop(mutex.try_lock()),
        |(mutex, condvar)| mutex.try_lock().into_iter().for_each(|g| touch(condvar.wait(g))),
        |(_, condvar)| assert!(!format!("{condvar:?}").is_empty()),
    ];
    let make = || (Mutex::new(1), Condvar::new());
    meddle(make, CALLS, |(mutex, condvar), waker| {
        let wait = |_| Polled::new(async { drop(condvar.wait(mutex.lock().await).await) });
        let mut waits: Vec<_> = (0..40).map(wait).collect();
        waits.iter_mut().for_each(|wait| wait.prod(waker));
        for wait in waits.iter_mut().step_by(2) {
            wait.prod_plainly();
            wait.prod(waker);
        }
        drop(waits.pop());
        drop(waits.remove(0));
        let held = mutex.try_lock();
        condvar.notify_one();
        condvar.notify_one();
        waits.iter_mut().for_each(|wait| wait.prod(waker));
        drop(waits.remove(0));
        drop(held);
        condvar.notify_all();
        waits.iter_mut().for_each(|wait| wait.prod(waker));
    });
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let (mutex, condvar) = (Mutex::new(1), Condvar::new());
    let wait = |_| Polled::new(condvar.wait(mutex.try_lock().unwrap()));
    blows_up(|| wait(0).poll_with(&bomb(Deed::Clone)).is_ready());
    assert!(mutex.try_lock().is_ok());
    let mut waits = vec![];
    for number in 0..80 {
        waits.push(wait(number));
        let pending = match number {
            3 | 40 | 79 => waits[number].poll_with(&bomb(Deed::Wake)),
            _ => waits[number].poll(),
        };
        assert!(pending.is_pending());
    }
    blows_up(|| condvar.notify_all());
    for (number, wait) in waits.iter_mut().enumerate() {
        assert_eq!(wait.wakes(), usize::from(![3, 40, 79].contains(&number)));
        drop(wait.ready());
    }
    // Told is told: it passes it on when it is dropped.
    let mut first = wait(0);
    assert!(first.poll_with(&bomb(Deed::Wake)).is_pending());
    let mut second = Polled::waiting(condvar.wait(mutex.try_lock().unwrap()));
    blows_up(|| condvar.notify_one());
    drop(first);
    assert_eq!((second.wakes(), *second.ready()), (1, 1));
}
