//! A runtime with nothing to do: tasks that sleep for an hour, one that listens.

use super::rt::{self, Runtime};
use crate::labs::process;
use crate::labs::series::Series;
use crate::labs::who::Threads;
use crate::meter::cpu_time;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

const SLEEPERS: usize = 100;
/// By then whoever looks around for work has gone to sleep for good.
const SETTLE: Duration = Duration::from_millis(300);

/// `switches`: context switches of all threads but the one that counts, over `length`; `cpu`:
/// processor time, in microseconds; `before`, `with`, `after`: how many threads the process has.
pub fn quiet(threads: Threads, length: Duration) -> Series {
    let before = process::threads();
    let rt = Runtime::new(threads);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    listener.set_nonblocking(true).expect("a socket can be non-blocking");
    for _ in 0..SLEEPERS {
        rt.spawner().spawn(async { rt::sleep(Duration::from_secs(3_600)).await });
    }
    rt.spawner().spawn(async move {
        let listener = rt::TcpListener::from_std(listener).expect("the listener is registered");
        drop(listener.accept().await);
    });
    rt.run(async {});
    std::thread::sleep(SETTLE);
    let with = process::threads();
    let (switches, own, all) = (process::switches_of_others(), process::thread_cpu(), cpu_time());
    std::thread::sleep(length);
    let (all, own) = (cpu_time() - all, process::thread_cpu() - own);
    let switches = process::switches_of_others() - switches;
    drop(rt);
    let after = process::threads_settled(before);
    let of = |name: &str, value: f64| (name.to_owned(), vec![value]);
    Series::from([
        of("switches", switches as f64),
        of("cpu", all.saturating_sub(own).as_secs_f64() * 1e6),
        of("before", before as f64),
        of("with", with as f64),
        of("after", after as f64),
    ])
}
