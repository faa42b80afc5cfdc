//! what a wait for a descriptor found, and what became of it: the guards of AsyncFd.
//!
//! A guard is an answer, not a lock: several may exist at once, and dropping one does nothing. So
//! it has to be told: `try_io`, which sees for itself, or `clear_ready` after a call that would
//! have blocked. Who does neither is told again at once that the descriptor is ready.

#![forbid(unsafe_code)]

use super::error::TryIoError;
use super::fd::{AsyncFd, Found, open};
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::Direction;
use std::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::task::{Context, Poll, ready};

/// What a wait has found. Made by [`AsyncFd::readable`] and its kin.
#[must_use = "it does nothing by itself: call `try_io`, or `clear_ready` or `retain_ready`"]
pub struct AsyncFdReadyGuard<'a, T: AsRawFd> {
    async_fd: &'a AsyncFd<T>,
    found: Option<Found>,
}

/// What a wait has found, with `&mut T`. Made by [`AsyncFd::readable_mut`] and its kin.
#[must_use = "it does nothing by itself: call `try_io`, or `clear_ready` or `retain_ready`"]
pub struct AsyncFdReadyMutGuard<'a, T: AsRawFd> {
    async_fd: &'a mut AsyncFd<T>,
    found: Option<Found>,
}

impl<T: AsRawFd> AsyncFd<T> {
    /// Waits until it is ready for `interest`. Any number of tasks may wait at once.
    ///
    /// The guard says for what, and is told what became of it.
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn ready(&self, interest: Interest) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        let found = self.wait(interest).await?;
        Ok(AsyncFdReadyGuard { async_fd: self, found: Some(found) })
    }

    /// [`ready`](AsyncFd::ready), with a guard that gives `&mut T`.
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn ready_mut(
        &mut self,
        interest: Interest,
    ) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        let found = self.wait(interest).await?;
        Ok(AsyncFdReadyMutGuard { async_fd: self, found: Some(found) })
    }

    /// Waits until there is something to read, or the end. As [`ready`](AsyncFd::ready).
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn readable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::READABLE).await
    }

    /// [`readable`](AsyncFd::readable), with a guard that gives `&mut T`.
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn readable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::READABLE).await
    }

    /// Waits until there is room to write. As [`ready`](AsyncFd::ready).
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn writable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::WRITABLE).await
    }

    /// [`writable`](AsyncFd::writable), with a guard that gives `&mut T`.
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn writable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::WRITABLE).await
    }

    /// Polls for something to read. Of several tasks that poll, the last one is woken.
    ///
    /// # Errors
    /// That the runtime has ended.
    pub fn poll_read_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let found = ready!(self.poll_wait(cx, Direction::Read))?;
        Poll::Ready(Ok(AsyncFdReadyGuard { async_fd: self, found: Some(found) }))
    }

    /// [`poll_read_ready`](AsyncFd::poll_read_ready), with a guard that gives `&mut T`.
    ///
    /// # Errors
    /// That the runtime has ended.
    pub fn poll_read_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let found = ready!(self.poll_wait(cx, Direction::Read))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard { async_fd: self, found: Some(found) }))
    }

    /// Polls for room to write. Of several tasks that poll, the last one is woken.
    ///
    /// # Errors
    /// That the runtime has ended.
    pub fn poll_write_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let found = ready!(self.poll_wait(cx, Direction::Write))?;
        Poll::Ready(Ok(AsyncFdReadyGuard { async_fd: self, found: Some(found) }))
    }

    /// [`poll_write_ready`](AsyncFd::poll_write_ready), with a guard that gives `&mut T`.
    ///
    /// # Errors
    /// That the runtime has ended.
    pub fn poll_write_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let found = ready!(self.poll_wait(cx, Direction::Write))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard { async_fd: self, found: Some(found) }))
    }
}

/// What both guards can do.
macro_rules! guard {
    ($($guard:ident)*) => {
        $(impl<T: AsRawFd> $guard<'_, T> {
            /// The descriptor is not ready any more: the next wait waits for the next event.
            ///
            /// Call it only after a call has failed with `WouldBlock`, or you may wait for ever. An
            /// event that has come since the wait is kept, and so is that a half is closed.
            pub fn clear_ready(&mut self) {
                if let Some(found) = self.found.take() {
                    self.async_fd.forget(found, open(found.ready));
                }
            }

            /// [`clear_ready`](Self::clear_ready) of some of what was found: after
            /// [`ready`](AsyncFd::ready) for both directions, of the one that was tried.
            pub fn clear_ready_matching(&mut self, ready: Ready) {
                if let Some(found) = &mut self.found {
                    self.async_fd.forget(*found, open(ready));
                    found.ready = found.ready - ready;
                }
            }

            /// Leaves everything as it is, as dropping the guard does; says so to the reader.
            pub fn retain_ready(&mut self) {}

            /// What the descriptor is ready for, of what was asked; nothing once it was cleared.
            pub fn ready(&self) -> Ready {
                self.found.map_or(Ready::EMPTY, |found| found.ready)
            }

            fn judge<R>(&mut self, result: io::Result<R>) -> Result<io::Result<R>, TryIoError> {
                let result = match self.found {
                    Some(found) => self.async_fd.attempt(found, result),
                    // Cleared already: there is nothing left to be refuted.
                    None => Some(result)
                        .filter(|r| !matches!(r, Err(e) if e.kind() == io::ErrorKind::WouldBlock)),
                };
                if result.is_none() {
                    self.found = None;
                }
                result.ok_or(TryIoError(()))
            }
        }

        impl<T: AsRawFd + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($guard))
                    .field("async_fd", &self.async_fd)
                    .field("ready", &self.ready())
                    .finish()
            }
        })*
    };
}
guard! { AsyncFdReadyGuard AsyncFdReadyMutGuard }

impl<'a, T: AsRawFd> AsyncFdReadyGuard<'a, T> {
    /// Tries `op`. If it says `WouldBlock`, the descriptor is not ready any more.
    ///
    /// Of a guard for both directions, both are cleared: [`ready`](AsyncFd::ready) for one of them
    /// is the better question, or `clear_ready_matching`.
    ///
    /// # Errors
    /// [`TryIoError`] when it would block: wait again. What `op` returns otherwise is inside.
    pub fn try_io<R>(
        &mut self,
        op: impl FnOnce(&'a AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = op(self.async_fd);
        self.judge(result)
    }

    /// What was waited for.
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.async_fd
    }

    /// What owns the descriptor.
    pub fn get_inner(&self) -> &'a T {
        self.get_ref().get_ref()
    }
}

impl<T: AsRawFd> AsyncFdReadyMutGuard<'_, T> {
    /// Tries `op`. If it says `WouldBlock`, the descriptor is not ready any more.
    ///
    /// # Errors
    /// [`TryIoError`] when it would block: wait again. What `op` returns otherwise is inside.
    pub fn try_io<R>(
        &mut self,
        op: impl FnOnce(&mut AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = op(self.async_fd);
        self.judge(result)
    }

    /// What was waited for.
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.async_fd
    }

    /// What was waited for.
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.async_fd
    }

    /// What owns the descriptor.
    pub fn get_inner(&self) -> &T {
        self.get_ref().get_ref()
    }

    /// What owns the descriptor.
    pub fn get_inner_mut(&mut self) -> &mut T {
        self.get_mut().get_mut()
    }
}
