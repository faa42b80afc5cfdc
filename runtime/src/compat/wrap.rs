//! FuturesIo, TokioIo, HyperIo: a stream of one trait family, as one of the others.
//!
//! The streams of this runtime need none of these: they are of all families. What is wrapped around
//! them by other crates is of one:
//!
//! ```text
//!                   as futures_io's   as tokio's   as hyper's
//!   FuturesIo<T>          T               ●            ●        a TLS stream of futures-rustls
//!   TokioIo<T>            ●               T            ●        a TLS stream of tokio-rustls
//!   HyperIo<T>            ●               ●            T        hyper's Upgraded
//! ```
//!
//! Each is named after what is in it.

#![forbid(unsafe_code)]

use pin_project_lite::pin_project;
use std::pin::Pin;

/// A wrapper and the ways in and out of it.
macro_rules! wrapper {
    ($(#[$attr:meta])* $name:ident) => {
        pin_project! {
            $(#[$attr])*
            #[derive(Debug, Clone, Copy, Default)]
            pub struct $name<T> {
                #[pin]
                stream: T,
            }
        }

        impl<T> $name<T> {
            /// Wraps `stream`.
            pub const fn new(stream: T) -> Self {
                Self { stream }
            }

            /// What is in it.
            pub fn get_ref(&self) -> &T {
                &self.stream
            }

            /// What is in it.
            pub fn get_mut(&mut self) -> &mut T {
                &mut self.stream
            }

            /// What is in it, pinned as this is.
            pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut T> {
                self.project().stream
            }

            /// Takes it out.
            pub fn into_inner(self) -> T {
                self.stream
            }
        }
    };
}

wrapper! {
    /// A stream with the traits of [`mainspring::io`](crate::io), which are futures_io's, as one of
    /// tokio's (feature `tokio-io`) and of hyper's (feature `hyper`).
    ///
    /// Not for this runtime's own streams: they are of all families.
    ///
    /// hyper lends memory that is not initialised, and futures_io's traits want it to be: up to
    /// 16 KiB are zeroed for each read. A vectored write takes the first buffer, because these
    /// traits cannot say whether a stream does better.
    FuturesIo
}

#[cfg(feature = "tokio-io")]
wrapper! {
    /// A stream with tokio's traits, as one of [`mainspring::io`](crate::io)'s and, with the
    /// feature `hyper`, of hyper's.
    ///
    /// ```
    /// use mainspring::compat::TokioIo;
    /// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// # let listener = mainspring::net::TcpListener::bind("127.0.0.1:0").await?;
    /// # let theirs = mainspring::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let mut peer = listener.accept().await?.0;
    /// # peer.write_all(b"pong").await?;
    /// // `theirs` has tokio's traits: a TLS stream of tokio-rustls, for one.
    /// let mut ours = TokioIo::new(theirs);
    /// ours.write_all(b"ping").await?;
    /// let mut answer = [0; 4];
    /// ours.read_exact(&mut answer).await?;
    /// # assert_eq!(&answer, b"pong");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    TokioIo
}

#[cfg(feature = "hyper")]
wrapper! {
    /// A stream with hyper's traits, as one of [`mainspring::io`](crate::io)'s and, with the
    /// feature `tokio-io`, of tokio's: what hyper gives back after an upgrade.
    ///
    /// ```
    /// use mainspring::compat::HyperIo;
    /// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// # let listener = mainspring::net::TcpListener::bind("127.0.0.1:0").await?;
    /// # let upgraded = mainspring::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let mut peer = listener.accept().await?.0;
    /// # peer.write_all(b"pong").await?;
    /// // `upgraded` is a `hyper::upgrade::Upgraded`.
    /// let mut ours = HyperIo::new(upgraded);
    /// ours.write_all(b"ping").await?;
    /// let mut answer = [0; 4];
    /// ours.read_exact(&mut answer).await?;
    /// # assert_eq!(&answer, b"pong");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    HyperIo
}
