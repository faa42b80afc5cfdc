//! A system that has no more threads. Alone in its binary: the limit is the whole process's.

#![cfg(target_os = "linux")]

use mainspring::runtime::{Builder, Runtime};
use std::collections::HashSet;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;

/// Larger than what the C library keeps of stacks that are not used.
const STACK: usize = 64 << 20;
const CHILD: &str = "TESTS_BLOCKING_LIMITS_CHILD";

/// Leaves room for the stacks of `threads` threads and no more, and half a stack for the heap. The
/// limit on threads itself does not bind everybody: root may pass it.
fn leave_room_for(threads: usize) {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split_whitespace().next().unwrap().parse().unwrap();
    // SAFETY: a question without arguments that could be wrong.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is ours.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) }, 0);
    limit.rlim_cur = (pages * page + threads * STACK + STACK / 2) as libc::rlim_t;
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}

fn runtime() -> Runtime {
    Builder::new_current_thread().thread_stack_size(STACK).build().unwrap()
}

/// In a process of its own: the limit stops other tests. One arena, because the C library reserves
/// a lot of room for the second.
fn in_a_child(name: &str, test: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return test();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").env("MALLOC_ARENA_MAX", "1");
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

#[test]
fn closures_run_on_the_threads_that_the_system_has() {
    in_a_child("closures_run_on_the_threads_that_the_system_has", || {
        for threads in 1..=4 {
            let runtime = runtime();
            leave_room_for(threads);
            let all_here = Arc::new(Barrier::new(threads));
            let used: HashSet<_> = runtime.block_on(async {
                // These wait for one another, so each has a thread of its own.
                let closures = (0..threads).map(|_| {
                    let all_here = all_here.clone();
                    mainspring::task::spawn_blocking(move || all_here.wait())
                });
                for closure in closures.collect::<Vec<_>>() {
                    closure.await.unwrap();
                }
                let closures = (0..500).map(|_| {
                    mainspring::task::spawn_blocking(|| {
                        thread::yield_now();
                        thread::current().id()
                    })
                });
                let mut used = HashSet::new();
                for closure in closures.collect::<Vec<_>>() {
                    used.insert(closure.await.unwrap());
                }
                used
            });
            assert!(used.len() <= threads, "{} threads in the room for {threads}", used.len());
        }
    });
}

#[test]
fn with_no_thread_at_all_the_join_says_why() {
    in_a_child("with_no_thread_at_all_the_join_says_why", || {
        let runtime = runtime();
        leave_room_for(0);
        let error = runtime
            .block_on(async { mainspring::task::spawn_blocking(|| ()).await })
            .expect_err("there is no room for its stack");
        assert!(error.is_cancelled(), "it never ran");
        let text = error.to_string();
        let words = [" was cancelled: no thread could be started for it: ", "(os error "];
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        // The next one tries again.
        leave_room_for(1);
        assert_eq!(runtime.block_on(runtime.spawn_blocking(|| 7)).unwrap(), 7);
    });
}
