//! the threads of `multi_thread`: all start or none does; how they live and end.
//!
//! ```text
//!  start   1 spawn a thread for each worker   2 each makes its driver and sends its unparker
//!          3 the scheduler is made of these   4 each is told to go
//!  life    at its post: `runtime/post.rs`
//!  end     worker.shut_down, its wheel is closed, its driver goes, the thread ends
//! ```
//!
//! When a thread cannot be started, nobody has been told to go: the others find their line cut and
//! end, and there is nothing else to undo.
//!
//! The thread in `block_on` polls the root future and nothing else; with `block_on_helps` it is the
//! guest of `pool/guest.rs`, one thread at a time.

#![forbid(unsafe_code)]

use super::desk::{Desk, Hook, call};
use super::handle::Handle;
use super::meter::Metered;
use super::post::{Away, Post, Stuck};
use crate::base::prim::{Mutex, thread};
use crate::drive::driver::Driver;
use crate::pool::shared::Scheduler;
use crate::pool::worker::{Intervals, Worker};
use crate::wake::batch::Report;
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::park::{Park, Unparker};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What the threads of workers can be told.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) workers: usize,
    pub(super) intervals: Intervals,
    /// Bytes of stack of each thread; `None`: what the platform gives.
    pub(super) stack_size: Option<usize>,
    /// Names each thread as it starts.
    pub(super) name: Arc<dyn Fn() -> String + Send + Sync>,
    pub(super) on_start: Option<Hook>,
    pub(super) on_stop: Option<Hook>,
    pub(super) on_park: Option<Hook>,
    pub(super) on_unpark: Option<Hook>,
    pub(super) report: Report,
}

/// The hook for threads that run closures: its panic must not cost one, with the closure that the
/// thread was started for.
pub(super) fn contained(hook: Hook, report: Report) -> Hook {
    Arc::new(move || call(Some(&hook), &report))
}

/// What a worker is told when all are there.
struct Go {
    scheduler: Scheduler,
    handle: Handle,
    away: Arc<Away>,
}

/// Threads that wait to be told.
pub(super) struct Started {
    config: Config,
    handles: Vec<thread::JoinHandle<()>>,
    go: Vec<Sender<Go>>,
    ended: Receiver<()>,
    pub(super) unparkers: Box<[Unparker]>,
}

/// Starts a thread for each worker; `driver` makes the driver of a worker, on its thread.
///
/// # Errors
/// When one cannot be started; then none is left.
pub(super) fn start(
    config: &Config,
    driver: impl Fn(usize) -> Driver + Send + Sync + 'static,
) -> io::Result<Started> {
    let driver = Arc::new(driver);
    let (alive, ended) = unbounded();
    let mut started = Started {
        config: config.clone(),
        handles: Vec::with_capacity(config.workers),
        go: Vec::with_capacity(config.workers),
        ended,
        unparkers: Box::default(),
    };
    let mut lines = Vec::with_capacity(config.workers);
    for index in 0..config.workers {
        let (tell, told) = unbounded();
        let (send, receive) = unbounded();
        let (config, driver, alive) = (config.clone(), driver.clone(), alive.clone());
        let live = move || {
            let driver = driver(index);
            let _ = send.send(driver.unparker());
            if let Ok(go) = told.recv() {
                live(index, &config, driver, go);
            }
            drop(alive);
        };
        let mut builder = thread::Builder::new().name((started.config.name)());
        if let Some(bytes) = started.config.stack_size {
            builder = builder.stack_size(bytes);
        }
        match builder.spawn(live) {
            Ok(handle) => started.handles.push(handle),
            Err(error) => return Err(started.give_up(index, &error)),
        }
        started.go.push(tell);
        lines.push(receive);
    }
    // A thread sends before it does anything else.
    started.unparkers = lines.iter().filter_map(|line| line.recv().ok()).collect();
    Ok(started)
}

/// A worker's life on its thread, and on those that stand in for it.
fn live(index: usize, config: &Config, driver: Driver, go: Go) {
    let Go { scheduler, handle, away } = go;
    let inner = &handle.inner;
    let desk = Desk {
        worker: Worker::new(&scheduler, index, config.intervals, inner.clock.clone()),
        driver: Metered::new(driver, &inner.meters, index),
        on_park: config.on_park.clone(),
        on_unpark: config.on_unpark.clone(),
        report: config.report.clone(),
        may_leave: Cell::new(false),
    };
    let post = Post::new(desk, handle.clone(), away);
    let _context = handle.drive(post.mode());
    call(config.on_start.as_ref(), &config.report);
    post.live();
    let report = |panic| (config.report)(panic);
    handle.inner.wheels.release(index, &mut { report });
    call(config.on_stop.as_ref(), &config.report);
}

impl Started {
    fn give_up(self, index: usize, error: &io::Error) -> io::Error {
        drop(self.go);
        for handle in self.handles {
            // It has only waited; the panic of a driver would be ours to see, not the caller's.
            let _ = handle.join();
        }
        let (k, n) = (index + 1, self.config.workers);
        let text = format!(
            "worker thread {k} of {n} could not be started ({error}); ask for fewer with \
             Builder::worker_threads, for smaller stacks with thread_stack_size, or raise the \
             system's limits on threads and memory"
        );
        io::Error::new(error.kind(), text)
    }

    /// All are told to go. `guest`: the worker of `block_on_helps`.
    pub(super) fn go(self, scheduler: Scheduler, handle: &Handle, guest: bool) -> Threads {
        let away = Arc::new(Away::default());
        for line in &self.go {
            let (scheduler, handle, away) = (scheduler.clone(), handle.clone(), away.clone());
            // It waits for this; a thread that has died shows itself when it is joined.
            let _ = line.send(Go { scheduler, handle, away });
        }
        let Config { workers, intervals, .. } = self.config;
        let clock = handle.inner.clock.clone();
        let guest = guest.then(|| Box::new(Worker::new(&scheduler, workers, intervals, clock)));
        let (handles, ended, guest) = (self.handles, self.ended, Mutex::new(guest));
        Threads { scheduler, handles, ended, guest, away }
    }
}

/// The threads of a runtime that is running.
pub(super) struct Threads {
    scheduler: Scheduler,
    handles: Vec<thread::JoinHandle<()>>,
    /// Disconnected when every thread has ended; each holds the sender's other half.
    ended: Receiver<()>,
    /// The guest's worker, when nobody is the guest, and if there can be one.
    guest: Mutex<Option<Box<Worker>>>,
    /// Threads that block in place.
    away: Arc<Away>,
}

impl Threads {
    /// Runs `future` to its end on this thread. `driver` makes the guest's.
    pub(super) fn block_on<F: Future>(
        &self,
        handle: &Handle,
        driver: impl FnOnce(usize) -> Driver,
        mut future: Pin<&mut F>,
    ) -> F::Output {
        let guest = self.guest.lock().take();
        if let Some(worker) = guest {
            let taken = Taken { threads: self, worker: Some(worker) };
            if let Some(worker) = &taken.worker {
                let post = Post::guest(worker, handle.clone(), self.away.clone());
                let _context = handle.drive(post.mode());
                return worker.host(future, &driver(worker.index()));
            }
        }
        block_on(poll_fn(|cx| {
            let _budget = coop::budget();
            future.as_mut().poll(cx)
        }))
    }

    /// Ends the workers and waits for them, at most `limit`. Says what those that have not ended
    /// are polling, and which wheel was no worker's.
    pub(super) fn shut_down(&mut self, limit: Option<Duration>) -> (Vec<Stuck>, usize) {
        let outside = self.scheduler.workers();
        // 1 close spawn; 2 drop every future and 3 drain, on each worker's thread
        self.scheduler.close();
        let guest = self.guest.lock().take();
        if let Some(worker) = guest {
            worker.shut_down();
        }
        let all_ended = match limit {
            None => self.ended.recv().is_err(),
            Some(limit) => self.ended.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected),
        };
        let handles = std::mem::take(&mut self.handles);
        if all_ended {
            for handle in handles {
                // Panics of tasks and hooks were caught; what is left has been printed.
                let _ = handle.join();
            }
            return (Vec::new(), outside);
        }
        let mut tasks = self.away.tasks();
        for task in (0..outside).filter_map(|worker| self.scheduler.last_polled(worker)) {
            if !tasks.contains(&task) {
                tasks.push(task);
            }
        }
        (tasks, outside)
    }

    /// Does this thread block in place, inside of one of the tasks?
    pub(super) fn is_own_thread(&self) -> bool {
        self.away.is_here()
    }
}

/// The guest's worker, until it is put back: also when the root future panics.
struct Taken<'a> {
    threads: &'a Threads,
    worker: Option<Box<Worker>>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.threads.guest.lock() = self.worker.take();
    }
}
