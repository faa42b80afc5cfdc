//! Outside events: a thread that is no part of the runtime wakes one waiting task, again and again.

use super::rt::{self, AsyncReadExt, Runtime};
use crate::labs::events::{Kind, Setup};
use crate::labs::process::{self, connection};
use crate::labs::series::Series;
use crate::labs::who::Threads;
use crate::meter::cpu_time;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// A zero that both sides share, so that an instant is a number.
static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> u64 {
    ZERO.elapsed().as_nanos() as u64
}

type Poke = Box<dyn FnMut(u64)>;

/// `cpu`: microseconds of processor time per event, the sender's own taken off; `sender`: that, per
/// event; `latency`: from the sender's clock to the task's, in microseconds, of each event.
pub fn cost(threads: Threads, setup: &Setup) -> Series {
    let rt = Runtime::new(threads);
    let (result, results) = channel();
    let mut poke = receiver(&rt, setup.kind, setup.events, result);
    process::sleep_exactly();
    // All that is created on first use exists, and all threads have gone back to sleep.
    poke(now());
    std::thread::sleep(Duration::from_millis(50).min(setup.gap * 10));
    let (all, own) = (cpu_time(), process::thread_cpu());
    let mut next = Instant::now();
    for _ in 1..setup.events {
        next += setup.gap;
        // Late is late: the next gap is a whole one again, or events would come in bursts.
        match next.checked_duration_since(Instant::now()) {
            Some(rest) => std::thread::sleep(rest),
            None => next = Instant::now(),
        }
        poke(now());
    }
    let latencies: Vec<f64> =
        results.recv_timeout(Duration::from_secs(10)).expect("each event arrives");
    let own = process::thread_cpu() - own;
    let runtime = (cpu_time() - all).saturating_sub(own);
    let per = |time: Duration| time.as_secs_f64() * 1e6 / (setup.events - 1) as f64;
    let of = |name: &str, values| (name.to_owned(), values);
    Series::from([
        of("cpu", vec![per(runtime)]),
        of("sender", vec![per(own)]),
        of("latency", latencies[1..].to_vec()),
    ])
}

/// Starts the task that waits; what is returned wakes it, and is told when it does so.
fn receiver(rt: &Runtime, kind: Kind, events: usize, result: Sender<Vec<f64>>) -> Poke {
    match kind {
        Kind::Channel => {
            #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
            let (wake, mut woken) = rt::mpsc::unbounded_channel::<u64>();
            rt.spawner().spawn(async move {
                let mut latencies = Vec::with_capacity(events);
                while let Some(sent) = rt::received(woken.recv().await) {
                    latencies.push((now() - sent) as f64 / 1e3);
                    if latencies.len() == events {
                        break;
                    }
                }
                result.send(latencies).expect("the measurement waits");
            });
            Box::new(move |now| rt::send_now(&wake, now))
        }
        Kind::Socket => {
            let (inside, mut outside) = connection().expect("loopback");
            let sent: Arc<[AtomicU64]> = (0..events).map(|_| AtomicU64::new(0)).collect();
            rt.spawner().spawn(read_all(inside, sent.clone(), result));
            let mut number = 0;
            Box::new(move |now| {
                sent[number].store(now, Ordering::Release);
                number += 1;
                outside.write_all(&[1]).expect("the task listens");
            })
        }
    }
}

async fn read_all(stream: TcpStream, sent: Arc<[AtomicU64]>, result: Sender<Vec<f64>>) {
    let mut stream = rt::stream(stream);
    let mut latencies = Vec::with_capacity(sent.len());
    while latencies.len() < sent.len() {
        // Several bytes may have come together.
        let bytes = stream.read(&mut [0; 64]).await.expect("the sender lives");
        assert_ne!(bytes, 0, "the sender lives");
        for _ in 0..bytes {
            let sent = sent[latencies.len()].load(Ordering::Acquire);
            latencies.push((now() - sent) as f64 / 1e3);
        }
    }
    result.send(latencies).expect("the measurement waits");
}
