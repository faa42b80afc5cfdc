//! What a listener has of the system: descriptors, and a process.

use mainspring::runtime::Runtime;
use mainspring::signal::unix::{Signal, SignalKind, signal};
use std::task::{Context, Waker};
use tests::many::{alone, descriptors};
use tests::runtime;

fn listen(runtime: &Runtime) -> std::io::Result<Signal> {
    runtime.block_on(async { signal(SignalKind::user_defined1()) })
}

fn raise() {
    // SAFETY: always allowed.
    assert_eq!(unsafe { libc::raise(libc::SIGUSR1) }, 0);
}

#[test]
fn a_listener_that_is_dropped_leaves_no_descriptor() {
    alone("system::a_listener_that_is_dropped_leaves_no_descriptor", || {
        let runtime = runtime();
        let before = descriptors();
        drop(listen(&runtime).unwrap());
        // The pipe is the process's, and stays.
        assert_eq!(descriptors(), before + 2);
        let listeners: Vec<_> = (0..100).map(|_| listen(&runtime).unwrap()).collect();
        assert_eq!(descriptors(), before + 102);
        raise();
        for mut listener in listeners {
            runtime.block_on(listener.recv()).unwrap();
        }
        assert_eq!(descriptors(), before + 2);
    });
}

#[test]
fn without_descriptors_it_is_an_error_and_not_for_ever() {
    alone("system::without_descriptors_it_is_an_error_and_not_for_ever", || {
        let runtime = runtime();
        let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: `limits` is ours.
        assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limits) }, 0);
        let before = std::mem::replace(&mut limits.rlim_cur, 64);
        let set = |limits: &libc::rlimit| {
            // SAFETY: as above.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limits) }, 0);
        };
        set(&limits);
        let mut files: Vec<_> =
            std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
        // Too few for the pipe, then for the listener's own end, then enough.
        for more in [0, 1, 2] {
            files.truncate(files.len() - more.min(1));
            let error = listen(&runtime).expect_err("there are too few");
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
        }
        files.truncate(files.len() - 1);
        let mut listener = listen(&runtime).unwrap();
        raise();
        runtime.block_on(listener.recv()).unwrap();
        limits.rlim_cur = before;
        set(&limits);
    });
}

#[test]
fn a_forked_childs_signals_are_not_its_parents() {
    alone("system::a_forked_childs_signals_are_not_its_parents", || {
        let runtime = runtime();
        let mut listener = listen(&runtime).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(listener.poll_recv(&mut cx).is_pending());
            // SAFETY: this process has one thread that does anything; the child does what a signal
            // handler may, and polls a listener, which allocates nothing.
            let child = unsafe { libc::fork() };
            if child == 0 {
                raise();
                raise();
                let polled = listener.poll_recv(&mut cx);
                // SAFETY: always allowed.
                unsafe { libc::_exit(if polled.is_ready() { 7 } else { 8 }) };
            }
            let mut status = 0;
            // SAFETY: `status` is ours, and `child` our child.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(libc::WEXITSTATUS(status), 8, "a listener hears nothing there");
            runtime.block_on(async {
                for _ in 0..100 {
                    mainspring::task::yield_now().await;
                }
            });
            assert!(listener.poll_recv(&mut cx).is_pending(), "the parent is told of its own");
            raise();
            runtime.block_on(listener.recv()).unwrap();
        }
    });
}
