//! hyper's I/O, executor and timer traits over this runtime's types.
//!
//! hyper brings no runtime: it asks for four traits. With the feature `hyper`, a [`TcpStream`] is
//! an hyper stream as it is, without a wrapper: reads go into uninitialised memory, and a
//! response's head and body leave in one `writev`. A TLS stream around it is one in a wrapper.
//!
//! | hyper asks for | here |
//! |---|---|
//! | `rt::Read`, `rt::Write` | [`TcpStream`] and its halves; [`FuturesIo`], [`TokioIo`] of others |
//! | `rt::Executor` | [`Executor`]: tasks of the current runtime |
//! | `rt::Timer` | [`Timer`]: the runtime's clock, also when it is paused |
//!
//! hyper re-arms its timers for every request of a kept connection. [`Timer`] moves the deadline of
//! the sleep that is there, so this allocates nothing.
//!
//! hyper's connections are handlers of a [`Server`](crate::net::Server) as they are; HTTP/2 also
//! wants the executor. `examples/tests/web/http.rs` runs both versions, over TLS too.
//!
//! ```ignore
//! let server = start_server("127.0.0.1:8080", |stream, _peer| {
//!     let answer = service_fn(async |_request| hyper::Result::Ok(Response::new(String::new())));
//!     hyper::server::conn::http1::Builder::new().timer(Timer).serve_connection(stream, answer)
//! });
//! server.await?.serve_forever().await?;
//! ```
//!
//! hyper's timeouts are in the runtime's time, so a test of one takes no time:
//!
//! ```
//! use hyper::rt::Timer as _;
//! use mainspring::compat::hyper::Timer;
//! use std::time::Duration;
//!
//! # fn main() -> std::io::Result<()> {
//! # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
//! rt.block_on(async {
//!     let before = Timer.now();
//!     Timer.sleep(Duration::from_secs(30)).await;
//!     assert_eq!(Timer.now() - before, Duration::from_secs(30));
//! });
//! # Ok(())
//! # }
//! ```
//!
//! [`TcpStream`]: crate::net::TcpStream
//! [`FuturesIo`]: crate::compat::FuturesIo
//! [`TokioIo`]: crate::compat
//! [`Executor`]: crate::compat::hyper::Executor
//! [`Timer`]: crate::compat::hyper::Timer
//!
//! * INV-82: `ReadBufCursor::advance(n)` is called for `n` bytes at the front that were written.

use super::streams::{is_vectored, read_into, streams, write_as, write_of};
use super::wrap::{FuturesIo, HyperIo};
use crate::io::traits::{AsyncRead, AsyncWrite};
use crate::runtime::here;
use crate::time::instant::{self, Instant};
use crate::time::sleep::{self, Sleep};
use std::future::Future;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// So much is zeroed at most, each time: as much as a TLS record holds.
const MOST: usize = 16 * 1024;

/// A read of a stream that wants its buffer initialised: a part of it is zeroed first.
fn read_zeroed<T: AsyncRead + ?Sized>(
    stream: Pin<&mut T>,
    cx: &mut Context<'_>,
    mut buf: hyper::rt::ReadBufCursor<'_>,
) -> Poll<io::Result<()>> {
    // SAFETY(INV-82): bytes are only written, so none that were initialised stop being so.
    let memory = unsafe { buf.as_mut() };
    let len = memory.len().min(MOST);
    let memory = &mut memory[..len];
    memory.fill(MaybeUninit::new(0));
    // SAFETY(INV-82): every byte of it was written just now.
    let memory = unsafe { &mut *(memory as *mut [MaybeUninit<u8>] as *mut [u8]) };
    let n = ready!(stream.poll_read(cx, memory))?;
    assert!(n <= len, "a stream has read {n} bytes into a buffer of {len}");
    // SAFETY(INV-82): no more than were written above.
    unsafe { buf.advance(n) };
    Poll::Ready(Ok(()))
}

/// hyper's traits for a stream of the list.
macro_rules! family {
    (read(zeroed) $stream:ty) => {
        impl hyper::rt::Read for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: hyper::rt::ReadBufCursor<'_>,
            ) -> Poll<io::Result<()>> {
                read_zeroed(self, cx, buf)
            }
        }
    };
    (read($how:ident) $stream:ty) => {
        impl hyper::rt::Read for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                mut buf: hyper::rt::ReadBufCursor<'_>,
            ) -> Poll<io::Result<()>> {
                // SAFETY(INV-82): bytes are only written; none that were initialised stop being so.
                let n = ready!(read_into!($how, self, cx, unsafe { buf.as_mut() }))?;
                // SAFETY(INV-82, INV-210): so many have been written, at the front.
                unsafe { buf.advance(n) };
                Poll::Ready(Ok(()))
            }
        }
    };
    (write($how:ident) $stream:ty) => {
        write_as! { [] hyper::rt::Write, $stream, is_vectored!($how), |stream| stream }
    };
}
streams!(family);

impl<T: AsyncRead> hyper::rt::Read for FuturesIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        read_zeroed(self.get_pin_mut(), cx, buf)
    }
}

write_as! {
    [<T: AsyncWrite>] hyper::rt::Write, FuturesIo<T>, false, |wrapped| wrapped.get_pin_mut()
}

impl<T: hyper::rt::Read> AsyncRead for HyperIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buf = hyper::rt::ReadBuf::new(buf);
        ready!(self.get_pin_mut().poll_read(cx, buf.unfilled()))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

write_of! { hyper::rt::Write, HyperIo }

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
