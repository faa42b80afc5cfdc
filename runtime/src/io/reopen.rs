//! a pipe or terminal opened once more: non-blocking, and nobody else's is.
//!
//! Whether a descriptor blocks is said in what `open` made, which the shell, the parent and the
//! children share: making stdin non-blocking breaks them all. But Linux opens a pipe or a terminal
//! anew by its name in `/proc/self/fd`: the same pipe, and flags of its own.
//!
//! | | opened anew |
//! |---|---|
//! | a pipe, a terminal | yes, on Linux, if `/proc` is there and the permissions say so |
//! | a socket | no: it has no other name |
//! | a regular file | not needed, and it would have a position of its own |

#![forbid(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

/// Opens `fd` once more, as `options` say and without blocking. `None`: it is of another kind.
pub(crate) fn reopen(fd: impl AsFd, mut options: OpenOptions) -> io::Result<Option<File>> {
    let file = File::from(fd.as_fd().try_clone_to_owned()?);
    let is_pipe = file.metadata()?.file_type().is_fifo();
    if !cfg!(target_os = "linux") || !(is_pipe || file.is_terminal()) {
        return Ok(None);
    }
    // A terminal that is opened must not become that of a process which has none.
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(format!("/proc/self/fd/{}", file.as_raw_fd())).map(Some)
}
