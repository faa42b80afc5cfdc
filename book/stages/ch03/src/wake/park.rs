//! putting a thread to sleep without missing the alarm.
//!
//! The alarm may come before the sleep. So it leaves a token, and who finds a token does not sleep:
//!
//! ```text
//!            unpark: swap(NOTIFIED)              park: swap(EMPTY) finds the token
//!   EMPTY ───────────────────────► NOTIFIED ────────────────────────────► EMPTY, no sleep
//!     │ park: EMPTY → PARKED
//!     ▼          unpark: swap(NOTIFIED), thread.unpark()
//!   PARKED ──────────────────────► NOTIFIED ──── park wakes, swap(EMPTY) ─► EMPTY
//! ```
//!
//! `std::thread::park` keeps a token too, but any code on the thread may use that one up. The truth
//! is in a word of our own; std's token is a hint to look at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

const EMPTY: u8 = 0;
const PARKED: u8 = 1;
const NOTIFIED: u8 = 2;

/// The alarm of one thread: nudge it, and it wakes up or does not fall asleep.
pub struct Signal {
    state: AtomicU8,
    thread: Thread,
}

impl Signal {
    /// Ends the sleep, or keeps the next one from starting.
    pub fn unpark(&self) {
        // Ordering: Release, pairs with the Acquire swap in `park`: what was done before the alarm
        // is seen after the sleep.
        if self.state.swap(NOTIFIED, Ordering::Release) == PARKED {
            self.thread.unpark();
        }
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.unpark();
    }
}

/// Puts the thread that made it to sleep, and no other.
pub struct Parker {
    signal: Arc<Signal>,
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Parker {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let signal = Signal { state: AtomicU8::new(EMPTY), thread: thread::current() };
        Self { signal: Arc::new(signal), _not_send: std::marker::PhantomData }
    }

    /// What another thread needs to end the sleep.
    pub fn signal(&self) -> Arc<Signal> {
        self.signal.clone()
    }

    /// A waker that ends the sleep.
    pub fn waker(&self) -> Waker {
        Waker::from(self.signal.clone())
    }

    /// Sleeps until the alarm, or until `limit` is over. Returns at once if the alarm came before.
    /// True: there was an alarm.
    pub fn park(&self, limit: Option<Duration>) -> bool {
        let state = &self.signal.state;
        // Ordering: Relaxed, the swap below reads whatever alarm this one found.
        let lie_down =
            state.compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if lie_down {
            let until = limit.map(|limit| Instant::now() + limit);
            // Again and again: std's park may return for no reason.
            while state.load(Ordering::Acquire) == PARKED && !rest(until) {}
        }
        // Ordering: Acquire, pairs with the Release in `unpark`. A swap also when the limit is
        // over: it may meet an alarm, and must see what was done before it.
        state.swap(EMPTY, Ordering::Acquire) == NOTIFIED
    }
}

/// Sleeps a while. True: the time is up.
fn rest(until: Option<Instant>) -> bool {
    match until {
        None => thread::park(),
        Some(until) => {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::park_timeout(left);
        }
    }
    false
}
