//! from what was recorded to a timeline: JSON as Perfetto and Chrome's tracing read it.
//!
//! One object, `{"displayTimeUnit":"ns","traceEvents":[…],"otherData":{…}}`, an event a line, one
//! runtime after the other, each in the order of time. A runtime is a process, `pid` 1, 2, …; a
//! thread is a `tid` of it, which for worker n of `multi_thread` is n + 1. `ts` and `dur` are
//! microseconds since the runtime's clock was made, with three decimals. Tasks have numbers of
//! their own: from 1 in the order of spawning, closures too; 0 is the future of a `block_on`. So
//! the same program in virtual time gives the same bytes.
//!
//! | `cat` | `ph` | `name` | `args` |
//! |---|---|---|---|
//! | | `M` | `process_name`, `thread_name`, `thread_sort_index` | `name`, `sort_index` |
//! | `poll` | `X` | `task 2 (name)`, `block_on` | `task`, `poll`: from 1, `ready`, `spawned` |
//! | `blocking` | `X` | `closure 3` | the same |
//! | `park` | `X` | `parked` | |
//! | `spawn` | `i` | `spawn task 2` | `task`, `by`, `spawned`, `label` if it has a name |
//! | `wake` | `i` | `wake task 2` | `task`, `by` |
//! | `again` | `i` | `again task 2` | `task`: woken in its poll by anybody, or has yielded |
//! | `budget` | `i` | `budget used up` | `task` |
//! | `steal` | `i` | `steal from worker 0` | `from`, `task`: the first of those taken |
//! | `timer` | `i` | `timer` | `due`: microseconds, as `ts` |
//! | `io` | `i` | `io` | `source`, `ready`: a list of words |
//! | `spawn`, `wake`, `again` | `s`, `f` | the same | an arrow, to the poll that came of it |
//! | `dropped` | `i` | `17 events dropped, …` | `dropped` |
//!
//! `by` is the number of the task or closure that was running there, `"timer"` or `"io"` if the
//! drivers did it, `"end"` if the runtime's end did, or the name of the thread. A slice that had
//! not ended has `"unfinished":true`.

#![forbid(unsafe_code)]

use super::json::{Args, Lines, Micros, Spot, Text};
use super::moments::{Cause, End, Moment, Task, Track, moments, tasks, tracks};
use super::recording::Snapshot;
use crate::base::note::Numbered;
use crate::base::trace::Event;
use crate::drive::ready::Ready;
use std::io;

/// Writes what is about one runtime. `limit` is what the note about dropped events names.
pub(super) fn write(lines: &mut Lines<'_>, runtime: &Snapshot, limit: usize) -> io::Result<()> {
    Timeline::new(runtime).write(lines, limit)
}

/// What the end of the file says of the whole.
pub(super) fn other(dropped: usize, limit: usize) -> Args {
    let format = Args::default().and("format", Text("mainspring 1"));
    format.and("dropped", dropped).and("limit", limit)
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
    fn new(runtime: &'a Snapshot) -> Self {
        let moments = moments(runtime);
        let tracks = tracks(&runtime.lanes, &moments);
        let tasks = tasks(&moments, &runtime.names);
        Self { runtime, pid: runtime.number, moments, tracks, tasks, arrows: 0 }
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
                let poll = track.open.pop_if(|(of, _)| *of == task);
                let Some((_, start)) = poll else { return Ok(()) };
                // An arrow begins inside of a slice, or it would not be seen.
                let cause = Cause::Ended(task, spot.at.saturating_sub(1).max(start));
                track.cause = (ready || moment.again).then_some(cause);
                match moment.again {
                    true => self.queued(lines, moment, "again", task, None),
                    false => Ok(()),
                }
            }
            Event::Park => {
                track.cause = None;
                let (took, open) = moment.took();
                let args = Args::default().and_if("unfinished", open.then_some(true));
                lines.slice(spot, took, "park", "parked", args)
            }
            Event::Spawn { task, .. } | Event::Closure { task, .. } => {
                self.spawn(lines, moment, task)
            }
            Event::Wake { task, .. } => {
                let by = self.by(moment.lane);
                self.queued(lines, moment, "wake", task, Some(by))
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
                let due = due.saturating_mul(1_000_000);
                let is_over = due <= spot.at;
                track.cause = Some(Cause::Driver(if is_over { "timer" } else { "end" }));
                let args = Args::default().and("due", Micros(due));
                if is_over { lines.instant(spot, 't', "timer", "timer", args) } else { Ok(()) }
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
                let args = Args::default()
                    .and_if("task", track.open.last().and_then(|(id, _)| number(id)));
                lines.instant(spot, 't', "budget", "budget used up", args)
            }
            _ => Ok(()),
        }
    }

    fn poll(&mut self, lines: &mut Lines<'_>, moment: &Moment<'_>, id: u64) -> io::Result<()> {
        let spot = self.spot(moment);
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        let track = &mut self.tracks[moment.lane];
        track.cause = None;
        track.open.push((id, spot.at));
        task.polls += 1;
        let (took, open) = moment.took();
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
        by: Option<String>,
    ) -> io::Result<()> {
        let spot = self.spot(moment);
        let mut from = spot;
        if let Some(Cause::Ended(_, at)) = self.tracks[moment.lane].cause {
            from.at = at;
        }
        let Some(task) = self.tasks.get_mut(&task) else { return Ok(()) };
        task.arrow = Some((cat, from));
        let args = Args::default().and("task", task.number).and_if("by", by);
        lines.instant(spot, 't', cat, &format!("{cat} {}", task.label), args)
    }

    /// Who did what was done on this lane just now.
    fn by(&self, lane: usize) -> String {
        let track = &self.tracks[lane];
        let open = track.open.last().and_then(|(task, _)| self.tasks.get(task));
        // Inside of a closure there are polls and drivers if it stands in for a worker.
        match (track.cause, open) {
            (_, Some(task)) if task.cat == "poll" => task.number.to_string(),
            (Some(Cause::Driver(driver)), _) => Text(driver).to_string(),
            (Some(Cause::Ended(task, _)), _) => {
                self.tasks.get(&task).map_or(0, |task| task.number).to_string()
            }
            (None, Some(task)) => task.number.to_string(),
            (None, None) => Text(&track.name).to_string(),
        }
    }
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
