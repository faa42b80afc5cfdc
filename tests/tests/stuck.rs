//! One bad task: it blocks its thread in a poll, and everybody else goes on.
//!
//! The bad tasks here are held until the test releases them: what runs meanwhile does not depend on
//! how long they take.

use mainspring::runtime::Runtime;
use mainspring::task::yield_now;
use mainspring::time::sleep;
use std::sync::mpsc;
use std::time::Duration;
use tests::Gate;
use tests::many::{Grip, Hold, LIMIT, News, Teller, multi, until};

#[path = "stuck/outside.rs"]
mod outside;

/// Polls short tasks until their worker wakes nobody for a few tasks of its own: what helps then is
/// the watch.
async fn many_short_polls() {
    for _ in 0..10_000 {
        yield_now().await;
    }
}

/// Both kinds of help: a sibling that is woken at once, and the watch.
async fn begin(fresh: bool) {
    if !fresh {
        many_short_polls().await;
    }
}

fn for_all(workers: &[usize], test: impl Fn(&Runtime, usize, bool)) {
    for &n in workers {
        for fresh in [true, false] {
            println!("{n} workers, fresh: {fresh}");
            test(&multi(n), n, fresh);
        }
    }
}

#[test]
fn tasks_that_are_spawned_before_a_long_poll_run_meanwhile() {
    for_all(&[2, 4], |runtime, _, fresh| {
        for n in [1, 2, 7, 200] {
            let (news, hold) = (News::new(), Hold::new());
            let (teller, grip) = (news.teller(), hold.grip());
            runtime.spawn(async move {
                begin(fresh).await;
                for _ in 0..n {
                    let teller = teller.clone();
                    mainspring::spawn(async move { teller.tell() });
                }
                grip.hold();
            });
            news.wait_for(n, "tasks behind a long poll");
        }
    });
}

/// A task that waits at the gate, and tells when it has passed it.
fn at_gate(runtime: &Runtime, teller: Teller) -> Gate {
    let gate = Gate::new();
    let waits = gate.clone();
    runtime.spawn(async move {
        waits.await;
        teller.tell();
    });
    until("a task waits at its gate", || !gate.wakers().is_empty());
    gate
}

#[test]
fn a_task_that_is_woken_before_a_long_poll_runs_meanwhile() {
    for_all(&[2, 4], |runtime, _, fresh| {
        for n in [1, 2, 7] {
            let (news, hold) = (News::new(), Hold::new());
            let grip = hold.grip();
            // The last of them is in the next slot, the others in the ring.
            let gates: Vec<_> = (0..n).map(|_| at_gate(runtime, news.teller())).collect();
            runtime.spawn(async move {
                begin(fresh).await;
                gates.iter().for_each(Gate::open);
                grip.hold();
            });
            news.wait_for(n, "tasks woken before a long poll");
        }
    });
}

/// Spawns one task and wakes another.
fn push(gate: &Gate, teller: Teller) {
    mainspring::spawn(async move { teller.tell() });
    gate.open();
}

#[test]
fn what_is_spawned_and_woken_late_in_a_long_poll_runs_meanwhile() {
    for_all(&[2, 4], |runtime, _, fresh| {
        let (news, first, second) = (News::new(), Hold::new(), Hold::new());
        let (before, after) = (first.grip(), second.grip());
        let (gate, teller) = (at_gate(runtime, news.teller()), news.teller());
        runtime.spawn(async move {
            begin(fresh).await;
            before.hold();
            push(&gate, teller);
            after.hold();
        });
        first.wait_for(1);
        // Ten periods of the watch.
        runtime.block_on(async { sleep(Duration::from_millis(100)).await });
        first.release();
        news.wait_for(2, "tasks of a poll that is long already");
    });
}

/// Each bad task is somewhere behind the one before it, with a good one.
fn chain(left: usize, fresh: bool, teller: Teller, grip: Grip) {
    let good = teller.clone();
    mainspring::spawn(async move {
        begin(fresh).await;
        if left > 0 {
            mainspring::spawn(async move { good.tell() });
            chain(left - 1, fresh, teller, grip.clone());
            grip.hold();
        }
    });
}

#[test]
fn who_takes_over_may_get_stuck_too() {
    for_all(&[3, 4], |runtime, n, fresh| {
        let (news, hold) = (News::new(), Hold::new());
        let (teller, grip) = (news.teller(), hold.grip());
        runtime.spawn(async move { chain(n - 1, fresh, teller, grip) });
        news.wait_for(n - 1, "good tasks behind bad ones");
        hold.wait_for(n - 1);
    });
}

#[test]
fn one_worker_that_is_not_stuck_serves_everybody() {
    for_all(&[2, 4, 8], |runtime, n, fresh| {
        let (news, hold) = (News::new(), Hold::new());
        for _ in 1..n {
            let (teller, grip) = (news.teller(), hold.grip());
            let gate = at_gate(runtime, news.teller());
            runtime.spawn(async move {
                begin(fresh).await;
                push(&gate, teller);
                grip.hold();
            });
        }
        hold.wait_for(n - 1);
        news.wait_for(2 * (n - 1), "what the stuck ones have spawned and woken");
        outside::everything_works(runtime);
    });
}

#[test]
fn workers_get_stuck_one_after_the_other_and_again_and_again() {
    for_all(&[2, 4], |runtime, _, fresh| {
        for _ in 0..10 {
            let (news, hold) = (News::new(), Hold::new());
            let gate = at_gate(runtime, news.teller());
            let (teller, grip) = (news.teller(), hold.grip());
            let bad = runtime.spawn(async move {
                begin(fresh).await;
                push(&gate, teller);
                grip.hold();
            });
            news.wait_for(2, "behind a bad task");
            hold.wait_for(1);
            hold.release();
            runtime.block_on(bad).unwrap();
        }
    });
}

/// With one worker nobody can help, not even a timer of a thread outside; and nothing is lost: it
/// all goes on after the poll.
#[test]
fn behind_the_only_worker_everything_waits_and_goes_on_after_the_poll() {
    let runtime = multi(1);
    let (news, hold) = (News::new(), Hold::new());
    let (gate, teller, grip) = (at_gate(&runtime, news.teller()), news.teller(), hold.grip());
    let bad = runtime.spawn(async move {
        push(&gate, teller);
        grip.hold();
    });
    hold.wait_for(1);
    let (teller, handle) = (news.teller(), runtime.handle().clone());
    runtime.spawn(async move { teller.tell() });
    let teller = news.teller();
    let thread = std::thread::spawn(move || {
        handle.block_on(async { sleep(Duration::from_millis(1)).await });
        teller.tell();
    });
    assert!(news.is_empty(), "its worker is in a poll");
    hold.release();
    news.wait_for(4, "what was behind the long poll");
    runtime.block_on(bad).unwrap();
    thread.join().unwrap();
    outside::everything_works(&runtime);
}

/// The thread in `block_on` blocks; what it waits for is in its own ring.
#[test]
fn a_root_that_blocks_its_thread_gets_help_from_the_workers() {
    for workers in [1, 2, 4] {
        let mut builder = mainspring::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(workers).block_on_helps(true).build().unwrap();
        for short in [0, 1, 200, 10_000, 0] {
            let told = runtime.block_on(async {
                for _ in 0..short {
                    mainspring::spawn(async {}).await.unwrap();
                }
                let (tell, told) = mpsc::channel();
                let gate = Gate::new();
                let waits = gate.clone();
                mainspring::spawn(async move {
                    waits.await;
                    tell.send(()).unwrap();
                });
                gate.open();
                told.recv_timeout(LIMIT)
            });
            assert!(told.is_ok(), "{workers} workers, after {short} short tasks");
        }
        outside::everything_works(&runtime);
    }
}
