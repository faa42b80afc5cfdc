//! Sockets and names: what the system has handed over is not lost.

use crate::harness::Class::{Nothing, Part, Stays, Value};
use crate::harness::{Lent, Row, Scene, row};
use crate::world::World;
use mainspring::io::{AsyncRead, AsyncReadExt, Interest};
use mainspring::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use mainspring::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use std::future::Future;
use std::io::{ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex};

pub const ROWS: &[Row] = &[
    row("net::TcpListener::bind", Nothing, "no socket is left behind", binds),
    row("net::TcpListener::accept", Nothing, "no connection", accepts),
    row("net::TcpStream::connect", Part, "the attempt; the socket is closed", || {
        connects(|address| async move { drop(TcpStream::connect(address).await) })
    }),
    row("net::TcpSocket::connect", Value, "the socket; it is closed", || {
        connects(|address| async move {
            drop(TcpSocket::new_v4().unwrap().connect(address).await);
        })
    }),
    row("net::TcpStream::ready", Nothing, "", || {
        stream(async |stream| drop(stream.ready(Interest::READABLE).await))
    }),
    row("net::TcpStream::readable", Nothing, "", || {
        stream(async |stream| drop(stream.readable().await))
    }),
    row("net::TcpStream::writable", Nothing, "", || {
        full(async |stream| drop(stream.writable().await))
    }),
    row("net::TcpStream::peek", Nothing, "", || {
        stream(async |stream| assert!(stream.peek(&mut [0; 4]).await.unwrap() > 0))
    }),
    row("net::TcpStream::async_io", Nothing, "it was done, or did not begin", || {
        stream(async |stream| {
            let peek = || stream.as_sock_ref().peek(&mut [MaybeUninit::uninit(); 4]);
            let io = stream.async_io(Interest::READABLE, peek);
            io.await.unwrap();
        })
    }),
    row("net::tcp::ReadHalf::ready", Nothing, "", || {
        stream(async |stream| drop(stream.split().0.ready(Interest::READABLE).await))
    }),
    row("net::tcp::ReadHalf::readable", Nothing, "", || {
        stream(async |stream| drop(stream.split().0.readable().await))
    }),
    row("net::tcp::ReadHalf::peek", Nothing, "", || {
        stream(async |stream| drop(stream.split().0.peek(&mut [0; 4]).await))
    }),
    row("net::tcp::WriteHalf::ready", Nothing, "", || {
        full(async |stream| drop(stream.split().1.ready(Interest::WRITABLE).await))
    }),
    row("net::tcp::WriteHalf::writable", Nothing, "", || {
        full(async |stream| drop(stream.split().1.writable().await))
    }),
    row("net::tcp::OwnedReadHalf::ready", Nothing, "", || {
        read_half(async |half| drop(half.ready(Interest::READABLE).await))
    }),
    row("net::tcp::OwnedReadHalf::readable", Nothing, "", || {
        read_half(async |half| drop(half.readable().await))
    }),
    row("net::tcp::OwnedReadHalf::peek", Nothing, "", || {
        read_half(async |half| drop(half.peek(&mut [0; 4]).await))
    }),
    row("net::tcp::OwnedWriteHalf::ready", Nothing, "", || {
        full_half(async |half| drop(half.ready(Interest::WRITABLE).await))
    }),
    row("net::tcp::OwnedWriteHalf::writable", Nothing, "", || {
        full_half(async |half| drop(half.writable().await))
    }),
    row("net::lookup_host", Stays, "a resolver that was started runs to its end", looks_up),
];

fn std_listener() -> std::net::TcpListener {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap()
}

/// One end of ours, and a blocking one.
fn pair(world: &World) -> (TcpStream, std::net::TcpStream) {
    let listener = std_listener();
    let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let ours = listener.accept().unwrap().0;
    ours.set_nonblocking(true).unwrap();
    let _inside = world.0.enter();
    (TcpStream::from_std(ours).unwrap(), peer)
}

/// Whatever happened to the future, the address it had is free.
fn binds() -> Scene {
    let (world, had) = (World::with_sockets(), Arc::new(Mutex::new(None)));
    let ours = had.clone();
    let binds = move || async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        *ours.lock().unwrap() = Some(listener.local_addr().unwrap());
    };
    Scene::new(world.inside(binds)).at_once().check(move |ready| {
        let had = *had.lock().unwrap();
        assert_eq!(had.is_some(), ready);
        // Somebody else may have it by now, but not for long.
        had.into_iter().for_each(|had| {
            tests::eventually(|| std::net::TcpListener::bind(had).is_ok());
        });
    })
}

/// The connection was accepted, or waits to be.
fn accepts() -> Scene {
    let world = World::with_sockets();
    let listener = world.0.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (listener, got, comes) = (Arc::new(listener), Arc::new(Mutex::new(None)), world.clone());
    let (ours, theirs) = (listener.clone(), got.clone());
    Scene::new(async move { *theirs.lock().unwrap() = Some(ours.accept().await.unwrap()) })
        .step(move || {
            drop(std::net::TcpStream::connect(address).unwrap());
            comes.settle();
        })
        .check(move |ready| {
            assert_eq!(got.lock().unwrap().is_some(), ready);
            if !ready {
                world.0.block_on(listener.accept()).unwrap();
            }
        })
}

/// What was connected is closed again: the other side reads the end of it.
fn connects<F>(work: fn(std::net::SocketAddr) -> F) -> Scene
where
    F: Future<Output = ()> + 'static,
{
    let (world, listener) = (World::with_sockets(), std_listener());
    let (address, late) = (listener.local_addr().unwrap(), world.clone());
    listener.set_nonblocking(true).unwrap();
    Scene::new(world.inside(move || work(address))).step(move || late.settle()).check(
        move |ready| {
            let mut accepted = 0;
            while let Ok((mut stream, _)) = listener.accept() {
                accepted += 1;
                stream.set_nonblocking(false).unwrap();
                match stream.read(&mut [0]) {
                    Ok(0) => {}
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
                    other => panic!("the other end is not closed: {other:?}"),
                }
            }
            assert!(accepted == 1 || (accepted == 0 && !ready));
        },
    )
}

/// Four bytes come; none of them is lost.
pub fn bytes<S: Send + 'static, R: AsyncRead + Unpin>(
    world: World,
    (stream, mut peer): (S, impl Write + Send + 'static),
    work: impl AsyncFnOnce(&mut S) + 'static,
    rest: impl FnOnce(S) -> R + 'static,
) -> Scene {
    let lent = Lent::new(stream);
    let (left, comes) = (lent.clone(), world.clone());
    Scene::new(lent.future(work))
        .step(move || {
            peer.write_all(b"abcd").unwrap();
            comes.settle();
        })
        .check(move |_| {
            let mut text = String::new();
            let mut stream = rest(left.take());
            world.0.block_on(stream.read_to_string(&mut text)).unwrap();
            assert_eq!(text, "abcd");
        })
}

fn stream(work: impl AsyncFnOnce(&mut TcpStream) + 'static) -> Scene {
    let world = World::with_sockets();
    let pair = pair(&world);
    bytes(world, pair, work, |stream| stream)
}

fn read_half(work: impl AsyncFnOnce(&mut OwnedReadHalf) + 'static) -> Scene {
    let world = World::with_sockets();
    let (stream, peer) = pair(&world);
    let (read, write) = stream.into_split();
    bytes(world, (read, peer), work, |read| read.reunite(write).unwrap())
}

/// A stream that takes no more until its peer reads; nothing is written twice, or not at all.
fn room<S: Send + 'static>(
    split: impl FnOnce(TcpStream) -> S,
    work: impl AsyncFnOnce(&mut S) + 'static,
) -> Scene {
    let world = World::with_sockets();
    let (stream, peer) = pair(&world);
    stream.as_sock_ref().set_send_buffer_size(4096).unwrap();
    world.0.block_on(stream.writable()).unwrap();
    let written = std::iter::from_fn(|| stream.try_write(&[1; 4096]).ok()).sum();
    let there = peer.try_clone().unwrap();
    full_until_read(world, (split(stream), written), (there, peer), work)
}

/// A writer that has written so much and is full; the two readers are one.
pub fn full_until_read<S: Send + 'static, P: Read + Send + 'static>(
    world: World,
    (writer, written): (S, usize),
    (mut there, mut peer): (P, P),
    work: impl AsyncFnOnce(&mut S) + 'static,
) -> Scene {
    let lent = Lent::new(writer);
    let (left, comes) = (lent.clone(), world.clone());
    Scene::new(lent.future(work))
        .step(move || {
            there.read_exact(&mut vec![0; written]).unwrap();
            comes.settle();
        })
        .check(move |_| {
            drop(left.take());
            assert_eq!(peer.read_to_end(&mut Vec::new()).unwrap(), 0);
            drop(world);
        })
}

fn full(work: impl AsyncFnOnce(&mut TcpStream) + 'static) -> Scene {
    room(|stream| stream, work)
}

fn full_half(work: impl AsyncFnOnce(&mut OwnedWriteHalf) + 'static) -> Scene {
    // The other half ends with it: dropped here, it leaves the write side open.
    room(|stream| stream.into_split().1, work)
}

/// The resolver's thread is the only one: when a job after it has run, it has ended.
fn looks_up() -> Scene {
    let mut builder = mainspring::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(1).build().unwrap();
    let world = World(Arc::new(runtime));
    let (late, last) = (world.clone(), world.clone());
    let wait = move |world: &World| world.0.block_on(world.0.spawn_blocking(|| ())).unwrap();
    Scene::new(world.inside(|| async { drop(lookup_host("localhost:80").await) }))
        .step(move || wait(&late))
        .check(move |_| wait(&last))
        .keeps_waker()
}
