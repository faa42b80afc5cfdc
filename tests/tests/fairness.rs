//! Nobody is starved: whatever some tasks do without a pause, the others get their turns.

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::{Handle, Runtime};
use mainspring::task::yield_now;
use mainspring::time::sleep;
use std::io::Write;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;
use tests::Gate;
use tests::many::{News, Teller, multi, until};

#[path = "fairness/counted.rs"]
mod counted;

/// Set when the test has seen enough: those who never pause end then.
#[derive(Debug, Clone, Default)]
struct Stop(Arc<AtomicBool>);

impl Stop {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Sets it, also when the test fails. Declared after the runtime.
#[derive(Debug, Default)]
struct StopAtEnd(Stop);

impl Drop for StopAtEnd {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// Two tasks that wake each other, always from the next slot. Each poll is counted.
fn lifo_pair(stop: &Stop, polls: &Arc<AtomicUsize>) {
    let wakers: [Arc<Mutex<Option<Waker>>>; 2] = Default::default();
    for me in [0, 1] {
        let (stop, polls, wakers) = (stop.clone(), polls.clone(), wakers.clone());
        mainspring::spawn(std::future::poll_fn(move |cx: &mut Context<'_>| {
            polls.fetch_add(1, Ordering::SeqCst);
            if stop.is_set() {
                return Poll::Ready(());
            }
            *wakers[me].lock().unwrap() = Some(cx.waker().clone());
            let other = wakers[1 - me].lock().unwrap().clone();
            if let Some(other) = other {
                other.wake();
            }
            Poll::Pending
        }));
    }
}

/// Who never pauses.
#[derive(Debug, Clone, Copy)]
enum Busy {
    LifoPair,
    YieldLoop,
    Spawner,
    Socket,
}

impl Busy {
    /// Makes it busy, from inside. `turns` grows as long as it is.
    async fn start(self, stop: Stop, turns: Arc<AtomicUsize>) {
        match self {
            Self::LifoPair => lifo_pair(&stop, &turns),
            Self::YieldLoop => {
                while !stop.is_set() {
                    turns.fetch_add(1, Ordering::SeqCst);
                    yield_now().await;
                }
            }
            Self::Spawner => again(stop, turns),
            Self::Socket => socket(&stop, &turns).await,
        }
    }
}

/// A task whose last deed is to spawn the next one.
fn again(stop: Stop, turns: Arc<AtomicUsize>) {
    mainspring::spawn(async move {
        turns.fetch_add(1, Ordering::SeqCst);
        if !stop.is_set() {
            again(stop, turns);
        }
    });
}

/// A socket that always has more: a thread fills it, and we take one byte at a time.
async fn socket(stop: &Stop, turns: &AtomicUsize) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut theirs, _) = listener.accept().unwrap();
    let filler = thread::spawn(move || while theirs.write_all(&[0; 4096]).is_ok() {});
    while !stop.is_set() {
        ours.read_exact(&mut [0]).await.unwrap();
        turns.fetch_add(1, Ordering::SeqCst);
    }
    ours.shutdown_std(Shutdown::Both).unwrap();
    drop(ours);
    filler.join().unwrap();
}

/// Everything that may be starved, started from inside and from outside, has its turns while the
/// busy ones go on.
#[track_caller]
fn others_get_turns(runtime: &Runtime, turns: &AtomicUsize) {
    let news = News::new();
    let before = turns.load(Ordering::SeqCst);
    until("the busy ones are", || turns.load(Ordering::SeqCst) > before + 100);
    for _ in 0..50 {
        let teller = news.teller();
        runtime.spawn(async move { teller.tell() });
    }
    news.wait_for(50, "from outside");
    let teller = news.teller();
    runtime.spawn(async move {
        for _ in 0..50 {
            let teller = teller.clone();
            mainspring::spawn(async move { ring_timer_socket(teller).await });
        }
    });
    news.wait_for(3 * 50, "from inside");
    let gate = Gate::new();
    let (waits, teller) = (gate.clone(), news.teller());
    runtime.spawn(async move {
        waits.await;
        teller.tell();
    });
    until("it waits", || !gate.wakers().is_empty());
    gate.open();
    news.wait_for(1, "woken from outside");
    runtime.block_on(async { sleep(Duration::from_millis(5)).await });
    let before = turns.load(Ordering::SeqCst);
    until("the busy ones still are", || turns.load(Ordering::SeqCst) > before + 100);
}

async fn ring_timer_socket(teller: Teller) {
    for _ in 0..10 {
        yield_now().await;
    }
    teller.tell();
    sleep(Duration::from_millis(5)).await;
    teller.tell();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = mainspring::spawn(async move { listener.accept().await.unwrap().0 });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut accepted = server.await.unwrap();
    let reads =
        mainspring::spawn(async move { accepted.read_exact(&mut [0; 4]).await.map(|_| ()) });
    stream.write_all(b"tick").await.unwrap();
    reads.await.unwrap().unwrap();
    teller.tell();
}

fn all_workers_are(busy: Busy) {
    for workers in [1, 2] {
        let runtime = multi(workers);
        let end = StopAtEnd::default();
        let turns = Arc::new(AtomicUsize::new(0));
        for _ in 0..workers {
            runtime.spawn(busy.start(end.0.clone(), turns.clone()));
        }
        others_get_turns(&runtime, &turns);
    }
}

#[test]
fn a_lifo_pair_starves_nobody() {
    all_workers_are(Busy::LifoPair);
}

#[test]
fn a_yield_loop_starves_nobody() {
    all_workers_are(Busy::YieldLoop);
}

#[test]
fn a_task_that_spawns_for_ever_starves_nobody() {
    all_workers_are(Busy::Spawner);
}

#[test]
fn a_busy_socket_starves_nobody() {
    all_workers_are(Busy::Socket);
}

#[test]
fn all_of_them_together_starve_nobody() {
    for workers in [1, 2] {
        let runtime = multi(workers);
        let end = StopAtEnd::default();
        let turns = Arc::new(AtomicUsize::new(0));
        for busy in [Busy::LifoPair, Busy::YieldLoop, Busy::Spawner, Busy::Socket] {
            runtime.spawn(busy.start(end.0.clone(), turns.clone()));
        }
        others_get_turns(&runtime, &turns);
    }
}

/// Spawns short tasks from outside as fast as it can; a bounded number waits at any time. Counts
/// them in `ran`, beside what else is counted there.
fn flood(handle: &Handle, stop: &Stop, ran: &Arc<AtomicUsize>) {
    let waiting = Arc::new(AtomicUsize::new(0));
    while !stop.is_set() {
        while waiting.load(Ordering::SeqCst) < 1000 {
            waiting.fetch_add(1, Ordering::SeqCst);
            let (ran, waiting) = (ran.clone(), waiting.clone());
            handle.spawn(async move {
                ran.fetch_add(1, Ordering::SeqCst);
                waiting.fetch_sub(1, Ordering::SeqCst);
            });
        }
        thread::yield_now();
    }
}

#[test]
fn a_flood_from_outside_does_not_starve_what_is_inside() {
    for workers in [1, 2] {
        let runtime = multi(workers);
        let end = StopAtEnd::default();
        let (stop, ran) = (end.0.clone(), Arc::new(AtomicUsize::new(0)));
        let (handle, counts) = (runtime.handle().clone(), ran.clone());
        let outside = thread::spawn(move || flood(&handle, &stop, &counts));
        others_get_turns(&runtime, &ran);
        drop(end);
        outside.join().unwrap();
    }
}

/// The inside is as full as a ring can be, of tasks that never pause.
#[test]
fn what_is_inside_does_not_starve_a_flood_from_outside() {
    for workers in [1, 2] {
        let runtime = multi(workers);
        let end = StopAtEnd::default();
        let (stop, turns) = (end.0.clone(), Arc::new(AtomicUsize::new(0)));
        let counts = turns.clone();
        runtime.spawn(async move {
            for _ in 0..250 {
                mainspring::spawn(Busy::YieldLoop.start(stop.clone(), counts.clone()));
            }
        });
        until("the inside is busy", || turns.load(Ordering::SeqCst) > 1000);
        let ran = Arc::new(AtomicUsize::new(0));
        let (stop, handle, counts) = (end.0.clone(), runtime.handle().clone(), ran.clone());
        let outside = thread::spawn(move || flood(&handle, &stop, &counts));
        until("the flood has its turns", || ran.load(Ordering::SeqCst) > 1000);
        others_get_turns(&runtime, &turns);
        drop(end);
        outside.join().unwrap();
    }
}
