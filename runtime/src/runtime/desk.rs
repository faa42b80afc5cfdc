//! a worker of `multi_thread`, with what it sleeps in and the user's hooks around each sleep.
//!
//! All that a thread needs to be the worker, in one place, so that another thread can take over:
//! `runtime/post.rs`.

#![forbid(unsafe_code)]

use super::meter::Metered;
use crate::drive::driver::Driver;
use crate::pool::loan::Loan;
use crate::pool::tick::Tick;
use crate::pool::worker::Worker;
use crate::wake::batch::Report;
use crate::wake::park::{Park, Unparker};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Something of the user's to call on a thread.
pub(super) type Hook = Arc<dyn Fn() + Send + Sync>;

/// A hook's panic must not cost a worker: it is reported.
pub(super) fn call(hook: Option<&Hook>, report: &Report) {
    if let Some(hook) = hook
        && let Err(panic) = catch_unwind(AssertUnwindSafe(|| hook()))
    {
        report(panic);
    }
}

/// See the head of the file.
pub(super) struct Desk {
    pub(super) worker: Worker,
    pub(super) driver: Metered<Driver>,
    pub(super) on_park: Option<Hook>,
    pub(super) on_unpark: Option<Hook>,
    pub(super) report: Report,
    /// In its day, and not inside of its park. There, and while it ends, code of the user's may run
    /// too, a hook, a waker or a destructor, but the worker is in the middle of something.
    pub(super) may_leave: Cell<bool>,
}

impl Desk {
    /// What the owner does all day.
    pub(super) fn run(&self) -> Tick {
        self.day(|| false)
    }

    /// The same for a substitute.
    pub(super) fn stand_in(&self, loan: &Loan) -> Tick {
        self.day(|| loan.is_wanted())
    }

    #[inline]
    fn day(&self, recalled: impl Fn() -> bool) -> Tick {
        self.may_leave.set(true);
        let end = self.worker.run(self, recalled);
        if end != Tick::Left {
            self.may_leave.set(false);
        }
        end
    }

    fn around(&self, sleep: impl FnOnce()) {
        call(self.on_park.as_ref(), &self.report);
        // What the hook has spawned or woken came after the worker's last look, and rang nobody.
        match self.worker.own() {
            0 => sleep(),
            _ => self.driver.park(Some(Duration::ZERO)),
        }
        call(self.on_unpark.as_ref(), &self.report);
    }

    fn parked(&self) -> Parked<'_> {
        self.may_leave.set(false);
        Parked(&self.may_leave)
    }
}

struct Parked<'a>(&'a Cell<bool>);

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

impl Park for Desk {
    fn park(&self, limit: Option<Duration>) {
        let _parked = self.parked();
        match limit {
            Some(Duration::ZERO) => self.driver.park(limit),
            _ => self.around(|| self.driver.park(limit)),
        }
    }

    fn stand_by(&self, limit: Duration) {
        let _parked = self.parked();
        self.around(|| self.driver.stand_by(limit));
    }

    fn relieve(&self) {
        let _parked = self.parked();
        self.driver.relieve();
    }

    fn unparker(&self) -> Unparker {
        self.driver.unparker()
    }
}
