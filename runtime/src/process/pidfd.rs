//! pidfd: a descriptor that is readable when a process has ended, where the system has such.
//!
//! Linux has them since 5.3, unless a sandbox forbids them. A number of a process is given to
//! another one after it has been waited for; so a pidfd is opened before, when the number is ours.
//!
//! * INV-200: what `pidfd_open` returns, if it is not an error, is a new descriptor and nobody
//!   else's.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// A process, seen from outside.
#[derive(Debug)]
pub(super) struct Pidfd(OwnedFd);

static WITHOUT: AtomicBool = AtomicBool::new(false);

/// For tests of this crate: children are watched as where there are no pidfds.
pub fn without_pidfds(without: bool) {
    // Ordering: Relaxed, a switch that is set before there are children.
    WITHOUT.store(without, Ordering::Relaxed);
}

impl Pidfd {
    /// Of a child that has not been waited for.
    ///
    /// # Errors
    /// `Unsupported` where there are none; that of the system or of the sandbox.
    pub(super) fn open(pid: u32) -> io::Result<Pidfd> {
        // Ordering: Relaxed, see above.
        if WITHOUT.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        open(pid).map(Pidfd)
    }
}

#[cfg(target_os = "linux")]
fn open(pid: u32) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    // SAFETY(INV-200): it takes two numbers, and touches no memory of ours.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    match i32::try_from(fd) {
        // SAFETY(INV-200): new, and nobody else's.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn open(_pid: u32) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

impl mio::event::Source for Pidfd {
    fn register(
        &mut self,
        registry: &mio::Registry,
        token: mio::Token,
        interest: mio::Interest,
    ) -> io::Result<()> {
        mio::unix::SourceFd(&self.0.as_raw_fd()).register(registry, token, interest)
    }

    fn reregister(
        &mut self,
        registry: &mio::Registry,
        token: mio::Token,
        interest: mio::Interest,
    ) -> io::Result<()> {
        mio::unix::SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interest)
    }

    fn deregister(&mut self, registry: &mio::Registry) -> io::Result<()> {
        mio::unix::SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}
