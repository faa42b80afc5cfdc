//! the seat of `current_thread`: whoever sits in it drives the worker.
//!
//! `block_on` takes the worker out of its seat, drives it until the root future is ready, and puts
//! it back. A second thread that calls `block_on` meanwhile polls its own root with a parker, and
//! drives when the seat becomes free.
//!
//! ```text
//! loop { match worker.tick() {
//!     Ran   => again
//!     Root  => poll the root future; ready: leave
//!     Look  => park for no time: sockets and timers get their turn under load too
//!     Sleep => park until an event, a deadline or a nudge; then take what was sent meanwhile } }
//! ```

#![forbid(unsafe_code)]

use super::meter::{Meter, Metered};
use crate::base::pad::CachePadded;
use crate::base::prim::Mutex;
use crate::drive::driver::Driver;
use crate::local::worker::{Tick, Worker};
use crate::wake::coop;
use crate::wake::park::{Park, Parker, Unparker};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Where the worker is when nobody drives it, and who waits for it.
pub(super) struct Seat {
    worker: Mutex<Option<Box<Worker>>>,
    waiting: Mutex<Vec<Unparker>>,
}

impl Seat {
    pub(super) fn new(worker: Worker) -> Self {
        Self { worker: Mutex::new(Some(Box::new(worker))), waiting: Mutex::new(Vec::new()) }
    }

    /// Has this thread nudged when the seat becomes free. Once is enough, however often it looks.
    fn wait_in_line(&self, unparker: &Unparker) {
        let mut waiting = self.waiting.lock();
        if !waiting.iter().any(|other| Arc::ptr_eq(other, unparker)) {
            waiting.push(unparker.clone());
        }
    }

    fn take(&self) -> Option<Taken<'_>> {
        let worker = self.worker.lock().take();
        worker.map(|worker| Taken { seat: self, worker: Some(worker) })
    }

    /// Runs `future` to its end, in the seat or in line for it.
    pub(super) fn block_on<F: Future>(
        &self,
        meters: &Arc<[CachePadded<Meter>]>,
        driver: impl FnOnce() -> Driver,
        mut future: Pin<&mut F>,
    ) -> F::Output {
        if let Some(taken) = self.take() {
            return drive(&taken, &Metered::new(driver(), meters, 0), future);
        }
        let parker = Parker::new();
        let (waker, unparker) = (parker.waker(), parker.unparker());
        let mut cx = Context::from_waker(&waker);
        loop {
            // First in line, then another look: whoever leaves the seat either is seen leaving it
            // or sees us in line.
            self.wait_in_line(&unparker);
            if let Some(taken) = self.take() {
                return drive(&taken, &Metered::new(driver(), meters, 0), future);
            }
            let budget = coop::budget();
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            drop(budget);
            parker.park(None);
        }
    }

    /// Steps 1 to 4 of the end; `local/worker.rs` has them.
    pub(super) fn shut_down(&self) {
        let worker = self.worker.lock().take();
        if let Some(worker) = worker {
            worker.shut_down();
        }
    }
}

/// The worker, until it is put back: also when the root future panics.
struct Taken<'a> {
    seat: &'a Seat,
    worker: Option<Box<Worker>>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.seat.worker.lock() = self.worker.take();
        // All, not one: the one might have finished by itself meanwhile.
        let waiting = std::mem::take(&mut *self.seat.waiting.lock());
        for unparker in waiting {
            unparker.unpark();
        }
    }
}

fn drive<F: Future>(taken: &Taken<'_>, driver: &dyn Park, mut future: Pin<&mut F>) -> F::Output {
    let Some(worker) = taken.worker.as_deref() else {
        unreachable!("a taken seat has its worker until it is dropped")
    };
    let _entered = worker.enter(driver);
    let mut cx = Context::from_waker(worker.root_waker());
    worker.root_waker().wake_by_ref();
    loop {
        match worker.tick() {
            Tick::Ran => {}
            Tick::Root => {
                let _budget = coop::budget();
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return output;
                }
            }
            Tick::Look => driver.park(Some(Duration::ZERO)),
            Tick::Sleep => {
                driver.park(None);
                worker.awake();
            }
        }
    }
}
