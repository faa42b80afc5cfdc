//! a process, and what it used: wall time, processor time, the most memory at once.
//!
//! `wait4` says exactly what a process that has ended used. Its figure of memory has a catch: a
//! process begins as a copy of the one that starts it, for a moment, before the program is loaded,
//! and that counts. What is copied is what this process has written to (`RssAnon`). Where that
//! could be the answer, the last value of `VmHWM` that was seen while the process ran is taken: a
//! mark that only rises, read every few milliseconds.

use std::fmt::Display;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::mem::MaybeUninit;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the memory of a process is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What a copy needs before the program is loaded, besides what it has copied, and more.
const SLACK: u64 = 1 << 20;

/// A process that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    start: Instant,
    /// What it may have had before its program was loaded.
    copied: u64,
    said: Option<JoinHandle<String>>,
    complained: Option<JoinHandle<String>>,
    reaped: bool,
}

/// What a process used and said.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub wall: Duration,
    pub cpu: Duration,
    /// In bytes.
    pub peak: u64,
    pub said: String,
    pub complained: String,
}

impl Process {
    /// Starts it; it ends when the calling thread does.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A shell's background job ignores SIGINT, and so would its children: those that are told
        // to stop before they listen for it would run on.
        // Also, with a closure to run, std forks; else the copy would be the whole of this process.
        // SAFETY: between fork and exec the closure makes two system calls and allocates nothing.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::signal(libc::SIGINT, libc::SIG_DFL);
                Ok(())
            });
        }
        let copied = status_of("self", "RssAnon:").unwrap_or(0) + SLACK;
        let start = Instant::now();
        let mut child = command.spawn()?;
        let complained = Some(reads(child.stderr.take().expect("piped")));
        Ok(Self { child, start, copied, said: None, complained, reaped: false })
    }

    /// Waits for its first line of output, at most for `limit`, and says how long that took.
    pub fn first_line(&mut self, limit: Duration) -> io::Result<(String, Duration)> {
        let mut stdout = BufReader::new(self.child.stdout.take().expect("piped, and read once"));
        let (tell, told) = channel();
        self.said = Some(thread::spawn(move || {
            let mut line = String::new();
            let read = stdout.read_line(&mut line);
            let _ = tell.send(read.map(|_| (line, Instant::now())));
            rest(stdout)
        }));
        let (line, at) = told.recv_timeout(limit).map_err(|_| {
            io::Error::new(io::ErrorKind::TimedOut, format!("no line of output within {limit:?}"))
        })??;
        Ok((line, at - self.start))
    }

    /// What ctrl-c does in a terminal.
    pub fn interrupt(&self) {
        self.signal(libc::SIGINT);
    }

    fn signal(&self, signal: i32) {
        let pid = self.pid();
        // SAFETY: the process has not been waited for, so this is its number and nobody else's.
        unsafe { libc::kill(pid, signal) };
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("numbers of processes are small")
    }

    /// Waits for its end, at most for `limit`; then it is killed, and its status says so.
    pub fn end(mut self, limit: Duration) -> Ended {
        if let Some(stdout) = self.child.stdout.take() {
            self.said = Some(reads(stdout));
        }
        let pid = self.pid();
        let (tell, told) = channel();
        let waits = thread::spawn(move || {
            has_ended(pid);
            let _ = tell.send(Instant::now());
        });
        let look = || status_of(pid, "VmHWM:");
        let (mut seen, mut killed) = (look().unwrap_or(0), false);
        let end = loop {
            match told.recv_timeout(LOOK) {
                Ok(end) => break end,
                Err(RecvTimeoutError::Timeout) => seen = look().unwrap_or(seen),
                Err(RecvTimeoutError::Disconnected) => break Instant::now(),
            }
            if !killed && self.start.elapsed() > limit {
                self.signal(libc::SIGKILL);
                killed = true;
            }
        };
        let _ = waits.join();
        let (status, usage) = reap(pid);
        self.reaped = true;
        let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
        let most = usage.ru_maxrss as u64 * 1024;
        let text = |reader: Option<JoinHandle<String>>| {
            reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
        };
        Ended {
            status,
            wall: end - self.start,
            cpu: time(usage.ru_utime) + time(usage.ru_stime),
            peak: if most > self.copied { most } else { seen },
            said: text(self.said.take()),
            complained: text(self.complained.take()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.reaped {
            self.signal(libc::SIGKILL);
            reap(self.pid());
        }
    }
}

impl Ended {
    /// Its output, if it says that all went well.
    ///
    /// # Errors
    /// Its status, and the last lines that it has complained with.
    pub fn good(&self) -> Result<&str, String> {
        if self.status.success() {
            return Ok(&self.said);
        }
        let lines: Vec<_> = self.complained.lines().collect();
        let last = lines[lines.len().saturating_sub(3)..].join(" | ");
        match self.status.signal() {
            Some(libc::SIGKILL) => Err(format!("it hung, and was killed; it said: {last}")),
            _ => Err(format!("{}: {last}", self.status)),
        }
    }
}

/// Everything, to the end, on a thread of its own: a full pipe would stop who writes.
fn reads(from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || rest(from))
}

fn rest(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A line of what the system says about a process, in bytes.
fn status_of(process: impl Display, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Waits until it has ended, and leaves it to be waited for.
fn has_ended(pid: i32) {
    let mut about = MaybeUninit::<libc::siginfo_t>::zeroed();
    let (kind, how) = (libc::P_PID, libc::WEXITED | libc::WNOWAIT);
    // SAFETY: the call writes to the place it is given, which lives on this stack.
    while unsafe { libc::waitid(kind, pid as libc::id_t, about.as_mut_ptr(), how) } != 0
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
}

fn reap(pid: i32) -> (ExitStatus, libc::rusage) {
    let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: the call writes to the places it is given, which live on this stack.
    while unsafe { libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()) } < 0
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
    // SAFETY: zeroes are a value of it, whether or not the call has written.
    (ExitStatus::from_raw(status), unsafe { usage.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        Process::start(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn a_process_is_charged_for_what_it_does_and_not_for_sleep() {
        let busy = shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done");
        let busy = busy.end(Duration::from_secs(60));
        assert_eq!(busy.good().unwrap(), "done\n");
        let idle = shell("sleep 0.1").end(Duration::from_secs(60));
        assert!(idle.wall >= Duration::from_millis(100) && idle.cpu < busy.cpu + idle.wall / 2);
        assert!(busy.cpu > Duration::ZERO && busy.peak > 100 * 1024, "{busy:?}");
    }

    #[test]
    fn memory_is_that_of_the_process_and_not_of_who_started_it() {
        let here = vec![1_u8; 64 << 20];
        assert!(here.iter().map(|byte| u64::from(*byte)).sum::<u64>() == 64 << 20);
        let small = shell("sleep 0.1").end(Duration::from_secs(60));
        assert!(small.peak > 100 * 1024 && small.peak < 32 << 20, "{} bytes", small.peak);
    }

    #[test]
    fn a_process_that_fails_or_hangs_says_so() {
        let failed = shell("echo because >&2; exit 3").end(Duration::from_secs(60));
        let why = failed.good().unwrap_err();
        assert!(why.contains("because") && why.contains('3'), "{why}");
        let hung = shell("exec sleep 1000").end(Duration::from_millis(50));
        assert!(hung.good().unwrap_err().contains("it hung"));
    }

    #[test]
    fn a_process_that_says_nothing_is_not_waited_for() {
        let mut silent = shell("exec sleep 1000");
        let error = silent.first_line(Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("no line of output within 50ms"), "{error}");
    }

    #[test]
    fn a_process_that_is_dropped_is_gone() {
        let mut process = shell("echo here; exec sleep 1000");
        assert_eq!(process.first_line(Duration::from_secs(60)).unwrap().0, "here\n");
        let pid = process.pid();
        drop(process);
        assert_eq!(status_of(pid, "VmHWM:"), None);
    }
}
