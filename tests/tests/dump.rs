//! Asking a runtime what it does: every live task, its state, its name, what it waits for.

use mainspring::runtime::{self, Builder, Handle, Runtime, TaskDump, TaskState, WaitsFor};
use mainspring::sync::{Mutex, Notify};
use mainspring::task::{self, yield_now};
use mainspring::time::{Duration, sleep};
use std::future::pending;
use std::sync::Arc;
use tests::eventually;
use tests::faults::{deadlock, spawn_named};
use tests::many::{Hold, LIMIT};

#[path = "dump/waits.rs"]
mod waits;
#[path = "dump/without.rs"]
mod without;

/// Both flavours, the second with one worker and with two; `on`: with records.
fn each(on: bool, test: impl Fn(&Runtime)) {
    let mut builders = [Builder::new_current_thread(), Builder::new_multi_thread()];
    test(&builders[0].dump(on).build().unwrap());
    for workers in [1, 2] {
        test(&builders[1].worker_threads(workers).dump(on).build().unwrap());
    }
}

fn find(name: &str) -> Option<TaskDump> {
    runtime::dump().into_iter().find(|task| task.name() == Some(name))
}

/// Lets others run until `name` waits; on the runtime's own thread too.
async fn until_waits(name: &str) -> TaskDump {
    let is_there = async {
        loop {
            match find(name) {
                Some(task) if task.state() == TaskState::Waiting => return task,
                _ => sleep(Duration::from_millis(1)).await,
            }
        }
    };
    mainspring::time::timeout(LIMIT, is_there).await.expect("the task comes to wait")
}

#[test]
fn all_tasks_names_every_live_task_and_no_other() {
    each(true, |runtime| {
        runtime.block_on(async {
            let ended = spawn_named("ended", async {});
            let ended_id = ended.id();
            ended.await.unwrap();
            let waits = spawn_named("waits", pending::<()>());
            let task = until_waits("waits").await;
            assert_eq!((task.id(), task.polls()), (waits.id(), Some(1)));
            assert_eq!(task.spawned_at().file(), file!());
            assert!(task.time_in_poll().is_some());
            assert!(!task.is_block_on() && !task.is_blocking());
            assert!(runtime::dump().iter().all(|task| task.id() != ended_id));
            waits.abort();
            waits.await.unwrap_err();
            assert!(find("waits").is_none());
            // What is left is the future of this block_on.
            let all = runtime::dump();
            assert_eq!(all.len(), 1, "{all:?}");
            assert!(all[0].is_block_on());
            assert_eq!(all[0].state(), TaskState::Running);
        });
        assert_eq!(runtime.handle().dump().len(), 0);
    });
}

#[test]
fn the_line_of_a_task_says_all_of_it() {
    each(true, |runtime| {
        let (line, id, at) = runtime.block_on(async {
            let task = spawn_named("reader", pending::<()>());
            let dump = until_waits("reader").await;
            (dump.to_string(), task.id(), dump.spawned_at())
        });
        let start = format!("task {id} (reader): waiting; 1 poll, ");
        assert!(line.starts_with(&start), "{line}");
        assert!(line.ends_with(&format!("; spawned at {at}")), "{line}");
        assert!(!line.contains('\n'));
    });
}

#[test]
fn a_task_knows_its_own_id_name_and_place() {
    each(true, |runtime| {
        runtime.block_on(async {
            assert!(task::current().is_none(), "the root is no task");
            let handle = spawn_named("me", async { task::current().unwrap() });
            let id = handle.id();
            let me = handle.await.unwrap();
            assert_eq!((me.id(), me.name()), (id, Some("me")));
            assert_eq!(me.spawned_at().file(), file!());
            assert_eq!(me.to_string(), format!("task {id} (me)"));
            let unnamed = mainspring::spawn(async { task::current().unwrap() }).await.unwrap();
            assert_eq!(unnamed.name(), None);
        });
    });
}

/// A task that nobody has polled stands in a queue, and is seen there.
#[test]
fn a_task_that_was_never_polled_is_queued() {
    for on in [true, false] {
        let runtime = Builder::new_current_thread().dump(on).build().unwrap();
        runtime.block_on(async {
            let handles: Vec<_> = (0..100).map(|_| mainspring::spawn(async {})).collect();
            let dump = runtime::dump();
            for handle in &handles {
                let task = dump.iter().find(|task| task.id() == handle.id()).unwrap();
                assert_eq!(task.state(), TaskState::Queued);
                assert_eq!(task.polls(), on.then_some(0));
            }
            for handle in handles {
                handle.await.unwrap();
            }
        });
    }
}

#[test]
fn a_task_sees_itself_running() {
    for on in [true, false] {
        each(on, |runtime| {
            let me = runtime.spawn(async move {
                let first = runtime::dump();
                yield_now().await;
                (task::id(), first, runtime::dump())
            });
            let (id, first, second) = runtime.block_on(me).unwrap();
            for dump in [first, second] {
                let me = dump.iter().find(|task| task.id() == id).unwrap();
                assert_eq!(me.state(), TaskState::Running, "records: {on}");
            }
        });
    }
}

/// The leaked task of the issue: its handle is gone, nothing will wake it, and the dump names it.
#[test]
fn a_leaked_task_is_named() {
    each(true, |runtime| {
        let task = runtime.block_on(async {
            let (send, receive) = mainspring::sync::oneshot::channel::<()>();
            drop(spawn_named("leaked", async move {
                let _ = receive.await;
            }));
            std::mem::forget(send);
            until_waits("leaked").await
        });
        let [WaitsFor::Primitive { name: "oneshot", held_by: None, .. }] = task.waits_for() else {
            panic!("{task}");
        };
        let line = task.to_string();
        assert!(line.contains("(leaked): waiting for a oneshot; 1 poll"), "{line}");
        assert!(line.contains(file!()), "{line}");
    });
}

/// The deadlock of the issue: each of two tasks holds the mutex that the other one waits for.
#[test]
fn two_tasks_that_hold_each_others_mutex_are_named() {
    each(true, |runtime| {
        let dump = runtime.block_on(async {
            let left = deadlock(["a", "b"]);
            let tied = |name| move || find(name).is_some_and(|task| task.deadlock().count() == 2);
            turns(tied("a")).await;
            turns(tied("b")).await;
            spawn_named("c", async move { drop(left.lock_owned().await) });
            until_waits("c").await;
            runtime::dump()
        });
        let get = |name| dump.iter().find(|task| task.name() == Some(name)).unwrap();
        let (a, b, c) = (get("a"), get("b"), get("c"));
        assert_eq!(a.deadlock().collect::<Vec<_>>(), [a.id(), b.id()]);
        assert_eq!(b.deadlock().collect::<Vec<_>>(), [b.id(), a.id()]);
        let line = a.to_string();
        let (a_id, b_id) = (a.id(), b.id());
        assert!(line.starts_with(&format!("task {a_id} (a): waiting for a Mutex at 0x")), "{line}");
        let tail = format!(" held by task {b_id} (b), which waits for task {a_id} (a): deadlock; ");
        assert!(line.contains(&tail), "{line}");
        // Behind them, and not part of it.
        assert_eq!(c.deadlock().count(), 0);
        assert!(c.to_string().contains(&format!(" held by task {a_id} (a); ")), "{c}");
    });
}

/// Waits until something is so, and lets others run.
async fn turns(is_so: impl Fn() -> bool) {
    let turns = async {
        while !is_so() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    mainspring::time::timeout(LIMIT, turns).await.expect("it comes to be so");
}

#[test]
fn a_mutex_is_held_by_whoever_has_its_guard_and_by_nobody_after_that() {
    each(true, |runtime| {
        runtime.block_on(async {
            let mutex = Arc::new(Mutex::new(()));
            let held = mutex.clone();
            let hold = spawn_named("holder", async move {
                let guard = held.lock().await;
                let part = mainspring::sync::MutexGuard::map(guard, |all| all);
                pending::<()>().await;
                drop(part);
            });
            until_waits("holder").await;
            let waits = spawn_named("waits", async move { drop(mutex.lock_owned().await) });
            let task = until_waits("waits").await;
            let [WaitsFor::Primitive { name: "Mutex", held_by, .. }] = task.waits_for() else {
                panic!("{task}");
            };
            assert_eq!(*held_by, Some(hold.id()));
            // The holder goes, and with it the guard.
            hold.abort();
            waits.await.unwrap();
        });
    });
}

#[test]
fn a_dump_may_be_taken_from_any_thread_and_while_a_task_is_stuck() {
    each(true, |runtime| {
        let hold = Hold::new();
        let grip = hold.grip();
        let handle = runtime.handle().clone();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                runtime.block_on(async move {
                    spawn_named("stuck", async move { grip.hold() }).await.unwrap();
                });
            });
            hold.wait_for(1);
            let all = handle.dump();
            let stuck = all.iter().find(|task| task.name() == Some("stuck")).unwrap();
            assert_eq!(stuck.state(), TaskState::Running);
            eventually(|| {
                let all = handle.dump();
                let stuck = all.iter().find(|task| task.name() == Some("stuck")).unwrap();
                stuck.time_in_poll() > Some(Duration::from_millis(5))
            });
            hold.release();
        });
    });
}

#[test]
fn a_blocking_closure_is_listed_with_its_name() {
    each(true, |runtime| {
        let hold = Hold::new();
        let grip = hold.grip();
        let _inside = runtime.enter();
        let builder = task::Builder::new().name("digger");
        let closure = builder.spawn_blocking(move || grip.hold()).unwrap();
        hold.wait_for(1);
        let digger = find("digger").unwrap();
        assert!(digger.is_blocking() && digger.id() == closure.id());
        assert_eq!(digger.state(), TaskState::Running);
        let line = digger.to_string();
        assert!(line.starts_with(&format!("blocking closure {} (digger): run", closure.id())));
        hold.release();
        runtime.block_on(closure).unwrap();
        assert!(find("digger").is_none());
    });
}

#[test]
fn a_task_that_panics_is_reported_by_name() {
    each(true, |runtime| {
        runtime.block_on(async {
            let bad = spawn_named("bad", async { panic!("oh") });
            let id = bad.id();
            let error = bad.await.unwrap_err();
            assert_eq!(error.to_string(), format!("task {id} (bad) panicked: \"oh\""));
            let aborted = spawn_named("aborted", pending::<()>());
            until_waits("aborted").await;
            let id = aborted.id();
            aborted.abort();
            let error = aborted.await.unwrap_err();
            assert_eq!(error.to_string(), format!("task {id} (aborted) was cancelled"));
        });
    });
}

#[test]
fn spawn_on_names_a_task_of_another_runtime() {
    each(true, |runtime| {
        let builder = task::Builder::new().name("there");
        let there = builder.spawn_on(pending::<()>(), runtime.handle()).unwrap();
        let all = runtime.handle().dump();
        assert!(all.iter().any(|task| task.name() == Some("there") && task.id() == there.id()));
        let other = Builder::new_current_thread().dump(true).build().unwrap();
        assert!(other.handle().dump().is_empty(), "each runtime shows its own");
        there.abort();
    });
}

#[test]
#[should_panic(expected = "no mainspring runtime on this thread")]
fn a_dump_of_no_runtime_is_refused() {
    let _ = runtime::dump();
}

#[test]
fn a_dump_of_a_runtime_that_has_ended_is_empty() {
    for on in [true, false] {
        let mut handles: Vec<Handle> = Vec::new();
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = builder.worker_threads(2).dump(on).build().unwrap();
            runtime.spawn(pending::<()>());
            runtime.block_on(yield_now());
            handles.push(runtime.handle().clone());
        }
        for handle in handles {
            assert_eq!(handle.dump().len(), 0, "records: {on}");
        }
    }
}

/// Each waits for the one before: a dump that walks the chain anew for each would take minutes.
#[test]
fn a_long_chain_of_joins_is_dumped_in_one_pass() {
    each(true, |runtime| {
        const TASKS: usize = 5_000;
        let tasks = runtime.block_on(async {
            let mut last = task::spawn(pending::<()>());
            for _ in 1..TASKS {
                let before = last;
                last = task::spawn(async move { drop(before.await) });
            }
            let waiting = |task: &TaskDump| task.state() == TaskState::Waiting;
            let all = || runtime::dump().iter().filter(|task| waiting(task)).count() >= TASKS;
            turns(all).await;
            runtime::dump()
        });
        assert!(tasks.iter().all(|task| task.deadlock().count() == 0));
    });
}

/// What a set's tasks wait for is not what the future waits for that drives them.
#[test]
fn tasks_of_a_local_set_make_no_deadlock_of_their_driver() {
    each(true, |runtime| {
        let (first, second) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (ends, goes_on) = (first.clone(), second.clone());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (set, mutex) = (task::LocalSet::new(), Arc::new(Mutex::new(())));
                let theirs = mutex.clone();
                set.spawn_local(async move {
                    let _held = mutex.lock().await;
                    ends.notified().await;
                });
                set.spawn_local(async move {
                    goes_on.notified().await;
                    drop(theirs.lock().await);
                });
                runtime.block_on(set);
            });
            // The root waits after so many polls.
            let root = |polls| {
                let is = move |task: &TaskDump| {
                    let waits = task.is_block_on() && task.state() == TaskState::Waiting;
                    waits && task.polls() >= Some(polls)
                };
                runtime.handle().dump().into_iter().find(is)
            };
            eventually(|| root(1).is_some());
            second.notify_one();
            eventually(|| root(2).is_some());
            let text = root(2).unwrap().to_string();
            first.notify_one();
            assert!(!text.contains("deadlock"), "{text}");
        });
    });
}
