//! Groups of tasks: `JoinSet`, `gather`, `wait`, `TaskGroup`, on every scheduler, and every way in
//! which they can end.
//!
//! asyncio's facts about them: `asyncio_group.rs`.

#[path = "group/errors.rs"]
mod errors;
#[path = "group/gathering.rs"]
mod gathering;
#[path = "group/group_ends.rs"]
mod group_ends;
#[path = "group/join_set.rs"]
mod join_set;
#[path = "group/join_set_ends.rs"]
mod join_set_ends;
#[path = "group/points.rs"]
mod points;
#[path = "group/sites.rs"]
mod sites;
#[path = "group/task_group.rs"]
mod task_group;
#[path = "group/tokios.rs"]
mod tokios;
#[path = "group/waiting.rs"]
mod waiting;

use mainspring::runtime::Runtime;
use mainspring::task::yield_now;
use tests::{Drops, turns_until};

/// Waits for ever, and is counted when it is dropped.
async fn forever(drops: &Drops) {
    let _counted = drops.counted();
    std::future::pending::<()>().await;
}

/// The same, as a future that owns what it needs.
fn waits(drops: &Drops) -> impl Future<Output = ()> + Send + 'static {
    let drops = drops.clone();
    async move { forever(&drops).await }
}

/// Lets the tasks run until so many things were dropped.
fn dropped(runtime: &Runtime, drops: &Drops, count: usize) {
    turns_until(runtime, || drops.count() >= count);
    assert_eq!(drops.count(), count);
}

/// So many turns.
async fn turns(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

async fn panics<E>(text: &'static str) -> Result<(), E> {
    std::panic::panic_any(text)
}
