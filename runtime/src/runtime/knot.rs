//! who waits for whom: holders of mutexes, joined tasks, and rings of them.
//!
//! A task that waits for one thing only, a mutex or another task's end, hangs on one other task. So
//! the waits are arrows, at most one from each task, and a task that comes back to itself along
//! them is part of a deadlock:
//!
//! ```text
//!   task 4 ── Mutex held by ──► task 5 ── Mutex held by ──► task 4      deadlock
//!   task 6 ── the end of ─────► task 4                                  waits for one, is in none
//! ```
//!
//! A task that is in a poll hangs on the `block_on` that it has called there (in `block_in_place`).
//!
//! A mutex that nobody with a record holds may have been handed to one who waits and has not been
//! polled since: that is the one whose task is no longer waiting.

#![forbid(unsafe_code)]

use super::picture::{Knot, Peer, TaskDump, WaitsFor};
use crate::base::note::{self, Kind, Wait};
use crate::task::header::Id;
use crate::task::look::TaskState;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

/// Fills in who is at the other end of each wait, and the rings.
pub(super) fn find(tasks: &mut [TaskDump]) {
    let place: HashMap<Id, usize> =
        tasks.iter().enumerate().map(|(at, task)| (task.id(), at)).collect();
    let handed = handed(tasks);
    let peer_of = |id: Id, tasks: &[TaskDump]| place.get(&id).map(|at| tasks[*at].peer.clone());
    for at in 0..tasks.len() {
        let others: Vec<_> =
            tasks[at].waits_for().iter().map(|wait| other_end(wait, &handed)).collect();
        let peers: Vec<_> =
            others.iter().map(|other| other.and_then(|id| peer_of(id, tasks))).collect();
        let Some(known) = &mut tasks[at].known else { continue };
        for (wait, other) in known.waits.iter_mut().zip(others) {
            if let WaitsFor::Primitive { held_by, .. } = wait {
                *held_by = other;
            }
        }
        known.others = peers;
    }
    let blocks: HashMap<Id, usize> =
        (0..tasks.len()).filter_map(|at| Some((tasks[at].inside?, at))).collect();
    let next: Vec<_> = tasks.iter().map(|task| arrow(task, &place, &blocks)).collect();
    for ring in rings(&next) {
        let peers: Arc<[Peer]> = ring.iter().map(|at| tasks[*at].peer.clone()).collect();
        for (place, at) in ring.into_iter().enumerate() {
            tasks[at].knot = Knot { peers: peers.clone(), place };
        }
    }
}

/// Mutexes that somebody waits for and who is no longer waiting.
fn handed(tasks: &[TaskDump]) -> HashMap<usize, Id> {
    let mut handed = HashMap::new();
    let mut add = |waits: &[Wait], id| {
        for wait in waits {
            if let Wait::Named(Kind::Mutex, at) = wait {
                handed.insert(*at, id);
            }
        }
    };
    for task in tasks {
        let Some(known) = &task.known else { continue };
        if task.state() != TaskState::Waiting {
            add(&known.raw, task.id());
        }
        if let Some(outer) = task.inside {
            add(&known.outer, outer);
        }
    }
    handed
}

fn other_end(wait: &WaitsFor, handed: &HashMap<usize, Id>) -> Option<Id> {
    match wait {
        WaitsFor::Join(id) => Some(*id),
        WaitsFor::Primitive { name, address: Some(at), .. } if *name == Kind::Mutex.name() => {
            let holder = note::holder(*at).and_then(NonZeroU64::new).map(Id);
            holder.or_else(|| handed.get(at).copied())
        }
        _ => None,
    }
}

/// The one task that this one hangs on.
fn arrow(
    task: &TaskDump,
    place: &HashMap<Id, usize>,
    blocks: &HashMap<Id, usize>,
) -> Option<usize> {
    if task.state() == TaskState::Running {
        return blocks.get(&task.id()).copied();
    }
    let known = task.known.as_ref().filter(|_| task.state() == TaskState::Waiting)?;
    match &known.others[..] {
        [Some(Peer { id, .. })] => place.get(id).copied(),
        _ => None,
    }
}

/// All rings. Each task is walked over once: a walk ends where one has been before, and has found a
/// ring where it meets itself.
fn rings(next: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut walks = vec![None; next.len()];
    let mut rings = Vec::new();
    for first in 0..next.len() {
        let (mut path, mut at) = (Vec::new(), Some(first));
        while let Some(here) = at.filter(|here| walks[*here].is_none()) {
            walks[here] = Some(first);
            path.push(here);
            at = next[here];
        }
        if let Some(met) = at.filter(|met| walks[*met] == Some(first)) {
            rings
                .extend(path.iter().position(|here| *here == met).map(|from| path.split_off(from)));
        }
    }
    rings
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::rings;

    #[test]
    fn each_ring_is_found_once_and_who_leads_to_it_is_in_none() {
        // 4 → 0 → 1 → 2 → 0, and 3 for itself, and 5 for nobody.
        let next = [Some(1), Some(2), Some(0), Some(3), Some(0), None];
        assert_eq!(rings(&next), [vec![0, 1, 2], vec![3]]);
        assert_eq!(rings(&[Some(1), Some(2), Some(1)]), [[1, 2]]);
        assert!(rings(&[Some(1), None]).is_empty());
    }
}
