//! UCred: who is at the other end of a Unix socket.
//!
//! The system notes it when the connection is made, so the peer can neither lie nor change it. That
//! process may have ended since, and its number may be another's by now: decide by the user.
//!
//! | system | user, group | process |
//! |---|---|---|
//! | Linux, Android | yes | yes |
//! | Apple's | yes | yes |
//! | the BSDs | yes | no |
//! | others | no: `Unsupported` | |
//!
//! * INV-180: the socket is open while it is asked, and the answer has the size that the system was
//!   told.

#![allow(non_camel_case_types, reason = "the system's names")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// The number of a user.
pub type uid_t = u32;
/// The number of a group.
pub type gid_t = u32;
/// The number of a process.
pub type pid_t = i32;

/// The user, the group and the process at the other end of a Unix socket.
///
/// ```
/// use mainspring::net::UnixStream;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (one, _other) = UnixStream::pair()?;
/// let peer = one.peer_cred()?;
/// // Both ends are ours.
/// # #[cfg(any(target_os = "linux", target_os = "android"))]
/// assert_eq!(peer.pid(), Some(std::process::id() as i32));
/// println!("user {}, group {}", peer.uid(), peer.gid());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UCred {
    pid: Option<pid_t>,
    uid: uid_t,
    gid: gid_t,
}

impl UCred {
    /// The user.
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// The group.
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// The process, where the system says it.
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }

    pub(super) fn of_peer(socket: &impl AsFd) -> io::Result<UCred> {
        imp::of_peer(socket.as_fd())
    }
}

/// Reads an option of a socket, a plain struct of the system's.
///
/// # Safety
/// Any bytes are a `T`, and the option fills one.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
unsafe fn option<T: Copy>(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    name: libc::c_int,
) -> io::Result<T> {
    let mut value = std::mem::MaybeUninit::<T>::zeroed();
    let mut len = size_of::<T>() as libc::socklen_t;
    let (fd, to) = (socket.as_raw_fd(), value.as_mut_ptr().cast());
    // SAFETY(INV-180): the socket is borrowed; `to` has room for `len` bytes.
    if unsafe { libc::getsockopt(fd, level, name, to, &mut len) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if len as usize != size_of::<T>() {
        return Err(io::Error::other("the system says something else about the peer"));
    }
    // SAFETY(INV-180): the system has filled it, and any bytes are one, by the caller's word.
    Ok(unsafe { value.assume_init() })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod imp {
    use super::*;

    pub(super) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<UCred> {
        // SAFETY(INV-180): three numbers, which the option fills.
        let cred: libc::ucred = unsafe { option(socket, libc::SOL_SOCKET, libc::SO_PEERCRED)? };
        Ok(UCred { pid: Some(cred.pid), uid: cred.uid, gid: cred.gid })
    }
}

#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
))]
mod imp {
    use super::*;

    pub(super) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<UCred> {
        let (mut uid, mut gid) = (0, 0);
        // SAFETY(INV-180): the socket is borrowed; both are numbers of the system's own types.
        if unsafe { libc::getpeereid(socket.as_raw_fd(), &mut uid, &mut gid) } != 0 {
            return Err(io::Error::last_os_error());
        }
        #[cfg(target_vendor = "apple")]
        // SAFETY(INV-180): a number, which the option fills.
        let pid = Some(unsafe { option(socket, libc::SOL_LOCAL, libc::LOCAL_PEERPID)? });
        #[cfg(not(target_vendor = "apple"))]
        let pid = None;
        Ok(UCred { pid, uid, gid })
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
)))]
mod imp {
    use super::*;

    pub(super) fn of_peer(_socket: BorrowedFd<'_>) -> io::Result<UCred> {
        let text = "who is at the other end cannot be asked on this system";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }
}
