//! A producer and consumers over a bounded queue, and three ways to end them.
//!
//! ```text
//! cargo run --release --example queue                          the second document's, 7 s
//! cargo run --release --example queue -- --document third      the third document's, 6 s
//! cargo run --release --example queue -- --end idle            ended as the second does, 12 s
//! cargo run --release --example queue -- --end pill            ended as the third does
//! cargo run --release --example queue -- --room 2 --make 0     the producer waits for room
//! cargo run --release --example queue -- --scale 0.1           the same, ten times as fast
//! cargo run --release --example queue -- --current-thread      the same, on one thread
//! ```
//!
//! What you will see: one line for each item that is put, taken and done, with the time at which it
//! happened (divided by `--scale`, so it is the documents' time), then a summary. When the queue is
//! full the producer says so, and goes on when a consumer has made room: that is back-pressure. The
//! items are put and taken in order on both schedulers. The lines need not be: on `multi_thread` a
//! consumer may say that it has taken an item before the producer says that it has put it, and two
//! consumers that finish at the same time speak in any order. On `current_thread` each run looks
//! alike.
//!
//! From the second document (20 items, room for 10, three consumers) and the third (5 items, room
//! for 3, one consumer). The second draws its times at random, 0.1 to 0.5 s for an item and 0.5 to
//! 1.5 s for the work on it; here they are the means, so that two runs can be compared.
//!
//! | `--end` | how it ends | its fault |
//! |---|---|---|
//! | `join` | `join` says when all is done, `shutdown` sends every consumer home | none |
//! | `idle` | a consumer gives up after five seconds without an item | 5.0 of its 12.3 s are that |
//! | `pill` | a pill for each consumer, behind the last item | one too few: one waits for ever |
//!
//! A consumer that ends in the middle of an item never calls `task_done`, and `join` waits for
//! ever; here the item is a guard (`get_task`) that calls it when it is dropped, for any reason.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use examples::flags;
use examples::primer::Out;
use mainspring::sync::Queue;
use mainspring::time::{sleep, timeout};

/// How long a consumer waits for an item before it gives up, in `--end idle`.
const PATIENCE: f64 = 5.0;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Document {
    Second,
    Third,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum End {
    Join,
    Idle,
    Pill,
}

/// A producer and consumers over a bounded queue, and three ways to end them.
#[derive(Debug, Parser)]
pub struct Options {
    /// Whose numbers to take where no flag gives one
    #[arg(long, value_enum, default_value_t = Document::Second)]
    document: Document,
    /// How the consumers learn that there is nothing more to come
    #[arg(long, value_enum, default_value_t = End::Join)]
    end: End,
    /// How many items are made
    #[arg(long, value_parser = flags::count_or_none::<u64>)]
    items: Option<u64>,
    /// How many items the queue has room for; 0 means that it has no limit
    #[arg(long, value_parser = flags::count_or_none::<usize>)]
    room: Option<usize>,
    /// How many consumers share the work
    #[arg(long, value_parser = flags::count::<usize>)]
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

    /// Where its lines go.
    pub fn out(&self) -> Out {
        Out::printing(self.scale)
    }
}

/// What runs, once flags and document have been put together.
#[derive(Clone, Debug)]
struct Plan {
    items: u64,
    room: usize,
    consumers: usize,
    make: Duration,
    work: Duration,
    /// The second document puts an item and then rests; the third makes it first.
    rest_after: bool,
    end: End,
    out: Out,
}

impl Plan {
    fn new(options: &Options, out: Out) -> Plan {
        let (items, room, consumers, make, work, rest_after) = match options.document {
            Document::Second => (20, 10, 3, 0.3, 1.0, true),
            Document::Third => (5, 3, 1, 0.5, 1.0, false),
        };
        let scaled = |flag: Option<Duration>, seconds| {
            out.time(flag.map_or(seconds, |time| time.as_secs_f64()))
        };
        Plan {
            items: options.items.unwrap_or(items),
            room: options.room.unwrap_or(room),
            consumers: options.consumers.unwrap_or(consumers),
            make: scaled(options.make, make),
            work: scaled(options.work, work),
            rest_after,
            end: options.end,
            out,
        }
    }
}

/// An item; `None` is a pill.
type Entry = Option<u64>;

pub fn main() -> ExitCode {
    let options = Options::parse();
    options.scheduler.run(async { run(&options, options.out()).await })
}

pub async fn run(options: &Options, out: Out) -> Result<(), String> {
    let plan = Plan::new(options, out);
    let queue = Arc::new(Queue::new(plan.room));
    let consumers: Vec<_> = (0..plan.consumers)
        .map(|n| mainspring::spawn(consume(plan.clone(), n, queue.clone())))
        .collect();

    produce(&plan, &queue).await?;
    match plan.end {
        End::Join => {
            queue.join().await;
            queue.shutdown(false);
        }
        End::Idle => {}
        End::Pill => {
            for _ in 0..plan.consumers {
                put(&queue, None).await?;
            }
        }
    }
    let mut done = Vec::new();
    for consumer in consumers {
        done.push(consumer.await.map_err(|error| format!("a consumer failed: {error}"))?);
    }
    let all = done.iter().sum::<u64>();
    plan.out.line(format!("all {all} items done, by consumer {done:?}"));
    Ok(())
}

async fn produce(plan: &Plan, queue: &Queue<Entry>) -> Result<(), String> {
    for number in 0..plan.items {
        if !plan.rest_after {
            sleep(plan.make).await;
        }
        if queue.is_full() {
            plan.out.line(format!("item {number:>2} has to wait, the queue is full"));
        }
        put(queue, Some(number)).await?;
        plan.out.line(format!("item {number:>2} put, {} in the queue", queue.len()));
        if plan.rest_after && number + 1 < plan.items {
            sleep(plan.make).await;
        }
    }
    Ok(())
}

async fn put(queue: &Queue<Entry>, entry: Entry) -> Result<(), String> {
    queue.put(entry).await.map_err(|_| "the queue was shut down too early".to_owned())
}

/// Works until there is nothing more to come; returns how many items it has done.
async fn consume(plan: Plan, n: usize, queue: Arc<Queue<Entry>>) -> u64 {
    let mut done = 0;
    loop {
        let next = match plan.end {
            End::Idle => timeout(plan.out.time(PATIENCE), queue.get_task()).await,
            End::Join | End::Pill => Ok(queue.get_task().await),
        };
        let task = match next {
            Ok(Ok(task)) => task,
            Ok(Err(_shut_down)) => return done,
            Err(_elapsed) => {
                plan.out.line(format!("consumer {n} gives up"));
                return done;
            }
        };
        let Some(number) = *task else { return done };
        plan.out.line(format!("item {number:>2} taken by consumer {n}"));
        sleep(plan.work).await;
        plan.out.line(format!("item {number:>2} done"));
        done += 1;
    }
}
