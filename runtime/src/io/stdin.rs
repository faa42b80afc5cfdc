//! Stdin: read when there is something to be read; on the pool if it has to be.
//!
//! A thread that reads a terminal cannot be called back: in tokio a program that has begun to read
//! stdin ends when somebody presses Enter. Here the reactor waits where it can (`io/watch.rs`), and
//! a hop reads what nobody has to wait for:
//!
//! ```text
//!  bytes of an earlier hop? take them ◄────────────────┐
//!      │ no                                            │
//!      ▼                                               │
//!  watch ── reads itself ──► Ready                     │
//!      │ a thread should                               │
//!      ▼                                               │
//!  hop: read what was asked for, no more ──────────────┘
//! ```
//!
//! No more than was asked for, because the position of a file is shared with whoever gets stdin
//! next.

#![forbid(unsafe_code)]

use super::ahead::Ahead;
use super::hop::poll_join;
use super::traits::AsyncRead;
#[cfg(unix)]
use super::watch::Watch;
use crate::runtime::handle::Handle;
use crate::task::join::JoinHandle;
use crate::wake::coop;
use std::fmt;
use std::io::{self, Read};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What one hop reads at most.
const MOST: usize = 2 * 1024 * 1024;

/// The standard input of the process. Needs no runtime until it is read.
///
/// A read that is dropped loses nothing, and, if stdin is a pipe or a terminal on Linux, leaves no
/// thread behind; a program that waits for stdin in a task ends when `main` does. Elsewhere a
/// thread reads once there is something: if another reader takes that first, the thread waits for
/// more, and dropping the runtime waits for it. [`shutdown_background`] does not.
///
/// Nothing is read ahead, and std's buffer is passed by: do not mix with [`std::io::stdin`], whose
/// buffer may hold what you wait for. For lines, put a [`BufReader`] around it and keep that. Of
/// several readers each gets what the others did not. A reader belongs to the runtime that it was
/// first read in. The paused clock of a test does not wait for stdin.
///
/// asyncio: `loop.connect_read_pipe(…, sys.stdin)`.
///
/// [`shutdown_background`]: crate::runtime::Runtime::shutdown_background
/// [`BufReader`]: crate::io::BufReader
///
/// ```
/// use mainspring::io::{AsyncBufReadExt, BufReader, stdin};
/// use std::time::Duration;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut lines = BufReader::new(stdin()).lines();
/// // Somebody may be there, or not.
/// match mainspring::time::timeout(Duration::from_millis(10), lines.next_line()).await {
///     Ok(Ok(Some(line))) => println!("read {line:?}"),
///     Ok(end) => println!("nothing more: {end:?}"),
///     Err(_) => println!("nobody types"),
/// }
/// # });
/// # std::io::Result::Ok(())
/// ```
#[must_use]
pub fn stdin() -> Stdin {
    Stdin {
        std: io::stdin(),
        #[cfg(unix)]
        watch: Watch::default(),
        state: State::Idle(Ahead::default()),
    }
}

/// The standard input of the process. Made by [`stdin`].
pub struct Stdin {
    std: io::Stdin,
    #[cfg(unix)]
    watch: Watch,
    state: State,
}

enum State {
    Idle(Ahead),
    Busy(JoinHandle<(io::Result<usize>, Ahead)>),
}

impl Stdin {
    /// Has a thread read, if none does. Takes what it has read.
    fn poll_hop(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if let State::Idle(ahead) = &mut self.state {
            let (handle, most) = (Handle::current(), buf.len().min(MOST));
            let mut ahead = mem::take(ahead);
            let read = move || (ahead.fill(Raw, most), ahead);
            self.state = State::Busy(handle.spawn_blocking(read));
        }
        let State::Busy(join) = &mut self.state else { return Poll::Pending };
        let read = ready!(poll_join(join, cx));
        let (result, mut ahead) = read.unwrap_or_else(|error| (Err(error), Ahead::default()));
        let taken = ahead.take(buf);
        self.state = State::Idle(ahead);
        Poll::Ready(result.map(|_| taken))
    }
}

impl AsyncRead for Stdin {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(coop::ready(cx));
        if let State::Idle(ahead) = &mut this.state {
            if ahead.unread() > 0 {
                coop::spend();
                return Poll::Ready(Ok(ahead.take(buf)));
            }
            #[cfg(unix)]
            match ready!(this.watch.poll_read(cx, &this.std, buf)) {
                Ok(Some(n)) => return Poll::Ready(Ok(n)),
                Ok(None) => {}
                Err(error) => return Poll::Ready(closed_is_empty(Err(error))),
            }
        }
        let read = ready!(this.poll_hop(cx, buf));
        coop::spend();
        Poll::Ready(read)
    }
}

/// A program that was started without stdin reads its end, as in std.
fn closed_is_empty(result: io::Result<usize>) -> io::Result<usize> {
    #[cfg(unix)]
    if let Err(error) = &result
        && error.raw_os_error() == Some(libc::EBADF)
    {
        return Ok(0);
    }
    result
}

/// Stdin without std's buffer.
struct Raw;

impl Read for Raw {
    #[cfg(unix)]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let fd = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
        closed_is_empty(fd.and_then(|fd| std::fs::File::from(fd).read(buf)))
    }

    #[cfg(not(unix))]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        closed_is_empty(io::stdin().lock().read(buf))
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Stdin {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        std::os::fd::AsFd::as_fd(&self.std)
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for Stdin {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        std::os::fd::AsRawFd::as_raw_fd(&self.std)
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdin").field("std", &self.std).finish_non_exhaustive()
    }
}
