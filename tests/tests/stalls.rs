//! What is reported of a runtime that does not go on: a poll that is too long, while it is, and a
//! `block_on` that nothing can wake.

use mainspring::net::TcpListener;
use mainspring::runtime::{Builder, Runtime, Stall};
use mainspring::sync::{Mutex, Notify};
use mainspring::task;
use mainspring::time::{Duration, sleep};
use std::future::{Future, pending, poll_fn};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::task::Poll;
use tests::faults::{deadlock, spawn_named};
use tests::many::{Hold, LIMIT};
use tests::pass;

/// Both flavours, the second with one worker and with two. What `of` sets up, and its reports.
fn each(of: fn(&mut Builder) -> &mut Builder, test: impl Fn(&Runtime, &Receiver<Stall>)) {
    let builders = [(Builder::new_current_thread(), 1), (Builder::new_multi_thread(), 1)];
    for (mut builder, workers) in builders.into_iter().chain([(Builder::new_multi_thread(), 2)]) {
        let (tell, told) = channel();
        builder.worker_threads(workers).on_stall(move |stall| drop(tell.send(stall)));
        of(&mut builder);
        test(&builder.build().unwrap(), &told);
    }
}

const SHORT: Duration = Duration::from_millis(20);

fn slow(builder: &mut Builder) -> &mut Builder {
    builder.slow_poll(SHORT)
}

fn debug(builder: &mut Builder) -> &mut Builder {
    builder.debug(true)
}

/// The second planted fault: a worker is blocked in a poll.
#[test]
fn a_poll_that_is_too_long_is_reported_while_it_is_stuck_and_once() {
    each(slow, |runtime, told| {
        let hold = Hold::new();
        let grip = hold.grip();
        std::thread::scope(|scope| {
            let blocks = scope.spawn(|| {
                runtime.block_on(async move {
                    let stuck = spawn_named("stuck", async move { grip.hold() });
                    (stuck.id(), stuck.await.unwrap()).0
                })
            });
            hold.wait_for(1);
            let stall = told.recv_timeout(LIMIT).expect("a report while it is stuck");
            let text = stall.to_string();
            let Stall::SlowPoll { task, after, .. } = stall else { panic!("{text}") };
            assert!(after >= SHORT);
            assert_eq!(task.name(), Some("stuck"));
            assert_eq!(task.spawned_at().file(), file!());
            assert!(task.time_in_poll() >= Some(SHORT));
            assert!(text.contains(&format!("task {} (stuck): running; 1 poll", task.id())));
            // Many looks later there is no second report of it.
            assert!(told.recv_timeout(10 * SHORT).is_err());
            hold.release();
            assert_eq!(blocks.join().unwrap(), task.id());
        });
    });
}

#[test]
fn a_second_long_poll_of_the_same_task_is_reported_too() {
    each(slow, |runtime, told| {
        let (first, second) = (Hold::new(), Hold::new());
        let (one, two) = (first.grip(), second.grip());
        let stuck = async move {
            one.hold();
            task::yield_now().await;
            two.hold();
        };
        std::thread::scope(|scope| {
            scope.spawn(|| runtime.block_on(async { spawn_named("twice", stuck).await.unwrap() }));
            for (hold, polls) in [(&first, 1), (&second, 2)] {
                let stall = told.recv_timeout(LIMIT).expect("a report");
                let Stall::SlowPoll { task, .. } = stall else { panic!("{stall}") };
                assert_eq!((task.name(), task.polls()), (Some("twice"), Some(polls)));
                hold.release();
            }
        });
    });
}

#[test]
fn a_blocking_closure_may_take_long() {
    each(slow, |runtime, told| {
        let hold = Hold::new();
        let grip = hold.grip();
        let closure = runtime.spawn_blocking(move || grip.hold());
        hold.wait_for(1);
        assert!(told.recv_timeout(10 * SHORT).is_err());
        hold.release();
        runtime.block_on(closure).unwrap();
    });
}

/// Each of two tasks has the mutex that the other one wants, and `block_on` waits for one of them.
#[test]
fn a_block_on_that_nothing_can_wake_says_so_and_names_the_deadlock() {
    each(debug, |runtime, told| {
        let end = Arc::new(Notify::new());
        let ended = end.clone();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| {
                runtime.block_on(async move {
                    deadlock(["a", "b"]);
                    ended.notified().await;
                });
            });
            let stall = told.recv_timeout(LIMIT).expect("a report of the hang");
            let text = stall.to_string();
            let Stall::Hang { quiet, tasks, .. } = stall else { panic!("{text}") };
            assert!(quiet >= Duration::from_secs(1));
            assert_eq!(tasks.len(), 3);
            let root = tasks.iter().find(|task| task.is_block_on()).unwrap();
            assert!(root.to_string().contains("(block_on): waiting for a Notify; "), "{root}");
            assert_eq!(tasks.iter().filter(|task| task.deadlock().count() == 2).count(), 2);
            assert!(text.contains("nothing has run for 1"), "{text}");
            assert_eq!(text.matches(": deadlock; ").count(), 2, "{text}");
            // It goes on waiting, and a thread outside can still wake it.
            end.notify_one();
            waits.join().unwrap();
            assert_eq!(told.try_recv().err(), Some(TryRecvError::Empty));
        });
    });
}

/// Whoever waits for a timer, a socket or a closure does not hang. All at once, to wait only once.
#[test]
fn waiting_for_what_can_come_is_no_hang() {
    let (tell, told) = channel();
    let hold = Hold::new();
    let runtimes: Vec<_> = (0..3)
        .map(|_| {
            let tell = tell.clone();
            let mut builder = Builder::new_current_thread();
            builder.debug(true).on_stall(move |stall| drop(tell.send(stall)));
            builder.build().unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        let (timer, socket, closure) = (&runtimes[0], &runtimes[1], &runtimes[2]);
        let (over, is_over) = std::sync::mpsc::channel();
        scope.spawn(move || {
            timer.block_on(async { sleep(Duration::from_millis(2500)).await });
            over.send(()).unwrap();
        });
        let (address, addressed) = std::sync::mpsc::channel();
        scope.spawn(move || {
            socket.block_on(async {
                let listener = mainspring::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                address.send(listener.local_addr().unwrap()).unwrap();
                listener.accept().await.unwrap();
            });
        });
        let grip = hold.grip();
        scope.spawn(move || {
            closure.block_on(async { task::spawn_blocking(move || grip.hold()).await.unwrap() });
        });
        is_over.recv_timeout(LIMIT).unwrap();
        hold.release();
        std::net::TcpStream::connect(addressed.recv().unwrap()).unwrap();
    });
    drop(tell);
    if let Ok(stall) = told.try_recv() {
        panic!("{stall}");
    }
}

/// A hook that throws is asked again.
#[test]
fn a_hook_that_panics_hears_of_the_next_stall() {
    let (tell, told) = channel();
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).slow_poll(SHORT).on_stall(move |stall| {
        tell.send(()).unwrap();
        panic!("{stall}");
    });
    let runtime = builder.build().unwrap();
    for _ in 0..2 {
        let hold = Hold::new();
        let grip = hold.grip();
        let stuck = runtime.spawn(async move { grip.hold() });
        told.recv_timeout(LIMIT).unwrap();
        hold.release();
        runtime.block_on(stuck).unwrap();
    }
}

#[test]
fn a_shutdown_names_what_does_not_end() {
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).dump(true).build().unwrap();
    let hold = Hold::new();
    let (one, two) = (hold.grip(), hold.grip());
    let _inside = runtime.handle().clone();
    let named = |name| task::Builder::new().name(name);
    named("stuck").spawn_on(async move { one.hold() }, runtime.handle()).unwrap();
    named("digs").spawn_blocking_on(move || two.hold(), runtime.handle()).unwrap();
    hold.wait_for(2);
    let report = runtime.shutdown_timeout(Duration::from_millis(10)).to_string();
    assert!(report.contains(" (stuck), spawned at "), "{report}");
    assert!(report.contains(" (digs), spawned at "), "{report}");
    hold.release();
}

/// Without a hook it is the standard error, here of a process of its own that hangs for ever.
#[test]
fn without_a_hook_a_hang_is_printed() {
    const CHILD: &str = "MAINSPRING_HANGS";
    if std::env::var_os(CHILD).is_some() {
        let runtime = Builder::new_current_thread().debug(true).build().unwrap();
        return runtime.block_on(async { spawn_named("for ever", pending()).await.unwrap() });
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["without_a_hook_a_hang_is_printed", "--exact", "--nocapture"]);
    let mut child = child.env(CHILD, "1").stderr(Stdio::piped()).spawn().unwrap();
    let (tell, told) = channel();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let reads = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    let mut report = Vec::new();
    while report.len() < 3 {
        match told.recv_timeout(LIMIT) {
            Ok(line) if report.is_empty() && !line.starts_with("mainspring: ") => {}
            Ok(line) => report.push(line),
            Err(error) => panic!("{error}, after {report:?}"),
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(told);
    reads.join().unwrap();
    assert!(report[0].contains("nothing in this runtime can wake it"), "{report:?}");
    assert!(report[1].contains("(for ever): waiting; 1 poll"), "{report:?}");
    assert!(report[2].contains("(block_on): waiting for the end of task "), "{report:?}");
}

/// A report that was wrong, because a thread outside did wake it, is not made again.
#[test]
fn a_block_on_that_is_woken_from_outside_is_not_reported_twice() {
    each(debug, |runtime, told| {
        let (wake, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (woken, end) = (wake.clone(), ended.clone());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| {
                runtime.block_on(async move {
                    woken.notified().await;
                    woken.notify_one();
                    end.notified().await;
                });
            });
            told.recv_timeout(LIMIT).expect("a report");
            wake.notify_one();
            // Longer than the quiet that was reported before.
            assert!(told.recv_timeout(Duration::from_millis(1500)).is_err());
            ended.notify_one();
            waits.join().unwrap();
        });
    });
}

/// More than a page can hold, the socket last; and a socket that the last poll did not look at.
#[test]
fn a_root_that_waits_for_a_socket_among_others_does_not_hang() {
    each(debug, |runtime, told| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let all: [Notify; 4] = Default::default();
            let waits = async {
                mainspring::select! {
                    biased;
                    _ = all[0].notified() => {}
                    _ = all[1].notified() => {}
                    _ = all[2].notified() => {}
                    _ = all[3].notified() => {}
                    _ = listener.accept() => {}
                }
            };
            let peer = std::thread::spawn(move || {
                pass(Duration::from_millis(1_500));
                std::net::TcpStream::connect(address).map(drop).unwrap();
            });
            waits.await;
            peer.join().unwrap();
        });
        assert!(told.try_recv().is_err());
    });
}

/// A fair lock is handed to a future that nobody polls, because its task blocks for that very lock
/// (tokio #7892 hangs without a word). Both sides of it are named.
#[test]
fn a_lock_that_was_handed_to_a_future_which_nobody_polls_is_reported() {
    for same_poll in [true, false] {
        let (tell, told) = channel();
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .debug(true)
            .on_stall(move |stall| drop(tell.send(stall)))
            .build()
            .unwrap();
        let mutex = Arc::new(Mutex::new(()));
        let held = mutex.clone().try_lock_owned().unwrap();
        let (in_line, is_in_line) = channel();
        let (go_on, goes_on) = channel();
        let handle = runtime.handle().clone();
        let inside = runtime.enter();
        let task = spawn_named("keeps", async move {
            let mut first = Box::pin(mutex.lock());
            let pending = poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_pending()));
            assert!(pending.await);
            if !same_poll {
                task::yield_now().await;
            }
            in_line.send(()).unwrap();
            task::block_in_place(|| {
                goes_on.recv().unwrap();
                handle.block_on(async { drop(mutex.lock().await) });
            });
        });
        drop(inside);
        is_in_line.recv_timeout(LIMIT).unwrap();
        drop(held);
        go_on.send(()).unwrap();
        let stall = std::iter::from_fn(|| told.recv_timeout(LIMIT).ok())
            .find(|stall| matches!(stall, Stall::Deadlock { .. }))
            .expect("a report");
        let text = stall.to_string();
        let Stall::Deadlock { tasks, .. } = stall else { unreachable!() };
        assert_eq!(tasks.len(), 2, "{text}");
        assert!(tasks.iter().any(|one| one.id() == task.id() && one.name() == Some("keeps")));
        assert!(tasks.iter().any(|one| one.is_block_on()));
        let holder = format!("held by task {} (keeps)", task.id());
        assert!(text.contains(&holder), "{text}");
        assert!(text.contains("and blocks in root"), "{text}");
        // The thread is lost, as it would be without the report.
        runtime.shutdown_background();
    }
}
