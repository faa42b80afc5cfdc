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
use std::ffi::OsStr;
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
    port: String,
    load: Load,
}

/// A process with connections, all of which have been used once.
#[derive(Debug)]
pub struct Load {
    process: Child,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Load {
    fn start(compare: &Path, port: &str, connections: usize) -> io::Result<Self> {
        let mut command = Command::new(compare);
        command.args(["load", port, &connections.to_string()]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let reports = BufReader::new(process.stdout.take().expect("piped"));
        let orders = process.stdin.take().expect("piped");
        let mut load = Self { process, orders, reports };
        let ready = line(&mut load.reports)?;
        assert_eq!(ready, "ready", "the load says so when it is connected");
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// It may have ended by itself, which is no reason to complain.
fn end(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

/// What a number of requests took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub server_cpu: Duration,
    pub wall: Duration,
}

/// What requests with a clock each took: percentiles.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    pub p50: Duration,
    pub p90: Duration,
    pub p99: Duration,
    pub p999: Duration,
    pub most: Duration,
}

impl Session {
    /// `compare` is the path of the program that can `serve` and `load`.
    pub fn start(
        compare: &Path,
        peer: Peer,
        flavor: Flavor,
        connections: usize,
    ) -> io::Result<Self> {
        Self::start_under(&[], compare, peer, flavor, connections)
    }

    /// The same with the server under another program, which gets the server's command line after
    /// its own.
    pub fn start_under(
        program: &[&str],
        compare: &Path,
        peer: Peer,
        flavor: Flavor,
        connections: usize,
    ) -> io::Result<Self> {
        let mut words = program.iter().map(OsStr::new).chain([compare.as_os_str()]);
        let mut command = Command::new(words.next().expect("the program at least"));
        command.args(words).args(["serve", peer.name(), "--flavor", flavor.short()]);
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let begun = line(&mut BufReader::new(server.stdout.take().expect("piped")));
        match begun.and_then(|port| Ok((Load::start(compare, &port, connections)?, port))) {
            Ok((load, port)) => Ok(Self { server, port, load }),
            Err(error) => {
                end(&mut server);
                Err(error)
            }
        }
    }

    /// More connections to the same server, in another process; they end when this is dropped.
    pub fn more_load(&self, compare: &Path, connections: usize) -> io::Result<Load> {
        Load::start(compare, &self.port, connections)
    }

    pub fn run(&mut self, requests: u64) -> io::Result<Taken> {
        let (server_cpu, answer) = self.order(&requests.to_string())?;
        Ok(Taken { server_cpu, wall: answer[0] })
    }

    /// The same, with a clock for each request.
    pub fn run_timed(&mut self, requests: u64) -> io::Result<(Taken, Latency)> {
        let (server_cpu, answer) = self.order(&format!("timed {requests}"))?;
        let [wall, p50, p90, p99, p999, most] = answer[..] else {
            return Err(io::Error::other("the load says six numbers"));
        };
        Ok((Taken { server_cpu, wall }, Latency { p50, p90, p99, p999, most }))
    }

    /// So many connections that are opened, used for one byte, and closed.
    pub fn accepts(&mut self, connections: u64) -> io::Result<Taken> {
        let (server_cpu, answer) = self.order(&format!("accepts {connections}"))?;
        Ok(Taken { server_cpu, wall: answer[0] })
    }

    /// What the server used of a core meanwhile, and what the load says, in nanoseconds.
    fn order(&mut self, order: &str) -> io::Result<(Duration, Vec<Duration>)> {
        let before = cpu_time_of(self.server.id())?;
        writeln!(self.load.orders, "{order}")?;
        let answer = line(&mut self.load.reports)?;
        let server_cpu = cpu_time_of(self.server.id())? - before;
        let nanos = |word: &str| word.parse().map(Duration::from_nanos).map_err(io::Error::other);
        Ok((server_cpu, answer.split(' ').map(nanos).collect::<Result<_, _>>()?))
    }

    /// The server's memory that is in RAM, in bytes.
    pub fn server_resident(&self) -> u64 {
        crate::meter::resident_of(&self.server.id().to_string())
    }

    /// Asks the server, or what it runs under, to end, and waits for it.
    pub fn end_server(mut self) -> io::Result<()> {
        // SAFETY: the child has not been waited for, so the number is still its own.
        unsafe { libc::kill(self.server.id() as libc::pid_t, libc::SIGTERM) };
        self.server.wait().map(drop)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        end(&mut self.load.process);
        end(&mut self.server);
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
