//! Others do the worker's work meanwhile: its tasks, its timers, its sockets.

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::Handle;
use mainspring::task::{block_in_place, spawn_blocking, yield_now};
use mainspring::time::{Duration, sleep};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use tests::{Dice, Gate, Kind, until};

/// INV-133, INV-134: the post outlives all who are at it, also the guest's and a substitute's.
fn a_task_may_wait_for_another_with_a_plain_channel(kind: Kind) {
    let rt = kind.runtime();
    let task = rt.spawn(async {
        let (send, receive) = mpsc::channel();
        // In the next slot, in the ring, and spawned from a thread that is no worker.
        let gate = Gate::new();
        let (opened, first) = (gate.clone(), send.clone());
        mainspring::spawn(async move {
            opened.await;
            first.send(1)
        });
        let second = send.clone();
        mainspring::spawn(async move { second.send(2) });
        until(|| gate.wakers().len() == 1).await;
        gate.open();
        block_in_place(move || {
            Handle::current().spawn(async move { send.send(4) });
            receive.iter().take(3).sum::<i32>()
        })
    });
    assert_eq!(rt.block_on(task).unwrap(), 7);
}

fn its_timers_fire_meanwhile(kind: Kind) {
    let rt = kind.runtime();
    let task = rt.spawn(async {
        let (send, receive) = mpsc::channel();
        for n in 0..3 {
            let send = send.clone();
            mainspring::spawn(async move {
                sleep(Duration::from_millis(n)).await;
                send.send(n)
            });
        }
        // They are armed in this worker's wheel.
        for _ in 0..3 {
            yield_now().await;
        }
        block_in_place(|| receive.iter().take(3).count())
    });
    assert_eq!(rt.block_on(task).unwrap(), 3);
}

fn its_sockets_are_served_meanwhile(kind: Kind) {
    let rt = kind.runtime();
    let task = rt.spawn(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (send, receive) = mpsc::channel();
        mainspring::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4];
            socket.read_exact(&mut bytes).await.unwrap();
            send.send(bytes).unwrap();
        });
        mainspring::spawn(async move {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(b"ping").await.unwrap();
        });
        block_in_place(|| receive.recv().unwrap())
    });
    assert_eq!(&rt.block_on(task).unwrap(), b"ping");
}

fn many_may_block_at_once_and_wait_for_each_other(kind: Kind) {
    let rt = kind.runtime();
    // More than there are workers: each has a thread, or the last would never come.
    let all = Arc::new(std::sync::Barrier::new(20));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let all = all.clone();
            rt.spawn(async move {
                block_in_place(|| all.wait());
                yield_now().await;
                block_in_place(|| all.wait());
            })
        })
        .collect();
    rt.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn a_chain_in_which_the_first_is_done_first(kind: Kind) {
    let rt = kind.runtime();
    let alive = Arc::new(AtomicUsize::new(0));
    // Each begins while the one before it still blocks, and no pause comes between them.
    rt.block_on(rt.spawn(async move {
        let mut before: Option<mpsc::Sender<()>> = None;
        let mut tasks = Vec::new();
        for _ in 0..200 {
            let (send, receive) = mpsc::channel::<()>();
            let counted = alive.clone();
            let started = Gate::new();
            let start = started.clone();
            tasks.push(mainspring::spawn(async move {
                counted.fetch_add(1, Ordering::Relaxed);
                block_in_place(|| {
                    start.open();
                    let _ = receive.recv();
                });
                counted.fetch_sub(1, Ordering::Relaxed);
            }));
            started.await;
            drop(before.replace(send));
            assert!(alive.load(Ordering::Relaxed) < 100, "those that are done go home");
        }
        drop(before);
        for task in tasks {
            task.await.unwrap();
        }
    }))
    .unwrap();
}

fn the_worker_comes_back_to_its_own_thread(kind: Kind) {
    let rt = kind.runtime();
    let names = |rt: &mainspring::runtime::Runtime| {
        let names = Arc::new(Mutex::new(HashSet::new()));
        let all: Vec<_> = (0..50)
            .map(|_| {
                let names = names.clone();
                rt.spawn(async move {
                    let name = thread::current().name().map(str::to_owned);
                    names.lock().unwrap().insert(name);
                })
            })
            .collect();
        rt.block_on(async {
            for task in all {
                task.await.unwrap();
            }
        });
        Arc::into_inner(names).unwrap().into_inner().unwrap()
    };
    for _ in 0..20 {
        let task = rt.spawn(async {
            let (send, receive) = mpsc::channel();
            mainspring::spawn(async move { send.send(()) });
            block_in_place(|| receive.recv().unwrap());
        });
        rt.block_on(task).unwrap();
        tests::eventually(|| {
            names(&rt).iter().flatten().all(|name| name.contains("mainspring-worker"))
        });
    }
}

fn stress(kind: Kind) {
    let rt = kind.runtime();
    let tasks: Vec<_> = (0..8)
        .map(|seed| {
            rt.spawn(async move {
                let mut dice = Dice::new(seed + 1);
                let mut sum = 0;
                for round in 0..150 {
                    let (send, receive) = mpsc::channel();
                    let inner = mainspring::spawn(async move {
                        yield_now().await;
                        send.send(round).unwrap();
                    });
                    match dice.roll(5) {
                        0 => block_in_place(|| sum += receive.recv().unwrap()),
                        1 => block_in_place(|| sum += receive.try_recv().unwrap_or(round)),
                        2 => {
                            block_in_place(|| Handle::current().block_on(inner)).unwrap();
                            sum += receive.recv().unwrap();
                        }
                        3 => {
                            inner.await.unwrap();
                            sum += block_in_place(|| receive.recv().unwrap());
                        }
                        _ => {
                            let blocking = spawn_blocking(move || receive.recv().unwrap());
                            sum += blocking.await.unwrap();
                        }
                    }
                    if dice.roll(8) == 0 {
                        sleep(Duration::from_micros(200)).await;
                    }
                }
                sum
            })
        })
        .collect();
    rt.block_on(async {
        for task in tasks {
            assert_eq!(task.await.unwrap(), (0..150).sum::<i32>());
        }
    });
}

tests::each_pool! {
    a_task_may_wait_for_another_with_a_plain_channel,
    its_timers_fire_meanwhile,
    its_sockets_are_served_meanwhile,
    many_may_block_at_once_and_wait_for_each_other,
    a_chain_in_which_the_first_is_done_first,
    stress,
}

#[test]
fn a_worker_that_was_manned_by_others_is_on_its_own_thread_again() {
    Kind::Workers(1).run(the_worker_comes_back_to_its_own_thread);
    Kind::Workers(2).run(the_worker_comes_back_to_its_own_thread);
}
