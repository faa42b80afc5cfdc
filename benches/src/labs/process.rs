//! what the system says about this process: threads, switches, descriptors, processor time.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// The threads of this process.
pub fn threads() -> usize {
    entries("/proc/self/task")
}

/// The same, as soon as no more than `expected` are left, or after half a second: a thread that was
/// joined is still listed for a moment.
pub fn threads_settled(expected: usize) -> usize {
    let start = Instant::now();
    while threads() > expected && start.elapsed() < Duration::from_millis(500) {
        std::thread::yield_now();
    }
    threads()
}

/// The open descriptors, without the one that lists them.
pub fn descriptors() -> usize {
    entries("/proc/self/fd") - 1
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).expect("Linux says what a process has").count()
}

/// Context switches so far, voluntary and not, of all threads but the calling one.
pub fn switches_of_others() -> u64 {
    // SAFETY: asks for a number.
    let own = unsafe { libc::gettid() }.to_string();
    let tasks = fs::read_dir("/proc/self/task").expect("Linux says what a process has");
    let others = tasks.filter_map(Result::ok).filter(|task| task.file_name() != *own);
    let count = |status: String| -> u64 {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines.filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok()).sum()
    };
    // A thread may end between the two calls.
    others.filter_map(|task| fs::read_to_string(task.path().join("status")).ok()).map(count).sum()
}

/// The processor time that the calling thread has used.
pub fn thread_cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to the place it is given, which lives on this stack.
    let error = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(error, 0, "clock_gettime");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The most memory of this process that has been in RAM at once, in bytes.
pub fn peak_resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux says what a process uses");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Lets the sleeps of the calling thread end when they should, not up to 50 µs later.
pub fn sleep_exactly() {
    // SAFETY: sets a number of this thread.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
}

/// How many descriptors this process may have.
pub fn descriptor_limit() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the call writes to the place it is given, which lives on this stack.
    let error = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    assert_eq!(error, 0, "getrlimit");
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

/// A connection over loopback: the end for a runtime, which does not block, and the end for a
/// thread, which gives up reading after five seconds.
pub fn connection() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let outside = TcpStream::connect(listener.local_addr()?)?;
    let (inside, _) = listener.accept()?;
    inside.set_nonblocking(true)?;
    inside.set_nodelay(true)?;
    outside.set_nodelay(true)?;
    outside.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok((inside, outside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_thread_that_sleeps_and_wakes_is_counted_as_switches() {
        let (poke, poked) = mpsc::channel::<()>();
        let (answer, answers) = mpsc::channel();
        let other = std::thread::spawn(move || {
            while poked.recv().is_ok() {
                answer.send(()).unwrap();
            }
        });
        let before = switches_of_others();
        for _ in 0..20 {
            poke.send(()).unwrap();
            answers.recv().unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(switches_of_others() - before >= 10);
        assert!(threads() >= 2);
        drop(poke);
        other.join().unwrap();
    }

    #[test]
    fn the_processor_time_of_a_thread_grows_with_work_and_not_with_sleep() {
        let (start, wall) = (thread_cpu(), Instant::now());
        while wall.elapsed() < Duration::from_millis(20) {}
        let worked = thread_cpu();
        assert!(worked > start);
        std::thread::sleep(Duration::from_millis(20));
        assert!(thread_cpu() - worked < Duration::from_millis(10));
    }
}
