//! Unix datagrams: whole, in order, and with back-pressure.

use crate::help::{Kind, assert_pending, run};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, Interest};
use mainspring::net::{UnixDatagram, UnixSocket, UnixStream};
use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::Folder;

fn a_datagram_comes_whole_and_says_who_sent_it(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let server = UnixDatagram::bind(folder.at("server")).unwrap();
        let client = UnixDatagram::bind(folder.at("client")).unwrap();
        let to = folder.at("server");
        assert_eq!(client.send_to(b"1", &to).await.unwrap(), 1);
        assert_eq!(client.try_send_to(b"22", &to).unwrap(), 2);
        assert_eq!(poll_fn(|cx| client.poll_send_to(cx, b"333", &to)).await.unwrap(), 3);
        let mut buf = [0; 8];
        let mut senders = Vec::new();
        let (len, from) = server.recv_from(&mut buf).await.unwrap();
        senders.push((len, from));
        server.readable().await.unwrap();
        senders.push(server.try_recv_from(&mut buf).unwrap());
        senders.push(poll_fn(|cx| server.poll_recv_from(cx, &mut buf)).await.unwrap());
        for (nth, (len, from)) in senders.iter().enumerate() {
            assert_eq!(*len, nth + 1);
            assert_eq!(from.as_pathname(), Some(folder.at("client").as_path()));
        }
        client.connect(&to).unwrap();
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(to.as_path()));
        assert_eq!(client.send(b"4444").await.unwrap(), 4);
        assert_eq!(server.recv(&mut buf).await.unwrap(), 4);
    });
}

fn a_pair_needs_no_address(kind: Kind) {
    run(kind, || async {
        let (one, other) = UnixDatagram::pair().unwrap();
        assert!(one.local_addr().unwrap().is_unnamed());
        assert_eq!(one.try_send(b"1").unwrap(), 1);
        assert_eq!(poll_fn(|cx| one.poll_send(cx, b"too long")).await.unwrap(), 8);
        assert_eq!(one.send(b"").await.unwrap(), 0);
        let mut buf = [0; 4];
        other.readable().await.unwrap();
        assert_eq!(other.try_recv(&mut buf).unwrap(), 1);
        assert_eq!(poll_fn(|cx| other.poll_recv(cx, &mut buf)).await.unwrap(), 4);
        assert_eq!(&buf, b"too ", "the rest is lost");
        assert_eq!(other.recv(&mut buf).await.unwrap(), 0, "an empty one is no end");
        assert_eq!(other.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// As many as the queue holds come before anybody looks, each shorter than the buffer.
fn all_datagrams_of_one_edge_are_received(kind: Kind) {
    run(kind, || async {
        let (one, other) = UnixDatagram::pair().unwrap();
        let mut buf = [0; 64];
        for _round in 0..20 {
            {
                let mut early = pin!(other.recv(&mut buf));
                assert_pending(early.as_mut()).await;
            }
            let mut sent = 0_u32;
            while one.try_send(&sent.to_be_bytes()).is_ok() {
                sent += 1;
            }
            assert!(sent > 1, "the queue holds several");
            for n in 0..sent {
                assert_eq!(other.recv(&mut buf).await.unwrap(), 4);
                assert_eq!(buf[..4], n.to_be_bytes());
            }
            one.writable().await.unwrap();
        }
    });
}

/// Many times more than the queue holds: the sender waits, and nothing is lost or overtaken.
fn who_sends_to_a_full_queue_waits(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let server = UnixDatagram::bind(folder.at("s")).unwrap();
        for connected in [true, false] {
            let (client, to) = (UnixDatagram::unbound().unwrap(), folder.at("s"));
            let sender = mainspring::spawn(async move {
                if connected {
                    client.connect(&to).unwrap();
                }
                for n in 0..500_u32 {
                    match connected {
                        true => client.send(&n.to_be_bytes()).await.unwrap(),
                        false => client.send_to(&n.to_be_bytes(), &to).await.unwrap(),
                    };
                }
            });
            let mut buf = [0; 4];
            for n in 0..500_u32 {
                assert_eq!(server.recv(&mut buf).await.unwrap(), 4);
                assert_eq!(u32::from_be_bytes(buf), n);
            }
            sender.await.unwrap();
        }
    });
}

/// Others have filled the queue. Linux tells a socket that is not connected that it can send, again
/// and again: it must not try each time.
fn who_waits_for_a_queue_that_others_filled_does_not_spin(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let server = UnixDatagram::bind(folder.at("s")).unwrap();
        let filler = UnixDatagram::unbound().unwrap();
        let mut filled = 0;
        while filler.try_send_to(b"full", folder.at("s")).is_ok() {
            filled += 1;
        }
        let polls = Arc::new(AtomicUsize::new(0));
        let (counted, to) = (polls.clone(), folder.at("s"));
        let sender = mainspring::spawn(async move {
            let client = UnixDatagram::unbound().unwrap();
            let mut send = pin!(client.send_to(b"last", &to));
            poll_fn(|cx| {
                counted.fetch_add(1, Ordering::SeqCst);
                send.as_mut().poll(cx)
            })
            .await
        });
        // So many times the system is asked what has come.
        let (mut one, mut other) = UnixStream::pair().unwrap();
        mainspring::spawn(async move {
            while let Ok(byte) = other.read_u8().await {
                other.write_u8(byte).await.unwrap();
            }
        });
        for _ in 0..500 {
            one.write_u8(7).await.unwrap();
            one.read_u8().await.unwrap();
        }
        assert!(!sender.is_finished());
        let polls = polls.load(Ordering::SeqCst);
        assert!(polls < 10, "{polls} polls");
        let mut buf = [0; 4];
        for _ in 0..filled {
            server.recv(&mut buf).await.unwrap();
            assert_eq!(&buf, b"full");
        }
        server.recv(&mut buf).await.unwrap();
        assert_eq!(&buf, b"last");
        sender.await.unwrap().unwrap();
    });
}

fn two_tasks_may_receive_from_one_socket(kind: Kind) {
    run(kind, || async {
        let (ours, peer) = UnixDatagram::pair().unwrap();
        let ours = Arc::new(ours);
        let tasks = [(), ()].map(|()| {
            let ours = ours.clone();
            mainspring::spawn(async move { ours.recv_from(&mut [0; 8]).await.unwrap().0 })
        });
        mainspring::task::yield_now().await;
        peer.send(b"1").await.unwrap();
        peer.send(b"22").await.unwrap();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        assert_eq!(sum, 3);
    });
}

fn a_socket_dropped_while_it_waits_is_gone(kind: Kind) {
    run(kind, || async {
        let (ours, peer) = UnixDatagram::pair().unwrap();
        let waits = mainspring::spawn(async move { ours.recv(&mut [0; 8]).await });
        mainspring::task::yield_now().await;
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
        let error = peer.send(b"tick").await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset),
            "{error}"
        );
    });
}

fn a_socket_goes_from_task_to_task_and_to_std_and_back(kind: Kind) {
    run(kind, || async {
        let (ours, peer) = UnixDatagram::pair().unwrap();
        let peer = UnixDatagram::try_from(peer.into_std().unwrap()).unwrap();
        let first = mainspring::spawn(async move {
            assert_eq!(ours.recv(&mut [0; 8]).await.unwrap(), 3);
            ours
        });
        peer.send(b"one").await.unwrap();
        let ours = first.await.unwrap();
        let second = mainspring::spawn(async move { ours.recv(&mut [0; 8]).await });
        peer.send(b"second").await.unwrap();
        assert_eq!(second.await.unwrap().unwrap(), 6);
    });
}

fn what_is_shut_down_sends_or_receives_no_more(kind: Kind) {
    run(kind, || async {
        let (one, other) = UnixDatagram::pair().unwrap();
        one.shutdown(Shutdown::Write).unwrap();
        assert_eq!(one.send(b"tick").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        other.send(b"tock").await.unwrap();
        assert_eq!(one.recv(&mut [0; 8]).await.unwrap(), 4);
        assert!(one.take_error().unwrap().is_none());
    });
}

fn a_socket_can_be_bound_first_and_operations_of_ones_own(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let socket = UnixSocket::new_datagram().unwrap();
        socket.bind(folder.at("s")).unwrap();
        let socket = socket.datagram().unwrap();
        let receive = || socket.as_sock_ref().recv(&mut [MaybeUninit::uninit(); 8]);
        let error = socket.try_io(Interest::READABLE, receive).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        let client = UnixDatagram::unbound().unwrap();
        client.send_to(b"tick", folder.at("s")).await.unwrap();
        poll_fn(|cx| socket.poll_recv_ready(cx)).await.unwrap();
        poll_fn(|cx| socket.poll_send_ready(cx)).await.unwrap();
        assert!(socket.ready(Interest::READABLE).await.unwrap().is_readable());
        assert_eq!(socket.async_io(Interest::READABLE, receive).await.unwrap(), 4);
        let error = client.send(b"tick").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConnected);
        let error = client.send_to(b"tick", folder.at("nobody")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[cfg(target_os = "linux")]
fn an_abstract_name_needs_no_file(kind: Kind) {
    run(kind, || async move {
        let name = format!("\0mainspring-dgram-{}-{kind:?}", std::process::id());
        let server = UnixDatagram::bind(&name).unwrap();
        let client = UnixDatagram::unbound().unwrap();
        client.send_to(b"tick", &name).await.unwrap();
        client.connect(&name).unwrap();
        client.send(b"tock").await.unwrap();
        for _ in 0..2 {
            assert_eq!(server.recv(&mut [0; 8]).await.unwrap(), 4);
        }
    });
}

tests::each_scheduler! {
    a_datagram_comes_whole_and_says_who_sent_it,
    a_pair_needs_no_address,
    all_datagrams_of_one_edge_are_received,
    who_sends_to_a_full_queue_waits,
    who_waits_for_a_queue_that_others_filled_does_not_spin,
    two_tasks_may_receive_from_one_socket,
    a_socket_dropped_while_it_waits_is_gone,
    a_socket_goes_from_task_to_task_and_to_std_and_back,
    what_is_shut_down_sends_or_receives_no_more,
    a_socket_can_be_bound_first_and_operations_of_ones_own,
    an_abstract_name_needs_no_file,
}
