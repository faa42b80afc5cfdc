//! TCP over loopback: what a program sees of the reactor, the readiness words and the streams.

use mainspring::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest};
use mainspring::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use mainspring::runtime::{Builder, Runtime};
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Ipv6Addr, Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Runs a test on a thread of its own, and fails when it hangs.
fn within<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let result = test();
        let _ = done.send(());
        result
    });
    match wait.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs"),
        _ => thread.join().unwrap(),
    }
}

/// Runs an async test in a runtime of its own, and fails when it hangs.
fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    within(|| runtime().block_on(test()));
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// Both ends of a connection.
async fn pair() -> (TcpStream, TcpStream) {
    let (listener, addr) = listener().await;
    let client = TcpStream::connect(addr).await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    (client, server)
}

/// One end of ours, and a blocking one of std's.
async fn with_std() -> (TcpStream, std::net::TcpStream) {
    let (listener, addr) = listener().await;
    let peer = std::net::TcpStream::connect(addr).unwrap();
    (listener.accept().await.unwrap().0, peer)
}

/// Polls once; the future must not be ready.
async fn assert_pending<F: Future>(future: std::pin::Pin<&mut F>)
where
    F::Output: std::fmt::Debug,
{
    let mut future = Some(future);
    poll_fn(|cx| {
        if let Some(future) = future.take()
            && let Poll::Ready(output) = future.poll(cx)
        {
            panic!("ready too early: {output:?}");
        }
        Poll::Ready(())
    })
    .await;
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buf = [0; 4096];
    loop {
        match stream.read(&mut buf).await? {
            0 => return Ok(()),
            n => stream.write_all(&buf[..n]).await?,
        }
    }
}

#[test]
fn what_is_written_comes_back() {
    run(|| async {
        let (mut client, server) = pair().await;
        let server = mainspring::spawn(echo(server));
        for round in 0..1000_u32 {
            client.write_u32(round).await.unwrap();
            assert_eq!(client.read_u32().await.unwrap(), round);
        }
        drop(client);
        server.await.unwrap().unwrap();
    });
}

#[test]
fn a_closed_write_half_ends_the_reading_at_the_other_end_only() {
    run(|| async {
        let (mut client, mut server) = pair().await;
        client.write_all(b"last words").await.unwrap();
        client.shutdown().await.unwrap();
        let mut heard = String::new();
        assert_eq!(server.read_to_string(&mut heard).await.unwrap(), 10);
        assert_eq!(heard, "last words");
        server.write_all(b"answer").await.unwrap();
        drop(server);
        heard.clear();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "answer");
        let error = client.write_all(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

/// Bytes and the end arrive before the reader looks, as one edge; the read comes out short. If it
/// cleared more than READABLE, the end would never be seen.
#[test]
fn bytes_and_the_end_in_one_edge_are_both_seen() {
    run(|| async {
        let (mut stream, mut peer) = with_std().await;
        let mut buf = [0; 64];
        {
            let mut early = pin!(stream.read(&mut buf));
            assert_pending(early.as_mut()).await;
        }
        peer.write_all(b"tick").unwrap();
        peer.shutdown(Shutdown::Both).unwrap();
        assert_eq!(stream.read(&mut buf).await.unwrap(), 4);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 0);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 0, "an end stays an end");
    });
}

#[test]
fn a_reset_by_the_peer_is_an_error_for_the_reader_and_the_writer() {
    run(|| async {
        let (mut stream, peer) = with_std().await;
        close_with_reset(peer);
        let mut buf = [0; 64];
        let error = stream.read(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = stream.write_all(b"into the void").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

/// Closes with a reset instead of an end.
fn close_with_reset(peer: std::net::TcpStream) {
    TcpStream::from_std(peer).unwrap().set_zero_linger().unwrap();
}

#[test]
fn a_reset_wakes_a_reader_that_waits() {
    run(|| async {
        let (mut stream, peer) = with_std().await;
        let reader = mainspring::spawn(async move { stream.read(&mut [0; 64]).await });
        mainspring::task::yield_now().await;
        close_with_reset(peer);
        let error = reader.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn two_hundred_connections_at_once() {
    run(|| async {
        let (listener, addr) = listener().await;
        let server = mainspring::spawn(async move {
            let mut connections = Vec::new();
            for _ in 0..200 {
                let (stream, _peer) = listener.accept().await.unwrap();
                connections.push(mainspring::spawn(echo(stream)));
            }
            for connection in connections {
                connection.await.unwrap().unwrap();
            }
        });
        let clients: Vec<_> = (0..200_u32)
            .map(|client| {
                mainspring::spawn(async move {
                    let mut stream = TcpStream::connect(addr).await.unwrap();
                    for round in 0..20 {
                        let message = [client * 1000 + round; 16].map(u32::to_be_bytes).concat();
                        stream.write_all(&message).await.unwrap();
                        let mut answer = vec![0; message.len()];
                        stream.read_exact(&mut answer).await.unwrap();
                        assert_eq!(answer, message);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        server.await.unwrap();
    });
}

/// More than the socket buffers hold, in both directions at once: both ends feel back-pressure.
#[test]
fn a_megabyte_each_way_at_once() {
    const BYTES: usize = 1 << 20;
    run(|| async {
        let (client, server) = pair().await;
        let both = [client, server].map(|stream| {
            mainspring::spawn(async move {
                let (mut reader, mut writer) = stream.into_split();
                let sender = mainspring::spawn(async move {
                    let block: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
                    writer.write_all(&block).await.unwrap();
                });
                let mut received = Vec::new();
                reader.read_to_end(&mut received).await.unwrap();
                assert_eq!(received.len(), BYTES);
                assert!(received.iter().enumerate().all(|(at, &byte)| byte == (at % 251) as u8));
                sender.await.unwrap();
            })
        });
        for end in both {
            end.await.unwrap();
        }
    });
}

#[test]
fn vectored_writes_and_reads_keep_the_order() {
    run(|| async {
        let (mut client, server) = pair().await;
        let parts = [IoSlice::new(b"head,"), IoSlice::new(b""), IoSlice::new(b"body")];
        assert_eq!(client.write_vectored(&parts).await.unwrap(), 9);
        client.shutdown().await.unwrap();
        let (mut first, mut second) = ([0; 3], [0; 16]);
        let mut bufs = [io::IoSliceMut::new(&mut first), io::IoSliceMut::new(&mut second)];
        let n = poll_fn(|cx| server.poll_read_vectored(cx, &mut bufs)).await.unwrap();
        assert_eq!(n, 9);
        assert_eq!((&first, &second[..6]), (b"hea", &b"d,body"[..]));
    });
}

/// INV-81: what `poll_read_uninit` says was read, was written by the kernel.
#[test]
fn reads_into_uninitialised_memory_fill_what_they_say() {
    run(|| async {
        let (stream, mut peer) = with_std().await;
        peer.write_all(b"tick").unwrap();
        let mut buf = [std::mem::MaybeUninit::new(0xAA); 8];
        let n = poll_fn(|cx| stream.poll_read_uninit(cx, &mut buf)).await.unwrap();
        let bytes = buf.map(|byte| unsafe {
            // SAFETY: all of `buf` was initialised above; the kernel wrote the first `n`.
            byte.assume_init()
        });
        assert_eq!(n, 4);
        assert_eq!(&bytes, b"tick\xAA\xAA\xAA\xAA");
    });
}

#[test]
fn lines_come_whole_whatever_the_packets() {
    run(|| async {
        let (stream, mut peer) = with_std().await;
        let writer = std::thread::spawn(move || {
            for piece in ["ti", "ck\nto", "ck\r", "\n", "last"] {
                peer.write_all(piece.as_bytes()).unwrap();
            }
        });
        let mut lines = BufReader::with_capacity(3, stream).lines();
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            seen.push(line);
        }
        assert_eq!(seen, ["tick", "tock", "last"]);
        writer.join().unwrap();
    });
}

#[test]
fn a_refused_connection_is_an_error() {
    run(|| async {
        let (listener, addr) = listener().await;
        drop(listener);
        let error = TcpStream::connect(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn of_several_addresses_the_first_that_answers_is_taken() {
    run(|| async {
        let (gone, dead) = listener().await;
        drop(gone);
        let (_listener, alive) = listener().await;
        let stream = TcpStream::connect(&[dead, alive][..]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), alive);
        let error = TcpStream::connect(&[][..] as &[SocketAddr]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn an_address_in_use_is_an_error_with_its_name() {
    run(|| async {
        let (_listener, addr) = listener().await;
        let error = TcpListener::bind(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    });
}

#[test]
fn names_are_looked_up_off_the_thread() {
    run(|| async {
        let addrs: Vec<_> = lookup_host("localhost:80").await.unwrap().collect();
        assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 80));
        assert!(!addrs.is_empty());
        let (listener, addr) = listener().await;
        TcpStream::connect(("localhost", addr.port())).await.unwrap();
        listener.accept().await.unwrap();
        for nonsense in ["", "localhost", "localhost:http", "127.0.0.1:99999"] {
            let Err(error) = lookup_host(nonsense).await else { panic!("{nonsense:?} found") };
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{nonsense:?}");
        }
    });
}

#[test]
fn ipv6_works_where_there_is_any() {
    run(|| async {
        let listener = match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await {
            Ok(listener) => listener,
            Err(error) => {
                eprintln!("skipped: no IPv6 loopback here ({error})");
                return;
            }
        };
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _peer) = listener.accept().await.unwrap();
        mainspring::spawn(echo(server));
        client.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7);
    });
}

/// INV-80: the socket is taken out once, by `into_std` or by the drop.
#[test]
fn a_stream_lent_to_std_and_back_still_works() {
    run(|| async {
        let (client, server) = pair().await;
        mainspring::spawn(echo(server));
        let mut client = TcpStream::from_std(client.into_std().unwrap()).unwrap();
        client.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7);
    });
}

#[test]
fn a_peeked_byte_is_read_again() {
    run(|| async {
        let (mut stream, mut peer) = with_std().await;
        peer.write_all(b"tick").unwrap();
        let mut buf = [0; 8];
        assert_eq!(stream.peek(&mut buf).await.unwrap(), 4);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 4);
    });
}

#[test]
fn readiness_is_a_hint_and_a_try_tells() {
    run(|| async {
        let (stream, mut peer) = with_std().await;
        let ready = stream.ready(Interest::READABLE | Interest::WRITABLE).await.unwrap();
        assert!(ready.is_writable() && !ready.is_readable());
        let mut buf = [0; 8];
        assert_eq!(stream.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(stream.try_write(b"tock").unwrap(), 4);
        peer.write_all(b"tick").unwrap();
        stream.readable().await.unwrap();
        assert_eq!(stream.try_read(&mut buf).unwrap(), 4);
        assert_eq!(stream.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut early = pin!(stream.readable());
        assert_pending(early.as_mut()).await;
        drop(peer);
        early.await.unwrap();
        assert!(stream.ready(Interest::READABLE).await.unwrap().is_read_closed());
    });
}

/// Ten tasks wait in `accept` of one listener; two events bring ten connections.
#[test]
fn several_tasks_may_accept_on_one_listener() {
    run(|| async {
        let (listener, addr) = listener().await;
        let listener = std::sync::Arc::new(listener);
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let listener = listener.clone();
                mainspring::spawn(async move { listener.accept().await.unwrap().1 })
            })
            .collect();
        mainspring::task::yield_now().await;
        let clients: Vec<_> =
            (0..10).map(|_| std::net::TcpStream::connect(addr).unwrap()).collect();
        let mut peers = Vec::new();
        for task in tasks {
            peers.push(task.await.unwrap());
        }
        let mut callers: Vec<_> = clients.iter().map(|c| c.local_addr().unwrap()).collect();
        peers.sort();
        callers.sort();
        assert_eq!(peers, callers);
    });
}

/// INV-49: a future that waits in the line of a socket leaves it when it is dropped, and the others
/// are still told.
#[test]
fn a_dropped_waiter_leaves_the_others_in_line() {
    run(|| async {
        let (stream, mut peer) = with_std().await;
        let stream = std::sync::Arc::new(stream);
        let waits: Vec<_> = (0..3)
            .map(|_| {
                let stream = stream.clone();
                mainspring::spawn(async move { stream.readable().await })
            })
            .collect();
        mainspring::task::yield_now().await;
        waits[1].abort();
        mainspring::task::yield_now().await;
        peer.write_all(b"tick").unwrap();
        for (nth, wait) in waits.into_iter().enumerate() {
            assert_eq!(wait.await.is_err(), nth == 1);
        }
    });
}

#[test]
fn a_socket_dropped_by_its_task_while_it_waits_is_gone() {
    run(|| async {
        let (mut stream, mut peer) = with_std().await;
        let reader = mainspring::spawn(async move { stream.read(&mut [0; 8]).await });
        mainspring::task::yield_now().await;
        reader.abort();
        assert!(reader.await.unwrap_err().is_cancelled());
        assert_eq!(peer.read(&mut [0; 8]).unwrap(), 0, "the peer sees the end");
    });
}

/// Sockets that come and go reuse each other's numbers, in the system and in the reactor.
#[test]
fn events_of_a_closed_socket_do_not_reach_the_next_one() {
    run(|| async {
        for round in 0..200_u32 {
            let (mut old, mut old_peer) = with_std().await;
            old_peer.write_all(b"stale").unwrap();
            if round % 2 == 0 {
                old.read_exact(&mut [0; 5]).await.unwrap();
            }
            drop(old);
            let (mut new, mut new_peer) = with_std().await;
            let mut buf = [0; 8];
            {
                let mut early = pin!(new.read(&mut buf));
                assert_pending(early.as_mut()).await;
            }
            new_peer.write_all(b"fresh").unwrap();
            assert_eq!(new.read(&mut buf).await.unwrap(), 5);
        }
    });
}

#[test]
fn a_socket_says_that_its_runtime_has_ended() {
    within(|| {
        let first = runtime();
        let (mut stream, mut peer) = first.block_on(with_std());
        let (listener, _addr) = first.block_on(listener());
        drop(first);
        peer.write_all(b"tick").unwrap();
        runtime().block_on(async {
            let errors = [
                stream.read(&mut [0; 8]).await.unwrap_err(),
                stream.write_all(b"tock").await.unwrap_err(),
                stream.readable().await.unwrap_err(),
                stream.peek(&mut [0; 8]).await.unwrap_err(),
                stream.try_read(&mut [0; 8]).unwrap_err(),
                listener.accept().await.unwrap_err(),
            ];
            for error in errors {
                assert!(error.to_string().contains("runtime this socket belongs to has ended"));
            }
        });
    });
}

/// A plain thread waits for a socket whose runtime is driven, and then dropped, by another.
#[test]
fn the_end_of_a_runtime_wakes_who_waits_for_its_sockets() {
    within(|| {
        let first = runtime();
        let (mut stream, _peer) = first.block_on(with_std());
        let (polled, was_polled) = mpsc::channel();
        let waiter = std::thread::spawn(move || {
            runtime().block_on(async move {
                let mut buf = [0; 8];
                let mut read = pin!(stream.read(&mut buf));
                assert_pending(read.as_mut()).await;
                polled.send(()).unwrap();
                read.await.unwrap_err().to_string()
            })
        });
        was_polled.recv().unwrap();
        drop(first);
        assert!(waiter.join().unwrap().contains("has ended"));
    });
}

#[test]
fn a_socket_made_outside_a_runtime_panics_with_the_remedy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let panic = std::panic::catch_unwind(|| TcpListener::from_std(listener)).unwrap_err();
    let message = panic.downcast_ref::<String>().cloned();
    let message = message.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    assert!(message.unwrap().contains("Handle::enter"));
}

#[test]
fn halves_are_reunited_with_their_own_only() {
    run(|| async {
        let (client, server) = pair().await;
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        let error = client_read.reunite(server_write).unwrap_err();
        let (client_read, server_write) = (error.0, error.1);
        let mut client = client_read.reunite(client_write).unwrap();
        let mut server = server_write.reunite(server_read).unwrap();
        client.write_u8(7).await.unwrap();
        assert_eq!(server.read_u8().await.unwrap(), 7, "no half was closed on the way");
        let (mut read, mut write) = server.split();
        write.write_u8(8).await.unwrap();
        drop(client);
        assert_eq!(read.read(&mut [0; 8]).await.unwrap_or(0), 0);
    });
}

#[test]
fn options_are_kept() {
    run(|| async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_keepalive(true).unwrap();
        socket.set_recv_buffer_size(32 * 1024).unwrap();
        assert!(socket.reuseaddr().unwrap() && socket.nodelay().unwrap());
        assert!(socket.keepalive().unwrap() && socket.recv_buffer_size().unwrap() >= 32 * 1024);
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (listener, addr) = listener().await;
        let client = socket.connect(addr).await.unwrap();
        let (server, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        assert!(client.nodelay().unwrap() && !server.nodelay().unwrap());
        server.set_nodelay(true).unwrap();
        server.set_ttl(33).unwrap();
        assert!(server.nodelay().unwrap() && server.ttl().unwrap() == 33);
        assert!(server.take_error().unwrap().is_none() && server.linger().unwrap().is_none());
    });
}

/// A budget is spent by each read: a socket that is always readable lets others run.
#[test]
fn a_socket_that_is_always_ready_does_not_starve_other_tasks() {
    run(|| async {
        let (mut stream, mut peer) = with_std().await;
        peer.write_all(&[7; 10_000]).unwrap();
        let reader = mainspring::spawn(async move {
            for _ in 0..10_000 {
                stream.read_u8().await.unwrap();
            }
        });
        let mut turns = 0;
        while !reader.is_finished() {
            mainspring::task::yield_now().await;
            turns += 1;
        }
        assert!(turns >= 10_000 / 128, "{turns} turns beside 10 000 reads");
        drop(peer);
    });
}
