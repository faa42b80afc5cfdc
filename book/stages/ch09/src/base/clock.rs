//! now(), real or virtual; the only place that reads the clock.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The clock of one runtime.
pub struct Clock {
    origin: Instant,
    /// How far a clock that stands still has been moved. `None`: it runs by itself.
    paused: Option<Cell<Duration>>,
}

impl Clock {
    pub fn real() -> Self {
        Self { origin: Instant::now(), paused: None }
    }

    pub fn paused() -> Self {
        Self { origin: Instant::now(), paused: Some(Cell::default()) }
    }

    pub fn now(&self) -> Instant {
        match &self.paused {
            None => Instant::now(),
            Some(moved) => self.origin + moved.get(),
        }
    }

    /// When it began.
    pub fn origin(&self) -> Instant {
        self.origin
    }

    pub fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Moves a clock that stands still; never back.
    pub fn advance_to(&self, at: Instant) {
        if let Some(moved) = &self.paused {
            moved.set(moved.get().max(at - self.origin));
        }
    }
}
