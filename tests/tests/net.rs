//! TCP over loopback: what a program sees of the reactor, the readiness words and the streams.

#[path = "net/addresses.rs"]
mod addresses;
#[path = "net/bytes.rs"]
mod bytes;
#[path = "net/help.rs"]
mod help;
#[path = "net/life.rs"]
mod life;
