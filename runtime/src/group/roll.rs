//! who is in a group, and whether it still takes children in.
//!
//! ```text
//!            failure                       all have ended
//!   open ──────────────► shutting down ───────────────────► finished
//!     │                                                       ▲
//!     └──── body and children have ended, or scope dropped ───┘
//! ```
//!
//! A child enters in two steps, because spawning may run somebody's code and has no place under a
//! lock: a place is taken, the task is spawned, and put in its place. While a place is taken the
//! scope does not end by itself. If the group has begun to shut down in between, the child is told
//! to end as it is put in, and also if all were told to end meanwhile: it may have run before it
//! had its place. If the scope was dropped, it is told to end and let go. So there is no moment at
//! which a child could start and nobody would tell it to end.

#![forbid(unsafe_code)]

use super::child::Broken;
use super::children::{Children, Outcome};
use super::done::{Bell, Ear};
use crate::base::prim::Mutex;
use crate::runtime::handle::Handle;
use crate::sync::semaphore::guarded::Semaphore;
use crate::task::join::JoinHandle;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

type Output<E> = Result<(), Broken<E>>;

pub(super) struct Roll<E> {
    /// Where children are spawned.
    pub(super) handle: Handle,
    state: Mutex<State<E>>,
}

struct State<E> {
    /// `None`: finished.
    children: Option<Children<Output<E>>>,
    shutting_down: bool,
    /// How often all children were told to end.
    told: u64,
    /// Places taken for children that are being spawned.
    places: usize,
    limit: Option<Arc<Semaphore>>,
}

/// A place for a child that is being spawned.
pub(super) struct Place<'a, E> {
    roll: &'a Roll<E>,
    /// What the child has to wait for.
    pub(super) limit: Option<Arc<Semaphore>>,
    told: u64,
    taken: bool,
}

impl<E> Roll<E> {
    pub(super) fn new(handle: Handle) -> (Arc<Self>, Ear) {
        let (children, ear) = Children::new();
        let children = Some(children);
        let state = State { children, shutting_down: false, told: 0, places: 0, limit: None };
        (Arc::new(Self { handle, state: Mutex::new(state) }), ear)
    }

    /// Takes a place; `None` when the group takes nobody in any more.
    pub(super) fn place(&self) -> Option<Place<'_, E>> {
        let mut state = self.state.lock();
        if state.shutting_down || state.children.is_none() {
            return None;
        }
        state.places += 1;
        Some(Place { roll: self, limit: state.limit.clone(), told: state.told, taken: true })
    }

    pub(super) fn set_limit(&self, limit: Semaphore) {
        let limit = Some(Arc::new(limit));
        let before = std::mem::replace(&mut self.state.lock().limit, limit);
        drop(before);
    }

    pub(super) fn len(&self) -> usize {
        let state = self.state.lock();
        state.children.as_ref().map_or(0, Children::len) + state.places
    }

    /// Takes out the child that ended first.
    pub(super) fn pop(&self) -> Option<Outcome<Output<E>>> {
        let ended = self.state.lock().children.as_mut()?.pop();
        ended.map(|ended| ended.outcome())
    }

    /// Tells all children to end. They only get queue entries: no user code runs here.
    pub(super) fn abort_all(&self) {
        let mut state = self.state.lock();
        state.told += 1;
        if let Some(children) = &state.children {
            children.abort_all();
        }
    }

    /// Takes nobody in from now on, and tells all children to end.
    pub(super) fn shut_down(&self) {
        self.state.lock().shutting_down = true;
        self.abort_all();
    }

    /// Wakes the owner, for a reason of somebody else's.
    pub(super) fn ring(&self) {
        let bell = self.state.lock().children.as_ref().map(Children::bell);
        bell.into_iter().for_each(Bell::ring);
    }

    /// Finishes the group if nobody is in it.
    pub(super) fn try_finish(&self) -> bool {
        let mut state = self.state.lock();
        let empty = state.children.as_ref().is_none_or(|children| children.len() == 0);
        let finished = empty && state.places == 0;
        let children = if finished { state.children.take() } else { None };
        drop(state);
        drop(children);
        finished
    }

    /// The scope is gone: tells all children to end, and lets them go.
    pub(super) fn abandon(&self) {
        let children = self.state.lock().children.take();
        children.iter().for_each(Children::abort_all);
    }
}

impl<E> Place<'_, E> {
    /// Puts the child in it.
    pub(super) fn fill(mut self, child: JoinHandle<Output<E>>) {
        let mut state = self.roll.state.lock();
        self.taken = false;
        state.places -= 1;
        if state.shutting_down || state.told != self.told {
            child.abort();
        }
        match &mut state.children {
            Some(children) => {
                let ended = children.insert(child);
                drop(state);
                // Somebody's waker, hence not under the lock.
                ended.into_iter().for_each(Waker::wake);
            }
            None => {
                drop(state);
                child.abort();
            }
        }
    }
}

impl<E> Drop for Place<'_, E> {
    fn drop(&mut self) {
        if !self.taken {
            return;
        }
        // Spawning has panicked. The scope may be waiting for nothing but this place.
        let mut state = self.roll.state.lock();
        state.places -= 1;
        let bell = state.children.as_ref().map(Children::bell);
        drop(state);
        bell.into_iter().for_each(Bell::ring);
    }
}

impl<E> fmt::Debug for Roll<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        let name = match &state.children {
            None => "finished",
            Some(_) if state.shutting_down => "shutting down",
            Some(_) => "open",
        };
        let children = state.children.as_ref().map_or(0, Children::len) + state.places;
        drop(state);
        f.debug_struct("TaskGroup").field("state", &name).field("children", &children).finish()
    }
}
