//! UDP: whole datagrams, who sent them, and what becomes of those that nobody takes.

use crate::help::*;
use mainspring::io::Interest;
use mainspring::net::UdpSocket;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

async fn bound() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    (socket, addr)
}

/// One of ours, and a blocking one of std's, each connected to the other.
async fn with_std() -> (UdpSocket, std::net::UdpSocket) {
    let (socket, addr) = bound().await;
    let peer = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(peer.local_addr().unwrap()).await.unwrap();
    peer.connect(addr).unwrap();
    (socket, peer)
}

fn a_datagram_comes_whole_and_says_who_sent_it(kind: Kind) {
    run(kind, || async {
        let ((server, at), (client, from)) = (bound().await, bound().await);
        let mut buf = [0; 16];
        assert_eq!(client.send_to(b"tick", at).await.unwrap(), 4);
        assert_eq!(client.try_send_to(b"tack", at).unwrap(), 4);
        assert_eq!(poll_fn(|cx| client.poll_send_to(cx, b"tock", at)).await.unwrap(), 4);
        assert_eq!(server.recv_from(&mut buf).await.unwrap(), (4, from));
        assert_eq!(&buf[..4], b"tick");
        server.readable().await.unwrap();
        assert_eq!(server.try_recv_from(&mut buf).unwrap(), (4, from));
        assert_eq!(&buf[..4], b"tack");
        let polled = poll_fn(|cx| server.poll_recv_from(cx, &mut buf)).await.unwrap();
        assert_eq!((polled, &buf[..4]), ((4, from), &b"tock"[..]));
        let error = client.send_to(b"tick", &[][..] as &[SocketAddr]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

fn a_connected_socket_hears_its_peer_only(kind: Kind) {
    run(kind, || async {
        let ((one, one_at), (other, other_at)) = (bound().await, bound().await);
        one.connect(other_at).await.unwrap();
        other.connect(one_at).await.unwrap();
        assert_eq!(one.peer_addr().unwrap(), other_at);
        let (stranger, _) = bound().await;
        stranger.send_to(b"stranger", one_at).await.unwrap();
        let mut buf = [0; 16];
        assert_eq!(other.send(b"1").await.unwrap(), 1);
        assert_eq!(other.try_send(b"22").unwrap(), 2);
        assert_eq!(poll_fn(|cx| other.poll_send(cx, b"333")).await.unwrap(), 3);
        assert_eq!(one.recv(&mut buf).await.unwrap(), 1);
        one.readable().await.unwrap();
        assert_eq!(one.try_recv(&mut buf).unwrap(), 2);
        assert_eq!(poll_fn(|cx| one.poll_recv(cx, &mut buf)).await.unwrap(), 3);
        assert_eq!(one.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

fn what_does_not_fit_is_lost_and_an_empty_datagram_is_no_end(kind: Kind) {
    run(kind, || async {
        let (socket, peer) = with_std().await;
        for datagram in [&b"too long"[..], b"", b"next"] {
            peer.send(datagram).unwrap();
        }
        let mut buf = [0; 4];
        assert_eq!(socket.recv(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"too ");
        assert_eq!(socket.recv(&mut buf).await.unwrap(), 0);
        assert_eq!(socket.recv(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"next");
    });
}

/// All come before anybody looks, so the system says it once; each is shorter than the buffer.
fn a_hundred_datagrams_of_one_edge_are_all_received(kind: Kind) {
    run(kind, || async {
        let (socket, peer) = with_std().await;
        let mut buf = [0; 64];
        for way in 0..3 {
            {
                let mut early = pin!(socket.recv(&mut buf));
                assert_pending(early.as_mut()).await;
            }
            for n in 0..100 {
                peer.send(&[n; 3]).unwrap();
            }
            for n in 0..100 {
                let len = match way {
                    0 => socket.recv(&mut buf).await.unwrap(),
                    1 => poll_fn(|cx| socket.poll_recv(cx, &mut buf)).await.unwrap(),
                    _ => {
                        socket.readable().await.unwrap();
                        socket.try_recv(&mut buf).unwrap()
                    }
                };
                assert_eq!((len, buf[0]), (3, n));
            }
        }
    });
}

fn a_peeked_datagram_is_received_again(kind: Kind) {
    run(kind, || async {
        let (socket, peer) = with_std().await;
        let from = peer.local_addr().unwrap();
        let mut buf = [0; 16];
        assert_eq!(socket.try_peek(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        peer.send(b"tick").unwrap();
        assert_eq!(socket.peek(&mut buf).await.unwrap(), 4);
        assert_eq!(poll_fn(|cx| socket.poll_peek(cx, &mut buf)).await.unwrap(), 4);
        assert_eq!(socket.try_peek(&mut buf).unwrap(), 4);
        assert_eq!(socket.peek_from(&mut buf).await.unwrap(), (4, from));
        let polled = poll_fn(|cx| socket.poll_peek_from(cx, &mut buf)).await.unwrap();
        assert_eq!(polled, (4, from));
        assert_eq!(socket.try_peek_from(&mut buf).unwrap(), (4, from));
        assert_eq!(socket.peek_sender().await.unwrap(), from);
        assert_eq!(poll_fn(|cx| socket.poll_peek_sender(cx)).await.unwrap(), from);
        assert_eq!(socket.try_peek_sender().unwrap(), from);
        assert_eq!(socket.recv(&mut buf).await.unwrap(), 4);
        assert_eq!(socket.try_peek_sender().unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// One event calls both; each datagram goes to one of them.
fn two_tasks_may_receive_from_one_socket(kind: Kind) {
    run(kind, || async {
        let (socket, peer) = with_std().await;
        let socket = Arc::new(socket);
        let tasks = [(), ()].map(|()| {
            let socket = socket.clone();
            mainspring::spawn(async move {
                let mut buf = [0; 8];
                let (len, _) = socket.recv_from(&mut buf).await.unwrap();
                buf[..len].to_vec()
            })
        });
        mainspring::task::yield_now().await;
        peer.send(b"one").unwrap();
        peer.send(b"two").unwrap();
        let mut received = Vec::new();
        for task in tasks {
            received.push(task.await.unwrap());
        }
        received.sort();
        assert_eq!(received, [b"one", b"two"]);
    });
}

fn a_socket_dropped_while_it_waits_leaves_its_port(kind: Kind) {
    run(kind, || async {
        let (socket, at) = bound().await;
        let error = UdpSocket::bind(at).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("{at} is in use: ")), "{error}");
        let waits = mainspring::spawn(async move { socket.recv(&mut [0; 8]).await });
        mainspring::task::yield_now().await;
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
        UdpSocket::bind(at).await.unwrap();
    });
}

fn a_socket_goes_from_task_to_task_and_to_std_and_back(kind: Kind) {
    run(kind, || async {
        let (socket, peer) = with_std().await;
        let first = mainspring::spawn(async move {
            assert_eq!(socket.recv(&mut [0; 8]).await.unwrap(), 3);
            socket
        });
        peer.send(b"one").unwrap();
        let socket = UdpSocket::from_std(first.await.unwrap().into_std().unwrap()).unwrap();
        let second = mainspring::spawn(async move { socket.recv(&mut [0; 8]).await });
        peer.send(b"second").unwrap();
        assert_eq!(second.await.unwrap().unwrap(), 6);
    });
}

/// A datagram that nobody takes comes back as an error, once; then the socket waits again.
fn a_refused_datagram_is_an_error_once(kind: Kind) {
    run(kind, || async {
        let (gone, nobody) = bound().await;
        drop(gone);
        let (socket, _) = bound().await;
        socket.connect(nobody).await.unwrap();
        socket.send(b"anybody?").await.unwrap();
        let mut buf = [0; 8];
        let error = socket.recv(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let mut receive = pin!(socket.recv(&mut buf));
        assert_pending(receive.as_mut()).await;
    });
}

fn readiness_and_operations_of_ones_own(kind: Kind) {
    run(kind, || async {
        let (socket, peer) = with_std().await;
        socket.writable().await.unwrap();
        poll_fn(|cx| socket.poll_send_ready(cx)).await.unwrap();
        let receive = || {
            let mut buf = [MaybeUninit::uninit(); 8];
            socket.as_sock_ref().recv(&mut buf)
        };
        let error = socket.try_io(Interest::READABLE, receive).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        peer.send(b"tick").unwrap();
        poll_fn(|cx| socket.poll_recv_ready(cx)).await.unwrap();
        let both = Interest::READABLE | Interest::WRITABLE;
        assert!(socket.ready(both).await.unwrap().is_readable());
        assert_eq!(socket.try_io(Interest::READABLE, receive).unwrap(), 4);
        peer.send(b"ticks").unwrap();
        assert_eq!(socket.async_io(Interest::READABLE, receive).await.unwrap(), 5);
        assert!(socket.take_error().unwrap().is_none());
    });
}

fn options_are_kept(kind: Kind) {
    run(kind, || async {
        let (socket, _) = bound().await;
        socket.set_broadcast(true).unwrap();
        socket.set_ttl(33).unwrap();
        socket.set_multicast_ttl_v4(3).unwrap();
        socket.set_multicast_loop_v4(false).unwrap();
        socket.set_tos_v4(0x10).unwrap();
        assert!(socket.broadcast().unwrap() && !socket.multicast_loop_v4().unwrap());
        assert_eq!((socket.ttl().unwrap(), socket.multicast_ttl_v4().unwrap()), (33, 3));
        assert_eq!(socket.tos_v4().unwrap(), 0x10);
        #[cfg(target_os = "linux")]
        assert_eq!(socket.device().unwrap(), None);
        let group = Ipv4Addr::new(224, 0, 0, 251);
        match socket.join_multicast_v4(group, Ipv4Addr::LOCALHOST) {
            Ok(()) => socket.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap(),
            Err(error) => eprintln!("skipped: no multicast here ({error})"),
        }
        let group = "ff02::fb".parse().unwrap();
        assert!(socket.join_multicast_v6(&group, 0).is_err(), "it is a socket of IPv4");
        assert!(socket.leave_multicast_v6(&group, 0).is_err());
    });
}

fn a_socket_says_that_its_runtime_has_ended(kind: Kind) {
    let first = kind.runtime();
    let (socket, peer) = first.block_on(with_std());
    drop(first);
    peer.send(b"tick").unwrap();
    kind.runtime().block_on(async {
        has_ended(socket.recv(&mut [0; 8]).await);
        has_ended(socket.recv_from(&mut [0; 8]).await);
        has_ended(socket.peek(&mut [0; 8]).await);
        has_ended(socket.send(b"tock").await);
        has_ended(socket.readable().await);
        has_ended(socket.try_recv(&mut [0; 8]));
        has_ended(poll_fn(|cx| socket.poll_recv(cx, &mut [0; 8])).await);
    });
}

tests::each_scheduler! {
    a_datagram_comes_whole_and_says_who_sent_it,
    a_connected_socket_hears_its_peer_only,
    what_does_not_fit_is_lost_and_an_empty_datagram_is_no_end,
    a_hundred_datagrams_of_one_edge_are_all_received,
    a_peeked_datagram_is_received_again,
    two_tasks_may_receive_from_one_socket,
    a_socket_dropped_while_it_waits_leaves_its_port,
    a_socket_goes_from_task_to_task_and_to_std_and_back,
    a_refused_datagram_is_an_error_once,
    readiness_and_operations_of_ones_own,
    options_are_kept,
    a_socket_says_that_its_runtime_has_ended,
}
