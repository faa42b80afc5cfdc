//! Programs on one machine: Unix streams, and pipes.

use crate::harness::Class::{Nothing, Part, Value};
use crate::harness::{Row, Scene, row};
use crate::sockets::{bytes, full_until_read};
use crate::world::World;
use mainspring::io::Interest;
use mainspring::net::unix::pipe::{Receiver, Sender};
use mainspring::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use mainspring::net::{UnixListener, UnixSocket, UnixStream};
use std::future::Future;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tests::Folder;

const READ: Interest = Interest::READABLE;
const WRITE: Interest = Interest::WRITABLE;

pub const ROWS: &[Row] = &[
    row("net::UnixListener::accept", Nothing, "no connection", accepts),
    row("net::UnixStream::connect", Part, "the attempt; the socket is closed", || {
        connects(|path| async move { drop(UnixStream::connect(path).await) })
    }),
    row("net::UnixStream::connect_addr", Part, "the attempt; the socket is closed", || {
        connects(|path| async move {
            let addr = std::os::unix::net::SocketAddr::from_pathname(path).unwrap();
            drop(UnixStream::connect_addr(&addr.into()).await);
        })
    }),
    row("net::UnixSocket::connect", Value, "the socket; it is closed", || {
        connects(|path| async move {
            drop(UnixSocket::new_stream().unwrap().connect(path).await);
        })
    }),
    row("net::UnixStream::ready", Nothing, "", || {
        stream(async |stream| drop(stream.ready(READ).await))
    }),
    row("net::UnixStream::readable", Nothing, "", || {
        stream(async |stream| drop(stream.readable().await))
    }),
    row("net::UnixStream::writable", Nothing, "", || {
        full(async |stream| drop(stream.writable().await))
    }),
    row("net::UnixStream::async_io", Nothing, "it was done, or did not begin", || {
        stream(async |stream| {
            let peek = || stream.as_sock_ref().peek(&mut [MaybeUninit::uninit(); 4]);
            stream.async_io(READ, peek).await.unwrap();
        })
    }),
    row("net::unix::ReadHalf::ready", Nothing, "", || {
        stream(async |stream| drop(stream.split().0.ready(READ).await))
    }),
    row("net::unix::ReadHalf::readable", Nothing, "", || {
        stream(async |stream| drop(stream.split().0.readable().await))
    }),
    row("net::unix::WriteHalf::ready", Nothing, "", || {
        full(async |stream| drop(stream.split().1.ready(WRITE).await))
    }),
    row("net::unix::WriteHalf::writable", Nothing, "", || {
        full(async |stream| drop(stream.split().1.writable().await))
    }),
    row("net::unix::OwnedReadHalf::ready", Nothing, "", || {
        read_half(async |half| drop(half.ready(READ).await))
    }),
    row("net::unix::OwnedReadHalf::readable", Nothing, "", || {
        read_half(async |half| drop(half.readable().await))
    }),
    row("net::unix::OwnedWriteHalf::ready", Nothing, "", || {
        full_half(async |half| drop(half.ready(WRITE).await))
    }),
    row("net::unix::OwnedWriteHalf::writable", Nothing, "", || {
        full_half(async |half| drop(half.writable().await))
    }),
    row("net::unix::pipe::Receiver::ready", Nothing, "", || {
        receiver(async |receiver| drop(receiver.ready(READ).await))
    }),
    row("net::unix::pipe::Receiver::readable", Nothing, "", || {
        receiver(async |receiver| drop(receiver.readable().await))
    }),
    row("net::unix::pipe::Sender::ready", Nothing, "", || {
        sender(async |sender| drop(sender.ready(WRITE).await))
    }),
    row("net::unix::pipe::Sender::writable", Nothing, "", || {
        sender(async |sender| drop(sender.writable().await))
    }),
];

/// The connection was accepted, or waits to be.
fn accepts() -> Scene {
    let (world, folder) = (World::with_sockets(), Folder::new());
    let path = folder.at("listener");
    let inside = world.0.enter();
    let listener = Arc::new(UnixListener::bind(&path).unwrap());
    drop(inside);
    let (got, comes) = (Arc::new(Mutex::new(None)), world.clone());
    let (ours, theirs) = (listener.clone(), got.clone());
    Scene::new(async move { *theirs.lock().unwrap() = Some(ours.accept().await.unwrap()) })
        .step(move || {
            drop(StdStream::connect(path).unwrap());
            comes.settle();
        })
        .check(move |ready| {
            assert_eq!(got.lock().unwrap().is_some(), ready);
            if !ready {
                world.0.block_on(listener.accept()).unwrap();
            }
            drop(folder);
        })
}

/// What was connected is closed again: the other side reads the end of it.
fn connects<F>(work: fn(PathBuf) -> F) -> Scene
where
    F: Future<Output = ()> + 'static,
{
    let (world, folder) = (World::with_sockets(), Folder::new());
    let path = folder.at("listener");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    let late = world.clone();
    Scene::new(world.inside(move || work(path))).step(move || late.settle()).check(move |ready| {
        let mut accepted = 0;
        while let Ok((mut stream, _)) = listener.accept() {
            accepted += 1;
            stream.set_nonblocking(false).unwrap();
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        }
        assert!(accepted == 1 || (accepted == 0 && !ready));
        drop(folder);
    })
}

/// One end of ours, and a blocking one.
fn pair(world: &World) -> (UnixStream, StdStream) {
    let (ours, peer) = StdStream::pair().unwrap();
    let _inside = world.0.enter();
    (UnixStream::from_std(ours).unwrap(), peer)
}

fn stream(work: impl AsyncFnOnce(&mut UnixStream) + 'static) -> Scene {
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

fn room<S: Send + 'static>(
    split: impl FnOnce(UnixStream) -> S,
    work: impl AsyncFnOnce(&mut S) + 'static,
) -> Scene {
    let world = World::with_sockets();
    let (stream, peer) = pair(&world);
    let written = std::iter::from_fn(|| stream.try_write(&[1; 4096]).ok()).sum();
    let there = peer.try_clone().unwrap();
    full_until_read(world, (split(stream), written), (there, peer), work)
}

fn full(work: impl AsyncFnOnce(&mut UnixStream) + 'static) -> Scene {
    room(|stream| stream, work)
}

fn full_half(work: impl AsyncFnOnce(&mut OwnedWriteHalf) + 'static) -> Scene {
    // The other half ends with it: dropped here, it leaves the write side open.
    room(|stream| stream.into_split().1, work)
}

fn receiver(work: impl AsyncFnOnce(&mut Receiver) + 'static) -> Scene {
    let world = World::with_sockets();
    let (reader, writer) = std::io::pipe().unwrap();
    let inside = world.0.enter();
    let receiver = Receiver::from_owned_fd(OwnedFd::from(reader)).unwrap();
    drop(inside);
    bytes(world, (receiver, writer), work, |receiver| receiver)
}

fn sender(work: impl AsyncFnOnce(&mut Sender) + 'static) -> Scene {
    let world = World::with_sockets();
    let (reader, writer) = std::io::pipe().unwrap();
    let inside = world.0.enter();
    let sender = Sender::from_owned_fd(OwnedFd::from(writer)).unwrap();
    drop(inside);
    let written = std::iter::from_fn(|| sender.try_write(&[1; 4096]).ok()).sum();
    let there = reader.try_clone().unwrap();
    full_until_read(world, (sender, written), (there, reader), work)
}
