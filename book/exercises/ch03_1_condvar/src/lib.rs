//! A parker made of a mutex and a condition variable.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Puts one thread to sleep; any thread may wake it.
#[derive(Default)]
pub struct Parker {
    // What has to be remembered, and under what?
    _lock: Mutex<()>,
    _bell: Condvar,
}

impl Parker {
    /// Sleeps until the alarm or until `limit` is over. True: there was an alarm, now used up.
    pub fn park(&self, limit: Duration) -> bool {
        todo!("sleep at most {limit:?}, and not at all if the alarm has come")
    }

    /// The alarm: ends the sleep, or keeps the next one from starting.
    pub fn unpark(&self) {
        todo!("leave a token, and ring")
    }
}
