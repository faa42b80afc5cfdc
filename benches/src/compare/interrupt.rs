//! ctrl-c: the measurement that runs ends at once, and what was measured before is kept.

use std::fs;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// As a shell has it of a program that ctrl-c ended.
pub const STATUS: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);
/// When that was, in seconds: some send the same signal twice at once.
static SINCE: AtomicI64 = AtomicI64::new(0);
/// The end of the pipe that the handler writes to.
static BELL: AtomicI32 = AtomicI32::new(-1);

/// Has somebody asked for the end?
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

extern "C" fn note(_signal: libc::c_int) {
    // SAFETY: `time` and `_exit` are calls that a handler may make.
    unsafe {
        let now = libc::time(std::ptr::null_mut());
        if ASKED.swap(true, Ordering::SeqCst) && now > SINCE.load(Ordering::SeqCst) + 1 {
            libc::_exit(STATUS.into());
        }
        SINCE.store(now, Ordering::SeqCst);
    }
    // SAFETY: `write` is one of the calls that a handler may make; the byte is a constant.
    unsafe { libc::write(BELL.load(Ordering::SeqCst), b"!".as_ptr().cast(), 1) };
}

/// From now on SIGINT, SIGTERM and SIGHUP end the child processes, and this one only when it has
/// written what it has. Another one, seconds later, ends it at once.
///
/// A thread waits at a pipe, so nothing wakes up meanwhile. It kills and the handler only notes: a
/// handler may not do much, and would miss a child that is started at that moment. Whoever loses
/// its parent becomes a child of this process, so that it comes to everybody: a server under strace
/// would stay, stopped for ever.
pub fn listen() -> std::io::Result<()> {
    let mut ends = [0; 2];
    // SAFETY: the call fills both places or fails.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: sets a flag of this process.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
    // SAFETY: the descriptor is new, so nobody else owns it.
    let mut bell = fs::File::from(unsafe { OwnedFd::from_raw_fd(ends[0]) });
    BELL.store(ends[1], Ordering::SeqCst);
    std::thread::spawn(move || {
        let _ = bell.read(&mut [0]);
        while asked() {
            kill_children();
            // One may have been started between the look and now.
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: zero is a value for the struct, and the handler does what a handler may.
        let set = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = note as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &action, std::ptr::null_mut())
        };
        if set != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Returns when no child is left, of which there may be new ones as long as one has lived.
pub fn end_all() {
    let start = Instant::now();
    while kill_children() && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Was there one?
fn kill_children() -> bool {
    let child = |child| {
        // SAFETY: a number; the child is alive, or dead and not waited for.
        unsafe { libc::kill(child, libc::SIGKILL) };
    };
    children(std::process::id()).map(child).count() > 0
}

/// The processes that `parent` has started, and has not to wait for.
fn children(parent: u32) -> impl Iterator<Item = libc::pid_t> {
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    processes.filter_map(move |entry| {
        let process: libc::pid_t = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        (living_child_of(&stat)? == parent).then_some(process)
    })
}

/// `7 (a name) S 1 …`: the number after the state, unless that is Z. The name may hold anything.
fn living_child_of(stat: &str) -> Option<u32> {
    let mut words = stat.rsplit_once(')')?.1.split_whitespace();
    let state = words.next()?;
    words.next()?.parse().ok().filter(|_| state != "Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_parent_is_read_whatever_the_name() {
        assert_eq!(living_child_of("7 (cat) S 1 7 7"), Some(1));
        assert_eq!(living_child_of("7 (a) S 9 (b)) R 12 7"), Some(12));
        assert_eq!(living_child_of("7 (cat) Z 1 7 7"), None);
        assert_eq!(living_child_of("7"), None);
    }

    #[test]
    fn a_child_is_found() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let found = children(std::process::id()).any(|one| one as u32 == child.id());
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(found);
    }
}
