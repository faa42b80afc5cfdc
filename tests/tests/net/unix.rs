//! Unix streams: what arrives, where they listen, and who is at the other end.

use crate::help::{Kind, assert_pending, closes_by_halves, echo, echoes, number_behind, run};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, Interest};
use mainspring::net::unix::SocketAddr;
use mainspring::net::{TcpSocket, UnixDatagram, UnixListener, UnixSocket, UnixStream};
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{FromRawFd, IntoRawFd};
use std::path::Path;
use std::pin::pin;
use tests::Folder;

/// A connection that was made by its path, and the path's folder.
async fn connection() -> (UnixStream, UnixStream, Folder) {
    let folder = Folder::new();
    let listener = UnixListener::bind(folder.at("s")).unwrap();
    let client = UnixStream::connect(folder.at("s")).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (client, server, folder)
}

fn what_is_written_comes_back(kind: Kind) {
    run(kind, || async {
        let (client, server, folder) = connection().await;
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(folder.at("s").as_path()));
        assert!(client.local_addr().unwrap().is_unnamed());
        echoes(client, server).await;
    });
}

fn a_closed_write_half_ends_the_reading_at_the_other_end_only(kind: Kind) {
    run(kind, || async {
        let (one, other) = UnixStream::pair().unwrap();
        closes_by_halves(one, other).await;
        let (mut one, other) = UnixStream::pair().unwrap();
        other.shutdown_std(Shutdown::Both).unwrap();
        assert_eq!(one.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(one.write_u8(7).await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

fn halves_close_their_side_and_are_reunited_with_their_own_only(kind: Kind) {
    run(kind, || async {
        let (client, server) = UnixStream::pair().unwrap();
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        let error = client_read.reunite(server_write).unwrap_err();
        assert!(error.to_string().contains("not from the same stream"));
        let mut client = error.0.reunite(client_write).unwrap();
        let mut server = error.1.reunite(server_read).unwrap();
        let (mut read, mut write) = server.split();
        write.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7, "no half was closed on the way");
        client.write_u8(8).await.unwrap();
        assert_eq!(read.read_u8().await.unwrap(), 8);
        let (mut read, write) = client.into_split();
        drop(write);
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0, "its side is closed");
        server.write_u8(9).await.unwrap();
        assert_eq!(read.read_u8().await.unwrap(), 9);
    });
}

/// More than the socket's buffers hold, in both directions at once.
fn a_megabyte_each_way_at_once(kind: Kind) {
    run(kind, || async {
        let (one, other) = UnixStream::pair().unwrap();
        let ends = [one, other].map(|stream| {
            let (mut read, mut write) = stream.into_split();
            mainspring::spawn(async move { write.write_all(&[7; 1 << 20]).await.unwrap() });
            mainspring::spawn(async move {
                let mut received = Vec::new();
                read.read_to_end(&mut received).await.unwrap();
                received.len()
            })
        });
        for end in ends {
            assert_eq!(end.await.unwrap(), 1 << 20);
        }
    });
}

fn every_way_to_read_and_write(kind: Kind) {
    run(kind, || async {
        let (one, other) = UnixStream::pair().unwrap();
        let parts = [IoSlice::new(b"head,"), IoSlice::new(b"body")];
        assert_eq!(one.try_write_vectored(&parts).unwrap(), 9);
        let (mut first, mut second) = ([0; 3], [0; 16]);
        other.readable().await.unwrap();
        let mut bufs = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(other.try_read_vectored(&mut bufs).unwrap(), 9);
        assert_eq!((&first, &second[..6]), (b"hea", &b"d,body"[..]));
        assert_eq!(other.try_read(&mut second).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(one.try_write(b"tick").unwrap(), 4);
        let mut room = [MaybeUninit::new(1); 8];
        assert_eq!(poll_fn(|cx| other.poll_read_uninit(cx, &mut room)).await.unwrap(), 4);
        let receive = || other.as_sock_ref().recv(&mut [MaybeUninit::uninit(); 8]);
        let error = other.try_io(Interest::READABLE, receive).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        one.writable().await.unwrap();
        assert_eq!(one.try_write(b"ticks").unwrap(), 5);
        assert_eq!(other.async_io(Interest::READABLE, receive).await.unwrap(), 5);
        drop(one);
        assert_eq!(poll_fn(|cx| other.poll_read(cx, &mut second)).await.unwrap(), 0);
        assert!(other.take_error().unwrap().is_none());
    });
}

/// INV-180: the system is asked about a socket that is open, for an answer of that size.
fn the_credentials_are_those_of_this_process(kind: Kind) {
    run(kind, || async {
        let (client, server, _folder) = connection().await;
        let (one, other) = UnixStream::pair().unwrap();
        for stream in [&client, &server, &one, &other] {
            let peer = stream.peer_cred().unwrap();
            // SAFETY: always allowed.
            assert_eq!((peer.uid(), peer.gid()), unsafe { (libc::geteuid(), libc::getegid()) });
            #[cfg(target_os = "linux")]
            assert_eq!(peer.pid(), Some(std::process::id() as i32));
        }
        assert_eq!(client.peer_cred().unwrap(), one.peer_cred().unwrap());
    });
}

fn a_path_that_is_taken_is_an_error_that_says_what_to_do(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let path = folder.at("s");
        let missing = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        drop(UnixListener::bind(&path).unwrap());
        // The file is still there, and nobody behind it.
        let dead = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(dead.kind(), ErrorKind::ConnectionRefused);
        let errors = [
            UnixListener::bind(&path).unwrap_err(),
            UnixDatagram::bind(&path).unwrap_err(),
            UnixSocket::new_stream().unwrap().bind(&path).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            let text = error.to_string();
            assert!(text.starts_with(&format!("{path:?} exists already: ")), "{text}");
            assert!(text.contains("remove the file, then bind"), "{text}");
            assert_eq!(number_behind(&error), Some(libc::EADDRINUSE));
        }
        std::fs::remove_file(&path).unwrap();
        UnixListener::bind(&path).unwrap();
    });
}

fn a_path_that_is_too_long_or_none_is_invalid(kind: Kind) {
    run(kind, || async {
        let long = "x".repeat(300);
        let socket = UnixDatagram::unbound().unwrap();
        let errors = [
            UnixListener::bind(&long).unwrap_err(),
            UnixStream::connect(&long).await.unwrap_err(),
            UnixDatagram::bind(&long).unwrap_err(),
            socket.connect(&long).unwrap_err(),
            socket.send_to(b"", &long).await.unwrap_err(),
            UnixSocket::new_stream().unwrap().bind(&long).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let text = error.to_string();
            assert!(text.contains("bytes, this one has 300"), "{text}");
        }
        let error = UnixListener::bind("a\0b").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("byte 0"), "{error}");
    });
}

/// The longest name that fits does, with a path and without.
#[cfg(target_os = "linux")]
fn an_abstract_name_needs_no_file(kind: Kind) {
    run(kind, || async move {
        let name = format!("mainspring-{}-{kind:?}", std::process::id());
        let path = format!("\0{name}{}", "x".repeat(107 - name.len()));
        let name = &path[1..];
        let listener = UnixListener::bind(&path).unwrap();
        let addr = listener.local_addr().unwrap();
        assert_eq!(addr.as_abstract_name(), Some(name.as_bytes()));
        assert!(addr.as_pathname().is_none() && !addr.is_unnamed());
        let mut client = UnixStream::connect(Path::new(&path)).await.unwrap();
        mainspring::spawn(echo(listener.accept().await.unwrap().0));
        client.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7);
        drop(UnixStream::connect_addr(&addr).await.unwrap());
        let error = UnixListener::bind(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        let text = format!("\"{name}\" (abstract) is in use: ");
        assert!(error.to_string().starts_with(&text), "{error}");
        let error = UnixListener::bind(format!("{path}x")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        drop(listener);
        UnixListener::bind_addr(&addr).unwrap();
    });
}

fn a_socket_can_be_bound_before_it_connects_or_listens(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let server = UnixSocket::new_stream().unwrap();
        server.bind(folder.at("server")).unwrap();
        let listener = server.listen(1).unwrap();
        let client = UnixSocket::new_stream().unwrap();
        client.bind(folder.at("client")).unwrap();
        let client = client.connect(folder.at("server")).await.unwrap();
        let (_server, caller) = listener.accept().await.unwrap();
        assert_eq!(caller.as_pathname(), Some(folder.at("client").as_path()));
        let std: std::os::unix::net::SocketAddr = caller.clone().into();
        assert_eq!(format!("{:?}", SocketAddr::from(std)), format!("{caller:?}"));
        drop(client);
        let wrong = [
            UnixSocket::new_datagram().unwrap().listen(1).unwrap_err(),
            UnixSocket::new_datagram().unwrap().connect(folder.at("server")).await.unwrap_err(),
            UnixSocket::new_stream().unwrap().datagram().unwrap_err(),
        ];
        for error in wrong {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("needs a socket of `UnixSocket::new_"), "{error}");
        }
    });
}

/// Linux does not wait, and has no event for it: the caller tries again later.
#[cfg(target_os = "linux")]
fn a_full_queue_of_a_listener_is_would_block(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let server = UnixSocket::new_stream().unwrap();
        server.bind(folder.at("s")).unwrap();
        let listener = server.listen(0).unwrap();
        let mut waiting = Vec::new();
        let error = loop {
            match UnixStream::connect(folder.at("s")).await {
                Ok(stream) => waiting.push(stream),
                Err(error) => break error,
            }
            assert!(waiting.len() < 100);
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        listener.accept().await.unwrap();
        UnixStream::connect(folder.at("s")).await.unwrap();
    });
}

/// INV-182: a number is given away by the one who had it, and it is a socket of that kind.
fn sockets_that_are_not_registered_are_numbers(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let number = UnixSocket::new_stream().unwrap().into_raw_fd();
        // SAFETY: ours: it was given away two lines ago.
        let socket = unsafe { UnixSocket::from_raw_fd(number) };
        socket.bind(folder.at("s")).unwrap();
        let listener = socket.listen(1).unwrap();
        {
            let mut early = pin!(listener.accept());
            assert_pending(early.as_mut()).await;
        }
        UnixStream::connect(folder.at("s")).await.unwrap();
        listener.accept().await.unwrap();
        let number = TcpSocket::new_v4().unwrap().into_raw_fd();
        // SAFETY: as above.
        let socket = unsafe { TcpSocket::from_raw_fd(number) };
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let connect = mainspring::net::TcpStream::connect(listener.local_addr().unwrap());
        connect.await.unwrap();
        listener.accept().await.unwrap();
    });
}

tests::each_scheduler! {
    what_is_written_comes_back,
    a_closed_write_half_ends_the_reading_at_the_other_end_only,
    halves_close_their_side_and_are_reunited_with_their_own_only,
    a_megabyte_each_way_at_once,
    every_way_to_read_and_write,
    the_credentials_are_those_of_this_process,
    a_path_that_is_taken_is_an_error_that_says_what_to_do,
    a_path_that_is_too_long_or_none_is_invalid,
    an_abstract_name_needs_no_file,
    a_socket_can_be_bound_before_it_connects_or_listens,
    a_full_queue_of_a_listener_is_would_block,
    sockets_that_are_not_registered_are_numbers,
}
