//! pause, resume, advance.

use crate::{Kind, Log, ms, paused, poll_once};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::{Handle, RuntimeMetrics};
use mainspring::task::{spawn, spawn_blocking, yield_now};
use mainspring::time::{self, Duration, Instant, interval, sleep, sleep_until, timeout};
use std::future::pending;
use std::io::{Read, Write};
use std::pin::pin;
use std::sync::mpsc;
use std::thread;
use tests::{eventually, panic_of, pass, runtime};

const HOUR: Duration = Duration::from_secs(3600);

/// How often the thread of a `current_thread` runtime has gone to sleep or woken up.
fn turns(metrics: &RuntimeMetrics) -> u64 {
    metrics.worker_park_unpark_count(0)
}

/// Waits until that thread sleeps, after so many turns.
fn until_asleep(metrics: &RuntimeMetrics, after: u64) {
    eventually(|| turns(metrics) > after && turns(metrics) % 2 == 1);
}

#[test]
fn a_clock_is_stopped_and_let_go_only_once() {
    runtime().block_on(async {
        let cases = [
            (panic_of(|| time::resume()), "time::pause first"),
            (
                panic_of(|| {
                    time::pause();
                    time::pause()
                }),
                "start_paused",
            ),
        ];
        for (said, remedy) in cases {
            assert!(said.text.contains(remedy) && said.file.ends_with("pausing.rs"), "{said:?}");
        }
        time::resume();
        time::pause();
    });
    paused().block_on(async { assert!(panic_of(|| time::pause()).text.contains("already")) });
}

#[test]
fn without_a_runtime_there_is_no_clock() {
    for said in [panic_of(|| time::pause()), panic_of(|| time::resume())] {
        assert!(said.text.contains("runtime") && said.file.ends_with("pausing.rs"), "{said:?}");
    }
}

fn the_clock_of_several_threads_cannot_be_stopped(kind: Kind) {
    kind.runtime().block_on(async {
        let said = panic_of(|| time::pause());
        assert!(said.text.contains("new_current_thread"), "{said:?}");
    });
}

#[test]
fn a_clock_that_runs_cannot_be_moved() {
    runtime().block_on(async {
        let moved = spawn(time::advance(ms(1))).await;
        assert!(moved.unwrap_err().to_string().contains("time::pause first"));
    });
}

#[test]
fn beyond_its_range_a_clock_cannot_be_moved() {
    paused().block_on(async {
        let start = Instant::now();
        let moved = spawn(time::advance(Duration::MAX)).await;
        assert!(moved.unwrap_err().to_string().contains("548 years"));
        assert_eq!(start.elapsed(), Duration::ZERO);
        let century = HOUR * 24 * 36_525;
        time::advance(century).await;
        assert_eq!(start.elapsed(), century);
        assert!(spawn(time::advance(5 * century)).await.is_err());
    });
}

#[test]
fn a_stopped_clock_shows_one_time_until_it_is_moved() {
    runtime().block_on(async {
        let before = Instant::now();
        time::pause();
        let start = Instant::now();
        assert!(start >= before);
        pass(ms(5));
        assert_eq!(Instant::now(), start);
        for millis in [1, 7, 1_000] {
            let before = Instant::now();
            sleep(ms(millis)).await;
            assert_eq!(before.elapsed(), ms(millis), "exactly, though it was stopped at any time");
        }
        time::resume();
        let resumed = Instant::now();
        assert!(resumed >= start + ms(1_008));
        assert!(resumed < start + ms(1_008) + HOUR);
    });
}

/// Real waits under a clock that is ahead of the machine's, and under one that is behind.
#[test]
fn waits_take_their_real_time_on_a_clock_that_runs_on() {
    for ahead in [HOUR, Duration::ZERO] {
        runtime().block_on(async {
            time::pause();
            time::advance(ahead).await;
            pass(ms(20));
            time::resume();
            for _ in 0..3 {
                let (start, real) = (Instant::now(), std::time::Instant::now());
                sleep(ms(10)).await;
                assert!(start.elapsed() >= ms(10) && real.elapsed() >= ms(10));
                assert!(real.elapsed() < HOUR / 60, "not by an hour too long");
            }
        });
    }
}

/// The same in epoll: a socket is there.
#[test]
fn waits_beside_a_socket_take_their_real_time_on_a_clock_that_runs_on() {
    runtime().block_on(async {
        let _listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        time::pause();
        time::advance(HOUR).await;
        time::resume();
        let real = std::time::Instant::now();
        sleep(ms(10)).await;
        assert!(real.elapsed() >= ms(10) && real.elapsed() < HOUR / 60);
    });
}

#[test]
fn advance_wakes_by_deadline_and_what_was_woken_has_had_its_turn() {
    let log = Log::default();
    paused().block_on(async {
        let start = Instant::now();
        for (number, millis) in [(3, 30), (1, 10), (4, 30), (2, 20), (9, 41)] {
            let log = log.clone();
            spawn(async move {
                sleep(ms(millis)).await;
                assert_eq!(start.elapsed(), ms(40), "all see the new time");
                log.lock().unwrap().push(number);
            });
        }
        yield_now().await;
        time::advance(ms(9)).await;
        assert!(log.lock().unwrap().is_empty());
        time::advance(ms(31)).await;
        assert_eq!(*log.lock().unwrap(), [1, 2, 3, 4]);
        assert_eq!(start.elapsed(), ms(40));
    });
    assert_eq!(*log.lock().unwrap(), [1, 2, 3, 4], "the last one has not been");
}

#[test]
fn advance_ends_a_timeout_and_ticks_an_interval() {
    paused().block_on(async {
        let start = Instant::now();
        let late = spawn(timeout(HOUR, pending::<()>()));
        let mut every = interval(ms(100));
        every.tick().await;
        time::advance(ms(250)).await;
        assert_eq!(every.tick().await, start + ms(100));
        assert_eq!(every.tick().await, start + ms(200));
        assert!(poll_once(pin!(every.tick())).await.is_pending());
        time::advance(HOUR).await;
        assert!(late.is_finished() && late.await.unwrap().is_err());
    });
}

#[test]
fn advance_that_is_not_polled_moves_nothing() {
    paused().block_on(async {
        let start = Instant::now();
        drop(time::advance(HOUR));
        assert_eq!(start.elapsed(), Duration::ZERO);
        let mut advance = Box::pin(time::advance(HOUR));
        assert!(poll_once(advance.as_mut()).await.is_pending());
        drop(advance);
        assert_eq!(start.elapsed(), HOUR);
    });
}

/// It was begun while the clock ran, and is not over.
#[test]
fn a_closure_from_before_holds_the_clock_that_is_stopped_then() {
    runtime().block_on(async {
        let (go, wait) = mpsc::channel::<()>();
        let closure = spawn_blocking(move || wait.recv().is_err());
        time::pause();
        let start = Instant::now();
        let long = spawn(async { sleep(HOUR).await });
        let metrics = Handle::current().metrics();
        for _ in 0..5 {
            pass(ms(1));
            yield_now().await;
        }
        // Ends the closure when the runtime's thread sleeps.
        let ender = thread::spawn(move || {
            until_asleep(&metrics, 0);
            drop(go);
        });
        assert!(closure.await.unwrap());
        assert_eq!(start.elapsed(), Duration::ZERO, "nothing moved it meanwhile");
        long.await.unwrap();
        assert_eq!(start.elapsed(), HOUR);
        ender.join().unwrap();
    });
}

/// Detached, so that nothing but the end of the hold wakes the driver.
#[test]
fn the_end_of_a_closure_that_nobody_awaits_lets_the_clock_go() {
    paused().block_on(async {
        let metrics = Handle::current().metrics();
        drop(spawn_blocking(move || until_asleep(&metrics, 0)));
        let start = Instant::now();
        sleep(HOUR).await;
        assert_eq!(start.elapsed(), HOUR);
    });
}

/// A peer in another thread, which takes its (real) time.
#[test]
fn a_task_that_waits_for_a_socket_holds_the_clock() {
    paused().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = Handle::current().metrics();
        let peer = thread::spawn(move || {
            until_asleep(&metrics, 0);
            let before = turns(&metrics);
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            until_asleep(&metrics, before);
            stream.write_all(b"x").unwrap();
            stream.read(&mut [0]).unwrap()
        });
        let start = Instant::now();
        let (stream, _) = timeout(ms(1), listener.accept()).await.expect("in time").unwrap();
        timeout(ms(1), stream.readable()).await.expect("in time").unwrap();
        assert_eq!(stream.try_read(&mut [0; 8]).unwrap(), 1);
        assert_eq!(start.elapsed(), Duration::ZERO);
        // Nobody waits for a socket now, though two are open.
        sleep(HOUR).await;
        assert_eq!(start.elapsed(), HOUR);
        drop(stream);
        assert_eq!(peer.join().unwrap(), 0);
    });
}

#[test]
fn advance_is_not_held_up_by_a_socket() {
    paused().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let late = spawn(async move { timeout(ms(100), listener.accept()).await.is_err() });
        yield_now().await;
        time::advance(ms(99)).await;
        assert!(!late.is_finished());
        time::advance(ms(1)).await;
        assert!(late.is_finished(), "and with it the listener is gone");
        assert!(late.await.unwrap());
        sleep(HOUR).await;
    });
}

#[test]
fn a_socket_that_is_closed_lets_the_clock_go() {
    paused().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let reader = spawn(async move { stream.readable().await.unwrap() });
        yield_now().await;
        reader.abort();
        assert!(reader.await.is_err());
        sleep(HOUR).await;
    });
}

#[cfg(unix)]
#[test]
fn waiting_for_a_signal_holds_nothing() {
    paused().block_on(async {
        let start = Instant::now();
        assert!(timeout(HOUR, mainspring::signal::ctrl_c()).await.is_err());
        assert_eq!(start.elapsed(), HOUR);
    });
}

/// The one who drives sleeps in real time, and hears that this has no sense any more.
#[test]
fn stopped_from_another_thread_the_clock_jumps() {
    let rt = runtime();
    let handle = rt.handle().clone();
    let other = thread::spawn(move || {
        until_asleep(&handle.metrics(), 0);
        let _inside = handle.enter();
        time::pause();
    });
    rt.block_on(async {
        let start = Instant::now();
        sleep_until(start + HOUR).await;
        assert!(start.elapsed() >= HOUR);
    });
    other.join().unwrap();
}

/// The other way round: it sleeps because the clock is held, and now deadlines are real.
#[test]
fn let_go_from_a_blocking_closure_the_clock_runs() {
    paused().block_on(async {
        let (go, wait) = mpsc::channel::<()>();
        let metrics = Handle::current().metrics();
        let closure = spawn_blocking(move || {
            until_asleep(&metrics, 0);
            time::resume();
            wait.recv().is_err()
        });
        let real = std::time::Instant::now();
        sleep(ms(30)).await;
        assert!(real.elapsed() >= ms(30));
        drop(go);
        assert!(closure.await.unwrap());
    });
}

tests::each_pool! { the_clock_of_several_threads_cannot_be_stopped }
