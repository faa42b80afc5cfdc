//! a File's number in the system, on Unix.
//!
//! * INV-190: a descriptor that is turned into a file is the caller's to give away: he promised it.

use super::file::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// The position of the descriptor may be too far: see [`File`].
impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.std.as_fd()
    }
}

/// The position of the descriptor may be too far: see [`File`].
impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.std.as_raw_fd()
    }
}

impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> Self {
        Self::from_std(std::fs::File::from(fd))
    }
}

impl FromRawFd for File {
    unsafe fn from_raw_fd(fd: RawFd) -> Self {
        // SAFETY(INV-190): the contract is that of std's, which the caller has to keep.
        Self::from_std(unsafe { std::fs::File::from_raw_fd(fd) })
    }
}
