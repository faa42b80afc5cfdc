//! Datagrams: each is sent once or not at all, and one that was not received is still there.

use crate::harness::Class::{Nothing, Stays};
use crate::harness::{Lent, Row, Scene, row};
use crate::world::World;
use mainspring::io::Interest;
use mainspring::net::{UdpSocket, UnixDatagram};
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::net::UnixDatagram as StdDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tests::Folder;

const WHOLE: &str = "no datagram: it was sent, or was not";
const KEPT: &str = "no datagram: it waits for the next call";
const READ: Interest = Interest::READABLE;

pub const ROWS: &[Row] = &[
    row("net::UdpSocket::bind", Nothing, "no socket is left behind", binds),
    row("net::UdpSocket::connect", Stays, "it is connected, or as it was", connects),
    row("net::UdpSocket::ready", Nothing, "", || {
        udp(async |socket| socket.ready(READ).await.unwrap().is_empty())
    }),
    row("net::UdpSocket::readable", Nothing, "", || {
        udp(async |socket| socket.readable().await.is_err())
    }),
    row("net::UdpSocket::writable", Nothing, "", || {
        udp(async |socket| socket.writable().await.is_err()).at_once()
    }),
    row("net::UdpSocket::recv", Nothing, KEPT, || {
        udp(async |socket| socket.recv(&mut [0; 8]).await.unwrap() == 4)
    }),
    row("net::UdpSocket::recv_from", Nothing, KEPT, || {
        udp(async |socket| socket.recv_from(&mut [0; 8]).await.unwrap().0 == 4)
    }),
    row("net::UdpSocket::recv_buf", Nothing, KEPT, || {
        udp(async |socket| socket.recv_buf(&mut Vec::with_capacity(8)).await.unwrap() == 4)
    }),
    row("net::UdpSocket::recv_buf_from", Nothing, KEPT, || {
        udp(async |socket| socket.recv_buf_from(&mut Vec::with_capacity(8)).await.unwrap().0 == 4)
    }),
    row("net::UdpSocket::peek", Nothing, "", || {
        udp(async |socket| socket.peek(&mut [0; 8]).await.unwrap() != 4)
    }),
    row("net::UdpSocket::peek_from", Nothing, "", || {
        udp(async |socket| socket.peek_from(&mut [0; 8]).await.unwrap().0 != 4)
    }),
    row("net::UdpSocket::peek_sender", Nothing, "", || {
        udp(async |socket| socket.peek_sender().await.is_err())
    }),
    row("net::UdpSocket::async_io", Nothing, "it was done, or did not begin", || {
        udp(async |socket| {
            let receive = || socket.as_sock_ref().recv(&mut [MaybeUninit::uninit(); 8]);
            socket.async_io(READ, receive).await.unwrap() == 4
        })
    }),
    row("net::UdpSocket::send", Nothing, WHOLE, || {
        sends(|socket, to| async move {
            socket.connect(to).await.unwrap();
            socket.send(b"abcd").await
        })
    }),
    row("net::UdpSocket::send_to", Nothing, WHOLE, || {
        sends(|socket, to| async move { socket.send_to(b"abcd", to).await })
    }),
    row("net::UnixDatagram::ready", Nothing, "", || {
        unix(async |socket| socket.ready(READ).await.unwrap().is_empty())
    }),
    row("net::UnixDatagram::readable", Nothing, "", || {
        unix(async |socket| socket.readable().await.is_err())
    }),
    row("net::UnixDatagram::recv", Nothing, KEPT, || {
        unix(async |socket| socket.recv(&mut [0; 8]).await.unwrap() == 4)
    }),
    row("net::UnixDatagram::recv_from", Nothing, KEPT, || {
        unix(async |socket| socket.recv_from(&mut [0; 8]).await.unwrap().0 == 4)
    }),
    row("net::UnixDatagram::recv_buf", Nothing, KEPT, || {
        unix(async |socket| socket.recv_buf(&mut Vec::with_capacity(8)).await.unwrap() == 4)
    }),
    row("net::UnixDatagram::recv_buf_from", Nothing, KEPT, || {
        unix(async |socket| socket.recv_buf_from(&mut Vec::with_capacity(8)).await.unwrap().0 == 4)
    }),
    row("net::UnixDatagram::async_io", Nothing, "it was done, or did not begin", || {
        unix(async |socket| {
            let receive = || socket.as_sock_ref().recv(&mut [MaybeUninit::uninit(); 8]);
            socket.async_io(READ, receive).await.unwrap() == 4
        })
    }),
    row("net::UnixDatagram::writable", Nothing, "", || {
        full(async |socket, _| socket.writable().await.is_err())
    }),
    row("net::UnixDatagram::send", Nothing, WHOLE, || {
        full(async |socket, _| socket.send(b"abcd").await.unwrap() == 4)
    }),
    row("net::UnixDatagram::send_to", Nothing, WHOLE, || {
        full(async |socket, path| socket.send_to(b"abcd", path).await.unwrap() == 4)
    }),
];

/// Whatever happened to the future, the address it had is free.
fn binds() -> Scene {
    let (world, had) = (World::with_sockets(), Arc::new(Mutex::new(None)));
    let ours = had.clone();
    let binds = move || async move {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        *ours.lock().unwrap() = Some(socket.local_addr().unwrap());
    };
    Scene::new(world.inside(binds)).at_once().check(move |ready| {
        let had = *had.lock().unwrap();
        assert_eq!(had.is_some(), ready);
        had.into_iter().for_each(|had| {
            tests::eventually(|| std::net::UdpSocket::bind(had).is_ok());
        });
    })
}

fn bound(world: &World) -> UdpSocket {
    world.0.block_on(UdpSocket::bind("127.0.0.1:0")).unwrap()
}

fn connects() -> Scene {
    let world = World::with_sockets();
    let (socket, peer) = (bound(&world), std::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    let to = peer.local_addr().unwrap();
    let lent = Lent::new(socket);
    let left = lent.clone();
    Scene::new(lent.future(async move |socket| socket.connect(to).await.unwrap())).at_once().check(
        move |ready| {
            let socket = left.take();
            assert_eq!(socket.peer_addr().ok(), ready.then_some(to));
            drop((socket, world));
        },
    )
}

/// A datagram comes. `work` says whether it took it; if not, it is still there.
fn comes<S: Send + 'static>(
    world: World,
    socket: S,
    send: impl FnOnce() + Send + 'static,
    work: impl AsyncFnOnce(&mut S) -> bool + 'static,
    left: fn(&S) -> io::Result<usize>,
) -> Scene {
    let took = Arc::new(AtomicBool::new(false));
    let lent = Lent::new(socket);
    let (tell, after, late) = (took.clone(), lent.clone(), world.clone());
    Scene::new(lent.future(async move |socket| {
        tell.store(work(socket).await, Ordering::SeqCst);
    }))
    .step(move || {
        send();
        late.settle();
    })
    .check(move |_| {
        let socket = after.take();
        assert_eq!(left(&socket).is_ok(), !took.load(Ordering::SeqCst));
        drop((socket, world));
    })
}

fn udp(work: impl AsyncFnOnce(&mut UdpSocket) -> bool + 'static) -> Scene {
    let world = World::with_sockets();
    let socket = bound(&world);
    let (peer, to) =
        (std::net::UdpSocket::bind("127.0.0.1:0").unwrap(), socket.local_addr().unwrap());
    let send = move || assert_eq!(peer.send_to(b"abcd", to).unwrap(), 4);
    comes(world, socket, send, work, |socket| socket.try_recv(&mut [0; 8]))
}

fn unix(work: impl AsyncFnOnce(&mut UnixDatagram) -> bool + 'static) -> Scene {
    let world = World::with_sockets();
    let (ours, peer) = StdDatagram::pair().unwrap();
    let inside = world.0.enter();
    let socket = UnixDatagram::from_std(ours).unwrap();
    drop(inside);
    let send = move || assert_eq!(peer.send(b"abcd").unwrap(), 4);
    comes(world, socket, send, work, |socket| socket.try_recv(&mut [0; 8]))
}

/// There is always room for a datagram of UDP: it is sent at once, or never.
fn sends<F>(work: fn(UdpSocket, std::net::SocketAddr) -> F) -> Scene
where
    F: Future<Output = io::Result<usize>> + 'static,
{
    let world = World::with_sockets();
    let (socket, peer) = (bound(&world), std::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    let to = peer.local_addr().unwrap();
    peer.set_nonblocking(true).unwrap();
    let sends = async move { assert_eq!(work(socket, to).await.unwrap(), 4) };
    Scene::new(sends).at_once().check(move |ready| {
        let received = std::iter::from_fn(|| peer.recv(&mut [0; 8]).ok()).count();
        assert_eq!(received, usize::from(ready));
        drop(world);
    })
}

/// The queue is full until the peer receives. `work` says whether it sent one more.
fn full(work: impl AsyncFnOnce(&mut UnixDatagram, std::path::PathBuf) -> bool + 'static) -> Scene {
    let (world, folder) = (World::with_sockets(), Folder::new());
    let path = folder.at("peer");
    let peer = Arc::new(StdDatagram::bind(&path).unwrap());
    peer.set_nonblocking(true).unwrap();
    let inside = world.0.enter();
    let socket = UnixDatagram::unbound().unwrap();
    drop(inside);
    socket.connect(&path).unwrap();
    while socket.try_send(b"full").is_ok() {}
    let sent = Arc::new(AtomicBool::new(false));
    let lent = Lent::new(socket);
    let (tell, after, late, there) = (sent.clone(), lent.clone(), world.clone(), peer.clone());
    let works = async move |socket: &mut UnixDatagram| {
        tell.store(work(socket, path).await, Ordering::SeqCst);
    };
    let next = |peer: &StdDatagram| {
        let mut buf = [0; 8];
        peer.recv(&mut buf).ok().map(|len| buf[..len].to_vec())
    };
    Scene::new(lent.future(works))
        .step(move || {
            // No more: what the future sends must stay for the check.
            while next(&there).is_some_and(|datagram| datagram != b"abcd") {}
            late.settle();
        })
        .check(move |_| {
            drop(after.take());
            let rest = std::iter::from_fn(|| next(&peer)).count();
            assert_eq!(rest, usize::from(sent.load(Ordering::SeqCst)));
            drop((world, folder));
        })
}
