//! the five rows: how each makes its hundred requests, and what the document says of it.
//!
//! All rows send the same requests in the same order: `GET /lat/0` to `GET /lat/99`, whose answers
//! come after 0.5 to 1.5 s, 100 s together. Only the number of requests at a time and the means
//! differ. The threads open a connection for each request, as the document's `requests.get` does;
//! the runtime's client keeps its connections, as the document's aiohttp does.

#![forbid(unsafe_code)]

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use hyper::{StatusCode, Uri};
use mainspring::runtime::Builder;
use mainspring::sync::Semaphore;

use crate::client::Client;
use crate::{floor, plain};

/// Requests in a row.
pub const REQUESTS: u64 = 100;
/// No answer takes longer than this unless something hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who makes the requests.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// So many threads with blocking sockets.
    Threads(usize),
    /// Tasks on the runtime, one a request, so many of them at a time.
    Limit(usize),
    /// Tasks on the runtime, one a request, all at once.
    NoLimit,
}

/// One line of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub way: Way,
    /// Seconds that the document gives for it.
    pub document: Option<f64>,
}

/// The document's four lines, and the limit of 10 that makes the runtime comparable with the pool.
pub const ROWS: [Row; 5] = [
    Row { name: "one at a time", way: Way::Threads(1), document: Some(102.3) },
    Row { name: "10 threads", way: Way::Threads(10), document: Some(12.1) },
    Row { name: "runtime, limit 5", way: Way::Limit(5), document: Some(12.8) },
    Row { name: "runtime, limit 10", way: Way::Limit(10), document: None },
    Row { name: "runtime, no limit", way: Way::NoLimit, document: Some(6.4) },
];

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

impl Row {
    /// How many requests may be open at a time.
    pub fn permits(&self) -> usize {
        match self.way {
            Way::Threads(n) | Way::Limit(n) => n,
            Way::NoLimit => REQUESTS as usize,
        }
    }

    /// What the row takes if nothing costs anything but the delays.
    pub fn floor(&self, scale: f64) -> Duration {
        floor::makespan(&floor::hundred(scale), self.permits())
    }

    /// Makes the requests and returns how long that took; calls `done` after each.
    pub fn run(
        &self,
        server: SocketAddr,
        done: fn(),
    ) -> Result<Duration, Box<dyn Error + Send + Sync>> {
        match self.way {
            Way::Threads(n) => {
                let start = Instant::now();
                threads(n, server, done)?;
                Ok(start.elapsed())
            }
            Way::Limit(_) | Way::NoLimit => {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                let start = Instant::now();
                runtime.block_on(tasks(self.permits(), server, done))?;
                Ok(start.elapsed())
            }
        }
    }
}

/// A pool of `n` threads that take the numbers in order.
fn threads(n: usize, server: SocketAddr, done: fn()) -> Outcome {
    let next = AtomicU64::new(0);
    let work = || -> Outcome {
        loop {
            // Ordering: the number itself is all that is shared.
            let i = next.fetch_add(1, Relaxed);
            if i >= REQUESTS {
                return Ok(());
            }
            let (status, _body) = plain::get(server, &format!("/lat/{i}"), PATIENCE)?;
            if status != 200 {
                return Err(format!("/lat/{i} answered {status}").into());
            }
            done();
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))
        })
    })
}

/// A task a request; the semaphore lets `limit` of them go at a time, in the order of their
/// creation.
async fn tasks(limit: usize, server: SocketAddr, done: fn()) -> Outcome {
    let client = Client::new(limit);
    let permits = Arc::new(Semaphore::new(limit));
    let mut tasks = Vec::new();
    for i in 0..REQUESTS {
        let (client, permits) = (client.clone(), permits.clone());
        let url: Uri = format!("http://{server}/lat/{i}").parse()?;
        tasks.push(mainspring::spawn(async move {
            let _permit = permits.acquire().await.expect("never closed");
            let answer = client.get(&url).await.map_err(|error| format!("{url}: {error}"))?;
            if answer.status != StatusCode::OK {
                return Err(format!("{url} answered {}", answer.status));
            }
            done();
            Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}
