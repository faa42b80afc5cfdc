//! An executor by hand, as unkind as the contract of `Future` allows.
//!
//! Tasks in a `Vec`. Each poll gets a waker that was never seen before, and only the waker of a
//! task's last poll counts: a call of an older one is heard by nobody. Seed 0 polls those that were
//! woken in their order; any other in an order by chance; and an odd one polls a task now and then
//! that nobody has woken. It does so only on the way to one that was woken, so a wake that is lost
//! is not made good for ever.

use crate::Dice;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone)]
pub struct Poller(Arc<Shared>);

struct Shared {
    seed: u64,
    spawned: Mutex<Vec<Job>>,
    thread: Thread,
}

/// The waker of one poll.
struct Flag {
    up: AtomicBool,
    thread: Thread,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.up.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

struct Slot {
    job: Job,
    /// Of its last poll.
    flag: Arc<Flag>,
}

impl Poller {
    /// For this thread.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Shared { seed, spawned: Mutex::default(), thread: thread::current() }))
    }

    fn flag(&self, up: bool) -> Arc<Flag> {
        Arc::new(Flag { up: AtomicBool::new(up), thread: self.0.thread.clone() })
    }

    pub(crate) fn spawn(&self, job: impl Future<Output = ()> + Send + 'static) {
        self.0.spawned.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(job));
        self.0.thread.unpark();
    }

    fn spawned(&self, tasks: &mut Vec<Slot>) {
        let jobs =
            std::mem::take(&mut *self.0.spawned.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.extend(jobs.into_iter().map(|job| Slot { job, flag: self.flag(true) }));
    }

    /// Runs `root`, and the tasks until it has ended.
    pub(crate) fn block_on(&self, root: impl Future<Output = ()> + Send + 'static) {
        let over = Arc::new(AtomicBool::new(false));
        let set = over.clone();
        self.spawn(async move {
            root.await;
            set.store(true, Ordering::SeqCst);
        });
        let mut dice = Dice::new(self.0.seed);
        let mut tasks = Vec::new();
        while !over.load(Ordering::SeqCst) {
            self.spawned(&mut tasks);
            let up = |task: &Slot| task.flag.up.load(Ordering::SeqCst);
            if !tasks.iter().any(up) {
                thread::park();
                continue;
            }
            let mut turn: Vec<usize> = (0..tasks.len()).collect();
            if self.0.seed > 0 {
                (1..turn.len()).for_each(|i| turn.swap(i, dice.roll(i + 1)));
            }
            let mut ended = Vec::new();
            for index in turn {
                let for_nothing = self.0.seed % 2 == 1 && dice.roll(4) == 0;
                if (up(&tasks[index]) || for_nothing) && self.poll(&mut tasks[index]).is_ready() {
                    ended.push(index);
                }
            }
            ended.sort_unstable();
            ended.into_iter().rev().for_each(|index| drop(tasks.remove(index)));
        }
    }

    fn poll(&self, task: &mut Slot) -> Poll<()> {
        task.flag = self.flag(false);
        let waker = Waker::from(task.flag.clone());
        task.job.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("seed", &self.0.seed).finish_non_exhaustive()
    }
}
