//! atomics on lines that many operations meet on, found in a trace of all accesses to memory.
//!
//! Valgrind's tool `lackey` writes a line for each instruction and each access:
//!
//! ```text
//! I  0015a380,4        an instruction of four bytes there
//!  M 0421c7c0,8        what it read and wrote; also ` L` and ` S`
//! ```
//!
//! Only what runs between the first two boundaries is looked at: one batch.

use super::atomics::Counted;
use super::series;
use super::who::Who;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// How large the pieces of memory are that cores pass to each other.
const LINE: u64 = 64;

/// A line is hot when every fourth operation, or more, changes it.
const HOT: f64 = 0.25;

/// Of the atomics of one batch, per operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hot {
    /// Those on hot lines.
    pub each: f64,
    /// How many hot lines there are.
    pub lines: usize,
    /// The functions that the atomics on them were compiled into.
    pub places: Vec<(String, f64)>,
}

/// Rows whose operations are alive together: elsewhere the memory of one operation is that of the
/// next, and each line is hot.
pub const ROWS: [&str; 4] = [
    "spawn 10 000 from a task",
    "ping-pong over two oneshots",
    "100 000 timers armed and dropped",
    "gather of 10 000",
];

/// Looks at so many operations of a row of one peer with the program that can do the cases; only at
/// the program's own atomics, not the C library's, and only at those that `all` found.
pub fn counted(
    compare: &Path,
    all: &Counted,
    who: Who,
    row: &str,
    operations: u64,
) -> Result<Hot, String> {
    let who = who.to_string();
    let arguments = ["case", "atomics", &who, &format!("{operations} of {row}")];
    // Valgrind puts a program to the same place each time, so a run without a trace says what to
    // look for in the other.
    let said = Command::new("valgrind").arg("--tool=none").arg(compare).args(arguments).output();
    let said = said.map_err(|error| format!("valgrind: {error}"))?;
    let printed = series::parse(&String::from_utf8_lossy(&said.stdout))?;
    let of = |name: &str| {
        let value = printed.get(name).and_then(|all| all.first().copied());
        value.ok_or(format!("the case does not say {name:?}"))
    };
    let (operations, base, boundary) = (of("operations")?, of("base")?, of("boundary")?);
    let batch = traced(compare, &arguments, boundary as u64)?;
    if batch.is_empty() {
        return Err("valgrind put the program to another place the second time".to_owned());
    }
    let function = |address: u64| all.within.get(&address.wrapping_sub(base as u64));
    Ok(judge(&batch, |address| function(address).map(|name| &**name), operations))
}

/// What ran between the first two calls of the boundary. The rest is not waited for.
fn traced(compare: &Path, arguments: &[&str], boundary: u64) -> Result<Batch, String> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=lackey", "--trace-mem=yes"]).arg(compare).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("valgrind: {error}"))?;
    let trace = BufReader::with_capacity(1 << 20, child.stderr.take().expect("piped"));
    let batch = read(trace, boundary).map_err(|error| format!("the trace: {error}"));
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().map_err(|error| error.to_string())?;
    batch
}

/// How often an instruction touched a line.
type Batch = HashMap<(u64, u64), u64>;

/// Reads a trace until the second call of the boundary; what ran since the first.
fn read(mut trace: impl BufRead, boundary: u64) -> io::Result<Batch> {
    let (mut batch, mut calls, mut at) = (Batch::new(), 0, None);
    let mut line = Vec::new();
    while trace.read_until(b'\n', &mut line)? > 0 {
        let place = line.split_at_checked(3).and_then(|(kind, rest)| {
            let address = hex(rest.split(|byte| *byte == b',').next()?)?;
            Some((kind, address))
        });
        match place {
            Some((b"I  ", address)) => {
                calls += u32::from(address == boundary);
                if calls == 2 {
                    break;
                }
                at = (calls == 1).then_some(address);
            }
            Some((b" L " | b" S " | b" M ", address)) => {
                // The first access counts: a load and a store are one change.
                if let Some(instruction) = at.take() {
                    *batch.entry((instruction, address / LINE)).or_default() += 1;
                }
            }
            _ => {}
        }
        line.clear();
    }
    Ok(batch)
}

fn hex(digits: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// `function` says which function an atomic instruction stands in, and `None` of any other.
fn judge<'a>(batch: &Batch, function: impl Fn(u64) -> Option<&'a str>, operations: f64) -> Hot {
    let mut lines: HashMap<u64, f64> = HashMap::new();
    let atomic = batch.iter().filter_map(|((at, line), times)| {
        function(*at).map(|function| (function, *line, *times as f64))
    });
    let atomic: Vec<(&str, u64, f64)> = atomic.collect();
    for (_, line, times) in &atomic {
        *lines.entry(*line).or_default() += times;
    }
    lines.retain(|_, times| *times >= HOT * operations);
    let mut places: HashMap<&str, f64> = HashMap::new();
    for (function, _, times) in atomic.iter().filter(|(_, line, _)| lines.contains_key(line)) {
        *places.entry(*function).or_default() += times / operations;
    }
    let mut places: Vec<_> =
        places.into_iter().map(|(name, each)| (name.to_owned(), each)).collect();
    places.sort_by(|one, other| other.1.total_cmp(&one.1));
    let each = places.iter().map(|(_, each)| each).sum();
    Hot { each, lines: lines.len(), places }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_every_operation_changes_is_hot_and_its_own_is_not() {
        let mut trace = String::from("==1== Lackey\nI  00001000,4\n M 00009000,8\nI  0000b000,4\n");
        for operation in 0..8 {
            // Its own line, the line of all, and one that is read by no atomic.
            let own = 0x10_000 + operation * LINE;
            trace += &format!("I  00001000,4\n M {own:08x},8\nI  00001010,5\n L 00009008,8\n");
            trace += " S 00009008,8\nI  00002000,4\n S 0000a000,8\n";
        }
        trace += "I  0000b000,4\nI  00001010,4\n M 00009000,8\n";
        let batch = read(trace.as_bytes(), 0xb000).unwrap();
        let function = |at| match at {
            0x1000 => Some("own"),
            0x1010 => Some("all"),
            _ => None,
        };
        let hot = judge(&batch, function, 8.0);
        assert_eq!((hot.each, hot.lines), (1.0, 1));
        assert_eq!(hot.places, [("all".to_owned(), 1.0)]);
        assert!(read(trace.as_bytes(), 0xc000).unwrap().is_empty());
    }
}
