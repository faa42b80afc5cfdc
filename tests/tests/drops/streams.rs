//! Streams over streams: copies in both directions, seeks, buffers of the crate `bytes`, and
//! descriptors of other code.

use crate::bytes::{TEXT, reads, writes};
use crate::harness::Class::{Nothing, Part};
use crate::harness::{Lent, Row, Scene, now, row};
use crate::world::World;
use bytes::BytesMut;
use mainspring::io::unix::AsyncFd;
use mainspring::io::{
    self, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWriteExt, BufReader, DuplexStream, Interest,
    SeekFrom, duplex,
};
use std::future::Future;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tests::Gate;

const UNDER_WAY: &str = "what was read and not yet written";

pub const ROWS: &[Row] = &[
    row("io::AsyncReadExt::read_buf", Nothing, "", || {
        reads(Nothing, async |reader, kept| {
            let mut buf = BytesMut::new();
            reader.read_buf(&mut buf).await.unwrap();
            kept.extend(buf);
        })
    }),
    row("io::AsyncWriteExt::write_buf", Nothing, "nothing was written by it", || {
        writes(Nothing, async |writer| writer.write_buf(&mut &TEXT[..]).await.unwrap())
    }),
    row("io::AsyncWriteExt::write_all_buf", Nothing, "what was not written is in `buf`", || {
        writes(Part, async |writer| {
            writer.write_all_buf(&mut &TEXT[..]).await.unwrap();
            TEXT.len()
        })
    }),
    row("io::AsyncSeekExt::seek", Part, "whether it has moved", || {
        seeks(async |file| file.seek(SeekFrom::Start(7)).await.unwrap())
    }),
    row("io::AsyncSeekExt::rewind", Part, "whether it has moved", || {
        seeks(async |file| file.rewind().await.unwrap())
    }),
    row("io::AsyncSeekExt::stream_position", Nothing, "", || {
        seeks(async |file| file.stream_position().await.unwrap())
    }),
    row("io::copy_buf", Nothing, "but the count: what was not written is in the reader", copies),
    row("io::copy_bidirectional", Part, UNDER_WAY, || {
        proxies(async |(a, b)| io::copy_bidirectional(a, b).await.unwrap())
    }),
    row("io::copy_bidirectional_with_sizes", Part, UNDER_WAY, || {
        proxies(async |(a, b)| io::copy_bidirectional_with_sizes(a, b, 2, 1).await.unwrap())
    }),
    row("io::unix::AsyncFd::ready", Nothing, "", || {
        comes(async |fd| drop(fd.ready(Interest::READABLE).await.unwrap()))
    }),
    row("io::unix::AsyncFd::ready_mut", Nothing, "", || {
        comes(async |fd| drop(fd.ready_mut(Interest::READABLE).await.unwrap()))
    }),
    row("io::unix::AsyncFd::readable", Nothing, "", || {
        comes(async |fd| drop(fd.readable().await.unwrap()))
    }),
    row("io::unix::AsyncFd::readable_mut", Nothing, "", || {
        comes(async |fd| drop(fd.readable_mut().await.unwrap()))
    }),
    row("io::unix::AsyncFd::writable", Nothing, "", || {
        full(async |fd| drop(fd.writable().await.unwrap()))
    }),
    row("io::unix::AsyncFd::writable_mut", Nothing, "", || {
        full(async |fd| drop(fd.writable_mut().await.unwrap()))
    }),
    row("io::unix::AsyncFd::async_io", Nothing, "it was done, or did not begin", || {
        full(async |fd| {
            let io = fd.async_io(Interest::WRITABLE, |mut socket| socket.write(b"!"));
            assert_eq!(io.await.unwrap(), 1);
        })
    }),
    row("io::unix::AsyncFd::async_io_mut", Nothing, "it was done, or did not begin", || {
        full(async |fd| {
            let io = fd.async_io_mut(Interest::WRITABLE, |socket| socket.write(b"!"));
            assert_eq!(io.await.unwrap(), 1);
        })
    }),
];

/// Has a position that moves when the gate is open.
#[derive(Debug, Default)]
struct Slow(Gate, u64);

impl AsyncSeek for Slow {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll(cx).map(|()| {
            match pos {
                SeekFrom::Start(pos) => self.1 = pos,
                SeekFrom::Current(by) => self.1 = self.1.wrapping_add_signed(by),
                SeekFrom::End(_) => unreachable!("not asked for here"),
            }
            Ok(self.1)
        })
    }
}

/// It moves to where it is told, or does not.
fn seeks(work: impl AsyncFnOnce(&mut Slow) -> u64 + 'static) -> Scene {
    let (gate, told) = (Gate::new(), Arc::new(Mutex::new(None)));
    let (lent, theirs) = (Lent::new(Slow(gate.clone(), 3)), told.clone());
    let left = lent.clone();
    Scene::new(lent.future(async move |file| *theirs.lock().unwrap() = Some(work(file).await)))
        .step(move || gate.open())
        .check(move |ready| {
            let told = *told.lock().unwrap();
            assert_eq!((told.is_some(), left.take().1), (ready, told.unwrap_or(3)));
        })
        .keeps_waker()
}

/// What was not written can still be read.
fn copies() -> Scene {
    let (ahead, from) = duplex(64);
    let (to, written) = duplex(3);
    let lent = Lent::new((BufReader::with_capacity(4, from), to));
    let (left, ahead) = (lent.clone(), Arc::new(Mutex::new(Some(ahead))));
    let (first, last) = (ahead.clone(), ahead.clone());
    let got = Arc::new(Mutex::new((written, Vec::new())));
    let (some, all) = (got.clone(), got.clone());
    Scene::new(lent.future(async |(from, to)| io::copy_buf(from, to).await.unwrap()))
        .step(move || puts(&first, &TEXT[..5]))
        .step(move || takes(&some))
        .step(move || puts(&last, &TEXT[5..]))
        .step(move || takes(&all))
        .step(move || drop(ahead.lock().unwrap().take()))
        .check(move |_| {
            let (mut from, to) = left.take();
            drop(to);
            let (mut written, mut kept) = std::mem::replace(&mut *got.lock().unwrap(), empty());
            now(written.read_to_end(&mut kept)).unwrap();
            now(from.read_to_end(&mut kept)).unwrap();
            assert_eq!(kept, TEXT, "all of it is there, in order");
        })
        .keeps_waker()
}

fn empty() -> (DuplexStream, Vec<u8>) {
    (duplex(1).0, Vec::new())
}

/// Writes all that is there to write.
fn puts(to: &Mutex<Option<DuplexStream>>, text: &[u8]) {
    now(to.lock().unwrap().as_mut().unwrap().write_all(text)).unwrap();
}

/// Reads what has come.
fn takes(from: &Mutex<(DuplexStream, Vec<u8>)>) {
    let (from, got) = &mut *from.lock().unwrap();
    let mut buf = [0; 64];
    let read = std::pin::pin!(from.read(&mut buf));
    if let Poll::Ready(n) = read.poll(&mut Context::from_waker(std::task::Waker::noop())) {
        let n = n.unwrap();
        got.extend(&buf[..n]);
    }
}

/// A request and its answer: what comes out is in order and not twice; all of it, if it is ready.
fn proxies(
    work: impl AsyncFnOnce(&mut (DuplexStream, DuplexStream)) -> (u64, u64) + 'static,
) -> Scene {
    let (client, a) = duplex(64);
    let (b, server) = duplex(64);
    let (lent, client) = (Lent::new((a, b)), Arc::new(Mutex::new((client, Vec::new()))));
    let (left, server) = (lent.clone(), Arc::new(Mutex::new((server, Vec::new()))));
    let (asks, hears, ends) = (client.clone(), client.clone(), client.clone());
    let (reads, answers, closes) = (server.clone(), server.clone(), server.clone());
    let counts = Arc::new(Mutex::new(None));
    let theirs = counts.clone();
    Scene::new(lent.future(async move |both| *theirs.lock().unwrap() = Some(work(both).await)))
        .step(move || now(asks.lock().unwrap().0.write_all(b"abc")).unwrap())
        .step(move || takes(&reads))
        .step(move || now(ends.lock().unwrap().0.shutdown()).unwrap())
        .step(move || now(answers.lock().unwrap().0.write_all(b"defg")).unwrap())
        .step(move || takes(&hears))
        .step(move || now(closes.lock().unwrap().0.shutdown()).unwrap())
        .check(move |ready| {
            drop(left.take());
            let mut got = Vec::new();
            for end in [&server, &client] {
                let (mut end, mut text) = std::mem::replace(&mut *end.lock().unwrap(), empty());
                now(end.read_to_end(&mut text)).unwrap();
                got.push(text);
            }
            assert!(b"abc".starts_with(&got[0]) && b"defg".starts_with(&got[1]));
            assert!(!ready || (got[0].len(), got[1].len()) == (3, 4));
            assert_eq!(*counts.lock().unwrap(), ready.then_some((3, 4)));
        })
        .keeps_waker()
}

fn pair(world: &World) -> (AsyncFd<UnixStream>, UnixStream) {
    let (ours, peer) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let _inside = world.0.enter();
    (AsyncFd::new(ours).unwrap(), peer)
}

/// Four bytes come; none of them is lost.
fn comes(work: impl AsyncFnOnce(&mut AsyncFd<UnixStream>) + 'static) -> Scene {
    let world = World::with_sockets();
    let (fd, mut peer) = pair(&world);
    let lent = Lent::new(fd);
    let (left, late) = (lent.clone(), world.clone());
    Scene::new(lent.future(work))
        .step(move || {
            peer.write_all(b"abcd").unwrap();
            late.settle();
        })
        .check(move |_| {
            drop(world);
            let mut text = String::new();
            left.take().into_inner().read_to_string(&mut text).unwrap();
            assert_eq!(text, "abcd");
        })
}

/// A socket that takes no more until its peer reads.
fn full(work: impl AsyncFnOnce(&mut AsyncFd<UnixStream>) + 'static) -> Scene {
    let world = World::with_sockets();
    let (fd, mut peer) = pair(&world);
    world.0.block_on(fd.writable()).unwrap().retain_ready();
    let write = || fd.try_io(Interest::WRITABLE, |mut socket| socket.write(&[1; 4096])).ok();
    let written: usize = std::iter::from_fn(write).sum();
    let (lent, mut there) = (Lent::new(fd), peer.try_clone().unwrap());
    let (left, late) = (lent.clone(), world.clone());
    Scene::new(lent.future(work))
        .step(move || {
            there.read_exact(&mut vec![0; written]).unwrap();
            late.settle();
        })
        .check(move |ready| {
            drop(left.take());
            let mut rest = Vec::new();
            peer.read_to_end(&mut rest).unwrap();
            assert!(rest.is_empty() || (ready && rest == b"!"));
            drop(world);
        })
}
