//! what a queue looks like from outside: one set of methods, written once for all orders.
//!
//! Read before: `sync/queue/core.rs`, which does the work. The three queues are three types and not
//! one type with a parameter for the order, so that `Queue::new(10)` needs no more to be said. The
//! methods and their documentation are the same, but for the name in the examples.
//!
//! Next: `sync/queue/fifo.rs`.

#![forbid(unsafe_code)]

/// The methods of a queue that has a field `core`.
///
/// `queue!(Name, "Name", [bounds], "which item is next")`: the bounds are those that its order asks
/// of the items.
macro_rules! queue {
    ($Queue:ident, $name:literal, [$($bound:tt)*], $next:literal) => {
        impl<T: $($bound)*> $Queue<T> {
            /// An empty queue that holds up to `maxsize` items; zero means without limit.
            ///
            /// # Panics
            /// If `maxsize` is above `usize::MAX >> 3`.
            #[track_caller]
            pub fn new(maxsize: usize) -> Self {
                Self { core: $crate::sync::queue::core::Core::new(maxsize) }
            }

            /// Puts an item in, waiting for room behind those who came before.
            ///
            /// # Errors
            /// [`QueueShutDown`](crate::sync::QueueShutDown), with the item, if the queue was shut
            /// down, before or while waiting.
            ///
            /// # Cancel safety
            /// Dropped before it is ready, it has not put the item, drops it, and loses its place
            /// in the line.
            pub async fn put(
                &self,
                item: T,
            ) -> Result<(), $crate::sync::queue::error::QueueShutDown<T>> {
                self.core.put(item).await
            }

            /// Puts an item in if there is room, without waiting. asyncio: `put_nowait`.
            ///
            /// ```
            #[doc = concat!("use mainspring::sync::{", $name, ", TryPutError};")]
            ///
            #[doc = concat!("let queue = ", $name, "::new(1);")]
            /// queue.try_put("a").unwrap();
            /// assert_eq!(queue.try_put("b"), Err(TryPutError::Full("b")));
            /// ```
            ///
            /// # Errors
            /// With the item: [`TryPutError::Full`](crate::sync::TryPutError::Full) if there is no
            /// room or others wait for it,
            /// [`TryPutError::ShutDown`](crate::sync::TryPutError::ShutDown) if the queue was shut
            /// down.
            pub fn try_put(
                &self,
                item: T,
            ) -> Result<(), $crate::sync::queue::error::TryPutError<T>> {
                self.core.try_put(item)
            }

            #[doc = concat!("Takes ", $next, " out, waiting for an item behind those who came")]
            /// before.
            ///
            /// ```
            /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
            /// # rt.block_on(async {
            #[doc = concat!("let queue = mainspring::sync::", $name, "::new(0);")]
            /// queue.put("a").await.unwrap();
            /// assert_eq!(queue.get().await, Ok("a"));
            /// # });
            /// # Ok::<(), std::io::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`QueueShutDown`](crate::sync::QueueShutDown) if the queue was shut down and is
            /// empty.
            ///
            /// # Cancel safety
            /// Safe: dropped before it is ready, it loses its place in the line and no item.
            pub async fn get(&self) -> Result<T, $crate::sync::queue::error::QueueShutDown> {
                self.core.get().await
            }

            #[doc = concat!("Takes ", $next, " out if there is one, without waiting. asyncio:")]
            /// `get_nowait`.
            ///
            /// # Errors
            /// [`TryGetError::Empty`](crate::sync::TryGetError::Empty) if there is none, or others
            /// wait for it; [`TryGetError::ShutDown`](crate::sync::TryGetError::ShutDown) if the
            /// queue was shut down and is empty.
            pub fn try_get(&self) -> Result<T, $crate::sync::queue::error::TryGetError> {
                self.core.try_get()
            }

            /// One item that was put is done: to be called once for each item that was got.
            ///
            /// ```
            #[doc = concat!("let queue = mainspring::sync::", $name, "::new(0);")]
            /// queue.try_put(1).unwrap();
            /// queue.try_get().unwrap();
            /// assert!(queue.task_done().is_ok());
            /// assert!(queue.task_done().is_err());
            /// ```
            ///
            /// # Errors
            /// [`TaskDoneError`](crate::sync::TaskDoneError) if it was called more often than items
            /// were put.
            pub fn task_done(&self) -> Result<(), $crate::sync::queue::error::TaskDoneError> {
                self.core.task_done()
            }

            /// Waits until every item that was put is done; goes on at once if there is none.
            ///
            /// ```
            /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
            /// # rt.block_on(async {
            #[doc = concat!("let queue = mainspring::sync::", $name, "::new(0);")]
            /// queue.put("a letter").await.unwrap();
            /// queue.get().await.unwrap();
            /// queue.task_done().unwrap();
            /// queue.join().await;
            /// # });
            /// # Ok::<(), std::io::Error>(())
            /// ```
            ///
            /// # Cancel safety
            /// Safe: there is nothing to lose.
            pub async fn join(&self) {
                self.core.join().await;
            }

            /// Ends the queue: from now on nothing is put. As in Python 3.13.
            ///
            /// Those who wait to put get an error. What is in the queue can still be got, and when
            /// it is empty, those who get and those who wait to get an item get an error. With
            /// `immediate`, what is in the queue is thrown away at once, and counts as done.
            ///
            /// ```
            #[doc = concat!("use mainspring::sync::{", $name, ", TryGetError, TryPutError};")]
            ///
            #[doc = concat!("let queue = ", $name, "::new(0);")]
            /// queue.try_put(1).unwrap();
            /// queue.shutdown(false);
            /// assert_eq!(queue.try_put(2), Err(TryPutError::ShutDown(2)));
            /// assert_eq!(queue.try_get(), Ok(1));
            /// assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
            /// ```
            pub fn shutdown(&self, immediate: bool) {
                self.core.shutdown(immediate);
            }

            /// How many items are in the queue. asyncio: `qsize`.
            pub fn len(&self) -> usize {
                self.core.len()
            }

            /// Is nothing in the queue? asyncio: `empty`.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Are there `maxsize` items in the queue? Never, if it is without limit. asyncio:
            /// `full`.
            pub fn is_full(&self) -> bool {
                self.core.is_full()
            }

            /// How many items it may hold; zero means without limit.
            pub fn maxsize(&self) -> usize {
                self.core.maxsize()
            }
        }

        impl<T: $($bound)*> ::std::fmt::Debug for $Queue<T> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let (len, unfinished) = self.core.numbers();
                f.debug_struct($name)
                    .field("len", &len)
                    .field("maxsize", &self.core.maxsize())
                    .field("unfinished", &unfinished)
                    .finish()
            }
        }
    };
}

pub(super) use queue;
