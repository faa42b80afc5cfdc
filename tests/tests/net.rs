//! Sockets on one machine: what a program sees of the reactor, the readiness words, the streams and
//! the datagrams.

#[path = "net/addresses.rs"]
mod addresses;
#[path = "net/bytes.rs"]
mod bytes;
#[path = "net/datagram.rs"]
mod datagram;
#[path = "net/help.rs"]
mod help;
#[path = "net/life.rs"]
mod life;
#[path = "net/pipes.rs"]
mod pipes;
#[path = "net/ports.rs"]
mod ports;
#[path = "net/udp.rs"]
mod udp;
#[path = "net/unix.rs"]
mod unix;
#[path = "net/unix_life.rs"]
mod unix_life;
