//! Lateness of timers: how long after its deadline a sleeping task runs.

use super::rt::{self, Runtime};
use crate::labs::late::Setup;
use crate::labs::series::{self, Series};
use crate::labs::who::Threads;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Instant;

/// `late`: microseconds from each deadline until the task that slept for it runs. A negative one is
/// a timer that fired early.
pub fn lateness(threads: Threads, setup: &Setup) -> Series {
    let rt = Runtime::new(threads);
    let setup = *setup;
    if setup.listens {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        listener.set_nonblocking(true).expect("a socket can be non-blocking");
        rt.spawner().spawn(async move {
            let listener = rt::TcpListener::from_std(listener).expect("the listener is registered");
            drop(listener.accept().await);
        });
    }
    let late = rt.run(async move {
        let sleepers: Vec<_> =
            (0..setup.sleepers as u64).map(|task| sleeper(task, setup)).collect();
        let mut late = Vec::with_capacity(setup.sleepers * setup.sleeps);
        let handles: Vec<_> = sleepers.into_iter().map(rt::spawn).collect();
        for handle in handles {
            late.extend(rt::joined(handle.await));
        }
        late
    });
    series::one("late", late)
}

/// Sleeps again and again, for times that differ from task to task and from sleep to sleep.
async fn sleeper(task: u64, setup: Setup) -> Vec<f64> {
    let mut late = Vec::with_capacity(setup.sleeps);
    for turn in 0..setup.sleeps as u64 {
        let nanos = (task * 7_919 + turn * 104_729) * 1_009 % setup.spread.as_nanos() as u64;
        let length = setup.least + std::time::Duration::from_nanos(nanos);
        let deadline = Instant::now() + length;
        rt::sleep(length).await;
        let now = Instant::now();
        late.push(match now.checked_duration_since(deadline) {
            Some(late) => late.as_secs_f64() * 1e6,
            None => -(deadline - now).as_secs_f64() * 1e6,
        });
    }
    late
}
