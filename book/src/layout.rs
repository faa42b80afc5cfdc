//! Where each move of a trace stands: in a row, and from one column to another.
//!
//! Time is not to scale. On a clock that stands still everything happens at once; on a real one a
//! sleep is a thousand polls long. So each beginning and each end gets a column, in the order in
//! which they happened, and a column is wider the more time went by before it, by its logarithm.
//!
//! One thread that polls: a row for the thread, and one for each task. Several: a row for each.

use crate::trace::{Kind, Move, Trace};
use std::collections::BTreeMap;

/// More tasks than that, and each thread is a row.
const MOST_TASKS: usize = 12;

/// A move's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    pub row: usize,
    pub from: f64,
    pub to: f64,
}

/// A wake or a spawn, and the poll that came of it: indices of moves.
pub struct Arrow {
    pub cause: usize,
    pub poll: usize,
}

pub struct Layout {
    pub rows: Vec<String>,
    /// Is a row a task?
    pub by_task: bool,
    pub spots: Vec<Spot>,
    pub arrows: Vec<Arrow>,
    /// When, and where.
    pub ticks: Vec<(i64, f64)>,
    pub width: f64,
}

pub fn layout(trace: &Trace, least_width: f64) -> Layout {
    let (columns, mut ticks, mut width) = columns(trace);
    let stretch = (least_width / width).max(1.0);
    width *= stretch;
    ticks.iter_mut().for_each(|tick| tick.1 *= stretch);
    let (rows, by_task, row_of) = rows(trace);
    let spot = |(index, of): (usize, &Move)| {
        let (from, to) = columns[index];
        Spot { row: row_of(of), from: from * stretch, to: to * stretch }
    };
    let spots = trace.moves.iter().enumerate().map(spot).collect();
    Layout { rows, by_task, spots, arrows: arrows(trace), ticks, width }
}

/// Where each move begins and ends.
type Columns = Vec<(f64, f64)>;

/// The columns, the times between them, and the whole width.
fn columns(trace: &Trace) -> (Columns, Vec<(i64, f64)>, f64) {
    // When, behind which move of the file, end after beginning; and whose.
    let mut keys: Vec<((i64, usize, bool), usize)> = Vec::new();
    for (index, of) in trace.moves.iter().enumerate() {
        keys.push(((of.at, index, false), index));
        if let Some(took) = of.took {
            keys.push(((of.at + took, last_inside(trace, index), true), index));
        }
    }
    keys.sort();
    let mut columns = vec![(0.0, 0.0); trace.moves.len()];
    let mut ticks: Vec<(i64, f64)> = Vec::new();
    let (mut x, mut before) = (0.0, None);
    for ((at, _, is_end), index) in keys {
        x += match before {
            None => 12.0,
            Some(before) if before == at => 24.0,
            Some(before) => 24.0 + 8.0 * (1.0 + (at - before) as f64 / 1e3).log10().max(0.0),
        };
        if before != Some(at) {
            ticks.push((at, x));
        }
        before = Some(at);
        if is_end { columns[index].1 = x } else { columns[index] = (x, x) }
    }
    (columns, ticks, x + 24.0)
}

/// The last move that happened inside of a slice: it ends behind that.
fn last_inside(trace: &Trace, index: usize) -> usize {
    let slice = &trace.moves[index];
    let end = slice.at + slice.took.unwrap_or(0);
    if slice.kind == Kind::Park {
        return index;
    }
    let mut last = index;
    for (later, of) in trace.moves.iter().enumerate().skip(index + 1) {
        if of.at > end {
            break;
        }
        if of.thread == slice.thread {
            let inside = matches!(of.kind, Kind::Spawn | Kind::Wake | Kind::Yield | Kind::Budget);
            if of.took.is_some() || !inside {
                break;
            }
            last = later;
        }
    }
    last
}

type RowOf<'a> = Box<dyn Fn(&Move) -> usize + 'a>;

/// The rows' names, whether they are tasks, and in which a move belongs.
fn rows(trace: &Trace) -> (Vec<String>, bool, RowOf<'_>) {
    let mut polling: Vec<usize> =
        trace.moves.iter().filter(|of| of.kind == Kind::Poll).map(|of| of.thread).collect();
    polling.sort_unstable();
    polling.dedup();
    let mut rows = trace.threads.clone();
    if polling.len() != 1 || trace.tasks.len() > MOST_TASKS {
        return (rows, false, Box::new(|of| of.thread));
    }
    let threads = rows.len();
    rows.extend(trace.tasks.values().cloned());
    let numbers: BTreeMap<u64, usize> = trace.tasks.keys().copied().zip(threads..).collect();
    let row_of = move |of: &Move| {
        let by = of.by.as_deref().and_then(|by| by.parse().ok());
        let task = match of.kind {
            Kind::Spawn | Kind::Wake if of.by.is_some() => by,
            Kind::Timer | Kind::Io | Kind::Park | Kind::Steal | Kind::Other => None,
            _ => of.task,
        };
        task.and_then(|task| numbers.get(&task).copied()).unwrap_or(of.thread)
    };
    (rows, true, Box::new(row_of))
}

/// From each spawn, wake and yield to the next poll of its task.
fn arrows(trace: &Trace) -> Vec<Arrow> {
    let is_cause = |of: &Move| matches!(of.kind, Kind::Spawn | Kind::Wake | Kind::Yield);
    let mut found = Vec::new();
    for (cause, of) in trace.moves.iter().enumerate().filter(|(_, of)| is_cause(of)) {
        let is_poll = |next: &Move| {
            matches!(next.kind, Kind::Poll | Kind::Closure)
                && next.task == of.task
                && next.at >= of.at
        };
        let poll = trace.moves.iter().skip(cause + 1).position(is_poll);
        found.extend(poll.map(|poll| Arrow { cause, poll: cause + 1 + poll }));
    }
    found
}
