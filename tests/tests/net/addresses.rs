//! Addresses, names, options, and what a stream can be turned into.

use crate::help::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use std::io::ErrorKind;
use std::net::{Ipv6Addr, SocketAddr};

fn a_refused_connection_is_an_error(kind: Kind) {
    run(kind, || async {
        let (listener, addr) = listener().await;
        drop(listener);
        let error = TcpStream::connect(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

fn of_several_addresses_the_first_that_answers_is_taken(kind: Kind) {
    run(kind, || async {
        let (gone, dead) = listener().await;
        drop(gone);
        let (_listener, alive) = listener().await;
        let stream = TcpStream::connect(&[dead, alive][..]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), alive);
        let error = TcpStream::connect(&[][..] as &[SocketAddr]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

fn an_address_in_use_is_an_error_that_names_it_and_says_what_to_do(kind: Kind) {
    run(kind, || async {
        let (_listener, addr) = listener().await;
        let socket = TcpSocket::new_v4().unwrap();
        let second = TcpSocket::new_v4().unwrap();
        // With SO_REUSEADDR two may have the address, until one of them listens.
        for socket in [&socket, &second] {
            socket.set_reuseaddr(true).unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        }
        let taken = socket.local_addr().unwrap();
        let _first = socket.listen(1).unwrap();
        let errors = [
            (TcpListener::bind(addr).await.unwrap_err(), addr),
            (TcpSocket::new_v4().unwrap().bind(addr).unwrap_err(), addr),
            (TcpListener::bind(taken).await.unwrap_err(), taken),
        ];
        for (error, addr) in errors {
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            let text = error.to_string();
            assert!(text.starts_with(&format!("{addr} is in use: ")), "{text}");
            assert!(text.contains("port 0"), "{text}");
            #[cfg(unix)]
            assert_eq!(number_behind(&error), Some(libc::EADDRINUSE));
        }
    });
}

fn names_are_looked_up_off_the_thread(kind: Kind) {
    run(kind, || async {
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

fn ipv6_works_where_there_is_any(kind: Kind) {
    run(kind, || async {
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
fn a_stream_lent_to_std_and_back_still_works(kind: Kind) {
    run(kind, || async {
        let (client, server) = pair().await;
        mainspring::spawn(echo(server));
        let mut client = TcpStream::from_std(client.into_std().unwrap()).unwrap();
        client.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7);
    });
}

fn halves_are_reunited_with_their_own_only(kind: Kind) {
    run(kind, || async {
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

fn options_are_kept(kind: Kind) {
    run(kind, || async {
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

tests::each_scheduler! {
    a_refused_connection_is_an_error,
    of_several_addresses_the_first_that_answers_is_taken,
    an_address_in_use_is_an_error_that_names_it_and_says_what_to_do,
    names_are_looked_up_off_the_thread,
    ipv6_works_where_there_is_any,
    a_stream_lent_to_std_and_back_still_works,
    halves_are_reunited_with_their_own_only,
    options_are_kept,
}
