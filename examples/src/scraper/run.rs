//! the scraper itself: a queue, workers, and one task that writes.
//!
//! ```text
//!         claim         get                       send
//!   URLs ───────► Queue ─────► workers ─► fetch ────────► channel ─► writer ─► database
//!       (feeder)                  │                                    │
//!                                 └─► save: a child of the group ◄─────┘ "stored"
//! ```
//!
//! Queue and channel are bounded, so a slow database slows the workers down, and nothing piles up.
//! All of them are children of one `TaskGroup`, and so is every save: the group ends when the last
//! page is stored. When the writer fails, it ends all others; nobody fetches what nobody stores.
//!
//! To stop, a token is cancelled: requests under way are dropped, and what has been fetched takes
//! its way to the database.

#![forbid(unsafe_code)]

use std::sync::Arc;

use hyper::Uri;
use mainspring::sync::{CancellationToken, Mutex, OwnedSemaphorePermit, Queue, mpsc, oneshot};
use mainspring::task::TaskGroup;
use mainspring::time::{Instant, sleep};

use super::board::{Board, Summary};
use super::fetch::{Gate, Pages};
use super::plan::{Job, Page, Plan};
use super::store::{Claim, Store, StoreError};

/// A page on its way to the writer, and whom to tell that it is stored.
type Handed = (Page, oneshot::Sender<()>);

#[derive(Debug)]
struct Run<P> {
    plan: Plan,
    store: Store,
    gate: Gate<P>,
    queue: Queue<Job>,
    /// Who has it takes the next address and a permit for it, before anybody else does: pages start
    /// in their order, and nobody has a permit while the queue is empty.
    turn: Mutex<()>,
    board: Arc<Board>,
    stop: CancellationToken,
}

/// Fetches `urls` into `store`, each in its order and at most `plan.limit` at a time, until all are
/// done, or `stop` is cancelled, or something does not work at all. Without `again`, only those
/// that the database does not have.
///
/// # Errors
/// The database could not say what it has. Whatever happens later is in the summary.
///
/// # Cancel safety
/// Dropping it ends all its tasks. What the writer had not stored by then is not stored.
pub async fn scrape<P: Pages>(
    plan: Plan,
    store: Store,
    urls: Vec<Uri>,
    again: bool,
    pages: P,
    stop: CancellationToken,
    board: Arc<Board>,
) -> Result<Summary, StoreError> {
    let asked = urls.len() as u64;
    let to_do = store.enlist(urls, again).await?;
    {
        let mut counts = board.lock();
        (counts.asked, counts.skipped) = (asked, asked - to_do.min(asked));
        counts.show(to_do);
    }
    let gate = Gate::new(plan.clone(), pages, board.clone(), stop.clone());
    let (queue, turn) = (Queue::new(plan.room), Mutex::new(()));
    let run = Arc::new(Run { plan, store, gate, queue, turn, board, stop });
    let start = Instant::now();
    let outcome = TaskGroup::scope(async |group| {
        let (hand, handed) = mpsc::channel(run.plan.room);
        group.spawn(write(run.clone(), handed));
        group.spawn(feed(run.clone()));
        for _ in 0..run.plan.workers {
            group.spawn(work(run.clone(), group.clone(), hand.clone()));
        }
        Ok(())
    })
    .await;
    let wall = start.elapsed();
    let mut counts = std::mem::take(&mut *run.board.lock());
    counts.hide();
    let here = to_do - (counts.saved + counts.failed).min(to_do);
    let left = run.store.left().await.ok().flatten().unwrap_or(here);
    let rows = run.store.rows().await.ok();
    let store_error = outcome.err().map(|error| match error.first().error() {
        Some(StoreError(text)) => text.clone(),
        None => error.to_string(),
    });
    Ok(Summary { counts, wall, rows, left, store_error })
}

/// Moves addresses into the queue while there is room, and ends it behind the last one.
async fn feed<P: Pages>(run: Arc<Run<P>>) -> Result<(), StoreError> {
    let all = run.stop.run_until_cancelled(async {
        loop {
            match run.store.claim(run.plan.limit).await? {
                Claim::Jobs(jobs) => {
                    for job in jobs {
                        if run.queue.put(job).await.is_err() {
                            return Ok(());
                        }
                    }
                }
                Claim::Wait => sleep(run.plan.rest).await,
                Claim::Over => return Ok(()),
            }
        }
    });
    let ended = all.await;
    // What is in the queue when the run is stopped is not begun.
    run.queue.shutdown(ended.is_none());
    ended.unwrap_or(Ok(()))
}

/// Fetches one page after the other, until there is none or the run is stopped.
async fn work<P: Pages>(
    run: Arc<Run<P>>,
    group: TaskGroup<StoreError>,
    hand: mpsc::Sender<Handed>,
) -> Result<(), StoreError> {
    while let Some(Some((job, permit))) = run.stop.run_until_cancelled(next(&run)).await {
        let fetch = run.stop.run_until_cancelled(run.gate.fetch(&job.url, permit));
        match fetch.await {
            None => break,
            Some(Ok(length)) => {
                let length = i64::try_from(length).unwrap_or(i64::MAX);
                let page = Page { job: job.id, url: job.url.to_string(), length };
                {
                    let mut counts = run.board.lock();
                    counts.fetched += 1;
                    counts.bytes += length.unsigned_abs();
                }
                let (tell, told) = oneshot::channel();
                if hand.send((page, tell)).await.is_err() {
                    break;
                }
                let board = run.board.clone();
                // The document's `create_task(save_to_db(..))`, but somebody waits for it. The
                // writer itself says why a page was not stored.
                group.spawn(async move {
                    if told.await.is_ok() {
                        board.saved();
                    }
                    Ok(())
                });
            }
            Some(Err(gave_up)) => {
                let why = gave_up.to_string();
                run.store.fail(&job, &why).await?;
                run.board.failed(&job.url, why);
            }
        }
    }
    Ok(())
}

/// The next address, and a permit to ask for it.
async fn next<P: Pages>(run: &Run<P>) -> Option<(Job, OwnedSemaphorePermit)> {
    let _turn = run.turn.lock().await;
    let job = run.queue.get().await.ok()?;
    Some((job, run.gate.permit().await))
}

/// Stores what has been handed over, all that is there in one transaction.
async fn write<P: Pages>(
    run: Arc<Run<P>>,
    mut handed: mpsc::Receiver<Handed>,
) -> Result<(), StoreError> {
    let mut batch = Vec::new();
    while handed.recv_many(&mut batch, run.plan.batch).await > 0 {
        let (pages, tell): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        run.store.save(pages).await?;
        run.board.lock().transactions += 1;
        for tell in tell {
            let _ = tell.send(());
        }
    }
    Ok(())
}
