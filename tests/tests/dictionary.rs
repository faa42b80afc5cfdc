//! The last column of the book's dictionary: each name exists.
//!
//! The list below is compiled, so each of its names does. The test compares it with the dictionary.

#[allow(dead_code, unused_imports)]
mod exist {
    use mainspring::blocking::Pool;
    use mainspring::fs::File;
    use mainspring::io::unix::AsyncFd;
    use mainspring::io::{AsyncReadExt, AsyncWriteExt};
    use mainspring::net::{TcpListener, TcpStream, UdpSocket, start_server};
    use mainspring::process::Command;
    use mainspring::rate::{CircuitBreaker, RateLimiter};
    use mainspring::retry::retry;
    use mainspring::runtime::{Builder, Handle, Recorder, Runtime, dump};
    use mainspring::signal::{ctrl_c, unix::signal};
    use mainspring::stream::{StreamExt, unfold};
    use mainspring::sync::{
        Barrier, CancellationToken, Condvar, Event, LifoQueue, Mutex, Notify, PriorityQueue, Queue,
        RwLock, Semaphore, broadcast, mpsc, oneshot, watch,
    };
    use mainspring::task::{
        AbortHandle, GroupError, JoinHandle, JoinSet, LocalSet, TaskGroup, as_completed, current,
        gather, gather_all, id, shield, spawn, spawn_blocking, spawn_local, to_thread, wait,
        yield_now,
    };
    use mainspring::time::{
        Instant, advance, deadline_scope, interval, pause, sleep, sleep_until, timeout, timeout_at,
    };
    use mainspring::{join, main, select, task_local, test, try_join};

    /// Methods.
    fn methods(builder: &mut Builder, runtime: &Runtime) {
        let _ = Runtime::block_on::<std::future::Ready<()>>;
        let _ = JoinHandle::<()>::abort;
        let _ = |handle: &AbortHandle| handle.abort_with("why");
        let _ = builder.debug(true).slow_poll(std::time::Duration::ZERO);
        let _ = |handle: &Handle| handle.spawn(async {});
        let _ = runtime;
    }
}

/// The names in backticks in the last cell of a table's row.
fn named(row: &str) -> Vec<&str> {
    let cell = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
    let names = cell.split('`').skip(1).step_by(2);
    // Not what the language or std has: `handle.await`, `Result`, `std::task::Waker`.
    let ours = |name: &&str| name.starts_with(char::is_lowercase) && !name.starts_with("std");
    names.filter(ours).filter(|name| !name.contains(['.', ' '])).collect()
}

#[test]
fn each_name_of_the_dictionary_is_one_of_the_crate() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../book/text/dictionary.md");
    let text = std::fs::read_to_string(pages).expect("the dictionary can be read");
    let source = include_str!("dictionary.rs");
    let compiled = source.split("fn named").next().unwrap_or_default();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.contains("mainspring |"));
    let names: Vec<&str> = rows.flat_map(named).collect();
    assert!(names.len() > 60, "the dictionary has rows: {}", names.len());
    let words: Vec<&str> = compiled
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|w| !w.is_empty())
        .collect();
    for name in names {
        let known = name.split("::").all(|part| words.contains(&part) || part == "write_all");
        assert!(known, "{name} is in the dictionary and not in tests/dictionary.rs");
    }
}
