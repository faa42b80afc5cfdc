//! What the tests of the scraper share: a server that counts, figures, and waiting for something.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use examples::plain::get_json;

use crate::common::{Ended, Running, start};

/// The embedded server, where the test can see its counters.
pub struct Server {
    addr: SocketAddr,
    /// Ends it when dropped.
    _running: Running,
}

impl Server {
    pub fn start(scale: &str) -> Server {
        let server = start("server", &["--port", "0", "--scale", scale, "--threads", "1"]);
        Server { addr: server.addr(), _running: server }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn total(&self) -> u64 {
        get_json(self.addr, "/stats").unwrap()["total"].as_u64().unwrap()
    }

    /// Waits until it has seen so many requests.
    pub fn has_seen(&self, requests: u64) {
        get_json(self.addr, &format!("/stats/{requests}")).unwrap();
    }

    pub fn reset(&self) {
        get_json(self.addr, "/reset").unwrap();
    }
}

#[track_caller]
pub fn until(what: &str, mut there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        thread::yield_now();
    }
}

/// The number in front of `word` in the line that starts with `name`.
#[track_caller]
pub fn figure(ended: &Ended, name: &str, word: &str) -> u64 {
    let line = ended.out.lines().find(|line| line.starts_with(name));
    let line = format!("{}\n", line.unwrap_or_else(|| panic!("no {name} in {ended:#?}")));
    let (before, _) = line.split_once(word).unwrap_or_else(|| panic!("no {word} in {line}"));
    before.split_whitespace().last().unwrap().parse().unwrap()
}
