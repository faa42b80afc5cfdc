//! Futures polled by hand, and wakers that meddle.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use tests::{Bell, within};

/// What tasks say, in the order in which they say it.
#[derive(Debug, Clone)]
pub struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Log<T> {
    pub fn new() -> Self {
        Self(Arc::default())
    }

    pub fn say(&self, word: T) {
        self.0.lock().unwrap().push(word);
    }

    pub fn said(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }
}

/// A future with a waker that counts.
pub struct Polled<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
    over: bool,
}

impl<F: Future> Polled<F> {
    pub fn new(future: F) -> Self {
        Self { future: Box::pin(future), bell: Bell::new(), over: false }
    }

    /// Of a future that has to wait.
    #[track_caller]
    pub fn waiting(future: F) -> Self {
        let mut polled = Self::new(future);
        assert!(polled.poll().is_pending(), "it should have to wait");
        polled
    }

    pub fn poll(&mut self) -> Poll<F::Output> {
        self.poll_with(&Waker::from(self.bell.clone()))
    }

    pub fn poll_with(&mut self, waker: &Waker) -> Poll<F::Output> {
        let polled = self.future.as_mut().poll(&mut Context::from_waker(waker));
        self.over = polled.is_ready();
        polled
    }

    /// Polls, unless it has been ready.
    pub fn prod(&mut self, waker: &Waker) {
        if !self.over {
            drop(self.poll_with(waker));
        }
    }

    /// The same with its own waker.
    pub fn prod_plainly(&mut self) {
        self.prod(&Waker::from(self.bell.clone()));
    }

    #[track_caller]
    pub fn ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it should be ready"),
        }
    }

    pub fn wakes(&self) -> usize {
        self.bell.rung()
    }
}

/// What is done with a waker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Clone,
    Wake,
    Drop,
}

type Hook = Arc<dyn Fn(Deed) + Send + Sync>;

/// A waker that calls `hook` whenever it is cloned, called or dropped, but not from within `hook`.
fn nosy(hook: Hook) -> Waker {
    thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });

    struct Left;
    impl Drop for Left {
        fn drop(&mut self) {
            INSIDE.set(false);
        }
    }
    fn call(hook: &Hook, deed: Deed) {
        if !INSIDE.replace(true) {
            let _left = Left;
            hook(deed);
        }
    }
    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            // SAFETY: `data` is a leaked box of a hook, freed by `drop` or `wake` below.
            let hook = unsafe { &*data.cast::<Hook>() };
            // The clone first: a hook that panics leaves no clone behind that nobody has.
            call(hook, Deed::Clone);
            RawWaker::new(Box::into_raw(Box::new(hook.clone())).cast(), &VTABLE)
        },
        // SAFETY: as above; waking by value uses the waker up.
        |data| call(&*unsafe { Box::from_raw(data.cast_mut().cast::<Hook>()) }, Deed::Wake),
        // SAFETY: as above.
        |data| call(unsafe { &*data.cast::<Hook>() }, Deed::Wake),
        // SAFETY: as above.
        |data| call(&*unsafe { Box::from_raw(data.cast_mut().cast::<Hook>()) }, Deed::Drop),
    );
    let data = Box::into_raw(Box::new(hook)).cast();
    // SAFETY: the functions of the table keep the contract: each owns, or borrows, a leaked box.
    unsafe { Waker::from_raw(RawWaker::new(data, &VTABLE)) }
}

/// Plays `scene` with a waker that does each of `calls` to the thing whenever something is done
/// with the waker: a lock that is held meanwhile would be for ever, and `within` tells.
#[track_caller]
pub fn meddle<T: Send + Sync + 'static>(
    make: fn() -> T,
    calls: &'static [fn(&T)],
    scene: fn(&T, &Waker),
) {
    for call in calls {
        for deed in [Deed::Clone, Deed::Wake, Deed::Drop] {
            within(move || {
                let thing = Arc::new(make());
                let theirs = Arc::downgrade(&thing);
                let waker = nosy(Arc::new(move |done| {
                    if done == deed
                        && let Some(thing) = theirs.upgrade()
                    {
                        call(&thing);
                    }
                }));
                scene(&thing, &waker);
            });
        }
    }
}

/// A waker that panics when this is done with it, the first time.
pub fn bomb(when: Deed) -> Waker {
    let done = Mutex::new(false);
    nosy(Arc::new(move |deed| {
        let first = deed == when && !std::mem::replace(&mut done.lock().unwrap(), true);
        assert!(!first, "the waker panics");
    }))
}

/// Runs `f`, which must panic, and not print it.
#[track_caller]
pub fn blows_up<R>(f: impl FnOnce() -> R) {
    let said = tests::panic_of(f);
    assert_eq!(said.text, "the waker panics");
}

/// Polls once and drops it.
pub fn touch<F: Future>(future: F) {
    let _ = Polled::new(future).poll();
}

/// Did `f` panic? Nothing is printed.
pub fn panics<R>(f: impl FnOnce() -> R) -> bool {
    tests::heard(|| catch_unwind(AssertUnwindSafe(f)).is_err()).0.unwrap()
}
