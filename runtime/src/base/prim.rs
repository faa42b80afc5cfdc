//! std or loom, one switch: atomics, UnsafeCell, Mutex, thread.
//!
//! Every atomic, cell, lock and thread of the crate comes from here, so that the same source runs
//! in three ways:
//!
//! | build | what the types are |
//! |---|---|
//! | normal | std's, unchanged; the cell and the lock are thin wrappers; crossbeam's channel |
//! | `--cfg loom` | loom's, which explores every interleaving and every allowed reordering |
//! | unit tests | std's, counted: [`count`] lists the read-modify-writes of a closure |
//!
//! Two rules hold for whoever uses them. No bare `fence()`, and no SeqCst plain load or store: loom
//! weakens them and thread sanitizer cannot see them. Use a read-modify-write or a lock.

#![forbid(unsafe_code)]

#[cfg(loom)]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
    };
    pub(crate) use loom::sync::{MutexGuard, RwLockReadGuard};
    pub(crate) use loom::thread;

    /// A lock, a queue and a condition variable with the part of crossbeam's interface that is used
    /// here. It ends with the model: there is no error, both ends live as long as the pool.
    pub(crate) mod channel {
        pub(crate) use crossbeam_channel::{RecvError, RecvTimeoutError, SendError, TryRecvError};
        use loom::sync::{Arc, Condvar, Mutex};
        use std::collections::VecDeque;
        use std::time::Duration;

        type Shared<T> = Arc<(Mutex<VecDeque<T>>, Condvar)>;
        pub(crate) struct Sender<T>(Shared<T>);
        pub(crate) struct Receiver<T>(Shared<T>);

        pub(crate) fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
            let shared = Arc::new((Mutex::new(VecDeque::new()), Condvar::new()));
            (Sender(shared.clone()), Receiver(shared))
        }

        impl<T> Sender<T> {
            pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
                self.0.0.lock().unwrap().push_back(value);
                self.0.1.notify_one();
                Ok(())
            }
        }

        impl<T> Receiver<T> {
            pub(crate) fn try_recv(&self) -> Result<T, TryRecvError> {
                self.0.0.lock().unwrap().pop_front().ok_or(TryRecvError::Empty)
            }

            pub(crate) fn recv(&self) -> Result<T, RecvError> {
                let mut queue = self.0.0.lock().unwrap();
                loop {
                    match queue.pop_front() {
                        Some(value) => return Ok(value),
                        None => queue = self.0.1.wait(queue).unwrap(),
                    }
                }
            }

            /// A model has no time: zero is over at once, everything else never.
            pub(crate) fn recv_timeout(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
                match self.try_recv() {
                    Err(_) if limit.is_zero() => Err(RecvTimeoutError::Timeout),
                    Err(_) => self.recv().map_err(|_| RecvTimeoutError::Disconnected),
                    Ok(value) => Ok(value),
                }
            }
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }

    #[derive(Debug)]
    pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::RwLock::new(value))
        }

        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }
}

#[cfg(not(loom))]
mod imp {
    #[cfg(test)]
    pub(crate) use super::counted::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
    };
    pub(crate) use crossbeam_channel as channel;
    #[cfg(not(test))]
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
    };
    pub(crate) use std::sync::{Arc, MutexGuard, RwLockReadGuard};
    pub(crate) use std::thread;

    /// std's cell with loom's interface: the borrow is a closure, so it cannot be kept by accident.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        #[inline(always)]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            #[cfg(test)]
            super::count::stumble();
            f(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            #[cfg(test)]
            super::count::stumble();
            f(self.0.get())
        }
    }

    /// std's lock without poisoning: no user code runs under a lock of this crate, so a panic under
    /// one is a bug of ours and the state it leaves is the state before it. (The exception compares
    /// items under a lock, `sync/queue/priority.rs`, and changes nothing until it has.)
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::sync::Mutex::new(value))
        }

        #[inline]
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            #[cfg(test)]
            super::count::lock(self as *const Self as usize);
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }

    /// std's lock for many readers, without poisoning: `watch` hands its guard out, so what a panic
    /// under it leaves half-done is its user's.
    #[derive(Debug)]
    pub(crate) struct RwLock<T>(std::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::sync::RwLock::new(value))
        }

        #[inline]
        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            #[cfg(test)]
            super::count::lock(self as *const Self as usize);
            self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        #[inline]
        pub(crate) fn write(&self) -> std::sync::RwLockWriteGuard<'_, T> {
            #[cfg(test)]
            super::count::lock(self as *const Self as usize);
            self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }
}

pub(crate) use imp::*;
pub(crate) use std::sync::atomic::Ordering;

/// A thread-local that is plain data: made by a constant, without a destructor.
///
/// A waker may be called from the destructor of somebody's thread-local, when a thread-local of
/// ours with a destructor would already be gone. The type must be `Copy`-like plain data; `tidy`
/// counts the uses of this macro.
macro_rules! plain_local {
    ($(#[$doc:meta])* static $name:ident: $ty:ty = $init:expr;) => {
        #[cfg(not(loom))]
        ::std::thread_local! {
            $(#[$doc])*
            static $name: $ty = const {
                assert!(!::std::mem::needs_drop::<$ty>());
                $init
            };
        }
        #[cfg(loom)]
        ::loom::thread_local! {
            $(#[$doc])*
            static $name: $ty = $init;
        }
    };
}
pub(crate) use plain_local;

/// Counts what the atomics of this crate do on the calling thread, or makes it stumble over them.
/// Unit tests only.
#[cfg(all(test, not(loom)))]
pub(crate) mod count {
    use std::cell::{Cell, RefCell};

    thread_local! {
        static LOG: RefCell<Option<Vec<usize>>> = const { RefCell::new(None) };
        static SHAKE: Cell<u64> = const { Cell::new(0) };
    }

    /// Called before every counted read-modify-write.
    pub(super) fn rmw(address: usize) {
        stumble();
        let _ = LOG.try_with(|log| {
            if let Some(log) = log.borrow_mut().as_mut() {
                log.push(address);
            }
        });
    }

    /// From now on this thread gives its processor away before some of its steps, by chance:
    /// between a look and the claim that follows, between a claim and the cells that it is for. It
    /// is there that races have their windows.
    pub(crate) fn shake(seed: u64) {
        SHAKE.set(seed | 1);
    }

    pub(super) fn stumble() {
        let _ = SHAKE.try_with(|shake| {
            // A line through the numbers modulo 2⁶⁴ (Knuth's factor); its upper bits are good.
            let next = shake.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(2);
            if shake.get() != 0 {
                shake.set(next);
                if next >> 58 == 0 {
                    std::thread::yield_now();
                }
            }
        });
    }

    /// A lock and its unlock are one read-modify-write each.
    pub(super) fn lock(address: usize) {
        rmw(address);
        rmw(address);
    }

    /// Records from now on, on this thread: the address of every read-modify-write, in order.
    pub(crate) fn start() {
        LOG.with(|log| *log.borrow_mut() = Some(Vec::with_capacity(256)));
    }

    /// Ends the recording. A lock stands in it twice.
    pub(crate) fn stop() -> Vec<usize> {
        LOG.with(|log| log.borrow_mut().take()).unwrap_or_default()
    }

    /// Records while `f` runs.
    pub(crate) fn record<R>(f: impl FnOnce() -> R) -> (R, Vec<usize>) {
        start();
        let result = f();
        (result, stop())
    }
}

#[cfg(all(test, not(loom)))]
mod counted {
    use super::count;
    use std::sync::atomic::{self, Ordering};

    macro_rules! counted {
        ($name:ident, $value:ty $(, $fetch:ident)*) => {
            #[derive(Debug, Default)]
            #[repr(transparent)]
            pub(crate) struct $name(atomic::$name);

            #[allow(dead_code)]
            impl $name {
                pub(crate) const fn new(value: $value) -> Self {
                    Self(atomic::$name::new(value))
                }
                pub(crate) fn load(&self, order: Ordering) -> $value {
                    count::stumble();
                    self.0.load(order)
                }
                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    count::stumble();
                    self.0.store(value, order)
                }
                fn rmw(&self) -> &atomic::$name {
                    count::rmw(self as *const Self as usize);
                    &self.0
                }
                pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                    self.rmw().swap(value, order)
                }
                pub(crate) fn compare_exchange(
                    &self, old: $value, new: $value, ok: Ordering, err: Ordering,
                ) -> Result<$value, $value> {
                    self.rmw().compare_exchange(old, new, ok, err)
                }
                pub(crate) fn compare_exchange_weak(
                    &self, old: $value, new: $value, ok: Ordering, err: Ordering,
                ) -> Result<$value, $value> {
                    self.rmw().compare_exchange_weak(old, new, ok, err)
                }
                $(pub(crate) fn $fetch(&self, value: $value, order: Ordering) -> $value {
                    self.rmw().$fetch(value, order)
                })*
            }
        };
    }

    counted!(AtomicBool, bool, fetch_or, fetch_and, fetch_xor);
    counted!(AtomicU8, u8, fetch_add, fetch_sub, fetch_or, fetch_and, fetch_xor);
    counted!(AtomicU32, u32, fetch_add, fetch_sub, fetch_or, fetch_and, fetch_xor);
    counted!(AtomicU64, u64, fetch_add, fetch_sub, fetch_or, fetch_and, fetch_xor, fetch_max);
    counted!(AtomicUsize, usize, fetch_add, fetch_sub, fetch_or, fetch_and, fetch_xor);

    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub(crate) struct AtomicPtr<T>(atomic::AtomicPtr<T>);

    #[allow(dead_code)]
    impl<T> AtomicPtr<T> {
        pub(crate) const fn new(value: *mut T) -> Self {
            Self(atomic::AtomicPtr::new(value))
        }
        pub(crate) fn load(&self, order: Ordering) -> *mut T {
            self.0.load(order)
        }
        pub(crate) fn store(&self, value: *mut T, order: Ordering) {
            self.0.store(value, order)
        }
        fn rmw(&self) -> &atomic::AtomicPtr<T> {
            count::rmw(self as *const Self as usize);
            &self.0
        }
        pub(crate) fn swap(&self, value: *mut T, order: Ordering) -> *mut T {
            self.rmw().swap(value, order)
        }
        pub(crate) fn compare_exchange(
            &self,
            old: *mut T,
            new: *mut T,
            ok: Ordering,
            err: Ordering,
        ) -> Result<*mut T, *mut T> {
            self.rmw().compare_exchange(old, new, ok, err)
        }
        pub(crate) fn compare_exchange_weak(
            &self,
            old: *mut T,
            new: *mut T,
            ok: Ordering,
            err: Ordering,
        ) -> Result<*mut T, *mut T> {
            self.rmw().compare_exchange_weak(old, new, ok, err)
        }
    }
}
