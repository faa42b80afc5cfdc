//! how many system calls something makes: strace counts them.
//!
//! A program, or a server, is started under `strace -c -f` twice, and twice as much is done the
//! second time: the difference is what operations cost, without the start and the end.
//!
//! Tracing makes a system call some fifty times slower, and a server that does a tenth of its
//! requests in a second has ten times as many timed wake-ups for each. So what is no part of the
//! requests themselves is counted in runs of its own, in which only that is traced.

use super::series::Series;
use crate::echo::Session;
use crate::on::Flavor;
use crate::rows::Peer;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};

/// What was counted, by kind.
pub type Calls = BTreeMap<String, f64>;

/// Which name counts as what; all the rest is `other`.
const KINDS: [(&str, &[&str]); 4] = [
    ("futex", &["futex"]),
    ("waits", &["epoll_wait", "epoll_pwait", "epoll_pwait2"]),
    ("reads", &["read", "readv", "recvfrom", "recvmsg"]),
    ("writes", &["write", "writev", "sendto", "sendmsg"]),
];

/// The kinds, in the order of a table.
pub const COLUMNS: [&str; 5] = ["futex", "waits", "reads", "writes", "other"];

/// What is counted in a run together, and in how many times as many requests: the rarer it is, the
/// more are needed.
const RUNS: [(&[&str], u64); 3] =
    [(&["reads", "writes", "waits"], 1), (&["futex"], 10), (&["other"], 10)];

/// Can it be counted here?
pub fn is_there() -> bool {
    Command::new("strace").args(["-c", "true"]).output().is_ok_and(|done| done.status.success())
}

/// Calls of each kind per request, with so many connections at once.
pub fn per_request(
    compare: &Path,
    peer: Peer,
    flavor: Flavor,
    connections: usize,
    requests: u64,
) -> Result<Series, String> {
    let mut all = Series::new();
    for (kinds, more) in RUNS {
        let (trace, requests) = (trace(kinds), requests * more);
        let count = |requests| {
            let work = |session: &mut Session| session.run(requests).map(drop);
            of_server(compare, peer, flavor, connections, Some(&trace), work)
        };
        let (once, twice) = (count(requests)?, count(2 * requests)?);
        let of = |calls: &Calls, kind: &str| calls.get(kind).copied().unwrap_or(0.0);
        let each = |kind: &str| (of(&twice, kind) - of(&once, kind)) / requests as f64;
        all.extend(kinds.iter().map(|kind| ((*kind).to_owned(), vec![each(kind)])));
    }
    Ok(all)
}

/// What strace is told to trace for these; `other` is all that has no kind.
fn trace(kinds: &[&str]) -> String {
    let other = kinds == ["other"];
    let wanted = KINDS.iter().filter(|(kind, _)| other || kinds.contains(kind));
    let names: Vec<&str> = wanted.flat_map(|(_, names)| *names).copied().collect();
    format!("trace={}{}", if other { "!" } else { "" }, names.join(","))
}

/// All calls of a server to which so many connections come and go.
pub fn of_accepts(
    compare: &Path,
    peer: Peer,
    flavor: Flavor,
    accepts: u64,
) -> Result<Calls, String> {
    of_server(compare, peer, flavor, 1, None, |s| s.accepts(accepts).map(drop))
}

/// With -I2 it hears the signal that asks it to end, and prints what it has.
const STRACE: [&str; 5] = ["strace", "-I2", "-c", "-f", "-q"];

fn of_server(
    compare: &Path,
    peer: Peer,
    flavor: Flavor,
    connections: usize,
    trace: Option<&str>,
    work: impl FnOnce(&mut Session) -> io::Result<()>,
) -> Result<Calls, String> {
    let (table, path) = nameless_file().map_err(|error| error.to_string())?;
    let mut strace = STRACE.to_vec();
    // Calls that are not traced run at full speed.
    strace.extend(trace.iter().flat_map(|trace| ["--seccomp-bpf", "-e", trace]));
    strace.extend(["-o", &path]);
    Session::start_under(&strace, compare, peer, flavor, connections)
        .and_then(|mut session| {
            work(&mut session)?;
            session.end_server()
        })
        .map_err(|error| error.to_string())?;
    read(table)
}

/// All calls of a program from its start to its end.
pub fn of_command(program: &Path, arguments: &[&str]) -> Result<Calls, String> {
    let (table, path) = nameless_file().map_err(|error| error.to_string())?;
    let mut command = Command::new(STRACE[0]);
    command.args(&STRACE[1..]).args(["-o", &path]).arg(program).args(arguments);
    let done = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("under strace: {}: {}", done.status, said.trim()));
    }
    read(table)
}

fn read(mut table: File) -> Result<Calls, String> {
    let mut text = String::new();
    table.read_to_string(&mut text).map_err(|error| format!("strace's table: {error}"))?;
    Ok(by_kind(&text))
}

/// All calls that other threads of a program begin while its first one sleeps for the last time.
pub fn during_the_last_sleep(program: &Path, arguments: &[&str]) -> Result<Calls, String> {
    let (mut trace, path) = nameless_file().map_err(|error| error.to_string())?;
    let mut command = Command::new("strace");
    command.args(["-f", "-q", "-o", &path]).arg(program).args(arguments);
    let done = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let mut text = String::new();
    trace.read_to_string(&mut text).map_err(|error| format!("strace's trace: {error}"))?;
    match done.status.success() {
        true => asleep(&text).ok_or_else(|| "its first thread never slept".to_owned()),
        false => Err(format!("under strace: {}", done.status)),
    }
}

/// Reads a trace: `12345 futex(0x7f…, FUTEX_WAKE_PRIVATE, 1) = 1`, a call a line, or two lines if
/// another one came between its begin and its end.
fn asleep(trace: &str) -> Option<Calls> {
    let call = |line: &str| {
        let (thread, call) = line.split_once(' ')?;
        Some((thread.to_owned(), call.trim_start().to_owned()))
    };
    let calls: Vec<(String, String)> = trace.lines().filter_map(call).collect();
    let (sleeper, _) = calls.first()?;
    let sleeps = |(thread, call): &(String, String)| {
        thread == sleeper && call.starts_with("clock_nanosleep(")
    };
    let begin = calls.iter().rposition(sleeps)?;
    let mut counts = Calls::new();
    if !calls[begin].1.ends_with("<unfinished ...>") {
        // Nothing came between.
        return Some(counts);
    }
    for (_, call) in calls[begin + 1..].iter().take_while(|(thread, _)| thread != sleeper) {
        let name = call.split_once('(').map_or("", |(name, _)| name);
        // Not the end of a call, a signal, or the end of a thread.
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            *counts.entry(kind(name).to_owned()).or_default() += 1.0;
        }
    }
    Some(counts)
}

fn kind(name: &str) -> &'static str {
    KINDS.iter().find(|(_, names)| names.contains(&name)).map_or("other", |(kind, _)| *kind)
}

/// A file that no folder lists, so that it is gone with this process, and a path to it.
fn nameless_file() -> io::Result<(File, String)> {
    // SAFETY: the name is a constant with its zero; the call returns a new descriptor or -1.
    let fd = unsafe { libc::memfd_create(c"syscalls".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, so nobody else owns it.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    Ok((file, format!("/proc/{}/fd/{fd}", std::process::id())))
}

/// Reads strace's table: `% time, seconds, usecs/call, calls, [errors,] syscall`.
fn by_kind(table: &str) -> Calls {
    let mut counts = BTreeMap::new();
    for line in table.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (Some(name), Some(Ok(calls))) = (words.last(), words.get(3).map(|n| n.parse::<f64>()))
        else {
            continue;
        };
        if *name == "total" || words.len() < 5 {
            continue;
        }
        *counts.entry(kind(name).to_owned()).or_default() += calls;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_with_and_without_errors() {
        let table = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000100           1       100           read
 20.00    0.000050           1        90         5 recvfrom
 10.00    0.000050           1        80           write
  5.00    0.000050           1        70         1 epoll_wait
  5.00    0.000050           1        60        60 futex
------ ----------- ----------- --------- --------- ----------------
100.00    0.000300           1       400        66 total
";
        let counts = by_kind(table);
        let of = |kind: &str| counts[kind];
        assert_eq!(
            [of("reads"), of("writes"), of("waits"), of("futex")],
            [190.0, 80.0, 70.0, 60.0]
        );
    }

    #[test]
    fn calls_while_the_first_thread_sleeps_are_counted_and_no_others() {
        let trace = "\
10 execve(\"a\", [\"a\"], 0x7f /* 1 var */) = 0
11 futex(0x1, FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>
10 clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=300000000}, 0x7f) = 0
10 clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=4, tv_nsec=0},  <unfinished ...>
11 <... futex resumed>)       = 0
11 epoll_wait(3, [], 1024, 0) = 0
11 futex(0x1, FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>
12 sched_yield()              = 0
12 +++ exited with 0 +++
10 <... clock_nanosleep resumed>0x7f) = 0
10 futex(0x1, FUTEX_WAKE_PRIVATE, 1) = 1
";
        let counts = asleep(trace).unwrap();
        let expected = [("futex", 1.0), ("other", 1.0), ("waits", 1.0)];
        assert_eq!(counts, expected.map(|(kind, calls)| (kind.to_owned(), calls)).into());
        // At rest its call ends before another begins.
        let (quiet, _) = trace.split_once("11 <...").unwrap();
        let quiet = quiet.replace(" <unfinished ...>\n", ") = 0\n");
        assert_eq!(asleep(&quiet), Some(Calls::new()));
        assert_eq!(asleep("10 write(1, \"a\", 1) = 1\n"), None);
    }
}
