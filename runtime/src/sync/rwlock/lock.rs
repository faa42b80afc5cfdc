//! RwLock: one share each for those who read, all shares for the one who writes.
//!
//! Read before: `sync/semaphore/permits.rs`, `sync/mutex/lock.rs`. The lock has a number of shares,
//! fixed when it is made; they are the permits of a semaphore. A reader takes one, a writer takes
//! all, and a guard gives back what it has when it is dropped.
//!
//! ```text
//!   shares left        read             write
//!   all                CAS takes 1      CAS takes all          no lock
//!   some               CAS takes 1      joins the line
//!   none               joins the line   joins the line
//!   somebody waits     joins the line   joins the line         behind those who came before
//! ```
//!
//! That it is fair takes no line of code here, because permits are handed out in the order of
//! arrival. A writer at the head of the line gathers the shares that the readers give back, and
//! whoever comes after it, a reader too, stands behind it. So readers, however many, starve no
//! writer; and when a writer is done, all readers up to the next writer go on together.
//!
//! To downgrade a write guard is to give back all shares but one: no other writer comes between.
//! There is no way up. Two readers who both want all shares would wait for each other for ever.
//!
//! * INV-100: the value is reached through a guard (or `&mut RwLock`). A read guard has one share,
//!   a write guard has all, so there is never a write guard beside another guard.
//! * INV-101: a guard's pointer leads into the locked value: it is the lock's own, or comes from a
//!   closure that was given a reference to what the guard saw before. So it is good as long as the
//!   guard has its shares, and the borrow or the `Arc` of the lock.
//! * INV-102: a write guard can become a read guard, wherever it is then, so to be sent it asks for
//!   `T: Sync` as well.
//!
//! Next: `sync/rwlock/guards.rs`, which reads and writes. What was left out: counting readers on a
//! line of memory of their own, core by core. It makes reading cheaper on many cores, and writing
//! dearer everywhere.

use crate::base::note::Kind;
use crate::base::prim::UnsafeCell;
use crate::sync::semaphore::error::AcquireError;
use crate::sync::semaphore::permits::Permits;
use std::mem;

/// tokio's limit, and the number of shares unless the lock was made with another.
pub(super) const MAX_READERS: u32 = u32::MAX >> 3;

/// A lock that many may hold to read, or one to write, also across an `.await`.
///
/// Who finds it taken waits without blocking the thread. It is fair: those who wait get it in the
/// order in which they came, and a reader who comes after a waiting writer waits behind it. So a
/// task that reads must not ask to read again before it lets go: with a writer between the two it
/// waits for itself for ever.
///
/// For a value that is never kept locked across an `.await`, `std::sync::RwLock` does as well. A
/// panic under the lock unlocks it and leaves the value as it is.
///
/// asyncio has no counterpart.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::RwLock;
///
/// let lock = RwLock::new(5);
/// {
///     let one = lock.read().await;
///     let two = lock.read().await;
///     assert_eq!(*one + *two, 10);
/// }
/// *lock.write().await += 1;
/// assert_eq!(*lock.read().await, 6);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RwLock<T: ?Sized> {
    pub(super) shares: Shares,
    pub(super) value: UnsafeCell<T>,
}

// SAFETY(INV-100): many read guards share the value between threads, hence `Sync`; a write guard
// passes it from thread to thread, hence `Send`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

/// A lock without its value: the shares, and how many there are.
pub(super) struct Shares {
    pub(super) permits: Permits,
    pub(super) all: u32,
}

/// One share: the right to read, given back when dropped.
pub(super) struct Share<'a>(pub(super) &'a Shares);

/// All shares: the right to write, given back when dropped.
pub(super) struct AllShares<'a>(pub(super) &'a Shares);

impl Drop for Share<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.permits.release(1);
    }
}

impl Drop for AllShares<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.permits.release(self.0.all as usize);
    }
}

impl<'a> AllShares<'a> {
    /// All but one are given back.
    pub(super) fn downgrade(self) -> Share<'a> {
        let shares = self.0;
        mem::forget(self);
        // Before the release, which may wake somebody who panics: then this one goes back too.
        let share = Share(shares);
        shares.permits.release(shares.all as usize - 1);
        share
    }
}

/// Whoever waited for shares has them.
#[inline]
pub(super) fn expect_open(outcome: Result<(), AcquireError>) {
    if outcome.is_err() {
        unreachable!("nobody closes the permits of a lock");
    }
}

#[track_caller]
const fn check(max_readers: u32) {
    assert!(
        max_readers > 0,
        "an RwLock with max_reads 0 could neither be read nor written: use 1 or more"
    );
    assert!(
        max_readers <= MAX_READERS,
        "an RwLock cannot have that many readers: its limit is u32::MAX >> 3, as RwLock::new has it"
    );
}

impl<T> RwLock<T> {
    /// An unlocked lock around `value`, for up to `u32::MAX >> 3` readers at a time.
    pub fn new(value: T) -> Self {
        Self::around(value, MAX_READERS)
    }

    /// The same with a limit: a reader beyond it waits until another is done.
    ///
    /// ```
    /// use mainspring::sync::RwLock;
    ///
    /// let lock = RwLock::with_max_readers("a", 1);
    /// let _reader = lock.try_read().unwrap();
    /// assert!(lock.try_read().is_err());
    /// ```
    ///
    /// # Panics
    /// If `max_reads` is zero or above `u32::MAX >> 3`.
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> Self {
        check(max_reads);
        Self::around(value, max_reads)
    }

    fn around(value: T, all: u32) -> Self {
        let shares = Shares { permits: Permits::new(Kind::RwLock, all as usize), all };
        Self { shares, value: UnsafeCell::new(value) }
    }

    /// An unlocked lock in a constant, for a `static`.
    ///
    /// ```
    /// use mainspring::sync::RwLock;
    ///
    /// static NAMES: RwLock<Vec<String>> = RwLock::const_new(Vec::new());
    /// NAMES.try_write().unwrap().push("Ada".to_string());
    /// assert_eq!(NAMES.try_read().unwrap().len(), 1);
    /// ```
    #[cfg(not(loom))]
    pub const fn const_new(value: T) -> Self {
        Self::const_with_max_readers(value, MAX_READERS)
    }

    /// The same with a limit on the readers.
    ///
    /// ```
    /// use mainspring::sync::RwLock;
    ///
    /// static PAIR: RwLock<(u8, u8)> = RwLock::const_with_max_readers((1, 2), 16);
    /// assert_eq!(PAIR.try_read().unwrap().1, 2);
    /// ```
    ///
    /// # Panics
    /// If `max_reads` is zero or above `u32::MAX >> 3`.
    #[cfg(not(loom))]
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_reads: u32) -> Self {
        check(max_reads);
        let shares =
            Shares { permits: Permits::new(Kind::RwLock, max_reads as usize), all: max_reads };
        Self { shares, value: UnsafeCell::new(value) }
    }

    /// The value, without the lock. Nobody can have a guard: it would borrow the lock.
    ///
    /// ```
    /// assert_eq!(mainspring::sync::RwLock::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// The value, without locking: nobody else can have the lock.
    ///
    /// ```
    /// let mut lock = mainspring::sync::RwLock::new(1);
    /// *lock.get_mut() = 2;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY(INV-100): a guard would borrow the lock, or own an `Arc` of it.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
