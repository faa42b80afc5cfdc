//! the echo rows: a server in one process, load in another, each on a core of its own.
//!
//! ```text
//! compare ──spawns──▶ compare serve PEER        core 0    says its port
//!    │    ──spawns──▶ compare load PORT N       core 1    opens N connections, says "ready"
//!    │     "20000" ──▶ load                               that many requests, one outstanding per
//!    │    ◀── "812345678" (ns)                            connection; every answer is compared
//!    └── the server's processor clock, before and after
//! ```
//!
//! On `multi_thread` the server has two workers on its one core: see `workload/echo.rs`.
//!
//! A request is 64 bytes there and the same 64 bytes back. The row is the server's processor time
//! per request, all its threads, user and system, read from outside by its process clock; the
//! second row is the wall time per request, of which requests per second are the inverse.

pub mod epoll;
pub mod load;

use crate::on::Flavor;
use crate::rows::Peer;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The size of a request and of its answer.
pub const MESSAGE: usize = 64;

/// A server with its load: both processes end when this is dropped.
#[derive(Debug)]
pub struct Session {
    server: Child,
    load: Child,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
}

/// What a number of requests took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub server_cpu: Duration,
    pub wall: Duration,
}

impl Session {
    /// `compare` is the path of the program that can `serve` and `load`.
    pub fn start(
        compare: &Path,
        peer: Peer,
        flavor: Flavor,
        connections: usize,
    ) -> io::Result<Self> {
        let spawn = |arguments: &[&str]| {
            let mut command = Command::new(compare);
            command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
        };
        let mut server = spawn(&["serve", peer.name(), "--flavor", flavor.short()])?;
        let port = line(&mut BufReader::new(server.stdout.take().expect("piped")))?;
        let mut load = spawn(&["load", &port, &connections.to_string()])?;
        let mut reports = BufReader::new(load.stdout.take().expect("piped"));
        let ready = line(&mut reports)?;
        assert_eq!(ready, "ready", "the load says so when it is connected");
        let orders = load.stdin.take().expect("piped");
        Ok(Self { server, load, orders, reports })
    }

    pub fn run(&mut self, requests: u64) -> io::Result<Taken> {
        let before = cpu_time_of(self.server.id())?;
        writeln!(self.orders, "{requests}")?;
        let nanos = line(&mut self.reports)?.parse().map_err(io::Error::other)?;
        let server_cpu = cpu_time_of(self.server.id())? - before;
        Ok(Taken { server_cpu, wall: Duration::from_nanos(nanos) })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in [&mut self.load, &mut self.server] {
            // Either may have ended by itself, which is no reason to complain.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn line(from: &mut BufReader<ChildStdout>) -> io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the other process ended"));
    }
    Ok(line.trim().to_owned())
}

/// The processor time that a process has used: all threads, user and system, in nanoseconds.
fn cpu_time_of(process: u32) -> io::Result<Duration> {
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both calls write to the places they are given, which live on this stack.
    let error = unsafe { libc::clock_getcpuclockid(process as libc::pid_t, &mut clock) };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error));
    }
    // SAFETY: as above.
    if unsafe { libc::clock_gettime(clock, &mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// Keeps this process on one core, where there is more than one.
pub fn pin_to_core(core: usize) {
    // SAFETY: the set is plain bits, for which zero is a value; the call only reads it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        // Not allowed, or no such core: then the row is noisier, and the A/A column says so.
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set);
    }
}

/// As many descriptors as this process may have: a thousand connections are more than the usual
/// limit leaves room for.
pub fn raise_descriptor_limit() {
    // SAFETY: both calls use one place on this stack.
    unsafe {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}
