//! `cargo compare atomics`: atomic instructions per operation, ours and others', exactly.
//!
//! Valgrind says how often each instruction of the program ran, its bytes whether it is atomic. The
//! workloads are those of the rows; what a batch twice as long has more is divided by the
//! operations.

use super::hot::{self, Hot};
use super::machine_code::{self, Code};
use super::series::{self, Series};
use super::sheet::Sheet;
use super::who::{Peer, Threads, Who};
use super::{Options, Size, server};
use crate::compare::{interrupt, progress::Progress};
use crate::meter::{Meter, Mode};
use crate::on;
use crate::rows::{ROWS, Row, Unit, Work};
use count::callgrind;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

const SAYS: &str = "\
Atomic read-modify-writes per operation: instructions with a lock prefix, and exchanges with memory.
Counted, not sampled: valgrind says how often each instruction ran, its bytes what it is. The
workloads are those of the rows, their own atomics included (a row that counts its tasks down has
one). program: the runtime, the workload and std; libc: the allocator's and the locks' of the C
library. instructions: all that ran, for comparison. Valgrind runs one thread at a time, so in mt
rows nobody ever fails an exchange because another was faster, and how much work goes from worker to
worker is not as it is on cores.
hot: of the program's, those on a line of memory that every fourth operation or more changes: the
lines that all tasks meet on. Counted over 1 000 operations in a trace of all accesses, for rows
whose operations are alive together; elsewhere one uses the memory of the last.";

/// Counts one row in this process, which runs under valgrind; prints what a batch is.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    let usual = if size == Size::Full { 10_000 } else { 1_000 };
    // `100 of ROW`: of so many.
    let told = name.split_once(" of ").and_then(|(most, row)| Some((most.parse().ok()?, row)));
    let (most, name) = told.unwrap_or((usual, name));
    let row = ROWS.iter().find(|row| row.name == name)?;
    let (peer, flavor) = server::server(who);
    let workload = row.workload(peer)?;
    let mut meter = Meter::new(flavor, Mode::Marked(most));
    workload(&mut meter);
    let of = |name: &str, value: u64| (name.to_owned(), vec![value as f64]);
    Some(Series::from([
        of("operations", meter.operations() / 3),
        of("base", base()),
        of("boundary", count::meter::boundary as *const () as u64),
    ]))
}

/// Where this program begins in memory.
fn base() -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let program = std::env::current_exe().unwrap_or_default();
    let first = maps.lines().find(|line| line.ends_with(&*program.to_string_lossy()));
    let start = first.and_then(|line| line.split_once('-')).map_or("", |(start, _)| start);
    u64::from_str_radix(start, 16).unwrap_or(0)
}

/// What an operation of a row costs one peer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    pub program: f64,
    pub libc: f64,
    pub instructions: f64,
    /// Of the program's, those on lines that many operations change, where that was looked at.
    pub hot: Option<Hot>,
    /// Where the program's own are: the function that they were compiled into.
    pub places: BTreeMap<String, f64>,
    /// The same by address, for who looks at them otherwise.
    pub(super) within: BTreeMap<u64, Arc<str>>,
}

/// The objects whose instructions have been read.
#[derive(Debug, Default)]
pub struct Known(Mutex<BTreeMap<String, Arc<Code>>>);

impl Known {
    pub(super) fn of(&self, object: &str) -> Result<Arc<Code>, String> {
        let mut known = self.0.lock().expect("nobody panics with it");
        if let Some(code) = known.get(object) {
            return Ok(code.clone());
        }
        // What the kernel or valgrind itself brings has no file.
        let exists = Path::new(object).is_file();
        let code = Arc::new(if exists { Code::of(object)? } else { Code::default() });
        known.insert(object.to_owned(), code.clone());
        Ok(code)
    }
}

/// Counts one row of one peer with the program that can do the cases.
pub fn counted(
    compare: &Path,
    known: &Known,
    who: Who,
    row: &str,
    quick: bool,
) -> Result<Counted, String> {
    let who = who.to_string();
    let mut arguments = vec!["case", "atomics", &who, row];
    arguments.extend(quick.then_some("--quick"));
    let run = callgrind::run(compare, &arguments)?;
    let printed = series::parse(&run.printed)?;
    let operations = printed.get("operations").and_then(|all| all.first());
    let operations = *operations.ok_or("the case says how many operations a batch has")?;
    let mut counted = Counted::default();
    let [small, large] = &run.batches;
    for (object, counts) in &large.objects {
        let (code, within) = (known.of(object)?, &large.within[object]);
        let before = small.objects.get(object);
        for (address, more) in counts {
            let less = before.and_then(|counts| counts.get(address)).copied().unwrap_or(0);
            let each = (*more as f64 - less as f64) / operations;
            counted.instructions += each;
            if !code.is_atomic(*address) {
                continue;
            }
            if Path::new(object) != compare {
                counted.libc += each;
                continue;
            }
            counted.program += each;
            let function = &within[address];
            *counted.places.entry(function.to_string()).or_default() += each;
            counted.within.insert(*address, function.clone());
        }
    }
    Ok(counted)
}

/// Those that are counted unless others are asked for: the design's, that are no memory.
fn rows(options: &Options) -> Vec<&'static Row> {
    let counts = |row: &&Row| matches!(row.work, Work::Here { .. }) && row.unit != Unit::Bytes;
    let wanted = |row: &&Row| match options.only.as_str() {
        "" => row.in_design || hot::ROWS.contains(&row.name),
        part => row.name.contains(part),
    };
    ROWS.iter().filter(counts).filter(wanted).collect()
}

/// Everybody on one thread, and on as many workers as `multi_thread` has.
fn everybody() -> Vec<Who> {
    let threads = [Threads::Home, Threads::Workers(on::cores())];
    threads.into_iter().flat_map(|threads| Peer::ALL.map(|peer| Who::new(peer, threads))).collect()
}

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds: 1, ..Sheet::default() };
    let program = match tools() {
        Ok(program) => program,
        Err(missing) => {
            sheet.notes.push(missing);
            return sheet;
        }
    };
    let rows = rows(options);
    let has = |row: &Row, who: Who| row.has(server::server(who).0);
    let cells = rows.iter().flat_map(|row| everybody().into_iter().map(|who| (*row, who)));
    let cells: Vec<(&Row, Who)> = cells.filter(|(row, who)| has(row, *who)).collect();
    let results = all(&program, &cells, options.quick, progress);
    let mut lines = Vec::new();
    for (place, result) in &results {
        let (row, who) = &cells[*place];
        match result {
            Ok(counted) => lines.push(line(row, *who, counted)),
            Err(why) => sheet.notes.push(format!("FAILED: {}, {who}: {why}", row.name)),
        }
    }
    sheet.grid(&["", "peer", "atomics", "program", "libc", "hot", "instructions"], lines);
    if !options.only.is_empty() {
        sheet.notes.push(places(&cells, &results));
    }
    sheet
}

/// This program; what counts in it has to be here too.
fn tools() -> Result<PathBuf, String> {
    machine_code::is_there()?;
    callgrind::version().ok_or(callgrind::INSTALL)?;
    let program = std::env::current_exe().and_then(|path| path.canonicalize());
    program.map_err(|error| error.to_string())
}

/// As many at a time as there are cores: counts do not know how busy the machine is.
fn all(
    program: &Path,
    cells: &[(&Row, Who)],
    quick: bool,
    progress: &Progress,
) -> BTreeMap<usize, Result<Counted, String>> {
    let (known, left) = (Known::default(), Mutex::new(cells.iter().enumerate()));
    let (done, ended) = mpsc::channel();
    let over = AtomicBool::new(false);
    let work = |done: mpsc::Sender<_>| {
        // Ordering: Relaxed; one more or less makes no difference.
        while !over.load(Relaxed) {
            let next = left.lock().expect("nobody panics with it").next();
            let Some((place, (row, who))) = next else { return };
            let result = counted(program, &known, *who, row.name, quick);
            let result = result.and_then(|counted| with_hot(program, *who, row, counted));
            if interrupt::asked() || done.send((place, result)).is_err() {
                return;
            }
        }
    };
    let mut results = BTreeMap::new();
    thread::scope(|scope| {
        for _ in 0..on::cores() {
            let done = done.clone();
            scope.spawn(|| work(done));
        }
        drop(done);
        for (place, result) in ended {
            let (row, who) = cells[place];
            // Ordering: Relaxed, as above.
            over.store(progress.is_over(), Relaxed);
            results.insert(place, result);
            let part = results.len() as f64 / cells.len() as f64;
            progress.step(part, || format!("atomics: {}, {who}", row.name));
        }
    });
    results
}

fn with_hot(program: &Path, who: Who, row: &Row, mut counted: Counted) -> Result<Counted, String> {
    if hot::ROWS.contains(&row.name) {
        counted.hot = Some(hot::counted(program, &counted, who, row.name, 1_000)?);
    }
    Ok(counted)
}

fn line(row: &Row, who: Who, counted: &Counted) -> Vec<String> {
    let number = |value: f64| format!("{value:.2}");
    vec![
        row.name.to_owned(),
        who.to_string(),
        number(counted.program + counted.libc),
        number(counted.program),
        number(counted.libc),
        counted.hot.as_ref().map_or("–".to_owned(), |hot| number(hot.each)),
        format!("{:.0}", counted.instructions),
    ]
}

/// For those who asked for some rows: where the atomics are.
fn places(cells: &[(&Row, Who)], results: &BTreeMap<usize, Result<Counted, String>>) -> String {
    let mut text = String::new();
    for (place, result) in results {
        let (row, who) = &cells[*place];
        let Ok(counted) = result else { continue };
        writeln!(text, "\n{}, {who}: compiled into", row.name).expect("a string takes all");
        let mut places: Vec<_> = counted.places.iter().filter(|(_, each)| **each >= 0.05).collect();
        places.sort_by(|one, other| other.1.total_cmp(one.1));
        for (function, each) in places {
            writeln!(text, "{each:>8.2}  {function}").expect("a string takes all");
        }
        let Some(hot) = &counted.hot else { continue };
        writeln!(text, "on {} hot lines:", hot.lines).expect("a string takes all");
        for (function, each) in &hot.places {
            writeln!(text, "{each:>8.2}  {function}").expect("a string takes all");
        }
    }
    text
}
