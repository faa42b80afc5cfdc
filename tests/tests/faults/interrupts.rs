//! `EINTR`: signals hit every thread of the process all the time, and no syscall is restarted by
//! the kernel. Nothing is lost and nothing fails.

use crate::help::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream, lookup_host};
use mainspring::task::spawn_blocking;
use mainspring::time::{Instant, sleep};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tests::many::{alone, threads};

static HIT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn hit(_signal: libc::c_int) {
    HIT.fetch_add(1, Ordering::Relaxed);
}

/// Sends signals until it is dropped: to each thread by turns, and to the process by a timer.
struct Signals(Arc<AtomicBool>, Option<std::thread::JoinHandle<()>>);

impl Signals {
    fn begin() -> Self {
        // SAFETY: `action` is plain data that is filled in; the handler adds to an atomic. The
        // flags leave SA_RESTART out.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = hit as extern "C" fn(libc::c_int) as libc::sighandler_t;
            for signal in [libc::SIGALRM, libc::SIGUSR1] {
                assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
            }
        }
        every(Duration::from_micros(500));
        let over = Arc::new(AtomicBool::new(false));
        let end = over.clone();
        let sender = std::thread::spawn(move || {
            // SAFETY: it only asks.
            let me = unsafe { libc::gettid() }.to_string();
            while !end.load(Ordering::Relaxed) {
                for thread in threads().into_iter().filter(|thread| *thread != me) {
                    let thread: libc::pid_t = thread.parse().unwrap();
                    // SAFETY: a thread that is gone makes it fail, no more.
                    unsafe {
                        libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, libc::SIGUSR1)
                    };
                }
            }
        });
        Self(over, Some(sender))
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        every(Duration::ZERO);
        self.0.store(true, Ordering::Relaxed);
        self.1.take().unwrap().join().unwrap();
    }
}

/// A timer that sends SIGALRM; zero stops it.
fn every(period: Duration) {
    let time = libc::timeval { tv_sec: 0, tv_usec: period.subsec_micros().into() };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: the call reads from a place on this stack.
    assert_eq!(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) }, 0);
}

const CONNECTIONS: u32 = 60;

/// Connections come and go, timers run, names are looked up.
async fn traffic() {
    let (listener, address) = listener().await;
    let server = mainspring::spawn(serve(listener));
    let clients: Vec<_> =
        (0..CONNECTIONS).map(|number| mainspring::spawn(client(address, number))).collect();
    let names = mainspring::spawn(async {
        for _ in 0..10 {
            assert!(lookup_host("localhost:80").await.unwrap().count() > 0);
        }
    });
    let jobs: Vec<_> = (0..50).map(|n| spawn_blocking(move || n)).collect();
    for (n, job) in jobs.into_iter().enumerate() {
        assert_eq!(job.await.unwrap(), n);
    }
    for client in clients {
        client.await.unwrap();
    }
    names.await.unwrap();
    server.await.unwrap();
}

async fn serve(listener: TcpListener) {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let (stream, _) = listener.accept().await.unwrap();
        connections.push(mainspring::spawn(echo(stream)));
    }
    for connection in connections {
        connection.await.unwrap().unwrap();
    }
}

async fn client(address: std::net::SocketAddr, number: u32) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    for round in 0..100 {
        let message = [number * 1000 + round; 64].map(u32::to_be_bytes).concat();
        stream.write_all(&message).await.unwrap();
        let mut answer = vec![0; message.len()];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, message);
        if round % 20 == number % 20 {
            let start = Instant::now();
            sleep(Duration::from_millis(3)).await;
            assert!(start.elapsed() >= Duration::from_millis(3), "a signal ends no sleep");
        }
    }
}

#[test]
fn signals_that_interrupt_every_syscall_lose_nothing() {
    const TEST: &str = "interrupts::signals_that_interrupt_every_syscall_lose_nothing";
    alone(TEST, || {
        for kind in [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2), Kind::Helping] {
            let signals = Signals::begin();
            let before = HIT.load(Ordering::Relaxed);
            run(kind, traffic);
            drop(signals);
            let hits = HIT.load(Ordering::Relaxed) - before;
            println!("{kind:?}: {hits} signals");
            assert!(hits > 100, "{kind:?}: {hits} signals");
        }
    });
}
