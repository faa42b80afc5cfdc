//! A parker made of a mutex and a condition variable.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Puts one thread to sleep; any thread may wake it.
#[derive(Default)]
pub struct Parker {
    token: Mutex<bool>,
    bell: Condvar,
}

impl Parker {
    /// Sleeps until the alarm or until `limit` is over. True: there was an alarm, now used up.
    pub fn park(&self, limit: Duration) -> bool {
        let token = self.token.lock().unwrap();
        // Looks under the lock, lies down under the lock, and looks again after every wake.
        let (mut token, _) = self.bell.wait_timeout_while(token, limit, |token| !*token).unwrap();
        std::mem::take(&mut *token)
    }

    /// The alarm: ends the sleep, or keeps the next one from starting.
    pub fn unpark(&self) {
        *self.token.lock().unwrap() = true;
        self.bell.notify_one();
    }
}
