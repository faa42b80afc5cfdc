//! trait Park, and putting a thread to sleep without missing the alarm.
//!
//! [`Park`] is the seam between an executor and whatever it waits for: "sleep at most this long;
//! here is how to nudge me". A bare thread implements it with [`Parker`], a worker's driver with a
//! timer wheel and epoll. An executor sees only the trait.
//!
//! The alarm that must not be missed: the nudge may come before the sleep. So the parker keeps one
//! token. `std::thread::park` has one too, but any code on the thread may use that one up, so the
//! truth is in a word of our own and std's token is only a hint.
//!
//! ```text
//!            unpark: swap(NOTIFIED)              park: swap(EMPTY) finds the token
//!   EMPTY ───────────────────────► NOTIFIED ────────────────────────────► EMPTY, no sleep
//!     │ park: CAS(EMPTY→PARKED)
//!     ▼          unpark: swap(NOTIFIED), thread.unpark()
//!   PARKED ──────────────────────► NOTIFIED ──── park wakes, swap(EMPTY) ─► EMPTY
//! ```
//!
//! Two operations carry the memory of it, both on the same word: `unpark` swaps NOTIFIED in
//! (Release) and the end of a sleep swaps EMPTY in (Acquire). Whatever was written before a nudge
//! is seen after the sleep that used it up, also before either of two in a row: swaps are a chain.
//! The rest of the sleep only asks whether to go on sleeping.
//!
//! Read next: `wake/block_on.rs`, the smallest user of a parker.

#![forbid(unsafe_code)]

use crate::base::clock;
use crate::base::prim::{AtomicU8, Ordering, thread};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

/// What an executor sleeps in.
pub(crate) trait Park {
    /// Looks for what has become ready and hands its wakers out, sleeping until there is something:
    /// a nudge, an event, a deadline, or the end of `limit`. `Some(ZERO)` looks and does not sleep.
    fn park(&self, limit: Option<Duration>);

    /// Sleeps at most `limit`, and leaves what sleepers pass around to whoever comes next: for one
    /// who only keeps watch and expects the others back at once.
    fn stand_by(&self, limit: Duration) {
        self.park(Some(limit));
    }

    /// Does what is overdue elsewhere: the timers of sleepers that should have fired them and have
    /// not, because their threads are stuck.
    fn relieve(&self) {}

    /// What another thread needs to end the sleep.
    fn unparker(&self) -> Unparker;
}

/// Ends a sleep from another thread, or keeps the next one from starting.
pub(crate) trait Unpark: Send + Sync {
    fn unpark(&self);
}

/// A way to nudge one sleeper, held by whoever may have to.
pub(crate) type Unparker = Arc<dyn Unpark>;

const EMPTY: u8 = 0;
const PARKED: u8 = 1;
const NOTIFIED: u8 = 2;

/// A token for one thread: nudge it, and it wakes up or does not fall asleep.
#[derive(Debug)]
pub(crate) struct Signal {
    state: AtomicU8,
    /// Changed when another thread is to sleep. std's lock: loom's `unpark` reaches a thread in
    /// whatever it waits, so loom may put nothing between a swap that finds a sleeper and it.
    thread: Mutex<thread::Thread>,
}

impl Unpark for Signal {
    fn unpark(&self) {
        // Ordering: Release, pairs with the Acquire swap at the end of `Parker::sleep`: what was
        // written before the nudge is seen after the sleep.
        if self.state.swap(NOTIFIED, Ordering::Release) == PARKED {
            let _ = self.thread.lock().map(|thread| thread.unpark());
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

/// Puts the thread that made it to sleep.
#[derive(Debug)]
pub(crate) struct Parker {
    signal: Arc<Signal>,
    /// `thread` in the signal is the maker's: another thread could sleep, but not be woken.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Parker {
    pub(crate) fn new() -> Self {
        let signal = Signal { state: AtomicU8::new(EMPTY), thread: Mutex::new(thread::current()) };
        Self { signal: Arc::new(signal), _not_send: std::marker::PhantomData }
    }

    /// A waker that nudges this thread.
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(self.signal.clone())
    }

    /// From now on it puts this thread to sleep, and no other.
    pub(crate) fn adopt(&self) {
        let _ = self.signal.thread.lock().map(|mut thread| *thread = thread::current());
    }

    /// Sleeps until a nudge, or until `deadline`. Returns at once if a nudge came before.
    pub(crate) fn sleep(&self, deadline: Option<Instant>) {
        let state = &self.signal.state;
        // Ordering: Relaxed, the swap below reads whatever nudge this one found.
        let first = state.compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_ok() {
            while !self.nudged() {
                match deadline {
                    None => thread::park(),
                    Some(at) => {
                        let left = at.saturating_duration_since(clock::now());
                        if left.is_zero() {
                            break;
                        }
                        park_timeout(left);
                    }
                }
            }
        }
        // Ordering: Acquire, pairs with the Release swap in `unpark`. A swap also at the deadline,
        // and not a store: it may meet a nudge, whose writes the caller must then see.
        state.swap(EMPTY, Ordering::Acquire);
    }

    /// Is there a nudge that no sleep has used up?
    pub(crate) fn nudged(&self) -> bool {
        // Ordering: Acquire, as in `sleep`, whose swap at the end reads the nudge again.
        self.signal.state.load(Ordering::Acquire) == NOTIFIED
    }
}

#[cfg(not(loom))]
use thread::park_timeout;

/// loom has no time: a bounded sleep is a chance to run for somebody else.
#[cfg(loom)]
fn park_timeout(_limit: Duration) {
    thread::yield_now();
}

impl Park for Parker {
    fn park(&self, limit: Option<Duration>) {
        match limit {
            Some(Duration::ZERO) => {}
            Some(limit) => self.sleep(clock::now().checked_add(limit)),
            None => self.sleep(None),
        }
    }

    fn unparker(&self) -> Unparker {
        self.signal.clone()
    }
}

#[cfg(test)]
#[path = "park_tests.rs"]
mod tests;
