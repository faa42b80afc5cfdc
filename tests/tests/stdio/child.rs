//! This program once more, with a stdin and a stdout of the test's choice.

use std::env;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Child, Command, Stdio, exit};
use std::time::{Duration, Instant};

const NAME: &str = "MAINSPRING_STDIO";
/// What a child that has done its part ends with: nothing else does.
const DONE: i32 = 77;

/// Runs `body` if this is the child of that test, and ends it then.
pub fn in_child(test: &str, body: impl FnOnce()) {
    if env::var(NAME).is_ok_and(|name| name == test) {
        body();
        exit(DONE);
    }
}

/// The child, not yet started. Its stdout is piped.
pub fn child(test: &str) -> Command {
    let mut child = Command::new(env::current_exe().expect("the path of this program"));
    child.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    child.env(NAME, test).stdin(Stdio::null()).stdout(Stdio::piped());
    child
}

/// Waits until it has done its part.
#[track_caller]
pub fn done(child: &mut Child) {
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("its end") {
            break status;
        }
        if start.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            let _ = child.wait();
            panic!("it does not end");
        }
        std::thread::yield_now();
    };
    assert_eq!(status.code(), Some(DONE), "{status}");
}

/// What it has printed, and its end.
#[track_caller]
pub fn output(mut child: Child) -> Vec<u8> {
    let mut text = Vec::new();
    child.stdout.take().expect("it is piped").read_to_end(&mut text).expect("its output");
    done(&mut child);
    text
}

/// A terminal: the side of the person, and that of the program.
pub fn terminal() -> Option<(OwnedFd, OwnedFd)> {
    let (mut person, mut program) = (0, 0);
    let null = std::ptr::null_mut();
    // SAFETY: it writes two numbers.
    let failed =
        unsafe { libc::openpty(&mut person, &mut program, null, null.cast(), null.cast()) };
    if failed != 0 {
        return None;
    }
    // SAFETY: they are ours, and nobody else knows them.
    let own = |fd| unsafe {
        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        OwnedFd::from_raw_fd(fd)
    };
    Some((own(person), own(program)))
}
