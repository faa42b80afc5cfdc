//! Tests of the lock's guards: what they cost, what they reach, what they can become. Who waits for
//! whom: `line_tests.rs`.

use crate::base::prim::count;
use crate::sync::*;
use crate::wake::wait_list::poller::{Polled, must_end};
use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn uncontended_it_is_one_read_modify_write_each_way() {
    let lock = Arc::new(RwLock::new(0));
    let mut read = Polled::new(lock.read());
    let (one, log) = count::record(|| read.ready());
    assert_eq!(log.len(), 1);
    let (two, log) = count::record(|| lock.try_read().expect("nobody writes"));
    assert_eq!(log.len(), 1);
    assert_eq!(count::record(|| drop(one)).1.len(), 1);
    assert_eq!(count::record(|| drop(two)).1.len(), 1);
    let mut write = Polled::new(lock.write());
    let (guard, log) = count::record(|| write.ready());
    assert_eq!(log.len(), 1);
    let (guard, log) = count::record(|| guard.downgrade());
    assert_eq!(log.len(), 1);
    assert_eq!(count::record(|| drop(guard)).1.len(), 1);
    let mut owned = Polled::new(lock.clone().write_owned());
    let (guard, log) = count::record(|| owned.ready());
    assert_eq!(log.len(), 1);
    assert_eq!(count::record(|| drop(guard)).1.len(), 1);
}

/// A guard is a reference to the lock and a pointer to what it shows.
#[test]
fn a_guard_is_two_words() {
    assert_eq!(size_of::<RwLockReadGuard<'_, u64>>(), 16);
    assert_eq!(size_of::<RwLockWriteGuard<'_, u64>>(), 16);
    assert_eq!(size_of::<RwLockMappedWriteGuard<'_, u64>>(), 16);
    assert_eq!(size_of::<OwnedRwLockReadGuard<u64>>(), 16);
}

/// INV-100: many may read, one may write, and not both.
#[test]
fn readers_share_it_and_a_writer_has_it_alone() {
    let lock = RwLock::new(1);
    let (one, two) = (lock.try_read().expect("free"), lock.try_read().expect("only read"));
    assert!(lock.try_write().is_err());
    assert_eq!((*one, *two), (1, 1));
    drop(one);
    assert!(lock.try_write().is_err());
    drop(two);
    let mut writer = lock.try_write().expect("free");
    *writer = 2;
    assert!(lock.try_read().is_err());
    assert_eq!(lock.try_write().unwrap_err().to_string(), "operation would block");
    drop(writer);
    assert_eq!(*lock.try_read().expect("free"), 2);
}

#[test]
fn a_panic_unlocks_it_and_leaves_the_value() {
    let lock = RwLock::new(1);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        *lock.try_write().expect("free") = 2;
        let _reader = lock.try_read().expect("free");
        panic!("under the lock");
    }));
    assert!(outcome.is_err());
    assert_eq!(*lock.try_write().expect("free again"), 2);
}

/// INV-101: a mapped guard reaches its part, keeps what it has of the whole, and gives it back.
#[test]
fn a_mapped_guard_keeps_what_it_has() {
    let lock = RwLock::new((1, (2, 3)));
    let guard = lock.try_write().expect("free");
    let guard = RwLockWriteGuard::try_map(guard, |_| None::<&mut i32>).unwrap_err();
    let mut pair = RwLockWriteGuard::map(guard, |value| &mut value.1);
    pair.0 = 20;
    assert!(lock.try_read().is_err());
    let pair = RwLockMappedWriteGuard::try_map(pair, |_| None::<&mut i32>).unwrap_err();
    let mut three = RwLockMappedWriteGuard::map(pair, |pair| &mut pair.1);
    *three += 27;
    let three = RwLockMappedWriteGuard::try_map(three, |three| Some(three)).expect("there");
    assert!(lock.try_read().is_err());
    drop(three);
    let whole = RwLockWriteGuard::into_mapped(lock.try_write().expect("free again"));
    assert_eq!(*whole, (1, (20, 30)));
    drop(whole);
    let one = RwLockWriteGuard::try_map(lock.try_write().expect("free"), |v| Some(&mut v.0));
    drop(one.expect("there"));

    let guard = lock.try_read().expect("free");
    let guard = RwLockReadGuard::try_map(guard, |_| None::<&i32>).unwrap_err();
    let pair = RwLockReadGuard::map(guard, |value| &value.1);
    let two = RwLockReadGuard::try_map(pair, |pair| Some(&pair.0)).expect("there");
    assert!(lock.try_read().is_ok() && lock.try_write().is_err());
    assert_eq!(*two, 20);
    drop(two);
    assert!(lock.try_write().is_ok());
}

/// INV-101: the same, where the guard owns the lock and is the last who does.
#[test]
fn an_owned_mapped_guard_keeps_the_lock_alive() {
    let lock = Arc::new(RwLock::new((1, (2, 3))));
    let guard = lock.clone().try_write_owned().expect("free");
    assert!(Arc::ptr_eq(OwnedRwLockWriteGuard::rwlock(&guard), &lock));
    let guard = OwnedRwLockWriteGuard::try_map(guard, |_| None::<&mut i32>).unwrap_err();
    let pair = OwnedRwLockWriteGuard::map(guard, |value| &mut value.1);
    assert!(Arc::ptr_eq(OwnedRwLockMappedWriteGuard::rwlock(&pair), &lock));
    let pair = OwnedRwLockMappedWriteGuard::try_map(pair, |_| None::<&mut i32>).unwrap_err();
    let mut three = OwnedRwLockMappedWriteGuard::map(pair, |pair| &mut pair.1);
    assert!(lock.try_read().is_err());
    *three = 30;
    drop(three);
    let whole = lock.clone().try_write_owned().expect("free again");
    let whole = OwnedRwLockWriteGuard::into_mapped(whole);
    let two = OwnedRwLockMappedWriteGuard::try_map(whole, |v| Some(&mut v.1.0)).expect("there");
    assert_eq!((format!("{two} {two:?}"), *two), ("2 2".to_owned(), 2));
    drop(two);
    let guard = lock.clone().try_write_owned().expect("free again");
    let one = OwnedRwLockWriteGuard::try_map(guard, |v| Some(&mut v.0)).expect("there");
    drop(one);

    let guard = lock.clone().try_read_owned().expect("free again");
    assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&guard), &lock));
    drop(lock);
    let guard = OwnedRwLockReadGuard::try_map(guard, |_| None::<&i32>).unwrap_err();
    let pair = OwnedRwLockReadGuard::map(guard, |value| &value.1);
    let three = OwnedRwLockReadGuard::try_map(pair, |pair| Some(&pair.1)).expect("there");
    assert_eq!((format!("{three} {three:?}"), *three), ("30 30".to_owned(), 30));
}

#[test]
fn a_writer_becomes_a_reader() {
    let lock = Arc::new(RwLock::new((1, "one")));
    let reader = lock.try_write().expect("free").downgrade();
    assert!(lock.try_write().is_err());
    assert_eq!(lock.try_read().expect("only read").0, reader.0);
    drop(reader);
    let name = RwLockWriteGuard::downgrade_map(lock.try_write().expect("free"), |v| &v.1);
    assert!(lock.try_read().is_ok() && lock.try_write().is_err());
    assert_eq!(*name, "one");
    drop(name);
    let writer = lock.try_write().expect("free");
    let writer = RwLockWriteGuard::try_downgrade_map(writer, |_| None::<&i32>).unwrap_err();
    assert!(lock.try_read().is_err());
    let one = RwLockWriteGuard::try_downgrade_map(writer, |v| Some(&v.0)).expect("there");
    assert!(lock.try_read().is_ok() && lock.try_write().is_err());
    drop(one);

    let owned = || lock.clone().try_write_owned().expect("free");
    let reader = owned().downgrade();
    assert!(lock.try_read().is_ok() && lock.try_write().is_err());
    drop(reader);
    drop(OwnedRwLockWriteGuard::downgrade_map(owned(), |v| &v.1));
    let writer = OwnedRwLockWriteGuard::try_downgrade_map(owned(), |_| None::<&i32>).unwrap_err();
    assert!(lock.try_read().is_err());
    drop(OwnedRwLockWriteGuard::try_downgrade_map(writer, |v| Some(&v.0)).expect("there"));
    assert!(lock.try_write().is_ok());
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[test]
fn a_panic_in_map_unlocks_it() {
    let lock = Arc::new(RwLock::new(1));
    let panics = |f: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    let write = || lock.try_write().expect("free");
    let owned = || lock.clone().try_write_owned().expect("free");
    panics(&|| drop(RwLockWriteGuard::map(write(), |_| -> &mut i32 { panic!("in map") })));
    panics(&|| drop(RwLockWriteGuard::downgrade_map(write(), |_| -> &i32 { panic!("in map") })));
    panics(&|| drop(OwnedRwLockWriteGuard::map(owned(), |_| -> &mut i32 { panic!("in map") })));
    panics(&|| drop(OwnedRwLockWriteGuard::downgrade_map(owned(), |_| -> &i32 { panic!() })));
    let read = || lock.try_read().expect("free");
    panics(&|| drop(RwLockReadGuard::map(read(), |_| -> &i32 { panic!("in map") })));
    assert!(lock.try_write().is_ok());
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[test]
fn the_value_may_be_of_any_size() {
    let lock: Arc<RwLock<[i32]>> = Arc::new(RwLock::new([1, 2, 3]));
    lock.try_write().expect("free")[1] = 5;
    let last = RwLockReadGuard::map(lock.try_read().expect("free"), |all| &all[2]);
    assert_eq!(*last, 3);
    drop(last);
    assert_eq!(*lock.clone().try_read_owned().expect("free"), [1, 5, 3]);
    let shown: Arc<RwLock<dyn Debug + Send + Sync>> = Arc::new(RwLock::new("text"));
    assert_eq!(format!("{shown:?}"), "RwLock { data: \"text\" }");
}

#[test]
fn it_is_shown_and_made_and_taken_apart() {
    fn shown<T: Debug + Display>(guard: T) -> String {
        format!("{guard} {guard:?}")
    }
    let mut lock = RwLock::from(1);
    assert_eq!(shown(lock.try_read().expect("free")), "1 1");
    assert_eq!(shown(lock.try_write().expect("free")), "1 1");
    assert_eq!(shown(RwLockWriteGuard::into_mapped(lock.try_write().expect("free"))), "1 1");
    assert_eq!(format!("{lock:?}"), "RwLock { data: 1 }");
    let guard = lock.try_write().expect("free");
    assert_eq!(format!("{lock:?}"), "RwLock { data: <locked> }");
    drop(guard);
    *lock.get_mut() += 1;
    assert_eq!((lock.into_inner(), RwLock::<u8>::default().into_inner()), (2, 0));
    static NAMES: RwLock<Vec<&str>> = RwLock::const_new(Vec::new());
    NAMES.try_write().expect("free").push("Ada");
    assert_eq!(*NAMES.try_read().expect("free"), ["Ada"]);
}

#[test]
fn readers_may_be_limited() {
    let lock = RwLock::with_max_readers(1, 2);
    let one = lock.try_read().expect("free");
    let _two = lock.try_read().expect("two may");
    assert!(lock.try_read().is_err());
    let mut waits = Polled::waiting(lock.read());
    drop(one);
    drop(waits.ready());
    static ALONE: RwLock<u8> = RwLock::const_with_max_readers(1, 1);
    let alone = ALONE.try_write().expect("free").downgrade();
    assert!(ALONE.try_read().is_err());
    drop(alone);
    assert!(ALONE.try_write().is_ok());
}

/// The value's destructor runs when the last guard is gone, with the lock free, and may use it.
#[test]
fn the_value_is_dropped_outside_the_lock() {
    struct Meddles(Arc<RwLock<u8>>, Arc<AtomicUsize>);
    impl Drop for Meddles {
        fn drop(&mut self) {
            *self.0.try_write().expect("nobody has it") += 1;
            // Ordering: Relaxed, one thread.
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }
    must_end(|| {
        let (other, drops) = (Arc::new(RwLock::new(0)), Arc::new(AtomicUsize::new(0)));
        let lock = Arc::new(RwLock::new(Some(Meddles(other.clone(), drops.clone()))));
        *lock.try_write().expect("free") = None;
        *lock.try_write().expect("free") = Some(Meddles(other.clone(), drops.clone()));
        let guard = lock.try_write_owned().expect("free").downgrade();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        drop(guard);
        assert_eq!((drops.load(Ordering::Relaxed), *other.try_read().expect("free")), (2, 2));
    });
}

#[test]
fn what_can_be_sent_and_shared_is() {
    fn both<T: Send + Sync + Unpin>() {}
    fn send<T: Send>() {}
    fn check<T: Send + Sync>(_: &T) {}
    both::<RwLock<u8>>();
    both::<RwLockReadGuard<'_, u8>>();
    both::<RwLockWriteGuard<'_, u8>>();
    both::<RwLockMappedWriteGuard<'_, u8>>();
    both::<OwnedRwLockReadGuard<u8, i8>>();
    both::<OwnedRwLockWriteGuard<u8>>();
    both::<OwnedRwLockMappedWriteGuard<u8, i8>>();
    send::<RwLock<Cell<u8>>>();
    let lock = Arc::new(RwLock::new(1));
    check(&lock.read());
    check(&lock.write());
    check(&lock.clone().read_owned());
    check(&lock.clone().write_owned());
}

/// A type that is not `Trait`. (Else the path is ambiguous, and it does not compile.)
macro_rules! is_not {
    ($trait:ident: $($type:ty),* $(,)?) => {{
        trait Not<Which> {
            fn holds() {}
        }
        #[allow(dead_code)]
        struct Ambiguous;
        impl<T: ?Sized> Not<()> for T {}
        impl<T: ?Sized + $trait> Not<Ambiguous> for T {}
        $(<$type as Not<_>>::holds();)*
    }};
}

/// INV-100, INV-102: what a value that cannot be shared, or sent, takes from its lock and guards.
#[test]
fn a_guard_shares_only_what_may_be_shared() {
    is_not!(
        Sync: RwLock<Cell<u8>>, RwLock<Rc<u8>>, RwLockReadGuard<'_, Cell<u8>>,
        RwLockWriteGuard<'_, Cell<u8>>, RwLockMappedWriteGuard<'_, Cell<u8>>,
        OwnedRwLockReadGuard<Cell<u8>, u8>, OwnedRwLockReadGuard<u8, Cell<u8>>,
        OwnedRwLockWriteGuard<Cell<u8>>, OwnedRwLockMappedWriteGuard<Cell<u8>, u8>,
        OwnedRwLockMappedWriteGuard<u8, Cell<u8>>,
    );
    // To send a guard that may come to be one of many readers is to share.
    is_not!(
        Send: RwLock<Rc<u8>>, RwLockReadGuard<'_, Cell<u8>>, RwLockWriteGuard<'_, Cell<u8>>,
        RwLockWriteGuard<'_, Rc<u8>>, RwLockMappedWriteGuard<'_, Rc<u8>>,
        OwnedRwLockReadGuard<Cell<u8>, u8>, OwnedRwLockReadGuard<u8, Cell<u8>>,
        OwnedRwLockWriteGuard<Cell<u8>>, OwnedRwLockMappedWriteGuard<Rc<u8>, u8>,
    );
}
