//! A runtime with nothing to do costs nothing, and leaves nothing behind.
//!
//! Threads, descriptors and memory are the whole process's: each test here runs in a process of its
//! own.

#![cfg(target_os = "linux")]

use mainspring::net::TcpListener;
use mainspring::runtime::{Builder, Runtime};
use mainspring::task::yield_now;
use mainspring::time::{sleep, timeout};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tests::many::{LIMIT, News, Teller, alone, descriptors, memory, multi, threads, until};

/// What the threads of this process but the caller's have done since they began: context switches,
/// and nanoseconds on a core.
fn work_of_others() -> (u64, u64) {
    let me = fs::read_link("/proc/thread-self").expect("Linux has it");
    let (mut switches, mut nanoseconds) = (0, 0);
    for thread in threads().iter().filter(|thread| !me.ends_with(thread)) {
        let read = |file| fs::read_to_string(format!("/proc/self/task/{thread}/{file}")).unwrap();
        for line in read("status").lines().filter(|line| line.contains("ctxt_switches:")) {
            switches += line.split_whitespace().last().unwrap().parse::<u64>().unwrap();
        }
        let spent = read("schedstat");
        nanoseconds += spent.split(' ').next().unwrap().parse::<u64>().unwrap();
    }
    (switches, nanoseconds)
}

/// Many tasks that wait: for a connection, for a far timer, and for ever.
async fn waiting(teller: Teller) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    mainspring::spawn(async move { listener.accept().await.map(|_| ()) });
    for n in 0..1000 {
        mainspring::spawn(sleep(Duration::from_secs(3600 + n)));
        mainspring::spawn(std::future::pending::<()>());
    }
    // Every worker has had its share of short work, and of a short timer.
    for _ in 0..1000 {
        let short = mainspring::spawn(yield_now());
        sleep(Duration::from_micros(10)).await;
        short.await.unwrap();
    }
    teller.tell();
}

#[test]
fn an_idle_runtime_neither_wakes_up_nor_uses_a_core() {
    alone("an_idle_runtime_neither_wakes_up_nor_uses_a_core", || {
        let news = News::new();
        let runtimes = [multi(2), multi(8)];
        runtimes.iter().for_each(|runtime| drop(runtime.spawn(waiting(news.teller()))));
        let teller = news.teller();
        thread::spawn(|| {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(async move {
                waiting(teller).await;
                std::future::pending::<()>().await;
            });
        });
        news.wait_for(3, "everybody waits");
        // The watch of the pools ends after a few quiet periods of 10 ms.
        let begin = Instant::now();
        let mut before = work_of_others();
        loop {
            thread::sleep(Duration::from_millis(200));
            let now = work_of_others();
            if now.0 == before.0 {
                break;
            }
            before = now;
            assert!(begin.elapsed() < LIMIT, "it does not come to rest");
        }
        let number = threads().len();
        // What is measured is this time, in which nothing happens.
        thread::sleep(Duration::from_secs(10));
        let after = work_of_others();
        let (switches, nanoseconds) = (after.0 - before.0, after.1 - before.1);
        println!("{number} threads, ten seconds: {switches} context switches, {nanoseconds} ns");
        // A thread that watched would make a thousand, one that ticks once in a second, ten.
        assert!(switches <= 3, "{switches} context switches");
        assert!(nanoseconds < 3_000_000, "{nanoseconds} ns of a core");
        assert_eq!(threads().len(), number);
    });
}

/// Uses all that a runtime has, and leaves tasks, timers and sockets behind.
fn use_once(runtime: &Runtime) {
    runtime.block_on(async {
        let task = mainspring::spawn(async {
            timeout(Duration::from_secs(1), yield_now()).await.unwrap();
            7
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        mainspring::spawn(async move { listener.accept().await.map(|_| ()) });
        mainspring::spawn(sleep(Duration::from_secs(3600)));
        let closure = mainspring::task::spawn_blocking(|| 8);
        assert_eq!(task.await.unwrap() + closure.await.unwrap(), 15);
    });
}

fn current() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn helped() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).block_on_helps(true).build().unwrap()
}

#[test]
fn there_is_no_thread_before_the_first_runtime_and_none_after_the_last() {
    alone("there_is_no_thread_before_the_first_runtime_and_none_after_the_last", || {
        // The test's own, and what else the harness has.
        let (before, files) = (threads().len(), descriptors());
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(8);
        assert_eq!(threads().len(), before, "a builder starts none");
        let runtime = builder.build().unwrap();
        assert_eq!(threads().len(), before + 8);
        use_once(&runtime);
        let second = current();
        use_once(&second);
        drop(runtime);
        use_once(&second);
        drop(second);
        // A thread that has been joined may stay in this list for a moment.
        until("all threads have ended", || threads().len() == before);
        assert_eq!(descriptors(), files);
    });
}

/// Makes, uses and drops so many runtimes. What is there then: descriptors, resident memory.
fn after(runtimes: usize, make: fn() -> Runtime) -> (usize, usize) {
    let before = threads().len();
    (0..runtimes).for_each(|_| use_once(&make()));
    until("all threads have ended", || threads().len() == before);
    (descriptors(), memory().1)
}

fn ten_thousand(test: &str, make: fn() -> Runtime) {
    alone(test, || {
        let first = after(500, make);
        let start = Instant::now();
        let last = after(10_000, make);
        println!("500 runtimes: {first:?}; 10 000 more, in {:?}: {last:?}", start.elapsed());
        assert_eq!(first.0, last.0, "descriptors");
        // A kilobyte left by each would be ten million.
        assert!(last.1 < first.1 + 2_000_000, "memory: {} then {}", first.1, last.1);
    });
}

#[test]
fn ten_thousand_runtimes_of_one_thread_leave_nothing() {
    ten_thousand("ten_thousand_runtimes_of_one_thread_leave_nothing", current);
}

#[test]
fn ten_thousand_runtimes_of_two_threads_leave_nothing() {
    ten_thousand("ten_thousand_runtimes_of_two_threads_leave_nothing", || multi(2));
}

#[test]
fn ten_thousand_runtimes_whose_block_on_helps_leave_nothing() {
    ten_thousand("ten_thousand_runtimes_whose_block_on_helps_leave_nothing", helped);
}

/// Several at a time, made and dropped by several threads.
#[test]
fn runtimes_that_live_at_the_same_time_leave_nothing() {
    alone("runtimes_that_live_at_the_same_time_leave_nothing", || {
        let (before, files) = (threads().len(), descriptors());
        let made = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while made.fetch_add(1, Ordering::SeqCst) < 500 {
                        let (one, other) = (multi(3), current());
                        use_once(&one);
                        use_once(&other);
                        drop(one);
                        use_once(&other);
                    }
                });
            }
        });
        until("all threads have ended", || threads().len() == before);
        assert_eq!(descriptors(), files);
    });
}
