//! Chance: 500 connections with buffers of all sizes, of which some are cancelled or reset at any
//! moment. Whoever was left alone gets everything, and nothing is left behind.

use crate::help::*;
use crate::tools::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpSocket, TcpStream};
use mainspring::sync::{Semaphore, oneshot};
use mainspring::task::JoinSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tests::Dice;
use tests::many::{alone, descriptors, threads, until};

const CONNECTIONS: usize = 500;
/// At once: with 1024 descriptors there must be room.
const AT_ONCE: usize = 150;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// Everything comes back.
    Left,
    /// Its task is aborted.
    Cancelled,
    /// It resets the connection with data on the way.
    Reset,
    /// It goes away without a word.
    Dropped,
    /// The server's task is aborted.
    Abandoned,
}

/// Sends `len` bytes in pieces by chance and hears them, in pieces by chance.
async fn client(address: SocketAddr, seed: u64, fate: Fate) -> usize {
    let mut dice = Dice::new(seed);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1 << (12 + dice.roll(5))).unwrap();
    socket.set_send_buffer_size(1 << (10 + dice.roll(7))).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    // The first byte tells the server what is going to happen.
    stream.write_u8(u8::from(fate == Fate::Abandoned)).await.unwrap();
    let len = 1 + dice.roll(40_000);
    // With this much not sent, it is over.
    let gives_up = matches!(fate, Fate::Reset | Fate::Dropped).then(|| dice.roll(len));
    let (mut reading, mut writing) = stream.into_split();
    let mut chance = Dice::new(seed + 1);
    let writer = async move {
        let mut sent = 0;
        while sent < gives_up.unwrap_or(len) {
            let piece = (1 + chance.roll(20_000)).min(len - sent);
            if writing.write_all(&pattern(sent, piece)).await.is_err() {
                break;
            }
            sent += piece;
            if chance.roll(3) == 0 {
                mainspring::task::yield_now().await;
            }
        }
        if fate == Fate::Reset {
            writing.as_ref().set_zero_linger().unwrap();
        }
        if gives_up.is_none() {
            // An abandoned one is closed already.
            let closed = writing.shutdown().await;
            assert!(closed.is_ok() || fate != Fate::Left);
        }
        writing
    };
    let reader = async move {
        let (mut heard, mut buf) = (0, vec![0; 1 + dice.roll(20_000)]);
        while gives_up.is_none() {
            match reading.read(&mut buf).await {
                Ok(0) => break,
                Ok(n) => {
                    assert!(buf[..n] == pattern(heard, n), "not what was sent, at {heard}");
                    heard += n;
                }
                Err(error) if fate == Fate::Left => panic!("{error}"),
                Err(_) => break,
            }
        }
        assert!(fate != Fate::Left || heard == len, "{heard} of {len} bytes came back");
        heard
    };
    mainspring::join!(writer, reader).1
}

/// Echoes. Where the client said so, it asks to be aborted after some bytes, and goes on.
async fn serve(mut stream: TcpStream, seed: u64, abandon: oneshot::Sender<()>) {
    let mut dice = Dice::new(seed);
    let Ok(abandoned) = stream.read_u8().await else { return };
    let mut abandon = (abandoned == 1).then_some(abandon);
    let mut left = dice.roll(20_000);
    let mut buf = vec![0; 1 + dice.roll(20_000)];
    loop {
        match stream.read(&mut buf).await {
            Ok(0) | Err(_) => return,
            Ok(n) => {
                left = left.saturating_sub(n);
                if left == 0
                    && let Some(abandon) = abandon.take()
                {
                    let _ = abandon.send(());
                }
                if stream.write_all(&buf[..n]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn accept_all(listener: TcpListener, seed: u64) {
    let mut handlers = JoinSet::new();
    for number in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        let (abandon, abandoned) = oneshot::channel();
        let handler = handlers.spawn(serve(stream, seed + number, abandon));
        mainspring::spawn(async move {
            if abandoned.await.is_ok() {
                handler.abort();
            }
        });
        while handlers.try_join_next().is_some() {}
    }
}

async fn storm(seed: u64) {
    let (listener, address) = listener().await;
    // A window smaller than a packet would be filled by the kernel's probes alone, some of which
    // are seconds apart; and on loopback packets are large. The connections inherit it.
    set_option(&listener, libc::IPPROTO_TCP, libc::TCP_MAXSEG, 500_i32);
    let server = mainspring::spawn(accept_all(listener, seed));
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (mut dice, mut clients) = (Dice::new(seed), Vec::new());
    for number in 0..CONNECTIONS as u64 {
        let fates = [Fate::Cancelled, Fate::Reset, Fate::Dropped, Fate::Abandoned];
        let fate = fates.get(dice.roll(8)).copied().unwrap_or(Fate::Left);
        let permit = room.clone().acquire_owned().await.unwrap();
        let client = mainspring::spawn(async move {
            let _permit = permit;
            client(address, seed * 1000 + number * 2, fate).await
        });
        if fate == Fate::Cancelled {
            let handle = client.abort_handle();
            let turns = dice.roll(20);
            mainspring::spawn(async move {
                for _ in 0..turns {
                    mainspring::task::yield_now().await;
                }
                handle.abort();
            });
        }
        clients.push((fate, client));
    }
    for (fate, client) in clients {
        match client.await {
            Ok(_) => {}
            Err(error) if error.is_cancelled() => assert_eq!(fate, Fate::Cancelled),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
}

#[test]
fn whoever_is_left_alone_in_a_storm_hears_everything() {
    const TEST: &str = "storm::whoever_is_left_alone_in_a_storm_hears_everything";
    alone(TEST, || {
        let seed = match std::env::var("MAINSPRING_SEED") {
            Ok(seed) => seed.parse().expect("a number"),
            Err(_) => u64::from(std::process::id()),
        };
        println!("MAINSPRING_SEED={seed}");
        // What is made only once is there then.
        run(Kind::Workers(2), || async {});
        let before = threads().len();
        for kind in [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2), Kind::Helping] {
            let (files, start) = (descriptors(), Instant::now());
            let runtime = kind.runtime();
            let within = descriptors();
            runtime.block_on(async {
                mainspring::spawn(storm(seed)).await.unwrap();
                let metrics = mainspring::runtime::Handle::current().metrics();
                tests::until(|| metrics.num_alive_tasks() == 0).await;
            });
            assert_eq!(descriptors(), within, "{kind:?}: a socket is left");
            drop(runtime);
            until("all threads have ended", || threads().len() == before);
            assert_eq!(descriptors(), files);
            println!("{kind:?}: {:?}", start.elapsed());
        }
    });
}
