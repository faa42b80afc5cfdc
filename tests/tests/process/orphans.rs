//! Children whose handle is gone. Alone: threads and descriptors are counted, and all children of
//! the process are looked at.

use crate::help::{gone, runs, send, wait_for_end};
use crate::start::command;
use mainspring::runtime::Runtime;
use tests::Kind;
use tests::many::{alone, descriptors, threads, until};

/// The name of a test here, as `alone` wants it.
fn name(test: &str) -> String {
    format!("orphans::{test}")
}

/// A child that runs for ever.
fn sleeper(runtime: &Runtime, kill: bool) -> mainspring::process::Child {
    let mut sleep = command("sleep");
    runtime.block_on(async { sleep.arg("3600").kill_on_drop(kill).spawn().unwrap() })
}

/// This process has no children: none that runs, and none that has not been reaped.
fn no_children() -> bool {
    // SAFETY: no status is asked for.
    let waited = unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) };
    waited == -1 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD)
}

/// Threads and descriptors, when all is as it was in the beginning.
struct Rest(usize, usize);

impl Rest {
    fn now() -> Self {
        Self(threads().len(), descriptors())
    }

    fn comes_again(&self) {
        until("no thread is left", || threads().len() == self.0);
        until("no descriptor is left", || descriptors() == self.1);
        assert!(no_children(), "nobody is left");
    }
}

/// What is made once is made: the pipe of the signals.
fn warm() {
    let runtime = Kind::CurrentThread.runtime();
    assert!(runtime.block_on(async { command("true").status().await }).unwrap().success());
}

#[test]
fn children_that_run_cost_a_descriptor_each_at_most_and_no_thread() {
    alone(&name("children_that_run_cost_a_descriptor_each_at_most_and_no_thread"), || {
        warm();
        let rest = Rest::now();
        let runtime = Kind::CurrentThread.runtime();
        let files = descriptors();
        let children: Vec<_> = (0..50).map(|_| sleeper(&runtime, false)).collect();
        let pids: Vec<_> = children.iter().map(|child| child.id().unwrap()).collect();
        let wait = |mut child: mainspring::process::Child| async move { child.wait().await };
        let waits: Vec<_> = children.into_iter().map(|child| runtime.spawn(wait(child))).collect();
        runtime.block_on(mainspring::task::yield_now());
        // By SIGCHLD: one for all.
        let more = if crate::WITHOUT_PIDFDS { 1 } else { 50 };
        assert_eq!((threads().len(), descriptors()), (rest.0, files + more));
        pids.into_iter().for_each(|pid| send(pid, libc::SIGKILL));
        for wait in waits {
            assert!(!runtime.block_on(wait).unwrap().unwrap().success());
        }
        drop(runtime);
        rest.comes_again();
    });
}

#[test]
fn a_child_that_is_dropped_runs_on_and_is_reaped_at_its_end() {
    alone(&name("a_child_that_is_dropped_runs_on_and_is_reaped_at_its_end"), || {
        warm();
        let rest = Rest::now();
        let runtime = Kind::CurrentThread.runtime();
        let pids: Vec<_> = (0..3)
            .map(|_| {
                let child = sleeper(&runtime, false);
                child.id().unwrap()
            })
            .collect();
        drop(runtime);
        assert_eq!(threads().len(), rest.0 + 1, "one thread for all of them");
        assert!(pids.iter().all(|pid| runs(*pid)));
        // Not in the order in which they came.
        for pid in [pids[1], pids[2], pids[0]] {
            send(pid, libc::SIGKILL);
            gone(pid);
        }
        rest.comes_again();
    });
}

#[test]
fn a_child_that_is_killed_on_drop_is_reaped() {
    alone(&name("a_child_that_is_killed_on_drop_is_reaped"), || {
        warm();
        let rest = Rest::now();
        let runtime = Kind::CurrentThread.runtime();
        for _ in 0..20 {
            drop(sleeper(&runtime, true));
        }
        drop(runtime);
        rest.comes_again();
    });
}

#[test]
fn a_child_that_had_ended_needs_no_thread() {
    alone(&name("a_child_that_had_ended_needs_no_thread"), || {
        warm();
        let rest = Rest::now();
        let runtime = Kind::CurrentThread.runtime();
        for _ in 0..5 {
            let child = runtime.block_on(async { command("true").spawn().unwrap() });
            wait_for_end(child.id().unwrap());
            drop(child);
            assert_eq!(threads().len(), rest.0);
        }
        drop(runtime);
        rest.comes_again();
    });
}

/// The tasks that wait for them end with their runtime, and the children with them, or later.
#[test]
fn a_runtime_that_ends_leaves_its_children_to_be_reaped() {
    alone(&name("a_runtime_that_ends_leaves_its_children_to_be_reaped"), || {
        warm();
        let rest = Rest::now();
        for kind in [Kind::CurrentThread, Kind::Workers(2)] {
            let runtime = kind.runtime();
            let mut left = Vec::new();
            for n in 0..10 {
                let mut child = sleeper(&runtime, n % 2 == 0);
                left.extend(child.id().filter(|_| n % 2 == 1));
                runtime.spawn(async move { child.wait().await });
            }
            runtime.block_on(mainspring::task::yield_now());
            drop(runtime);
            for pid in left {
                assert!(runs(pid));
                send(pid, libc::SIGKILL);
            }
            rest.comes_again();
        }
    });
}

/// Adoption meets the end of the thread, again and again.
#[test]
fn many_orphans_from_many_threads() {
    alone(&name("many_orphans_from_many_threads"), || {
        warm();
        let rest = Rest::now();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let runtime = Kind::CurrentThread.runtime();
                    for n in 0..25 {
                        let program = ["true", "sleep"][n % 2];
                        let mut command = command(program);
                        command.arg("3600").kill_on_drop(n % 2 == 1);
                        runtime.block_on(async { drop(command.spawn().unwrap()) });
                    }
                });
            }
        });
        rest.comes_again();
    });
}

/// Without descriptors for a runtime the thread looks now and then.
#[test]
fn orphans_are_reaped_without_descriptors() {
    alone(&name("orphans_are_reaped_without_descriptors"), || {
        warm();
        let rest = Rest::now();
        let runtime = Kind::CurrentThread.runtime();
        let (one, other) = (sleeper(&runtime, false), sleeper(&runtime, false));
        let pids = [one.id().unwrap(), other.id().unwrap()];
        let before = crate::refused::limit_descriptors(64);
        let full = || std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
        let files: Vec<_> = full();
        drop(one);
        // The one that was its pidfd.
        let more: Vec<_> = full();
        send(pids[0], libc::SIGKILL);
        gone(pids[0]);
        drop(other);
        drop((files, more));
        send(pids[1], libc::SIGKILL);
        gone(pids[1]);
        crate::refused::limit_descriptors(before);
        drop(runtime);
        rest.comes_again();
    });
}
