//! Tests of the semaphore's guards and of its bounds; the counting is tested beside `permits.rs`.

use crate::sync::{
    AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError,
};
use crate::wake::wait_list::poller::Polled;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[test]
fn a_guard_gives_back_what_it_has() {
    let semaphore = Semaphore::new(5);
    let three = Polled::new(semaphore.acquire_many(3)).ready().expect("open");
    let one = Polled::new(semaphore.acquire()).ready().expect("open");
    assert_eq!((semaphore.available_permits(), three.num_permits()), (1, 3));
    assert!(std::ptr::eq(one.semaphore(), &semaphore));
    drop(three);
    assert_eq!(semaphore.available_permits(), 4);
    one.forget();
    assert_eq!(semaphore.available_permits(), 4);
    semaphore.add_permits(2);
    semaphore.add_permits(0);
    assert_eq!(semaphore.forget_permits(10), 6);
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
}

#[test]
fn guards_are_split_and_merged() {
    let semaphore = Semaphore::new(5);
    let mut all = semaphore.try_acquire_many(5).expect("free");
    assert!(all.split(6).is_none());
    assert_eq!(all.num_permits(), 5);
    let two = all.split(2).expect("it has five");
    let none = all.split(0).expect("it has three");
    assert_eq!([all.num_permits(), two.num_permits(), none.num_permits()], [3, 2, 0]);
    drop((all, none));
    assert_eq!(semaphore.available_permits(), 3);
    let mut one = semaphore.try_acquire().expect("free");
    one.merge(two);
    assert_eq!((one.num_permits(), semaphore.available_permits()), (3, 2));
    drop(one);
    assert_eq!(semaphore.available_permits(), 5);
}

#[test]
fn guards_of_two_semaphores_do_not_merge() {
    let (one, two) = (Semaphore::new(1), Semaphore::new(1));
    let mut permit = one.try_acquire().expect("free");
    let other = two.try_acquire().expect("free");
    assert!(catch_unwind(AssertUnwindSafe(|| permit.merge(other))).is_err());
    assert_eq!((permit.num_permits(), two.available_permits()), (1, 1));
}

#[test]
fn an_owned_guard_does_the_same() {
    let semaphore = Arc::new(Semaphore::new(5));
    let mut all = Polled::new(semaphore.clone().acquire_many_owned(4)).ready().expect("open");
    let one = Polled::new(semaphore.clone().acquire_owned()).ready().expect("open");
    let mut waits = Polled::waiting(semaphore.clone().acquire_owned());
    assert!(semaphore.clone().try_acquire_owned().is_err());
    let two = all.split(2).expect("it has four");
    drop(one);
    let one = waits.ready().expect("open");
    all.merge(two);
    assert_eq!((all.num_permits(), one.num_permits()), (4, 1));
    assert!(Arc::ptr_eq(all.semaphore(), &semaphore));
    one.forget();
    drop(all);
    assert_eq!(semaphore.available_permits(), 4);
    let two = semaphore.clone().try_acquire_many_owned(2).expect("free");
    let other = Arc::new(Semaphore::new(1)).try_acquire_owned().expect("free");
    let mut two = two;
    assert!(catch_unwind(AssertUnwindSafe(|| two.merge(other))).is_err());
}

#[test]
fn closing_ends_the_waiting_with_an_error() {
    let semaphore = Arc::new(Semaphore::new(0));
    let mut borrowed = Polled::waiting(semaphore.acquire());
    let mut owned = Polled::waiting(semaphore.clone().acquire_many_owned(2));
    semaphore.close();
    assert!(semaphore.is_closed());
    let error: AcquireError = borrowed.ready().unwrap_err();
    assert_eq!(error, owned.ready().unwrap_err());
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
    assert!(semaphore.blocking_acquire().is_err());
    assert_eq!(error.to_string(), "semaphore closed");
    assert_eq!(TryAcquireError::NoPermits.to_string(), "no permits available");
}

#[test]
fn threads_can_block_on_it() {
    let semaphore = Arc::new(Semaphore::new(0));
    std::thread::scope(|scope| {
        let borrowed = scope.spawn(|| semaphore.blocking_acquire_many(2).map(|p| p.num_permits()));
        let owned = scope.spawn(|| semaphore.clone().blocking_acquire_owned().map(drop));
        let many = scope.spawn(|| semaphore.clone().blocking_acquire_many_owned(2).map(drop));
        for _ in 0..2 {
            semaphore.add_permits(1);
        }
        assert_eq!(borrowed.join().expect("no panic"), Ok(2));
        assert_eq!(owned.join().expect("no panic"), Ok(()));
        assert_eq!(many.join().expect("no panic"), Ok(()));
    });
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn more_than_the_limit_is_refused_with_the_limit() {
    assert_eq!(Semaphore::new(Semaphore::MAX_PERMITS).available_permits(), usize::MAX >> 3);
    let too_many = catch_unwind(|| Semaphore::new(Semaphore::MAX_PERMITS + 1));
    let message = *too_many.unwrap_err().downcast::<&str>().expect("a message");
    assert!(message.contains("MAX_PERMITS"), "{message}");
    let full = Semaphore::new(Semaphore::MAX_PERMITS);
    assert!(catch_unwind(AssertUnwindSafe(|| full.add_permits(1))).is_err());
}

#[test]
fn everything_can_be_sent_and_shared() {
    fn check<T: Send + Sync>(_: &T) {}
    fn unpin<T: Send + Sync + Unpin>() {}
    unpin::<Semaphore>();
    unpin::<SemaphorePermit<'_>>();
    unpin::<OwnedSemaphorePermit>();
    unpin::<AcquireError>();
    unpin::<TryAcquireError>();
    let semaphore = Arc::new(Semaphore::new(1));
    check(&semaphore.acquire());
    check(&semaphore.clone().acquire_many_owned(1));
}
