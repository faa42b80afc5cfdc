//! Three tasks that want service, and note how long they waited for it.
//!
//! * ring: a task is spawned every millisecond, behind whatever is queued; until its first poll.
//! * timer: a sleep of a millisecond after the other; from its deadline until the poll after it.
//! * socket: a thread sends a byte, waits for the echo, rests a millisecond; from the byte's
//!   departure until it was read.
//!
//! Who starves until the end stands in the list with what it had waited by then.

use super::rt::{self, AsyncReadExt, AsyncWriteExt, Spawner};
use crate::labs::process::{self, connection};
use crate::labs::series::Series;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(1);

/// One probe: since when it waits, and what its waits were, in microseconds.
#[derive(Debug, Default)]
struct Probe(Mutex<(Option<Instant>, Vec<f64>)>);

impl Probe {
    fn waits_from(&self, start: Instant) {
        self.0.lock().unwrap().0 = Some(start);
    }
    fn was_served(&self) {
        let now = Instant::now();
        let mut probe = self.0.lock().unwrap();
        // None: the end came first and noted the wait, or came before a timer was due.
        if let Some(wait) = probe.0.take().and_then(|start| now.checked_duration_since(start)) {
            probe.1.push(wait.as_secs_f64() * 1e6);
        }
    }
}

#[derive(Debug, Default)]
pub struct Probes {
    over: AtomicBool,
    ring: Probe,
    timer: Probe,
    socket: Probe,
}

impl Probes {
    /// Starts the three on a runtime.
    pub fn start(spawner: &Spawner) -> Arc<Self> {
        let probes = Arc::new(Self::default());
        let (inside, outside) = connection().expect("loopback");
        spawner.spawn(ticks(probes.clone()));
        spawner.spawn(echo(inside, probes.clone()));
        let of_thread = probes.clone();
        std::thread::spawn(move || ask(outside, &of_thread));
        probes
    }

    pub fn are_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Ends them, and hands out what they noted.
    pub fn end(&self) -> Series {
        self.over.store(true, Ordering::SeqCst);
        let of = |name: &str, probe: &Probe| {
            probe.was_served();
            (name.to_owned(), std::mem::take(&mut probe.0.lock().unwrap().1))
        };
        let list = [of("ring", &self.ring), of("timer", &self.timer), of("socket", &self.socket)];
        Series::from(list)
    }
}

async fn ticks(probes: Arc<Probes>) {
    while !probes.are_over() {
        probes.timer.waits_from(Instant::now() + TICK);
        rt::sleep(TICK).await;
        probes.timer.was_served();
        if probes.ring.0.lock().unwrap().0.is_none() {
            probes.ring.waits_from(Instant::now());
            let of_task = probes.clone();
            rt::detach(rt::spawn(async move { of_task.ring.was_served() }));
            // Where a spawn goes to the slot, this one pushes the other out, into the ring.
            rt::detach(rt::spawn(async {}));
        }
    }
}

async fn echo(stream: TcpStream, probes: Arc<Probes>) {
    let mut stream = rt::stream(stream);
    let mut byte = [0];
    while let Ok(1..) = stream.read(&mut byte).await {
        probes.socket.was_served();
        if stream.write_all(&byte).await.is_err() {
            break;
        }
    }
}

/// The peer of the socket: a thread that is no part of the runtime.
fn ask(mut stream: TcpStream, probes: &Probes) {
    process::sleep_exactly();
    while !probes.are_over() {
        std::thread::sleep(TICK);
        probes.socket.waits_from(Instant::now());
        if stream.write_all(&[1]).and_then(|()| stream.read_exact(&mut [0])).is_err() {
            break;
        }
    }
}
