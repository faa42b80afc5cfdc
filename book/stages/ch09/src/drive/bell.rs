//! the alarm of a thread that sleeps in epoll.
//!
//! The parker of chapter 3 with another bed: the same token, so no alarm is lost, and an eventfd
//! where `thread.unpark()` was. Nobody writes to it while the thread is awake: that would be a
//! syscall for nothing.
//!
//! ```text
//!            unpark: swap(NOTIFIED)              lie_down finds the token
//!   EMPTY ───────────────────────► NOTIFIED ────────────────────────────► EMPTY, no sleep
//!     │ lie_down
//!     ▼          unpark: swap(NOTIFIED), write to the eventfd
//!   POLLING ─────────────────────► NOTIFIED ──── epoll returns, rise ────► EMPTY
//! ```

use crate::wake::park::Unpark;
use std::sync::atomic::{AtomicU8, Ordering};

const EMPTY: u8 = 0;
const POLLING: u8 = 1;
const NOTIFIED: u8 = 2;

/// The alarm of one driver.
pub struct Bell {
    state: AtomicU8,
    nudge: mio::Waker,
}

impl Bell {
    pub fn new(nudge: mio::Waker) -> Self {
        Self { state: AtomicU8::new(EMPTY), nudge }
    }

    /// From now on an alarm writes to the eventfd. False: the alarm has come already.
    pub fn lie_down(&self) -> bool {
        // Ordering: Relaxed, `rise` reads whatever alarm this one found.
        self.state.compare_exchange(EMPTY, POLLING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The sleep is over. True: there was an alarm.
    pub fn rise(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `unpark`.
        self.state.swap(EMPTY, Ordering::Acquire) == NOTIFIED
    }
}

impl Unpark for Bell {
    fn unpark(&self) {
        // Ordering: Release, pairs with the Acquire in `rise`.
        if self.state.swap(NOTIFIED, Ordering::Release) == POLLING {
            // It fails when the process has no resources left. The next event makes good for it.
            let _ = self.nudge.wake();
        }
    }
}
