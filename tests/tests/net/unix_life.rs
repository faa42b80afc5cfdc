//! Unix sockets and tasks: who waits, who is dropped, who moves, and what has ended.

use crate::help::{Kind, has_ended, run, the_end_wakes};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{UnixDatagram, UnixListener, UnixStream};
use std::future::poll_fn;
use std::io::Read;
use std::sync::Arc;
use tests::Folder;

fn several_tasks_may_accept_on_one_listener(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let listener = Arc::new(UnixListener::bind(folder.at("s")).unwrap());
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let listener = listener.clone();
                mainspring::spawn(async move { listener.accept().await.unwrap().0.read_u8().await })
            })
            .collect();
        mainspring::task::yield_now().await;
        for n in 0..10 {
            let mut client = UnixStream::connect(folder.at("s")).await.unwrap();
            client.write_u8(n).await.unwrap();
        }
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.push(task.await.unwrap().unwrap());
        }
        numbers.sort();
        assert_eq!(numbers, Vec::from_iter(0..10));
        let polled = std::os::unix::net::UnixStream::connect(folder.at("s")).unwrap();
        poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
        drop(polled);
    });
}

fn a_stream_dropped_by_its_task_while_it_waits_is_gone(kind: Kind) {
    run(kind, || async {
        let (ours, mut peer) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut stream = UnixStream::from_std(ours).unwrap();
        let reader = mainspring::spawn(async move { stream.read(&mut [0; 8]).await });
        mainspring::task::yield_now().await;
        reader.abort();
        assert!(reader.await.unwrap_err().is_cancelled());
        assert_eq!(peer.read(&mut [0; 8]).unwrap(), 0, "the peer sees the end");
    });
}

fn a_listener_dropped_while_it_waits_refuses_the_next(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let listener = UnixListener::bind(folder.at("s")).unwrap();
        let waits = mainspring::spawn(async move { listener.accept().await.map(drop) });
        mainspring::task::yield_now().await;
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
        let error = UnixStream::connect(folder.at("s")).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    });
}

fn sockets_go_from_task_to_task_and_to_std_and_back(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let listener = UnixListener::bind(folder.at("s")).unwrap();
        assert!(listener.take_error().unwrap().is_none());
        let listener = UnixListener::try_from(listener.into_std().unwrap()).unwrap();
        let accepts = mainspring::spawn(async move { listener.accept().await.unwrap().0 });
        let client = UnixStream::connect(folder.at("s")).await.unwrap();
        let mut server = accepts.await.unwrap();
        let mut client = UnixStream::try_from(client.into_std().unwrap()).unwrap();
        let writer = mainspring::spawn(async move {
            client.write_u8(7).await.unwrap();
            client
        });
        assert_eq!(server.read_u8().await.unwrap(), 7);
        let mut client = writer.await.unwrap();
        mainspring::spawn(async move { server.write_u8(8).await.unwrap() });
        assert_eq!(client.read_u8().await.unwrap(), 8);
    });
}

/// The first runtime has ended by then: what std has is nobody's.
fn sockets_go_to_another_runtime_by_way_of_std(kind: Kind) {
    let first = kind.runtime();
    let (one, other) = first.block_on(async {
        let (mut one, other) = UnixStream::pair().unwrap();
        one.write_u8(7).await.unwrap();
        (one.into_std().unwrap(), other.into_std().unwrap())
    });
    drop(first);
    run(kind, || async {
        let mut one = UnixStream::from_std(one).unwrap();
        let mut other = UnixStream::from_std(other).unwrap();
        assert_eq!(other.read_u8().await.unwrap(), 7);
        other.write_u8(8).await.unwrap();
        assert_eq!(one.read_u8().await.unwrap(), 8);
    });
}

#[test]
fn a_socket_made_outside_a_runtime_panics_with_the_remedy() {
    let said = tests::panic_of(|| UnixDatagram::unbound());
    assert!(said.text.contains("Handle::enter"), "{}", said.text);
    assert_eq!((said.file.as_str(), said.line), (file!(), line!() - 2));
}

fn a_socket_says_that_its_runtime_has_ended(kind: Kind) {
    let (first, folder) = (kind.runtime(), Folder::new());
    let (mut stream, peer, listener, datagram) = first.block_on(async {
        let (stream, peer) = UnixStream::pair().unwrap();
        let listener = UnixListener::bind(folder.at("s")).unwrap();
        (stream, peer, listener, UnixDatagram::unbound().unwrap())
    });
    drop(first);
    kind.runtime().block_on(async {
        has_ended(stream.read(&mut [0; 8]).await);
        has_ended(stream.write_all(b"tock").await);
        has_ended(stream.readable().await);
        has_ended(stream.try_read(&mut [0; 8]));
        has_ended(listener.accept().await);
        has_ended(datagram.recv(&mut [0; 8]).await);
        has_ended(datagram.send_to(b"tock", folder.at("s")).await);
    });
    drop(peer);
}

fn the_end_of_a_runtime_wakes_who_waits_for_its_sockets(kind: Kind) {
    the_end_wakes(kind, async { UnixStream::pair().unwrap() });
}

tests::each_scheduler! {
    several_tasks_may_accept_on_one_listener,
    a_stream_dropped_by_its_task_while_it_waits_is_gone,
    a_listener_dropped_while_it_waits_refuses_the_next,
    sockets_go_from_task_to_task_and_to_std_and_back,
    sockets_go_to_another_runtime_by_way_of_std,
    a_socket_says_that_its_runtime_has_ended,
    the_end_of_a_runtime_wakes_who_waits_for_its_sockets,
}
