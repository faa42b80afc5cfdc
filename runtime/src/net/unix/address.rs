//! addresses of Unix sockets: a path, a name without a file, or nothing.
//!
//! | address | written as | ends |
//! |---|---|---|
//! | a path | `"/run/app.sock"` | the file stays until somebody removes it |
//! | an abstract name (Linux) | `"\0app"` | with the last socket that has it |
//! | none | – | a socket that is not bound, the usual client |

#![forbid(unsafe_code)]

use crate::net::in_use::explain;
use socket2::SockAddr;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net;
use std::path::Path;

#[cfg(target_os = "android")]
use std::os::android::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;

/// The address of a Unix socket. std's, which it can be turned into and from.
#[derive(Clone)]
pub struct SocketAddr(pub(super) net::SocketAddr);

impl SocketAddr {
    /// Is there no address? A socket that was not bound has none.
    pub fn is_unnamed(&self) -> bool {
        self.0.is_unnamed()
    }

    /// The path, if it is one.
    pub fn as_pathname(&self) -> Option<&Path> {
        self.0.as_pathname()
    }

    /// The abstract name, if it is one, without its leading 0.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        self.0.as_abstract_name()
    }
}

impl fmt::Debug for SocketAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<net::SocketAddr> for SocketAddr {
    fn from(addr: net::SocketAddr) -> SocketAddr {
        SocketAddr(addr)
    }
}

impl From<SocketAddr> for net::SocketAddr {
    fn from(addr: SocketAddr) -> net::SocketAddr {
        addr.0
    }
}

/// How many bytes the system takes, with the 0 at the end of a path or before an abstract name.
const MOST: usize =
    size_of::<libc::sockaddr_un>() - std::mem::offset_of!(libc::sockaddr_un, sun_path);

/// Is this an abstract name?
fn is_abstract(path: &[u8]) -> bool {
    cfg!(any(target_os = "linux", target_os = "android")) && path.first() == Some(&0)
}

/// What is wrong with a path that no system call has to tell us.
fn check(path: &Path) -> io::Result<()> {
    let bytes = path.as_os_str().as_bytes();
    let invalid = |text: String| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    if is_abstract(bytes) {
        if bytes.len() > MOST {
            let text = "an abstract name of a Unix socket has at most";
            return invalid(format!("{text} {} bytes, this one has {}", MOST - 1, bytes.len() - 1));
        }
    } else if bytes.contains(&0) {
        return invalid(format!("the path of a Unix socket has no byte 0 in it: {path:?}"));
    } else if bytes.len() >= MOST {
        return invalid(format!(
            "the path of a Unix socket has at most {} bytes, this one has {}; a path from the \
             working directory may be shorter: {path:?}",
            MOST - 1,
            bytes.len()
        ));
    }
    Ok(())
}

/// The address that a path means, as std has it.
///
/// # Errors
/// `InvalidInput` when it is too long, or has a 0 in it.
pub(super) fn of_path(path: impl AsRef<Path>) -> io::Result<SocketAddr> {
    let path = path.as_ref();
    check(path)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let [0, name @ ..] = path.as_os_str().as_bytes() {
        return net::SocketAddr::from_abstract_name(name).map(SocketAddr);
    }
    net::SocketAddr::from_pathname(path).map(SocketAddr)
}

/// The address that a path means, as the system has it.
///
/// # Errors
/// As [`of_path`].
pub(super) fn of_system(path: impl AsRef<Path>) -> io::Result<SockAddr> {
    check(path.as_ref())?;
    SockAddr::unix(path)
}

/// Says more, if the address of a bind is taken.
pub(super) fn explain_bind<R>(result: io::Result<R>, addr: &SocketAddr) -> io::Result<R> {
    explain(result, || match addr.as_pathname() {
        Some(path) => format!(
            "{path:?} exists already: a server listens there, or one that has ended left its \
             socket file behind; if nobody answers a connect, remove the file, then bind"
        ),
        None => format!("{addr:?} is in use: another socket has that name"),
    })
}
