//! the numbers of the blocking pool: who takes a job, who waits, who starts, who goes home.
//!
//! Every job must find a thread: one that waits, or a new one, or one that will look at the queue
//! when its present job is done. So "is anybody free?" and "then this job is yours" are one step.
//! Each function is one; its caller holds the pool's lock, and does what the answer says after it.
//!
//! ```text
//!   submit    idle > 0               idle -= 1                a waiting thread is to take it
//!             limit, none starting   threads += 1, starting   start a thread, which takes it
//!             otherwise              unclaimed += 1           some thread takes it later
//!   started   unclaimed > 0, limit   unclaimed -= 1,          start the next, which takes that job
//!                                    threads += 1
//!             otherwise              not starting any more
//!   failed    idle > 0               idle -= 1, threads -= 1  a waiting thread is to take its job
//!             others are there       unclaimed += 1, same     some thread takes it later
//!             nobody is there        unclaimed = 0, same      give up its job and the unclaimed
//!   finished  unclaimed > 0          unclaimed -= 1           take the next job
//!             otherwise              idle += 1                wait for one
//!   late      idle > 0               idle -= 1, threads -= 1  waited long enough: go home
//!             otherwise                                       its job is on the way: take it
//!   close                            idle = unclaimed = 0     send the idle home, cancel the jobs
//! ```
//!
//! Two things are always true:
//!
//! * A job waits unclaimed only while no thread is idle, and some thread is there, or on its way,
//!   that will ask.
//! * As many threads have been told to receive as messages are sent. That is why a receive may
//!   wait without a limit, and why it does not matter who gets which message.

#![forbid(unsafe_code)]

#[derive(Debug, PartialEq)]
pub(super) struct Tally {
    limit: usize,
    /// Threads that wait for a message which nobody has promised them.
    idle: usize,
    /// Threads that are there or on their way, until they decide to go home.
    threads: usize,
    /// Jobs that no thread has been told to take.
    unclaimed: usize,
    /// A thread is on its way and has not looked at the queue yet.
    starting: bool,
    pub(super) closed: bool,
}

/// Where a new job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Submit {
    /// Into the queue: some thread is there for it.
    Send,
    /// Into the queue, after a thread has been started for it.
    Start,
    /// The pool is closed.
    Refuse,
}

/// What a thread does that has finished a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finished {
    /// Take a job: there is one for it, or on its way.
    Take,
    Wait,
    GoHome,
}

impl Tally {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, idle: 0, threads: 0, unclaimed: 0, starting: false, closed: false }
    }

    pub(super) fn submit(&mut self) -> Submit {
        if self.closed {
            return Submit::Refuse;
        }
        if self.idle > 0 {
            self.idle -= 1;
            return Submit::Send;
        }
        if !self.starting && self.threads < self.limit {
            self.threads += 1;
            self.starting = true;
            return Submit::Start;
        }
        self.unclaimed += 1;
        Submit::Send
    }

    /// A thread is there, before its first job. True: start another. One: that one does the same
    /// in its turn, so the pool grows only as long as jobs come faster than they are done.
    pub(super) fn started(&mut self) -> bool {
        self.starting = self.unclaimed > 0 && self.threads < self.limit;
        if self.starting {
            self.unclaimed -= 1;
            self.threads += 1;
        }
        self.starting
    }

    /// A thread could not be started. `None`: another takes its job. Otherwise nobody will, nor so
    /// many that are unclaimed.
    pub(super) fn failed(&mut self) -> Option<usize> {
        self.starting = false;
        self.threads -= 1;
        if self.closed {
            return Some(0);
        }
        if self.idle > 0 {
            // It has become idle meanwhile, and asks no more.
            self.idle -= 1;
            return None;
        }
        if self.threads > 0 {
            self.unclaimed += 1;
            return None;
        }
        Some(std::mem::take(&mut self.unclaimed))
    }

    /// A thread has received a job. False: the pool is closed, the job is to be cancelled and the
    /// thread goes home.
    pub(super) fn begin(&mut self) -> bool {
        if self.closed {
            self.threads -= 1;
        }
        !self.closed
    }

    pub(super) fn finished(&mut self) -> Finished {
        if self.closed {
            self.threads -= 1;
            return Finished::GoHome;
        }
        if self.unclaimed > 0 {
            self.unclaimed -= 1;
            return Finished::Take;
        }
        self.idle += 1;
        Finished::Wait
    }

    /// A thread has waited long enough. True: it goes home.
    pub(super) fn late(&mut self) -> bool {
        let free = self.idle > 0;
        if free {
            self.idle -= 1;
            self.threads -= 1;
        }
        free
    }

    /// So many threads wait and are to be told, so many jobs are to be taken out and cancelled.
    pub(super) fn close(&mut self) -> (usize, usize) {
        self.closed = true;
        self.threads -= self.idle;
        (std::mem::take(&mut self.idle), std::mem::take(&mut self.unclaimed))
    }
}
