//! What the tests of the whole runtime share; and the two attributes, as examples that run.
//!
//! ```
//! #[mainspring::main]
//! async fn main() -> Result<(), mainspring::task::JoinError> {
//!     assert_eq!(mainspring::spawn(async { 6 * 7 }).await?, 42);
//!     Ok(())
//! }
//! ```
//!
//! It runs on the pool unless told otherwise, with a thread for each core:
//!
//! ```
//! use mainspring::runtime::{Handle, RuntimeFlavor};
//!
//! #[mainspring::main(worker_threads = 2)]
//! async fn main() {
//!     assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::MultiThread);
//! }
//! ```
//!
//! Arguments, attributes, visibility and documentation of the function stay:
//!
//! ```
//! /// An hour passes at once.
//! #[mainspring::main(flavor = "current_thread", start_paused = true)]
//! pub async fn main() {
//!     let before = mainspring::time::Instant::now();
//!     mainspring::time::sleep(std::time::Duration::from_secs(3600)).await;
//!     assert!(before.elapsed().as_secs() >= 3600);
//! }
//! ```
//!
//! The body is checked against the function's own signature:
//!
//! ```
//! #[mainspring::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let number: u8 = "7".parse()?;
//!     if number != 7 {
//!         return Err("seven".into());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! What is refused; the messages are tested in `runtime/macros`:
//!
//! ```compile_fail
//! #[mainspring::main]
//! fn main() {}
//! ```
//!
//! ```compile_fail
//! #[mainspring::main(start_paused = true)]
//! async fn main() {}
//! ```
//!
//! ```compile_fail
//! #[mainspring::test(worker_threads = 2)]
//! async fn test() {}
//! # fn main() {}
//! ```
//!
//! ```compile_fail
//! #[mainspring::main(flavor = "current_thread", worker_threads = 2)]
//! async fn main() {}
//! ```
//!
//! ```compile_fail
//! #[mainspring::main(worker_threads = 0)]
//! async fn main() {}
//! ```
//!
//! ```compile_fail
//! #[mainspring::main(flavor = "current_thread", start_paused = 1)]
//! async fn main() {}
//! ```
//!
//! ```compile_fail
//! #[mainspring::main(threads = 2)]
//! async fn main() {}
//! ```
//!
//! ```compile_fail
//! #[mainspring::main]
//! async fn main<T>() {}
//! ```

#![forbid(unsafe_code)]

mod claims;
mod executors;
mod folder;
mod kinds;
mod poller;

pub use claims::{Dice, refuses};
pub use executors::{Dropped, Executor, Point, Task, Tasks, at_every_point, poll_once};
pub use folder::Folder;
pub use kinds::{Kind, within};
pub mod faults;
pub mod many;

use mainspring::runtime::{Builder, Runtime};
use mainspring::task::yield_now;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// A runtime on this thread.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("the runtime could not be built")
}

/// A runtime on this thread whose clock moves only when there is nothing else to do.
pub fn paused() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().expect("the runtime could not be built")
}

/// What a panic said, and where.
#[derive(Debug, Clone)]
pub struct Said {
    pub text: String,
    pub file: String,
    pub line: u32,
}

type Heard = Arc<Mutex<Vec<Said>>>;

thread_local! {
    static HEARD: RefCell<Option<Heard>> = const { RefCell::new(None) };
}

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or("(not a text)").to_string();
            let (file, line) = info.location().map_or(("", 0), |l| (l.file(), l.line()));
            let said = Said { text, file: file.to_string(), line };
            match HEARD.try_with(|heard| heard.borrow().clone()).ok().flatten() {
                Some(list) => list.lock().unwrap_or_else(PoisonError::into_inner).push(said),
                None => before(info),
            }
        }));
    });
}

/// Runs `f` and returns what the panics on this thread said meanwhile, contained ones too, and
/// those on the workers of pools that were built in `f` by [`Kind::builder`]. Keeps them from being
/// printed.
pub fn heard<R>(f: impl FnOnce() -> R) -> (std::thread::Result<R>, Vec<Said>) {
    listen();
    let list = Heard::default();
    let before = HEARD.with(|heard| heard.replace(Some(list.clone())));
    let result = catch_unwind(AssertUnwindSafe(f));
    HEARD.with(|heard| *heard.borrow_mut() = before);
    let said = list.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (result, said)
}

/// For the start of a thread: it is heard by whoever hears the thread that calls this.
fn hear_with() -> impl Fn() + Send + Sync + 'static {
    let list = HEARD.with(|heard| heard.borrow().clone());
    move || HEARD.with(|heard| heard.borrow_mut().clone_from(&list))
}

/// Runs `f`, which must panic, and returns what it said.
#[track_caller]
pub fn panic_of<R>(f: impl FnOnce() -> R) -> Said {
    let (result, heard) = heard(f);
    assert!(result.is_err(), "this should have panicked");
    heard.into_iter().next_back().expect("a panic is heard")
}

/// Yields until `condition` is true.
pub async fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "this should have come true");
        std::thread::yield_now();
        yield_now().await;
    }
}

/// Works until so much real time has passed: what is tested is a clock, or how long work took.
pub fn pass(time: Duration) {
    let start = std::time::Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Waits, without a runtime, until `condition` is true.
#[track_caller]
pub fn eventually(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "this should have come true");
        std::thread::yield_now();
    }
}

/// Lets the tasks of `runtime` run until `condition` is true.
pub fn turns_until(runtime: &Runtime, condition: impl Fn() -> bool) {
    runtime.block_on(until(condition));
}

/// Counts how often something was dropped.
#[derive(Debug, Clone, Default)]
pub struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub fn new() -> Self {
        Self::default()
    }

    /// Something that is counted when it is dropped.
    pub fn counted(&self) -> Counted {
        Counted(self.0.clone())
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// See [`Drops`].
#[derive(Debug)]
pub struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that is ready when `open` was called, from any thread; it keeps the wakers of those who
/// wait, also of those who have stopped waiting.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn open(&self) {
        let wakers = {
            let mut state = self.0.lock().expect("no panic under this lock");
            state.0 = true;
            state.1.clone()
        };
        wakers.iter().for_each(Waker::wake_by_ref);
    }

    pub fn is_open(&self) -> bool {
        self.0.lock().expect("no panic under this lock").0
    }

    /// Keeps no waker any longer.
    pub fn forget(&self) {
        self.0.lock().expect("no panic under this lock").1.clear();
    }

    /// Every waker that was left here.
    pub fn wakers(&self) -> Vec<Waker> {
        self.0.lock().expect("no panic under this lock").1.clone()
    }
}

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().expect("no panic under this lock");
        if state.0 {
            return Poll::Ready(());
        }
        state.1.push(cx.waker().clone());
        Poll::Pending
    }
}

/// A waker that counts, and may panic.
#[derive(Debug, Default)]
pub struct Bell {
    rung: AtomicUsize,
    pub panics: bool,
}

impl Bell {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn panicking() -> Arc<Self> {
        Arc::new(Self { rung: AtomicUsize::new(0), panics: true })
    }

    pub fn rung(&self) -> usize {
        self.rung.load(Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "the waker panics");
    }
}

/// Polls a future once, with a waker of the test's own.
pub fn poll_with<F: Future + Unpin>(future: &mut F, bell: &Arc<Bell>) -> Poll<F::Output> {
    let waker = Waker::from(bell.clone());
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}
