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

use super::atomics::Known;
use super::series::{self, Series};
use super::who::Who;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
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

/// Counts one row of one peer with the program that can do the cases; only the program's own
/// atomics, not the C library's.
pub fn counted(compare: &Path, known: &Known, who: Who, row: &str) -> Result<Hot, String> {
    let atomics = known.of(&compare.to_string_lossy())?;
    // Valgrind puts a program to the same place each time, so a run without a trace says what to
    // look for in the other.
    let (said, _) = run(compare, who, row, None)?;
    let of = |name: &str| {
        let value = said.get(name).and_then(|all| all.first().copied());
        value.ok_or(format!("the case does not say {name:?}"))
    };
    let (operations, base, boundary) = (of("operations")?, of("base")?, of("boundary")?);
    let (then, batch) = run(compare, who, row, Some(boundary as u64))?;
    if then != said {
        return Err("valgrind put the program to another place the second time".to_owned());
    }
    let function = |address: u64| atomics.get(&address.wrapping_sub(base as u64));
    Ok(judge(&batch, function, operations))
}

/// What the case says, and with a boundary, what ran between its first two calls.
fn run(
    compare: &Path,
    who: Who,
    row: &str,
    boundary: Option<u64>,
) -> Result<(Series, Batch), String> {
    let mut command = Command::new("valgrind");
    command.args(match boundary {
        Some(_) => &["--tool=lackey", "--trace-mem=yes"][..],
        None => &["--tool=none"][..],
    });
    command.arg(compare).args(["case", "atomics", &who.to_string(), row, "--quick"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("valgrind: {error}"))?;
    let trace = BufReader::new(child.stderr.take().expect("piped"));
    let batch = read(trace, boundary.unwrap_or(0)).map_err(|e| format!("the trace: {e}"))?;
    // A few lines, which fit into the pipe.
    let mut printed = String::new();
    let mut output = child.stdout.take().expect("piped");
    output.read_to_string(&mut printed).map_err(|error| error.to_string())?;
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("under valgrind: {status}"));
    }
    Ok((series::parse(&printed)?, batch))
}

/// How often an instruction touched a line.
type Batch = HashMap<(u64, u64), u64>;

/// Reads a trace to its end; what ran between the first two calls of the boundary.
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
fn judge<'a>(batch: &Batch, function: impl Fn(u64) -> Option<&'a String>, operations: f64) -> Hot {
    let mut lines: HashMap<u64, f64> = HashMap::new();
    let atomic = batch.iter().filter_map(|((at, line), times)| {
        function(*at).map(|function| (function, *line, *times as f64))
    });
    let atomic: Vec<(&String, u64, f64)> = atomic.collect();
    for (_, line, times) in &atomic {
        *lines.entry(*line).or_default() += times;
    }
    lines.retain(|_, times| *times >= HOT * operations);
    let mut places: HashMap<&String, f64> = HashMap::new();
    for (function, _, times) in atomic.iter().filter(|(_, line, _)| lines.contains_key(line)) {
        *places.entry(function).or_default() += times / operations;
    }
    let mut places: Vec<_> = places.into_iter().map(|(name, each)| (name.clone(), each)).collect();
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
        let (own, all) = ("own".to_owned(), "all".to_owned());
        let function = |at| match at {
            0x1000 => Some(&own),
            0x1010 => Some(&all),
            _ => None,
        };
        let hot = judge(&batch, function, 8.0);
        assert_eq!((hot.each, hot.lines), (1.0, 1));
        assert_eq!(hot.places, [("all".to_owned(), 1.0)]);
        assert!(read(trace.as_bytes(), 0xc000).unwrap().is_empty());
    }
}
