//! Mutex: tokio's lock over an await, and asyncio's promise of its order.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, panics, touch};
use mainspring::sync::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, TryLockError,
};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::thread;
use tests::{Executor, Tasks, at_every_point, poll_once, refuses, within};

tests::has! { Send, Sync => Mutex<Cell<u8>>, MutexGuard<'static, u8>, OwnedMutexGuard<u8> }
tests::has! { Send, Sync => MappedMutexGuard<'static, u8>, OwnedMappedMutexGuard<u8, u16> }
tests::has! { Send => MutexGuard<'static, Cell<u8>>, OwnedMutexGuard<Cell<u8>> }
tests::has! { Send => MappedMutexGuard<'static, Cell<u8>>, OwnedMappedMutexGuard<Cell<u8>, u8> }
tests::lacks! { Sync => MutexGuard<'static, Cell<u8>>, OwnedMutexGuard<Cell<u8>> }
tests::lacks! { Sync => MappedMutexGuard<'static, Cell<u8>> }
tests::lacks! { Sync => OwnedMappedMutexGuard<Cell<u8>, u8>, OwnedMappedMutexGuard<u8, Cell<u8>> }
tests::lacks! { Send => Mutex<Rc<u8>>, MutexGuard<'static, Rc<u8>>, OwnedMutexGuard<Rc<u8>> }
tests::lacks! { Send => MappedMutexGuard<'static, Rc<u8>>, OwnedMappedMutexGuard<Rc<u8>, u8> }
tests::lacks! { Sync => Mutex<Rc<u8>> }
tests::has! { Send, Sync, std::error::Error => TryLockError }

#[test]
fn locking_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    let mutex = Arc::new(Mutex::new(1));
    both(&mutex.lock());
    both(&mutex.clone().lock_owned());
}

async fn those_who_wait_are_served_in_order_and_not_overtaken(on: Tasks) {
    let (mutex, log) = (Arc::new(Mutex::new(())), Log::new());
    let guard = mutex.clone().lock_owned().await;
    let mut tasks = vec![];
    for number in 0..10 {
        let (theirs, mutex, log) = (on.clone(), mutex.clone(), log.clone());
        let work = async move {
            let _guard = mutex.lock().await;
            log.say(number);
            theirs.yield_now().await;
        };
        tasks.push(on.in_line(work).await);
    }
    assert!(mutex.try_lock().is_err());
    drop(guard);
    assert!(mutex.try_lock().is_err() || tasks.iter().all(|task| task.is_finished()));
    drop(mutex.lock().await);
    assert_eq!(log.said(), Vec::from_iter(0..10));
    for task in tasks {
        task.await;
    }
    assert!(mutex.try_lock().is_ok());
}

async fn it_is_not_reentrant(_: Tasks) {
    let mutex = Mutex::new(1);
    let mut guard = mutex.lock().await;
    assert!(poll_once(pin!(mutex.lock())).await.is_pending());
    assert_eq!(mutex.try_lock().unwrap_err().to_string(), "operation would block");
    *guard += 1;
    drop(guard);
    assert_eq!(*mutex.lock().await, 2);
}

async fn a_dropped_lock_is_passed_on(on: Tasks) {
    at_every_point(|point| {
        let (on, mutex) = (on.clone(), Arc::new(Mutex::new(0)));
        async move {
            let guard = mutex.clone().lock_owned().await;
            let theirs = mutex.clone();
            // With the guard inside: a drop while it holds the lock unlocks it.
            let tasks = on.clone();
            let work = async move {
                let mut guard = theirs.lock().await;
                tasks.yield_now().await;
                *guard += 1;
            };
            let victim = on.started(point.of(work)).await;
            let other = on.in_line(mutex.clone().lock_owned()).await;
            drop(guard);
            let done = victim.await.is_some();
            assert_eq!(*other.await, i32::from(done));
            assert!(mutex.try_lock().is_ok());
        }
    })
    .await;
}

async fn a_panic_unlocks_it_and_leaves_the_value(on: Tasks) {
    let mutex = Arc::new(Mutex::new(1));
    let theirs = mutex.clone();
    let task = on.spawn(async move {
        panics(|| {
            let mut guard = theirs.try_lock().unwrap();
            *guard = 2;
            panic!("under the lock");
        })
    });
    assert!(task.await);
    assert_eq!(*mutex.lock().await, 2);
}

async fn tasks_exclude_each_other(on: Tasks) {
    let mutex = Arc::new(Mutex::new((0, 0)));
    let worker = |number: usize| {
        let (on, mutex) = (on.clone(), mutex.clone());
        async move {
            for round in 0..50 {
                let mut guard = mutex.lock().await;
                guard.0 += 1;
                if (number + round).is_multiple_of(3) {
                    on.yield_now().await;
                }
                guard.1 += 1;
                assert_eq!(guard.0, guard.1);
            }
        }
    };
    let tasks: Vec<_> = (0..5).map(|number| on.spawn(worker(number))).collect();
    for task in tasks {
        task.await;
    }
    assert_eq!(*mutex.lock().await, (250, 250));
}

async fn an_owned_guard_goes_to_another_task_or_thread(on: Tasks) {
    let mutex = Arc::new(Mutex::new(0));
    let mut guard = mutex.clone().lock_owned().await;
    assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&guard), &mutex));
    let theirs = mutex.clone();
    let waiter = on.in_line(async move { *theirs.lock().await }).await;
    let holder = on.spawn(async move {
        *guard += 1;
        thread::spawn(move || *guard += 1).join().unwrap();
    });
    holder.await;
    assert_eq!(waiter.await, 2);
    assert_eq!(Arc::into_inner(mutex).unwrap().into_inner(), 2);
}

async fn threads_and_tasks_stand_in_one_line(on: Tasks) {
    let mutex = Arc::new(Mutex::new(0));
    let guard = mutex.clone().lock_owned().await;
    let theirs = mutex.clone();
    let thread = thread::spawn(move || {
        for _ in 0..20 {
            *theirs.blocking_lock() += 1;
            *theirs.clone().blocking_lock_owned() += 1;
        }
    });
    drop(guard);
    for _ in 0..20 {
        *mutex.lock().await += 1;
    }
    on.until(|| mutex.try_lock().is_ok_and(|value| *value == 60)).await;
    thread.join().unwrap();
}

async fn a_mapped_guard_keeps_it_locked_and_gives_it_back(on: Tasks) {
    let mutex = Arc::new(Mutex::new((1, Some("one"))));
    let number = MutexGuard::map(mutex.lock().await, |pair| &mut pair.0);
    assert!(mutex.try_lock().is_err());
    drop(number);
    let text = MutexGuard::try_map(mutex.lock().await, |pair| pair.1.as_mut()).unwrap();
    assert_eq!((format!("{text:?}"), format!("{text}")), ("\"one\"".into(), "one".into()));
    let text = MappedMutexGuard::try_map(text, |_| None::<&mut u8>).unwrap_err();
    let mut text = MappedMutexGuard::map(text, |text| text);
    *text = "two";
    assert!(mutex.try_lock().is_err());
    drop(text);
    let guard = MutexGuard::try_map(mutex.lock().await, |_| None::<&mut u8>).unwrap_err();
    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &*mutex) && mutex.try_lock().is_err());
    drop(guard);

    let owned = mutex.clone().lock_owned().await;
    let owned = OwnedMutexGuard::try_map(owned, |_| None::<&mut u8>).unwrap_err();
    let pair = OwnedMutexGuard::try_map(owned, |pair| Some(pair)).unwrap();
    let number = OwnedMappedMutexGuard::map(pair, |pair| &mut pair.0);
    let mut number = OwnedMappedMutexGuard::try_map(number, |_| None::<&mut u8>).unwrap_err();
    let waiter = on.in_line(mutex.clone().lock_owned()).await;
    on.spawn(async move { *number = 2 }).await;
    assert_eq!(*waiter.await, (2, Some("two")));
    assert!(panics(|| MutexGuard::map(mutex.try_lock().unwrap(), |_| -> &mut u8 { panic!() })));
    assert!(mutex.try_lock().is_ok());
}

async fn blocking_is_refused_in_our_async_code_and_allowed_in_others(on: Tasks) {
    let mutex = Arc::new(Mutex::new(()));
    if on.executor() != Executor::Mainspring {
        drop(mutex.blocking_lock());
        return drop(mutex.blocking_lock_owned());
    }
    let words = ["blocking_*", ".await", "spawn_blocking"];
    refuses(&words, || drop(mutex.blocking_lock()));
    refuses(&words, || mutex.clone().blocking_lock_owned());
    assert!(mutex.try_lock().is_ok());
}

tests::each_executor! {
    those_who_wait_are_served_in_order_and_not_overtaken,
    it_is_not_reentrant,
    a_dropped_lock_is_passed_on,
    a_panic_unlocks_it_and_leaves_the_value,
    tasks_exclude_each_other,
    an_owned_guard_goes_to_another_task_or_thread,
    threads_and_tasks_stand_in_one_line,
    a_mapped_guard_keeps_it_locked_and_gives_it_back,
    blocking_is_refused_in_our_async_code_and_allowed_in_others,
}

#[test]
fn it_is_made_shown_and_taken_apart() {
    static NAMES: Mutex<Vec<u8>> = Mutex::const_new(Vec::new());
    NAMES.try_lock().unwrap().push(1);
    let guard = NAMES.try_lock().unwrap();
    assert_eq!(format!("{NAMES:?}, {guard:?}"), "Mutex { data: <locked> }, [1]");
    drop(guard);
    assert_eq!(format!("{NAMES:?}"), "Mutex { data: [1] }");
    let mut mutex = Mutex::from(3);
    *mutex.get_mut() += 1;
    assert_eq!((mutex.into_inner(), Mutex::<u8>::default().into_inner()), (4, 0));
    let unsized_one: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2, 3]));
    assert_eq!(unsized_one.try_lock().unwrap().len(), 3);
}

/// A value whose destructor uses the mutex that it is, or was, in.
struct Hook(Weak<Mutex<Option<Hook>>>);

impl Drop for Hook {
    fn drop(&mut self) {
        let Some(mutex) = self.0.upgrade() else { return };
        let _ = (mutex.try_lock().map(drop), format!("{:?}", Arc::as_ptr(&mutex)));
        touch(mutex.lock());
        touch(mutex.lock_owned());
    }
}

#[test]
fn a_destructor_of_the_value_may_call_the_mutex_back() {
    within(|| {
        let mutex = Arc::new(Mutex::new(None));
        let hook = || Some(Hook(Arc::downgrade(&mutex)));
        *mutex.try_lock().unwrap() = hook();
        *mutex.try_lock().unwrap() = hook();
        let mut guard = mutex.clone().try_lock_owned().unwrap();
        let waiter = Polled::waiting(mutex.lock());
        *guard = hook();
        drop(guard);
        drop(waiter);
        // The last guard takes the mutex with it, and the value.
        let guard = mutex.clone().try_lock_owned().unwrap();
        drop(mutex);
        drop(OwnedMutexGuard::map(guard, |value| value));
    });
}

#[test]
fn a_waker_may_call_the_mutex_back() {
    const CALLS: &[fn(&Mutex<u8>)] = &[
        |mutex| drop(mutex.try_lock()),
        |mutex| touch(mutex.lock()),
        |mutex| assert!(!format!("{mutex:?}").is_empty()),
    ];
    meddle(
        || Mutex::new(1),
        CALLS,
        |mutex, waker| {
            let guard = mutex.try_lock();
            let mut locks: Vec<_> = (0..40).map(|_| Polled::new(mutex.lock())).collect();
            locks.iter_mut().for_each(|lock| lock.prod(waker));
            for lock in locks.iter_mut().step_by(2) {
                lock.prod_plainly();
                lock.prod(waker);
            }
            drop(guard);
            drop(locks.pop());
            drop(locks.remove(0));
            locks[0].prod(waker);
        },
    );
}

#[test]
fn a_waker_that_panics_breaks_nothing() {
    let mutex = Mutex::new(1);
    let guard = mutex.try_lock().unwrap();
    let (mut first, mut second) = (Polled::new(mutex.lock()), Polled::new(mutex.lock()));
    assert!(first.poll_with(&bomb(Deed::Wake)).is_pending());
    assert!(second.poll().is_pending());
    blows_up(|| drop(guard));
    assert_eq!((second.wakes(), mutex.try_lock().is_err()), (0, true));
    drop(first);
    assert_eq!(second.wakes(), 1);
    drop(second.ready());
    assert!(mutex.try_lock().is_ok());
}
