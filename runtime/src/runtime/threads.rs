//! the threads of `multi_thread`: all start or none does; how they live and end.
//!
//! ```text
//!  start   1 spawn a thread for each worker   2 each makes its driver and sends its unparker
//!          3 the scheduler is made of these   4 each is told to go
//!  life    worker.run(driver)
//!  end     worker.shut_down, its wheel is closed, its driver goes, the thread ends
//! ```
//!
//! When a thread cannot be started, nobody has been told to go: the others find their line cut and
//! end, and there is nothing else to undo.
//!
//! The thread in `block_on` polls the root future and nothing else; with `block_on_helps` it is the
//! guest of `pool/guest.rs`, one thread at a time.

#![forbid(unsafe_code)]

use super::handle::Handle;
use super::meter::Metered;
use crate::base::prim::{Mutex, thread};
use crate::drive::driver::Driver;
use crate::pool::shared::Scheduler;
use crate::pool::worker::{Intervals, Worker};
use crate::task::header::Id;
use crate::wake::batch::Report;
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::park::{Park, Unparker};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Something to call on a thread.
pub(super) type Hook = Arc<dyn Fn() + Send + Sync>;

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

impl Config {
    /// A hook's panic must not cost a worker: it is reported.
    fn call(&self, hook: Option<&Hook>) {
        if let Some(hook) = hook {
            call(hook, &self.report);
        }
    }
}

fn call(hook: &Hook, report: &Report) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| hook())) {
        report(panic);
    }
}

/// The hook for threads that run closures: its panic must not cost one, with the closure that the
/// thread was started for.
pub(super) fn contained(hook: Hook, report: Report) -> Hook {
    Arc::new(move || call(&hook, &report))
}

/// What a worker is told when all are there.
struct Go {
    scheduler: Scheduler,
    handle: Handle,
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

/// A worker's life on its thread.
fn live(index: usize, config: &Config, driver: Driver, go: Go) {
    let Go { scheduler, handle } = go;
    let _context = handle.drive();
    config.call(config.on_start.as_ref());
    let worker = Worker::new(&scheduler, index, config.intervals, handle.inner.clock.clone());
    let metered = Metered::new(&driver, &handle.inner.meters[index]);
    let hooked = config.on_park.is_some() || config.on_unpark.is_some();
    if hooked {
        worker.run(&Hooked { park: &metered, config })
    } else {
        worker.run(&metered)
    }
    worker.shut_down();
    drop(metered);
    drop(worker);
    let report = |panic| (config.report)(panic);
    handle.inner.wheels.release(index, &mut { report });
    drop(driver);
    config.call(config.on_stop.as_ref());
}

/// A driver that calls the user's hooks around each sleep.
struct Hooked<'a> {
    park: &'a dyn Park,
    config: &'a Config,
}

impl Hooked<'_> {
    fn around(&self, sleep: impl FnOnce()) {
        self.config.call(self.config.on_park.as_ref());
        sleep();
        self.config.call(self.config.on_unpark.as_ref());
    }
}

impl Park for Hooked<'_> {
    fn park(&self, limit: Option<Duration>) {
        match limit {
            Some(Duration::ZERO) => self.park.park(limit),
            _ => self.around(|| self.park.park(limit)),
        }
    }

    fn stand_by(&self, limit: Duration) {
        self.around(|| self.park.stand_by(limit));
    }

    fn relieve(&self) {
        self.park.relieve();
    }

    fn unparker(&self) -> Unparker {
        self.park.unparker()
    }
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
        for line in &self.go {
            // It waits for this; a thread that has died shows itself when it is joined.
            let _ = line.send(Go { scheduler: scheduler.clone(), handle: handle.clone() });
        }
        let Config { workers, intervals, .. } = self.config;
        let clock = handle.inner.clock.clone();
        let guest = guest.then(|| Box::new(Worker::new(&scheduler, workers, intervals, clock)));
        Threads { scheduler, handles: self.handles, ended: self.ended, guest: Mutex::new(guest) }
    }
}

/// A task that is still in its poll, and where it was spawned.
pub(super) type Stuck = (Id, &'static Location<'static>);

/// The threads of a runtime that is running.
pub(super) struct Threads {
    scheduler: Scheduler,
    handles: Vec<thread::JoinHandle<()>>,
    /// Disconnected when every thread has ended; each holds the sender's other half.
    ended: Receiver<()>,
    /// The guest's worker, when nobody is the guest, and if there can be one.
    guest: Mutex<Option<Box<Worker>>>,
}

impl Threads {
    /// Runs `future` to its end on this thread. `driver` makes the guest's.
    pub(super) fn block_on<F: Future>(
        &self,
        driver: impl FnOnce(usize) -> Driver,
        mut future: Pin<&mut F>,
    ) -> F::Output {
        let guest = self.guest.lock().take();
        if let Some(worker) = guest {
            let taken = Taken { threads: self, worker: Some(worker) };
            if let Some(worker) = &taken.worker {
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
        let tasks = (0..outside).filter_map(|worker| self.scheduler.last_polled(worker));
        (tasks.collect(), outside)
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
