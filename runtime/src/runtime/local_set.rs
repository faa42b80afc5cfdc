//! LocalSet: tasks that stay on the thread that made them.
//!
//! A future that is not `Send` cannot be a task of the runtime: the runtime's wakers come from any
//! thread, and on `multi_thread` so do its polls. A `LocalSet` is an executor of its own, polled as
//! one future: `local/driven.rs` inside of whatever polls it. It works under every executor, and
//! needs a runtime only for what its tasks use of one.
//!
//! ```text
//!   LocalSet ──► Home ◄── guards of enter(), and the thread's context while a set is polled
//!                 ├─ driven   the queue, the inbox, who is to be woken
//!                 └─ alive    how many futures there are; each holds a share and counts itself out
//! ```
//!
//! `spawn_local` finds its set through the thread's context. What is there owns a count of its
//! `Home`, as the guards own what they replaced: in whatever order they are dropped, each count is
//! given back once.
//!
//! * INV-131: the context's pointer is null, or comes from `Rc::into_raw` of a `Home` of this
//!   thread, and its count is the context's.

use super::context::{Mode, Restore, local_set, mode, replace_local_set, set_mode, with_current};
use super::report::report;
use super::runtime::Runtime;
use super::scheduler::ids;
use crate::local::driven::Driven;
use crate::local::spawn::spawn_any;
use crate::task::join::JoinHandle;
use crate::wake::batch::Panic;
use crate::wake::says;
use pin_project_lite::pin_project;
use std::cell::{Cell, OnceCell};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Tasks that one poll of a set runs, at most; then whatever else is on the thread has its turn.
/// tokio's number.
const AT_MOST: u32 = 61;

/// A set of tasks that run where they are: on the thread that made the set.
///
/// Their futures need not be `Send`. They run while somebody awaits the set, or is in
/// [`run_until`](Self::run_until) or [`block_on`](Self::block_on); in between they stay where they
/// are. A poll of the set runs 61 tasks at most before it yields, and each of them has a budget of
/// its own.
///
/// A task is woken, aborted and awaited from any thread; its future is polled and dropped on the
/// set's own. Dropping the set drops every future; the joins then say that they were cancelled.
///
/// # Cancel safety
/// Awaiting the set, by value or by reference, ends when no task is left. Dropped before, nothing
/// is lost if it was awaited by reference: the tasks stay in the set.
///
/// asyncio: every task stays on its loop's thread.
///
/// ```
/// # let rt = mainspring::runtime::Runtime::new()?;
/// use mainspring::task::{LocalSet, spawn_local};
/// use std::rc::Rc;
///
/// let set = LocalSet::new();
/// let shared = Rc::new(7);
/// let there = shared.clone();
/// let sum = set.block_on(&rt, async move {
///     let task = spawn_local(async move { *there + 1 });
///     task.await.unwrap() + *shared
/// });
/// assert_eq!(sum, 15);
/// # Ok::<_, std::io::Error>(())
/// ```
pub struct LocalSet {
    home: Rc<Home>,
    /// Where it is driven from when it is awaited itself.
    place: OnceCell<usize>,
}

struct Home {
    driven: Driven,
    alive: Rc<Cell<usize>>,
}

pin_project! {
    /// A future of the set, which counts itself out when it is gone.
    struct Member<F> {
        #[pin]
        future: F,
        counted: Counted,
    }
}

struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn new(alive: &Rc<Cell<usize>>) -> Self {
        alive.set(alive.get() + 1);
        Self(alive.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl<F: Future> Future for Member<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

/// A panic that no join can be given goes to the runtime that the thread is inside of, if any.
fn tell(panic: Panic) {
    with_current(|inner| match inner {
        Some(inner) => (inner.report)(panic),
        None => report(None)(panic),
    });
}

impl Home {
    fn spawn<F>(&self, future: F, spawned: &'static Location<'static>) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let member = Member { future, counted: Counted::new(&self.alive) };
        // SAFETY(INV-20, INV-130): `self` is not Send, so this is the thread that made it, the only
        // one that drives it.
        unsafe { spawn_any(self.driven.scheduler(), member, spawned) }
    }
}

/// `spawn_local` finds a set until this is dropped. Made by [`LocalSet::enter`].
///
/// Drop guards in the reverse order of their making; nothing checks it, but `spawn_local` then uses
/// the wrong set.
#[must_use = "the thread leaves the set as soon as the guard is dropped"]
pub struct LocalEnterGuard {
    /// INV-131: its count is the guard's.
    before: *const Home,
}

fn enter(home: Rc<Home>) -> LocalEnterGuard {
    LocalEnterGuard { before: replace_local_set(Rc::into_raw(home).cast()).cast() }
}

impl Drop for LocalEnterGuard {
    fn drop(&mut self) {
        let home = replace_local_set(self.before.cast()).cast::<Home>();
        if !home.is_null() {
            // SAFETY(INV-131): taken out of the context, with its count.
            drop(unsafe { Rc::from_raw(home) });
        }
    }
}

/// A set is being polled: no task of it may block the thread, and `spawn_local` finds it.
struct Polling {
    _entered: LocalEnterGuard,
    _mode: Option<Restore>,
}

impl LocalSet {
    /// A set without tasks. It belongs to this thread.
    #[must_use]
    pub fn new() -> Self {
        let driven = Driven::new(ids(), Arc::new(tell), AT_MOST);
        let home = Rc::new(Home { driven, alive: Rc::default() });
        Self { home, place: OnceCell::new() }
    }

    /// [`spawn_local`] uses this set until the guard is dropped. It runs nothing by itself.
    ///
    /// ```
    /// use mainspring::task::{LocalSet, spawn_local};
    ///
    /// let set = LocalSet::new();
    /// let guard = set.enter();
    /// let task = spawn_local(async { 7 });
    /// drop(guard);
    /// let rt = mainspring::runtime::Runtime::new()?;
    /// assert_eq!(set.block_on(&rt, task).unwrap(), 7);
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn enter(&self) -> LocalEnterGuard {
        enter(self.home.clone())
    }

    /// Starts a task of this set, from outside of it too: it runs when the set is driven next.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    ///
    /// asyncio: `loop.create_task`.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.home.spawn(future, Location::caller())
    }

    /// Runs `future` to its end on `rt`, and the set's tasks meanwhile. Those that have not ended
    /// then stay in the set.
    ///
    /// # Panics
    /// When a runtime already drives this thread, and when the future panics; see
    /// [`Runtime::block_on`].
    ///
    /// asyncio: `asyncio.run`.
    #[track_caller]
    pub fn block_on<F: Future>(&self, rt: &Runtime, future: F) -> F::Output {
        rt.block_on(self.run_until(future))
    }

    /// Runs `future` to its end, and the set's tasks meanwhile. Those that have not ended then stay
    /// in the set.
    ///
    /// `future` is polled first each time, and has the budget of whoever polls this. Several of
    /// these may be in progress at once: each drives the whole set.
    ///
    /// # Cancel safety
    /// As safe as `future`, which is dropped with it. The tasks stay in the set.
    ///
    /// asyncio: `loop.run_until_complete`.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// use mainspring::task::{LocalSet, spawn_local};
    ///
    /// rt.block_on(async {
    ///     let set = LocalSet::new();
    ///     let task = set.run_until(async { spawn_local(async { 7 }) }).await;
    ///     set.await;
    ///     assert_eq!(task.await.unwrap(), 7);
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        let place = Place { set: self, index: self.home.driven.join() };
        RunUntil { future, place }.await
    }

    fn polling(&self) -> Polling {
        let mode = (mode() != Mode::Free).then(|| set_mode(Mode::Shared));
        Polling { _entered: self.enter(), _mode: mode }
    }

    /// Has some tasks run. `true`: none is left.
    fn drive(&self, place: usize, cx: &mut Context<'_>) -> bool {
        let driven = &self.home.driven;
        driven.enroll(place, cx.waker());
        // What its tasks wait for, and lock, is theirs, and they have no records.
        if says::aside(|| driven.run()) {
            cx.waker().wake_by_ref();
        }
        self.home.alive.get() == 0
    }
}

/// Where one `run_until` drives the set from.
struct Place<'a> {
    set: &'a LocalSet,
    index: usize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.set.home.driven.leave(self.index);
    }
}

pin_project! {
    struct RunUntil<'a, F> {
        #[pin]
        future: F,
        place: Place<'a>,
    }
}

impl<F: Future> Future for RunUntil<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let me = self.project();
        let set = me.place.set;
        let _polling = set.polling();
        if let Poll::Ready(output) = me.future.poll(cx) {
            return Poll::Ready(output);
        }
        set.drive(me.place.index, cx);
        Poll::Pending
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _polling = self.polling();
        let place = *self.place.get_or_init(|| self.home.driven.join());
        match self.drive(place, cx) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        let _polling = self.polling();
        self.home.driven.shut_down();
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").field("tasks", &self.home.alive.get()).finish()
    }
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

/// Starts a task on the [`LocalSet`] that this thread is in: its future stays on this thread, and
/// need not be `Send`.
///
/// # Panics
/// When the thread is in none: inside of a set's own tasks, [`LocalSet::run_until`] and
/// [`LocalSet::block_on`] it is, and while a guard of [`LocalSet::enter`] is there.
///
/// # Cancel safety
/// Awaiting the handle loses nothing when it is dropped; the task goes on.
///
/// asyncio: `create_task`.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// use mainspring::task::{LocalSet, spawn_local};
/// use std::{cell::Cell, rc::Rc};
///
/// LocalSet::new().block_on(&rt, async {
///     let (count, there) = (Rc::new(Cell::new(0)), Rc::new(()));
///     let counted = count.clone();
///     spawn_local(async move { counted.set(Rc::strong_count(&there)) }).await.unwrap();
///     assert_eq!(count.get(), 1);
/// });
/// # Ok::<_, std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    match current() {
        Some(home) => home.spawn(future, Location::caller()),
        None => panic!(
            "spawn_local outside of a LocalSet: nobody would run the task; call this inside of \
             LocalSet::run_until, LocalSet::block_on or a task of a set, or enter one with \
             LocalSet::enter; a future that is Send can be given to spawn"
        ),
    }
}

/// A count of its own: a future that is refused may drop the guard that holds the other.
fn current() -> Option<Rc<Home>> {
    let home = local_set().cast::<Home>();
    // SAFETY(INV-131): not null, so the context's count keeps it alive.
    (!home.is_null()).then(|| unsafe {
        Rc::increment_strong_count(home);
        Rc::from_raw(home)
    })
}

#[cfg(all(test, not(loom)))]
#[path = "local_set_tests.rs"]
mod tests;
