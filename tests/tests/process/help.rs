//! Children as the system sees them.

use tests::many::until;

/// What `waitid` says of a process, and leaves as it is. `None`: it is no child of ours, or has
/// been reaped. `Some(false)`: it runs.
fn look(pid: u32, options: i32) -> Option<bool> {
    // SAFETY: a `siginfo_t` of zeros is one.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let options = libc::WEXITED | libc::WNOWAIT | options;
    // SAFETY: `info` is ours.
    let result = unsafe { libc::waitid(libc::P_PID, pid, &mut info, options) };
    // SAFETY: zero, or filled in by a `waitid` that found something.
    (result == 0).then(|| unsafe { info.si_pid() } != 0)
}

/// Waits until a child of ours has ended; it is left to be reaped.
pub fn wait_for_end(pid: u32) {
    look(pid, 0);
}

/// Has it been reaped?
pub fn is_gone(pid: u32) -> bool {
    look(pid, libc::WNOHANG).is_none()
}

/// Does it run?
#[allow(dead_code)]
pub fn runs(pid: u32) -> bool {
    look(pid, libc::WNOHANG) == Some(false)
}

/// Waits until it has been reaped.
#[track_caller]
pub fn gone(pid: u32) {
    until(&format!("{pid} is reaped"), || is_gone(pid));
}

/// Sends a signal.
pub fn send(pid: u32, signal: i32) {
    let pid = i32::try_from(pid).expect("a number of a process");
    // SAFETY: always allowed; `pid` is a child of ours that has not been reaped, or ourselves.
    assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
}

/// Sends a signal to this thread: when this returns, its handler has run.
#[allow(dead_code)]
pub fn raise(signal: i32) {
    // SAFETY: always allowed.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
}
