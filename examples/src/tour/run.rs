//! one row in a process of its own: start it, follow it, take its figures.
//!
//! The child prints `done` after each request, then one line of JSON: its error, or wall time, CPU
//! time and peak memory. Peak in flight and connections come from the server, which was set back
//! before.

#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::row::{REQUESTS, ROWS, Row};
use crate::process::{Follow, end_with_parent};
use crate::show::Live;
use crate::{plain, usage};

/// First argument of a program that shall be one row and nothing else.
const ROLE: &str = "row";

/// What one row has cost.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub wall: Duration,
    /// Requests open at once, at most, as the server counted them.
    pub peak: u64,
    pub connections: u64,
    pub cpu: Option<Duration>,
    /// Bytes.
    pub memory: Option<u64>,
}

/// If this process was started to be a row: is it.
pub fn be_a_row_if_asked() -> Option<ExitCode> {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some(ROLE) {
        return None;
    }
    let row = args.next()?.parse().ok().and_then(|index: usize| ROWS.get(index))?;
    let server = args.next()?.parse().ok()?;
    let threads = args.next()?.parse().ok()?;
    end_with_parent();
    match row.run(server, threads, || tell("done")) {
        Ok(wall) => {
            let cpu = usage::cpu().map(|time| time.as_secs_f64());
            let memory = usage::peak_memory();
            tell(&json!({ "wall": wall.as_secs_f64(), "cpu": cpu, "memory": memory }).to_string());
            Some(ExitCode::SUCCESS)
        }
        Err(error) => {
            // The parent says it: when it goes, the server may go a moment before this process.
            tell(&json!({ "error": error.to_string() }).to_string());
            Some(ExitCode::FAILURE)
        }
    }
}

/// One line to the parent. If it is not there any more, this process ends anyway.
fn tell(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Runs row number `index` against `server` in a process of its own and shows how far it is.
/// `threads` is for the rows on `multi_thread`.
pub fn run(
    index: usize,
    server: SocketAddr,
    threads: usize,
    scale: f64,
) -> Result<Figures, String> {
    let row: &Row = &ROWS[index];
    let fail = |what: String| format!("the row {:?} failed: {what}", row.full_name());
    plain::get_json(server, "/reset").map_err(|e| fail(format!("the server: {e}")))?;

    let args = [ROLE.to_owned(), index.to_string(), server.to_string(), threads.to_string()];
    let (child, stdout) = Follow::start(&args).map_err(|e| fail(format!("cannot start: {e}")))?;
    let (tell, told) = channel();
    thread::spawn(move || {
        BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
    });

    let floor = row.floor(scale);
    let deadline = Instant::now() + 2 * floor + Duration::from_secs(15);
    let what = format!("{:<24}  floor {:.2} s", row.full_name(), floor.as_secs_f64());
    let mut live = Live::new(&what, REQUESTS);
    let mut end = Value::Null;
    loop {
        match told.recv_timeout(Duration::from_millis(100)) {
            Ok(line) if line == "done" => live.step(),
            Ok(line) => end = serde_json::from_str(&line).map_err(|e| fail(e.to_string()))?,
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => live.tick(),
            Err(RecvTimeoutError::Timeout) => {
                return Err(fail(format!(
                    "it should take {floor:?} and has not ended; stopped it"
                )));
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    drop(live);
    if let Some(error) = end["error"].as_str() {
        return Err(fail(error.to_owned()));
    }
    if !child.ended_well().map_err(|e| fail(e.to_string()))? {
        return Err(fail("see the message above".into()));
    }
    let seconds = |name: &str| end[name].as_f64().and_then(|s| Duration::try_from_secs_f64(s).ok());
    let wall = seconds("wall").ok_or_else(|| fail("it ended without its figures".into()))?;

    let stats = plain::get_json(server, "/stats").map_err(|e| fail(format!("the server: {e}")))?;
    let count = |name: &str| stats[name].as_u64().unwrap_or_default();
    if count("total") != REQUESTS {
        return Err(fail(format!("the server saw {} requests, not {REQUESTS}", count("total"))));
    }
    let (peak, connections) = (count("peak_in_flight"), count("connections"));
    let memory = end["memory"].as_u64();
    Ok(Figures { wall, peak, connections, cpu: seconds("cpu"), memory })
}
