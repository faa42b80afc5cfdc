//! values of flags, the scheduler among them, and errors that name the remedy.

#![forbid(unsafe_code)]

use crate::client::{self, Client};
use crate::tls::Ca;
use crate::{say, show, tell};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use mainspring::runtime::{Builder, Runtime};

/// Which scheduler a program runs on: every program takes these two flags.
///
/// Without a flag it is what `#[mainspring::main]` gives: `multi_thread`, a thread for each core.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Scheduler {
    /// Run on multi_thread with N threads, 1 to 47 [default: a thread for each core]
    #[arg(long, value_name = "N", value_parser = threads, conflicts_with = "current_thread")]
    threads: Option<usize>,
    /// Run on current_thread: all tasks on the program's first thread
    #[arg(long)]
    current_thread: bool,
}

/// The runtime has no room for more.
const MOST_THREADS: usize = 47;

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=MOST_THREADS) => Ok(n),
        _ => Err(format!(
            "give 1 to {MOST_THREADS}; for a runtime without threads of its own, --current-thread"
        )),
    }
}

impl Scheduler {
    /// As `--current-thread` gives it.
    pub const CURRENT_THREAD: Scheduler = Scheduler { threads: None, current_thread: true };

    /// As `--threads` gives it.
    pub fn multi_thread(threads: usize) -> Scheduler {
        Scheduler { threads: Some(threads), current_thread: false }
    }

    /// How many threads `multi_thread` has, or would have.
    pub fn threads(self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(|| cores().min(MOST_THREADS))
    }

    /// The runtime; an error says that it could not be made.
    pub fn runtime(self) -> Result<Runtime, String> {
        self.runtime_with(|_| {})
    }

    /// The runtime, with more knobs turned.
    pub fn runtime_with(self, knobs: impl FnOnce(&mut Builder)) -> Result<Runtime, String> {
        let mut builder = match self.current_thread {
            true => Builder::new_current_thread(),
            false => Builder::new_multi_thread(),
        };
        builder.worker_threads(self.threads()).enable_all();
        knobs(&mut builder);
        builder.build().map_err(|error| format!("cannot start the runtime: {error}"))
    }

    /// Runs the whole program: what `#[mainspring::main]` would do if the scheduler were no flag.
    /// Then says where it ran, or what went wrong.
    pub fn run(self, program: impl Future<Output = Result<(), String>>) -> ExitCode {
        self.run_with(|_| {}, program)
    }

    /// The same, with more knobs of the runtime turned.
    pub fn run_with(
        self,
        knobs: impl FnOnce(&mut Builder),
        program: impl Future<Output = Result<(), String>>,
    ) -> ExitCode {
        match self.runtime_with(knobs).and_then(|runtime| runtime.block_on(program)) {
            Ok(()) => {
                say!("ran on {self}");
                show::end(ExitCode::SUCCESS)
            }
            Err(error) => {
                tell!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.current_thread, self.threads()) {
            (true, _) => f.write_str("current_thread"),
            (false, 1) => f.write_str("multi_thread, 1 thread"),
            (false, n) => write!(f, "multi_thread, {n} threads"),
        }
    }
}

/// How a program asks others over HTTP: every program that takes addresses has these flags.
#[derive(Clone, Debug, clap::Args)]
pub struct Web {
    #[command(flatten)]
    ca: Ca,
    /// Bytes that an answer may have; a longer one is given up
    #[arg(long, value_name = "BYTES", default_value_t = client::LONGEST, value_parser = bytes)]
    longest: usize,
}

impl Web {
    /// A client with at most `cap` connections.
    #[must_use]
    pub fn client(&self, cap: usize) -> Client {
        Client::limited(cap, self.ca.trust(), self.longest)
    }
}

impl Default for Web {
    fn default() -> Web {
        Web { ca: Ca::default(), longest: client::LONGEST }
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..) => Ok(n),
        _ => Err("give a whole number of bytes, 1 or more".to_owned()),
    }
}

/// The longest time, in seconds: some 30 years. Any factor for delays leaves it within reach.
const LONGEST: f64 = 1e9;

/// Reads a flag in seconds, such as `0.5` or `10`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(value) if value > LONGEST => Err(format!("give at most {LONGEST} seconds")),
        Ok(value) if value < 0.0 => Err("give a time that is not negative".to_owned()),
        Ok(value) if value >= 0.0 => Ok(Duration::from_secs_f64(value)),
        _ => Err("give seconds, such as 0.5 or 10".to_owned()),
    }
}

/// Reads a time in which something must happen, in seconds: above 0.
pub fn patience(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        time if time.is_zero() => Err("give a time above 0, such as 0.5 or 10".to_owned()),
        time => Ok(time),
    }
}

/// Reads a factor for delays: 1 is the documents' size, 0.1 ten times as fast.
pub fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0001..=100.0).contains(&value) => Ok(value),
        _ => Err("give a factor above 0, from 0.0001 to 100, such as 0.1".to_owned()),
    }
}

/// Reads how many times its floor a run may take, such as `1.25`.
pub fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value >= 1.0 => Ok(value),
        _ => Err("give a ratio of 1 or more, such as 1.25".to_owned()),
    }
}

/// More of anything than this is a slip of the keyboard, and would fill the memory.
const MANY: usize = 1_000_000;

/// Reads how many of something there are: 1 to a million.
pub fn count<T: TryFrom<usize>>(text: &str) -> Result<T, String> {
    match up_to_many(text) {
        Some((1.., count)) => Ok(count),
        _ => Err(format!("give a whole number, 1 to {MANY}")),
    }
}

/// The same where there may be none.
pub fn count_or_none<T: TryFrom<usize>>(text: &str) -> Result<T, String> {
    let read = up_to_many(text).map(|(_, count)| count);
    read.ok_or_else(|| format!("give a whole number, 0 to {MANY}"))
}

fn up_to_many<T: TryFrom<usize>>(text: &str) -> Option<(usize, T)> {
    let number = text.parse().ok().filter(|&number: &usize| number <= MANY)?;
    Some((number, T::try_from(number).ok()?))
}

/// Says why nobody can listen at `addr`, and which flag helps.
pub fn cannot_listen(addr: SocketAddr, error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there: stop it, or choose another port with --port N \
             (0 lets the system choose)"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need special rights: choose another with --port N"
        }
        _ => "choose another port with --port N",
    };
    format!("cannot listen on port {} of {}: {error}; {remedy}", addr.port(), addr.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_names_the_port_and_the_flag() {
        let addr: SocketAddr = "127.0.0.1:8888".parse().unwrap();
        let text = cannot_listen(addr, &io::ErrorKind::AddrInUse.into());
        assert!(text.contains("8888") && text.contains("--port"), "{text}");
    }

    #[test]
    fn a_number_of_threads_is_one_that_the_runtime_takes() {
        assert!(threads("0").is_err() && threads("48").is_err() && threads("all").is_err());
        assert_eq!((threads("1"), threads("47")), (Ok(1), Ok(47)));
        Builder::new_multi_thread().worker_threads(MOST_THREADS);
    }

    #[test]
    fn a_scheduler_is_what_it_says() {
        use mainspring::runtime::RuntimeFlavor::{CurrentThread, MultiThread};
        let flavor = |scheduler: Scheduler| scheduler.runtime().unwrap().handle().runtime_flavor();
        assert_eq!(flavor(Scheduler::default()), MultiThread);
        assert_eq!(flavor(Scheduler::multi_thread(3)), MultiThread);
        assert_eq!(flavor(Scheduler::CURRENT_THREAD), CurrentThread);
        assert_eq!(Scheduler::multi_thread(3).to_string(), "multi_thread, 3 threads");
        assert_eq!(Scheduler::CURRENT_THREAD.to_string(), "current_thread");
    }

    #[test]
    fn a_scale_must_be_above_zero() {
        assert!(scale("0").is_err() && scale("-1").is_err() && scale("x").is_err());
        assert_eq!(scale("0.1"), Ok(0.1));
    }

    #[test]
    fn a_patience_is_above_zero_and_ends() {
        assert!(patience("0").is_err() && patience("1e10").is_err() && patience("x").is_err());
        assert_eq!(patience("0.5"), Ok(Duration::from_millis(500)));
    }

    #[test]
    fn a_count_is_at_least_one() {
        for wrong in ["0", "-1", "1000001", "x", ""] {
            assert!(count::<usize>(wrong).is_err(), "{wrong}");
        }
        assert_eq!((count("1"), count("1000000")), (Ok(1_u64), Ok(1_000_000_usize)));
        assert_eq!(count_or_none("0"), Ok(0_u64));
        assert!(count_or_none::<u64>("1000001").is_err());
    }

    #[test]
    fn seconds_may_have_a_fraction_and_no_sign() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(seconds("-1").is_err() && seconds("soon").is_err() && seconds("nan").is_err());
        assert!(seconds("1e10").is_err() && seconds("inf").is_err());
    }
}
