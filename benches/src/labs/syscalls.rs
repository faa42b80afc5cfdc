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

/// The three that belong to the requests of a server.
const OF_REQUESTS: [&str; 3] = ["reads", "writes", "waits"];

/// Can it be counted here?
pub fn is_there() -> bool {
    Command::new("strace").args(["-c", "true"]).output().is_ok_and(|done| done.status.success())
}

/// `reads`, `writes`, `waits` and `other` per request, with so many connections at once.
pub fn per_request(
    compare: &Path,
    peer: Peer,
    flavor: Flavor,
    connections: usize,
    requests: u64,
) -> Result<Series, String> {
    let kinds = KINDS.iter().filter(|(kind, _)| OF_REQUESTS.contains(kind));
    let names: Vec<_> = kinds.flat_map(|(_, names)| *names).copied().collect();
    let names = names.join(",");
    let count = |what: String, requests| {
        let trace = format!("trace={what}");
        of_server(compare, peer, flavor, connections, Some(&trace), |s| s.run(requests).map(drop))
    };
    let per = |what: String, kinds: &[&str], requests: u64| -> Result<Series, String> {
        let (once, twice) = (count(what.clone(), requests)?, count(what, 2 * requests)?);
        let of = |counts: &Calls, kind: &str| match kind {
            // All that is traced, whatever its kind.
            "other" => counts.values().sum(),
            _ => counts.get(kind).copied().unwrap_or(0.0),
        };
        let each = |kind: &str| (of(&twice, kind) - of(&once, kind)) / requests as f64;
        Ok(kinds.iter().map(|kind| ((*kind).to_owned(), vec![each(kind)])).collect())
    };
    let mut all = per(names.clone(), &OF_REQUESTS, requests)?;
    all.extend(per(format!("!{names}"), &["other"], 10 * requests)?);
    Ok(all)
}

/// All calls of a server that answers so many requests, its start and end included.
pub fn of_requests(
    compare: &Path,
    peer: Peer,
    flavor: Flavor,
    connections: usize,
    requests: u64,
) -> Result<Calls, String> {
    of_server(compare, peer, flavor, connections, None, |s| s.run(requests).map(drop))
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
        let known = KINDS.iter().find(|(_, names)| names.contains(name));
        let kind = known.map_or("other", |(kind, _)| *kind);
        *counts.entry(kind.to_owned()).or_default() += calls;
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
}
