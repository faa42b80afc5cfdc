//! the eight rows: how each makes its hundred requests, and what the document says of it.
//!
//! All rows send the same requests in the same order: `GET /lat/0` to `GET /lat/99`, whose answers
//! come after 0.5 to 1.5 s, 100 s together. Only the number of requests at a time and the means
//! differ. The threads open a connection for each request, as the document's `requests.get` does;
//! the runtime's client keeps its connections, as the document's aiohttp does. asyncio's loop has
//! one thread, so what the document says of it stands beside `current_thread`.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::send::{Failed, blocking, tasks};
use crate::flags::Scheduler;
use crate::floor;

/// Requests in a row.
pub const REQUESTS: u64 = 100;

/// Who makes the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Threads with blocking sockets, as many as requests at a time.
    Blocking,
    /// Tasks, one a request, all on one thread.
    CurrentThread,
    /// Tasks, one a request, on several threads.
    MultiThread,
}

impl Group {
    /// The line above its rows, when `multi_thread` has so many threads.
    pub fn title(self, threads: usize) -> String {
        match self {
            Group::Blocking => "threads with blocking sockets".to_owned(),
            Group::CurrentThread => Scheduler::CURRENT_THREAD.to_string(),
            Group::MultiThread => Scheduler::multi_thread(threads).to_string(),
        }
    }

    /// The same, short.
    fn name(self) -> &'static str {
        match self {
            Group::Blocking => "blocking",
            Group::CurrentThread => "current_thread",
            Group::MultiThread => "multi_thread",
        }
    }
}

/// One line of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub group: Group,
    pub name: &'static str,
    /// How many requests at a time; `None`: all at once.
    pub limit: Option<usize>,
    /// Seconds that the document gives for it.
    pub document: Option<f64>,
}

const fn row(group: Group, name: &'static str, limit: Option<usize>, document: Option<f64>) -> Row {
    Row { group, name, limit, document }
}

/// The document's four lines, the limit of 10 that makes the runtime comparable with the pool, and
/// the runtime's rows again on several threads.
pub const ROWS: [Row; 8] = [
    row(Group::Blocking, "one at a time", Some(1), Some(102.3)),
    row(Group::Blocking, "10 threads", Some(10), Some(12.1)),
    row(Group::CurrentThread, "limit 5", Some(5), Some(12.8)),
    row(Group::CurrentThread, "limit 10", Some(10), None),
    row(Group::CurrentThread, "no limit", None, Some(6.4)),
    row(Group::MultiThread, "limit 5", Some(5), None),
    row(Group::MultiThread, "limit 10", Some(10), None),
    row(Group::MultiThread, "no limit", None, None),
];

impl Row {
    /// Group and name: there are two of each limit.
    pub fn full_name(&self) -> String {
        format!("{}, {}", self.group.name(), self.name)
    }

    /// How many requests may be open at a time.
    pub fn permits(&self) -> usize {
        self.limit.unwrap_or(REQUESTS as usize)
    }

    /// What the row takes if nothing costs anything but the delays.
    pub fn floor(&self, scale: f64) -> Duration {
        floor::makespan(&floor::hundred(scale), self.permits())
    }

    /// Makes the requests and returns how long that took; calls `done` after each. `multi_thread`
    /// has so many `threads`.
    pub fn run(&self, server: SocketAddr, threads: usize, done: fn()) -> Result<Duration, Failed> {
        let paths = (0..REQUESTS).map(|i| format!("/lat/{i}")).collect::<Vec<_>>();
        let scheduler = match self.group {
            Group::Blocking => {
                let start = Instant::now();
                blocking(self.permits(), server, &paths, done)?;
                return Ok(start.elapsed());
            }
            Group::CurrentThread => Scheduler::CURRENT_THREAD,
            Group::MultiThread => Scheduler::multi_thread(threads),
        };
        let runtime = scheduler.runtime()?;
        let start = Instant::now();
        runtime.block_on(tasks(self.permits(), server, paths, done))?;
        Ok(start.elapsed())
    }
}
