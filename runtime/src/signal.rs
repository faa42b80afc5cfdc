//! ctrl_c: a pipe, a source and a Notify.
//!
//! A signal handler may do almost nothing: no lock, no allocation, no waker. So it counts, and
//! writes one byte into a pipe that it shares with everybody who waits:
//!
//! ```text
//!  SIGINT ──► handler: count + 1; nothing under way? write a byte ──► pipe
//!                                                                      │ a reader in each
//!                                                                      ▼ call of `ctrl_c`
//!           whoever reads the byte: nothing is under way; tell all the others (`Notify`)
//!                                                                      │
//!           everybody: has the count moved? done ◄─────────────────────┘
//! ```
//!
//! The pipe belongs to the process, and the readers to any number of runtimes: it does not matter
//! whose epoll sees the byte first.
//!
//! At most one byte is under way, so the write can neither block nor fail, and `errno`, which the
//! interrupted code may be about to read, stays as it is.
//!
//! Why nothing is missed:
//!
//! * A signal while the byte is under way. It counts first, and whoever takes the byte looks at the
//!   count after it.
//! * A signal after the byte was read and before that is noted. The same: noting it is a swap,
//!   which acquires the count.
//! * Another reader took the byte. It notifies all, and each looks at the count after it has
//!   enlisted.
//!
//! The handler is installed by the first call, for the whole process and for good: from then on
//! Ctrl-C does not end the program by itself, as in tokio.
//!
//! * INV-83: the handler calls nothing that POSIX does not allow in one: atomics, and `send`.

use std::io;

/// Completes when the process receives Ctrl-C (`SIGINT`).
///
/// Only signals that come after the first poll count. Every call that waits is told of the same
/// signal, in whatever runtime. The first poll of the first call takes the signal over for good:
/// from then on Ctrl-C no longer ends the process by itself, even when nobody waits.
///
/// asyncio cancels the main task instead; here the program decides.
///
/// ```no_run
/// # async fn serve() {}
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let server = mainspring::spawn(serve());
/// mainspring::signal::ctrl_c().await?;
/// server.abort();
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// When the handler or the pipe cannot be made; `Unsupported` where there are no Unix signals.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A signal that comes while no call waits is lost: keep one future, by reference, over the turns
/// of a loop with `select!`.
pub async fn ctrl_c() -> io::Result<()> {
    imp::ctrl_c().await
}

#[cfg(unix)]
mod imp {
    use crate::base::note::Kind;
    use crate::base::prim::{AtomicBool, AtomicU64, Ordering};
    use crate::drive::ready::Ready;
    use crate::drive::source::Direction;
    use crate::io::async_fd::{AsyncFd, current_reactor};
    use crate::sync::notify::Notify;
    use std::future::{Future, poll_fn};
    use std::io::{self, Read, Write};
    use std::mem::MaybeUninit;
    use std::os::unix::net::UnixStream;
    use std::pin::pin;
    use std::sync::OnceLock;
    use std::task::Poll;

    /// What the handler and all who wait share.
    struct Signals {
        /// Signals so far.
        count: AtomicU64,
        /// A byte is in the pipe, or about to be.
        under_way: AtomicBool,
        writer: UnixStream,
        reader: UnixStream,
        /// The byte has been taken: look at the count.
        taken: Notify,
    }

    static SIGNALS: OnceLock<Result<Signals, i32>> = OnceLock::new();
    static INSTALLED: OnceLock<Result<(), i32>> = OnceLock::new();

    pub(super) async fn ctrl_c() -> io::Result<()> {
        let signals = Signals::get()?;
        let before = signals.count();
        let reader = mio::net::UnixStream::from_std(signals.reader.try_clone()?);
        let reader = AsyncFd::new(&current_reactor(), reader, Ready::EMPTY)?;
        reader.registration.has_no_peer();
        loop {
            let mut taken = pin!(signals.taken.notified());
            // In line before the look at the count: who takes the byte from now on tells us.
            taken.as_mut().enable();
            if signals.count() != before {
                return Ok(());
            }
            poll_fn(|cx| {
                let read = reader.poll_io(cx, Direction::Read, |mut pipe| pipe.read(&mut [0]));
                if read?.is_pending() {
                    return taken.as_mut().poll(cx).map(io::Result::Ok);
                }
                signals.took_byte();
                Poll::Ready(Ok(()))
            })
            .await?;
        }
    }

    impl Signals {
        /// Makes the pipe and installs the handler, the first time.
        fn get() -> io::Result<&'static Signals> {
            let signals = SIGNALS.get_or_init(|| Signals::new().map_err(number));
            let signals = signals.as_ref().map_err(|&error| io::Error::from_raw_os_error(error))?;
            let installed = INSTALLED.get_or_init(|| install().map_err(number));
            installed.map_err(io::Error::from_raw_os_error)?;
            Ok(signals)
        }

        fn new() -> io::Result<Signals> {
            let (writer, reader) = UnixStream::pair()?;
            writer.set_nonblocking(true)?;
            reader.set_nonblocking(true)?;
            Ok(Signals {
                count: AtomicU64::new(0),
                under_way: AtomicBool::new(false),
                writer,
                reader,
                taken: Notify::of(Kind::Signal),
            })
        }

        fn count(&self) -> u64 {
            // Ordering: Acquire, pairs with the Release in `raise`.
            self.count.load(Ordering::Acquire)
        }

        /// The handler's part.
        fn raise(&self) {
            // Ordering: Release, pairs with the Acquire in `count`.
            self.count.fetch_add(1, Ordering::Release);
            // Ordering: AcqRel, pairs with the swap in `took_byte`: either it comes later and sees
            // our count, or we come later and write.
            if !self.under_way.swap(true, Ordering::AcqRel) {
                // One byte into an empty pipe: it cannot fail.
                let _ = (&self.writer).write(&[0]);
            }
        }

        /// We have read the byte: there is none under way, and everybody should look at the count.
        fn took_byte(&self) {
            // Ordering: AcqRel, pairs with the swap in `raise`.
            self.under_way.swap(false, Ordering::AcqRel);
            self.taken.notify_waiters();
        }
    }

    fn number(error: io::Error) -> i32 {
        error.raw_os_error().unwrap_or(libc::EIO)
    }

    extern "C" fn handler(_signal: libc::c_int) {
        if let Some(Ok(signals)) = SIGNALS.get() {
            signals.raise();
        }
    }

    fn install() -> io::Result<()> {
        // SAFETY(INV-83): a `sigaction` of zeros is one: no flags, the default action, an empty
        // mask.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handler as extern "C" fn(libc::c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY(INV-83): the handler is safe to call at any time; the old action is not asked for.
        let failed = unsafe { libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut()) };
        if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::io;

    pub(super) async fn ctrl_c() -> io::Result<()> {
        let message = "mainspring::signal::ctrl_c knows Unix signals only";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }
}
