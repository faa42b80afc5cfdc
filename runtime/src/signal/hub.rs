//! one reader of the pipe for each runtime that somebody listens in.
//!
//! Read before: `signal/counts.rs`. A listener waits for the word that a byte was taken, and costs
//! memory only. Who takes it is the hub of a runtime: one descriptor, one source, shared by the
//! runtime's listeners, and gone with the last of them.
//!
//! ```text
//!  pipe readable ──► reactor: Source::set, wake the slot's waker, which is the hub's `Ear`
//!                                                    │
//!                 ┌──────────────────────────────────┘
//!                 ▼ lock
//!     read until it is empty, leave the Ear in the slot again     (`Source::poll_ready`)
//!                 │ unlock
//!                 ▼
//!     a byte? `took_byte`: all listeners of the process look at their counts
//!     the runtime has ended? tell all: its listeners answer `None`
//! ```
//!
//! The reading is done by the waker itself, on the thread that serves the reactor: there is no task
//! that a shutdown could drop, and it does not matter which listeners are polled, or by whom.
//!
//! **The lock** is there because a runtime's event may come while the hub's maker, on another
//! thread, still leaves the Ear in the slot, which one thread at a time may do. Whoever comes
//! second waits for a read or two. Nobody's code runs under it: a slot that holds the same Ear is
//! left as it is. The Ear is back in the slot before anybody is told, so a waker of a user's that
//! panics makes nobody deaf; and no byte comes in between, since one is under way until
//! `took_byte`.
//!
//! **The table** finds the hub of a reactor by its address. A hub keeps its reactor alive, so while
//! there is the hub, the address is its reactor's. What is left of hubs that are gone is swept out
//! when the next one is made.
//!
//! **A clock that stands still** is not held by whoever waits for a signal, but by whoever waits
//! for the end of a child, which is heard by a signal too. So the source has a peer while such
//! wait.

#![forbid(unsafe_code)]

use super::handler::Machine;
use crate::base::prim::Mutex;
use crate::drive::reactor::Reactor;
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::{Direction, ended};
use crate::io::async_fd::AsyncFd;
use std::io;
use std::sync::{Arc, LazyLock, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// The end of the pipe that one runtime reads.
pub(super) struct Hub {
    machine: &'static Machine,
    pipe: AsyncFd<mio::net::UnixStream>,
    /// Held by whoever reads.
    reads: Mutex<()>,
    /// An [`Ear`], always the same.
    ear: Waker,
    /// How many wait for whom a clock that stands still has to wait.
    holds: Mutex<usize>,
}

/// What lies in the source's slot. It does not keep the hub, which has the source.
struct Ear(Weak<Hub>);

/// By the address of a reactor.
type Hubs = Vec<(usize, Weak<Hub>)>;

static HUBS: LazyLock<Mutex<Hubs>> = LazyLock::new(Default::default);

impl Hub {
    /// The hub of a runtime, made if there is none.
    pub(super) fn of(reactor: &Arc<Reactor>, machine: &'static Machine) -> io::Result<Arc<Hub>> {
        let address = Arc::as_ptr(reactor).addr();
        let mut hubs = HUBS.lock();
        let there = hubs.iter().find(|(of, _)| *of == address).and_then(|(_, hub)| hub.upgrade());
        if let Some(hub) = there {
            drop(hubs);
            return if hub.has_ended() { Err(ended()) } else { Ok(hub) };
        }
        // Made under the lock: two at once would be a descriptor too many.
        let hub = Hub::new(reactor, machine)?;
        hubs.retain(|(_, hub)| hub.strong_count() > 0);
        hubs.push((address, Arc::downgrade(&hub)));
        drop(hubs);
        hub.read();
        Ok(hub)
    }

    fn new(reactor: &Arc<Reactor>, machine: &'static Machine) -> io::Result<Arc<Hub>> {
        let pipe = mio::net::UnixStream::from_std(machine.reader()?);
        let pipe = AsyncFd::new(reactor, pipe, Ready::EMPTY)?;
        pipe.registration.has_no_peer(true);
        let (reads, holds) = (Mutex::new(()), Mutex::new(0));
        Ok(Arc::new_cyclic(|hub| {
            let ear = Waker::from(Arc::new(Ear(hub.clone())));
            Hub { machine, pipe, reads, ear, holds }
        }))
    }

    /// Takes the byte, if there is one, and listens for the next.
    fn read(&self) {
        let (mut byte, mut end) = (false, false);
        let reads = self.reads.lock();
        let source = self.pipe.registration.source();
        // Pending: the Ear lies there for the next event.
        while let Poll::Ready(ready) =
            source.poll_ready(&mut Context::from_waker(&self.ear), Direction::Read)
        {
            if ready.is_err() {
                end = true;
                break;
            }
            match self.pipe.try_io(Interest::READABLE, |pipe| self.machine.take_byte(pipe)) {
                Ok(()) => byte = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // In a process made by `fork`: the byte is the parent's.
                Err(_) => break,
            }
        }
        drop(reads);
        if byte {
            self.machine.counts.took_byte();
        } else if end {
            self.machine.counts.tell();
        }
    }

    /// Has its runtime ended? Told of a byte that was taken, ask.
    pub(super) fn has_ended(&self) -> bool {
        let look = self.pipe.registration.source().try_ready(Interest::READABLE);
        matches!(look, Some(Err(_)))
    }

    /// Where it reads.
    pub(super) fn reactor(&self) -> &Arc<Reactor> {
        self.pipe.reactor()
    }

    fn count(&self, change: impl FnOnce(usize) -> usize) {
        let mut holds = self.holds.lock();
        *holds = change(*holds);
        self.pipe.registration.has_no_peer(*holds == 0);
    }
}

impl Wake for Ear {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(hub) = self.0.upgrade() {
            hub.read();
        }
    }
}

/// Somebody waits, and a clock that stands still waits with him.
pub(super) struct Hold(Arc<Hub>);

impl Hold {
    pub(super) fn new(hub: &Arc<Hub>) -> Hold {
        hub.count(|holds| holds + 1);
        Hold(hub.clone())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.count(|holds| holds - 1);
    }
}
