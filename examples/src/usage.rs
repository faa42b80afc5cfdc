//! CPU seconds and peak memory of this process.
//!
//! Both are read once, at the end of a row, and cover the process from its start: that is why a row
//! has a process to itself. `None` where the system does not say.

use std::time::Duration;

/// User and system time of all threads of this process so far.
#[cfg(unix)]
pub fn cpu() -> Option<Duration> {
    let usage = rusage()?;
    let part = |t: libc::timeval| {
        Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64)
    };
    Some(part(usage.ru_utime) + part(usage.ru_stime))
}

/// Bytes that this process has at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub resident: u64,
    /// Addresses, whether or not there is memory behind them.
    pub reserved: u64,
}

/// Both, where the system says so in a text.
#[must_use]
pub fn memory() -> Option<Memory> {
    Some(Memory { resident: status("VmRSS:")?, reserved: status("VmSize:")? })
}

/// A line of `/proc/self/status`, which only Linux has, in bytes.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The most bytes of memory that this process had resident at once.
///
/// On Linux it is `VmHWM`: what `getrusage` gives there is inherited from the process that started
/// this one.
#[cfg(target_os = "linux")]
pub fn peak_memory() -> Option<u64> {
    status("VmHWM:")
}

/// The most bytes of memory that this process had resident at once.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn peak_memory() -> Option<u64> {
    // Bytes on Apple's systems, KiB on the others.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    rusage().map(|usage| usage.ru_maxrss as u64 * unit)
}

#[cfg(unix)]
fn rusage() -> Option<libc::rusage> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for one `rusage`, and all zero bytes are a value of it, so it is
    // initialised whether or not the call writes.
    #[expect(unsafe_code)]
    unsafe {
        (libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) == 0).then(|| usage.assume_init())
    }
}

#[cfg(not(unix))]
pub fn cpu() -> Option<Duration> {
    None
}

#[cfg(not(unix))]
pub fn peak_memory() -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn a_process_that_runs_has_used_memory_and_time() {
        assert!(super::peak_memory().is_some_and(|bytes| bytes > 100 * 1024));
        assert!(super::cpu().is_some());
        let memory = super::memory().unwrap();
        assert!(memory.reserved >= memory.resident && memory.resident > 100 * 1024);
    }
}
