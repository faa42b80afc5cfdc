//! JoinHandle and AbortHandle: wait for a task, end a task.
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

use super::error::JoinError;
use super::header::{Header, Id, TaskRef};
use super::message;
use super::state::DropHandle;
use crate::base::note::Wait;
use crate::wake::coop;
use crate::wake::says;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
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

    /// [`abort`](Self::abort), and says why: the text is the [`message`](JoinError::message) of the
    /// join error. If several say why, the first is heard; a task that ends by itself keeps its
    /// output, and nobody hears anything.
    ///
    /// asyncio: `Task.cancel(msg)`.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// rt.block_on(async {
    ///     let task = mainspring::spawn(std::future::pending::<()>());
    ///     task.abort_with("the client has gone");
    ///     let error = task.await.unwrap_err();
    ///     assert_eq!(error.message(), Some("the client has gone"));
    ///     assert!(error.to_string().ends_with("was cancelled: the client has gone"));
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn abort_with(&self, message: impl Into<Box<str>>) {
        abort_with(self.task(), message.into());
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
        let output = unsafe {
            (task.vtable().take_output)(task, output.as_mut_ptr().cast());
            output.assume_init()
        };
        output.map_err(|error| error.or_message(|| message::of(task)))
    }

    /// Leaves a clone of `waker` with the task. False: the task has ended meanwhile.
    pub(crate) fn wait(&self, waker: &Waker) -> bool {
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

// A panic leaves it as it was: what it leads to is changed by whole steps.
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

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

    /// The same, and says why; see [`JoinHandle::abort_with`].
    pub fn abort_with(&self, message: impl Into<Box<str>>) {
        abort_with(self.task, message.into());
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

// A panic leaves it as it was: what it leads to is changed by whole steps.
impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

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
    schedule(task, task.state().cancel());
}

/// The same, and leaves a message.
#[cold]
fn abort_with(task: TaskRef, message: Box<str>) {
    schedule(task, message::leave(task, message));
}

/// Pushes an entry, if the task's state says so.
fn schedule(task: TaskRef, push: bool) {
    if push {
        // SAFETY(INV-22): `cancel` set SCHEDULED and added the entry's reference.
        unsafe { (task.vtable().schedule)(task) }
    }
}

const _: () = assert!(size_of::<Option<JoinHandle<String>>>() == size_of::<usize>());
