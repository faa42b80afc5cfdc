//! values that belong to a task: LocalKey, and the future that carries them.
//!
//! A thread-local cell, which holds the value only while the future that owns it is polled or
//! dropped. In between the value lies in the future and moves with it, to whatever thread.
//!
//! ```text
//!             future                  the thread's cell
//!  between    value                   what the caller has, or nothing
//!    poll     ── swap ──►             value: with, get
//!             what the caller has
//!    end      ◄── swap ──
//! ```
//!
//! The swap makes scopes nest: the inner one keeps what the outer one had, and puts it back, also
//! when the poll panics.
//!
//! It asks nothing of a task, and so works in every future, on every executor.

#![forbid(unsafe_code)]

use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

/// Declares values that belong to a task.
///
/// Each becomes a [`LocalKey`](crate::task::LocalKey), which says how to set and read it. It has no
/// value until a scope gives it one.
///
/// asyncio: `contextvars.ContextVar`. There a task inherits the values of the one that made it;
/// here a task that shall have them is spawned with a scope of its own.
///
/// # Examples
///
/// ```
/// mainspring::task_local! {
///     static REQUEST: u32;
/// }
///
/// async fn answer() -> String {
///     format!("answer to request {}", REQUEST.get())
/// }
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let task = mainspring::spawn(REQUEST.scope(7, answer()));
/// assert_eq!(task.await.unwrap(), "answer to request 7");
/// assert!(REQUEST.try_get().is_err(), "only inside of the scope");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! task_local {
    () => {};
    ($(#[$meta:meta])* $vis:vis static $name:ident: $value:ty; $($rest:tt)*) => {
        $crate::task_local!($(#[$meta])* $vis static $name: $value);
        $crate::task_local!($($rest)*);
    };
    ($(#[$meta:meta])* $vis:vis static $name:ident: $value:ty) => {
        $(#[$meta])*
        $vis static $name: $crate::task::LocalKey<$value> = {
            ::std::thread_local! {
                static CELL: ::std::cell::RefCell<::std::option::Option<$value>> =
                    const { ::std::cell::RefCell::new(::std::option::Option::None) };
            }
            $crate::task::LocalKey { cell: CELL }
        };
    };
}

/// A value that belongs to a task; see [`task_local!`](crate::task_local).
pub struct LocalKey<T: 'static> {
    #[doc(hidden)]
    pub cell: thread::LocalKey<RefCell<Option<T>>>,
}

/// Why the cell cannot be reached.
#[derive(Debug, Clone, Copy)]
enum Barred {
    Borrowed,
    ThreadEnds,
}

impl Barred {
    #[cold]
    #[track_caller]
    fn panic(self) -> ! {
        match self {
            Self::Borrowed => panic!(
                "a task-local scope cannot begin while `with` shows the value that it replaces: \
                 clone the value, and begin the scope after `with`"
            ),
            Self::ThreadEnds => {
                panic!("a task-local scope cannot begin while the thread's own locals are dropped")
            }
        }
    }
}

impl<T: 'static> LocalKey<T> {
    /// A future in which this key has `value`, and everything that it awaits.
    ///
    /// The value is there while `future` is polled, and while it is dropped; it is dropped after
    /// it. Scopes nest; the innermost counts. A task that is spawned inside does not inherit it.
    ///
    /// # Panics
    /// When polled inside of [`with`](Self::with) of the same key.
    ///
    /// # Cancel safety
    /// That of `future`. Dropping it drops the value too.
    ///
    /// ```
    /// mainspring::task_local! { static DEPTH: u32; }
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// DEPTH
    ///     .scope(1, async {
    ///         DEPTH.scope(2, async { assert_eq!(DEPTH.get(), 2) }).await;
    ///         assert_eq!(DEPTH.get(), 1);
    ///     })
    ///     .await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> TaskLocalFuture<T, F> {
        TaskLocalFuture { key: self, value: Some(value), future: Some(future) }
    }

    /// Calls `f`, in which this key has `value`.
    ///
    /// ```
    /// mainspring::task_local! { static NAME: &'static str; }
    ///
    /// assert_eq!(NAME.sync_scope("main", || NAME.get()), "main");
    /// ```
    ///
    /// # Panics
    /// Inside of [`with`](Self::with) of the same key.
    #[track_caller]
    pub fn sync_scope<R>(&'static self, value: T, f: impl FnOnce() -> R) -> R {
        let mut value = Some(value);
        match self.within(&mut value, f) {
            Ok(output) => output,
            Err(barred) => barred.panic(),
        }
    }

    /// Shows the value to `f`.
    ///
    /// # Panics
    /// If there is no value: not inside of a scope.
    #[track_caller]
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match self.try_with(f) {
            Ok(shown) => shown,
            Err(AccessError(())) => no_value(),
        }
    }

    /// Shows the value to `f`, if there is one.
    ///
    /// # Errors
    /// [`AccessError`] if there is none: not inside of a scope.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let shown = self.cell.try_with(|cell| cell.borrow().as_ref().map(f));
        shown.ok().flatten().ok_or(AccessError(()))
    }

    /// Exchanges the value of the thread's cell and `value`.
    fn swap(&'static self, value: &mut Option<T>) -> Result<(), Barred> {
        let swapped = self.cell.try_with(|cell| match cell.try_borrow_mut() {
            Ok(mut here) => {
                mem::swap(&mut *here, value);
                Ok(())
            }
            Err(_) => Err(Barred::Borrowed),
        });
        swapped.unwrap_or(Err(Barred::ThreadEnds))
    }

    /// Calls `f` with `value` in the thread's cell, and takes it out again.
    fn within<R>(&'static self, value: &mut Option<T>, f: impl FnOnce() -> R) -> Result<R, Barred> {
        self.swap(value)?;
        let _back = Back { key: self, value };
        Ok(f())
    }
}

#[cold]
#[track_caller]
fn no_value() -> ! {
    panic!(
        "this task-local has no value here: set it with `scope` around the future that reads it; \
         a spawned task needs a scope of its own"
    )
}

impl<T: Clone + 'static> LocalKey<T> {
    /// A clone of the value.
    ///
    /// # Panics
    /// If there is no value: not inside of a scope.
    #[track_caller]
    pub fn get(&'static self) -> T {
        match self.try_get() {
            Ok(value) => value,
            Err(AccessError(())) => no_value(),
        }
    }

    /// A clone of the value, if there is one.
    ///
    /// # Errors
    /// [`AccessError`] if there is none: not inside of a scope.
    pub fn try_get(&'static self) -> Result<T, AccessError> {
        self.try_with(T::clone)
    }
}

/// Puts back what was there before, also when a poll panics.
struct Back<'a, T: 'static> {
    key: &'static LocalKey<T>,
    value: &'a mut Option<T>,
}

impl<T: 'static> Drop for Back<'_, T> {
    fn drop(&mut self) {
        // It was reached a moment ago, and nothing that borrows it outlives `f`.
        let back = self.key.swap(self.value);
        debug_assert!(back.is_ok(), "the cell is free again");
    }
}

pin_project! {
    /// Future returned by [`LocalKey::scope`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct TaskLocalFuture<T: 'static, F> {
        key: &'static LocalKey<T>,
        // Ours between polls; what the caller had during one.
        value: Option<T>,
        #[pin]
        future: Option<F>,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalFuture<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let mut future = this.future;
            if future.is_some() {
                // Where the cell cannot be reached, the future goes without the value.
                let _reached = this.key.within(this.value, || future.set(None));
            }
        }
    }
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// Takes the value out, for instance when the future has ended. From then on, the key has none
    /// inside of it.
    ///
    /// ```
    /// use std::pin::pin;
    /// mainspring::task_local! { static LOG: std::cell::RefCell<Vec<u32>>; }
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut work = pin!(LOG.scope(Default::default(), async {
    ///     LOG.with(|log| log.borrow_mut().push(1));
    /// }));
    /// work.as_mut().await;
    /// assert_eq!(work.take_value().unwrap().into_inner(), [1]);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut future = this.future;
        let polled = this.key.within(this.value, || {
            let output = future.as_mut().as_pin_mut()?.poll(cx);
            if output.is_ready() {
                future.set(None);
            }
            Some(output)
        });
        match polled {
            Ok(Some(output)) => output,
            Ok(None) => panic!("a TaskLocalFuture was polled after its end"),
            Err(barred) => barred.panic(),
        }
    }
}

/// The key has no value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task-local value not set")
    }
}

impl Error for AccessError {}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

impl<T: fmt::Debug + 'static, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocalFuture").field("value", &self.value).finish_non_exhaustive()
    }
}
