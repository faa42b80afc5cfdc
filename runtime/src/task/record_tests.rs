//! Records come on the table once and go with their ticket, whoever is first.

use super::*;
use crate::base::note::{Kind, Wait};
use std::future::poll_fn;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

fn id(number: u64) -> Id {
    // Beyond what a test of tasks draws.
    Id(NonZeroU64::new(number + (1 << 40)).unwrap())
}

fn open(recorder: &Recorder, name: &str) -> Ticket {
    recorder.open(Role::Task, Some(name), Location::caller())
}

#[test]
fn a_record_is_on_the_table_from_its_number_to_its_end() {
    let recorder = Recorder::new();
    let ticket = open(&recorder, "a");
    assert!(recorder.all().is_empty());
    ticket.list(id(1));
    ticket.record().list(id(1));
    assert_eq!(recorder.all().len(), 1);
    assert_eq!(name_of(id(1)).as_deref(), Some("a"));
    drop(ticket);
    assert!(recorder.all().is_empty());
    assert_eq!(name_of(id(1)), None);
}

#[test]
fn a_number_that_comes_after_the_end_brings_nothing_back() {
    let recorder = Recorder::new();
    let ticket = open(&recorder, "late");
    let entry = ticket.record();
    drop(ticket);
    entry.list(id(2));
    assert!(recorder.all().is_empty());
}

#[test]
fn each_runtime_has_its_own_records() {
    let (one, two) = (Recorder::new(), Recorder::new());
    let (first, second) = (open(&one, "one"), open(&two, "two"));
    first.list(id(4));
    second.list(id(3));
    let third = open(&one, "three");
    third.list(id(3 + 16));
    let names = |recorder: &Recorder| -> Vec<_> {
        recorder.all().iter().map(|record| record.name.clone().unwrap().to_string()).collect()
    };
    assert_eq!(names(&one), ["one", "three"]);
    assert_eq!(names(&two), ["two"]);
}

/// Spawner, poller, end, dump and watcher at once.
#[test]
fn the_number_meets_the_end_on_two_threads() {
    let recorder = Recorder::new();
    for round in 0..500 {
        let ticket = open(&recorder, "x");
        let entry = ticket.record();
        std::thread::scope(|scope| {
            scope.spawn(|| entry.list(id(round)));
            scope.spawn(|| recorder.each(|record| assert_eq!(record.waits(), BLANK)));
            drop(ticket);
        });
        assert!(recorder.all().is_empty());
    }
}

#[test]
fn polls_are_counted_and_what_they_say_is_kept() {
    let recorder = Recorder::new();
    let ticket = open(&recorder, "p");
    ticket.list(id(5));
    let record = recorder.all().remove(0);
    let says = [Wait::Join(7), Wait::Named(Kind::Event, 0)];
    let mut n = 0;
    let mut future = Box::pin(Recorded::new(
        poll_fn(|_| {
            assert!(record.running().is_some());
            assert_eq!(coop::page(|page| page.task()), id(5).0.get());
            says[n..].iter().for_each(|wait| coop::page(|page| page.add(*wait)));
            n += 1;
            Poll::<()>::Pending
        }),
        ticket,
    ));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    assert_eq!(record.waits(), [Some(says[0]), Some(says[1]), None, None, None]);
    assert!(future.as_mut().poll(&mut cx).is_pending());
    assert_eq!(record.waits(), [Some(says[1]), None, None, None, None]);
    assert_eq!((record.polls(), record.running()), (2, None));
    assert_eq!(coop::page(|page| page.task()), 0);
}

/// A poll inside a poll: the outer one goes on with its own page.
#[test]
fn a_poll_inside_a_poll_has_a_page_of_its_own() {
    let recorder = Recorder::new();
    let (outer, inner) = (open(&recorder, "outer"), open(&recorder, "inner"));
    outer.list(id(6));
    inner.list(id(7));
    let turn = outer.begin();
    coop::page(|page| page.add(Wait::Join(1)));
    let nested = inner.begin();
    coop::page(|page| page.add(Wait::Join(2)));
    nested.pending();
    turn.pending();
    let all = recorder.all();
    assert_eq!(all[0].waits()[..2], [Some(Wait::Join(1)), None]);
    assert_eq!(all[1].waits()[..2], [Some(Wait::Join(2)), None]);
}

#[test]
fn a_poll_that_panics_ends_too() {
    let recorder = Recorder::new();
    let ticket = open(&recorder, "bad");
    ticket.list(id(8));
    let record = recorder.all().remove(0);
    let mut cx = Context::from_waker(Waker::noop());
    let mut bad = std::pin::pin!(poll_fn(|_| -> Poll<()> { panic!("a test's") }));
    let thrown = catch_unwind(AssertUnwindSafe(|| poll(&ticket, bad.as_mut(), &mut cx)));
    assert!(thrown.is_err());
    assert_eq!((record.polls(), record.running()), (1, None));
    assert_eq!(coop::page(|page| page.task()), 0);
}

#[test]
fn a_slow_poll_is_told_once_and_the_next_one_again() {
    let recorder = Recorder::new();
    let ticket = open(&recorder, "slow");
    ticket.list(id(9));
    let record = recorder.all().remove(0);
    assert_eq!(record.is_slow(Duration::ZERO), None);
    for _ in 0..2 {
        let turn = ticket.begin();
        assert_eq!(record.is_slow(Duration::from_secs(3600)), None);
        let begun = clock::now();
        while clock::now() - begun < Duration::from_millis(1) {}
        assert!(record.is_slow(Duration::ZERO).is_some());
        assert_eq!(record.is_slow(Duration::ZERO), None);
        drop(turn);
    }
    assert!(record.time() >= Duration::from_millis(2));
}
