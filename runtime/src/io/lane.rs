//! Lane: writes that are accepted at once, and done on the pool by one job for a whole streak.
//!
//! A write is copied, and the caller goes on. The job that writes it looks for more before it ends,
//! so a caller that keeps up pays one hop for a gigabyte, and one that is faster fills the room and
//! waits: the room is small at first and doubles each time somebody had to wait.
//!
//! ```text
//!  caller   accept ──► pending ── at rest? ──► a job to start
//!                         │
//!  job      ┌──► take all that is pending ──► write ──┐ wakes whoever waited for room
//!           └──────────── is there more? ◄────────────┘
//!                         │ no, or the write failed: what is pending goes with it
//!                         ▼
//!                      at rest ──► wake whoever waits for the end
//! ```
//!
//! | state | `rest` | `pending` | `error` | left by |
//! |---|---|---|---|---|
//! | at rest | the outlet | empty | of the last streak, until told | `poll_accept`: a job |
//! | streak | empty, the job has it | what came since | none | `Job::drain` |
//!
//! A piece that was accepted in one call is written in one call: the cut between two streaks never
//! goes through it. The job that is dropped before it has begun, because the runtime has ended, has
//! its outlet write what can be written at once (`Outlet::last_words`).
//!
//! Everything is decided under one lock; no waker is cloned, called or dropped under it.

#![forbid(unsafe_code)]

use super::hop::ended;
use crate::base::note::{Kind, Wait};
use crate::base::prim::{Arc, Mutex};
use crate::runtime::handle::Handle;
use crate::wake::says;
use std::fmt;
use std::io::{self, IoSlice};
use std::mem;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Waker, ready};

/// Where the bytes go. Called on a thread that may block.
pub(crate) trait Outlet: Send + Sync + 'static {
    /// Goes back by so many bytes, which were read ahead, and then writes everything.
    fn write(&self, back: u64, bytes: &[u8]) -> io::Result<()>;

    /// The same when the runtime has ended, on whatever thread is ending it: so it must not wait
    /// for anybody.
    fn last_words(&self, back: u64, bytes: &[u8]) -> io::Result<()>;
}

/// Room for a start, and what a vector at rest may keep.
const SMALL: usize = 16 * 1024;

/// The caller's side.
pub(crate) struct Lane<T: Outlet> {
    state: Arc<Mutex<State<T>>>,
}

/// See the table.
struct State<T> {
    rest: Option<StdArc<T>>,
    pending: Vec<u8>,
    /// How far the outlet is to go back before it writes what is pending.
    back: u64,
    error: Option<io::Error>,
    waker: Option<Waker>,
    /// What may be pending, unless it is one piece.
    room: usize,
    /// What it should have been.
    wished: usize,
}

/// What became of a write.
pub(crate) enum Accepted<T: Outlet> {
    /// So much of it is on its way.
    Joined(usize),
    /// The same, and this is to be run on a thread that may block.
    Starts(usize, Job<T>),
}

impl<T: Outlet> Lane<T> {
    pub(crate) fn new(outlet: StdArc<T>) -> Self {
        let state = State {
            rest: Some(outlet),
            pending: Vec::new(),
            back: 0,
            error: None,
            waker: None,
            room: SMALL,
            wished: SMALL,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Accepts `bufs`, `most` bytes of them at most, after going back by `back`; runs a job on the
    /// current runtime if there is none.
    ///
    /// # Panics
    /// Outside a runtime, if a job is needed.
    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        most: usize,
        back: u64,
    ) -> Poll<io::Result<usize>> {
        // Before anything is accepted: it may panic.
        let handle = self.is_at_rest().then(Handle::current);
        Poll::Ready(Ok(match ready!(self.poll_accept(cx, bufs, most, back))? {
            Accepted::Joined(n) => n,
            Accepted::Starts(n, job) => {
                let handle = handle.unwrap_or_else(Handle::current);
                drop(handle.spawn_blocking(move || job.run()));
                n
            }
        }))
    }

    /// The same, and the caller runs the job.
    pub(crate) fn poll_accept(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        most: usize,
        back: u64,
    ) -> Poll<io::Result<Accepted<T>>> {
        self.poll_state(cx, |state| {
            if let Some(error) = state.error.take() {
                return Some(Err(error));
            }
            let n = state.accept(bufs, most)?;
            if n == 0 {
                return Some(Ok(Accepted::Joined(0)));
            }
            state.back += back;
            Some(Ok(match state.rest.take() {
                None => Accepted::Joined(n),
                outlet => {
                    let state = self.state.clone();
                    Accepted::Starts(n, Job { state, outlet, has_begun: false })
                }
            }))
        })
    }

    /// Waits until it is at rest. An error that nobody was told is told here.
    pub(crate) fn poll_settled(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_state(cx, |state| {
            state.rest.as_ref()?;
            Some(state.error.take().map_or(Ok(()), Err))
        })
    }

    /// Answers, or leaves the waker for the next change. `step` is called under the lock.
    fn poll_state<R>(
        &self,
        cx: &mut Context<'_>,
        mut step: impl FnMut(&mut State<T>) -> Option<R>,
    ) -> Poll<R> {
        let mut mine = None;
        loop {
            let mut state = self.state.lock();
            if let Some(answer) = step(&mut state) {
                return Poll::Ready(answer);
            }
            let is_there = state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
            if !is_there && mine.is_none() {
                drop(state);
                mine = Some(cx.waker().clone());
                continue;
            }
            let old = if is_there { None } else { mem::replace(&mut state.waker, mine) };
            drop(state);
            drop(old);
            return says::pending(Poll::Pending, Wait::Named(Kind::File, 0));
        }
    }

    pub(crate) fn is_at_rest(&self) -> bool {
        self.state.lock().rest.is_some()
    }

    /// The lane's own count of its outlet, if it is at rest.
    pub(crate) fn retire(&self) -> Option<StdArc<T>> {
        self.state.lock().rest.take()
    }
}

impl<T> State<T> {
    /// Copies `bufs`, if there is room. `None`: wait until some of it is taken.
    fn accept(&mut self, bufs: &[IoSlice<'_>], most: usize) -> Option<usize> {
        let len = bufs.iter().map(|buf| buf.len()).fold(0, usize::saturating_add).min(most);
        if !self.pending.is_empty() && self.pending.len() + len > self.room.min(most) {
            self.wished = self.room.saturating_mul(2).min(most.max(SMALL));
            return None;
        }
        let mut left = len;
        for buf in bufs {
            let part = &buf[..buf.len().min(left)];
            self.pending.extend_from_slice(part);
            left -= part.len();
        }
        Some(len)
    }
}

/// What is run for a streak, once. Dropped before, it says its last words.
pub(crate) struct Job<T: Outlet> {
    state: Arc<Mutex<State<T>>>,
    /// Until the end of the streak.
    outlet: Option<StdArc<T>>,
    has_begun: bool,
}

impl<T: Outlet> Job<T> {
    pub(crate) fn run(mut self) {
        self.has_begun = true;
        self.drain(T::write, Ok(()));
    }

    /// Writes until nothing is pending or a write fails; `result` is that of the one before.
    fn drain(
        &mut self,
        write: impl Fn(&T, u64, &[u8]) -> io::Result<()>,
        mut result: io::Result<()>,
    ) {
        let mut bytes = Vec::new();
        while let Some(back) = self.next(&mut bytes, result) {
            result = self.outlet.as_ref().map_or(Ok(()), |outlet| write(outlet, back, &bytes));
        }
    }

    /// What is to be written next, and after going back how far; or the streak is over.
    fn next(&mut self, bytes: &mut Vec<u8>, result: io::Result<()>) -> Option<u64> {
        self.outlet.as_ref()?;
        bytes.clear();
        let mut state = self.state.lock();
        if let Err(error) = result {
            // Who wrote it did not know that what came before had failed.
            state.pending.clear();
            state.error = Some(error);
        }
        let back = mem::take(&mut state.back);
        let more = !state.pending.is_empty();
        if more {
            mem::swap(&mut state.pending, bytes);
            state.room = state.wished;
        } else {
            state.pending.shrink_to(SMALL);
            // Moved, not cloned: who finds it at rest finds the only other count of it.
            state.rest = self.outlet.take();
        }
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        more.then_some(back)
    }
}

impl<T: Outlet> Drop for Job<T> {
    fn drop(&mut self) {
        // A write that panicked was none. That this thread panics is not enough: it may be the one
        // that ends the runtime.
        let result = if self.has_begun { Err(ended()) } else { Ok(()) };
        self.drain(T::last_words, result);
    }
}

impl<T: Outlet> fmt::Debug for Lane<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        let streak = state.rest.is_none();
        f.debug_struct("Lane")
            .field("streak", &streak)
            .field("pending", &state.pending.len())
            .finish()
    }
}

#[cfg(all(test, loom))]
#[path = "lane_loom_tests.rs"]
mod models;
