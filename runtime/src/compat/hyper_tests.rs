//! tests of hyper's traits: uninitialised reads, vectored writes, and timers that move.

use super::*;
use crate::net::tcp::listener::TcpListener;
use crate::net::tcp::stream::TcpStream;
use crate::runtime::builder::Builder;
use hyper::rt::{Read, ReadBuf, Timer as _, Write};
use std::future::poll_fn;
use std::mem::MaybeUninit;

fn run<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// INV-82: the cursor is moved by what was read, behind what was there already.
#[test]
fn hyper_reads_into_memory_that_is_not_initialised() {
    run(async {
        let (mut client, mut server) = pair().await;
        let parts = [IoSlice::new(b"head,"), IoSlice::new(b"body")];
        assert!(client.is_write_vectored());
        let n = poll_fn(|cx| Write::poll_write_vectored(Pin::new(&mut client), cx, &parts)).await;
        assert_eq!(n.unwrap(), 9);
        poll_fn(|cx| Pin::new(&mut client).poll_shutdown(cx)).await.unwrap();
        let mut memory = [MaybeUninit::uninit(); 8];
        let mut buf = ReadBuf::uninit(&mut memory);
        for filled in [&b"head,bod"[..], b"head,bod"] {
            poll_fn(|cx| Read::poll_read(Pin::new(&mut server), cx, buf.unfilled())).await.unwrap();
            assert_eq!(buf.filled(), filled, "a full buffer takes nothing");
        }
        let mut memory = [MaybeUninit::uninit(); 8];
        let mut buf = ReadBuf::uninit(&mut memory);
        for _ in 0..2 {
            poll_fn(|cx| Read::poll_read(Pin::new(&mut server), cx, buf.unfilled())).await.unwrap();
            assert_eq!(buf.filled(), b"y", "the rest, then the end");
        }
    });
}

#[test]
fn hypers_timer_goes_by_the_runtimes_clock_and_moves_in_place() {
    let runtime = Builder::new_current_thread().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let start = Timer.now();
        let mut sleep = Timer.sleep(Duration::from_secs(1));
        let place: *const dyn hyper::rt::Sleep = &*sleep;
        Timer.reset(&mut sleep, start + Duration::from_secs(3600));
        assert!(std::ptr::addr_eq(place, &*sleep), "moved, not replaced");
        sleep.await;
        assert_eq!(Timer.now() - start, Duration::from_secs(3600));
    });
}

#[test]
fn hypers_tasks_run_on_the_current_runtime() {
    run(async {
        let (client, server) = pair().await;
        hyper::rt::Executor::execute(&Executor, async move { drop(server) });
        let n = poll_fn(|cx| client.poll_read(cx, &mut [0; 8])).await;
        assert_eq!(n.unwrap(), 0);
    });
}
