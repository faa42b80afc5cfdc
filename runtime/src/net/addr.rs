//! names and numbers: what can be turned into socket addresses.
//!
//! ```text
//!  SocketAddr, (IpAddr, u16), "127.0.0.1:80"   numbers: taken as they are, at once
//!  "localhost:80", ("example.org", 443)        names: the system's resolver, which blocks
//!  &[SocketAddr]                               several: `connect` and `bind` try one after another
//! ```
//!
//! The system's resolver (`getaddrinfo`) has no non-blocking form, so a name is looked up on a
//! thread of the blocking pool. Numbers never leave the caller's thread.
//!
//! How long the resolver takes is its own affair: with no network it fails at once, with a server
//! that does not answer after 5 seconds for each try, as its configuration says. A name under
//! `invalid` exists nowhere (RFC 6761, 6.4): it fails here, and nobody is asked.
//!
//! The trait is sealed: what it does inside may change.

#![forbid(unsafe_code)]

use crate::runtime::here;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// What can be turned into one or more socket addresses.
///
/// Like `std::net::ToSocketAddrs`, but a host name is resolved without blocking the caller.
/// Implemented for [`SocketAddr`] and its two kinds, for pairs of an address or a host name and a
/// port, for strings such as `"127.0.0.1:8080"` and `"localhost:8080"`, for slices of addresses,
/// and for references to all of these. It cannot be implemented elsewhere.
pub trait ToSocketAddrs: sealed::Resolve {}

impl<T: sealed::Resolve + ?Sized> ToSocketAddrs for T {}

/// Looks up a host name and port.
///
/// Numbers are returned at once; a name goes to the system's resolver on a thread of the blocking
/// pool, so the order and the number of addresses are the system's. asyncio's
/// `loop.getaddrinfo`.
///
/// # Errors
/// `InvalidInput` for what is neither an address nor `host:port`; what the resolver says for an
/// unknown name; `NotFound` for a name that ends in `.invalid`. There is no time limit but the
/// resolver's, ten seconds or more when its server does not answer: use
/// [`timeout`](crate::time::timeout).
///
/// # Panics
/// For a name, when called outside a runtime.
///
/// # Cancel safety
/// Nothing is lost but the answer; a resolver that was started runs to its end on its thread.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut addrs = mainspring::net::lookup_host("127.0.0.1:80").await?;
/// assert_eq!(addrs.next(), Some(([127, 0, 0, 1], 80).into()));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn lookup_host<T: ToSocketAddrs>(
    host: T,
) -> io::Result<impl Iterator<Item = SocketAddr>> {
    resolve(host).await
}

/// Addresses to try, in order.
pub(crate) async fn resolve<T: ToSocketAddrs>(host: T) -> io::Result<Addrs> {
    // Nothing of `host` is kept over the await: it need not be `Send`.
    let found = host.resolve();
    drop(host);
    match found? {
        Found::Addrs(addrs) => Ok(addrs),
        Found::Name(name, port) => {
            let lookup = move || {
                std::net::ToSocketAddrs::to_socket_addrs(&(name.as_str(), port))
                    .map(|addrs| Addrs::Many(addrs.collect::<Vec<_>>().into_iter()))
                    .map_err(|error| unknown(error.kind(), &name, &error))
            };
            here::spawn_blocking(lookup).await.map_err(io::Error::other)?
        }
    }
}

/// Tries `attempt` with one address after another, until one succeeds.
///
/// # Errors
/// The last attempt's; `InvalidInput` when there was no address at all.
pub(crate) async fn first_of<T, A: AsyncFnMut(SocketAddr) -> io::Result<T>>(
    addrs: Addrs,
    mut attempt: A,
) -> io::Result<T> {
    let mut last = None;
    for addr in addrs {
        match attempt(addr).await {
            Ok(done) => return Ok(done),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

/// The same for an attempt that need not wait.
///
/// # Errors
/// As [`first_of`].
pub(crate) fn first_that<T>(
    addrs: Addrs,
    mut attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = None;
    for addr in addrs {
        match attempt(addr) {
            Ok(done) => return Ok(done),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the host name has no address to try")
}

/// The addresses of a host. One, the usual number, needs no allocation.
#[derive(Debug)]
pub(crate) enum Addrs {
    One(Option<SocketAddr>),
    Many(std::vec::IntoIter<SocketAddr>),
}

impl Iterator for Addrs {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match self {
            Addrs::One(addr) => addr.take(),
            Addrs::Many(addrs) => addrs.next(),
        }
    }
}

/// What a look at the text gave, without asking anybody.
#[derive(Debug)]
pub enum Found {
    #[doc(hidden)]
    Addrs(#[expect(private_interfaces, reason = "sealed: nobody outside can name this")] Addrs),
    #[doc(hidden)]
    Name(String, u16),
}

fn one(addr: impl Into<SocketAddr>) -> io::Result<Found> {
    Ok(Found::Addrs(Addrs::One(Some(addr.into()))))
}

fn host_and_port(host: &str, port: u16) -> io::Result<Found> {
    match host.parse::<IpAddr>() {
        Ok(ip) => one((ip, port)),
        Err(_) if is_invalid(host) => {
            let why = "no name ends in .invalid (RFC 6761)";
            Err(unknown(io::ErrorKind::NotFound, host, &why))
        }
        Err(_) => Ok(Found::Name(host.to_owned(), port)),
    }
}

/// Is it a name under the top-level domain that never has any?
fn is_invalid(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    last.eq_ignore_ascii_case("invalid")
}

fn unknown(kind: io::ErrorKind, host: &str, why: &dyn fmt::Display) -> io::Error {
    io::Error::new(kind, format!("cannot find the host {host:?}: {why}"))
}

fn invalid(text: &str) -> io::Error {
    let message = format!("invalid socket address {text:?}: expected host:port");
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

mod sealed {
    use super::*;

    pub trait Resolve {
        #[doc(hidden)]
        fn resolve(&self) -> io::Result<Found>;
    }

    macro_rules! numbers {
        ($($number:ty),*) => {
            $(impl Resolve for $number {
                fn resolve(&self) -> io::Result<Found> {
                    one(*self)
                }
            })*
        };
    }
    numbers!(
        SocketAddr,
        SocketAddrV4,
        SocketAddrV6,
        (IpAddr, u16),
        (Ipv4Addr, u16),
        (Ipv6Addr, u16)
    );

    impl Resolve for [SocketAddr] {
        fn resolve(&self) -> io::Result<Found> {
            Ok(Found::Addrs(Addrs::Many(Vec::from(self).into_iter())))
        }
    }

    impl Resolve for str {
        fn resolve(&self) -> io::Result<Found> {
            if let Ok(addr) = self.parse::<SocketAddr>() {
                return one(addr);
            }
            let (host, port) = self.rsplit_once(':').ok_or_else(|| invalid(self))?;
            host_and_port(host, port.parse().map_err(|_| invalid(self))?)
        }
    }

    impl Resolve for String {
        fn resolve(&self) -> io::Result<Found> {
            self.as_str().resolve()
        }
    }

    impl Resolve for (&str, u16) {
        fn resolve(&self) -> io::Result<Found> {
            host_and_port(self.0, self.1)
        }
    }

    impl Resolve for (String, u16) {
        fn resolve(&self) -> io::Result<Found> {
            host_and_port(&self.0, self.1)
        }
    }

    impl<T: Resolve + ?Sized> Resolve for &T {
        fn resolve(&self) -> io::Result<Found> {
            (**self).resolve()
        }
    }
}
