//! who mans a worker while code on its thread blocks: block_in_place, seen from inside.
//!
//! ```text
//!   the owner's thread             the worker                 a thread of the blocking pool
//!   poll ─► block_in_place
//!           no worker any more ──► offered ── a job ────────► take: adopt the driver, run
//!           the closure                                         │ its tasks, timers, sockets
//!           take, if nobody has ◄─ still offered                │
//!           the rest of the poll                                │
//!   poll ends without a worker:                                 │
//!           take_back ───────────► wanted ────────────────────► between two steps: give back,
//!   goes on ◄───────────────────── offered                      the job is done
//! ```
//!
//! `pool/loan.rs` has the protocol. A substitute is a job of the blocking pool like any other, so
//! the pool's limit bounds the substitutes, its hooks see their threads, and the end of the runtime
//! waits for them. When none can be had, the closure runs all the same, nobody mans the worker
//! meanwhile, and the runtime's hook for what is unhandled is told why.
//!
//! A worker is offered only out of a task's poll, also when the end of the runtime has begun: the
//! closure may wait for a task in the worker's own ring, which is dropped by whoever mans it. When
//! the blocking pool has been closed before the substitute's turn, whoever cancels the job does it.
//!
//! The guest of `block_on_helps` cannot be replaced, because its root is on this very stack. It
//! gives its tasks to the workers before it blocks.
//!
//! * INV-133: the thread's mode points to a `Post` only while somebody below on its stack owns a
//!   count of it.
//! * INV-134: a guest's pointer is used on its own thread, while its stay lasts.

use super::context::Mode;
use super::desk::Desk;
use super::handle::Handle;
use super::report::Unhandled;
use crate::base::prim::{Mutex, thread};
use crate::pool::loan::Loan;
use crate::pool::tick::Tick;
use crate::pool::worker::Worker;
use crate::task::current;
use crate::task::header::Id;
use crate::wake::park::Park;
use slab::Slab;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A task that is still in its poll, and where it was spawned.
pub(super) type Stuck = (Id, &'static Location<'static>);

/// The threads that block in place, and what each was polling.
#[derive(Default)]
pub(super) struct Away(Mutex<Slab<(thread::ThreadId, Option<Stuck>)>>);

impl Away {
    /// Does this thread? Then it cannot wait for its own end.
    pub(super) fn is_here(&self) -> bool {
        let current = thread::current().id();
        self.0.lock().iter().any(|(_, (thread, _))| *thread == current)
    }

    pub(super) fn tasks(&self) -> Vec<Stuck> {
        self.0.lock().iter().filter_map(|(_, (_, task))| *task).collect()
    }
}

/// Where one worker is manned.
pub(super) struct Post {
    place: Place,
    loan: Loan,
    handle: Handle,
    away: Arc<Away>,
}

enum Place {
    Desk(Box<Desk>),
    Guest(*const Worker),
}

// SAFETY(INV-132, INV-134): what is not Send here is used by one thread at a time, to which the
// loan's lock hands it over; a guest's pointer by its own thread.
unsafe impl Send for Post {}
// SAFETY(INV-132, INV-134): as above.
unsafe impl Sync for Post {}

impl Post {
    /// Its worker is manned by this thread, the owner.
    pub(super) fn new(desk: Desk, handle: Handle, away: Arc<Away>) -> Arc<Self> {
        Arc::new(Self { place: Place::Desk(Box::new(desk)), loan: Loan::new(), handle, away })
    }

    /// `worker` stays until the post's last count is gone.
    pub(super) fn guest(worker: &Worker, handle: Handle, away: Arc<Away>) -> Arc<Self> {
        Arc::new(Self { place: Place::Guest(worker), loan: Loan::new(), handle, away })
    }

    /// The mode of a thread that mans it; INV-133: the caller keeps its count meanwhile.
    pub(super) fn mode(self: &Arc<Self>) -> Mode {
        Mode::Worker(Arc::as_ptr(self).cast())
    }

    /// The owner's day, until the runtime ends.
    pub(super) fn live(&self) {
        let Place::Desk(desk) = &self.place else { return };
        let nudge = desk.unparker();
        while desk.run() == Tick::Left {
            self.loan.take_back(|| nudge.unpark());
            desk.driver.inside().adopt();
        }
        desk.worker.shut_down();
    }

    /// A substitute's, if it is not too late.
    fn stand_in(self: &Arc<Self>, number: u64) {
        let Place::Desk(desk) = &self.place else { return };
        if !self.loan.take(number) {
            return;
        }
        desk.driver.inside().adopt();
        let _context = self.handle.drive(self.mode());
        match desk.stand_in(&self.loan) {
            // In another's hands.
            Tick::Left => return,
            Tick::End => desk.worker.shut_down(),
            _ => {}
        }
        self.loan.give_back();
    }

    /// Has somebody called who stands in.
    fn call(self: &Arc<Self>, number: u64, from: &'static Location<'static>) {
        let mut job = StandIn { post: self.clone(), number, begun: false };
        let mut called = self.handle.spawn_job(None, move || job.run(), from);
        if called.is_finished()
            && !self.handle.inner.scheduler.is_ending()
            && let Poll::Ready(Err(why)) =
                Pin::new(&mut called).poll(&mut Context::from_waker(Waker::noop()))
        {
            (self.handle.inner.report)(Box::new(Unhandled::NoSubstitute(why)));
        }
    }
}

/// The job of a substitute.
struct StandIn {
    post: Arc<Post>,
    number: u64,
    begun: bool,
}

impl StandIn {
    fn run(&mut self) {
        self.begun = true;
        self.post.stand_in(self.number);
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let post = &self.post;
        let ending = !self.begun && post.handle.inner.scheduler.is_ending();
        if ending && post.loan.take(self.number) {
            if let Place::Desk(desk) = &post.place {
                let _inside = post.handle.enter();
                desk.worker.shut_down();
            }
            post.loan.give_back();
        }
    }
}

/// Code on this thread blocks. When this is dropped, the thread is the worker again, unless
/// somebody else is.
pub(super) struct Absent {
    post: Arc<Post>,
    /// `None`: a guest.
    offer: Option<u64>,
    worker: (*const (), *const ()),
    away: usize,
}

/// This thread, whose mode points to `post`, is about to block in code that was called `from`
/// there. `None`: it is not the worker at this moment, or cannot be spared.
pub(super) fn leave(post: *const (), from: &'static Location<'static>) -> Option<Absent> {
    let post = post.cast::<Post>();
    // SAFETY(INV-133): somebody below on the stack owns a count, from which this one is made.
    let post = unsafe {
        Arc::increment_strong_count(post);
        Arc::from_raw(post)
    };
    let (worker, spare) = match &post.place {
        Place::Desk(desk) => (&desk.worker, desk.may_leave.get() && current::id().is_some()),
        // SAFETY(INV-134): its own thread, in its stay.
        Place::Guest(worker) => (unsafe { &**worker }, true),
    };
    // Or it has left already in this poll, or another executor ends within it.
    if !spare || !current::is(worker) {
        return None;
    }
    let task = worker.last_polled();
    let away = post.away.0.lock().insert((thread::current().id(), task));
    let mut absent = Absent { post, offer: None, worker: (ptr::null(), ptr::null()), away };
    if let Place::Guest(worker) = absent.post.place {
        // SAFETY(INV-134): as above.
        unsafe { &*worker }.hand_on();
    }
    absent.worker = current::replace_worker(absent.worker);
    if let Place::Desk(_) = absent.post.place {
        let offer = absent.post.loan.offer();
        absent.offer = Some(offer.number);
        if !offer.owner_comes {
            absent.post.call(offer.number, from);
        }
    }
    Some(absent)
}

impl Drop for Absent {
    fn drop(&mut self) {
        if self.offer.is_none_or(|number| self.post.loan.take(number)) {
            current::replace_worker(self.worker);
        }
        self.post.away.0.lock().remove(self.away);
    }
}
