//! What a listener has of the system: descriptors, and a process.

use mainspring::runtime::Runtime;
use mainspring::signal::ctrl_c;
use mainspring::signal::unix::{Signal, SignalKind, signal};
use mainspring::time::timeout;
use std::future::{Future, poll_fn};
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::task::{Context, Waker};
use tests::many::{LIMIT, News, Teller, alone, descriptors, multi, until};
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
        assert_eq!(descriptors(), before + 3, "all of a runtime share one");
        raise();
        for mut listener in listeners {
            runtime.block_on(listener.recv()).unwrap();
        }
        assert_eq!(descriptors(), before + 2);
    });
}

/// In any order: the one that made the runtime's reader may go first.
#[test]
fn the_last_listener_of_each_runtime_closes_its_descriptor() {
    alone("system::the_last_listener_of_each_runtime_closes_its_descriptor", || {
        let runtimes = [runtime(), multi(1)];
        drop(listen(&runtimes[0]).unwrap());
        let before = descriptors();
        for round in 0..6 {
            let mut listeners: Vec<_> = (0..6).map(|n| listen(&runtimes[n % 2]).unwrap()).collect();
            assert_eq!(descriptors(), before + 2);
            while !listeners.is_empty() {
                drop(listeners.swap_remove(round % listeners.len()));
                raise();
                for listener in &mut listeners {
                    let home = &runtimes[0];
                    // Whichever runtime takes the byte.
                    home.block_on(listener.recv()).unwrap();
                }
            }
            // A worker may be about to let go of it.
            until("it is closed", || descriptors() == before);
        }
        let outlives = listen(&runtimes[0]).unwrap();
        drop(runtimes);
        drop(outlives);
    });
}

/// Waits in a task, and says that it does.
async fn told<T>(waits: Teller, told: impl Future<Output = T>) -> T {
    let mut told = pin!(told);
    let mut waits = Some(waits);
    poll_fn(|cx| {
        let polled = told.as_mut().poll(cx);
        if let Some(waits) = waits.take() {
            waits.tell();
        }
        polled
    })
    .await
}

#[test]
fn a_thousand_listeners_need_no_thousand_descriptors() {
    alone("system::a_thousand_listeners_need_no_thousand_descriptors", || {
        let limits = libc::rlimit { rlim_cur: 256, rlim_max: 256 };
        // SAFETY: `limits` is ours.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limits) }, 0);
        for runtime in [runtime(), multi(1), multi(2)] {
            let (before, waiting) = (descriptors(), News::new());
            // Of listeners and of calls of `ctrl_c`.
            for nth in 0..2 {
                let spawn = |_| {
                    let teller = waiting.teller();
                    runtime.spawn(async move {
                        if nth == 0 {
                            let mut signal = signal(SignalKind::user_defined1()).unwrap();
                            told(teller, signal.recv()).await.unwrap();
                        } else {
                            told(teller, ctrl_c()).await.unwrap();
                        }
                    })
                };
                let tasks: Vec<_> = (0..1000).map(spawn).collect();
                runtime.block_on(async {
                    for _ in 0..100 {
                        mainspring::task::yield_now().await;
                    }
                });
                waiting.wait_for(1000, "a thousand wait");
                assert!(descriptors() <= before + 3, "one, and two of the process");
                let number = [libc::SIGUSR1, libc::SIGINT][nth];
                // SAFETY: always allowed.
                assert_eq!(unsafe { libc::raise(number) }, 0);
                runtime.block_on(async {
                    for task in tasks {
                        timeout(LIMIT, task).await.expect("it is told").unwrap();
                    }
                });
            }
            until("two are the process's", || descriptors() <= before + 2);
        }
    });
}

/// The system refuses the handler's byte: that signal is told with the next one.
#[test]
fn a_byte_that_cannot_be_written_makes_nobody_deaf() {
    alone("system::a_byte_that_cannot_be_written_makes_nobody_deaf", || {
        let runtime = runtime();
        // SAFETY: it only asks.
        let is_open = |fd: &i32| unsafe { libc::fcntl(*fd, libc::F_GETFD) } != -1;
        // The pipe is made next, and the end that is written to first.
        let writer = (0..).find(|fd| !is_open(fd)).unwrap();
        let mut listener = listen(&runtime).unwrap();
        let null = std::fs::File::open("/dev/null").unwrap();
        for _ in 0..3 {
            // SAFETY: `writer` is open, and not used but by the handler, which runs below.
            let kept = unsafe { libc::dup(writer) };
            // SAFETY: as above.
            assert_eq!(unsafe { libc::dup2(null.as_raw_fd(), writer) }, writer);
            // SAFETY: this thread's own.
            unsafe { *libc::__errno_location() = 77 };
            raise();
            // SAFETY: as above.
            assert_eq!(unsafe { *libc::__errno_location() }, 77, "the handler keeps it");
            // SAFETY: as above.
            assert_eq!(unsafe { libc::dup2(kept, writer) }, writer);
            // SAFETY: it is ours.
            assert_eq!(unsafe { libc::close(kept) }, 0);
            // A look needs no byte.
            runtime.block_on(listener.recv()).unwrap();
            let mut cx = Context::from_waker(Waker::noop());
            assert!(listener.poll_recv(&mut cx).is_pending());
            let waiting = News::new();
            let teller = waiting.teller();
            let told = runtime.block_on(async {
                let told = mainspring::spawn(async move {
                    told(teller, listener.recv()).await.unwrap();
                    listener
                });
                mainspring::task::yield_now().await;
                waiting.wait_for(1, "it waits");
                raise();
                timeout(LIMIT, told).await
            });
            listener = told.expect("this byte is written").unwrap();
        }
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
        // Too few for the pipe, then for the runtime's own end, then enough.
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
