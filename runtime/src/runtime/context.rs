//! which runtime a thread is inside of, and what drives the thread.
//!
//! A thread is inside a runtime while a guard says so: a word in a thread-local points to its
//! [`Inner`].
//!
//! * INV-90: while the thread's context points to an `Inner`, somebody below on its stack, or a
//!   leaked guard, owns a count of it.

use super::inner::Inner;
use crate::base::prim::plain_local;
use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

/// What drives this thread, and so whether it may block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// No runtime does: it may block.
    Free,
    /// A `block_on` that has the thread for itself: it must not block, except in place.
    Root,
    /// A `block_on` of `current_thread`, or a `LocalSet`: other tasks need this very thread.
    Shared,
    /// A worker of `multi_thread`, at this post of `runtime/post.rs`: others may man it meanwhile.
    Worker(*const ()),
}

struct Context {
    inner: Cell<*const Inner>,
    mode: Cell<Mode>,
    /// The innermost `LocalSet`; `runtime/local_set.rs` says who owns it.
    local: Cell<*const ()>,
    /// Whose change is in force, and how many there have been: what makes each of them another.
    top: Cell<u64>,
    changes: Cell<u64>,
}

plain_local! {
    static CONTEXT: Context = Context {
        inner: Cell::new(ptr::null()),
        mode: Cell::new(Mode::Free),
        local: Cell::new(ptr::null()),
        top: Cell::new(0),
        changes: Cell::new(0),
    };
}

/// Hands the thread's current runtime to `f`.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Inner>) -> R) -> R {
    let inner = CONTEXT.with(|context| context.inner.get());
    // SAFETY(INV-90): the context's pointer is null or owned for at least this call.
    f(unsafe { inner.as_ref() })
}

/// A count of the thread's current runtime.
pub(super) fn count_current() -> Option<Arc<Inner>> {
    let inner = CONTEXT.with(|context| context.inner.get());
    if inner.is_null() {
        return None;
    }
    // SAFETY(INV-90): the context's pointer comes from an Arc whose count is owned meanwhile.
    let inner = unsafe {
        Arc::increment_strong_count(inner);
        Arc::from_raw(inner)
    };
    Some(inner)
}

/// Does a runtime drive this thread, so that it must not block?
pub(super) fn is_driving() -> bool {
    mode() != Mode::Free
}

pub(super) fn mode() -> Mode {
    CONTEXT.with(|context| context.mode.get())
}

/// The thread is driven, or is not, as `mode` says until the guard is dropped.
pub(super) fn set_mode(mode: Mode) -> Restore {
    set_context(CONTEXT.with(|context| context.inner.get()), Some(mode))
}

/// The innermost `LocalSet` of this thread, or null.
pub(super) fn local_set() -> *const () {
    CONTEXT.with(|context| context.local.get())
}

/// Puts another in its place.
pub(super) fn replace_local_set(set: *const ()) -> *const () {
    CONTEXT.with(|context| context.local.replace(set))
}

/// Puts the thread's context back when dropped.
#[derive(Debug)]
pub(super) struct Restore {
    inner: *const Inner,
    mode: Mode,
    top: u64,
}

pub(super) fn set_context(inner: *const Inner, mode: Option<Mode>) -> Restore {
    CONTEXT.with(|context| {
        context.changes.set(context.changes.get() + 1);
        let top = context.top.replace(context.changes.get());
        let before = Restore { inner: context.inner.replace(inner), mode: context.mode.get(), top };
        context.mode.set(mode.unwrap_or(before.mode));
        before
    })
}

pub(super) fn top() -> u64 {
    CONTEXT.with(|context| context.top.get())
}

impl Drop for Restore {
    fn drop(&mut self) {
        CONTEXT.with(|context| {
            context.inner.set(self.inner);
            context.mode.set(self.mode);
            context.top.set(self.top);
        });
    }
}
