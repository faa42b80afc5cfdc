//! what a source can be ready for, and what can be waited for.
//!
//! Two small sets of bits, both public as `mainspring::io::{Ready, Interest}`. An [`Interest`] is
//! the question, a [`Ready`] is the answer. The kernel may answer more than it was asked: that the
//! peer has closed its half, or that there is an error to be fetched, is always worth knowing.
//!
//! | bit | set when | the syscall it promises not to block |
//! |---|---|---|
//! | `READABLE` | bytes, or a connection to accept, have come | `read`, `accept` |
//! | `WRITABLE` | there is room in the send buffer | `write`; the end of `connect` |
//! | `READ_CLOSED` | the peer will send no more | `read`: what is left, then 0 |
//! | `WRITE_CLOSED` | nothing can be sent any more | `write`: an error |
//! | `PRIORITY` | out-of-band data (Linux) | `recv` with `MSG_OOB` |
//! | `ERROR` | an error waits in the socket | either: it fetches the error |

#![forbid(unsafe_code)]

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

/// What a source is ready for.
///
/// The answer of `TcpStream::ready` and its kin. A readiness is a hint: a try that follows it may
/// still fail with `WouldBlock`, because somebody else was faster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ready(u8);

impl Ready {
    /// Nothing.
    pub const EMPTY: Ready = Ready(0);
    /// There is something to read or to accept.
    pub const READABLE: Ready = Ready(1 << 0);
    /// There is room to write.
    pub const WRITABLE: Ready = Ready(1 << 1);
    /// The read half is closed.
    pub const READ_CLOSED: Ready = Ready(1 << 2);
    /// The write half is closed.
    pub const WRITE_CLOSED: Ready = Ready(1 << 3);
    /// There is out-of-band data to read.
    pub const PRIORITY: Ready = Ready(1 << 4);
    /// An error is waiting in the source.
    pub const ERROR: Ready = Ready(1 << 5);
    /// All of the above.
    pub const ALL: Ready = Ready((1 << 6) - 1);

    /// Is this the empty set?
    pub fn is_empty(self) -> bool {
        self == Ready::EMPTY
    }

    /// Would a read return without blocking? True also when the read half is closed.
    pub fn is_readable(self) -> bool {
        self.intersects(Ready::READABLE | Ready::READ_CLOSED)
    }

    /// Would a write return without blocking? True also when the write half is closed.
    pub fn is_writable(self) -> bool {
        self.intersects(Ready::WRITABLE | Ready::WRITE_CLOSED)
    }

    /// Is the read half closed?
    pub fn is_read_closed(self) -> bool {
        self.intersects(Ready::READ_CLOSED)
    }

    /// Is the write half closed?
    pub fn is_write_closed(self) -> bool {
        self.intersects(Ready::WRITE_CLOSED)
    }

    /// Is there out-of-band data?
    pub fn is_priority(self) -> bool {
        self.intersects(Ready::PRIORITY)
    }

    /// Is an error waiting?
    pub fn is_error(self) -> bool {
        self.intersects(Ready::ERROR)
    }

    /// Have the two sets anything in common?
    pub(crate) fn intersects(self, other: Ready) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn from_bits(bits: u8) -> Ready {
        Ready(bits & Ready::ALL.0)
    }

    pub(crate) fn from_mio(event: &mio::event::Event) -> Ready {
        let mut ready = Ready::EMPTY;
        let mut add = |is: bool, bit: Ready| ready |= if is { bit } else { Ready::EMPTY };
        add(event.is_readable(), Ready::READABLE);
        add(event.is_writable(), Ready::WRITABLE);
        add(event.is_read_closed(), Ready::READ_CLOSED);
        add(event.is_write_closed(), Ready::WRITE_CLOSED);
        add(event.is_priority(), Ready::PRIORITY);
        add(event.is_error(), Ready::ERROR);
        ready
    }
}

impl BitOr for Ready {
    type Output = Ready;
    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        self.0 |= other.0;
    }
}

impl BitAnd for Ready {
    type Output = Ready;
    fn bitand(self, other: Ready) -> Ready {
        Ready(self.0 & other.0)
    }
}

impl Sub for Ready {
    type Output = Ready;
    fn sub(self, other: Ready) -> Ready {
        Ready(self.0 & !other.0)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("is_readable", &self.is_readable())
            .field("is_writable", &self.is_writable())
            .field("is_read_closed", &self.is_read_closed())
            .field("is_write_closed", &self.is_write_closed())
            .field("is_priority", &self.is_priority())
            .field("is_error", &self.is_error())
            .finish()
    }
}

/// What to wait for.
///
/// The question of `TcpStream::ready`. Interests are added with `|`; there is no empty one, because
/// waiting for nothing would never end.
///
/// ```
/// use mainspring::io::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable());
/// assert_eq!(both.remove(Interest::WRITABLE), Some(Interest::READABLE));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interest(u8);

impl Interest {
    /// Something to read or to accept, or the end of it.
    pub const READABLE: Interest = Interest(1 << 0);
    /// Room to write, or the end of it.
    pub const WRITABLE: Interest = Interest(1 << 1);
    /// Out-of-band data (Linux).
    pub const PRIORITY: Interest = Interest(1 << 4);
    /// An error. It is reported with every other interest too.
    pub const ERROR: Interest = Interest(1 << 5);

    /// Does this include reading?
    pub const fn is_readable(self) -> bool {
        self.0 & Interest::READABLE.0 != 0
    }

    /// Does this include writing?
    pub const fn is_writable(self) -> bool {
        self.0 & Interest::WRITABLE.0 != 0
    }

    /// Does this include out-of-band data?
    pub const fn is_priority(self) -> bool {
        self.0 & Interest::PRIORITY.0 != 0
    }

    /// Does this include errors?
    pub const fn is_error(self) -> bool {
        self.0 & Interest::ERROR.0 != 0
    }

    /// Both interests; the same as `|`, for constants.
    #[must_use = "this returns the sum and changes neither part"]
    pub const fn add(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }

    /// This interest without `other`; `None` if nothing is left.
    #[must_use = "this returns the rest and changes neither part"]
    pub fn remove(self, other: Interest) -> Option<Interest> {
        match self.0 & !other.0 {
            0 => None,
            rest => Some(Interest(rest)),
        }
    }

    /// The readiness that answers this interest.
    pub(crate) fn wanted(self) -> Ready {
        let mut wanted = Ready(self.0) | Ready::ERROR;
        if self.is_readable() {
            wanted |= Ready::READ_CLOSED;
        }
        if self.is_writable() {
            wanted |= Ready::WRITE_CLOSED;
        }
        wanted
    }
}

impl BitOr for Interest {
    type Output = Interest;
    fn bitor(self, other: Interest) -> Interest {
        self.add(other)
    }
}

impl BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Interest) {
        *self = self.add(other);
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (self.is_readable(), "READABLE"),
            (self.is_writable(), "WRITABLE"),
            (self.is_priority(), "PRIORITY"),
            (self.is_error(), "ERROR"),
        ];
        let mut first = true;
        for (_, name) in names.iter().filter(|(is, _)| *is) {
            f.write_str(if first { "" } else { " | " })?;
            f.write_str(name)?;
            first = false;
        }
        Ok(())
    }
}
