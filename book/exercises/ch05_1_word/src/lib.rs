//! The word of a task, with two flags.

use std::sync::atomic::AtomicU8;

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
        todo!("SCHEDULED; and who pushes? {:?}", self.0)
    }

    /// A queue entry was popped; the caller polls the future now.
    pub fn start(&self) {
        todo!("from SCHEDULED to RUNNING: {:?}", self.0)
    }

    /// The poll was pending. True: the caller pushes a queue entry, for a wake that came meanwhile.
    pub fn idle(&self) -> bool {
        todo!("RUNNING is over; and was there a wake? {:?}", self.0)
    }

    /// The word, to be looked at.
    pub fn flags(&self) -> u8 {
        todo!("{:?}", self.0)
    }
}
