//! One bad task: what another one waits while a poll blocks its thread.
//!
//! ```text
//!  outside      settle (all asleep) ── a byte ──▶                                    the latency
//!  bad task                          wakes; warm: 8 ms of short polls; blocks ···        ▲
//!  victim                                        queued | woken | ready | due ──wait──▶ polled
//! ```
//!
//! The bad task is woken by a socket, so that it runs on the thread that held the reactor. It ends
//! its block when the victim was polled, which changes nothing for the victim and saves time.

use super::rt::{self, AsyncReadExt, Runtime};
use crate::labs::process::{self, connection};
use crate::labs::stuck::{Before, Block, Setup, Victim};
use crate::labs::who::Threads;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// For how long a timer is armed.
const TIMER: Duration = Duration::from_millis(5);
/// How long after the start of the block the byte for the victim's socket is sent.
const BYTE_AFTER: Duration = Duration::from_millis(1);

/// What the bad task and its victim share.
#[derive(Debug, Default)]
struct Scene {
    served: AtomicBool,
    guard: Mutex<bool>,
    bell: Condvar,
    /// The timer that the bad task arms for the victim, and when it is due.
    due: Mutex<(Option<Instant>, Option<Waker>)>,
    /// When the byte for the victim was sent.
    sent: Mutex<Option<Instant>>,
}

impl Scene {
    fn reset(&self) {
        self.served.store(false, Ordering::SeqCst);
        *self.guard.lock().unwrap() = false;
    }
    fn serve(&self) {
        self.served.store(true, Ordering::SeqCst);
        *self.guard.lock().unwrap() = true;
        self.bell.notify_all();
    }
    fn block(&self, how: Block, limit: Duration) {
        match how {
            Block::Busy => {
                let start = Instant::now();
                while start.elapsed() < limit && !self.served.load(Ordering::SeqCst) {
                    std::hint::spin_loop();
                }
            }
            Block::Asleep => {
                let guard = self.guard.lock().unwrap();
                drop(self.bell.wait_timeout_while(guard, limit, |served| !*served).unwrap());
            }
        }
    }
}

/// The victims' ways to be told: by the bad task, and how it tells the thread that sends the byte.
struct Ways {
    scene: Arc<Scene>,
    results: Sender<f64>,
    wake: rt::mpsc::UnboundedSender<Instant>,
    now_send: Sender<()>,
}

/// The latencies, in microseconds. The first repetition warms up and does not count.
pub fn latencies(threads: Threads, setup: &Setup) -> Vec<f64> {
    let rt = Runtime::new(threads);
    let scene = Arc::new(Scene::default());
    let (results, latencies) = channel();
    let (bad, mut poke) = connection().expect("loopback");
    let (wake, woken) = rt::mpsc::unbounded_channel();
    let (now_send, orders) = channel();
    match setup.victim {
        Victim::Ring | Victim::Alone => {}
        Victim::Woken => rt.spawner().spawn(woken_victim(woken, scene.clone(), results.clone())),
        Victim::Timer => rt.spawner().spawn(timer_victim(scene.clone(), results.clone())),
        Victim::Socket => {
            let (inside, outside) = connection().expect("loopback");
            rt.spawner().spawn(socket_victim(inside, scene.clone(), results.clone()));
            let scene = scene.clone();
            std::thread::spawn(move || send_bytes(&orders, outside, &scene));
        }
    }
    let ways = Ways { scene: scene.clone(), results, wake, now_send };
    rt.spawner().spawn(bad_task(bad, *setup, ways));
    let mut all = Vec::new();
    for _ in 0..=setup.repeats {
        std::thread::sleep(setup.settle);
        scene.reset();
        poke.write_all(&[1]).expect("the bad task listens");
        let latency = latencies.recv_timeout(Duration::from_secs(10));
        all.push(latency.expect("the victim is polled in the end"));
    }
    all.split_off(1)
}

async fn bad_task(stream: TcpStream, setup: Setup, ways: Ways) {
    let mut stream = rt::stream(stream);
    // The timer that is armed for the victim outlives the poll, or it would never fire.
    let mut _sleep = None;
    while let Ok(1..) = stream.read(&mut [0; 1]).await {
        if setup.before == Before::Warm {
            let start = Instant::now();
            while start.elapsed() < setup.warm {
                rt::yield_now().await;
            }
        }
        // From here to the end of the block there is no await: one poll.
        _sleep = hurt(&setup, &ways);
        ways.scene.block(setup.block, setup.length);
    }
}

/// Makes the victim ready; what is returned lives until the victim was polled.
fn hurt(setup: &Setup, ways: &Ways) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
    match setup.victim {
        Victim::Ring | Victim::Alone => {
            let (scene, results, start) =
                (ways.scene.clone(), ways.results.clone(), Instant::now());
            rt::detach(rt::spawn(async move { served(start, &scene, &results) }));
            if setup.victim == Victim::Ring {
                // Where a spawn goes to the slot, this one pushes the victim out, into the ring.
                rt::detach(rt::spawn(async {}));
            }
            None
        }
        Victim::Woken => {
            rt::send_now(&ways.wake, Instant::now());
            None
        }
        Victim::Socket => {
            ways.now_send.send(()).expect("the sender lives");
            None
        }
        Victim::Timer => {
            let mut due = ways.scene.due.lock().unwrap();
            due.0 = Some(Instant::now() + TIMER);
            let waker = due.1.take().expect("the victim waits");
            drop(due);
            let mut sleep: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(rt::sleep(TIMER));
            let pending = sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending();
            assert!(pending, "five milliseconds are not over yet");
            Some(sleep)
        }
    }
}

fn served(since: Instant, scene: &Scene, results: &Sender<f64>) {
    let latency = since.elapsed().as_secs_f64() * 1e6;
    scene.serve();
    // Nobody listens any more when the last repetition is over.
    let _ = results.send(latency);
}

async fn woken_victim(
    #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
    mut woken: rt::mpsc::UnboundedReceiver<Instant>,
    scene: Arc<Scene>,
    results: Sender<f64>,
) {
    while let Some(since) = rt::received(woken.recv().await) {
        served(since, &scene, &results);
    }
}

async fn timer_victim(scene: Arc<Scene>, results: Sender<f64>) {
    loop {
        let due = poll_fn(|cx| {
            let mut due = scene.due.lock().unwrap();
            match due.0 {
                Some(at) if at <= Instant::now() => {
                    due.0 = None;
                    Poll::Ready(at)
                }
                _ => {
                    due.1 = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        });
        served(due.await, &scene, &results);
    }
}

async fn socket_victim(stream: TcpStream, scene: Arc<Scene>, results: Sender<f64>) {
    let mut stream = rt::stream(stream);
    while let Ok(1..) = stream.read(&mut [0; 1]).await {
        let since = scene.sent.lock().unwrap().take().expect("it was noted before it was sent");
        served(since, &scene, &results);
    }
}

/// The victim's peer: a thread that is no part of the runtime.
fn send_bytes(orders: &Receiver<()>, mut stream: TcpStream, scene: &Scene) {
    process::sleep_exactly();
    while orders.recv().is_ok() {
        std::thread::sleep(BYTE_AFTER);
        *scene.sent.lock().unwrap() = Some(Instant::now());
        stream.write_all(&[1]).expect("the victim listens");
    }
}
