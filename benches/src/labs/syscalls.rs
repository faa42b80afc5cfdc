//! how many system calls a server makes for a request: strace counts them.
//!
//! The server is started under `strace -c -f` twice, and twice as many requests are sent the second
//! time: the difference is what requests cost, without the start, the connections and the end.
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
use std::process::Command;

/// Which name counts as what; all the rest is `other`.
const KINDS: [(&str, &[&str]); 3] = [
    ("reads", &["read", "readv", "recvfrom", "recvmsg"]),
    ("writes", &["write", "writev", "sendto", "sendmsg"]),
    ("waits", &["epoll_wait", "epoll_pwait", "epoll_pwait2"]),
];

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
    let names: Vec<_> = KINDS.iter().flat_map(|(_, names)| *names).copied().collect();
    let names = names.join(",");
    let count = |what: String, requests| {
        counted(compare, peer, flavor, connections, requests, &format!("trace={what}"))
    };
    let per = |what: String, kinds: &[&str], requests: u64| -> Result<Series, String> {
        let (once, twice) = (count(what.clone(), requests)?, count(what, 2 * requests)?);
        let of =
            |counts: &BTreeMap<String, f64>, kind: &str| counts.get(kind).copied().unwrap_or(0.0);
        let each = |kind: &str| (of(&twice, kind) - of(&once, kind)) / requests as f64;
        Ok(kinds.iter().map(|kind| ((*kind).to_owned(), vec![each(kind)])).collect())
    };
    let mut all = per(names.clone(), &["reads", "writes", "waits"], requests)?;
    all.extend(per(format!("!{names}"), &["other"], 10 * requests)?);
    Ok(all)
}

fn counted(
    compare: &Path,
    peer: Peer,
    flavor: Flavor,
    connections: usize,
    requests: u64,
    trace: &str,
) -> Result<BTreeMap<String, f64>, String> {
    let (mut file, path) = nameless_file().map_err(|error| error.to_string())?;
    // With -I2 it hears the signal that asks it to end, and prints what it has. With --seccomp-bpf
    // calls that are not traced run at full speed.
    let strace = ["strace", "-I2", "-c", "-f", "-q", "--seccomp-bpf", "-e", trace, "-o", &path];
    let text = Session::start_under(&strace, compare, peer, flavor, connections)
        .and_then(|mut session| {
            session.run(requests)?;
            session.end_server()?;
            let mut text = String::new();
            file.read_to_string(&mut text).map(|_| text)
        })
        .map_err(|error| error.to_string());
    Ok(by_kind(&text?))
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
fn by_kind(table: &str) -> BTreeMap<String, f64> {
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
            [of("reads"), of("writes"), of("waits"), of("other")],
            [190.0, 80.0, 70.0, 60.0]
        );
    }
}
