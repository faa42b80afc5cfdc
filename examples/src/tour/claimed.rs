//! every claim beside what is measured: floor, one at a time, threads, the runtime, verdict.
//!
//! The requests of a claim are made one at a time by a thread, by ten threads, and by the runtime
//! with the claim's limit, all against the same server. What takes minutes at the documents' size
//! runs with the server's delays multiplied by the scale; the figures are then those of the scaled
//! run, and the verdict on the document's own figure is about its own size.

#![forbid(unsafe_code)]

use crate::say;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::claims::{Claim, WORK, Work};
use super::machine::{self, Bytes, Times};
use super::send::{Failed, blocking, tasks};
use super::stop::laid_out;
use crate::flags::Scheduler;
use crate::plain;
use crate::process::ServerProcess;
use crate::show::Live;

/// How many threads the column of threads has.
const POOL: usize = 10;
/// The two lines above the rows.
const HEAD: [&str; 2] = [
    "                                  ours at    its   one at      10           ours",
    "                                   a time  floor   a time threads   ours × floor",
];

/// Runs all of it, which at a scale of 0.1 takes about 40 s, and prints the table. Returns what
/// cannot be right in it: a time below its floor, or more requests at once than the limit.
///
/// # Errors
/// What failed: the server, the runtime, a request.
pub fn run(scheduler: Scheduler, scale: f64) -> Result<Vec<String>, String> {
    let start = Instant::now();
    // First, while this process has no memory to give back.
    let bytes = [scheduler.runtime()?.block_on(machine::bytes_of_a_task()), {
        machine::bytes_of_a_thread()
    }];
    let servers = Servers { scaled: server(scale)?, whole: server(1.0)?, scale };
    say!("The documents' claims, on {scheduler}, against a local server.");
    if scale != 1.0 {
        say!("Its delays are {scale} of the documents' but where \"full size\" is written.");
    }
    say!();
    HEAD.iter().for_each(|line| say!("{line}"));
    let mut found = Vec::new();
    let mut spans = Vec::new();
    for work in &WORK {
        found.extend(servers.measure(scheduler, work, &mut spans)?);
    }
    memory(bytes);
    scheduler.runtime()?.block_on(processor(scale))?;
    in_flight(&spans);
    say!("\nThe claims took {:.1} s.", start.elapsed().as_secs_f64());
    Ok(found)
}

fn server(scale: f64) -> Result<ServerProcess, String> {
    ServerProcess::start(scale).map_err(|error| format!("cannot start the local server: {error}"))
}

struct Servers {
    scaled: ServerProcess,
    whole: ServerProcess,
    scale: f64,
}

/// How long a claim's requests took at the documents' size: one at a time, and ours.
struct Span {
    claim: &'static Claim,
    one_by_one: f64,
    ours: f64,
}

impl Servers {
    fn measure(
        &self,
        scheduler: Scheduler,
        work: &'static Work,
        spans: &mut Vec<Span>,
    ) -> Result<Vec<String>, String> {
        let (server, scale) = match work.whole {
            true => (self.whole.addr(), 1.0),
            false => (self.scaled.addr(), self.scale),
        };
        say!("{}", work.name);
        let fail = |error: Failed| format!("{}: {error}", work.name);
        let threads = |n: usize| -> Result<Option<f64>, String> {
            if work.whole {
                return Ok(None);
            }
            let what = if n == 1 { "one at a time".into() } else { format!("{n} threads") };
            let took = watched(work, &what, move |paths, count| {
                blocking(n, server, &paths, || count.step())
            });
            took.map(|took| Some(took.as_secs_f64())).map_err(fail)
        };
        let (alone, pool) = (threads(1)?, threads(POOL)?);
        let mut found = Vec::new();
        // By their limit: claims that have the same share a measurement.
        let mut ours: Vec<(usize, f64)> = Vec::new();
        for claim in work.claims {
            let floor = work.floor(claim.ours, scale).as_secs_f64();
            let known = ours.iter().find(|(limit, _)| *limit == claim.ours).map(|(_, s)| *s);
            let seconds = match known {
                Some(seconds) => seconds,
                None => {
                    let measured = self.ours(scheduler, work, claim, server).map_err(fail)?;
                    ours.push((claim.ours, measured.0));
                    found.extend(complaint(work, claim, floor, measured));
                    measured.0
                }
            };
            let [alone, pool] = [alone, pool]
                .map(|cell| cell.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.3}")));
            say!(
                "  {:<6}{:<26} {:>6} {floor:>6.3} {alone:>8} {pool:>7} {seconds:>7.3} {:>6.3}",
                claim.id,
                claim.of,
                claim.ours,
                seconds / floor,
            );
            note(&work.verdict(claim));
            let one_by_one = work.floor(1, 1.0).as_secs_f64();
            spans.push(Span { claim, one_by_one, ours: seconds / scale });
        }
        Ok(found)
    }

    /// Seconds, and the most requests that the server saw at once.
    fn ours(
        &self,
        scheduler: Scheduler,
        work: &'static Work,
        claim: &Claim,
        server: SocketAddr,
    ) -> Result<(f64, u64), Failed> {
        plain::get_json(server, "/reset")?;
        let limit = claim.ours;
        let took =
            watched(work, &format!("the runtime, {limit} at a time"), move |paths, count| {
                let done = move || count.step();
                scheduler.runtime()?.block_on(tasks(limit, server, paths, done))
            })?;
        let stats = plain::get_json(server, "/stats")?;
        Ok((took.as_secs_f64(), stats["peak_in_flight"].as_u64().unwrap_or(u64::MAX)))
    }
}

fn complaint(work: &Work, claim: &Claim, floor: f64, (took, peak): (f64, u64)) -> Option<String> {
    let name = format!("{}, {}", claim.id, work.name);
    if peak > claim.ours as u64 {
        return Some(format!("{name}: {peak} in flight, and the limit is {}", claim.ours));
    }
    (took < floor).then(|| format!("{name}: {took:.3} s is below the floor of {floor:.3} s"))
}

/// How many requests have ended.
#[derive(Clone, Debug, Default)]
struct Count(Arc<AtomicU64>);

impl Count {
    fn step(&self) {
        // Ordering: a figure for people; no other memory hangs on it.
        self.0.fetch_add(1, Relaxed);
    }
}

/// Makes the requests in a thread and shows meanwhile how far it is. How long that took.
fn watched(
    work: &Work,
    what: &str,
    run: impl FnOnce(Vec<String>, Count) -> Result<(), Failed> + Send + 'static,
) -> Result<Duration, Failed> {
    let (paths, count) = (work.paths(), Count::default());
    let mut live = Live::new(&format!("{}, {what}", work.name), paths.len() as u64);
    let counted = count.clone();
    let running = thread::spawn(move || {
        let start = Instant::now();
        run(paths, count).map(|()| start.elapsed())
    });
    while !running.is_finished() {
        // Ordering: as in `step`.
        live.set(counted.0.load(Relaxed));
        thread::sleep(Duration::from_millis(20));
    }
    running.join().unwrap_or_else(|_| Err("the thread that measures panicked".into()))
}

fn memory([task, thread]: [Option<Bytes>; 2]) {
    say!("Memory");
    let says = |what: Option<Bytes>| match what {
        Some(Bytes { resident, reserved }) if reserved >= 1e6 => {
            format!("{:.1} kB resident, {:.2} MB of addresses", resident / 1e3, reserved / 1e6)
        }
        Some(Bytes { resident, .. }) => format!("{resident:.0} bytes"),
        None => "this system does not say".to_owned(),
    };
    say!("  F11   a task that sleeps: {}", says(task));
    say!("        a thread that waits: {}", says(thread));
    note(
        "2nd says a thread has 8 MB of stack, and a coroutine tens of bytes. The stack is \
         addresses. CPython, quoted: a waiting task 1530 bytes, a thread 16.7 kB",
    );
}

async fn processor(scale: f64) -> Result<(), String> {
    let times = (1000.0 * scale).clamp(5.0, 100.0) as u32;
    say!("Work for the processor, {times} times over");
    let line = |id: &str, what: &str, times: Times| {
        let [alone, both] = [times.alone, times.side_by_side].map(|time| time.as_secs_f64());
        let (n, ratio) = (times.threads, alone / both);
        say!("  {id:<6}{what}");
        note(&format!("alone {alone:.3} s, {n} threads {both:.3} s: {ratio:.2} times as fast"));
    };
    let sums = machine::two_sums(times).await.map_err(|error| error.to_string())?;
    line("F12", "two sums, one twice the other", sums);
    note(
        "2nd uses to_thread for it, which gains nothing behind CPython's lock (quoted: 0.144 s \
         alone, 0.151 s in threads); the longer sum alone allows 1.5 times",
    );
    let sum = machine::one_sum(times).await.map_err(|error| error.to_string())?;
    line("F13", "a sum of 3 000 000 squares", sum);
    note(
        "4th uses processes: as written twice as slow (CPython, quoted: 0.250 s alone, 0.619 s in \
         a process), because the list is copied and is one job",
    );
    let n = (200_000.0 * scale).clamp(1000.0, 50_000.0) as u32;
    let [yields, spawns, rounds] = machine::steps(n).await.map_err(|error| error.to_string())?;
    say!("Smallest steps, ours only");
    say!("  F14   yield {yields:.0} ns, spawn and join {spawns:.0} ns,");
    note(&format!("there and back through two queues {rounds:.0} ns"));
    note(
        "1st says 3.11 made asyncio 10 to 25 % faster; quoted: a third, to 2300 to 2400, 5100 to \
         5400 and 7800 to 8300 ns",
    );
    Ok(())
}

/// Below a figure: what the document says, and what to think of it.
fn note(text: &str) {
    say!("{}", laid_out(8, &[' '], "", text));
}

/// The documents' "10 to 100 times", against one at a time at its floor.
fn in_flight(spans: &[Span]) {
    say!("\"10 to 100 times as fast\" (4th, 5th)");
    for id in ["F2", "F10d", "F10a", "F10e"] {
        let Some(span) = spans.iter().find(|span| span.claim.id == id) else { continue };
        say!(
            "  F15   {:>5.1} times with {:>3} in flight: {id}",
            span.one_by_one / span.ours,
            span.claim.ours,
        );
    }
    note(
        "It is the number in flight that does it, not the loop. 5th says 11 times of F10a; 49 s \
         against 6 s allow 8.2, if nothing else costs anything",
    );
}
