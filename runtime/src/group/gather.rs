//! gather, gather_all: many futures as tasks, their outputs in order.
//!
//! `join!` runs a few futures of different types in one task; these run any number of one type,
//! each in a task of its own, so on several threads where there are several.

#![forbid(unsafe_code)]

use super::children::Outcome;
use super::join_set::JoinSet;
use crate::task::error::JoinError;
use std::future::{Future, poll_fn};
use std::panic::{Location, resume_unwind};

/// Runs futures as tasks; returns their values in the order of the futures, or the first error.
///
/// The tasks start when this is awaited. With the first error (in time, not in order) the others
/// are told to end, and when they have, the error is returned: nothing outlives the call. That is
/// unlike asyncio's `gather`, whose siblings run on, unobserved. Later errors are dropped;
/// [`TaskGroup`](crate::task::TaskGroup) keeps them all, and [`gather_all`] lets everybody finish.
///
/// An input that is a [`JoinHandle`](crate::task::JoinHandle) is only waited for by the task made
/// for it: when that ends, the handle's own task goes on.
///
/// # Errors
/// The first error in time.
///
/// # Panics
/// When a task panics, with what it threw, after the others have ended; also if another one has
/// returned an error. When a task is cancelled because its runtime ends. When there is no runtime
/// on this thread.
///
/// # Cancel safety
/// Dropped half-way, it tells the tasks to end; each ends after the poll it is in (a drop cannot
/// wait). Values that are there are dropped.
///
/// asyncio: `gather`.
///
/// # Examples
/// ```
/// use mainspring::task::gather;
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Runtime::new()?;
/// rt.block_on(async {
///     let numbers = gather(["1", "2", "3"].map(async |text| text.parse::<u32>())).await;
///     assert_eq!(numbers, Ok(vec![1, 2, 3]));
///     assert!(gather(["1", "two"].map(async |text| text.parse::<u32>())).await.is_err());
/// });
/// # Ok(())
/// # }
/// ```
///
/// A future runs once: it cannot be given twice, as a task can in asyncio.
///
/// ```compile_fail,E0382
/// # async fn twice() {
/// let future = async { Ok::<_, ()>(7) };
/// mainspring::task::gather([future, future]).await;
/// # }
/// ```
#[track_caller]
pub fn gather<I, T, E>(futures: I) -> impl Future<Output = Result<Vec<T>, E>>
where
    I: IntoIterator<Item: Future<Output = Result<T, E>> + Send + 'static>,
    T: Send + 'static,
    E: Send + 'static,
{
    let caller = Location::caller();
    async move {
        let mut set = JoinSet::new();
        set.spawn_all(futures, caller);
        let mut values = Places::new(set.len());
        let mut failed = None;
        while let Some(Outcome { order, output, .. }) = next(&mut set).await {
            let failure = match output {
                Ok(Ok(value)) => {
                    values.put(order, value);
                    continue;
                }
                Ok(Err(error)) => Failed::Error(error),
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => Failed::Panic(panic),
                    Err(error) => Failed::Cancelled(error),
                },
            };
            if failed.is_none() {
                set.abort_all();
            }
            if !matches!(failed, Some(Failed::Panic(_)))
                && (failed.is_none() || matches!(failure, Failed::Panic(_)))
            {
                failed = Some(failure);
            }
        }
        match failed {
            None => Ok(values.all()),
            Some(Failed::Error(error)) => Err(error),
            Some(Failed::Panic(panic)) => resume_unwind(panic),
            Some(Failed::Cancelled(error)) => {
                panic!("gather: {error}: its runtime has ended; await gather inside its runtime")
            }
        }
    }
}

enum Failed<E> {
    Error(E),
    Panic(Box<dyn std::any::Any + Send>),
    Cancelled(JoinError),
}

/// Runs futures as tasks until all have ended; returns what became of each, in their order.
///
/// The tasks start when this is awaited. One that panics or is cancelled harms no other: its
/// place has the error. In asyncio that error is a `CancelledError`, which is no `Exception` and is
/// easily missed; here it is a [`JoinError`] like any other.
///
/// # Errors
/// Each task's own, in its place.
///
/// # Panics
/// When there is no runtime on this thread.
///
/// # Cancel safety
/// As [`gather`].
///
/// asyncio: `gather(return_exceptions=True)`.
///
/// # Examples
/// ```
/// use mainspring::task::gather_all;
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Runtime::new()?;
/// rt.block_on(async {
///     let halves = gather_all([4, 0, 2].map(async |number| 8 / number)).await;
///     assert_eq!(*halves[0].as_ref().unwrap(), 2);
///     assert!(halves[1].as_ref().unwrap_err().is_panic());
///     assert_eq!(*halves[2].as_ref().unwrap(), 4);
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn gather_all<I, T>(futures: I) -> impl Future<Output = Vec<Result<T, JoinError>>>
where
    I: IntoIterator<Item: Future<Output = T> + Send + 'static>,
    T: Send + 'static,
{
    let caller = Location::caller();
    async move {
        let mut set = JoinSet::new();
        set.spawn_all(futures, caller);
        let mut outputs = Places::new(set.len());
        while let Some(Outcome { order, output, .. }) = next(&mut set).await {
            outputs.put(order, output);
        }
        outputs.all()
    }
}

async fn next<T: 'static>(set: &mut JoinSet<T>) -> Option<Outcome<T>> {
    poll_fn(|cx| set.poll_next(cx)).await
}

/// A place for each output, in the order of the inputs.
struct Places<T>(Vec<Option<T>>);

impl<T> Places<T> {
    fn new(count: usize) -> Self {
        let mut places = Vec::new();
        places.resize_with(count, || None);
        Self(places)
    }

    fn put(&mut self, order: u64, output: T) {
        // A set numbers its tasks from zero, and there are as many places as tasks.
        self.0[order as usize] = Some(output);
    }

    /// All of them; each has come.
    fn all(self) -> Vec<T> {
        self.0.into_iter().flatten().collect()
    }
}
