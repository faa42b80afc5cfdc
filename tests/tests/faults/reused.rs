//! A socket is dropped with an operation pending, and the next one gets its number: nothing that
//! happened to the old one reaches the new one.

use crate::help::*;
use crate::tools::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt, Interest};
use mainspring::net::tcp::OwnedWriteHalf;
use mainspring::net::{TcpListener, TcpStream};
use std::future::Future;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::pin::{Pin, pin};
use std::sync::Arc;
use tests::{Bell, Dice, poll_with};

/// All schedulers together: ten thousand.
const ROUNDS: usize = 2_000;
const OPERATIONS: usize = 9;

/// Something that waits; dropped, it takes the socket with it.
type Waiting = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Waits with the socket of a kind of operation. Ready says whether it went well.
fn waiting(operation: usize, stream: TcpStream) -> Waiting {
    let mut stream = stream;
    let full = |stream: &TcpStream| while stream.try_write(&[7; 65_536]).is_ok() {};
    Box::pin(async move {
        match operation {
            0 => stream.read(&mut [0; 8]).await.is_ok(),
            1 => stream.read_exact(&mut [0; 64]).await.is_ok(),
            2 => stream.peek(&mut [0; 8]).await.is_ok(),
            3 => stream.readable().await.is_ok(),
            4 => {
                full(&stream);
                stream.write(&[7]).await.is_ok()
            }
            5 => {
                full(&stream);
                stream.writable().await.is_ok()
            }
            6 => stream.ready(Interest::READABLE).await.is_ok(),
            7 => {
                let (mut read, _write) = stream.into_split();
                read.read(&mut [0; 8]).await.is_ok()
            }
            // Two at once, of which one waits in the line.
            _ => {
                let (mut read, write) = stream.into_split();
                let mut buf = [0; 8];
                let (one, other) = mainspring::join!(read.read(&mut buf), peek(&write));
                one.is_ok() && other
            }
        }
    })
}

async fn peek(half: &OwnedWriteHalf) -> bool {
    half.as_ref().peek(&mut [0; 8]).await.is_ok()
}

/// What the peer of the old socket does before or after that is dropped.
fn stir(dice: &mut Dice, peer: &StdStream) {
    match dice.roll(3) {
        0 => tell(peer, b"stale"),
        1 => _ = peer.shutdown(std::net::Shutdown::Both),
        _ => {}
    }
}

/// The reactor has handed out everything that had happened before this was called.
async fn settled(stream: &mut TcpStream, peer: &StdStream) {
    tell(peer, &[1]);
    assert_eq!(stream.read_u8().await.unwrap(), 1);
}

async fn connection(listener: &std::net::TcpListener, to: SocketAddr) -> (TcpStream, StdStream) {
    let peer = StdStream::connect(to).unwrap();
    let ours = listener.accept().unwrap().0;
    (TcpStream::from_std(ours).unwrap(), peer)
}

fn events_of_the_old_socket_do_not_reach_the_new_one(kind: Kind) {
    let seed = u64::from(std::process::id()) * 8 + kind.workers() as u64;
    println!("seed {seed}");
    run(kind, move || async move {
        let (listener, address) = std_listener();
        let (mut probe, far_probe) = connection(&listener, address).await;
        let (mut dice, mut same) = (Dice::new(seed), 0);
        for round in 0..ROUNDS {
            let (old, peer) = connection(&listener, address).await;
            let (number, operation) = (old.as_raw_fd(), dice.roll(OPERATIONS));
            let old_bell = Bell::new();
            let mut pending = waiting(operation, old);
            assert!(poll_with(&mut pending, &old_bell).is_pending(), "operation {operation}");
            // Sometimes it happens before the drop, so that an event may be in the buffer.
            let early = dice.roll(2) == 0;
            if early {
                stir(&mut dice, &peer);
            }
            if dice.roll(4) == 0 {
                mainspring::task::yield_now().await;
            }
            let next = StdStream::connect(address).unwrap();
            drop(pending);
            let new = TcpStream::from_std(listener.accept().unwrap().0).unwrap();
            same += usize::from(new.as_raw_fd() == number);
            let bell = Bell::new();
            let mut read = waiting(1, new);
            let first = poll_with(&mut read, &bell);
            assert!(first.is_pending());
            if !early {
                stir(&mut dice, &peer);
            }
            settled(&mut probe, &far_probe).await;
            // It may have been told that it can be written to; that wakes no reader.
            assert_eq!(
                bell.rung(),
                0,
                "round {round}, operation {operation}: woken by the old one"
            );
            tell(&next, &[9; 64]);
            assert!(read.await, "round {round}: it reads its own bytes");
            // No end of these waits in the system for a minute.
            reset(peer);
            reset(next);
        }
        println!("{same} of {ROUNDS} numbers were used again at once");
        assert!(same > ROUNDS / 100);
    });
}

/// The same for the two that have no stream yet: a listener with an `accept`, and a `connect` that
/// is under way.
fn a_dropped_accept_and_a_dropped_connect_leave_nothing(kind: Kind) {
    run(kind, || async {
        let (mut probe, far_probe) = with_std().await;
        for round in 0..200_u32 {
            let (listener, address) = listener().await;
            let (old, bell) = (Closed::watch(&listener), Bell::new());
            let mut accept: Pin<Box<dyn Future<Output = bool> + Send>> =
                Box::pin(async move { accept_of(&listener).await });
            assert!(poll_with(&mut accept, &bell).is_pending());
            let caller = (round % 2 == 0).then(|| StdStream::connect(address).unwrap());
            drop(accept);
            old.check();
            let (mut stream, peer) = with_std().await;
            {
                let mut early = pin!(stream.read_u8());
                assert_pending(early.as_mut()).await;
            }
            settled(&mut probe, &far_probe).await;
            tell(&peer, &[5]);
            assert_eq!(stream.read_u8().await.unwrap(), 5);
            caller.into_iter().for_each(reset);
            let mut connect = Box::pin(TcpStream::connect(peer.local_addr().unwrap()));
            let _ = poll_with(&mut connect, &bell);
            drop(connect);
            reset(peer);
        }
    });
}

async fn accept_of(listener: &TcpListener) -> bool {
    listener.accept().await.is_ok()
}

/// Wakers that were left by a dropped socket are dropped with it.
fn a_dropped_socket_keeps_no_waker(kind: Kind) {
    run(kind, || async {
        for operation in 0..OPERATIONS {
            let (stream, peer) = with_std().await;
            let bell = Bell::new();
            let mut pending = waiting(operation, stream);
            assert!(poll_with(&mut pending, &bell).is_pending());
            tell(&peer, b"stale");
            drop(pending);
            // The thread that has the events may be using them at this moment.
            tests::until(|| Arc::strong_count(&bell) == 1).await;
        }
    });
}

tests::each_scheduler! {
    events_of_the_old_socket_do_not_reach_the_new_one,
    a_dropped_accept_and_a_dropped_connect_leave_nothing,
    a_dropped_socket_keeps_no_waker,
}
