//! the documents' pitfalls: what does not compile here, and what cannot hang.
//!
//! The table of all of them, and where each is shown, is in the README of the examples. Here stand
//! those that a few lines show: what does not compile, and what cannot hang.
//!
//! # 1 A forgotten await
//! ```compile_fail
//! #![deny(unused_must_use)]
//! async fn save() {}
//!
//! async fn program() {
//!     save(); // error: unused implementer of `Future` that must be used
//! }
//! # fn main() {}
//! ```
//!
//! # 2 Async from sync
//! ```compile_fail
//! #![deny(unused_must_use)]
//! async fn save() {}
//!
//! fn main() {
//!     save(); // the same error: it would do nothing
//! }
//! ```
//! ```
//! # async fn save() -> u32 { 1 }
//! let runtime = mainspring::runtime::Runtime::new()?;
//! assert_eq!(runtime.block_on(save()), 1);
//! # std::io::Result::Ok(())
//! ```
//!
//! # 3 Not a future
//! ```compile_fail,E0277
//! fn blocking() -> &'static str {
//!     "done"
//! }
//!
//! async fn program() {
//!     blocking().await; // error: `&str` is not a future; and nothing has run
//! }
//! # fn main() {}
//! ```
//!
//! # 16 No consumer is left
//! Sending to nobody is an error, and in a group the death of a consumer ends the producer:
//! ```
//! use mainspring::sync::mpsc;
//! use mainspring::task::TaskGroup;
//!
//! # let runtime = mainspring::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let (items, consumer) = mpsc::channel(1);
//! drop(consumer);
//! assert!(items.send("page 1").await.is_err());
//!
//! let (items, mut consumer) = mpsc::channel(1);
//! let ended = TaskGroup::scope(async |group| {
//!     group.spawn(async move {
//!         for page in 0.. {
//!             if items.send(page).await.is_err() {
//!                 break;
//!             }
//!         }
//!         Ok(())
//!     });
//!     group.spawn(async move {
//!         consumer.recv().await;
//!         Err::<(), _>("no database")
//!     });
//!     Ok(())
//! });
//! assert_eq!(ended.await.unwrap_err().first().error(), Some(&"no database"));
//! # });
//! # std::io::Result::Ok(())
//! ```
//!
//! # 17 A forgotten `task_done`
//! ```
//! # let runtime = mainspring::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let queue = mainspring::sync::Queue::new(0);
//! queue.put(1).await.unwrap();
//! {
//!     let item = queue.get_task().await.unwrap();
//!     assert_eq!(*item, 1);
//! } // done, however this block ends
//! queue.join().await;
//! # });
//! # std::io::Result::Ok(())
//! ```
//!
//! # 18 A run inside a run
//! ```should_panic
//! let outer = mainspring::runtime::Runtime::new().unwrap();
//! outer.block_on(async {
//!     let inner = mainspring::runtime::Runtime::new().unwrap();
//!     inner.block_on(async {}); // panics: block_on within block_on, and what to do instead
//! });
//! ```
//!
//! # 19 Globals
//! ```
//! use mainspring::sync::Mutex;
//!
//! static TOTAL: Mutex<u32> = Mutex::const_new(0);
//!
//! for _ in 0..2 {
//!     let runtime = mainspring::runtime::Runtime::new()?;
//!     runtime.block_on(async { *TOTAL.lock().await += 1 });
//! }
//! assert_eq!(*TOTAL.try_lock().unwrap(), 2);
//! # std::io::Result::Ok(())
//! ```
//!
//! # 20 A lock over a wait
//! A guard of std's may not move to another thread, so a task that holds one while it waits does
//! not compile:
//! ```compile_fail
//! # async fn fetch() -> u32 { 1 }
//! static TOTAL: std::sync::Mutex<u32> = std::sync::Mutex::new(0);
//!
//! async fn program() {
//!     mainspring::spawn(async {
//!         let mut total = TOTAL.lock().unwrap();
//!         *total += fetch().await; // error: future cannot be sent between threads safely
//!     });
//! }
//! # fn main() {}
//! ```
//!
//! # 23 A task that nobody holds
//! ```
//! # let runtime = mainspring::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let (done, told) = mainspring::sync::oneshot::channel();
//! mainspring::spawn(async move { done.send("saved") }); // the handle is dropped at once
//! assert_eq!(told.await, Ok("saved"));
//! # });
//! # std::io::Result::Ok(())
//! ```
