//! why a descriptor cannot be waited for; and that a try would have blocked.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;

/// The descriptor was not registered. Gives it back, with the system's reason.
pub struct AsyncFdRegisterError<T> {
    inner: T,
    cause: io::Error,
}

/// tokio's former name of [`AsyncFdRegisterError`].
pub type AsyncFdTryNewError<T> = AsyncFdRegisterError<T>;

impl<T> AsyncFdRegisterError<T> {
    pub(super) fn new(inner: T, cause: io::Error) -> Self {
        Self { inner, cause: explained(cause) }
    }

    /// What was to be registered, and why it was not.
    pub fn into_parts(self) -> (T, io::Error) {
        (self.inner, self.cause)
    }
}

/// The refusal that surprises: a file, or a directory.
fn explained(cause: io::Error) -> io::Error {
    if cause.raw_os_error() != Some(libc::EPERM) {
        return cause;
    }
    let text = format!(
        "this descriptor cannot be waited for ({cause}): files and directories do not go into \
         epoll, they always count as ready and still block; use `mainspring::fs`, or do the call \
         in `task::spawn_blocking`"
    );
    io::Error::new(cause.kind(), text)
}

impl<T> fmt::Display for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<T> fmt::Debug for AsyncFdRegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFdRegisterError").field("cause", &self.cause).finish_non_exhaustive()
    }
}

impl<T> Error for AsyncFdRegisterError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl<T> From<AsyncFdRegisterError<T>> for io::Error {
    fn from(error: AsyncFdRegisterError<T>) -> io::Error {
        error.cause
    }
}

/// The operation would have blocked: the descriptor was not ready after all, and is not taken to be
/// any more. The error of the guards' `try_io`; wait for the descriptor again.
#[derive(Debug)]
pub struct TryIoError(pub(super) ());

impl fmt::Display for TryIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation would block: wait for the descriptor again")
    }
}

impl Error for TryIoError {}
