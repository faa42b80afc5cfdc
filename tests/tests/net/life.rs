//! Who waits, and for how long: readiness, several waiters, closed sockets, ended runtimes.

use crate::help::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt, Interest};
use mainspring::net::TcpListener;
use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::pin::pin;

fn readiness_is_a_hint_and_a_try_tells(kind: Kind) {
    run(kind, || async {
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
fn several_tasks_may_accept_on_one_listener(kind: Kind) {
    run(kind, || async {
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
fn a_dropped_waiter_leaves_the_others_in_line(kind: Kind) {
    run(kind, || async {
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

fn a_socket_dropped_by_its_task_while_it_waits_is_gone(kind: Kind) {
    run(kind, || async {
        let (mut stream, mut peer) = with_std().await;
        let reader = mainspring::spawn(async move { stream.read(&mut [0; 8]).await });
        mainspring::task::yield_now().await;
        reader.abort();
        assert!(reader.await.unwrap_err().is_cancelled());
        assert_eq!(peer.read(&mut [0; 8]).unwrap(), 0, "the peer sees the end");
    });
}

/// Sockets that come and go reuse each other's numbers, in the system and in the reactor.
fn events_of_a_closed_socket_do_not_reach_the_next_one(kind: Kind) {
    run(kind, || async {
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

fn a_socket_says_that_its_runtime_has_ended(kind: Kind) {
    let first = kind.runtime();
    let (mut stream, mut peer) = first.block_on(with_std());
    let (listener, _addr) = first.block_on(listener());
    drop(first);
    peer.write_all(b"tick").unwrap();
    kind.runtime().block_on(async {
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
}

fn the_end_of_a_runtime_wakes_who_waits_for_its_sockets(kind: Kind) {
    the_end_wakes(kind, with_std());
}

#[test]
fn a_socket_made_outside_a_runtime_panics_with_the_remedy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let panic = std::panic::catch_unwind(|| TcpListener::from_std(listener)).unwrap_err();
    let message = panic.downcast_ref::<String>().cloned();
    let message = message.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    assert!(message.unwrap().contains("Handle::enter"));
}

/// A budget is spent by each read: a socket that is always readable lets others run.
fn a_socket_that_is_always_ready_does_not_starve_other_tasks(kind: Kind) {
    run(kind, || async move {
        let (mut stream, mut peer) = with_std().await;
        peer.write_all(&[7; 10_000]).unwrap();
        let reader = mainspring::spawn(async move {
            let mut reads = pin!(async {
                for _ in 0..10_000 {
                    stream.read_u8().await.unwrap();
                }
            });
            let mut polls = 0;
            poll_fn(|cx| {
                polls += 1;
                reads.as_mut().poll(cx)
            })
            .await;
            polls
        });
        let mut turns = 0;
        while !reader.is_finished() {
            mainspring::task::yield_now().await;
            turns += 1;
        }
        let polls = reader.await.unwrap();
        assert!(polls >= 10_000 / 128, "10 000 reads in {polls} polls");
        // Of two workers one may have begun late.
        if kind.workers() == 1 {
            assert!(turns >= 10_000 / 128, "{turns} turns beside 10 000 reads");
        }
        drop(peer);
    });
}

tests::each_scheduler! {
    readiness_is_a_hint_and_a_try_tells,
    several_tasks_may_accept_on_one_listener,
    a_dropped_waiter_leaves_the_others_in_line,
    a_socket_dropped_by_its_task_while_it_waits_is_gone,
    events_of_a_closed_socket_do_not_reach_the_next_one,
    a_socket_says_that_its_runtime_has_ended,
    the_end_of_a_runtime_wakes_who_waits_for_its_sockets,
    a_socket_that_is_always_ready_does_not_starve_other_tasks,
}
