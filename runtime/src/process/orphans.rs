//! children whose handle is gone: reaped by one thread, which is there while there are any.
//!
//! A child that has ended stays in the system's table until its parent has waited for it: a zombie.
//! So somebody has to wait for a child whose [`Child`](super::Child) was dropped before its end,
//! also when the runtime it was made in has ended, or ends at this moment.
//!
//! ```text
//!   drop(Child) ── has ended? ── yes ──► reaped at once
//!                     │ no
//!                     ▼
//!   newcomers ──► thread `mainspring-orphans`: a small runtime, and a task for each
//!                     │ no newcomers, no tasks
//!                     ▼
//!                 the thread ends
//! ```
//!
//! The thread has a runtime because that can do all there is to do: watch many pidfds at once, or
//! SIGCHLD, and be told of newcomers, with the code that waits for any other child.
//!
//! When the system refuses a thread or its descriptors, newcomers stay where they are. The thread
//! looks at them again and again; without a thread, whoever drops or spawns the next child does.

#![forbid(unsafe_code)]

use super::watch::Watch;
use crate::base::prim::Mutex;
use crate::io::async_fd::current_reactor;
use crate::runtime::builder::Builder;
use crate::runtime::here::spawn;
use crate::sync::notify::Notify;
use crate::time::sleep::sleep;
use std::future::poll_fn;
use std::mem;
use std::process::Child;
use std::sync::LazyLock;
use std::time::Duration;

/// Between two looks at a child whose end cannot be heard, for want of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

static ORPHANS: LazyLock<Orphans> = LazyLock::new(Orphans::default);

#[derive(Default)]
struct Orphans {
    house: Mutex<House>,
    /// Somebody has come, or is gone.
    news: Notify,
}

#[derive(Default)]
struct House {
    newcomers: Vec<Child>,
    /// Children that have a task.
    watched: usize,
    has_thread: bool,
}

/// Takes in a child that has not been waited for.
pub(super) fn adopt(child: Child) {
    ORPHANS.house.lock().newcomers.push(child);
    ORPHANS.news.notify_one();
    look_after_them();
}

/// Starts the thread, if it is needed and not there.
pub(super) fn look_after_them() {
    let mut house = ORPHANS.house.lock();
    if house.newcomers.is_empty() || mem::replace(&mut house.has_thread, true) {
        return;
    }
    drop(house);
    let thread = std::thread::Builder::new().name("mainspring-orphans".to_string());
    if thread.spawn(run).is_err() {
        let mut house = ORPHANS.house.lock();
        house.has_thread = false;
        house.look();
    }
}

impl House {
    /// Reaps the newcomers that have ended.
    fn look(&mut self) {
        self.newcomers.retain_mut(is_there);
    }

    /// Has everybody been reaped? Then the thread ends.
    fn closes(&mut self) -> bool {
        self.has_thread = self.watched > 0 || !self.newcomers.is_empty();
        !self.has_thread
    }
}

/// Has it not ended? An error: somebody else has waited for it.
fn is_there(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(None))
}

/// The thread.
fn run() {
    let runtime = loop {
        if let Ok(runtime) = Builder::new_current_thread().build() {
            break runtime;
        }
        let mut house = ORPHANS.house.lock();
        house.look();
        if house.closes() {
            return;
        }
        drop(house);
        std::thread::sleep(PAUSE);
    };
    runtime.block_on(async {
        while let Some(newcomers) = next() {
            for child in newcomers {
                spawn(async {
                    reap(child).await;
                    ORPHANS.house.lock().watched -= 1;
                    ORPHANS.news.notify_one();
                });
            }
            ORPHANS.news.notified().await;
        }
    });
}

/// Who has come; `None`: there is nobody any more, and the thread is to end.
fn next() -> Option<Vec<Child>> {
    let mut house = ORPHANS.house.lock();
    if house.closes() {
        return None;
    }
    house.watched += house.newcomers.len();
    Some(mem::take(&mut house.newcomers))
}

async fn reap(mut child: Child) {
    loop {
        if let Ok(mut watch) = Watch::new(&current_reactor(), &child) {
            let _ = poll_fn(|cx| watch.poll_end(cx, &mut child)).await;
        }
        if !is_there(&mut child) {
            return;
        }
        sleep(PAUSE).await;
    }
}
