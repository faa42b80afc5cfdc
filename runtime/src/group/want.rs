//! what a failed accept means, and the rests of a server that has no room.

#![forbid(unsafe_code)]

use crate::time::sleep::{Sleep, sleep};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// The first rest, and the longest. Each is twice as long as the one before.
const FIRST_REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_millis(640);
/// Why an accept has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// This connection is gone; the next one need not be.
    CallerLeft,
    /// The system has no descriptor or no memory for another one.
    NoRoom,
    /// The listener does not work, or its runtime has ended.
    Else,
}

impl Trouble {
    #[cfg(unix)]
    pub(super) fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::ENOSPC) => {
                Self::NoRoom
            }
            // Linux hands on what has happened to the new connection meanwhile: accept(2).
            Some(
                libc::ECONNABORTED
                | libc::ECONNRESET
                | libc::EINTR
                | libc::EPERM
                | libc::EPROTO
                | libc::ENOPROTOOPT
                | libc::EOPNOTSUPP
                | libc::ETIMEDOUT
                | libc::ENETDOWN
                | libc::ENETUNREACH
                | libc::EHOSTDOWN
                | libc::EHOSTUNREACH,
            ) => Self::CallerLeft,
            _ => Self::Else,
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(error: &io::Error) -> Self {
        // Windows: WSAEMFILE, WSAENOBUFS.
        match (error.raw_os_error(), error.kind()) {
            (Some(10024 | 10055), _) => Self::NoRoom,
            (_, io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
                Self::CallerLeft
            }
            _ => Self::Else,
        }
    }
}

/// The rests of a server that has no room.
pub(super) struct Rest {
    sleep: Option<Pin<Box<Sleep>>>,
    /// How long the next one is.
    next: Duration,
    /// This want has been reported.
    told: bool,
}

impl Rest {
    pub(super) fn new() -> Self {
        Self { sleep: None, next: FIRST_REST, told: false }
    }

    pub(super) fn begin(&mut self) {
        self.sleep = Some(Box::pin(sleep(self.next)));
        self.next = (2 * self.next).min(LONGEST_REST);
    }

    /// Something has come free.
    pub(super) fn cut(&mut self) {
        self.sleep = None;
    }

    /// There was room for one: the next rest is a short one again.
    pub(super) fn is_shortest(&mut self) {
        self.next = FIRST_REST;
    }

    /// Has this want not been reported yet? From now on it has.
    pub(super) fn is_news(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// There was room for all: the next want is another one.
    pub(super) fn is_over(&mut self) {
        self.told = false;
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        Poll::Ready(())
    }
}

#[cfg(all(test, not(loom)))]
#[path = "want_tests.rs"]
mod tests;
