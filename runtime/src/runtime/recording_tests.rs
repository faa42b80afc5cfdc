//! Lanes, and the budget that they share.

use super::*;
use std::panic::Location;

fn recording(limit: usize) -> Recording {
    let budget = Arc::new(Budget::new(limit));
    Recording::new(1, 1, "test", Clock::paused(), budget)
}

fn note(recording: &Recording, event: Event) {
    recording.note(event, || None);
}

fn start(task: u64) -> Event {
    Event::PollStart { task, of: 1 }
}

fn end(task: u64) -> Event {
    Event::PollEnd { task, ready: false }
}

fn events(recording: &Recording) -> Vec<Event> {
    let lanes = recording.snapshot().lanes;
    lanes.iter().flat_map(|lane| lane.noted.iter().map(|noted| noted.event)).collect()
}

#[test]
fn what_begins_is_taken_up_to_the_limit_and_its_end_always() {
    let recording = recording(3);
    for task in [1, 2, 3, 4] {
        note(&recording, start(task));
    }
    for task in [4, 3, 2, 1] {
        note(&recording, end(task));
    }
    let taken = [start(1), start(2), start(3), end(3), end(2), end(1)];
    assert_eq!(events(&recording), taken);
    assert_eq!(recording.snapshot().dropped, 1);
    note(&recording, Event::Park);
    note(&recording, Event::Unpark);
    assert_eq!(events(&recording), taken);
    assert_eq!(recording.snapshot().dropped, 2);
}

#[test]
fn an_end_without_a_beginning_is_nobodys() {
    let recording = recording(100);
    note(&recording, Event::Unpark);
    note(&recording, end(1));
    note(&recording, Event::Park);
    note(&recording, start(1));
    note(&recording, end(2));
    note(&recording, end(1));
    note(&recording, Event::Unpark);
    // The sleep was over when the poll was: another thread has woken up instead.
    assert_eq!(events(&recording), [Event::Park, start(1), end(1)]);
    assert_eq!(recording.snapshot().dropped, 0);
}

#[test]
fn after_the_end_nothing_is_taken() {
    let recording = Arc::new(recording(100));
    let slice = recording.slice(1, true);
    recording.end();
    drop(slice);
    note(&recording, Event::Park);
    assert_eq!(events(&recording), [start(1)]);
}

#[test]
fn threads_have_lanes_of_their_own_and_share_the_budget() {
    const THREADS: usize = 8;
    let recording = recording(THREADS * 1000);
    std::thread::scope(|scope| {
        for worker in 0..THREADS {
            let recording = &recording;
            scope.spawn(move || {
                for _ in 0..500 {
                    recording.note(Event::Exhausted, || Some(worker));
                }
            });
        }
    });
    let snapshot = recording.snapshot();
    assert_eq!((snapshot.lanes.len(), snapshot.dropped), (THREADS, 0));
    let mut workers: Vec<_> = snapshot.lanes.iter().filter_map(|lane| lane.worker).collect();
    workers.sort_unstable();
    assert_eq!(workers, (0..THREADS).collect::<Vec<_>>());
    let mut turns = Vec::new();
    for lane in &snapshot.lanes {
        assert_eq!(lane.noted.len(), 500);
        assert!(lane.noted.is_sorted_by_key(|noted| noted.turn));
        turns.extend(lane.noted.iter().map(|noted| noted.turn));
    }
    turns.sort_unstable();
    assert_eq!(turns, (0..THREADS as u64 * 500).collect::<Vec<_>>());
}

/// A program that starts threads for ever does not fill the memory with their names.
#[test]
fn threads_that_come_too_late_get_no_lane() {
    let recording = recording(1);
    note(&recording, Event::Exhausted);
    recording.name_task(1, "too late");
    for _ in 0..3 {
        std::thread::scope(|scope| {
            scope.spawn(|| note(&recording, Event::Exhausted)).join().unwrap()
        });
    }
    let snapshot = recording.snapshot();
    assert_eq!((snapshot.lanes.len(), snapshot.dropped, snapshot.names.len()), (1, 3, 0));
}

#[test]
fn a_clock_that_runs_needs_no_turns() {
    let budget = Arc::new(Budget::new(10));
    let recording = Recording::new(1, 1, "test", Clock::real(), budget);
    let called = Location::caller();
    note(&recording, Event::Root { task: 1, called });
    note(&recording, Event::Park);
    let lanes = recording.snapshot().lanes;
    let noted = &lanes[0].noted;
    assert!(noted[0].at <= noted[1].at && noted.iter().all(|noted| noted.turn == 0));
}
