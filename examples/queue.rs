//! A producer and consumers over a bounded queue: put, get, task_done, join.
//!
//! ```text
//! cargo run --release --example queue                          the second document's, 7 s
//! cargo run --release --example queue -- --document third      the third document's, 6 s
//! cargo run --release --example queue -- --scale 0.1           the same, ten times as fast
//! cargo run --release --example queue -- --current-thread      the same, on one thread
//! ```
//!
//! What you will see: one line for each item that is put, taken and done, with the time at which it
//! happened (divided by `--scale`, so it is the documents' time), then a summary. The items are put
//! and taken in order on both schedulers. The lines need not be: on `multi_thread` a consumer may
//! say that it has taken an item before the producer says that it has put it, and two consumers
//! that finish at the same time speak in any order. On `current_thread` each run looks alike.
//!
//! From the second document (20 items, room for 10, three consumers) and the third (5 items, room
//! for 3, one consumer). The second ends by idling: its consumers give up after five seconds
//! without an item, 5.0 of its 12.3 s. The third sends a pill, one for one consumer; with two of
//! them the other would wait for ever. Here `join` says when the last item is done and `shutdown`
//! sends every consumer home, however many there are. Nobody waits for a time-out and nobody is
//! forgotten.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use examples::flags;
use mainspring::sync::Queue;
use mainspring::time::{Instant, sleep};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Document {
    Second,
    Third,
}

/// A producer and consumers over a bounded queue.
#[derive(Debug, Parser)]
pub struct Options {
    /// Whose numbers to take where no flag gives one
    #[arg(long, value_enum, default_value_t = Document::Second)]
    document: Document,
    /// How many items are made
    #[arg(long)]
    items: Option<u64>,
    /// How many items the queue has room for; 0 means that it has no limit
    #[arg(long)]
    room: Option<usize>,
    /// How many consumers share the work
    #[arg(long)]
    consumers: Option<usize>,
    /// Seconds to make an item
    #[arg(long, value_parser = flags::seconds)]
    make: Option<Duration>,
    /// Seconds of work on an item
    #[arg(long, value_parser = flags::seconds)]
    work: Option<Duration>,
    /// Factor for both times: 0.1 is ten times as fast
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    scale: f64,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

impl Options {
    /// A queue that is over soon, for the tour.
    #[allow(dead_code)]
    pub fn short() -> Options {
        Options::parse_from(["queue", "--document", "third", "--scale", "0.1"])
    }
}

/// What runs, once flags and document have been put together.
#[derive(Clone, Copy, Debug)]
struct Plan {
    items: u64,
    room: usize,
    consumers: usize,
    make: Duration,
    work: Duration,
    /// The second document puts an item and then rests; the third makes it first.
    rest_after: bool,
    scale: f64,
    start: Instant,
}

impl Plan {
    fn new(options: &Options) -> Plan {
        let (items, room, consumers, make, work, rest_after) = match options.document {
            Document::Second => (20, 10, 3, 300, 1000, true),
            Document::Third => (5, 3, 1, 500, 1000, false),
        };
        let scaled = |flag: Option<Duration>, ms| {
            flag.unwrap_or(Duration::from_millis(ms)).mul_f64(options.scale)
        };
        Plan {
            items: options.items.unwrap_or(items),
            room: options.room.unwrap_or(room),
            consumers: options.consumers.unwrap_or(consumers),
            make: scaled(options.make, make),
            work: scaled(options.work, work),
            rest_after,
            scale: options.scale,
            start: Instant::now(),
        }
    }

    /// One line with its time, which is read under the lock: no line is earlier than the one above.
    fn say(&self, what: &str) {
        let mut out = std::io::stdout().lock();
        let time = self.start.elapsed().as_secs_f64() / self.scale;
        let _ = writeln!(out, "[{time:6.2}] {what}");
    }
}

pub fn main() -> ExitCode {
    let options = Options::parse();
    options.scheduler.run(run(&options))
}

pub async fn run(options: &Options) -> Result<(), String> {
    let plan = Plan::new(options);
    if plan.consumers == 0 {
        return Err("nobody would take the items: give --consumers 1 or more".into());
    }
    let queue = Arc::new(Queue::new(plan.room));
    let consumers: Vec<_> =
        (0..plan.consumers).map(|n| mainspring::spawn(consume(plan, n, queue.clone()))).collect();

    produce(plan, &queue).await?;
    queue.join().await;
    queue.shutdown(false);

    let mut done = Vec::new();
    for consumer in consumers {
        done.push(consumer.await.map_err(|error| format!("a consumer failed: {error}"))?);
    }
    plan.say(&format!("all {} items done, by consumer {done:?}", done.iter().sum::<u64>()));
    Ok(())
}

async fn produce(plan: Plan, queue: &Queue<u64>) -> Result<(), String> {
    for item in 0..plan.items {
        if !plan.rest_after {
            sleep(plan.make).await;
        }
        queue.put(item).await.map_err(|_| "the queue was shut down too early".to_owned())?;
        plan.say(&format!("item {item:>2} put, {} in the queue", queue.len()));
        if plan.rest_after && item + 1 < plan.items {
            sleep(plan.make).await;
        }
    }
    Ok(())
}

/// Works until the queue is shut down; returns how many items it has done.
async fn consume(plan: Plan, n: usize, queue: Arc<Queue<u64>>) -> u64 {
    let mut done = 0;
    while let Ok(item) = queue.get().await {
        plan.say(&format!("item {item:>2} taken by consumer {n}"));
        sleep(plan.work).await;
        plan.say(&format!("item {item:>2} done"));
        queue.task_done().expect("one call for each item taken");
        done += 1;
    }
    done
}
