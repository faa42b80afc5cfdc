//! the family of a token: who is cancelled with whom, in one table under one lock.
//!
//! Read before: `sync/event.rs`. Each token has a [`Node`]; all nodes that descend from one root
//! share a [`Family`], a table of who is whose child. A node holds the family, the table holds the
//! nodes weakly: so no node keeps another alive, and neither the end of a long line nor a cancel
//! goes from node to node by recursion.
//!
//! ```text
//!   token ──► Node ──────────────► Family: one lock, one table
//!   token ──►  cancelled, event     ┌───────┬────────┬───────────────────────────────┐
//!              place ─────────────► │ place │ node   │ parent, child, previous, next │
//!                                   └───────┴────────┴───────────────────────────────┘
//! ```
//!
//! * Cancelling takes the whole branch out of the table and marks its nodes, under the lock, each
//!   after all that descend from it: so whoever finds a token cancelled finds its descendants
//!   cancelled too. Then, without the lock, it wakes those who wait.
//! * `cancelled` changes under the lock, once. A node is in the table until it is cancelled or its
//!   last token is dropped.
//! * The last token of a node may be dropped while the node has children: they still descend from
//!   the parent. A node without children leaves the table; one with a single child is replaced by
//!   it; one with more stays as a branching point without a token, until it has a single child.
//!   So there are fewer such points than tokens, and each step here takes constant time.
//! * A node that the lock has found in the table may be dropped only when the lock is free: its
//!   end takes the lock.
//!
//! What we left out: a lock per node. It lets branches of one family go on beside each other, and
//! asks for an order of locks that changes when a node goes; and a table that shrinks: its places
//! are used again, and go with the family.
//!
//! Next: `sync/token/cancel.rs`.

#![forbid(unsafe_code)]

use crate::base::prim::{AtomicBool, Mutex, Ordering};
use crate::sync::event::Event;
use slab::Slab;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::{Arc, Weak};

/// What the clones of one token share.
pub(super) struct Node {
    cancelled: AtomicBool,
    /// Set after `cancelled`, for those who wait.
    event: Event,
    family: Arc<Family>,
    /// Where in the table, while it is there.
    place: usize,
}

#[derive(Default)]
struct Family {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table(Slab<Entry>);

/// No place in the table.
const NOBODY: usize = usize::MAX;

struct Entry {
    /// `None`: a branching point, whose last token was dropped.
    node: Option<Weak<Node>>,
    parent: usize,
    /// The first of its children; they are linked with each other.
    child: usize,
    previous: usize,
    next: usize,
}

impl Node {
    pub(super) fn root() -> Arc<Self> {
        let family = Arc::<Family>::default();
        let mut table = family.table.lock();
        Family::add(&family, &mut table, NOBODY)
    }

    /// A new child; cancelled if this one is.
    pub(super) fn child(&self) -> Arc<Self> {
        if !self.is_cancelled() {
            let mut table = self.family.table.lock();
            // Ordering: Relaxed, it changes under the lock, which orders it.
            if !self.cancelled.load(Ordering::Relaxed) {
                return Family::add(&self.family, &mut table, self.place);
            }
        }
        Arc::new(Self::new(&self.family, true, NOBODY))
    }

    fn new(family: &Arc<Family>, cancelled: bool, place: usize) -> Self {
        let (cancelled, family) = (AtomicBool::new(cancelled), family.clone());
        Self { cancelled, event: Event::new(), family, place }
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `mark`: what was done before the cancel is
        // seen.
        self.cancelled.load(Ordering::Acquire)
    }

    /// What those wait for who wait for the cancel.
    pub(super) fn event(&self) -> &Event {
        &self.event
    }

    /// Cancels it and all that descend from it: marked when this returns, and woken.
    pub(super) fn cancel(&self) {
        let mut branch = Vec::new();
        if !self.is_cancelled() {
            let mut table = self.family.table.lock();
            // Ordering: Relaxed, it changes under the lock, which orders it.
            if !self.cancelled.load(Ordering::Relaxed) {
                table.take_branch(self.place, &mut branch);
                branch.iter().rev().for_each(|node| node.mark());
                self.mark();
            }
        }
        // Also if another thread has marked it, and is still waking: `set` loses nothing by it.
        // A waker that panics does not stop the others; the first panic goes on at the end.
        let mut outcome = Ok(());
        for node in std::iter::once(self).chain(branch.iter().map(|node| &**node)) {
            let told = catch_unwind(AssertUnwindSafe(|| node.event.set()));
            match outcome {
                Ok(()) => outcome = told,
                Err(_) => mem::forget(told),
            }
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }

    fn mark(&self) {
        // Ordering: Release, pairs with the Acquire in `is_cancelled`.
        self.cancelled.store(true, Ordering::Release);
    }
}

impl Drop for Node {
    /// The last of its tokens is gone.
    fn drop(&mut self) {
        if self.is_cancelled() {
            // It has been taken out of the table.
            return;
        }
        let mut table = self.family.table.lock();
        // A cancel of its parent may just have taken it out, and found nobody to mark.
        let mine = |entry: &Entry| entry.node.as_ref().is_some_and(|n| ptr::eq(n.as_ptr(), self));
        if table.0.get(self.place).is_some_and(mine) {
            table.leave(self.place);
        }
    }
}

impl Family {
    /// A new node below `parent`; the table is this family's.
    fn add(family: &Arc<Family>, table: &mut Table, parent: usize) -> Arc<Node> {
        let vacant = table.0.vacant_entry();
        let place = vacant.key();
        let node = Arc::new(Node::new(family, false, place));
        let weak = Some(Arc::downgrade(&node));
        let lonely = Entry { node: weak, parent, child: NOBODY, previous: NOBODY, next: NOBODY };
        vacant.insert(lonely);
        table.link(place);
        node
    }
}

impl Table {
    /// Becomes the first child of its parent.
    fn link(&mut self, place: usize) {
        let parent = self.0[place].parent;
        if parent == NOBODY {
            return;
        }
        let next = mem::replace(&mut self.0[parent].child, place);
        self.0[place].next = next;
        if next != NOBODY {
            self.0[next].previous = place;
        }
    }

    /// Takes it out from among the children of its parent, with all its own.
    fn unlink(&mut self, place: usize) {
        let Entry { parent, previous, next, .. } = self.0[place];
        if parent == NOBODY {
            return;
        }
        match previous {
            NOBODY => self.0[parent].child = next,
            previous => self.0[previous].next = next,
        }
        if next != NOBODY {
            self.0[next].previous = previous;
        }
        let entry = &mut self.0[place];
        (entry.parent, entry.previous, entry.next) = (NOBODY, NOBODY, NOBODY);
        if self.0[parent].node.is_none() {
            self.dissolve(parent);
        }
    }

    /// The only child of a place, if there is one child and no more.
    fn only_child(&self, place: usize) -> Option<usize> {
        let child = self.0[place].child;
        (child != NOBODY && self.0[child].next == NOBODY).then_some(child)
    }

    /// A branching point has lost a child: with one left, that child takes its place.
    fn dissolve(&mut self, place: usize) {
        let Some(child) = self.only_child(place) else { return };
        let Entry { parent, previous, next, .. } = self.0.remove(place);
        let entry = &mut self.0[child];
        (entry.parent, entry.previous, entry.next) = (parent, previous, next);
        if next != NOBODY {
            self.0[next].previous = child;
        }
        if previous != NOBODY {
            self.0[previous].next = child;
        } else if parent != NOBODY {
            self.0[parent].child = child;
        }
    }

    /// The last token of this place is gone; its children stay in the family.
    fn leave(&mut self, place: usize) {
        if self.0[place].child == NOBODY {
            self.unlink(place);
            self.0.remove(place);
        } else {
            self.0[place].node = None;
            self.dissolve(place);
        }
    }

    /// Takes a place and all below it out of the table. The nodes below that are alive go to
    /// `nodes`: the first one is the caller's.
    fn take_branch(&mut self, place: usize, nodes: &mut Vec<Arc<Node>>) {
        self.unlink(place);
        // The places still to take, as one line of links: the children of each come first.
        let mut at = place;
        while at != NOBODY {
            let entry = self.0.remove(at);
            if at != place {
                nodes.extend(entry.node.as_ref().and_then(Weak::upgrade));
            }
            at = entry.next;
            if entry.child != NOBODY {
                let mut last = entry.child;
                while self.0[last].next != NOBODY {
                    last = self.0[last].next;
                }
                self.0[last].next = mem::replace(&mut at, entry.child);
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "tree_tests.rs"]
mod tests;
