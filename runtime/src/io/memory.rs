//! a pipe in memory: bytes one way, room for so many, and who waits at either end.
//!
//! ```text
//!   writer ── room? ──► [ bytes, at most `limit` ] ── any? ──► reader
//!             │ no: waits until some are read          │ no: waits until some are written
//! ```
//!
//! | has happened | the reader gets | the writer gets |
//! |---|---|---|
//! | the write end was closed, or is gone | what is left, then 0 | `BrokenPipe` |
//! | the read end is gone | | `BrokenPipe` |
//!
//! Everything is under one lock, held for a copy of bytes at most. Wakers are cloned before it is
//! taken, and called and dropped after it is released: they are somebody's code, and may come back.

#![forbid(unsafe_code)]

use crate::base::note::{Kind, Wait};
use crate::base::prim::Mutex;
use crate::wake::{coop, says};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// The two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Read,
    Write,
}

/// Bytes one way.
pub(crate) struct Pipe {
    state: Mutex<State>,
    limit: usize,
}

struct State {
    bytes: VecDeque<u8>,
    /// Nothing more will be written.
    closed: bool,
    /// Who waits: at the read end, at the write end.
    waiting: [Option<Waker>; 2],
}

impl Pipe {
    /// Room for `limit` bytes; memory is taken as they come.
    ///
    /// # Panics
    /// When `limit` is 0.
    #[track_caller]
    pub(crate) fn new(limit: usize) -> Self {
        assert!(limit > 0, "`max_buf_size` is 0: a pipe without room passes nothing on");
        let state = State { bytes: VecDeque::new(), closed: false, waiting: [None, None] };
        Self { state: Mutex::new(state), limit }
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, End::Read, |state| {
            let n = buf.len().min(state.bytes.len());
            if n == 0 {
                return (buf.is_empty() || state.closed).then_some(Ok(0));
            }
            let (front, back) = state.bytes.as_slices();
            let in_front = n.min(front.len());
            buf[..in_front].copy_from_slice(&front[..in_front]);
            buf[in_front..n].copy_from_slice(&back[..n - in_front]);
            state.bytes.drain(..n);
            Some(Ok(n))
        })
    }

    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, End::Write, |state| {
            if state.closed {
                let message = "the other end of the pipe is gone, or this one was shut down";
                return Some(Err(io::Error::new(io::ErrorKind::BrokenPipe, message)));
            }
            let before = self.limit - state.bytes.len();
            let mut room = before;
            for buf in bufs {
                let n = buf.len().min(room);
                self.reserve(&mut state.bytes, n);
                state.bytes.extend(&buf[..n]);
                room -= n;
            }
            let empty = bufs.iter().all(|buf| buf.is_empty());
            (empty || room < before).then_some(Ok(before - room))
        })
    }

    /// Memory for `more` bytes: twice as much each time, and never more than the limit.
    fn reserve(&self, bytes: &mut VecDeque<u8>, more: usize) {
        let needed = bytes.len() + more;
        if needed > bytes.capacity() {
            let capacity = bytes.capacity().saturating_mul(2).clamp(needed, self.limit);
            bytes.reserve_exact(capacity - bytes.len());
        }
    }

    /// An end is gone, or writing is over: nothing can be written any more. Tells who waits.
    pub(crate) fn close(&self, end: End) {
        let waiting = {
            let mut state = self.state.lock();
            state.closed = true;
            if end == End::Read {
                // Nobody will read them.
                state.bytes = VecDeque::new();
            }
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    /// The answer of `step`, or a waker left until the other end has moved.
    fn poll(
        &self,
        cx: &mut Context<'_>,
        end: End,
        mut step: impl FnMut(&mut State) -> Option<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        ready!(coop::ready(cx));
        let mut mine = None;
        loop {
            let mut state = self.state.lock();
            if let Some(answer) = step(&mut state) {
                let moved = matches!(answer, Ok(1..));
                let told = moved.then(|| state.waiting[end.other()].take());
                drop(state);
                told.flatten().into_iter().for_each(Waker::wake);
                coop::spend();
                return Poll::Ready(answer);
            }
            let place = &mut state.waiting[end as usize];
            if !place.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                if mine.is_none() {
                    drop(state);
                    mine = Some(cx.waker().clone());
                    continue;
                }
                std::mem::swap(place, &mut mine);
            }
            drop(state);
            // What is in `mine` now is dropped here, outside the lock.
            drop(mine);
            return says::pending(Poll::Pending, Wait::Named(Kind::Duplex, self.address()));
        }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl End {
    fn other(self) -> usize {
        1 - self as usize
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, closed) = {
            let state = self.state.lock();
            (state.bytes.len(), state.closed)
        };
        f.debug_struct("Pipe")
            .field("bytes", &format_args!("{len}/{}", self.limit))
            .field("closed", &closed)
            .finish()
    }
}

/// Closes a pipe when it is dropped: the part of a half that knows what it is a half of.
pub(crate) struct Closes {
    pipe: Arc<Pipe>,
    end: End,
    open: bool,
}

impl Closes {
    pub(crate) fn new(pipe: Arc<Pipe>, end: End) -> Self {
        Self { pipe, end, open: true }
    }

    /// The pipe goes on.
    pub(crate) fn forget(mut self) {
        self.open = false;
    }
}

impl Drop for Closes {
    fn drop(&mut self) {
        if self.open {
            self.pipe.close(self.end);
        }
    }
}
