//! A future, what happens around it, and the drop: after every number of polls, in every order.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use tests::Bell;

/// What is lost when a future is dropped before it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing.
    Nothing,
    /// The place in a line.
    Place,
    /// What it was given to hand on.
    Value,
    /// What it has done so far, and how far it came.
    Part,
    /// What it runs ends with it.
    Inner,
    /// Something stays done.
    Stays,
}

pub const CLASSES: [(Class, &str, &str); 6] = [
    (Class::Nothing, "Lose nothing", "Call it again, in a loop with `select!` too."),
    (Class::Place, "Lose their place in a line", "And nothing else: who calls again is the last."),
    (
        Class::Value,
        "Lose what they were given",
        "Keep the future, by reference, until it is ready.",
    ),
    (Class::Part, "Lose how far they came", "Keep the future, by reference, until it is ready."),
    (Class::Inner, "End what they run", "What is lost then is what that loses."),
    (Class::Stays, "Leave something done", "It is not undone by the drop."),
];

/// One public future: its path in the library, what is lost, and a scene that is played with it.
pub struct Row {
    pub path: &'static str,
    pub class: Class,
    pub lost: &'static str,
    pub scene: fn() -> Scene,
}

pub const fn row(
    path: &'static str,
    class: Class,
    lost: &'static str,
    scene: fn() -> Scene,
) -> Row {
    Row { path, class, lost, scene }
}

type Step = Box<dyn FnOnce() + Send>;
type Alive<T> = Pin<Box<dyn Future<Output = T>>>;

/// Made anew for each drop.
pub struct Scene {
    future: Alive<()>,
    /// What the world does between two polls, in this order; in the end the future is ready.
    steps: VecDeque<Step>,
    /// What must be true when all is over; `true`: the future had become ready before.
    check: Box<dyn FnOnce(bool)>,
    /// What must be true as soon as the future is dropped, if it was not ready.
    dropped: Box<dyn FnOnce()>,
    /// The waker may stay behind until the thing that was waited for is dropped.
    keeps_waker: bool,
    /// It need not wait.
    at_once: bool,
}

impl Scene {
    pub fn new<F: Future + 'static>(future: F) -> Self {
        Self {
            future: Box::pin(async move { drop(future.await) }),
            steps: VecDeque::new(),
            check: Box::new(|_| ()),
            dropped: Box::new(|| ()),
            keeps_waker: false,
            at_once: false,
        }
    }

    pub fn step(mut self, step: impl FnOnce() + Send + 'static) -> Self {
        self.steps.push_back(Box::new(step));
        self
    }

    pub fn check(mut self, check: impl FnOnce(bool) + 'static) -> Self {
        self.check = Box::new(check);
        self
    }

    pub fn dropped(mut self, check: impl FnOnce() + 'static) -> Self {
        self.dropped = Box::new(check);
        self
    }

    pub fn at_once(mut self) -> Self {
        self.at_once = true;
        self
    }

    pub fn keeps_waker(mut self) -> Self {
        self.keeps_waker = true;
        self
    }
}

/// When the future is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Before what comes next.
    First,
    /// After the next step, so perhaps with something that was handed to it.
    AfterNext,
    /// After all steps.
    AfterAll,
    /// While the next step is under way on another thread.
    Meanwhile,
}

const HOWS: [(How, usize); 4] =
    [(How::First, 1), (How::AfterNext, 1), (How::AfterAll, 1), (How::Meanwhile, 12)];

/// Says where a failure was.
struct Tell<'a>(&'a Row, usize, How);

impl Drop for Tell<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}, dropped after {} polls, {:?}", self.0.path, self.1, self.2);
        }
    }
}

/// Plays a row to the end: no more polls than the future needs, in every order.
pub fn play(row: &Row) {
    for (how, times) in HOWS {
        for _ in 0..times {
            let mut polls = 0;
            while !play_once(row, polls, how) {
                polls += 1;
                assert!(polls < 30, "{} is never ready", row.path);
            }
            // One that is ready at once was never dropped half-way, and shows nothing.
            assert!(polls > 1 || (row.scene)().at_once, "{} did not have to wait", row.path);
        }
    }
}

/// Returns whether the future was ready before it could be dropped.
fn play_once(row: &Row, polls: usize, how: How) -> bool {
    let _tell = Tell(row, polls, how);
    let Scene { mut future, mut steps, check, dropped, keeps_waker, .. } = (row.scene)();
    let mut bells: Vec<Arc<Bell>> = Vec::new();
    let mut ready = false;
    while !ready && bells.len() < polls {
        if !bells.is_empty()
            && let Some(step) = steps.pop_front()
        {
            step();
        }
        let called = bells.last().is_none_or(|bell| bell.rung() > 0);
        bells.push(Bell::new());
        let waker = Waker::from(bells[bells.len() - 1].clone());
        ready = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        assert!(!ready || called, "it is ready, and its waker was not called");
    }
    if how == How::AfterAll {
        steps.drain(..).for_each(|step| step());
    }
    match steps.pop_front() {
        Some(step) if how == How::Meanwhile => meanwhile(step, || drop(future)),
        Some(step) if how == How::AfterNext => {
            step();
            drop(future);
        }
        next => {
            drop(future);
            let left = || bells.iter().filter(|bell| Arc::strong_count(bell) > 1).count();
            assert!(keeps_waker || left() == 0, "a waker stays behind");
            if !ready {
                dropped();
            }
            next.into_iter().for_each(|step| step());
        }
    }
    steps.drain(..).for_each(|step| step());
    check(ready);
    for bell in bells {
        assert_eq!(Arc::strong_count(&bell), 1, "a waker stays behind all that it waited for");
    }
    ready
}

/// Does both at the same time.
fn meanwhile(there: Step, here: impl FnOnce()) {
    let start = Arc::new(Barrier::new(2));
    let theirs = start.clone();
    let thread = thread::spawn(move || {
        theirs.wait();
        there();
    });
    start.wait();
    here();
    thread.join().expect("the step does not panic");
}

/// A value that a future borrows and gives back when it ends or is dropped.
#[derive(Debug)]
pub struct Lent<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Lent<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Lent<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(Some(value))))
    }

    /// Runs `work` on the value for as long as the future lives. The value is there again after
    /// the drop.
    pub fn future<O, W>(&self, work: W) -> impl Future<Output = O> + use<O, T, W>
    where
        W: AsyncFnOnce(&mut T) -> O,
    {
        let slot = self.clone();
        async move {
            let mut back = Back { value: Some(slot.take()), slot };
            work(back.value.as_mut().expect("it is there until the end")).await
        }
    }

    /// The value, which no future has now.
    pub fn take(&self) -> T {
        self.0.lock().unwrap().take().expect("the future is gone")
    }

    pub fn give(&self, value: T) {
        *self.0.lock().unwrap() = Some(value);
    }
}

struct Back<T> {
    value: Option<T>,
    slot: Lent<T>,
}

impl<T> Drop for Back<T> {
    fn drop(&mut self) {
        self.value.take().into_iter().for_each(|value| self.slot.give(value));
    }
}

/// Another future, which waits too: it must not be forgotten. Its waker is called for each poll
/// that gets it further.
pub struct Other<T>(Arc<Mutex<Waiting<T>>>);

struct Waiting<T> {
    future: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    output: Option<T>,
    bell: Arc<Bell>,
    polled: bool,
}

impl<T> Clone for Other<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Other<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Other").finish_non_exhaustive()
    }
}

impl<T> Other<T> {
    pub fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        let future: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(future);
        let (future, bell) = (Some(future), Bell::new());
        Self(Arc::new(Mutex::new(Waiting { future, output: None, bell, polled: false })))
    }

    /// Polls it, unless it has ended. Has it?
    pub fn poll(&self) -> bool {
        let mut waiting = self.0.lock().unwrap();
        let waker = Waker::from(waiting.bell.clone());
        waiting.polled = true;
        if let Some(future) = &mut waiting.future
            && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
        {
            waiting.output = Some(output);
            waiting.future = None;
        }
        waiting.future.is_none()
    }

    /// It stands in line from now on.
    pub fn waits(&self) {
        assert!(!self.poll(), "the other one should have to wait");
    }

    /// If it waited, its waker was called.
    pub fn told(&self) {
        let waiting = self.0.lock().unwrap();
        let told = !waiting.polled || waiting.future.is_none() || waiting.bell.rung() > 0;
        assert!(told, "the other one was not told");
    }

    /// It has been told, and is ready.
    pub fn ready(&self) -> T {
        self.told();
        assert!(self.poll(), "the other one still waits");
        self.0.lock().unwrap().output.take().expect("asked once")
    }
}

/// Polls once, with a waker that nobody hears.
pub fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The output of a future that must not have to wait.
pub fn now<F: Future>(future: F) -> F::Output {
    match poll(&mut std::pin::pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should not have to wait"),
    }
}
