//! The system refuses a thread, or a descriptor.

use mainspring::runtime::{Builder, Runtime};
use std::io::{Error, Result};
use tests::many::{alone, descriptors, memory, threads, until};

const MIB: usize = 1 << 20;
/// Of each worker; so large that nothing else counts beside it.
const STACK: usize = 1024 * MIB;

/// Sets what this process may use of something, and returns what it was.
fn limit(resource: libc::__rlimit_resource_t, to: u64) -> u64 {
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limits` is ours.
    assert_eq!(unsafe { libc::getrlimit(resource, &mut limits) }, 0);
    let before = std::mem::replace(&mut limits.rlim_cur, to);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(resource, &limits) }, 0);
    before
}

/// The limit that leaves exactly so many descriptors: it is one on their numbers.
fn limit_that_leaves(more: usize) -> u64 {
    // SAFETY: it only asks.
    let is_free = |number: &i32| unsafe { libc::fcntl(*number, libc::F_GETFD) } == -1;
    (0..).filter(is_free).nth(more).expect("some number is free") as u64
}

fn works(runtime: &Runtime) {
    assert_eq!(runtime.block_on(async { mainspring::spawn(async { 7 }).await.unwrap() }), 7);
}

fn build(workers: usize) -> Result<Runtime> {
    Builder::new_multi_thread().worker_threads(workers).thread_stack_size(STACK).build()
}

#[test]
fn a_worker_that_cannot_be_started_is_an_error_that_says_which_and_what_to_do() {
    const TEST: &str =
        "refused::a_worker_that_cannot_be_started_is_an_error_that_says_which_and_what_to_do";
    alone(TEST, || {
        // Once before: what is made only once is there then.
        works(&build(1).unwrap());
        let (before, files) = (threads().len(), descriptors());
        for k in 1..=6 {
            until("all threads have ended", || threads().len() == before);
            // Room for k - 1 stacks and a good half, besides the heaps of their threads.
            let room = (k - 1) * STACK + STACK * 3 / 4;
            let unlimited = limit(libc::RLIMIT_AS, (memory().0 + room) as u64);
            let refused = build(6).map(drop);
            until("those that had started have ended", || threads().len() == before);
            assert_eq!(descriptors(), files);
            let fewer = (k > 1).then(|| build(k - 1));
            limit(libc::RLIMIT_AS, unlimited);
            let text = refused.expect_err("there is no room").to_string();
            println!("{text}");
            assert!(
                text.contains(&format!("worker thread {k} of 6 could not be started")),
                "{text}"
            );
            assert!(text.contains("ask for fewer with Builder::worker_threads"), "{text}");
            if let Some(fewer) = fewer {
                works(&fewer.expect("for these there is room"));
            }
        }
        works(&build(6).unwrap());
        until("all threads have ended", || threads().len() == before);
        assert_eq!(descriptors(), files);
    });
}

#[test]
fn descriptors_that_are_refused_are_an_error_that_leaves_nothing() {
    const TEST: &str = "refused::descriptors_that_are_refused_are_an_error_that_leaves_nothing";
    alone(TEST, || {
        let builders = [Builder::new_current_thread, Builder::new_multi_thread];
        let before = threads().len();
        for new in builders {
            works(&new().build().unwrap());
        }
        until("all threads have ended", || threads().len() == before);
        let files = descriptors();
        for new in builders {
            // Each needs three.
            for more in 0..3 {
                let unlimited = limit(libc::RLIMIT_NOFILE, limit_that_leaves(more));
                let refused = new().build().map(drop);
                limit(libc::RLIMIT_NOFILE, unlimited);
                let error = refused.expect_err("there is none left");
                assert_eq!(error.kind(), Error::from_raw_os_error(libc::EMFILE).kind());
                let text = error.to_string();
                println!("{more} descriptors: {text}");
                assert!(text.starts_with("a runtime needs three file descriptors, "), "{text}");
                assert!(text.contains("(ulimit -n)"), "{text}");
                assert_eq!((threads().len(), descriptors()), (before, files));
            }
            let unlimited = limit(libc::RLIMIT_NOFILE, limit_that_leaves(3));
            works(&new().build().expect("there are three"));
            limit(libc::RLIMIT_NOFILE, unlimited);
            until("all threads have ended", || threads().len() == before);
            assert_eq!(descriptors(), files);
        }
    });
}
