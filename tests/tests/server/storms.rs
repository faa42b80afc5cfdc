//! Want of descriptors, and clients that come in crowds or never go.

use crate::help::{client, echo, echo_server, talk, told};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{Server, TcpListener, TcpSocket, TcpStream, start_server};
use mainspring::runtime::Unhandled;
use mainspring::spawn;
use mainspring::time::{sleep, timeout};
use std::io::{Read, Write};
use std::net::TcpStream as StdStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};
use tests::many::{alone, memory};
use tests::{Kind, until};

const MIB: usize = 1 << 20;

/// Lets this process have so many descriptors more than it has now.
fn leave(more: usize) {
    // SAFETY: it only asks.
    let is_free = |number: &i32| unsafe { libc::fcntl(*number, libc::F_GETFD) } == -1;
    let limit = (0..).filter(is_free).nth(more).expect("some number is free") as u64;
    let limits = libc::rlimit { rlim_cur: limit, rlim_max: 1024 };
    // SAFETY: `limits` is ours.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limits) }, 0);
}

/// The processor time of this process.
fn cpu() -> Duration {
    // SAFETY: all zeros is a value of this type, and it is ours.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &mut usage), 0);
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Client and server are in one process, so a client takes a descriptor too.
fn no_descriptors(kind: Kind) {
    let (runtime, told) = told(kind);
    let failures = || {
        let is_ours = |news: &&Unhandled| matches!(news, Unhandled::Accept { .. });
        told.lock().unwrap().iter().filter(is_ours).count()
    };
    runtime.block_on(async {
        let server = echo_server().await;
        let kept = client(&server).await;
        // Two connect, and no descriptor is left to take them in.
        let sockets = [TcpSocket::new_v4().unwrap(), TcpSocket::new_v4().unwrap()];
        leave(0);
        let mut waiting = Vec::new();
        for socket in sockets {
            let stream = socket.connect(server.local_addr()).await.unwrap().into_std().unwrap();
            stream.set_nonblocking(false).unwrap();
            waiting.push(stream);
        }
        until(|| failures() == 1).await;
        // Nothing is lost, little is done, and it is said once.
        let before = cpu();
        sleep(Duration::from_millis(1500)).await;
        let used = cpu() - before;
        assert!(used < Duration::from_millis(400), "{used:?} of work in 1.5 s");
        assert_eq!((failures(), server.clients()), (1, 1));
        let said = told.lock().unwrap()[0].to_string();
        assert!(said.contains(&server.local_addr().to_string()), "{said}");
        assert!(
            said.contains("(os error 24); it tries again; raise the limit (ulimit -n)"),
            "{said}"
        );
        // A descriptor comes free without the server's doing: it finds out by itself.
        let freed = Instant::now();
        leave(4);
        for stream in &mut waiting {
            stream.write_all(b"tick").unwrap();
        }
        until(|| server.clients() == 3).await;
        assert!(freed.elapsed() < Duration::from_secs(1), "{:?}", freed.elapsed());
        for stream in &mut waiting {
            stream.set_nonblocking(true).unwrap();
            let mut answer = [0; 4];
            let mut read = 0;
            while read < 4 {
                read += stream.read(&mut answer[read..]).unwrap_or(0);
                mainspring::task::yield_now().await;
            }
            assert_eq!(&answer, b"tick");
        }
        drop((kept, waiting));
        until(|| server.clients() == 0).await;
        println!("{used:?} of work in 1.5 s");
    });
    // And all over again: a second want is a second report.
    runtime.block_on(async {
        leave(100);
        let server = echo_server().await;
        let mut kept = vec![client(&server).await];
        leave(1);
        let _waits = StdStream::connect(server.local_addr()).unwrap();
        until(|| failures() == 2).await;
        let started = Instant::now();
        // A client of the server's goes: that it notices at once, though its rest were longer.
        sleep(Duration::from_millis(700)).await;
        kept.clear();
        until(|| server.clients() == 1).await;
        println!("{:?} after the want began", started.elapsed());
        assert_eq!(failures(), 2);
    });
}

#[test]
fn without_descriptors_it_rests_and_recovers_on_one_thread() {
    alone("storms::without_descriptors_it_rests_and_recovers_on_one_thread", || {
        no_descriptors(Kind::CurrentThread);
    });
}

#[test]
fn without_descriptors_it_rests_and_recovers_on_two_workers() {
    alone("storms::without_descriptors_it_rests_and_recovers_on_two_workers", || {
        no_descriptors(Kind::Workers(2));
    });
}

#[test]
fn a_crowd_that_never_ends_its_line_does_not_hinder_the_next_client() {
    const TEST: &str = "storms::a_crowd_that_never_ends_its_line_does_not_hinder_the_next_client";
    const CROWD: usize = 400;
    alone(TEST, || {
        for kind in [Kind::CurrentThread, Kind::Workers(2)] {
            let runtime = kind.runtime();
            runtime.block_on(async {
                let server = start_server("127.0.0.1:0", async |mut stream: TcpStream, _| {
                    let mut line = [0; 4];
                    stream.read_exact(&mut line).await?;
                    stream.write_all(&line).await
                })
                .await
                .unwrap();
                let (before, mut crowd) = (memory().1, Vec::new());
                for _ in 0..CROWD {
                    let mut one = TcpStream::connect(server.local_addr()).await.unwrap();
                    one.write_all(b"t").await.unwrap();
                    crowd.push(one);
                }
                until(|| server.clients() == CROWD).await;
                let each = memory().1.saturating_sub(before) / CROWD;
                println!("{each} bytes for each, both sides");
                assert!(each < 32 * 1024, "{each} bytes for each");
                for _ in 0..10 {
                    let next = timeout(Duration::from_secs(5), client(&server));
                    drop(next.await.expect("it is served"));
                }
                drop(crowd);
                until(|| server.clients() == 0).await;
            });
        }
    });
}

/// The kernel's buffers are full, so the handler waits, and buffers nothing itself.
#[test]
fn a_handler_that_writes_to_a_client_that_never_reads_waits() {
    const TEST: &str = "storms::a_handler_that_writes_to_a_client_that_never_reads_waits";
    alone(TEST, || {
        let runtime = Kind::CurrentThread.runtime();
        runtime.block_on(async {
            let written = Arc::new(AtomicUsize::new(0));
            let counts = written.clone();
            let server = start_server("127.0.0.1:0", move |mut stream: TcpStream, _| {
                let counts = counts.clone();
                async move {
                    let block = [7; 64 * 1024];
                    for _ in 0..16 * 1024 {
                        stream.write_all(&block).await?;
                        counts.fetch_add(block.len(), Ordering::Relaxed);
                    }
                    std::io::Result::Ok(())
                }
            })
            .await
            .unwrap();
            let before = memory().1;
            let mut deaf = TcpStream::connect(server.local_addr()).await.unwrap();
            // It stops: nothing more is written for as long as it takes others to be served.
            let mut last = usize::MAX;
            while last != written.load(Ordering::Relaxed) || last == 0 {
                last = written.load(Ordering::Relaxed);
                sleep(Duration::from_millis(50)).await;
            }
            println!("{last} bytes taken by the kernel");
            assert!(last < 64 * MIB, "{last} bytes");
            assert!(memory().1.saturating_sub(before) < 8 * MIB);
            // It goes on as soon as somebody reads.
            deaf.read_exact(&mut vec![0; last]).await.unwrap();
            until(|| written.load(Ordering::Relaxed) > last).await;
            drop(deaf);
            until(|| server.clients() == 0).await;
        });
    });
}

/// One poll of the accept loop takes no more than a budget's worth; then it is others' turn.
#[test]
fn a_crowd_at_the_door_does_not_starve_the_tasks_inside() {
    alone("storms::a_crowd_at_the_door_does_not_starve_the_tasks_inside", || {
        let kinds = [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2)];
        kinds.into_iter().for_each(a_crowd_at_the_door);
    });
}

fn a_crowd_at_the_door(kind: Kind) {
    kind.runtime().block_on(async {
        // All of them wait in the queue before the accept loop is polled for the first time.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let queue = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let many = queue.trim().parse().map_or(100, |queue: usize| queue.min(300));
        let crowd: Vec<_> = (0..many).map(|_| StdStream::connect(addr).unwrap()).collect();
        let (in_at_once, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counts, stops) = (in_at_once.clone(), stop.clone());
        let server = Arc::new(Server::from_listeners([listener], echo).unwrap());
        let watched = server.clone();
        let watch = spawn(async move {
            let mut seen = 0;
            while !stops.load(Ordering::Relaxed) {
                let now = watched.clients();
                counts.fetch_max(now - seen, Ordering::Relaxed);
                seen = now;
                mainspring::task::yield_now().await;
            }
        });
        until(|| server.clients() == many).await;
        stop.store(true, Ordering::Relaxed);
        watch.await.unwrap();
        if !kind.is_pool() {
            let most = in_at_once.load(Ordering::Relaxed);
            assert!(most <= 128, "{most} were taken in between two turns of another task");
        }
        drop(crowd);
        until(|| server.clients() == 0).await;
    });
}

/// A waker that asks the server when it is dropped, once there is one.
struct Asks(OnceLock<Arc<Server>>);

impl Wake for Asks {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Asks {
    fn drop(&mut self) {
        if let Some(server) = self.0.get() {
            server.limit(7);
        }
    }
}

/// Whoever polled the listener before has left a waker: its drop is foreign code, and may use the
/// server.
#[test]
fn a_waker_left_in_a_listener_is_not_dropped_where_it_may_not_use_the_server() {
    let name = "storms::a_waker_left_in_a_listener_is_not_dropped_where_it_may_not_use_the_server";
    alone(name, || {
        [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2)].into_iter().for_each(|kind| {
            kind.runtime().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let left = Arc::new(Asks(OnceLock::new()));
                let waker = Waker::from(left.clone());
                assert!(listener.poll_accept(&mut Context::from_waker(&waker)).is_pending());
                drop(waker);
                let weak = Arc::downgrade(&left);
                let server = Arc::new(Server::from_listeners([listener], echo).unwrap());
                // Set, unless the waker has gone already, as it has to.
                left.0.set(server.clone()).unwrap_or_else(|_| unreachable!("set once"));
                drop(left);
                talk(&mut client(&server).await).await;
                assert!(weak.upgrade().is_none());
            });
        });
    });
}

/// Many come and go at once; every one is served, and the group forgets those that have gone.
fn a_thousand_short_calls_are_all_served(kind: Kind) {
    kind.runtime().block_on(async {
        let server = Arc::new(echo_server().await);
        let calls = (0..8).map(|_| {
            let server = server.clone();
            spawn(async move {
                for _ in 0..125 {
                    client(&server).await;
                }
            })
        });
        for calls in calls.collect::<Vec<_>>() {
            calls.await.unwrap();
        }
        server.close();
        server.wait_closed().await;
        assert_eq!(server.clients(), 0);
    });
}

tests::each_scheduler! {
    a_thousand_short_calls_are_all_served,
}
