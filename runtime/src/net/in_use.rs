//! what a bind says when its address is taken: which address, and what to do.
//!
//! The system says `EADDRINUSE` and no more. The error here has the same kind, `AddrInUse`, and
//! names the address and the remedy. As `std` has no error with both a text and a number, its
//! `raw_os_error` is `None`; the system's own error is the `source` of what is in it.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Says more, if the address is taken.
pub(crate) fn explain<R>(result: io::Result<R>, text: impl FnOnce() -> String) -> io::Result<R> {
    result.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => {
            io::Error::new(io::ErrorKind::AddrInUse, InUse { text: text(), source })
        }
        _ => source,
    })
}

/// For a port of TCP or UDP.
pub(crate) fn explain_port<R>(result: io::Result<R>, addr: SocketAddr) -> io::Result<R> {
    explain(result, || {
        format!(
            "{addr} is in use: end the program that has it, bind to another port, or to port 0 for \
             any free one"
        )
    })
}

#[derive(Debug)]
struct InUse {
    text: String,
    source: io::Error,
}

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for InUse {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
