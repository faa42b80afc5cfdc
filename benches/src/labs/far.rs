//! the other ends of connections: threads that send and receive, on the other core.
//!
//! ```text
//!  core 1                          core 0                          core 1
//!  sends 64 KiB at a time ──────▶ what is measured copies ──────▶ reads 64 KiB at a time
//! ```
//!
//! What the process uses less what these threads use is what the copying used. They are threads and
//! not a process so that their clocks can be read when they have ended; they hold a buffer each,
//! whoever copies.

use super::process::{self, connection};
use super::series::Series;
use crate::echo::pin_to_core;
use crate::meter::{cpu_time, resident};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const BLOCK: usize = 64 * 1024;

/// Sends so many bytes and the end. What it used of a core.
fn send(mut stream: TcpStream, mut bytes: u64) -> JoinHandle<Duration> {
    thread::spawn(move || {
        pin_to_core(1);
        let block = vec![7; BLOCK];
        while bytes > 0 {
            let part = bytes.min(BLOCK as u64);
            stream.write_all(&block[..part as usize]).expect("it is read");
            bytes -= part;
        }
        stream.shutdown(Shutdown::Write).expect("it is connected");
        process::thread_cpu()
    })
}

/// Reads so many bytes and the end.
fn receive(mut stream: TcpStream, bytes: u64) -> JoinHandle<Duration> {
    thread::spawn(move || {
        pin_to_core(1);
        let (mut block, mut received) = (vec![0; BLOCK], 0);
        loop {
            match stream.read(&mut block).expect("it is written to") {
                0 => break,
                n => received += n as u64,
            }
        }
        assert_eq!(received, bytes, "everything arrives");
        process::thread_cpu()
    })
}

/// Lets `copy` move bytes between two connections: all from the first to the second, or half of
/// them each way. It returns when both directions have ended, and says what it moved.
///
/// `seconds`; `cpu`: seconds of processor time, without the far ends'; `peak`: KiB that were in RAM
/// at most, over what was before.
pub fn measured(
    bytes: u64,
    both_ways: bool,
    copy: impl FnOnce(TcpStream, TcpStream) -> (u64, u64),
) -> Series {
    let (first, outside_first) = connection().expect("loopback");
    let (second, outside_second) = connection().expect("loopback");
    let clone = |stream: &TcpStream| stream.try_clone().expect("there are descriptors");
    let there = if both_ways { bytes / 2 } else { bytes };
    let back = bytes - there;
    // Where it cannot be set back, the peak is that of the whole process.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (before, all, start) = (resident(), cpu_time(), Instant::now());
    let mut far = vec![send(clone(&outside_first), there), receive(clone(&outside_second), there)];
    if both_ways {
        far.push(send(outside_second, back));
        far.push(receive(outside_first, back));
    } else {
        // Each end is its thread's alone, and closed when that ends.
        drop((outside_first, outside_second));
    }
    let moved = copy(first, second);
    assert_eq!(moved, (there, back));
    let far: Duration = far.into_iter().map(|end| end.join().expect("it ends")).sum();
    let seconds = start.elapsed().as_secs_f64();
    let cpu = (cpu_time() - all).saturating_sub(far).as_secs_f64();
    let peak = process::peak_resident().saturating_sub(before) as f64 / 1024.0;
    let of = |name: &str, value| (name.to_owned(), vec![value]);
    Series::from([of("seconds", seconds), of("cpu", cpu), of("peak", peak)])
}
