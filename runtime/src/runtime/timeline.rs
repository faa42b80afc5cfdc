//! from what was recorded to a timeline: JSON as Perfetto and Chrome's tracing read it.
//!
//! One object: `{"displayTimeUnit":"ns","otherData":{…},"traceEvents":[…]}`, an event a line, in
//! the order of time. A runtime is a process, `pid` 1, 2, …; a thread is a `tid` of it, which for
//! worker n of `multi_thread` is n + 1. `ts` and `dur` are microseconds since the runtime's clock
//! was made, with three decimals. Tasks have numbers of their own: from 1 in the order of spawning,
//! closures too; 0 is the future of a `block_on`. So the same program in virtual time gives the
//! same bytes.
//!
//! | `cat` | `ph` | `name` | `args` |
//! |---|---|---|---|
//! | | `M` | `process_name`, `thread_name`, `thread_sort_index` | `name`, `sort_index` |
//! | `poll` | `X` | `task 2 (name)`, `block_on` | `task`, `poll`: from 1, `ready`, `spawned` |
//! | `blocking` | `X` | `closure 3` | the same |
//! | `park` | `X` | `parked` | |
//! | `spawn` | `i` | `spawn task 2` | `task`, `by`, `spawned`, `label` if it has a name |
//! | `wake` | `i` | `wake task 2` | `task`, `by` |
//! | `wake` | `i` | `wake task 2 in its poll` | `task`; by whom is not known |
//! | `yield` | `i` | `yield task 2` | `task` |
//! | `budget` | `i` | `budget used up` | `task` |
//! | `steal` | `i` | `steal from worker 0` | `from`, `task`: the first of those taken |
//! | `timer` | `i` | `timer` | `due`: microseconds, as `ts` |
//! | `io` | `i` | `io` | `source`, `ready`: a list of words |
//! | `spawn`, `wake` | `s`, `f` | `spawn`, `wake` | an arrow, to the poll that came of it |
//! | `dropped` | `i` | `17 events dropped, …` | `dropped` |
//!
//! `by` is the number of the task or closure that was running there, `"timer"` or `"io"` if the
//! drivers did it, or the name of the thread. A slice that had not ended has `"unfinished":true`.

#![forbid(unsafe_code)]

use super::json::{Args, Lines, Micros, Spot, Text};
use super::recording::{Lane, Noted, Snapshot};
use crate::base::note::Numbered;
use crate::base::trace::Event;
use crate::drive::ready::Ready;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes all of `runtimes`. `limit` is what the notes about dropped events name.
pub(super) fn write(out: &mut dyn Write, runtimes: &[Snapshot], limit: usize) -> io::Result<()> {
    let dropped: usize = runtimes.iter().map(|runtime| runtime.dropped).sum();
    let format = Args::default().and("format", Text("mainspring 1"));
    let mut lines = Lines::begin(out, &format.and("dropped", dropped).and("limit", limit))?;
    for (index, runtime) in runtimes.iter().enumerate() {
        Timeline::new(runtime, index + 1).write(&mut lines, limit)?;
    }
    lines.end()
}

/// An event; if a slice begins with it, when that ends, and how.
struct Moment<'a> {
    noted: &'a Noted,
    lane: usize,
    end: Option<(u64, End)>,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Pending,
    Ready,
    /// Not by the end of what was recorded.
    Open,
}

#[derive(Clone, Copy)]
enum Cause {
    Driver(&'static str),
    Ended(u64, u64),
}

/// A thread's lane while the events are gone through.
struct Track {
    tid: usize,
    name: String,
    /// What it is polling or running, the innermost last.
    open: Vec<u64>,
    /// What is the cause of what happens outside of polls: a timer, a socket, or that this task has
    /// ended, and when.
    cause: Option<Cause>,
    /// The poll has called `yield_now`.
    yields: bool,
}

/// What has a number.
struct Task {
    number: usize,
    cat: &'static str,
    /// What it is called in a slice.
    label: String,
    name: Option<Arc<str>>,
    spawned: String,
    polls: usize,
    /// An arrow that waits for the next poll: its kind, and where it begins.
    arrow: Option<(&'static str, Spot)>,
}

struct Timeline<'a> {
    runtime: &'a Snapshot,
    pid: usize,
    moments: Vec<Moment<'a>>,
    tracks: Vec<Track>,
    tasks: Numbered<u64, Task>,
    arrows: usize,
}

impl<'a> Timeline<'a> {
    fn new(runtime: &'a Snapshot, pid: usize) -> Self {
        let mut moments = Vec::new();
        for (index, lane) in runtime.lanes.iter().enumerate() {
            slices(lane, index, runtime.end, &mut moments);
        }
        // Stable: what a thread did at one time stays in its order.
        moments.sort_by_key(|moment| (moment.noted.at, moment.noted.turn));
        let tracks = tracks(&runtime.lanes, &moments);
        let tasks = tasks(&moments, &runtime.names);
        Self { runtime, pid, moments, tracks, tasks, arrows: 0 }
    }

    fn write(mut self, lines: &mut Lines<'_>, limit: usize) -> io::Result<()> {
        self.head(lines)?;
        for moment in std::mem::take(&mut self.moments) {
            self.moment(lines, &moment)?;
        }
        let dropped = self.runtime.dropped;
        if dropped != 0 {
            let spot = Spot { pid: self.pid, tid: 0, at: self.runtime.end };
            let text = format!("{dropped} events dropped, the limit is {limit}");
            let args = Args::default().and("dropped", dropped);
            lines.instant(spot, 'p', "dropped", &text, args)?;
        }
        Ok(())
    }

    fn head(&self, lines: &mut Lines<'_>) -> io::Result<()> {
        let spot = |tid| Spot { pid: self.pid, tid, at: 0 };
        let name = |name: &str| Args::default().and("name", Text(name));
        lines.metadata(spot(0), "process_name", name(&self.runtime.name))?;
        let mut tracks: Vec<_> = self.tracks.iter().filter(|track| track.tid != 0).collect();
        tracks.sort_by_key(|track| track.tid);
        for track in tracks {
            lines.metadata(spot(track.tid), "thread_name", name(&track.name))?;
            let index = Args::default().and("sort_index", track.tid);
            lines.metadata(spot(track.tid), "thread_sort_index", index)?;
        }
        Ok(())
    }

    fn spot(&self, moment: &Moment<'_>) -> Spot {
        Spot { pid: self.pid, tid: self.tracks[moment.lane].tid, at: moment.noted.at }
    }

    fn moment(&mut self, lines: &mut Lines<'_>, moment: &Moment<'_>) -> io::Result<()> {
        let spot = self.spot(moment);
        let track = &mut self.tracks[moment.lane];
        match moment.noted.event {
            Event::PollStart { task, .. } => self.poll(lines, moment, task),
            Event::PollEnd { task, ready } => {
                if track.open.pop_if(|of| *of == task).is_some() && ready {
                    track.cause = Some(Cause::Ended(task, spot.at));
                }
                Ok(())
            }
            Event::Park => {
                track.cause = None;
                let (took, open) = took(moment);
                let args = Args::default().and_if("unfinished", open.then_some(true));
                lines.slice(spot, took, "park", "parked", args)
            }
            Event::Spawn { task, .. } | Event::Closure { task, .. } => {
                self.spawn(lines, moment, task)
            }
            Event::Wake { task, .. } => {
                let by = self.by(moment.lane);
                self.queued(lines, moment, "wake", task, "", Some(by))
            }
            Event::Yield => {
                track.yields = true;
                Ok(())
            }
            Event::Again { task, .. } if std::mem::take(&mut track.yields) => {
                self.queued(lines, moment, "yield", task, "", None)
            }
            Event::Again { task, .. } => {
                self.queued(lines, moment, "wake", task, " in its poll", None)
            }
            _ => self.other(lines, moment),
        }
    }

    /// What leads to no poll.
    fn other(&mut self, lines: &mut Lines<'_>, moment: &Moment<'_>) -> io::Result<()> {
        let spot = self.spot(moment);
        let number = |task: &u64| self.tasks.get(task).map(|task| task.number);
        let track = &mut self.tracks[moment.lane];
        match moment.noted.event {
            Event::Timer { due } => {
                track.cause = Some(Cause::Driver("timer"));
                let due = Micros(due.saturating_mul(1_000_000));
                lines.instant(spot, 't', "timer", "timer", Args::default().and("due", due))
            }
            Event::Ready { index, bits } => {
                track.cause = Some(Cause::Driver("io"));
                let args = Args::default().and("source", index).and("ready", words(bits));
                lines.instant(spot, 't', "io", "io", args)
            }
            Event::Steal { from, task } => {
                let args = Args::default().and("from", from).and_if("task", number(&task));
                lines.instant(spot, 't', "steal", &format!("steal from worker {from}"), args)
            }
            Event::Exhausted => {
                let args = Args::default().and_if("task", track.open.last().and_then(number));
                lines.instant(spot, 't', "budget", "budget used up", args)
            }
            _ => Ok(()),
        }
    }

    fn poll(&mut self, lines: &mut Lines<'_>, moment: &Moment<'_>, id: u64) -> io::Result<()> {
        let spot = self.spot(moment);
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        let track = &mut self.tracks[moment.lane];
        (track.cause, track.yields) = (None, false);
        track.open.push(id);
        task.polls += 1;
        let (took, open) = took(moment);
        let ready = moment.end.map(|(_, end)| end == End::Ready).filter(|_| !open);
        let args = Args::default().and("task", task.number).and("poll", task.polls);
        let args = args.and_if("ready", ready).and_if("unfinished", open.then_some(true));
        let args = args.and("spawned", Text(&task.spawned));
        lines.slice(spot, took, task.cat, &task.label, args)?;
        if let Some((kind, from)) = task.arrow.take() {
            self.arrows += 1;
            lines.arrow(kind, self.arrows, from, spot)?;
        }
        Ok(())
    }

    fn spawn(&mut self, lines: &mut Lines<'_>, moment: &Moment<'_>, task: u64) -> io::Result<()> {
        let (spot, by) = (self.spot(moment), self.by(moment.lane));
        let Some(task) = self.tasks.get_mut(&task) else { return Ok(()) };
        task.arrow = Some(("spawn", spot));
        let args = Args::default().and("task", task.number).and("by", by);
        let args = args.and_if("label", task.name.as_ref().map(Text));
        let args = args.and("spawned", Text(&task.spawned));
        lines.instant(spot, 't', "spawn", &format!("spawn {}", task.label), args)
    }

    /// A task was queued again.
    fn queued(
        &mut self,
        lines: &mut Lines<'_>,
        moment: &Moment<'_>,
        cat: &'static str,
        task: u64,
        how: &str,
        by: Option<String>,
    ) -> io::Result<()> {
        let spot = self.spot(moment);
        let mut from = spot;
        if let Some(Cause::Ended(_, at)) = self.tracks[moment.lane].cause {
            // It begins in a slice, or it would not be seen: at the end of the poll.
            from.at = at.saturating_sub(1);
        }
        let Some(task) = self.tasks.get_mut(&task) else { return Ok(()) };
        task.arrow = Some(("wake", from));
        let args = Args::default().and("task", task.number).and_if("by", by);
        lines.instant(spot, 't', cat, &format!("{cat} {}{how}", task.label), args)
    }

    /// Who did what was done on this lane just now.
    fn by(&self, lane: usize) -> String {
        let track = &self.tracks[lane];
        let task = match (track.open.last(), track.cause) {
            (Some(open), _) => Some(*open),
            (None, Some(Cause::Ended(ended, _))) => Some(ended),
            (None, _) => None,
        };
        match (task.and_then(|task| self.tasks.get(&task)), track.cause) {
            (Some(task), _) => task.number.to_string(),
            (None, Some(Cause::Driver(driver))) => Text(driver).to_string(),
            (None, _) => Text(&track.name).to_string(),
        }
    }
}

/// How long a slice is, and whether it had no end.
fn took(moment: &Moment<'_>) -> (u64, bool) {
    let (end, how) = moment.end.unwrap_or((moment.noted.at, End::Open));
    (end.saturating_sub(moment.noted.at), how == End::Open)
}

/// Adds the moments of one lane, each slice's beginning with its end.
fn slices<'a>(lane: &'a Lane, index: usize, end: u64, moments: &mut Vec<Moment<'a>>) {
    let mut open: Vec<(usize, u64)> = Vec::new();
    let mut parked: Option<usize> = None;
    for noted in &lane.noted {
        let (at, here) = (noted.at, moments.len());
        moments.push(Moment { noted, lane: index, end: None });
        if matches!(noted.event, Event::Park | Event::Unpark | Event::PollStart { .. })
            // If it is no `Unpark`, another thread has taken the sleeping worker over.
            && let Some(place) = parked.take()
        {
            moments[place].end = Some((at, End::Pending));
        }
        match noted.event {
            Event::Park => parked = Some(here),
            Event::PollStart { task, .. } => open.push((here, task)),
            Event::PollEnd { task, ready } => {
                if let Some((place, _)) = open.pop_if(|(_, of)| *of == task) {
                    moments[place].end = Some((at, if ready { End::Ready } else { End::Pending }));
                }
            }
            _ => {}
        }
    }
    for place in open.into_iter().map(|(place, _)| place).chain(parked) {
        moments[place].end = Some((end, End::Open));
    }
}

/// Workers first, by their numbers; then the others, in the order in which they were heard of.
fn tracks(lanes: &[Lane], moments: &[Moment<'_>]) -> Vec<Track> {
    let new = |lane: &Lane| Track {
        tid: 0,
        name: lane.name.clone(),
        open: vec![],
        cause: None,
        yields: false,
    };
    let mut tracks: Vec<_> = lanes.iter().map(new).collect();
    let workers = lanes.iter().filter_map(|lane| lane.worker).max().map_or(0, |last| last + 1);
    let (mut taken, mut next) = (vec![false; workers], workers + 1);
    for moment in moments {
        let track = &mut tracks[moment.lane];
        if track.tid != 0 {
            continue;
        }
        match lanes[moment.lane].worker {
            // Not one that stands in for it.
            Some(worker) if !std::mem::replace(&mut taken[worker], true) => {
                track.tid = worker + 1;
                track.name = format!("worker {worker}");
            }
            _ => {
                track.tid = next;
                next += 1;
            }
        }
    }
    tracks
}

/// Numbers for all that was spawned.
fn tasks(moments: &[Moment<'_>], names: &Numbered<u64, Arc<str>>) -> Numbered<u64, Task> {
    let (mut tasks, mut next) = (Numbered::default(), 1);
    for moment in moments {
        let (id, cat, what, spawned) = match moment.noted.event {
            Event::Spawn { task, spawned, .. } => (task, "poll", "task", spawned),
            Event::Closure { task, spawned, .. } => (task, "blocking", "closure", spawned),
            Event::Root { task, called } => (task, "poll", "block_on", called),
            _ => continue,
        };
        let is_root = what == "block_on";
        let number = if is_root { 0 } else { next };
        next += usize::from(!is_root);
        let name = names.get(&id).cloned();
        let label = match &name {
            _ if is_root => what.to_owned(),
            None => format!("{what} {number}"),
            Some(name) => format!("{what} {number} ({name})"),
        };
        let spawned = spawned.to_string();
        tasks.insert(id, Task { number, cat, label, name, spawned, polls: 0, arrow: None });
    }
    tasks
}

/// What a readiness says.
fn words(bits: u8) -> String {
    let ready = Ready::from_bits(bits);
    let words = [
        (ready.is_readable(), "\"readable\""),
        (ready.is_writable(), "\"writable\""),
        (ready.is_read_closed(), "\"read closed\""),
        (ready.is_write_closed(), "\"write closed\""),
        (ready.is_priority(), "\"priority\""),
        (ready.is_error(), "\"error\""),
    ];
    let said: Vec<_> = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    format!("[{}]", said.join(","))
}

#[cfg(all(test, not(loom)))]
#[path = "timeline_tests.rs"]
mod tests;
