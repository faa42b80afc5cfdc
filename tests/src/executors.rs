//! the executors that all of `sync` is tested on; and one test for each of them.
//!
//! `mainspring::sync` needs no runtime, so its tests run on one that is ours, on tokio's, and on a
//! poller of a few dozen lines that is as unkind as the contract of `Future` allows:
//!
//! ```
//! use mainspring::sync::Event;
//! use std::sync::Arc;
//! use tests::Tasks;
//!
//! async fn a_task_is_let_go(on: Tasks) {
//!     let event = Arc::new(Event::new());
//!     let theirs = event.clone();
//!     let task = on.spawn(async move { theirs.wait().await });
//!     event.set();
//!     task.await;
//! }
//!
//! tests::each_executor! { a_task_is_let_go }
//! ```
//!
//! On tokio the test and its tasks run on two threads. Where a test needs a waiter to stand in
//! line, it puts it there with [`Tasks::in_line`], which polls before it spawns.
//!
//! `MAINSPRING_SEED=n` gives the poller that seed and no other; a failure prints its number.

use crate::poller::Poller;
use crate::within;
use mainspring::runtime::Builder;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// An executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Executor {
    /// A `current_thread` runtime of this crate.
    Mainspring,
    /// `multi_thread` of tokio, with two workers and no driver.
    Tokio,
    /// Polls by hand: see `Poller` in this file.
    Poller,
}

/// How many seeds the poller runs each test with.
const SEEDS: u64 = 8;

impl Executor {
    /// Runs `test` on a thread of its own, and fails when it hangs.
    pub fn run<F, T>(self, test: F)
    where
        F: Fn(Tasks) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        within(move || match self {
            Self::Mainspring => {
                let runtime = Builder::new_current_thread().build().expect("it can be built");
                runtime.block_on(test(Tasks(To::Mainspring)));
            }
            Self::Tokio => {
                let mut builder = tokio::runtime::Builder::new_multi_thread();
                let runtime = builder.worker_threads(2).build().expect("it can be built");
                let tasks = Tasks(To::Tokio(runtime.handle().clone()));
                let root = tasks.spawn(test(tasks.clone()));
                runtime.block_on(root);
            }
            Self::Poller => {
                for seed in seeds(SEEDS) {
                    let _tell = Tell(seed);
                    let poller = Poller::new(seed);
                    let tasks = Tasks(To::Poller(poller.clone()));
                    poller.block_on(test(tasks));
                }
            }
        });
    }
}

/// The number in `MAINSPRING_SEED`, or so many from zero.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let given = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    given.map_or(0..count, |seed| seed..seed + 1)
}

/// Tells the seed if the test fails.
struct Tell(u64);

impl Drop for Tell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the poller's seed was MAINSPRING_SEED={}", self.0);
        }
    }
}

/// What a test spawns its tasks with.
#[derive(Debug, Clone)]
pub struct Tasks(To);

#[derive(Debug, Clone)]
enum To {
    Mainspring,
    Tokio(tokio::runtime::Handle),
    Poller(Poller),
}

impl Tasks {
    pub fn executor(&self) -> Executor {
        match self.0 {
            To::Mainspring => Executor::Mainspring,
            To::Tokio(_) => Executor::Tokio,
            To::Poller(_) => Executor::Poller,
        }
    }

    /// Starts a task. Await it for its output, or its panic.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let state = Arc::new(Mutex::new(State::new()));
        let run = Run { future: Some(Box::pin(future)), state: state.clone() };
        match &self.0 {
            To::Mainspring => drop(mainspring::spawn(run)),
            To::Tokio(handle) => drop(handle.spawn(run)),
            To::Poller(poller) => poller.spawn(run),
        }
        Task { state }
    }

    /// The same for a future that is polled once before, here, and has to wait: it stands in line
    /// when this returns.
    pub async fn in_line<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let task = self.started(future).await;
        assert!(!task.is_finished(), "it should have to wait");
        task
    }

    /// The same for a future that need not have to wait.
    pub async fn started<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let mut future = Box::pin(future);
        match poll_once(future.as_mut()).await {
            Poll::Pending => self.spawn(future),
            Poll::Ready(output) => {
                let state = State { output: Some(Ok(Some(output))), ..State::new() };
                Task { state: Arc::new(Mutex::new(state)) }
            }
        }
    }

    /// Lets others run until `condition` is true.
    pub async fn until(&self, condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(60), "this should have come true");
            std::thread::yield_now();
            self.yield_now().await;
        }
    }

    /// Lets others run.
    pub async fn yield_now(&self) {
        let mut yielded = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// Polls once, with the waker of whoever awaits this.
pub async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// A task that was spawned: a future of its output. Dropped, it leaves the task alone.
#[derive(Debug)]
pub struct Task<T> {
    state: Arc<Mutex<State<T>>>,
}

#[derive(Debug)]
struct State<T> {
    /// `None` inside: it was given up.
    output: Option<std::thread::Result<Option<T>>>,
    given_up: bool,
    /// Of the task that waits for this one, and, before its end, of this one.
    wakers: Vec<Waker>,
}

impl<T> State<T> {
    fn new() -> Self {
        Self { output: None, given_up: false, wakers: vec![] }
    }

    fn wake(state: &Mutex<Self>, change: impl FnOnce(&mut Self)) {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl<T> Task<T> {
    /// Drops the task's future at its next poll, which comes soon; returns what it had to say.
    pub async fn give_up(self) -> Option<T> {
        State::wake(&self.state, |state| state.given_up = true);
        poll_fn(|cx| self.poll_output(cx)).await
    }

    pub fn is_finished(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).output.is_some()
    }

    fn poll_output(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.output.take() {
            None => {
                state.wakers.push(cx.waker().clone());
                Poll::Pending
            }
            Some(Ok(output)) => Poll::Ready(output),
            Some(Err(panic)) => {
                drop(state);
                resume_unwind(panic)
            }
        }
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.poll_output(cx).map(|output| output.expect("nobody has given it up"))
    }
}

/// The task's own side.
struct Run<T, F> {
    future: Option<Pin<Box<F>>>,
    state: Arc<Mutex<State<T>>>,
}

impl<T, F: Future<Output = T>> Future for Run<T, F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let given_up = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.wakers.push(cx.waker().clone());
            state.given_up
        };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let future = self.future.as_mut().expect("not polled after its end");
            if given_up {
                drop(self.future.take());
                return Poll::Ready(None);
            }
            let polled = future.as_mut().poll(cx).map(Some);
            if polled.is_ready() {
                drop(self.future.take());
            }
            polled
        }));
        let output = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(panic),
        };
        State::wake(&self.state, |state| state.output = Some(output));
        Poll::Ready(())
    }
}

/// When a future is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// After so many polls: zero is before the first.
    pub polls: usize,
    /// Not before the poll that would come next, so perhaps with something that was handed to it.
    pub later: bool,
}

/// A future that is dropped at a [`Point`], if it is not ready before. `None`: it was dropped.
#[derive(Debug)]
pub struct Dropped<F> {
    future: Option<Pin<Box<F>>>,
    point: Point,
}

impl Point {
    pub fn of<F: Future>(self, future: F) -> Dropped<F> {
        Dropped { future: Some(Box::pin(future)), point: self }
    }
}

impl<F: Future> Future for Dropped<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.point.polls.checked_sub(1) else {
            self.future = None;
            return Poll::Ready(None);
        };
        self.point.polls = left;
        let later = self.point.later;
        let future = self.future.as_mut().expect("not polled after its end");
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => {
                self.future = None;
                Poll::Ready(Some(output))
            }
            Poll::Pending if left > 0 || later => Poll::Pending,
            Poll::Pending => {
                self.future = None;
                Poll::Ready(None)
            }
        }
    }
}

/// Plays `scene` for each point at which a future can be dropped: before it is polled, and after
/// each of its polls, at once or later. In the last scenes it is ready before.
pub async fn at_every_point<F: Future<Output = ()>>(mut scene: impl FnMut(Point) -> F) {
    for polls in 0..6 {
        for later in [false, true] {
            scene(Point { polls, later }).await;
        }
    }
}

/// Makes a test for each executor of each function, `async fn(Tasks)`. Once per module.
#[macro_export]
macro_rules! each_executor {
    ($($test:ident),* $(,)?) => {
        $crate::tests_under! { on_mainspring, $crate::Executor::Mainspring, $($test)* }
        $crate::tests_under! { on_tokio, $crate::Executor::Tokio, $($test)* }
        $crate::tests_under! { on_poller, $crate::Executor::Poller, $($test)* }
    };
}

/// A module of tests on one executor.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_under {
    ($name:ident, $executor:expr, $($test:ident)*) => {
        mod $name {
            $(
                #[test]
                fn $test() {
                    $executor.run(super::$test);
                }
            )*
        }
    };
}
