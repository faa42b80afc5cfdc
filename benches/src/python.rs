//! `cargo compare --python`: the documents' programs in Python beside the ports, on one server.
//!
//! ```text
//!  compare ──▶ server (an example, on one thread): the same process for all of a row
//!     │
//!     ├──▶ python3 fetch.py --requests 1000 …        CPython, asyncio's own loop, aiohttp
//!     ├──▶ fetch --requests 1000 … --current-thread  the port on one thread, as asyncio is
//!     └──▶ fetch --requests 1000 …                   the port as it is run: a thread for each core
//! ```
//!
//! `benches/python/` has the programs, our own, written from the documents: same flags, same lines
//! of output as the examples. The faults of the documents' programs are not in them; a comparison
//! with a fault would be cheap. One row is one program; a round takes every row, and in a row all
//! three peers one after another, in an order that turns around each time.
//!
//! What is measured, from outside, for a process from its start to its end:
//!
//! * wall: a client's whole run, start-up included. Of a server: what its load took.
//! * CPU: user and system time of all its threads, as `wait4` says. Of a server: of all its life.
//! * memory: the most that was in RAM at once.
//! * Each also for a run with nothing to do (0 requests; a server that is told to stop at once).
//!   That is the start-up, and for CPython it is much: the interpreter and the imports.
//!
//! What makes it the same work, checked in every run, or the row fails:
//!
//! * The local server has seen as many requests from each, and never more at a time than the limit;
//!   connections are kept, and the table says how many there were. aiohttp sends the headers that
//!   our client sends, so the answers are equal, and their bytes are counted.
//! * The databases have equal rows, by checksum. The services answer equal JSON, byte for byte. The
//!   load client of the echo rows compares every answer with what it has sent.
//! * Programs that print a line an item write it at once, in both languages.
//!
//! Who is favoured where: see the lines under the table (`table::NOTES`).
//!
//! Read in this order: `rows` (what runs, at which size), `find` (CPython, aiohttp, the built
//! examples), `child` (a process and what it used), `scratch` (a folder that does not stay), `run`
//! (one peer in one row), `table`.

pub mod child;
pub mod find;
pub mod rows;
pub mod run;
pub mod scratch;
pub mod table;

use crate::compare::interrupt;
use crate::out;
use find::{Python, Tools};
use rows::{ROWS, Row, Size};
use run::Peer;
use std::path::PathBuf;
use std::process::ExitCode;

/// What the command line asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// What starts CPython.
    pub python: String,
    pub size: Size,
    pub rounds: usize,
    /// Only rows whose name holds this.
    pub filter: Option<String>,
    /// Where the examples are, built; without it they are built first.
    pub programs: Option<PathBuf>,
    pub json: Option<PathBuf>,
}

/// The rows that the filter lets through.
pub fn rows(filter: Option<&str>) -> Vec<&'static Row> {
    ROWS.iter().filter(|row| filter.is_none_or(|part| row.name.contains(part))).collect()
}

/// Measures and prints. It went well if every row was measured and all peers did the same.
///
/// # Errors
/// What must be installed, or why nothing could be measured at all.
pub fn run(options: &Options) -> Result<ExitCode, String> {
    let mut chosen = rows(options.filter.as_deref());
    if chosen.is_empty() {
        return Err("no such row; --python --list prints the names".to_owned());
    }
    let python = Python::find(&options.python)?;
    let lacking = python.no_aiohttp().filter(|_| chosen.iter().any(|row| row.aiohttp));
    if let Some(why) = &lacking {
        chosen.retain(|row| !row.aiohttp);
        if chosen.is_empty() {
            return Err(why.clone());
        }
        let names: Vec<_> = chosen.iter().map(|row| row.name).collect();
        eprintln!("compare: {why}\ncompare: without it only these rows run: {}", names.join(", "));
    }
    let programs = find::examples(options.programs.as_deref(), &chosen)?;
    let tools = Tools { python, programs };
    interrupt::listen().map_err(|error| error.to_string())?;
    let measured = rounds(&tools, &chosen, options);
    if interrupt::asked() {
        interrupt::end_all();
        eprintln!("compare: interrupted");
        return Ok(ExitCode::from(interrupt::STATUS));
    }
    let about = tools.about(options);
    out::print(table::table(&measured, &about));
    if let Some(path) = &options.json {
        let text = format!("{:#}\n", table::json_of(&measured, &about));
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Some(why) = &lacking {
        eprintln!("compare: {why}");
    }
    let good = lacking.is_none() && measured.iter().all(|row| row.failed.is_none());
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A row with what its peers needed in each round.
#[derive(Debug)]
pub struct Measured {
    pub row: &'static Row,
    pub size: Size,
    /// In the order of [`Peer::ALL`].
    pub taken: [Vec<run::Taken>; 3],
    /// Why its figures mean nothing.
    pub failed: Option<String>,
}

fn rounds(tools: &Tools, chosen: &[&'static Row], options: &Options) -> Vec<Measured> {
    let size = options.size;
    let none = || [const { Vec::new() }; 3];
    let new = |row: &&'static Row| Measured { row, size, taken: none(), failed: None };
    let mut all: Vec<Measured> = chosen.iter().map(new).collect();
    for round in 0..options.rounds {
        for measured in all.iter_mut().filter(|measured| measured.failed.is_none()) {
            eprintln!("round {} of {}: {}", round + 1, options.rounds, measured.row.name);
            let mut order = Peer::ALL;
            if round % 2 == 1 {
                order.reverse();
            }
            match run::round(tools, measured.row, size, &order) {
                Ok(taken) => {
                    for (peer, taken) in order.into_iter().zip(taken) {
                        measured.taken[peer as usize].push(taken);
                    }
                    measured.failed = disagreement(measured);
                }
                Err(why) => measured.failed = Some(why),
            }
            if interrupt::asked() {
                return all;
            }
        }
    }
    all
}

/// Says who has done something else than CPython, in any round.
fn disagreement(measured: &Measured) -> Option<String> {
    let first = &measured.taken[Peer::Python as usize].first()?.did;
    let all = Peer::ALL.into_iter().zip(&measured.taken);
    let mut did = all.flat_map(|(peer, taken)| taken.iter().map(move |taken| (peer, &taken.did)));
    let (peer, other) = did.find(|(_, did)| *did != first)?;
    let (python, peer) = (Peer::Python.name(), peer.name());
    Some(format!("not the same work: {python}: {first}; {peer}: {other}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use run::Taken;

    fn measured(did: [&str; 3]) -> Measured {
        let taken = did.map(|did| vec![Taken { did: did.to_owned(), ..Taken::default() }]);
        Measured { row: &ROWS[0], size: Size::Tiny, taken, failed: None }
    }

    #[test]
    fn who_does_something_else_is_named_with_both_results() {
        assert_eq!(disagreement(&measured(["4 rows", "4 rows", "4 rows"])), None);
        let said = disagreement(&measured(["4 rows", "4 rows", "3 rows"])).unwrap();
        assert!(
            said.contains("CPython: 4 rows") && said.contains("multi_thread: 3 rows"),
            "{said}"
        );
    }

    #[test]
    fn a_filter_chooses_rows_by_name() {
        assert_eq!(rows(None).len(), ROWS.len());
        assert!(rows(Some("queue")).iter().all(|row| row.name.contains("queue")));
        assert!(rows(Some("no such thing")).is_empty());
    }
}
