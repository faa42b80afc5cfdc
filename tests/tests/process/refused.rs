//! The system refuses descriptors, or has changed what the end of a child means.

use crate::help::is_gone;
use crate::start::command;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use tests::many::{alone, until};
use tests::runtime;

/// Sets how many descriptors this process may have, and returns what it was.
pub fn limit_descriptors(to: u64) -> u64 {
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limits` is ours.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limits) }, 0);
    let before = std::mem::replace(&mut limits.rlim_cur, to);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limits) }, 0);
    before
}

/// How many descriptors below 64 are open: to look into `/proc` takes one.
fn open() -> usize {
    // SAFETY: it only asks.
    (0..64).filter(|number| unsafe { libc::fcntl(*number, libc::F_GETFD) } != -1).count()
}

/// INV-200: whatever was opened on the way to the error is closed again, once.
#[test]
fn without_descriptors_nothing_is_started_or_left() {
    alone("refused::without_descriptors_nothing_is_started_or_left", || {
        let runtime = runtime();
        runtime.block_on(async {
            assert!(command("true").status().await.unwrap().success());
            let free = open();
            let before = limit_descriptors(64);
            let mut files: Vec<_> =
                std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
            let mut refused = 0;
            let started = loop {
                let mut cat = command("cat");
                cat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
                let (before, error) = (
                    open(),
                    match cat.spawn() {
                        Ok(child) => break child,
                        Err(error) => error,
                    },
                );
                let text = error.to_string();
                assert!(text.starts_with("\"cat\" cannot be started: "), "{text}");
                assert!(text.contains("os error 24"), "{text}");
                until("all is closed", || open() == before);
                refused += 1;
                files.pop().expect("it needs less than sixty");
            };
            println!("refused with 0 to {} descriptors", refused - 1);
            assert!(refused >= 6, "three pipes have six ends");
            assert!(started.wait_with_output().await.unwrap().status.success());
            drop(files);
            limit_descriptors(before);
            until("the children that had started are gone", || open() == free);
        });
    });
}

/// Then there are no zombies, and nobody can be waited for.
#[test]
fn where_sigchld_is_ignored_a_wait_is_an_error_and_not_for_ever() {
    if crate::WITHOUT_PIDFDS {
        return println!("whoever listens to SIGCHLD does not ignore it");
    }
    alone("refused::where_sigchld_is_ignored_a_wait_is_an_error_and_not_for_ever", || {
        // SAFETY: nobody listens to it in this process.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
        runtime().block_on(async {
            let error = command("true").status().await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
            drop(command("sleep").arg("3600").kill_on_drop(true).spawn().unwrap());
            // Whoever is killed ends all the same, and may be killed again.
            let mut child = command("sleep").arg("3600").spawn().unwrap();
            let pid = child.id().unwrap();
            child.kill().await.unwrap();
            until("it is gone", || is_gone(pid));
            child.start_kill().unwrap();
            child.kill().await.unwrap();
            // The system forgets it at once, unless the look of `kill` came before that.
            match child.wait().await {
                Ok(status) => assert_eq!(status.signal(), Some(libc::SIGKILL)),
                Err(error) => assert_eq!(error.raw_os_error(), Some(libc::ECHILD)),
            }
        });
    });
}
