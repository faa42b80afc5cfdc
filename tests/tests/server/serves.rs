//! Who is served, and what is reported.

use crate::help::{client, echo, echo_server, is_at_its_end, talk, told};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{Server, TcpListener, TcpStream, start_server};
use mainspring::runtime::Unhandled;
use mainspring::sync::Event;
use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Kind, heard, until};

fn every_client_is_served_by_a_task_of_its_own(kind: Kind) {
    kind.runtime().block_on(async {
        let at_once = async |stream: TcpStream, peer| {
            assert!(stream.nodelay().unwrap(), "what is written is sent at once");
            echo(stream, peer).await
        };
        let server = start_server("127.0.0.1:0", at_once).await.unwrap();
        let mut clients = Vec::new();
        for n in 0..20 {
            clients.push(client(&server).await);
            assert_eq!(server.clients(), n + 1);
        }
        for client in clients.iter_mut().rev() {
            talk(client).await;
        }
        drop(clients);
        until(|| server.clients() == 0).await;
    });
}

/// server.handler_error: the error is logged, the peer reads the end, the server still accepts.
fn a_handlers_error_is_reported_and_the_server_lives(kind: Kind) {
    let (runtime, told) = told(kind);
    runtime.block_on(async {
        let server = start_server("127.0.0.1:0", async |mut stream: TcpStream, _| {
            let mut text = String::new();
            stream.read_to_string(&mut text).await?;
            let number: u32 = text.parse()?;
            stream.write_all(&[number as u8]).await?;
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        })
        .await
        .unwrap();
        for (text, answer) in [("seven", &[][..]), ("7", &[7])] {
            let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
            client.write_all(text.as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            let mut read = Vec::new();
            client.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, answer);
            if answer.is_empty() {
                until(|| told.lock().unwrap().len() == 1).await;
                let told = told.lock().unwrap();
                let Unhandled::Connection { peer, error, .. } = &told[0] else {
                    panic!("{told:?}")
                };
                assert_eq!(*peer, client.local_addr().unwrap());
                assert!(error.is::<std::num::ParseIntError>());
                let text = told[0].to_string();
                assert!(text.ends_with("failed: invalid digit found in string"), "{text}");
            }
        }
        assert!(server.is_serving());
    });
    assert_eq!(told.lock().unwrap().len(), 1);
}

fn a_handlers_panic_is_reported_and_the_server_lives(kind: Kind) {
    let (result, said) = heard(|| {
        let (runtime, told) = told(kind);
        runtime.block_on(async {
            let calls = Arc::new(AtomicUsize::new(0));
            let server = start_server("127.0.0.1:0", move |stream, peer| {
                // The first before there is a future, the second in it.
                let call = calls.fetch_add(1, Ordering::SeqCst);
                assert!(call != 0, "no future");
                async move {
                    assert!(call != 1, "no answer");
                    echo(stream, peer).await
                }
            })
            .await
            .unwrap();
            for text in ["no future", "no answer"] {
                let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
                assert!(is_at_its_end(&mut client).await);
                until(|| !told.lock().unwrap().is_empty()).await;
                let news = told.lock().unwrap().pop();
                let Some(Unhandled::Task(error)) = news else { panic!("{news:?}") };
                assert!(error.to_string().contains(text), "{error}");
            }
            client(&server).await;
        });
    });
    assert!(result.is_ok(), "{said:?}");
    let said: Vec<_> = said.iter().map(|said| said.text.as_str()).collect();
    assert_eq!(said, ["no future", "no answer"]);
}

fn it_listens_on_all_addresses_that_there_are(kind: Kind) {
    kind.runtime().block_on(async {
        let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
        // The third is nobody's; the first is there twice.
        let addrs = ["127.0.0.1:0", "127.0.0.2:0", "192.0.2.1:0", "127.0.0.1:0"].map(addr);
        let server = start_server(&addrs[..], echo).await.unwrap();
        let ips: Vec<_> = server.local_addrs().iter().map(SocketAddr::ip).collect();
        assert_eq!(ips, [addrs[0].ip(), addrs[1].ip()]);
        assert_eq!(server.local_addr(), server.local_addrs()[0]);
        let mut clients = Vec::new();
        for addr in server.local_addrs().iter().cycle().take(6) {
            let mut client = TcpStream::connect(addr).await.unwrap();
            talk(&mut client).await;
            clients.push(client);
        }
        assert_eq!(server.clients(), 6);
        let error = start_server(addr("192.0.2.1:0"), echo).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        let error = start_server(&[][..], echo).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

/// Both kinds of address with one port, where the machine has both.
fn a_port_is_taken_for_ipv4_and_ipv6_at_once(kind: Kind) {
    kind.runtime().block_on(async {
        if std::net::TcpListener::bind("[::1]:0").is_err() {
            return println!("no IPv6 here");
        }
        let free = std::net::TcpListener::bind("[::]:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let addrs = ["0.0.0.0", "::"].map(|ip| SocketAddr::new(ip.parse().unwrap(), port));
        let server = start_server(&addrs[..], echo).await.unwrap();
        for ip in ["127.0.0.1", "::1"] {
            talk(&mut TcpStream::connect((ip, port)).await.unwrap()).await;
        }
        drop(server);
    });
}

/// start_server.port_in_use: an error, and nothing is listened on.
fn an_address_in_use_is_an_error_and_no_other_is_kept(kind: Kind) {
    kind.runtime().block_on(async {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let free = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
        let addrs = [free.local_addr().unwrap(), taken.local_addr().unwrap()];
        drop(free);
        let error = start_server(&addrs[..], echo).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().contains("bind to another port"), "{error}");
        let refused = TcpStream::connect(addrs[0]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}

fn a_limit_lets_more_wait_in_line(kind: Kind) {
    kind.runtime().block_on(async {
        let server = echo_server().await;
        server.limit(2);
        let (first, second) = (client(&server).await, client(&server).await);
        let mut third = TcpStream::connect(server.local_addr()).await.unwrap();
        third.write_all(b"tick").await.unwrap();
        // It is let in by whoever goes.
        assert_eq!(server.clients(), 2);
        drop(first);
        let mut answer = [0; 4];
        third.read_exact(&mut answer).await.unwrap();
        let mut fourth = TcpStream::connect(server.local_addr()).await.unwrap();
        fourth.write_all(b"tock").await.unwrap();
        assert_eq!(server.clients(), 2);
        // Or by a higher limit.
        server.limit(3);
        fourth.read_exact(&mut answer).await.unwrap();
        assert_eq!((&answer, server.clients()), (b"tock", 3));
        drop((second, third, fourth));
    });
}

#[test]
fn a_limit_of_zero_is_refused_where_it_is_set() {
    tests::runtime().block_on(async {
        let server = echo_server().await;
        let said = tests::panic_of(|| server.limit(0));
        assert_eq!(said.file, file!());
        assert!(said.text.starts_with("a Server with a limit of 0 would serve nobody"));
    });
}

fn listeners_that_are_there_can_be_served(kind: Kind) {
    kind.runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Called before there is a server: it is served all the same.
        let mut early = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let server = Server::from_listeners([listener], echo).unwrap();
        talk(&mut early).await;
        let error = Server::from_listeners([], echo).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        drop(server);
    });
}

/// The listener of another runtime that has ended does not work any more: that is no shortage.
fn what_is_wrong_with_a_listener_ends_serve_forever(kind: Kind) {
    let (runtime, told) = told(kind);
    let other = tests::runtime();
    let listener = other.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    runtime.block_on(async {
        let ended = Arc::new(Event::new());
        let says = ended.clone();
        let handler = move |stream, peer| {
            let says = says.clone();
            async move {
                let end = echo(stream, peer).await;
                says.set();
                end
            }
        };
        let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = second.local_addr().unwrap();
        let server = Server::from_listeners([listener, second], handler).unwrap();
        let mut client = TcpStream::connect(addr).await.unwrap();
        talk(&mut client).await;
        std::thread::spawn(|| drop(other)).join().unwrap();
        // Whoever waits is told, and whoever asks later too.
        for _ in 0..2 {
            let error = server.serve_forever().await.unwrap_err();
            assert!(error.to_string().contains("runtime"), "{error}");
        }
        assert!(!server.is_serving());
        let said: Vec<_> = told.lock().unwrap().iter().map(Unhandled::to_string).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].ends_with("; it is closed"), "{said:?}");
        // The clients go on.
        talk(&mut client).await;
        drop(client);
        server.wait_closed().await;
        assert!(ended.is_set());
    });
}

tests::each_scheduler! {
    every_client_is_served_by_a_task_of_its_own,
    a_handlers_error_is_reported_and_the_server_lives,
    a_handlers_panic_is_reported_and_the_server_lives,
    it_listens_on_all_addresses_that_there_are,
    a_port_is_taken_for_ipv4_and_ipv6_at_once,
    an_address_in_use_is_an_error_and_no_other_is_kept,
    a_limit_lets_more_wait_in_line,
    listeners_that_are_there_can_be_served,
    what_is_wrong_with_a_listener_ends_serve_forever,
}
