//! A hand-made executor for tests: futures polled one at a time, with wakers that count or meddle.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Ordering: Relaxed, read after a join or on the same thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    pub(crate) fn waker() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (count.clone(), Waker::from(count))
    }

    pub(crate) fn wakes(&self) -> usize {
        // Ordering: Relaxed, as above.
        self.0.load(Ordering::Relaxed)
    }
}

/// A future with a counting waker, polled by hand.
pub(crate) struct Polled<F> {
    future: Pin<Box<F>>,
    count: Arc<Count>,
    waker: Waker,
}

impl<F: Future> Polled<F> {
    pub(crate) fn new(future: F) -> Self {
        let (count, waker) = Count::waker();
        Self { future: Box::pin(future), count, waker }
    }

    /// A future that waits after its first poll.
    #[track_caller]
    pub(crate) fn waiting(future: F) -> Self {
        let mut polled = Self::new(future);
        assert!(polled.poll().is_pending(), "it should have to wait");
        polled
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.poll_with(&self.waker.clone())
    }

    pub(crate) fn poll_with(&mut self, waker: &Waker) -> Poll<F::Output> {
        self.future.as_mut().poll(&mut Context::from_waker(waker))
    }

    /// Polls a future that must be ready.
    #[track_caller]
    pub(crate) fn ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it should be ready"),
        }
    }

    pub(crate) fn wakes(&self) -> usize {
        self.count.wakes()
    }

    /// The waker that `poll` uses.
    pub(crate) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Clones of the waker that somebody keeps.
    pub(crate) fn wakers_kept(&self) -> usize {
        Arc::strong_count(&self.count) - 2
    }

    pub(crate) fn pinned(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }
}

/// Foreign code at its worst: a waker that calls `hook` whenever it is cloned, woken or dropped.
#[cfg(not(loom))]
pub(crate) fn nosy(hook: Arc<dyn Fn() + Send + Sync>) -> Waker {
    use std::task::{RawWaker, RawWakerVTable};
    type Hook = Arc<dyn Fn() + Send + Sync>;
    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            // SAFETY: `data` is a leaked box of a hook, freed by `drop` below.
            let hook = unsafe { &*data.cast::<Hook>() };
            hook();
            RawWaker::new(Box::into_raw(Box::new(hook.clone())).cast(), &VTABLE)
        },
        // SAFETY: as above; waking by value uses the waker up.
        |data| unsafe { Box::from_raw(data.cast_mut().cast::<Hook>()) }(),
        // SAFETY: as above.
        |data| unsafe { &*data.cast::<Hook>() }(),
        // SAFETY: as above.
        |data| unsafe { Box::from_raw(data.cast_mut().cast::<Hook>()) }(),
    );
    let data = Box::into_raw(Box::new(hook)).cast();
    // SAFETY: the functions of the table keep the contract: each owns, or borrows, a leaked box.
    unsafe { Waker::from_raw(RawWaker::new(data, &VTABLE)) }
}

/// Runs `f`, which may block for ever if there is a bug, and fails after half a minute.
#[cfg(not(loom))]
#[track_caller]
pub(crate) fn must_end(f: impl FnOnce() + Send + 'static) {
    let (done, ended) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        f();
        let _ = done.send(());
    });
    match ended.recv_timeout(std::time::Duration::from_secs(30)) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it is stuck"),
        _ => thread.join().expect("it should not panic"),
    }
}

/// Walks at random: `walk` is called with the numbers of so many seeds, fresh ones each time, or of
/// the one in `MAINSPRING_SEED`. Under miri of a hundredth. The seed of a failure is printed.
#[cfg(not(loom))]
pub(crate) fn walks(count: u64, walk: impl Fn(&Dice)) {
    struct Tell(u64);
    impl Drop for Tell {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("this walk was MAINSPRING_SEED={}", self.0);
            }
        }
    }
    let given = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    let fresh = crate::base::rng::Rng::free().next() >> 1;
    let count = if cfg!(miri) { count.div_ceil(100) } else { count };
    for seed in given.map_or(fresh..fresh + count, |seed| seed..seed + 1) {
        let _tell = Tell(seed);
        walk(&Dice(crate::base::rng::Rng::seeded(seed)));
    }
}

/// Chance.
#[cfg(not(loom))]
pub(crate) struct Dice(crate::base::rng::Rng);

#[cfg(not(loom))]
impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&self, sides: usize) -> usize {
        self.0.below(sides as u32) as usize
    }

    /// One of them, taken out; `None` if there is none.
    pub(crate) fn take<T>(&self, from: &mut Vec<T>) -> Option<T> {
        (!from.is_empty()).then(|| from.remove(self.roll(from.len())))
    }

    /// The number of one of them.
    pub(crate) fn pick<T>(&self, from: &[T]) -> Option<usize> {
        (!from.is_empty()).then(|| self.roll(from.len()))
    }
}
