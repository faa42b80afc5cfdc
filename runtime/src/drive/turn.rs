//! whose turn it is: one thing that sleepers pass around, and who has it now.
//!
//! The drivers of a runtime share what asks the kernel for events. One of them has it at a time and
//! sleeps for all; the others sleep for themselves. The thing is in a slot while nobody has it, and
//! goes back there when its [`Taken`] is dropped, also by a panic.
//!
//! ```text
//!         take: lock, thing out, holder := me
//!   FREE ─────────────────────────────────────► HELD by me
//!    ▲                                            │    a nudge: lock, clone the holder, unlock;
//!    └─────────── dropped: lock, thing in ────────┘             then ring its bell
//! ```
//!
//! **News for whoever sleeps for all** (a first source, an earlier deadline) goes to the holder,
//! and the lock decides who that is. The news is stored first, then the lock is taken; a holder
//! takes the thing first, then reads the news, then lies down:
//!
//! | the lock was had first by | then |
//! |---|---|
//! | whoever brings the news | the next to take the thing reads the news |
//! | whoever takes the thing | it is the holder that is found, and its bell is rung |
//!
//! So nobody has to be told while nobody holds the thing, and the last holder, who is awake, finds
//! no useless token at its next sleep.
//!
//! **Who only looks** (a busy worker, now and then) borrows the thing for a moment and sleeps for
//! nobody: it is no holder. A sleeper that comes in that moment must not go without until its next
//! sleep, while the other goes on working: it leaves its bell, which is rung when the thing is
//! back.
//!
//! The slot remembers the last holder, for one reason: it is mostly the next one too, and then no
//! count is touched. When holders alternate, each take costs two more read-modify-writes.

#![forbid(unsafe_code)]

use crate::base::prim::Mutex;
use crate::wake::park::Unpark;
use std::fmt;
use std::sync::Arc;

/// Who sleeps for all: it can be nudged, and told of a first source.
pub(crate) trait Holder: Unpark {
    /// The first source was registered: if you sleep on your parker, move to epoll.
    fn stir(&self);
}

/// See the head of the file.
pub(crate) struct Slot<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    /// `None` while somebody holds it.
    thing: Option<Box<T>>,
    /// Who holds it, or held it last.
    last: Option<Arc<dyn Holder>>,
    /// It is out for a look.
    borrowed: bool,
    /// Who wants it meanwhile.
    waiting: Option<Arc<dyn Holder>>,
}

impl<T> Slot<T> {
    pub(crate) fn new(thing: T) -> Self {
        let thing = Some(Box::new(thing));
        let state = State { thing, last: None, borrowed: false, waiting: None };
        Self { state: Mutex::new(state) }
    }

    /// Takes the thing, to sleep for all; `None` if somebody else has it. If that one only looks,
    /// `me` is nudged when it has looked.
    pub(crate) fn take(&self, me: &Arc<impl Holder + 'static>) -> Option<Taken<'_, T>> {
        let mut state = self.state.lock();
        let Some(thing) = state.thing.take() else {
            if state.borrowed {
                state.waiting = Some(me.clone());
            }
            return None;
        };
        if !state.remembers(Arc::as_ptr(me).cast()) {
            state.last = Some(me.clone());
        }
        Some(Taken { slot: self, thing: Some(thing) })
    }

    /// Takes the thing for a look; `None` if somebody else has it.
    pub(crate) fn borrow(&self) -> Option<Taken<'_, T>> {
        let mut state = self.state.lock();
        let thing = state.thing.take()?;
        state.borrowed = true;
        Some(Taken { slot: self, thing: Some(thing) })
    }

    /// Who holds the thing, if anybody does.
    pub(crate) fn holder(&self) -> Option<Arc<dyn Holder>> {
        let state = self.state.lock();
        if state.thing.is_some() || state.borrowed { None } else { state.last.clone() }
    }

    /// Forgets a holder that will not come again.
    pub(crate) fn forget(&self, me: &Arc<impl Holder + 'static>) {
        let mut state = self.state.lock();
        if state.remembers(Arc::as_ptr(me).cast()) {
            state.last = None;
        }
        state.waiting.take_if(|waiting| Arc::as_ptr(waiting).cast() == Arc::as_ptr(me));
    }
}

/// Nudges the holder, whoever that is.
impl<T: Send> Unpark for Slot<T> {
    fn unpark(&self) {
        if let Some(holder) = self.holder() {
            holder.unpark();
        }
    }
}

impl<T> State<T> {
    fn remembers(&self, me: *const ()) -> bool {
        self.last.as_ref().is_some_and(|last| Arc::as_ptr(last).cast() == me)
    }
}

/// The thing, until this is dropped.
pub(crate) struct Taken<'a, T> {
    slot: &'a Slot<T>,
    /// `Some` until dropped.
    thing: Option<Box<T>>,
}

impl<T> Taken<'_, T> {
    /// The thing. `None` only while it is being put back.
    pub(crate) fn get(&mut self) -> Option<&mut T> {
        self.thing.as_deref_mut()
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        let mut state = self.slot.state.lock();
        state.thing = self.thing.take();
        state.borrowed = false;
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waiting) = waiting {
            waiting.unpark();
        }
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
#[path = "turn_loom_tests.rs"]
mod models;
