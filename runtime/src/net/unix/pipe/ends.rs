//! pipes: bytes in one direction, between processes or with a FIFO file.
//!
//! ```text
//!  pipe() ───────────────────────────► (Sender, Receiver)
//!  OpenOptions::open_sender(path) ───► Sender ─┐ a FIFO file, made by `mkfifo`
//!  OpenOptions::open_receiver(path) ─►         └► Receiver
//!  from_file, from_owned_fd ─────────► either: what a child or another program has handed over
//! ```
//!
//! * INV-181: a number that is asked for its flags is open: it is borrowed from who owns it.

use crate::drive::ready::{Interest, Ready};
use crate::io::async_fd::{AsyncFd, current_reactor};
use crate::net::as_fd::as_fd;
use crate::net::byte_stream::{reads, writes};
use crate::net::waits::{waits, waits_to_read, waits_to_write};
use mio::unix::pipe;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// A new pipe: what is written to the one is read from the other.
///
/// # Errors
/// The system's, too many open files above all.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
/// use mainspring::net::unix::pipe;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (mut sender, mut receiver) = pipe::pipe()?;
/// sender.write_all(b"tick").await?;
/// drop(sender);
/// let mut text = String::new();
/// receiver.read_to_string(&mut text).await?;
/// assert_eq!(text, "tick");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (sender, receiver) = pipe::new()?;
    Ok((Sender::from_mio(sender)?, Receiver::from_mio(receiver)?))
}

/// How a FIFO file is opened.
///
/// Opening never waits. A receiver opens at once; with no sender yet, its reads return 0. A sender
/// fails with `ENXIO` while nobody has the file open for reading: try again later. A receiver that
/// is to outlive its senders opens for [both](OpenOptions::read_write).
///
/// ```no_run
/// use mainspring::io::AsyncReadExt;
/// use mainspring::net::unix::pipe;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut commands = pipe::OpenOptions::new().open_receiver("/run/app.fifo")?;
/// let mut text = String::new();
/// commands.read_to_string(&mut text).await?;
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    both: bool,
    unchecked: bool,
}

impl OpenOptions {
    /// For one direction, and only if the file is a FIFO.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Opens for reading and writing, whichever is used: then the other end need not be there, and
    /// a receiver sees no end. Linux allows that, POSIX does not say.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn read_write(&mut self, both: bool) -> &mut Self {
        self.both = both;
        self
    }

    /// Does not look whether the file is a FIFO. If it is not, what happens is that file's affair.
    pub fn unchecked(&mut self, unchecked: bool) -> &mut Self {
        self.unchecked = unchecked;
        self
    }

    /// Opens the reading end.
    ///
    /// # Errors
    /// `InvalidInput` when it is not a FIFO; otherwise the system's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        Receiver::from_file_unchecked(self.open(path.as_ref(), true)?)
    }

    /// Opens the writing end.
    ///
    /// # Errors
    /// `InvalidInput` when it is not a FIFO, `ENXIO` when nobody reads; otherwise the system's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        Sender::from_file_unchecked(self.open(path.as_ref(), false)?)
    }

    fn open(&self, path: &Path, reads: bool) -> io::Result<File> {
        let mut options = std::fs::OpenOptions::new();
        options.read(reads || self.both).write(!reads || self.both);
        let file = options.custom_flags(libc::O_NONBLOCK).open(path)?;
        if !self.unchecked {
            only_pipes(&file)?;
        }
        Ok(file)
    }
}

/// The writing end of a pipe.
///
/// Dropping it closes it: the receiver reads 0 after what was sent. Writing to a pipe that nobody
/// can read from fails with `BrokenPipe`.
#[derive(Debug)]
pub struct Sender {
    fd: AsyncFd<pipe::Sender>,
}

/// The reading end of a pipe.
#[derive(Debug)]
pub struct Receiver {
    fd: AsyncFd<pipe::Receiver>,
}

/// The ways in and out of an end, and an operation of one's own.
macro_rules! end {
    ($end:ident, $needed:literal, $assumed:expr, $interest:expr, $uses:expr) => {
        impl $end {
            #[track_caller]
            fn from_mio(end: pipe::$end) -> io::Result<$end> {
                Ok($end { fd: AsyncFd::new(&current_reactor(), end, $assumed)? })
            }

            /// Takes over a pipe or FIFO file of std's, and sets it to non-blocking.
            ///
            /// # Errors
            #[doc = concat!("`InvalidInput` when it is no pipe, or not open for ", $needed, ";")]
            /// otherwise the system's.
            ///
            /// # Panics
            /// Outside a runtime.
            #[track_caller]
            pub fn from_file(file: File) -> io::Result<$end> {
                only_pipes(&file)?;
                let uses: fn(libc::c_int) -> bool = $uses;
                if !uses(flags(&file)? & libc::O_ACCMODE) {
                    let text = concat!("the pipe is not open for ", $needed);
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
                }
                let end = pipe::$end::from(OwnedFd::from(file));
                end.set_nonblocking(true)?;
                $end::from_mio(end)
            }

            /// Takes over a pipe by its number, and sets it to non-blocking.
            ///
            /// # Errors
            /// As [`from_file`](Self::from_file).
            ///
            /// # Panics
            /// Outside a runtime.
            #[track_caller]
            pub fn from_owned_fd(fd: OwnedFd) -> io::Result<$end> {
                $end::from_file(File::from(fd))
            }

            /// Takes over a file as it is. It must be non-blocking already, or it stops its thread.
            ///
            /// # Errors
            /// The system's, when it cannot be waited for.
            ///
            /// # Panics
            /// Outside a runtime.
            #[track_caller]
            pub fn from_file_unchecked(file: File) -> io::Result<$end> {
                $end::from_owned_fd_unchecked(OwnedFd::from(file))
            }

            /// Takes over a number as it is. It must be non-blocking already, or it stops its
            /// thread.
            ///
            /// # Errors
            /// The system's, when it cannot be waited for.
            ///
            /// # Panics
            /// Outside a runtime.
            #[track_caller]
            pub fn from_owned_fd_unchecked(fd: OwnedFd) -> io::Result<$end> {
                $end::from_mio(pipe::$end::from(fd))
            }

            /// Gives the pipe away, non-blocking as it is.
            ///
            /// # Errors
            /// The system's.
            pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
                self.fd.into_inner().map(OwnedFd::from)
            }

            /// Gives the pipe away, and sets it to blocking.
            ///
            /// # Errors
            /// The system's.
            pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
                let end = self.fd.into_inner()?;
                end.set_nonblocking(false)?;
                Ok(OwnedFd::from(end))
            }

            /// Tries an operation of your own on the pipe, if it is ready.
            ///
            /// `op` must return `WouldBlock` only when a syscall on this pipe did: the readiness is
            /// cleared then, and nothing is woken before the next event.
            ///
            /// # Errors
            /// `WouldBlock`, when it is not ready; otherwise those of `op`.
            pub fn try_io<R>(&self, op: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
                self.fd.try_io($interest, |end| end.try_io(op))
            }
        }
    };
}

end!(Sender, "writing", Ready::WRITABLE, Interest::WRITABLE, |mode| mode != libc::O_RDONLY);
end!(Receiver, "reading", Ready::EMPTY, Interest::READABLE, |mode| mode != libc::O_WRONLY);
waits!(Sender);
waits!(Receiver);
waits_to_write!(Sender, poll_write_ready);
waits_to_read!(Receiver, poll_read_ready);
writes!(Sender, |_| Ok(()));
reads!(Receiver);
as_fd!(Sender);
as_fd!(Receiver);

fn only_pipes(file: &File) -> io::Result<()> {
    if file.metadata()?.file_type().is_fifo() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "neither a pipe nor a FIFO file"))
}

/// How a file is open.
fn flags(file: &File) -> io::Result<libc::c_int> {
    // SAFETY(INV-181): the file is borrowed, and the call changes nothing.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) } {
        -1 => Err(io::Error::last_os_error()),
        flags => Ok(flags),
    }
}
