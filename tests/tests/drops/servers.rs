//! Servers: what is left of one when somebody does not wait any more.

use crate::harness::Class::{Nothing, Stays};
use crate::harness::{Row, Scene, row};
use crate::world::World;
use mainspring::io::AsyncReadExt;
use mainspring::net::{Server, TcpStream, start_server};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

pub const ROWS: &[Row] = &[
    row("net::start_server", Nothing, "no socket is left behind", starts),
    row("net::Server::serve_forever", Stays, "the server is closed, as by `close`", serves),
    row("net::Server::wait_closed", Nothing, "", waits),
];

async fn handler(mut stream: TcpStream, _peer: SocketAddr) -> std::io::Result<()> {
    stream.read_exact(&mut [0; 4]).await.map(drop)
}

/// The address is free when the server is dropped.
fn starts() -> Scene {
    let (world, had) = (World::with_sockets(), Arc::new(Mutex::new(None)));
    let ours = had.clone();
    let starts = move || async move {
        let server = start_server("127.0.0.1:0", handler).await.unwrap();
        *ours.lock().unwrap() = Some(server.local_addr());
    };
    Scene::new(world.inside(starts)).at_once().check(move |ready| {
        let had = *had.lock().unwrap();
        assert_eq!(had.is_some(), ready);
        // Somebody else may have it by now, but not for long.
        had.into_iter().for_each(|had| {
            tests::eventually(|| std::net::TcpListener::bind(had).is_ok());
        });
    })
}

/// A server with a client; it is closed, then the client goes.
fn closed_and_left(work: impl AsyncFnOnce(&Server) + 'static, closes: bool) -> Scene {
    let world = World::with_sockets();
    let server = Arc::new(world.0.block_on(start_server("127.0.0.1:0", handler)).unwrap());
    let mut client = std::net::TcpStream::connect(server.local_addr()).unwrap();
    world.0.block_on(tests::until(|| server.clients() == 1));
    let (ours, closed, left) = (server.clone(), server.clone(), server.clone());
    let (turns, goes) = (world.clone(), world.clone());
    let polled = Arc::new(Mutex::new(false));
    let begun = polled.clone();
    let work = move || async move {
        *begun.lock().unwrap() = true;
        work(&ours).await;
    };
    Scene::new(world.inside(work))
        .step(move || {
            closed.close();
            turns.settle();
        })
        .step(move || {
            client.write_all(b"over").unwrap();
            goes.0.block_on(tests::until(|| left.clients() == 0));
            goes.settle();
        })
        .check(move |ready| {
            let dropped = *polled.lock().unwrap() && closes;
            assert!(!dropped || !server.is_serving());
            assert!(!ready || server.clients() == 0);
            // However it was, whoever waits now is told when it is over.
            server.close();
            server.close_clients();
            world.0.block_on(server.wait_closed());
        })
}

fn serves() -> Scene {
    closed_and_left(async |server| server.serve_forever().await.unwrap(), true)
}

fn waits() -> Scene {
    closed_and_left(async |server| server.wait_closed().await, false)
}
