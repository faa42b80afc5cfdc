//! Tests of Condvar; random walks: `condvar_random_tests.rs`; models: `condvar_model_tests.rs`.

use crate::base::prim::count;
use crate::sync::{Condvar, Mutex, MutexGuard, OwnedMutexGuard};
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[track_caller]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.try_lock().expect("nobody has it, or waits for it")
}

#[test]
fn a_wait_unlocks_waits_and_locks_again() {
    let (mutex, condvar) = (Mutex::new(1), Condvar::new());
    let mut wait = Polled::waiting(condvar.wait(lock(&mutex)));
    *lock(&mutex) = 2;
    assert!(wait.poll().is_pending() && wait.wakes() == 0);
    condvar.notify_one();
    assert_eq!(wait.wakes(), 1);
    let guard = wait.ready();
    assert!(*guard == 2 && mutex.try_lock().is_err());
    drop(guard);
    drop(lock(&mutex));
}

#[test]
fn it_keeps_the_lock_until_it_is_polled() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let wait = condvar.wait(lock(&mutex));
    assert!(mutex.try_lock().is_err());
    condvar.notify_one();
    drop(wait);
    drop(lock(&mutex));
}

#[test]
fn a_notification_that_nobody_waits_for_is_forgotten() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let ((), log) = count::record(|| {
        condvar.notify_one();
        condvar.notify_all();
    });
    assert_eq!(log.len(), 0, "two loads");
    let wait = Polled::waiting(condvar.wait(lock(&mutex)));
    assert_eq!(format!("{condvar:?}"), "Condvar { waited_for: true }");
    drop(wait);
    assert_eq!(format!("{:?}", Condvar::default()), "Condvar { waited_for: false }");
    assert_eq!(format!("{condvar:?}"), "Condvar { waited_for: false }");
}

#[test]
fn they_are_told_in_the_order_of_their_coming() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let mut waits: Vec<_> = (0..3).map(|_| Polled::waiting(condvar.wait(lock(&mutex)))).collect();
    for told in 0..3 {
        condvar.notify_one();
        let wakes: Vec<_> = waits.iter().map(Polled::wakes).collect();
        assert_eq!(wakes, [1, usize::from(told > 0), usize::from(told > 1)]);
    }
    for wait in &mut waits {
        drop(wait.ready());
    }
}

#[test]
fn notify_all_tells_those_who_wait_now_and_nobody_else() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let mut waits: Vec<_> = (0..40).map(|_| Polled::waiting(condvar.wait(lock(&mutex)))).collect();
    condvar.notify_all();
    assert!(waits.iter().all(|wait| wait.wakes() == 1));
    let mut first = waits.remove(0);
    let mut late = Polled::waiting(condvar.wait(first.ready()));
    for wait in &mut waits {
        drop(wait.ready());
    }
    assert!(late.wakes() == 0 && late.poll().is_pending());
    condvar.notify_all();
    drop(late.ready());
}

#[test]
fn the_lock_is_taken_in_the_order_of_being_told() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let mut first = Polled::waiting(condvar.wait(lock(&mutex)));
    let mut second = Polled::waiting(condvar.wait(lock(&mutex)));
    let held = lock(&mutex);
    // As in asyncio: told under the lock, they go on when it is free.
    condvar.notify_all();
    assert!(first.poll().is_pending() && second.poll().is_pending());
    drop(held);
    assert_eq!((first.wakes(), second.wakes()), (2, 1));
    drop(first.ready());
    drop(second.ready());
}

/// The cancel-safety line, at each point where a wait may be dropped.
#[test]
fn a_dropped_wait_passes_on_what_it_was_told() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    // In line: nothing to pass on.
    let gone = Polled::waiting(condvar.wait(lock(&mutex)));
    let mut stays = Polled::waiting(condvar.wait(lock(&mutex)));
    drop(gone);
    condvar.notify_one();
    let guard = stays.ready();
    // Told, and not polled since.
    let gone = Polled::waiting(condvar.wait(guard));
    let mut stays = Polled::waiting(condvar.wait(lock(&mutex)));
    condvar.notify_one();
    assert_eq!((gone.wakes(), stays.wakes()), (1, 0));
    drop(gone);
    assert_eq!(stays.wakes(), 1);
    let guard = stays.ready();
    // Told, and waiting for the lock.
    let mut gone = Polled::waiting(condvar.wait(guard));
    let mut stays = Polled::waiting(condvar.wait(lock(&mutex)));
    let held = lock(&mutex);
    condvar.notify_one();
    assert!(gone.poll().is_pending() && stays.wakes() == 0);
    drop(gone);
    assert_eq!(stays.wakes(), 1);
    drop(held);
    let guard = stays.ready();
    // Told, and handed the lock.
    let mut gone = Polled::waiting(condvar.wait(guard));
    let mut stays = Polled::waiting(condvar.wait(lock(&mutex)));
    let held = lock(&mutex);
    condvar.notify_one();
    assert!(gone.poll().is_pending());
    drop(held);
    assert!(mutex.try_lock().is_err());
    drop(gone);
    assert_eq!(stays.wakes(), 1);
    drop(stays.ready());
    // With nobody to pass it on to, it is forgotten.
    let gone = Polled::waiting(condvar.wait(lock(&mutex)));
    condvar.notify_one();
    drop(gone);
    drop(Polled::waiting(condvar.wait(lock(&mutex))));
}

#[test]
fn who_was_told_with_all_others_has_nothing_to_pass_on() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let gone = Polled::waiting(condvar.wait(lock(&mutex)));
    condvar.notify_all();
    let late = Polled::waiting(condvar.wait(lock(&mutex)));
    drop(gone);
    assert_eq!(late.wakes(), 0);
}

#[test]
fn wait_for_asks_before_it_waits_and_after_each_notification() {
    let (mutex, condvar) = (Mutex::new(2), Condvar::new());
    drop(Polled::new(condvar.wait_for(lock(&mutex), |n| *n == 2)).ready());
    let asked = Cell::new(0);
    let mut wait = Polled::waiting(condvar.wait_for(lock(&mutex), |n| {
        asked.set(asked.get() + 1);
        *n == 3
    }));
    condvar.notify_one();
    assert!(wait.poll().is_pending() && asked.get() == 2);
    *lock(&mutex) = 3;
    condvar.notify_one();
    assert_eq!(*wait.ready(), 3);
    assert_eq!(asked.get(), 3);
}

#[test]
fn a_condition_that_panics_unlocks() {
    let (mutex, condvar) = (Mutex::new(2), Condvar::new());
    let mut wait = Polled::new(condvar.wait_for(lock(&mutex), |_| panic!("a condition")));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(wait.poll()))).is_err());
    drop(lock(&mutex));
}

#[test]
fn an_owned_guard_waits_in_the_same_line() {
    let (mutex, condvar) = (Arc::new(Mutex::new(1)), Condvar::new());
    let owned = || mutex.clone().try_lock_owned().expect("free");
    let mut first = Polled::waiting(condvar.wait_owned(owned()));
    let mut second = Polled::waiting(condvar.wait(lock(&mutex)));
    let mut third = Polled::waiting(condvar.wait_for_owned(owned(), |n| *n == 2));
    condvar.notify_one();
    let mut guard: OwnedMutexGuard<i32> = first.ready();
    *guard = 2;
    drop(guard);
    condvar.notify_all();
    drop(second.ready());
    assert_eq!(*third.ready(), 2);
}

#[test]
fn a_second_mutex_is_refused_while_the_first_has_waiters() {
    let (one, two, condvar) = (Mutex::new(()), Mutex::new(()), Condvar::new());
    let wait = Polled::waiting(condvar.wait(lock(&one)));
    let mut wrong = Polled::new(condvar.wait(lock(&two)));
    let line = line!() - 1;
    let panic = catch_unwind(AssertUnwindSafe(|| drop(wrong.poll()))).expect_err("two mutexes");
    let text = panic.downcast_ref::<String>().expect("a message");
    assert!(text.contains("a Condvar cannot wait for two mutexes"), "{text}");
    assert!(text.contains("give each mutex a Condvar of its own"), "{text}");
    assert!(text.contains(&format!("condvar_tests.rs:{line}:")), "{text}");
    // The wrong one was unlocked; the right one waits on.
    drop(lock(&two));
    drop(wrong);
    drop(wait);
    // One after the other is no mistake.
    let mut wait = Polled::waiting(condvar.wait(lock(&two)));
    condvar.notify_one();
    drop(wait.ready());
}

#[test]
fn it_can_stand_in_a_static_and_the_value_may_be_of_any_size() {
    static CONDVAR: Condvar = Condvar::new();
    let mutex: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2, 3]));
    let owned = mutex.clone().try_lock_owned().expect("free");
    let mut first = Polled::waiting(CONDVAR.wait_owned(owned));
    let guard = mutex.try_lock().expect("free");
    let mut second = Polled::waiting(CONDVAR.wait_for(guard, |bytes| bytes.len() == 4));
    CONDVAR.notify_all();
    assert_eq!(first.ready().len(), 3);
    assert!(second.poll().is_pending());
}

/// The budget of a task is spent, and a used-up one does not lose the guard.
#[test]
fn it_spends_the_budget() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let mut wait = Polled::new(condvar.wait(lock(&mutex)));
    {
        let _budget = coop::budget();
        while coop::left() > 0 {
            coop::spend();
        }
        assert!(wait.poll().is_pending() && wait.wakes() == 1);
        assert!(mutex.try_lock().is_err(), "not in line, so not unlocked");
    }
    assert!(wait.poll().is_pending());
    drop(lock(&mutex));
    condvar.notify_one();
    drop(wait.ready());
}

#[test]
fn no_foreign_code_runs_under_the_lock() {
    must_end(|| {
        let both = Arc::new((Mutex::new(()), Condvar::new()));
        let meddle = both.clone();
        let waker = nosy(Arc::new(move || {
            meddle.1.notify_one();
            if let Ok(guard) = meddle.0.try_lock() {
                let _ = Polled::new(meddle.1.wait(guard)).poll();
            }
        }));
        let (mutex, condvar) = &*both;
        for all in [false, true] {
            let mut wait = Polled::new(condvar.wait(lock(mutex)));
            assert!(wait.poll_with(&waker).is_pending());
            let mut other = Polled::new(condvar.wait(lock(mutex)));
            assert!(other.poll_with(&waker).is_pending());
            // The old waker, when it is dropped, tells the first in line.
            assert!(other.poll().is_pending() && wait.poll_with(&waker).is_ready());
            let mut wait = Polled::new(condvar.wait(lock(mutex)));
            assert!(wait.poll_with(&waker).is_pending());
            drop(other);
            if all {
                condvar.notify_all()
            } else {
                condvar.notify_one()
            }
            drop(wait.ready());
        }
    });
}

/// Two threads put into a box of one, two take out; some waits are given up.
#[test]
fn threads_miss_no_notification() {
    const EACH: usize = 1000;
    must_end(|| {
        let slot = Mutex::new(None);
        let (filled, emptied) = (Condvar::new(), Condvar::new());
        let sum = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for number in 1..=EACH {
                        let guard = block_on(slot.lock());
                        let mut guard = block_on(emptied.wait_for(guard, |slot| slot.is_none()));
                        *guard = Some(number);
                        drop(guard);
                        filled.notify_one();
                    }
                });
                scope.spawn(|| {
                    for number in 1..=EACH {
                        if number % 3 == 0 {
                            let mut quitter = Polled::new(filled.wait(block_on(slot.lock())));
                            let _ = quitter.poll();
                            std::thread::yield_now();
                        }
                        let guard = block_on(slot.lock());
                        let mut guard = block_on(filled.wait_for(guard, |slot| slot.is_some()));
                        let number = guard.take().expect("it is filled");
                        drop(guard);
                        emptied.notify_one();
                        *block_on(sum.lock()) += number;
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), EACH * (EACH + 1));
    });
}

#[test]
fn everything_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    fn send<T: Send>(_: &T) {}
    let (mutex, condvar) = (Arc::new(Mutex::new(1)), Condvar::new());
    both(&condvar);
    both(&condvar.wait(lock(&mutex)));
    both(&condvar.wait_for(lock(&mutex), |_| true));
    both(&condvar.wait_owned(mutex.clone().try_lock_owned().expect("free")));
    both(&condvar.wait_for_owned(mutex.clone().try_lock_owned().expect("free"), |_| true));
    let cell = Mutex::new(Cell::new(1));
    send(&condvar.wait(lock(&cell)));
}
