//! This runtime's streams under other crates' traits, each family behind a feature of its own.
//!
//! | feature | traits | for |
//! |---|---|---|
//! | none | futures_io's: those of [`mainspring::io`](crate::io) | futures-rustls, soketto |
//! | `tokio-io` | tokio's: the crate without any feature | tokio-rustls, tokio-postgres |
//! | `hyper` | hyper's: streams, executor, timer | hyper 1 |
//!
//! A stream of this runtime is of all families as it is, without a wrapper or a copy: it is polled
//! through the same primitives. What other crates wrap around it, a TLS stream above all, is of one
//! family; `FuturesIo`, `TokioIo` and `HyperIo` make it one of the others.
//!
//! With traits of two families in scope, `.poll_read` on a stream is ambiguous, and so is
//! `.read(…)` with two `AsyncReadExt`: use one family in a module.
//!
//! asyncio: `ssl=` of `start_server` and `open_connection` is a TLS crate's stream around ours;
//! `examples/tests` has servers and clients of both TLS crates.

/// the streams of this runtime, a line for each way: what all trait families are written over.
#[cfg(any(feature = "hyper", feature = "tokio-io"))]
pub(crate) mod streams;
/// FuturesIo, TokioIo, HyperIo: a stream of one trait family, as one of the others.
#[cfg(any(feature = "hyper", feature = "tokio-io"))]
pub(crate) mod wrap;
/// hyper's I/O, executor and timer traits over this runtime's types.
#[cfg(feature = "hyper")]
pub mod hyper;
/// tokio's I/O traits over this runtime's streams.
#[cfg(feature = "tokio-io")]
pub(crate) mod tokio_io;
/// a stream of hyper's as one of tokio's, and the other way round.
#[cfg(all(feature = "hyper", feature = "tokio-io"))]
pub(crate) mod both;

#[cfg(any(feature = "hyper", feature = "tokio-io"))]
pub use wrap::FuturesIo;
#[cfg(feature = "hyper")]
pub use wrap::HyperIo;
#[cfg(feature = "tokio-io")]
pub use wrap::TokioIo;
