//! A stuck worker's timers and sockets, and threads that are no worker.

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::{Builder, Runtime};
use mainspring::task::yield_now;
use mainspring::time::sleep;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Context;
use std::time::Duration;
use tests::Gate;
use tests::many::{Hold, News, Teller, multi, until};

const SHORT: Duration = Duration::from_millis(20);

/// Tasks, timers and sockets, from inside and from outside.
#[track_caller]
pub fn everything_works(runtime: &Runtime) {
    let news = News::new();
    let teller = news.teller();
    runtime.spawn(async move { teller.tell() });
    news.wait_for(1, "a task from outside");
    let teller = news.teller();
    runtime.spawn(async move {
        sleep(SHORT).await;
        teller.tell();
        mainspring::spawn(echo(teller));
    });
    news.wait_for(2, "a timer, and a socket");
    let (teller, handle) = (news.teller(), runtime.handle().clone());
    let thread = std::thread::spawn(move || {
        handle.block_on(async { sleep(SHORT).await });
        teller.tell();
        handle.block_on(echo(teller));
    });
    news.wait_for(2, "a timer, and a socket, of a thread outside");
    thread.join().unwrap();
}

/// Some bytes to a server and back.
async fn echo(teller: Teller) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = mainspring::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    for byte in *b"tick" {
        stream.write_all(&[byte]).await.unwrap();
        yield_now().await;
    }
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"tick");
    server.await.unwrap();
    teller.tell();
}

/// Both ends of a connection; ours is the runtime's.
async fn connection() -> (TcpStream, std::net::TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (ours, listener.accept().unwrap().0)
}

fn pending<F: Future + ?Sized>(future: std::pin::Pin<&mut F>, teller: &Teller) {
    let waker = teller.clone().waker();
    assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
}

/// The task that blocks has armed the timer and waited for the socket in the same poll: both are
/// its own worker's.
#[test]
fn a_timer_and_a_socket_of_a_stuck_worker_are_served() {
    for workers in [2, 4] {
        let runtime = multi(workers);
        for _ in 0..5 {
            let (news, hold) = (News::new(), Hold::new());
            let (teller, grip) = (news.teller(), hold.grip());
            let (ours, mut theirs) = runtime.block_on(connection());
            runtime.spawn(async move {
                let mut timer = Box::pin(sleep(SHORT));
                pending(timer.as_mut(), &teller);
                let waker = teller.waker();
                let read = ours.poll_read(&mut Context::from_waker(&waker), &mut [0; 4]);
                assert!(read.is_pending());
                grip.hold();
            });
            hold.wait_for(1);
            news.wait_for(1, "the timer");
            theirs.write_all(b"tick").unwrap();
            news.wait_for(1, "the socket");
        }
    }
}

/// The same for the thread in `block_on`, whether it runs tasks or not.
#[test]
fn a_timer_and_a_socket_of_a_root_that_blocks_its_thread_are_served() {
    for (workers, helps) in [(1, true), (2, true), (2, false)] {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(workers).block_on_helps(helps).build().unwrap();
        runtime.block_on(async {
            let (news, (ours, mut theirs)) = (News::new(), connection().await);
            let mut timer = Box::pin(sleep(SHORT));
            pending(timer.as_mut(), &news.teller());
            let waker = news.teller().waker();
            let read = ours.poll_read(&mut Context::from_waker(&waker), &mut [0; 4]);
            assert!(read.is_pending());
            news.wait_for(1, "the timer");
            theirs.write_all(b"tick").unwrap();
            news.wait_for(1, "the socket");
        });
    }
}

/// Whoever is outside arms before the workers get stuck, and while they are.
#[test]
fn a_timer_of_a_thread_outside_is_served_while_workers_are_stuck() {
    for workers in [2, 4] {
        let runtime = multi(workers);
        let _inside = runtime.enter();
        let (news, hold) = (News::new(), Hold::new());
        let teller = news.teller();
        let mut timers: Vec<_> = (1..5).map(|n| Box::pin(sleep(n * SHORT))).collect();
        pending(timers[0].as_mut(), &teller);
        for _ in 1..workers {
            let grip = hold.grip();
            runtime.spawn(async move { grip.hold() });
        }
        pending(timers[1].as_mut(), &teller);
        hold.wait_for(workers - 1);
        pending(timers[2].as_mut(), &teller);
        news.wait_for(3, "timers of a thread outside");
        pending(timers[3].as_mut(), &teller);
        news.wait_for(1, "one more");
    }
}

/// What makes the first worker get up.
#[derive(Debug, Clone, Copy)]
enum Event {
    Socket,
    Timer,
    Outside,
}

/// Knows by the hooks how many workers are in their park.
struct Sleepers {
    parked: Arc<AtomicUsize>,
    news: News,
}

impl Sleepers {
    fn runtime(workers: usize) -> (Runtime, Self) {
        let (parked, news) = (Arc::new(AtomicUsize::new(0)), News::new());
        let (park, unpark, teller) = (parked.clone(), parked.clone(), news.teller());
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(workers);
        builder.on_thread_park(move || {
            park.fetch_add(1, Ordering::SeqCst);
            teller.tell();
        });
        builder.on_thread_unpark(move || {
            unpark.fetch_sub(1, Ordering::SeqCst);
        });
        (builder.build().unwrap(), Self { parked, news })
    }

    /// Waits until all of them sleep; `watched`: one may still keep watch.
    fn wait_for(&self, workers: usize, watched: bool) {
        if !watched {
            // The watch ends after three quiet periods of 10 ms.
            self.news.wait_for_quiet(Duration::from_millis(100));
        }
        until("all are asleep", || self.parked.load(Ordering::SeqCst) == workers);
    }
}

/// A task that waits for the event, then runs `then`.
fn waits_for(
    event: Event,
    runtime: &Runtime,
    later: u32,
    then: impl FnOnce() + Send + 'static,
) -> Happens {
    let (news, gate) = (News::new(), Gate::new());
    let (teller, waits) = (news.teller(), gate.clone());
    let (mut ours, theirs) = runtime.block_on(connection());
    runtime.spawn(async move {
        teller.tell();
        match event {
            Event::Socket => ours.read_exact(&mut [0; 4]).await.map(|_| ()).unwrap(),
            Event::Timer => sleep(later * SHORT).await,
            Event::Outside => waits.await,
        }
        then();
    });
    news.wait_for(1, "a task that will wait");
    Happens { event, theirs, gate }
}

struct Happens {
    event: Event,
    theirs: std::net::TcpStream,
    gate: Gate,
}

impl Happens {
    fn now(&mut self) {
        match self.event {
            Event::Socket => self.theirs.write_all(b"tick").unwrap(),
            // It happens by itself.
            Event::Timer => {}
            Event::Outside => self.gate.open(),
        }
    }
}

/// All sleep; `first` happens, and what waits for it blocks; then `second` happens.
fn first_poll_blocks(first: Event, second: Event, workers: usize, watched: bool) {
    println!("{first:?}, then {second:?}; {workers} workers, watched: {watched}");
    let (runtime, sleepers) = Sleepers::runtime(workers);
    let (news, hold) = (News::new(), Hold::new());
    let (teller, grip) = (news.teller(), hold.grip());
    let mut good = waits_for(second, &runtime, 16, move || teller.tell());
    let mut bad = waits_for(first, &runtime, 15, move || grip.hold());
    sleepers.wait_for(workers, watched);
    bad.now();
    hold.wait_for(1);
    good.now();
    news.wait_for(1, "what waits for the second event");
    everything_works(&runtime);
}

fn first_polls_block(first: Event) {
    for second in [Event::Socket, Event::Timer, Event::Outside] {
        for (workers, watched) in [(2, true), (2, false), (4, false)] {
            first_poll_blocks(first, second, workers, watched);
        }
    }
}

#[test]
fn all_sleep_and_the_first_poll_after_a_socket_is_ready_blocks() {
    first_polls_block(Event::Socket);
}

#[test]
fn all_sleep_and_the_first_poll_after_a_timer_blocks() {
    first_polls_block(Event::Timer);
}

#[test]
fn all_sleep_and_the_first_poll_after_a_wake_from_outside_blocks() {
    first_polls_block(Event::Outside);
}

/// A stuck worker had the reactor; the sockets that are ready later are somebody else's to see.
#[test]
fn many_connections_go_on_while_workers_are_stuck() {
    let runtime = multi(3);
    let (news, hold) = (News::new(), Hold::new());
    for _ in 0..2 {
        let grip = hold.grip();
        runtime.spawn(async move { grip.hold() });
    }
    for _ in 0..50 {
        let teller = news.teller();
        runtime.spawn(echo(teller));
    }
    news.wait_for(50, "connections");
    let report = runtime.shutdown_timeout(Duration::from_millis(1));
    assert_eq!(report.still_running().count(), 2, "{report}");
    drop(hold);
}
