//! hyper's I/O, executor and timer traits over this runtime's types.
//!
//! hyper brings no runtime: it asks for four traits. With the feature `hyper`, a [`TcpStream`] is
//! an hyper stream as it is, without a wrapper: reads go into uninitialised memory, and a
//! response's head and body leave in one `writev`.
//!
//! | hyper asks for | here |
//! |---|---|
//! | `rt::Read`, `rt::Write` | [`TcpStream`] |
//! | `rt::Executor` | [`Executor`]: tasks of the current runtime |
//! | `rt::Timer` | [`Timer`]: the runtime's clock, also when it is paused |
//!
//! hyper re-arms its timers for every request of a kept connection. [`Timer`] moves the deadline of
//! the sleep that is there, so this allocates nothing.
//!
//! The server of the examples (`examples/src/server.rs`) is built so:
//!
//! ```ignore
//! let (stream, _peer) = listener.accept().await?;
//! mainspring::spawn(
//!     hyper::server::conn::http1::Builder::new()
//!         .timer(mainspring::compat::hyper::Timer)
//!         .serve_connection(stream, service),
//! );
//! ```
//!
//! [`TcpStream`]: crate::net::TcpStream
//! [`Executor`]: crate::compat::hyper::Executor
//! [`Timer`]: crate::compat::hyper::Timer
//!
//! * INV-82: `ReadBufCursor::advance(n)` is called for the `n` bytes that the kernel has written.

use crate::net::tcp::stream::TcpStream;
use crate::runtime::here;
use crate::time::instant::{self, Instant};
use crate::time::sleep::{self, Sleep};
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

impl hyper::rt::Read for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY(INV-82): bytes are only written, so none that were initialised stop being so.
        let n = ready!(self.poll_read_uninit(cx, unsafe { buf.as_mut() }))?;
        // SAFETY(INV-82): `poll_read_uninit` returned `n`: so many have been written, at the front.
        unsafe { buf.advance(n) };
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        TcpStream::poll_write(&self, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_std(Shutdown::Write))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        TcpStream::poll_write_vectored(&self, cx, bufs)
    }
}

/// Runs hyper's own tasks on the current runtime. HTTP/2 needs it.
///
/// # Panics
/// `execute` panics outside a runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct Executor;

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        drop(here::spawn(future));
    }
}

/// Gives hyper the runtime's clock, for its timeouts.
///
/// Pass it to both `http1()` and `http2()` of a builder: a timeout that is set without a timer
/// makes hyper panic.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timer;

impl hyper::rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(sleep::sleep(duration))
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(sleep::sleep_until(Instant::from_std(deadline)))
    }

    fn now(&self) -> std::time::Instant {
        instant::now()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn hyper::rt::Sleep>>, deadline: std::time::Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(sleep) => sleep.reset(Instant::from_std(deadline)),
            // Another timer's sleep: replaced by ours.
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

impl hyper::rt::Sleep for Sleep {}

#[cfg(all(test, not(loom)))]
#[path = "hyper_tests.rs"]
mod tests;
