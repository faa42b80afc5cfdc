//! A socket goes from task to task, from thread to thread, and into another runtime.

use crate::help::*;
use crate::tools::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::TcpStream;
use mainspring::runtime::Runtime;
use std::collections::HashSet;
use std::pin::pin;
use std::sync::mpsc;
use tests::Gate;

/// Every operation is another task's; each may leave a waker, and be dropped, on its way.
fn a_socket_that_changes_its_task_after_each_operation(kind: Kind) {
    run(kind, move || async move {
        let (mut stream, mut server) = pair().await;
        let mut threads = HashSet::new();
        for round in 0..500_u32 {
            let (client, thread) = mainspring::spawn(async move {
                stream.write_u32(round).await.unwrap();
                (stream, std::thread::current().id())
            })
            .await
            .unwrap();
            threads.insert(thread);
            stream = client;
            assert_eq!(server.read_u32().await.unwrap(), round);
            let waits = mainspring::spawn(async move {
                let mut buf = [0; 4];
                {
                    let mut early = pin!(stream.read(&mut buf));
                    assert_pending(early.as_mut()).await;
                }
                stream
            });
            stream = waits.await.unwrap();
            let reader = mainspring::spawn(async move {
                let answer = stream.read_u32().await.unwrap();
                (stream, answer)
            });
            server.write_u32(!round).await.unwrap();
            let (client, answer) = reader.await.unwrap();
            assert_eq!(answer, !round);
            stream = client;
        }
        println!("{kind:?}: on {} threads", threads.len());
    });
}

/// A future that waits for a socket is polled by one thread and then by another, which is the one
/// to be woken.
fn a_read_that_waits_moves_to_another_thread(kind: Kind) {
    let runtime = kind.runtime();
    let (stream, peer) = runtime.block_on(with_std());
    let mut read = Box::pin(async move {
        let mut stream = stream;
        stream.read_u32().await.unwrap()
    });
    runtime.block_on(assert_pending(read.as_mut()));
    let (runtime, read) = std::thread::spawn(move || {
        runtime.block_on(assert_pending(read.as_mut()));
        (runtime, read)
    })
    .join()
    .unwrap();
    tell(&peer, &7_u32.to_be_bytes());
    assert_eq!(runtime.block_on(read), 7);
}

/// A runtime that is driven, whatever its kind, until this is dropped.
struct Driven {
    handle: mainspring::runtime::Handle,
    end: Gate,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Driven {
    fn start(runtime: Runtime) -> Self {
        let (handle, end) = (runtime.handle().clone(), Gate::new());
        let wait = end.clone();
        let thread = std::thread::spawn(move || runtime.block_on(wait));
        Self { handle, end, thread: Some(thread) }
    }

    /// When this returns, the runtime has ended.
    fn end(mut self) {
        self.end.open();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// The socket's reactor stays the first one's: it works in the second as long as the first runs,
/// and then says what is the matter; `into_std` and `from_std` make it the second one's.
fn a_socket_in_another_runtime_works_as_long_as_its_own_runs(kind: Kind) {
    for first in [Kind::CurrentThread, Kind::Workers(2)] {
        let first = Driven::start(first.runtime());
        let made = first.handle.spawn(async {
            let (listener, _) = listener().await;
            let (client, server) = pair().await;
            (listener, client, server)
        });
        let second = kind.runtime();
        let (listener, mut client, server) = second.block_on(made).unwrap();
        let (waits, is_waiting) = mpsc::channel();
        let (client, stuck) = second.block_on(async move {
            let address = listener.local_addr().unwrap();
            let accept = mainspring::spawn(async move { (listener.accept().await, listener) });
            mainspring::task::yield_now().await;
            drop(StdStream::connect(address).unwrap());
            let (accepted, listener) = accept.await.unwrap();
            accepted.unwrap();
            let echo = mainspring::spawn(echo(server));
            for round in 0..200_u32 {
                client.write_u32(round).await.unwrap();
                assert_eq!(client.read_u32().await.unwrap(), round);
            }
            let stuck = mainspring::spawn(async move {
                let mut accept = pin!(listener.accept());
                assert_pending(accept.as_mut()).await;
                waits.send(()).unwrap();
                accept.await.map(drop)
            });
            // The accept has been polled, and so has the read of the echo.
            tests::until(|| is_waiting.try_recv().is_ok()).await;
            (client, [echo, stuck])
        });
        first.end();
        second.block_on(async move {
            let mut client = client;
            let ends = |error: std::io::Error| {
                let text = error.to_string();
                assert!(text.contains("runtime this socket belongs to has ended"), "{text}");
            };
            for stuck in stuck {
                ends(stuck.await.unwrap().unwrap_err());
            }
            ends(client.write_all(b"tick").await.unwrap_err());
            ends(client.read(&mut [0; 8]).await.unwrap_err());
            ends(client.writable().await.unwrap_err());
            ends(client.try_write(b"tick").unwrap_err());
            // It is a socket still. Its peer is closed by now.
            let mut client = TcpStream::from_std(client.into_std().unwrap()).unwrap();
            assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
        });
    }
}

tests::each_scheduler! {
    a_socket_that_changes_its_task_after_each_operation,
    a_read_that_waits_moves_to_another_thread,
    a_socket_in_another_runtime_works_as_long_as_its_own_runs,
}
