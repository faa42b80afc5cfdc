//! Timers and sockets that belong to no thread: armed here, moved or dropped there.

use crate::{Busy, occupy};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::Handle;
use mainspring::sync::{mpsc, oneshot};
use mainspring::task::{JoinHandle, yield_now};
use mainspring::time::{Duration, Instant, Sleep, sleep, timeout};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use tests::{Bell, Kind, poll_with};

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// In `block_on` of the runtime, of its handle, and on threads that have only entered it.
fn threads_that_are_no_worker_sleep(kind: Kind) {
    let runtime = kind.runtime();
    let nap = |number: u64| async move {
        for round in 0..20 {
            let wait = micros(number * 211 + round * 37);
            let start = std::time::Instant::now();
            sleep(wait).await;
            assert!(start.elapsed() >= wait, "{wait:?} took {:?}", start.elapsed());
        }
    };
    thread::scope(|scope| {
        for number in 0..8_u64 {
            let runtime = &runtime;
            scope.spawn(move || match number % 3 {
                0 => runtime.block_on(nap(number)),
                1 => runtime.handle().block_on(nap(number)),
                _ => {
                    // Entered, and polled by another executor.
                    let inside = runtime.enter();
                    let sleeps: Vec<_> = (0..20).map(|n| sleep(micros(n * 300))).collect();
                    drop(inside);
                    let other = tests::runtime();
                    for wait in sleeps {
                        other.block_on(wait);
                    }
                }
            });
        }
    });
}

/// The nearest deadline of all, from a thread that sleeps for none of them.
fn the_earliest_of_many_comes_first(kind: Kind) {
    let runtime = kind.runtime();
    runtime.block_on(async {
        let far: Vec<_> =
            (0..50).map(|n| mainspring::spawn(sleep(Duration::from_secs(3600 + n)))).collect();
        sleep(micros(2_000)).await;
        for _ in 0..20 {
            let start = Instant::now();
            sleep(micros(1_000)).await;
            mainspring::spawn(sleep(micros(1_000))).await.unwrap();
            assert!(start.elapsed() < Duration::from_secs(60));
        }
        far.iter().for_each(JoinHandle::abort);
        for sleep in far {
            assert!(sleep.await.unwrap_err().is_cancelled());
        }
    });
}

/// Polls with a waker that only counts.
fn arm(wait: &mut Pin<Box<Sleep>>, bell: &Arc<Bell>) {
    let _ = poll_with(wait, bell);
}

/// Made and armed by one task, moved to another, and there dropped, put off or awaited.
fn timers_that_change_hands(kind: Kind) {
    let (runtime, bell) = (kind.runtime(), Bell::new());
    let (send, mut receive) = mpsc::channel::<Pin<Box<Sleep>>>(64);
    let senders: Vec<_> = (0..16_u64)
        .map(|number| {
            let (send, bell) = (send.clone(), bell.clone());
            runtime.spawn(async move {
                for round in 0..100 {
                    let mut wait = Box::pin(sleep(micros((number * 997 + round * 131) % 4_000)));
                    arm(&mut wait, &bell);
                    if send.send(wait).await.is_err() {
                        return;
                    }
                    yield_now().await;
                }
            })
        })
        .collect();
    drop(send);
    let last = runtime.spawn(async move {
        let (mut number, mut left, mut tasks) = (0, Vec::new(), Vec::new());
        while let Some(mut wait) = receive.recv().await {
            number += 1;
            match number % 5 {
                0 => drop(wait),
                1 => tasks.push(mainspring::spawn(async move {
                    wait.as_mut().reset(Instant::now() + micros(1_500));
                    let end = wait.deadline();
                    wait.await;
                    assert!(Instant::now() >= end);
                })),
                2 => tasks.push(mainspring::spawn(async move { drop(wait) })),
                3 => tasks.push(mainspring::spawn(wait)),
                _ => left.push(wait),
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
        left
    });
    let left = runtime.block_on(last).unwrap();
    for sender in senders {
        runtime.block_on(sender).unwrap();
    }
    // Some outlive the runtime, armed or not.
    assert_eq!(left.len(), 16 * 100 / 5);
    drop(runtime);
    drop(left);
    assert_eq!(Arc::strong_count(&bell), 1, "no waker is left behind");
}

/// A timer is armed on one worker, and dropped on another while the first is stuck.
#[test]
fn a_timer_of_a_stuck_worker_can_be_dropped() {
    Kind::Workers(2).run(|kind| {
        let (runtime, bell) = (kind.runtime(), Bell::new());
        let theirs = bell.clone();
        let armed = runtime.spawn(async move {
            let mut wait = Box::pin(sleep(Duration::from_secs(3600)));
            arm(&mut wait, &theirs);
            [wait]
        });
        let wait = runtime.block_on(armed).unwrap();
        let mut busy = occupy(&runtime, kind);
        let free = busy.pop().unwrap().let_go();
        runtime.block_on(free).unwrap();
        let dropped = runtime.spawn(async move { drop(wait) });
        runtime.block_on(dropped).unwrap();
        let tasks: Vec<_> = busy.into_iter().map(Busy::let_go).collect();
        tasks.into_iter().for_each(|task| runtime.block_on(task).unwrap());
        runtime.block_on(async { sleep(micros(1_000)).await });
        assert_eq!((bell.rung(), Arc::strong_count(&bell)), (0, 1));
    });
}

/// The deadline and the value at the same moment, on two threads: one of them wins, and no timer
/// is left.
fn timeouts_race_with_what_they_limit(kind: Kind) {
    let (runtime, late) = (kind.runtime(), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..50_u64)
        .map(|number| {
            let late = late.clone();
            runtime.spawn(async move {
                for round in 0..20 {
                    let (send, receive) = oneshot::channel();
                    let wait = micros((number * 53 + round * 17) % 1_500);
                    mainspring::spawn(async move {
                        sleep(wait).await;
                        let _ = send.send(round);
                    });
                    match timeout(micros(1_000), receive).await {
                        Ok(value) => assert_eq!(value, Ok(round)),
                        Err(_late) => drop(late.fetch_add(1, Ordering::Relaxed)),
                    }
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Read and written by one task after the other, each wherever it happens to run.
fn a_socket_changes_hands(kind: Kind) {
    let runtime = kind.runtime();
    let peer = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let accepting = mainspring::spawn(async move { listener.accept().await.unwrap().0 });
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let mut peer = accepting.await.unwrap();
        for round in 0..200_u32 {
            let reading = mainspring::spawn(async move {
                let number = stream.read_u32().await.unwrap();
                stream.write_u32(number + 1).await.unwrap();
                stream
            });
            let writing = mainspring::spawn(async move {
                peer.write_u32(round).await.unwrap();
                assert_eq!(peer.read_u32().await.unwrap(), round + 1);
                peer
            });
            (stream, peer) = (reading.await.unwrap(), writing.await.unwrap());
        }
        drop(stream);
        peer
    });
    // Waiting on a worker while its runtime ends.
    let waiting = runtime.spawn(async move {
        let mut peer = peer;
        assert_eq!(peer.read(&mut [0; 4]).await.unwrap(), 0);
        pending::<()>().await;
    });
    drop(runtime);
    assert!(waiting.is_finished());
}

/// Sockets that come and go on all workers, more than there are threads.
fn connections_in_every_state(kind: Kind) {
    let runtime = kind.runtime();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = mainspring::spawn(async move {
            for number in 0..200 {
                let (mut stream, _) = listener.accept().await.unwrap();
                mainspring::spawn(async move {
                    let mut buf = [0; 64];
                    while let Ok(n @ 1..) = stream.read(&mut buf).await {
                        // One in three is dropped with something unread.
                        if number % 3 == 0 || stream.write_all(&buf[..n]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        let clients: Vec<_> = (0..200_u8)
            .map(|number| {
                mainspring::spawn(async move {
                    let mut stream = TcpStream::connect(addr).await.unwrap();
                    if stream.write_all(&[number; 16]).await.is_err() {
                        return 0;
                    }
                    let mut buf = [0; 16];
                    match stream.read_exact(&mut buf).await {
                        Ok(_) => usize::from(buf == [number; 16]),
                        Err(_) => 0,
                    }
                })
            })
            .collect();
        let mut answered = 0;
        for client in clients {
            answered += client.await.unwrap();
        }
        server.await.unwrap();
        assert_eq!(answered, 200 - 67);
    });
}

/// A sleep that nobody polls again, because its task has ended elsewhere.
fn a_handle_that_outlives_its_runtime_sleeps_no_more(kind: Kind) {
    let runtime = kind.runtime();
    let handle: Handle = runtime.handle().clone();
    let inside = handle.enter();
    let mut wait = Box::pin(sleep(Duration::from_secs(3600)));
    assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(runtime);
    let said = tests::panic_of(|| {
        let poll = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(poll, Poll::Pending), "it has not elapsed");
    });
    assert!(said.text.contains("has ended"), "{said:?}");
    drop(inside);
}

tests::each_pool! {
    threads_that_are_no_worker_sleep,
    the_earliest_of_many_comes_first,
    timers_that_change_hands,
    timeouts_race_with_what_they_limit,
    a_socket_changes_hands,
    connections_in_every_state,
    a_handle_that_outlives_its_runtime_sleeps_no_more,
}
