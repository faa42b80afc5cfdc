//! JoinHandle, AbortHandle, JoinError.
//!
//! The handle's side of a task. The waker slot in the cell belongs to the handle or to the runner,
//! and the JOIN_WAKER bit says to whom:
//!
//! | JOIN_WAKER | COMPLETE | the slot | who may write it | who may read it |
//! |---|---|---|---|---|
//! | 0 | 0 | empty | the handle, before `join_wait` | – |
//! | 1 | 0 | full | nobody; `join_forget` gives it back | both |
//! | 1 | 1 | full, and the runner moves the waker out by reading | nobody | both |
//! | 0 | 1 | empty | the handle | – |
//!
//! Reading is all that both do while the bit is set: the handle compares, the runner copies the
//! bytes out and wakes by value. Nobody empties the slot, so nothing is dropped when the cell is
//! freed.
//!
//! * INV-28: the waker slot is written and read by the side that this table names, and its waker is
//!   moved out once: by the runner after COMPLETE with JOIN_WAKER, otherwise by the handle.

use super::header::{Header, Id, TaskRef};
use super::record::name_of;
use super::state::DropHandle;
use crate::base::note::Wait;
use crate::wake::batch::Panic;
use crate::wake::coop;
use crate::wake::says;
use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// Owned permission to wait for a task's output.
///
/// Dropping it detaches the task, which goes on by itself. Awaiting it gives the output, or a
/// [`JoinError`] when the task panicked or was aborted.
///
/// # Cancel safety
/// Awaiting `&mut handle` is cancel safe: the output stays in the task until it is taken.
///
/// asyncio: the `Task` that `create_task` returns.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// rt.block_on(async {
///     let handle = mainspring::spawn(async { 6 * 7 });
///     assert_eq!(handle.await?, 42);
///     # Ok::<_, mainspring::task::JoinError>(())
/// })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct JoinHandle<T> {
    /// The task; the lowest bit says that the output was taken. So a handle is one pointer.
    tagged: NonNull<Header>,
    _output: PhantomData<T>,
}

const TAKEN: usize = 1;

// SAFETY(INV-28): the handle moves a T to its thread and shares nothing else without the state
// word.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY(INV-28): through `&JoinHandle` only the state word is reached.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Takes over the handle's reference.
    pub(super) fn new(task: TaskRef) -> Self {
        Self { tagged: task.as_header(), _output: PhantomData }
    }

    #[inline]
    fn task(&self) -> TaskRef {
        let addr = |addr: NonZeroUsize| NonZeroUsize::new(addr.get() & !TAKEN);
        // A header is aligned to more than one byte, so without the tag it is still not null.
        TaskRef::from_header(self.tagged.map_addr(|tagged| addr(tagged).unwrap_or(tagged)))
    }

    #[inline]
    fn taken(&self) -> bool {
        self.tagged.addr().get() & TAKEN != 0
    }

    /// Tells the task to end: its future is dropped at its next turn, on its worker.
    ///
    /// Awaiting the handle then gives a cancelled [`JoinError`], unless the task had ended before,
    /// or ends in the poll it is in. A blocking closure that has started runs to its end.
    ///
    /// asyncio: `Task.cancel`, but nothing is thrown into the task: it is dropped.
    pub fn abort(&self) {
        abort(self.task());
    }

    /// A handle that can only abort.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.task().state().retain();
        AbortHandle { task: self.task() }
    }

    /// Has the task ended?
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task().state().is_complete()
    }

    /// The task's id.
    #[must_use]
    pub fn id(&self) -> Id {
        self.task().id()
    }

    fn take_output(&mut self) -> Result<T, JoinError> {
        let task = self.task();
        self.tagged = self.tagged.map_addr(|addr| addr | TAKEN);
        let mut output = MaybeUninit::<Result<T, JoinError>>::uninit();
        // SAFETY(INV-27): COMPLETE was seen, the output is the handle's, and it is taken once.
        unsafe {
            (task.vtable().take_output)(task, output.as_mut_ptr().cast());
            output.assume_init()
        }
    }

    /// Leaves a clone of `waker` with the task. False: the task has ended meanwhile.
    fn wait(&self, waker: &Waker) -> bool {
        let task = self.task();
        let state = task.state();
        if state.has_join_waker() {
            // SAFETY(INV-28): JOIN_WAKER is set, so both sides may read. If the runner has moved
            // the waker out meanwhile, its two pointers are still there to be compared.
            if task.join_waker().with(|slot| unsafe { (*slot).assume_init_ref() }.will_wake(waker))
            {
                return !state.is_complete();
            }
            if !state.join_forget() {
                return false;
            }
            self.drop_waker();
        }
        let waker = waker.clone();
        // SAFETY(INV-28): JOIN_WAKER is clear, so the slot is the handle's to write.
        task.join_waker().with_mut(|slot| unsafe { (*slot).write(waker) });
        if state.join_wait() {
            return true;
        }
        self.drop_waker();
        false
    }

    /// Empties the slot. INV-28: JOIN_WAKER is clear, and the handle wrote a waker.
    fn drop_waker(&self) {
        // SAFETY(INV-28): moved out once, by the side that wrote it.
        let waker = self.task().join_waker().with(|slot| unsafe { (*slot).assume_init_read() });
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(waker))) {
            self.task().report(panic);
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.taken(), "this JoinHandle has given its output already; await it only once");
        ready!(coop::ready(cx));
        if !self.task().state().is_complete() && self.wait(cx.waker()) {
            return says::pending(Poll::Pending, Wait::Join(self.id().0.get()));
        }
        coop::spend();
        Poll::Ready(self.take_output())
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let task = self.task();
        if !self.taken() {
            match task.state().drop_handle() {
                DropHandle::Done { last: false } => return,
                DropHandle::Done { last: true } => return task.free(),
                DropHandle::DropWaker => self.drop_waker(),
                DropHandle::DropOutput => {
                    // SAFETY(INV-27): COMPLETE was seen, and the output was never taken.
                    if let Err(panic) = unsafe { (task.vtable().drop_output)(task) } {
                        task.report(panic);
                    }
                }
            }
        }
        task.release(1);
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.task().id()).finish()
    }
}

/// Owned permission to abort a task, without its output.
///
/// asyncio: a `Task` of which only `cancel` is used.
pub struct AbortHandle {
    task: TaskRef,
}

// SAFETY(INV-24): an abort handle reaches the state word and the id, which are shared by design.
unsafe impl Send for AbortHandle {}
// SAFETY(INV-24): as above.
unsafe impl Sync for AbortHandle {}

impl AbortHandle {
    /// Tells the task to end; see [`JoinHandle::abort`].
    pub fn abort(&self) {
        abort(self.task);
    }

    /// Has the task ended?
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.state().is_complete()
    }

    /// The task's id.
    #[must_use]
    pub fn id(&self) -> Id {
        self.task.id()
    }
}

impl Clone for AbortHandle {
    fn clone(&self) -> Self {
        self.task.state().retain();
        Self { task: self.task }
    }
}

impl Drop for AbortHandle {
    fn drop(&mut self) {
        self.task.release(1);
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.task.id()).finish()
    }
}

/// The caller owns a reference and keeps it.
fn abort(task: TaskRef) {
    if task.state().cancel() {
        // SAFETY(INV-22): `cancel` set SCHEDULED and added the entry's reference.
        unsafe { (task.vtable().schedule)(task) }
    }
}

/// Why a task has no output: it panicked, or it was aborted, or ended with its runtime, or was a
/// blocking closure for which the system had no thread; the text then says so.
///
/// One pointer wide, so that a small output stays small; the rest is allocated when it is needed.
pub struct JoinError(Box<Reason>);

struct Reason {
    id: Id,
    /// While its runtime keeps records.
    name: Option<Arc<str>>,
    why: Why,
}

enum Why {
    /// With a text if it was not by wish.
    Cancelled(Option<Box<str>>),
    /// In a lock, so that the error is `Sync` whatever was thrown.
    Panicked(std::sync::Mutex<Panic>),
}

impl JoinError {
    #[cold]
    pub(super) fn cancelled(id: Id, why: Option<Box<str>>) -> Self {
        Self(Box::new(Reason { id, name: name_of(id), why: Why::Cancelled(why) }))
    }

    #[cold]
    pub(super) fn panicked(id: Id, panic: Panic) -> Self {
        let why = Why::Panicked(std::sync::Mutex::new(panic));
        Self(Box::new(Reason { id, name: name_of(id), why }))
    }

    /// Was the task aborted, or dropped with its runtime, or never called for want of a thread?
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        !self.is_panic()
    }

    /// Did the task panic?
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.0.why, Why::Panicked(_))
    }

    /// What the task threw.
    ///
    /// # Panics
    /// When the task did not panic; ask [`is_panic`](Self::is_panic) first, or use
    /// [`try_into_panic`](Self::try_into_panic).
    #[track_caller]
    #[must_use]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(panic) => panic,
            Err(_) => panic!(
                "into_panic on the error of a task that was cancelled and did not panic; \
                 ask is_panic() first or use try_into_panic()"
            ),
        }
    }

    /// What the task threw, or the error itself when the task did not panic.
    ///
    /// # Errors
    /// The error, unchanged, when the task was cancelled.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        let Reason { id, name, why } = *self.0;
        match why {
            Why::Panicked(panic) => Ok(panic.into_inner().unwrap_or_else(|p| p.into_inner())),
            Why::Cancelled(_) => Err(Self(Box::new(Reason { id, name, why }))),
        }
    }

    /// The id of the task that failed.
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.id
    }

    /// The text of the panic, if it was one with a text, or of the cancellation.
    fn text(&self) -> Option<String> {
        let panic = match &self.0.why {
            Why::Cancelled(why) => return why.as_deref().map(str::to_owned),
            Why::Panicked(panic) => panic.lock().unwrap_or_else(|poison| poison.into_inner()),
        };
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0.id)?;
        if let Some(name) = &self.0.name {
            write!(f, " ({name})")?;
        }
        match (self.is_cancelled(), self.text()) {
            (true, Some(text)) => write!(f, " was cancelled: {text}"),
            (true, None) => f.write_str(" was cancelled"),
            (false, Some(text)) => write!(f, " panicked: {text:?}"),
            (false, None) => f.write_str(" panicked"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            None if self.is_cancelled() => write!(f, "JoinError::Cancelled({:?})", self.0.id),
            Some(text) if self.is_cancelled() => {
                write!(f, "JoinError::Cancelled({:?}, {text:?})", self.0.id)
            }
            Some(text) => write!(f, "JoinError::Panic({:?}, {text:?}, ...)", self.0.id),
            None => write!(f, "JoinError::Panic({:?}, ...)", self.0.id),
        }
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for std::io::Error {
    fn from(error: JoinError) -> Self {
        std::io::Error::other(error)
    }
}

const _: () = assert!(size_of::<Result<(), JoinError>>() == size_of::<usize>());
const _: () = assert!(size_of::<Option<JoinHandle<String>>>() == size_of::<usize>());
