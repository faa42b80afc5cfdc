//! Code that blocks, in three ways, and what a heartbeat beside it feels.
//!
//! ```text
//! cargo run --release --example heartbeat -- --current-thread                  6 s
//! cargo run --release --example heartbeat -- --current-thread --scale 0.1
//! ```
//!
//! What you will see: a two-second call on a blocking thread, on the loop itself, and as a wait;
//! after each, the longest gap between two beats of a task that beats ten times a second. Only the
//! call on the loop stops it: 2.1 s. On `multi_thread` another thread keeps the heart beating
//! there too.
//!
//! From the third document (`run_in_executor`, "never block the loop").

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use examples::primer::{self, Ended, Out};
use mainspring::task::spawn_blocking;
use mainspring::time::Instant;

pub fn main() -> ExitCode {
    primer::run("Code that blocks, in three ways, and a heartbeat beside it", program)
}

#[derive(Clone, Copy)]
enum Way {
    BlockingThread,
    OnTheLoop,
    Waiting,
}

async fn program(out: Out) -> Ended {
    for way in [Way::BlockingThread, Way::OnTheLoop, Way::Waiting] {
        let longest = Arc::new(AtomicU64::new(0));
        let heart = mainspring::spawn(beat(out.clone(), longest.clone()));
        out.rest(0.15).await;
        let (what, time) = (name(way), out.time(2.0));
        let done = match way {
            Way::BlockingThread => spawn_blocking(move || blocking_call(time)).await?,
            // A task of its own: the root of `block_on` has a thread to itself on multi_thread.
            Way::OnTheLoop => mainspring::spawn(async move { blocking_call(time) }).await?,
            Way::Waiting => {
                out.rest(2.0).await;
                "done"
            }
        };
        out.rest(0.15).await;
        heart.abort();
        let gap = Duration::from_micros(longest.load(Ordering::Relaxed)).as_secs_f64();
        let gap = gap / out.time(1.0).as_secs_f64();
        out.line(format!("{what}: {done}, longest gap {gap:.1} s"));
    }
    Ok(())
}

fn name(way: Way) -> &'static str {
    match way {
        Way::BlockingThread => "on a blocking thread",
        Way::OnTheLoop => "on the loop",
        Way::Waiting => "as a wait",
    }
}

/// What a library does that knows nothing of async.
fn blocking_call(time: Duration) -> &'static str {
    std::thread::sleep(time);
    "done"
}

async fn beat(out: Out, longest: Arc<AtomicU64>) {
    let mut last = Instant::now();
    loop {
        out.rest(0.1).await;
        let gap = last.elapsed().as_micros() as u64;
        longest.fetch_max(gap, Ordering::Relaxed);
        last = Instant::now();
    }
}
