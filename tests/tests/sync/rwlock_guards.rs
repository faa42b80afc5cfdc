//! The guards of RwLock: what they reach, what they become, and where they may go.

use crate::help::{Polled, panics, touch};
use mainspring::sync::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard,
};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use tests::{refuses, within};

type One = Cell<u8>;

tests::has! { Send, Sync, Unpin, Default => RwLock<u8> }
tests::has! { Send, Sync, Unpin => RwLockReadGuard<'static, u8>, OwnedRwLockReadGuard<u8, u16> }
tests::has! { Send, Sync, Unpin => RwLockWriteGuard<'static, u8>, OwnedRwLockWriteGuard<u8> }
tests::has! { Send, Sync, Unpin => RwLockMappedWriteGuard<'static, u8> }
tests::has! { Send, Sync, Unpin => OwnedRwLockMappedWriteGuard<u8, u16> }
tests::has! { Send => RwLock<One> }
tests::lacks! { Sync => RwLock<One>, RwLock<Rc<u8>>, RwLockReadGuard<'static, One> }
tests::lacks! { Sync => RwLockWriteGuard<'static, One>, RwLockMappedWriteGuard<'static, One> }
tests::lacks! { Sync => OwnedRwLockReadGuard<One, u8>, OwnedRwLockReadGuard<u8, One> }
tests::lacks! { Sync => OwnedRwLockWriteGuard<One>, OwnedRwLockMappedWriteGuard<One, u8> }
tests::lacks! { Sync => OwnedRwLockMappedWriteGuard<u8, One> }
// A guard that can become one of many is sent only if it can be shared.
tests::lacks! { Send => RwLock<Rc<u8>>, RwLockReadGuard<'static, One> }
tests::lacks! { Send => RwLockWriteGuard<'static, One>, RwLockMappedWriteGuard<'static, Rc<u8>> }
tests::lacks! { Send => OwnedRwLockReadGuard<One, u8>, OwnedRwLockReadGuard<u8, One> }
tests::lacks! { Send => OwnedRwLockWriteGuard<One>, OwnedRwLockMappedWriteGuard<Rc<u8>, u8> }

#[test]
fn locking_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    let lock = Arc::new(RwLock::new(1));
    both(&lock.read());
    both(&lock.write());
    both(&lock.clone().read_owned());
    both(&lock.clone().write_owned());
}

/// It keeps what it has of the lock, and gives it back.
#[test]
fn a_mapped_guard_keeps_it_locked() {
    let lock = Arc::new(RwLock::new((1, (2, 3))));
    let write = || lock.try_write().unwrap();
    let pair = RwLockWriteGuard::try_map(write(), |value| Some(&mut value.1)).unwrap();
    let pair = RwLockMappedWriteGuard::try_map(pair, |_| None::<&mut u8>).unwrap_err();
    let pair = RwLockMappedWriteGuard::try_map(pair, |pair| Some(pair)).unwrap();
    *RwLockMappedWriteGuard::map(pair, |pair| &mut pair.0) = 20;
    let whole = RwLockWriteGuard::into_mapped(write());
    assert!(*whole == (1, (20, 3)) && lock.try_read().is_err());
    drop(whole);
    let whole = RwLockWriteGuard::try_map(write(), |_| None::<&mut u8>).unwrap_err();
    let whole = RwLockWriteGuard::try_downgrade_map(whole, |_| None::<&u8>).unwrap_err();
    assert!(lock.try_read().is_err());
    let one = RwLockWriteGuard::try_downgrade_map(whole, |value| Some(&value.0)).unwrap();
    let whole = lock.try_read().unwrap();
    let whole = RwLockReadGuard::try_map(whole, |_| None::<&u8>).unwrap_err();
    let pair = RwLockReadGuard::map(whole, |value| &value.1);
    let three = RwLockReadGuard::try_map(pair, |pair| Some(&pair.1)).unwrap();
    assert_eq!(format!("{one} {one:?} {three}"), "1 1 3");
    drop(one);
    assert!(lock.try_write().is_err());
    drop(three);
    assert_eq!(*RwLockWriteGuard::downgrade_map(write(), |value| &value.1), (20, 3));

    let owned = || lock.clone().try_write_owned().unwrap();
    let whole = OwnedRwLockWriteGuard::try_map(owned(), |_| None::<&mut u8>).unwrap_err();
    let whole = OwnedRwLockWriteGuard::into_mapped(whole);
    let whole = OwnedRwLockMappedWriteGuard::try_map(whole, |_| None::<&mut u8>).unwrap_err();
    let three = OwnedRwLockMappedWriteGuard::try_map(whole, |all| Some(&mut all.1.1)).unwrap();
    assert!(lock.try_read().is_err());
    *OwnedRwLockMappedWriteGuard::map(three, |three| three) = 30;
    let whole = OwnedRwLockWriteGuard::try_downgrade_map(owned(), |_| None::<&u8>).unwrap_err();
    let pair = OwnedRwLockWriteGuard::downgrade_map(whole, |value| &value.1);
    let pair = OwnedRwLockReadGuard::try_map(pair, |_| None::<&u8>).unwrap_err();
    assert!(*pair == (20, 30) && lock.try_read().is_ok() && lock.try_write().is_err());
    drop(pair);
    assert!(lock.try_write().is_ok() && Arc::strong_count(&lock) == 1);
}

#[test]
fn a_panic_unlocks_it_and_leaves_the_value() {
    let lock = Arc::new(RwLock::new(1));
    let (write, owned) = (|| lock.try_write().unwrap(), || lock.clone().try_write_owned().unwrap());
    assert!(panics(|| {
        let mut guard = write();
        *guard = 2;
        let _reader = guard.downgrade();
        panic!("under the lock");
    }));
    assert!(panics(|| RwLockWriteGuard::map(write(), |_| -> &mut u8 { panic!() })));
    assert!(panics(|| RwLockWriteGuard::downgrade_map(write(), |_| -> &u8 { panic!() })));
    assert!(panics(|| OwnedRwLockWriteGuard::map(owned(), |_| -> &mut u8 { panic!() })));
    assert!(panics(|| OwnedRwLockWriteGuard::downgrade_map(owned(), |_| -> &u8 { panic!() })));
    assert!(*write() == 2 && Arc::strong_count(&lock) == 1);
}

#[test]
fn it_is_made_shown_and_taken_apart() {
    static NAMES: RwLock<Vec<u8>> = RwLock::const_new(Vec::new());
    static ALONE: RwLock<u8> = RwLock::const_with_max_readers(1, 1);
    NAMES.try_write().unwrap().push(1);
    let (guard, _alone) = (NAMES.try_write().unwrap(), ALONE.try_read().unwrap());
    assert_eq!(format!("{NAMES:?}, {guard:?}"), "RwLock { data: <locked> }, [1]");
    drop(guard);
    assert_eq!(format!("{NAMES:?}"), "RwLock { data: [1] }");
    assert!(ALONE.try_read().is_err());
    let mut lock = RwLock::from(3);
    *lock.get_mut() += 1;
    assert_eq!((lock.into_inner(), RwLock::<u8>::default().into_inner()), (4, 0));
    let unsized_one: Arc<RwLock<[u8]>> = Arc::new(RwLock::new([1, 2, 3]));
    assert_eq!(unsized_one.try_read_owned().unwrap().len(), 3);
}

#[test]
fn no_readers_or_too_many_are_refused_at_the_callers_line() {
    const MAX: u32 = u32::MAX >> 3;
    refuses(&["max_reads 0", "use 1 or more"], || RwLock::with_max_readers(1, 0));
    refuses(&["max_reads 0"], || RwLock::const_with_max_readers(1, 0));
    let words = ["its limit is u32::MAX >> 3"];
    refuses(&words, || RwLock::with_max_readers(1, MAX + 1));
    refuses(&words, || RwLock::const_with_max_readers(1, u32::MAX));
    assert!(RwLock::with_max_readers(1, MAX).try_write().is_ok());
}

/// A value whose destructor uses the lock that it is, or was, in.
struct Hook(Weak<RwLock<Option<Hook>>>);

impl Drop for Hook {
    fn drop(&mut self) {
        let Some(lock) = self.0.upgrade() else { return };
        let _ = (lock.try_read().map(drop), lock.try_write().map(drop));
        touch(lock.read());
        touch(lock.write_owned());
    }
}

#[test]
fn a_destructor_of_the_value_may_call_the_lock_back() {
    within(|| {
        let lock = Arc::new(RwLock::new(None));
        let hook = || Some(Hook(Arc::downgrade(&lock)));
        *lock.try_write().unwrap() = hook();
        *lock.try_write().unwrap() = hook();
        let mut guard = lock.clone().try_write_owned().unwrap();
        let waiters = (Polled::waiting(lock.read()), Polled::waiting(lock.write()));
        *guard = hook();
        drop(guard);
        drop(waiters);
        // The last guard takes the lock with it, and the value.
        let guard = lock.clone().try_write_owned().unwrap().downgrade();
        drop(lock);
        drop(OwnedRwLockReadGuard::map(guard, |value| value));
    });
}
