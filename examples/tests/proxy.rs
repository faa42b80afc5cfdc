//! The proxy: what goes through, what must not look like an end, and a server that is not there.

#![allow(dead_code)]

mod common;

use clap::Parser;
use common::{SCHEDULERS, nobody_listens, run};
use examples::flags::Scheduler;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpSocket, TcpStream};
use mainspring::time::timeout;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

#[path = "../proxy.rs"]
mod proxy;
use proxy::{Options, Proxy};

/// No test here takes longer than a few seconds on a quiet machine.
const LIMIT: Duration = Duration::from_secs(60);
const MIB: usize = 1 << 20;

fn on_both<F: Future<Output = ()>>(test: impl Fn() -> F) {
    for scheduler in [Scheduler::CURRENT_THREAD, Scheduler::multi_thread(4)] {
        let ended = scheduler.runtime().unwrap().block_on(async { timeout(LIMIT, test()).await });
        assert!(ended.is_ok(), "hangs on {scheduler}");
    }
}

/// A proxy in this process, and the listener of the server that it leads to.
async fn proxied(more: &[&str]) -> (Proxy, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (to(listener.local_addr().unwrap(), more).await, listener)
}

async fn to(addr: SocketAddr, more: &[&str]) -> Proxy {
    let addr = addr.to_string();
    let args = [&["proxy", "--listen", "127.0.0.1:0", "--to", &addr], more].concat();
    Proxy::start(&Options::parse_from(args)).await.unwrap()
}

fn bytes(seed: usize) -> Vec<u8> {
    (0..MIB).map(|n| (n * seed % 251) as u8).collect()
}

#[test]
fn server_proxy_and_client_in_one_process() {
    for on in SCHEDULERS {
        let ended = on.run("proxy", &["--check"]).good();
        ended
            .shows("1 MiB went through and came back unchanged")
            .shows("no server: closed at once");
        ended.shows("1 connections ended, 0 broke off, 1 found no server, 0 were cut off");
        ended.shows("1048576 bytes up, 1048576 bytes down").tells("cannot reach 127.0.0.1:");
    }
}

/// The server answers only when it has seen the end of the request.
#[test]
fn a_half_close_passes_through_in_both_directions() {
    on_both(|| async {
        let (proxy, listener) = proxied(&[]).await;
        let (request, answer) = (bytes(3), bytes(7));
        let server = async {
            let mut stream = listener.accept().await.unwrap().0;
            let mut got = Vec::new();
            stream.read_to_end(&mut got).await.unwrap();
            assert!(got == request, "{} bytes came", got.len());
            stream.write_all(&answer).await.unwrap();
        };
        let client = async {
            let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
            stream.write_all(&request).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut got = Vec::new();
            stream.read_to_end(&mut got).await.unwrap();
            assert!(got == answer, "{} bytes came back", got.len());
        };
        mainspring::join!(server, client);
        let summary = proxy.stop().await;
        assert!(summary.starts_with("1 connections ended, 0 broke off"), "{summary}");
        assert!(summary.ends_with("1048576 bytes up, 1048576 bytes down"), "{summary}");
    });
}

async fn pair(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
    client.write_all(b"x").await.unwrap();
    let mut server = listener.accept().await.unwrap().0;
    server.read_exact(&mut [0]).await.unwrap();
    (client, server)
}

async fn is_reset(mut stream: TcpStream) {
    let end = stream.read(&mut [0; 16]).await.map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset));
}

#[test]
fn who_breaks_off_is_not_taken_for_one_who_has_ended() {
    on_both(|| async {
        let (proxy, listener) = proxied(&[]).await;
        let (client, server) = pair(&proxy, &listener).await;
        client.set_zero_linger().unwrap();
        drop(client);
        is_reset(server).await;
        let (client, server) = pair(&proxy, &listener).await;
        server.set_zero_linger().unwrap();
        drop(server);
        is_reset(client).await;
        let summary = proxy.stop().await;
        assert!(summary.starts_with("0 connections ended, 2 broke off"), "{summary}");
    });
}

#[test]
fn a_stop_lets_connections_end_and_breaks_off_those_that_do_not() {
    on_both(|| async {
        let (proxy, listener) = proxied(&["--grace", "0.1"]).await;
        let (client, server) = pair(&proxy, &listener).await;
        let summary = proxy.stop().await;
        assert!(summary.contains("0 connections ended") && summary.contains("1 were cut off"));
        assert!(summary.ends_with("1 bytes up, 0 bytes down"), "{summary}");
        is_reset(client).await;
        is_reset(server).await;
        let after = TcpStream::connect(proxy.addr()).await.map_err(|error| error.kind());
        assert_eq!(after.err(), Some(ErrorKind::ConnectionRefused));
    });
}

/// A listener whose queue is full answers no one.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_does_not_answer_costs_its_client_a_time_out() {
    on_both(|| async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(addr)).await {
            queue.push(stream.unwrap());
        }
        let proxy = to(addr, &["--connect-timeout", "0.1"]).await;
        let mut client = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        let summary = proxy.stop().await;
        assert!(summary.contains("1 found no server"), "{summary}");
    });
}

fn asks(addr: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = std::net::TcpStream::connect(addr)?;
    stream.write_all(b"tick")?;
    let mut answer = vec![0; 4];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

#[cfg(unix)]
#[test]
fn the_proxy_lives_on_when_its_server_is_down() {
    for on in SCHEDULERS {
        let (held, nobody) = nobody_listens();
        let proxy = on.start("proxy", &["--listen", "127.0.0.1:0", "--to", &nobody.to_string()]);
        let addr = proxy.addr();
        for _ in 0..2 {
            assert!(asks(addr).is_err());
            let line = proxy.error_line();
            assert!(line.contains(&format!("closed: cannot reach {nobody}: ")), "{line}");
        }
        proxy.ctrl_c();
        proxy.ended().good().shows("0 broke off, 2 found no server");
        drop(held);
    }
}

#[cfg(unix)]
#[test]
fn above_the_limit_clients_wait_for_their_turn() {
    for on in SCHEDULERS {
        let echo = on.start("echo", &["--port", "0"]);
        let to = echo.addr().to_string();
        let args = ["--listen", "127.0.0.1:0", "--to", &to, "--limit", "1", "--grace", "0.1"];
        let proxy = on.start("proxy", &args);
        let addr = proxy.addr();
        let first = std::net::TcpStream::connect(addr).unwrap();
        assert!(proxy.line().ends_with(&format!("connected to {to}")));
        let second = std::thread::spawn(move || asks(addr));
        let line = proxy.line();
        assert!(line.ends_with("waits for its turn; 1 connections are open"), "{line}");
        drop(first);
        assert_eq!(second.join().unwrap().unwrap(), b"tick");
        // A client that says nothing does not hold the end up.
        let _silent = std::net::TcpStream::connect(addr).unwrap();
        while !proxy.line().ends_with("4 bytes up, 4 bytes down") {}
        while !proxy.line().ends_with(&format!("connected to {to}")) {}
        proxy.ctrl_c();
        proxy.ended().good().shows("2 connections ended").shows("1 were cut off");
    }
}

#[test]
fn a_flag_that_makes_no_sense_is_refused_with_the_reason() {
    for to in ["8888", "127.0.0.1", ":80", "here:0", "here:99999"] {
        run("proxy", &["--to", to]).bad().tells("give a host and a port");
    }
    run("proxy", &["--limit", "0"]).bad().tells("give a whole number, 1 to 1000000");
    run("proxy", &["--listen", "here"]).bad().tells("--listen");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    run("proxy", &["--listen", &addr]).bad().tells(&addr).tells("choose another with --listen");
}
