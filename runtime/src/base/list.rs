//! intrusive doubly linked list of pinned nodes: wheel slots, wait lists, task registry.
//!
//! A list of values that live elsewhere (inside a future, inside a task) and carry their own links.
//! Linking allocates nothing, and a node in the middle is taken out in constant time, which is what
//! a dropped future needs.
//!
//! ```text
//!  List { head ──┐                       tail }
//!                ▼                        ▼
//!            ┌──────┐     ┌──────┐     ┌──────┐
//!            │ next ┼────►│ next ┼────►│ next ┼──► none
//!   none ◄───┼ prev │◄────┼ prev │◄────┼ prev │
//!            └──────┘     └──────┘     └──────┘
//! ```
//!
//! The list knows nothing of ownership or of threads. Whoever links a node promises:
//!
//! * INV-1: a linked node stays where it is, and alive, until it is unlinked.
//! * INV-2: a node is in at most one list, and is unlinked only from the list it is in.
//! * INV-3: a list and the links of its nodes are touched by one thread at a time (their lock, or
//!   their owner's thread).

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomPinned;
use std::ptr::NonNull;

/// The two links of a node. Part of the node; touched only by the list.
pub(crate) struct Links<T> {
    prev: Cell<Option<NonNull<T>>>,
    next: Cell<Option<NonNull<T>>>,
    _pinned: PhantomPinned,
}

impl<T> Links<T> {
    pub(crate) const fn new() -> Self {
        Self { prev: Cell::new(None), next: Cell::new(None), _pinned: PhantomPinned }
    }
}

impl<T: Node> Links<T> {
    /// Marks a node that was unlinked behind its owner's back: only its `prev` points to itself.
    ///
    /// # Safety
    /// INV-3: `links` are those of a live, unlinked node, and the caller alone touches them.
    pub(crate) unsafe fn mark_gone(links: NonNull<Self>) {
        // SAFETY(INV-3): promised by the caller. The pointer is only compared, never followed.
        unsafe { links.as_ref() }.prev.set(Some(links.cast()));
    }

    /// Was the node marked by `mark_gone`?
    ///
    /// # Safety
    /// INV-3: `links` are those of a live node, and the caller alone touches them.
    pub(crate) unsafe fn is_gone(links: NonNull<Self>) -> bool {
        // SAFETY(INV-3): promised by the caller.
        unsafe { links.as_ref() }.prev.get() == Some(links.cast())
    }
}

impl<T> fmt::Debug for Links<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links")
    }
}

/// A value that can be linked.
///
/// # Safety
/// `links` returns the same links for the same node, always, and nobody else touches them. It must
/// not make a reference to the whole node: other threads may be using other fields of it.
pub(crate) unsafe trait Node: Sized {
    /// Where this node's links are.
    ///
    /// # Safety
    /// `node` points to a live node.
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>>;
}

/// A queue of linked nodes: in at the back, out anywhere.
pub(crate) struct List<T: Node> {
    head: Option<NonNull<T>>,
    tail: Option<NonNull<T>>,
}

// SAFETY(INV-3): the list is two pointers; whoever has it has the right to touch its nodes' links.
unsafe impl<T: Node> Send for List<T> {}

impl<T: Node> List<T> {
    pub(crate) const fn new() -> Self {
        Self { head: None, tail: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// The node that has waited longest.
    pub(crate) fn front(&self) -> Option<NonNull<T>> {
        self.head
    }

    /// The node that came last.
    pub(crate) fn back(&self) -> Option<NonNull<T>> {
        self.tail
    }

    /// Links `node` behind all others.
    ///
    /// # Safety
    /// INV-1 to INV-3: the node is in no list, stays until unlinked; only the caller touches this.
    pub(crate) unsafe fn push_back(&mut self, node: NonNull<T>) {
        // SAFETY(INV-1): the caller keeps the node alive while it is linked.
        let links = unsafe { T::links(node).as_ref() };
        links.prev.set(self.tail);
        links.next.set(None);
        match self.tail {
            // SAFETY(INV-1): the tail is linked, hence alive.
            Some(tail) => unsafe { T::links(tail).as_ref() }.next.set(Some(node)),
            None => self.head = Some(node),
        }
        self.tail = Some(node);
    }

    /// Unlinks the node that has waited longest.
    pub(crate) fn pop_front(&mut self) -> Option<NonNull<T>> {
        let node = self.head?;
        // SAFETY(INV-2): the head is in this list.
        unsafe { self.remove(node) };
        Some(node)
    }

    /// Unlinks `node`, wherever in the list it is.
    ///
    /// # Safety
    /// INV-2: the node is in this list. INV-3: the caller alone touches this list.
    pub(crate) unsafe fn remove(&mut self, node: NonNull<T>) {
        // SAFETY(INV-1): the node is linked, hence alive, and so are its neighbours below.
        let links = unsafe { T::links(node).as_ref() };
        let (prev, next) = (links.prev.take(), links.next.take());
        match prev {
            // SAFETY(INV-1): as above.
            Some(prev) => unsafe { T::links(prev).as_ref() }.next.set(next),
            None => self.head = next,
        }
        match next {
            // SAFETY(INV-1): as above.
            Some(next) => unsafe { T::links(next).as_ref() }.prev.set(prev),
            None => self.tail = prev,
        }
    }

    /// Takes the whole list, in its order, and leaves an empty one.
    pub(crate) fn take(&mut self) -> List<T> {
        std::mem::replace(self, List::new())
    }
}

impl<T: Node> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("empty", &self.is_empty()).finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "list_tests.rs"]
mod tests;
