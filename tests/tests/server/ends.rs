//! How a server ends, and what becomes of its clients.

use crate::help::{client, echo, echo_server, is_at_its_end, talk, told};
use mainspring::net::{TcpStream, start_server};
use mainspring::runtime::Unhandled;
use mainspring::spawn;
use mainspring::task::yield_now;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tests::{Drops, Gate, Kind, heard, until};

async fn is_refused(addr: SocketAddr) {
    let answer = TcpStream::connect(addr).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

/// server.close_then_wait_closed: connections go on. asyncio waits for them as of 3.12.
fn close_refuses_at_once_and_wait_closed_waits_for_clients(kind: Kind) {
    kind.runtime().block_on(async {
        let server = Arc::new(echo_server().await);
        let (mut one, mut other) = (client(&server).await, client(&server).await);
        let waits = server.clone();
        let mut waiting = spawn(async move { waits.wait_closed().await });
        server.close();
        // Nobody was polled in between.
        let refused = std::net::TcpStream::connect(server.local_addr());
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert!(!server.is_serving());
        is_refused(server.local_addr()).await;
        for client in [&mut one, &mut other] {
            talk(client).await;
        }
        drop(one);
        until(|| server.clients() == 1).await;
        for _ in 0..20 {
            yield_now().await;
            assert!(!waiting.is_finished());
        }
        talk(&mut other).await;
        drop(other);
        (&mut waiting).await.unwrap();
        assert_eq!(server.clients(), 0);
        // Once more changes nothing, and waiting is over at once.
        server.close();
        server.wait_closed().await;
    });
}

/// On a pool the accept loop may be in an accept at that moment, on another thread.
fn who_connects_after_close_is_refused_while_others_are_being_accepted(kind: Kind) {
    let rounds = if kind.is_pool() { 50 } else { 2 };
    kind.runtime().block_on(async {
        for _ in 0..rounds {
            let server = start_server("127.0.0.1:0", async |_stream, _peer| {}).await.unwrap();
            let addr = server.local_addr();
            let crowd =
                std::thread::spawn(move || while std::net::TcpStream::connect(addr).is_ok() {});
            drop(TcpStream::connect(addr).await.unwrap());
            server.close();
            let answer = std::net::TcpStream::connect(addr);
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::ConnectionRefused);
            crowd.join().unwrap();
            server.wait_closed().await;
        }
    });
}

fn a_server_without_clients_is_over_when_it_is_closed(kind: Kind) {
    kind.runtime().block_on(async {
        let server = echo_server().await;
        server.close();
        server.wait_closed().await;
        server.serve_forever().await.unwrap();
    });
}

/// asyncio raises CancelledError then, after it has waited for the clients.
fn serve_forever_ends_when_the_server_is_closed(kind: Kind) {
    kind.runtime().block_on(async {
        let server = Arc::new(echo_server().await);
        let mut client = client(&server).await;
        let serves = server.clone();
        let mut serving = spawn(async move { serves.serve_forever().await });
        talk(&mut client).await;
        server.close();
        talk(&mut client).await;
        assert!(!serving.is_finished());
        drop(client);
        (&mut serving).await.unwrap().unwrap();
    });
}

fn serve_forever_cancelled_closes_the_server_and_its_clients_go_on(kind: Kind) {
    kind.runtime().block_on(async {
        let server = Arc::new(echo_server().await);
        let mut client = client(&server).await;
        let serves = server.clone();
        let serving = spawn(async move { serves.serve_forever().await });
        talk(&mut client).await;
        serving.abort();
        // It may have been aborted before its first poll: then it has closed nothing.
        if serving.await.is_err() {
            server.close();
        }
        is_refused(server.local_addr()).await;
        talk(&mut client).await;
        drop(client);
        server.wait_closed().await;

        let server = echo_server().await;
        let mut serving = Box::pin(server.serve_forever());
        std::future::poll_fn(|cx| {
            assert!(serving.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert!(server.is_serving());
        drop(serving);
        assert!(!server.is_serving());
        is_refused(server.local_addr()).await;
    });
}

fn close_clients_ends_those_that_are_there_and_no_other(kind: Kind) {
    kind.runtime().block_on(async {
        let server = echo_server().await;
        let mut clients = [client(&server).await, client(&server).await];
        server.close_clients();
        for client in &mut clients {
            assert!(is_at_its_end(client).await);
        }
        let mut next = client(&server).await;
        talk(&mut next).await;
        server.close();
        server.close_clients();
        server.wait_closed().await;
        assert!(is_at_its_end(&mut next).await);
    });
}

/// Unlike asyncio, whose server goes on without its object.
fn a_dropped_server_leaves_nobody_behind(kind: Kind) {
    let drops = Drops::new();
    kind.runtime().block_on(async {
        let (alive, gate) = (drops.clone(), Gate::new());
        let server = start_server("127.0.0.1:0", move |stream, peer| {
            let (counted, gate) = (alive.counted(), gate.clone());
            async move {
                let _counted = counted;
                let _ = echo(stream, peer).await;
                gate.await;
            }
        })
        .await
        .unwrap();
        let addr = server.local_addr();
        let mut one = client(&server).await;
        // This one has closed its side, and its handler goes on.
        drop(client(&server).await);
        drop(server);
        is_refused(addr).await;
        assert!(is_at_its_end(&mut one).await);
        until(|| drops.count() == 2).await;
    });
}

fn a_server_ends_with_its_runtime(kind: Kind) {
    let drops = Drops::new();
    let runtime = kind.runtime();
    let (server, mut client) = runtime.block_on(async {
        let alive = drops.clone();
        let server = start_server("127.0.0.1:0", move |stream, peer| {
            let counted = alive.counted();
            async move {
                let _counted = counted;
                echo(stream, peer).await
            }
        })
        .await
        .unwrap();
        let client = client(&server).await;
        (server, client.into_std().unwrap())
    });
    drop(runtime);
    assert_eq!(drops.count(), 1);
    assert!(!server.is_serving());
    client.set_nonblocking(false).unwrap();
    assert_eq!(std::io::Read::read(&mut client, &mut [0]).unwrap(), 0);
    // On another runtime: whoever waits for its end is not left waiting.
    tests::runtime().block_on(async {
        server.serve_forever().await.unwrap();
        server.wait_closed().await;
    });
    server.close_clients();
    assert_eq!(server.clients(), 0);
}

/// A handler's future that throws when it is dropped, on its way out and when it is told to end.
fn a_destructor_that_panics_is_reported_and_ends_nobody_else(kind: Kind) {
    struct Throws;
    impl Drop for Throws {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("thrown by a drop");
            }
        }
    }
    let (result, said) = heard(|| {
        let (runtime, told) = told(kind);
        runtime.block_on(async {
            let server = start_server("127.0.0.1:0", async |stream: TcpStream, peer| {
                let _throws = Throws;
                echo(stream, peer).await
            })
            .await
            .unwrap();
            drop(client(&server).await);
            until(|| told.lock().unwrap().len() == 1).await;
            let mut next = client(&server).await;
            server.close_clients();
            assert!(is_at_its_end(&mut next).await);
            until(|| told.lock().unwrap().len() == 2).await;
            assert!(server.is_serving());
            let is_task = |news: &Unhandled| matches!(news, Unhandled::Task(_));
            assert!(told.lock().unwrap().iter().all(is_task), "{told:?}");
        });
    });
    assert!(result.is_ok(), "{said:?}");
}

tests::each_scheduler! {
    close_refuses_at_once_and_wait_closed_waits_for_clients,
    who_connects_after_close_is_refused_while_others_are_being_accepted,
    a_server_without_clients_is_over_when_it_is_closed,
    serve_forever_ends_when_the_server_is_closed,
    serve_forever_cancelled_closes_the_server_and_its_clients_go_on,
    close_clients_ends_those_that_are_there_and_no_other,
    a_dropped_server_leaves_nobody_behind,
    a_server_ends_with_its_runtime,
    a_destructor_that_panics_is_reported_and_ends_nobody_else,
}
