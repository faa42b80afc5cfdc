//! The watch, on this thread alone; the rig of `tests.rs`.

use super::*;

/// Both sleep, and for so long that neither watches.
fn asleep_unwatched(rig: &Rig, first: &Worker, last: &Worker) {
    assert!(matches!(rig.run(first), Tick::Sleep(Some(_))));
    assert_eq!(rig.run(last), Tick::Sleep(None));
    for period in 1..=3 {
        rig.clock.advance_to(rig.clock.now() + Duration::from_millis(10));
        assert_eq!(rig.run(first), Tick::Relieve);
        match rig.run(first) {
            Tick::Sleep(limit) => assert_eq!(limit.is_none(), period == 3),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_watcher_takes_over_from_a_worker_that_is_stuck_and_leaves_a_busy_one_alone() {
    let rig = rig(2);
    let (stuck, watcher) = (rig.worker(0), rig.worker(1));
    assert!(matches!(rig.run(&watcher), Tick::Sleep(Some(_))));
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let woken = rig.inside(&stuck, || {
        let task = rig.spawn(leave_waker(wakers.clone()));
        let _ran = stuck.tick();
        task
    });
    // The first task of a fresh worker has woken it; now it watches again.
    assert!(matches!(rig.run(&watcher), Tick::Sleep(Some(_))));
    // In its next slot, behind a poll that does not end: the worker ticks no more.
    let polls = Arc::new(Counter::new(0));
    rig.inside(&stuck, || {
        let polls = polls.clone();
        stuck.push_next(rig.entry(&stuck, async move { polls.fetch_add(1, Relaxed) }));
    });
    let later = |millis| {
        let then = rig.clock.now() + Duration::from_millis(millis);
        rig.clock.advance_to(then);
    };
    // The first look finds that a poll has begun since the watch did.
    stuck.remote().progress.poll_root();
    later(10);
    assert_eq!(rig.run(&watcher), Tick::Relieve);
    assert!(matches!(rig.run(&watcher), Tick::Sleep(Some(_))));
    assert_eq!(polls.load(Relaxed), 0, "a worker that goes on is left alone");
    later(10);
    assert_eq!(rig.run(&watcher), Tick::Relieve);
    rig.run(&watcher);
    assert_eq!(polls.load(Relaxed), 1, "INV-92: emptied by a swap, from the other side");
    rig.scheduler.close();
    stuck.shut_down();
    watcher.shut_down();
    assert!(finished(woken).unwrap_err().is_cancelled());
}

#[test]
fn a_worker_that_is_stuck_in_its_first_poll_is_caught_by_the_first_look() {
    for stuck in [true, false] {
        let rig = rig(2);
        let (caller, watcher) = (rig.worker(0), rig.worker(1));
        asleep_unwatched(&rig, &caller, &watcher);
        // An event: it leaves its park, calls the other, and begins a poll.
        rig.inside(&caller, || {
            caller.push_next(rig.entry(&caller, async {}));
            while rig.nudges(1) == 0 {
                assert_eq!(caller.tick(), Tick::Ran);
            }
        });
        assert!(matches!(rig.run(&watcher), Tick::StandBy(_)));
        let polls = Arc::new(Counter::new(0));
        let waits = polls.clone();
        rig.inside(&caller, || {
            assert_eq!(caller.tick(), Tick::Ran);
            caller.push_next(rig.entry(&caller, async move { waits.fetch_add(1, Relaxed) }));
            if !stuck {
                caller.remote().progress.poll_root();
            }
        });
        rig.clock.advance_to(rig.clock.now() + Duration::from_millis(10));
        assert_eq!(rig.run(&watcher), Tick::Relieve);
        rig.run(&watcher);
        assert_eq!(polls.load(Relaxed), usize::from(stuck), "one that goes on is left alone");
        rig.scheduler.close();
        caller.shut_down();
        watcher.shut_down();
    }
}

#[test]
fn the_watch_ends_after_three_periods_in_which_all_slept() {
    let rig = rig(2);
    let (first, last) = (rig.worker(0), rig.worker(1));
    asleep_unwatched(&rig, &first, &last);
    // One leaves its park: it may get stuck, so somebody has to watch it.
    drop(rig.spawn(async {}));
    let claimed = usize::from(rig.nudges(1) > 0);
    let (up, other) = if claimed == 1 { (&last, &first) } else { (&first, &last) };
    rig.run(up);
    assert_eq!(rig.nudges(1 - claimed), 1, "called to watch");
    assert!(matches!(rig.run(other), Tick::StandBy(_)), "for one that will be back at once");
}
