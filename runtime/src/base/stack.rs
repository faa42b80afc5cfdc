//! intrusive push / take-all stack: an inbox whose head also says that the owner sleeps.
//!
//! Any thread pushes a node with one compare-and-swap; the owner takes everything at once with one
//! swap and turns it round, so that what came first is first again. It cannot be full, so a wake
//! neither blocks nor allocates. Taking everything leaves no room for the ABA problem.
//!
//! ```text
//!   head ──► node ──► node ──► none      the last push is in front
//!   head  =  null                        empty, and the owner is awake
//!   head  =  ASLEEP                      empty, and the owner sleeps: whoever pushes nudges it
//!   head  =  CLOSED                      nothing is accepted any more
//! ```
//!
//! Announcing the sleep and looking a last time are one and the same compare-and-swap, null to
//! ASLEEP: a push before it makes it fail, a push after it sees ASLEEP. So no wake-up is lost, and
//! a push to an owner that is awake costs it nothing.
//!
//! * INV-4: a node is in at most one stack or chain, and nobody but its holder touches its link.
//! * INV-5: a node in a stack or chain stays alive and in place until it is taken out.

use super::prim::{AtomicPtr, Ordering, UnsafeCell};
use std::fmt;
use std::ptr::{self, NonNull};

/// The link of a node: the next one in a stack or a chain.
pub(crate) type Link<T> = UnsafeCell<Option<NonNull<T>>>;

/// A value that can stand in a stack or a chain.
///
/// # Safety
/// `link` returns the same link for the same node, always, and nobody else touches it.
pub(crate) unsafe trait Linked: Sized {
    /// Where this node's link is.
    ///
    /// # Safety
    /// `node` points to a live node.
    unsafe fn link(node: NonNull<Self>) -> NonNull<Link<Self>>;
}

/// # Safety
/// INV-4: the caller holds `node`. INV-5: it is alive.
#[inline]
unsafe fn set_next<T: Linked>(node: NonNull<T>, next: Option<NonNull<T>>) {
    // SAFETY(INV-4): the caller is the only one to touch this link.
    unsafe { T::link(node).as_ref() }.with_mut(|link| unsafe { *link = next });
}

/// # Safety
/// As for `set_next`.
#[inline]
unsafe fn next<T: Linked>(node: NonNull<T>) -> Option<NonNull<T>> {
    // SAFETY(INV-4): the caller is the only one to touch this link.
    unsafe { T::link(node).as_ref() }.with(|link| unsafe { *link })
}

/// A queue of nodes, first in first out, that one thread owns.
pub(crate) struct Chain<T> {
    head: Option<NonNull<T>>,
    tail: Option<NonNull<T>>,
}

impl<T> Clone for Chain<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Chain<T> {}

impl<T: Linked> Chain<T> {
    pub(crate) const EMPTY: Self = Self { head: None, tail: None };

    /// # Safety
    /// INV-4: the caller hands the node over. INV-5: it lives until it is popped.
    #[inline]
    pub(crate) unsafe fn push_back(&mut self, node: NonNull<T>) {
        // SAFETY(INV-4): handed over by the caller; the tail is ours.
        unsafe {
            set_next(node, None);
            match self.tail {
                Some(tail) => set_next(tail, Some(node)),
                None => self.head = Some(node),
            }
        }
        self.tail = Some(node);
    }

    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<NonNull<T>> {
        let node = self.head?;
        // SAFETY(INV-4): a node in the chain is ours.
        self.head = unsafe { next(node) };
        if self.head.is_none() {
            self.tail = None;
        }
        Some(node)
    }

    /// Puts `other` behind what is here.
    #[inline]
    pub(crate) fn append(&mut self, other: Self) {
        match self.tail {
            // SAFETY(INV-4): the tail is ours.
            Some(tail) => unsafe { set_next(tail, other.head) },
            None => self.head = other.head,
        }
        self.tail = other.tail.or(self.tail);
    }

    /// Takes the first `count` nodes, or all there are: their chain, and how many.
    pub(crate) fn take_front(&mut self, count: usize) -> (Self, usize) {
        let (mut taken, mut last) = (0, None);
        let mut rest = self.head;
        while let Some(node) = rest.filter(|_| taken < count) {
            (taken, last) = (taken + 1, Some(node));
            // SAFETY(INV-4): a node in the chain is ours.
            rest = unsafe { next(node) };
        }
        let Some(cut) = last else { return (Self::EMPTY, 0) };
        // SAFETY(INV-4): as above.
        unsafe { set_next(cut, None) };
        let front = Self { head: self.head, tail: last };
        *self = Self { head: rest, tail: rest.and(self.tail) };
        (front, taken)
    }

    /// A chain of a stack's nodes, the oldest first: the links are turned round.
    fn reversed(mut node: Option<NonNull<T>>) -> Self {
        let mut chain = Self { head: None, tail: node };
        while let Some(this) = node {
            // SAFETY(INV-4): the whole stack was taken, so its nodes are ours.
            unsafe {
                node = next(this);
                set_next(this, chain.head);
            }
            chain.head = Some(this);
        }
        chain
    }
}

/// What a push found.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Push {
    /// The owner is awake and will look.
    Pushed,
    /// The owner sleeps; this push, and no other, has to nudge it.
    OwnerAsleep,
    /// Nothing is accepted any more; the node is still the caller's.
    Closed,
}

/// Many push, one takes all.
pub(crate) struct Inbox<T> {
    head: AtomicPtr<T>,
}

fn asleep<T>() -> *mut T {
    ptr::without_provenance_mut(1)
}

fn closed<T>() -> *mut T {
    ptr::without_provenance_mut(2)
}

fn node<T>(head: *mut T) -> Option<NonNull<T>> {
    NonNull::new(head).filter(|head| head.addr().get() > 2)
}

impl<T: Linked> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Hands `new` to the owner.
    ///
    /// # Safety
    /// INV-4: the caller hands the node over, unless the answer is `Closed`. INV-5.
    pub(crate) unsafe fn push(&self, new: NonNull<T>) -> Push {
        // Ordering: Relaxed, only a first guess for the compare-and-swap.
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head == closed() {
                return Push::Closed;
            }
            // SAFETY(INV-4): the node is the caller's until it is published below.
            unsafe { set_next(new, node(head)) };
            // Ordering: Release, pairs with the Acquire swap of `take_all`: the node's content and
            // link are seen by the taker. Relaxed on failure: we only try again.
            match self.head.compare_exchange_weak(
                head,
                new.as_ptr(),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(before) if before == asleep() => return Push::OwnerAsleep,
                Ok(_) => return Push::Pushed,
                Err(now) => head = now,
            }
        }
    }

    /// Owner only: everything pushed so far, the oldest first. Ends an announced sleep.
    pub(crate) fn take_all(&self) -> Chain<T> {
        // Ordering: Acquire, pairs with the Release of every push since the last swap (they are one
        // release sequence, each a read-modify-write).
        let head = self.head.swap(ptr::null_mut(), Ordering::Acquire);
        debug_assert!(head != closed(), "an inbox is not used after its end");
        Chain::reversed(node(head))
    }

    /// Owner only: nothing was pushed, and no sleep is announced. A push that races with the answer
    /// is found at the next look.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        // Ordering: Relaxed, a hint; `take_all` has the Acquire.
        self.head.load(Ordering::Relaxed).is_null()
    }

    /// Does it hold anything at this moment?
    pub(crate) fn holds_any(&self) -> bool {
        // Ordering: Relaxed, a number for people.
        node(self.head.load(Ordering::Relaxed)).is_some()
    }

    /// Owner only: announces the sleep, unless something was pushed.
    pub(crate) fn try_sleep(&self) -> bool {
        // Ordering: Release, pairs with nothing that is read; the nudge goes through the parker's
        // word. Relaxed on failure: `take_all` follows.
        self.head
            .compare_exchange(ptr::null_mut(), asleep(), Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// Refuses pushes from now on, and returns what had come.
    pub(crate) fn close(&self) -> Chain<T> {
        // Ordering: AcqRel, Acquire as in `take_all`; Release, a refused pusher cleans up later.
        Chain::reversed(node(self.head.swap(closed(), Ordering::AcqRel)))
    }
}

impl<T> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox")
    }
}

impl<T> fmt::Debug for Chain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("empty", &self.head.is_none()).finish()
    }
}

#[cfg(test)]
#[path = "stack_tests.rs"]
mod tests;
