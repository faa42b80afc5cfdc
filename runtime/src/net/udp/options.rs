//! UdpSocket: options, and groups of receivers.

#![forbid(unsafe_code)]

use super::socket::UdpSocket;
use crate::net::options::{device, options, traffic};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

options! { UdpSocket:
    "whether datagrams may be sent to a broadcast address (`SO_BROADCAST`)",
        set_broadcast, broadcast, bool, set_broadcast, broadcast;
    "whether multicasts come back to sockets of this machine (`IP_MULTICAST_LOOP`)",
        set_multicast_loop_v4, multicast_loop_v4, bool, set_multicast_loop_v4, multicast_loop_v4;
    "the hop limit of multicasts sent (`IP_MULTICAST_TTL`); 1, the local network, at first",
        set_multicast_ttl_v4, multicast_ttl_v4, u32, set_multicast_ttl_v4, multicast_ttl_v4;
    "whether multicasts come back to sockets of this machine (`IPV6_MULTICAST_LOOP`)",
        set_multicast_loop_v6, multicast_loop_v6, bool, set_multicast_loop_v6, multicast_loop_v6;
    "the hop limit of packets sent (`IP_TTL`)",
        set_ttl, ttl, u32, set_ttl_v4, ttl_v4;
}

traffic!(UdpSocket);
device!(UdpSocket);

impl UdpSocket {
    /// Receives what is sent to `group` too, on the interface with the address `interface`, or
    /// where the system would (`IP_ADD_MEMBERSHIP`).
    ///
    /// # Errors
    /// The system's.
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.as_sock_ref().join_multicast_v4(&group, &interface)
    }

    /// Receives what is sent to `group` too, on the interface with the number `interface`, or on
    /// any if it is 0 (`IPV6_ADD_MEMBERSHIP`).
    ///
    /// # Errors
    /// The system's.
    pub fn join_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.as_sock_ref().join_multicast_v6(group, interface)
    }

    /// Undoes a [`join_multicast_v4`](UdpSocket::join_multicast_v4).
    ///
    /// # Errors
    /// The system's.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.as_sock_ref().leave_multicast_v4(&group, &interface)
    }

    /// Undoes a [`join_multicast_v6`](UdpSocket::join_multicast_v6).
    ///
    /// # Errors
    /// The system's.
    pub fn leave_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.as_sock_ref().leave_multicast_v6(group, interface)
    }
}
