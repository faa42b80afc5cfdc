//! what was recorded, in order: moments with their ends, lanes and tasks with their numbers.
//!
//! The first of the two steps to a timeline; `runtime/timeline.rs` goes through the moments.

#![forbid(unsafe_code)]

use super::json::Spot;
use super::recording::{Lane, Noted, Snapshot};
use crate::base::note::Numbered;
use crate::base::trace::Event;
use std::sync::Arc;

/// An event; if a slice begins with it, when that ends, and how.
pub(super) struct Moment<'a> {
    pub(super) noted: &'a Noted,
    pub(super) lane: usize,
    pub(super) end: Option<(u64, End)>,
    /// It ends a poll after which the task is queued again: it was woken meanwhile, or has yielded.
    pub(super) again: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum End {
    Pending,
    Ready,
    /// Not by the end of what was recorded.
    Open,
}

#[derive(Clone, Copy)]
pub(super) enum Cause {
    Driver(&'static str),
    /// This task, and where an arrow from its last poll begins.
    Ended(u64, u64),
}

/// A thread's lane while the events are gone through.
pub(super) struct Track {
    pub(super) tid: usize,
    pub(super) name: String,
    /// What it is polling or running, and since when, the innermost last.
    pub(super) open: Vec<(u64, u64)>,
    /// What is the cause of what happens outside of polls: a timer, a socket, the end of a task.
    pub(super) cause: Option<Cause>,
}

/// What has a number.
pub(super) struct Task {
    pub(super) number: usize,
    pub(super) cat: &'static str,
    /// What it is called in a slice.
    pub(super) label: String,
    pub(super) name: Option<Arc<str>>,
    pub(super) spawned: String,
    pub(super) polls: usize,
    /// An arrow that waits for the next poll: its kind, and where it begins.
    pub(super) arrow: Option<(&'static str, Spot)>,
}

impl Moment<'_> {
    /// How long the slice is, and whether it had no end.
    pub(super) fn took(&self) -> (u64, bool) {
        let (end, how) = self.end.unwrap_or((self.noted.at, End::Open));
        (end.saturating_sub(self.noted.at), how == End::Open)
    }
}

/// All moments of a runtime, in the order of time.
pub(super) fn moments(runtime: &Snapshot) -> Vec<Moment<'_>> {
    let mut moments = Vec::new();
    for (index, lane) in runtime.lanes.iter().enumerate() {
        slices(lane, index, runtime.end, &mut moments);
    }
    // Stable: what a thread did at one time stays in its order.
    moments.sort_by_key(|moment| (moment.noted.at, moment.noted.turn));
    find_again(&mut moments);
    moments
}

/// A task that is polled although nobody has woken it since its last poll was queued again then.
fn find_again(moments: &mut [Moment<'_>]) {
    // Of each task: was it woken since its last poll began, and where did that end?
    let mut polled: Numbered<u64, (bool, usize)> = Numbered::default();
    for here in 0..moments.len() {
        match moments[here].noted.event {
            Event::Wake { task, .. } => {
                polled.entry(task).and_modify(|(woken, _)| *woken = true);
            }
            Event::PollStart { task, .. } => {
                if let Some((false, end)) = polled.insert(task, (false, here)) {
                    moments[end].again = true;
                }
            }
            Event::PollEnd { task, .. } => {
                polled.entry(task).and_modify(|(_, end)| *end = here);
            }
            _ => {}
        }
    }
}

/// Adds the moments of one lane, each slice's beginning with its end.
fn slices<'a>(lane: &'a Lane, index: usize, end: u64, moments: &mut Vec<Moment<'a>>) {
    use Event::{Park, PollEnd, PollStart, Unpark};
    let mut open: Vec<(usize, u64)> = Vec::new();
    let mut parked: Option<usize> = None;
    for noted in &lane.noted {
        let (at, here) = (noted.at, moments.len());
        moments.push(Moment { noted, lane: index, end: None, again: false });
        let mut ends = |place: usize, how| moments[place].end = Some((at, how));
        // If it is no `Unpark`, another thread has taken the sleeping worker over.
        if matches!(noted.event, Park | Unpark | PollStart { .. } | PollEnd { .. })
            && let Some(place) = parked.take()
        {
            ends(place, End::Pending);
        }
        match noted.event {
            Park => parked = Some(here),
            PollStart { task, .. } => open.push((here, task)),
            PollEnd { task, ready } => {
                if let Some((place, _)) = open.pop_if(|(_, of)| *of == task) {
                    ends(place, if ready { End::Ready } else { End::Pending });
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
pub(super) fn tracks(lanes: &[Lane], moments: &[Moment<'_>]) -> Vec<Track> {
    let new = |lane: &Lane| Track { tid: 0, name: lane.name.clone(), open: vec![], cause: None };
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
pub(super) fn tasks(
    moments: &[Moment<'_>],
    names: &Numbered<u64, Arc<str>>,
) -> Numbered<u64, Task> {
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
