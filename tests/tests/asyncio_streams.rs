//! asyncio's facts about streams, servers and executors, row by row, on real sockets and threads.
//!
//! The rows and their values are what CPython 3.11 prints; each names its test.
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `stream.read_n_is_at_most_n` | `100` | `stream_read_n_is_at_most_n` |
//! | `stream.peername_v4` | a tuple | `stream_peername_v4`: an address |
//! | `stream.readexactly_eof` | `IncompleteReadError` | `stream_readexactly_eof` |
//! | `stream.read_after_eof` | `b''` | `stream_read_after_eof`: 0, each time |
//! | `connect.refused` | `ConnectionRefusedError` | `connect_refused` |
//! | `drain.water_marks` | 16 and 64 KiB | none: a write is done when the system has the bytes |
//! | `drain.blocks_against_slow_reader` | stopped at 3904 KiB | `drain_blocks_…` |
//! | `start_server.port_in_use` | errno 98 | `server/serves.rs` |
//! | `server.close_then_wait_closed` | 3.12: waits | `server/ends.rs` |
//! | `server.handler_error` | logged, the server lives | `server/serves.rs` |
//! | `to_thread.cancel` | the awaiter at once, the thread goes on | `to_thread_cancel` |
//! | `run_in_executor.contextvars` | not copied | as `to_thread.contextvars`: they stay |
//! | `default_executor.workers` | `min(32, cpus + 4)` | `default_executor_workers`: more |
//! | `executor.cancel_queued` | `True` | `own_pool.rs`, `runtime.rs` |
//! | `executor.after_shutdown` | `RuntimeError` | does not compile: `shutdown` takes the pool |
//! | `with_ThreadPoolExecutor.exit_blocks_loop` | a gap of 0.2 s | `own_pool.rs`: it goes on |

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::task::{gather, to_thread};
use mainspring::time::{Duration, timeout};
use std::io::ErrorKind;
use std::sync::{Arc, Barrier, mpsc};
use tests::runtime;

/// Both ends of a connection.
async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (here, listener.accept().await.unwrap().0)
}

#[test]
fn stream_read_n_is_at_most_n() {
    runtime().block_on(async {
        let (mut here, mut there) = connection().await;
        here.write_all(&[b'x'; 250]).await.unwrap();
        let mut chunk = [0; 100];
        for expected in [100, 100, 50] {
            let mut got = there.read(&mut chunk[..expected]).await.unwrap();
            assert!(got <= expected);
            while got < expected {
                got += there.read(&mut chunk[got..expected]).await.unwrap();
            }
        }
    });
}

#[test]
fn stream_peername_v4() {
    runtime().block_on(async {
        let (here, there) = connection().await;
        assert!(there.peer_addr().unwrap().is_ipv4());
        assert_eq!(there.peer_addr().unwrap(), here.local_addr().unwrap());
    });
}

#[test]
fn stream_readexactly_eof() {
    runtime().block_on(async {
        let (mut here, mut there) = connection().await;
        here.write_all(b"ab").await.unwrap();
        drop(here);
        let mut five = [0; 5];
        let error = there.read_exact(&mut five).await.unwrap_err();
        assert_eq!((error.kind(), &five[..2]), (ErrorKind::UnexpectedEof, &b"ab"[..]));
    });
}

#[test]
fn stream_read_after_eof() {
    runtime().block_on(async {
        let (here, mut there) = connection().await;
        drop(here);
        for _ in 0..3 {
            assert_eq!(there.read(&mut [0; 10]).await.unwrap(), 0);
        }
    });
}

#[test]
fn connect_refused() {
    runtime().block_on(async {
        // Nobody listens at the client's end of a connection, and nobody can while it is open.
        let (here, _there) = connection().await;
        let error = TcpStream::connect(here.local_addr().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

/// Who writes to somebody that does not read waits, and has not filled the memory.
#[test]
fn drain_blocks_against_slow_reader() {
    runtime().block_on(async {
        let (mut here, mut there) = connection().await;
        let (chunk, mut sent) = (vec![7; 64 * 1024], 0);
        let most = 64 * 1024 * 1024;
        while sent < most {
            match timeout(Duration::from_millis(200), here.write(&chunk)).await {
                Ok(written) => sent += written.unwrap(),
                Err(_elapsed) => break,
            }
        }
        assert!(sent < most, "it never had to wait");
        // And it goes on when the other one reads.
        let reader = mainspring::spawn(async move {
            let mut all = vec![0; sent];
            there.read_exact(&mut all).await.map(|_| there)
        });
        here.write_all(&chunk).await.unwrap();
        reader.await.unwrap().unwrap();
    });
}

#[test]
fn to_thread_cancel() {
    runtime().block_on(async {
        let (go, let_go) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let waits = to_thread(move || {
            tell.send("begun").unwrap();
            let _ = let_go.recv();
            tell.send("done").unwrap();
        });
        assert_eq!(told.recv(), Ok("begun"));
        assert!(timeout(Duration::from_millis(1), waits).await.is_err());
        assert!(told.try_recv().is_err(), "the thread has not ended");
        go.send(()).unwrap();
        assert_eq!(told.recv(), Ok("done"));
    });
}

/// Forty at a time must run, or this never ends: more than `min(32, cpus + 4)`.
#[test]
fn default_executor_workers() {
    runtime().block_on(async {
        let meeting = Arc::new(Barrier::new(40));
        let all = (0..40).map(|_| {
            let meeting = meeting.clone();
            to_thread(move || _ = meeting.wait())
        });
        let all: Vec<_> = all.collect();
        gather(all).await.unwrap();
    });
}
