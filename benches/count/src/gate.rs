//! counts rows, each in processes of its own under callgrind, and says what they cost.

use crate::baseline::Cost;
use crate::callgrind::{self, Run};
use crate::rows::Row;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

/// What was counted for a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The lesser of two runs.
    pub cost: Cost,
    /// By how many instructions the runs differ.
    pub apart: f64,
    /// The C library's instructions per operation, which are not judged: they differ between its
    /// versions, and with the processor, for which it chooses its copying.
    pub beside: f64,
}

/// The program, by the name that callgrind will give it.
pub fn program() -> Result<PathBuf, String> {
    let program = std::env::current_exe().and_then(|path| path.canonicalize());
    program.map_err(|error| format!("the program itself: {error}"))
}

/// Counts each row twice, as many at a time as there are cores: a count does not know how busy the
/// machine is.
pub fn count(program: &Path, rows: &[&'static Row]) -> Result<Vec<(String, Counted)>, String> {
    let left = Mutex::new(rows.iter().enumerate());
    let counted = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let next = left.lock().expect("nobody panics with it").next();
            let Some((place, row)) = next else { return };
            let cost = twice(program, row);
            counted.lock().expect("nobody panics with it").insert(place, (row.name, cost));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let counted = counted.into_inner().expect("all threads have ended");
    counted
        .into_values()
        .map(|(name, cost)| match cost {
            Ok(cost) => Ok((name.to_owned(), cost)),
            Err(why) => Err(format!("{name}: {why}")),
        })
        .collect()
}

fn twice(program: &Path, row: &Row) -> Result<Counted, String> {
    let (one, other) = (once(program, row)?, once(program, row)?);
    let apart = (one.cost.instructions - other.cost.instructions).abs();
    let lesser = if one.cost.instructions <= other.cost.instructions { one } else { other };
    Ok(Counted { apart, ..lesser })
}

fn once(program: &Path, row: &Row) -> Result<Counted, String> {
    let run = callgrind::run(program, &["measure", row.name])?;
    let per = |more: u64, less: u64| (more as f64 - less as f64) / row.ops as f64;
    let [small, large] = &run.batches;
    let instructions = per(large.of(program), small.of(program));
    let all = per(large.functions.values().sum(), small.functions.values().sum());
    let cost = Cost { instructions, allocations: printed(&run.printed)? };
    Ok(Counted { cost, apart: 0.0, beside: all - instructions })
}

/// Without valgrind: allocations per operation of each row.
pub fn allocations(program: &Path, rows: &[&'static Row]) -> Result<Vec<(String, f64)>, String> {
    let one = |row: &&Row| {
        let done = Command::new(program).args(["measure", row.name]).output();
        let done = done.map_err(|error| error.to_string())?;
        Ok((row.name.to_owned(), printed(&String::from_utf8_lossy(&done.stdout))?))
    };
    rows.iter().map(one).collect()
}

fn printed(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| format!("the row printed {text:?}, not its allocations"))
}

/// The functions that a row's operations spend their instructions in, the most first.
pub fn functions(program: &Path, row: &Row) -> Result<Vec<(String, f64)>, String> {
    let Run { batches: [small, large], .. } = callgrind::run(program, &["measure", row.name])?;
    let per = |(name, more): (&String, &u64)| {
        let less = small.functions.get(name).copied().unwrap_or(0);
        (name.clone(), (*more as f64 - less as f64) / row.ops as f64)
    };
    let mut all: Vec<(String, f64)> = large.functions.iter().map(per).collect();
    all.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    Ok(all)
}
