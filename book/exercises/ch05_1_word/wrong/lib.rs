//! WRONG: `wake` pushes whenever SCHEDULED was clear, also while the task is being polled. `idle`
//! pushes for the same wake, and the task has two entries.

use std::sync::atomic::{AtomicU8, Ordering};

/// Somebody has pushed a queue entry, or is about to.
pub const SCHEDULED: u8 = 1;
/// Somebody is polling the future.
pub const RUNNING: u8 = 2;

/// Idle at first: neither flag is set.
#[derive(Debug, Default)]
pub struct Word(AtomicU8);

impl Word {
    /// Somebody wakes the task. True: the caller pushes a queue entry.
    pub fn wake(&self) -> bool {
        self.0.fetch_or(SCHEDULED, Ordering::AcqRel) & SCHEDULED == 0
    }

    /// A queue entry was popped; the caller polls the future now.
    pub fn start(&self) {
        self.0.fetch_xor(SCHEDULED | RUNNING, Ordering::AcqRel);
    }

    /// The poll was pending. True: the caller pushes a queue entry, for a wake that came meanwhile.
    pub fn idle(&self) -> bool {
        self.0.fetch_and(!RUNNING, Ordering::AcqRel) & SCHEDULED != 0
    }

    /// The word, to be looked at.
    pub fn flags(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}
