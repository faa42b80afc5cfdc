//! one fd: a readiness word with a tick, two waker slots, and a line for the rest.
//!
//! The kernel says once that a socket has become ready (edge-triggered). From then on the program
//! has to remember it, until a syscall says `WouldBlock`. The memory is one word:
//!
//! ```text
//!   63                                                    8 7       0
//!  ┌───────────────────────────────────────────────────────┬─┬─┬─────┐
//!  │ tick: events so far                                   │E│L│Ready│  E: the runtime has ended
//!  └───────────────────────────────────────────────────────┴─┴─┴─────┘  L: somebody is in the line
//!
//!  reactor   event:  tick + 1, ready |= bits;   then take the wakers of both slots and of the line
//!  task      poll:   load ── ready? try the syscall ── WouldBlock? clear(what was loaded), again
//!                      │ not ready
//!                      ▼
//!                    leave a waker, load again ── still not ready? Pending
//! ```
//!
//! **The stale clear.** A task reads until `WouldBlock`; new bytes arrive and the reactor sets
//! READABLE; only now does the task come to clear it. The edge would be lost and the task asleep
//! for ever. So a clear names the tick it saw, and does nothing if there has been an event since.
//!
//! **The short read.** A read that did not fill its buffer has emptied the socket (on epoll and
//! kqueue), and READABLE is cleared without asking. But the peer's end may have come in the same
//! edge: so a short read clears only READABLE, never READ_CLOSED or ERROR, which the next read
//! finds. Only `WouldBlock`, the kernel's own word, clears these.
//!
//! | waits | where | by |
//! |---|---|---|
//! | one task that reads, one that writes | two slots: no lock, no allocation | `poll_*` |
//! | any number of others | the line: a lock, a node in each | `readable().await`, `accept` |
//!
//! * INV-48: at most one thread at a time is inside `register` of a slot: `Side::entered` says so.

use super::ready::{Interest, Ready};
use crate::base::note::{Kind, Wait};
use crate::base::prim::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::wake::batch::Batch;
use crate::wake::says;
use crate::wake::slot::WakerSlot;
use crate::wake::wait_list::Line;
use std::fmt;
use std::io;
use std::task::{Context, Poll};

/// The bit that no event sets: the reactor is gone, and nothing will happen here any more.
const ENDED: u64 = 1 << 7;
/// Somebody may stand in the line.
const LINE: u64 = 1 << 6;
/// One event.
const TICK: u64 = 1 << 8;

/// The two halves of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    /// The readiness that lets an operation of this direction try. An error is fetched by either.
    pub(crate) fn wanted(self) -> Ready {
        match self {
            Direction::Read => Interest::READABLE.wanted(),
            Direction::Write => Interest::WRITABLE.wanted(),
        }
    }

    /// The part of it that a short read or write has used up.
    pub(crate) fn plain(self) -> Ready {
        match self {
            Direction::Read => Ready::READABLE,
            Direction::Write => Ready::WRITABLE,
        }
    }
}

/// A look at the word: what was ready, and as of which event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadyEvent {
    word: u64,
}

impl ReadyEvent {
    pub(crate) fn ready(self) -> Ready {
        Ready::from_bits(self.word as u8)
    }

    fn has_ended(self) -> bool {
        self.word & ENDED != 0
    }

    fn tick(self) -> u64 {
        self.word / TICK
    }

    /// This look, if it answers `wanted`.
    pub(crate) fn answers(self, wanted: Ready) -> Option<io::Result<ReadyEvent>> {
        if self.has_ended() {
            Some(Err(ended()))
        } else {
            self.ready().intersects(wanted).then_some(Ok(self))
        }
    }
}

impl fmt::Debug for ReadyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyEvent")
            .field("tick", &self.tick())
            .field("ready", &self.ready())
            .finish()
    }
}

/// What is answered to whoever uses a source that outlived its runtime.
#[cold]
pub(crate) fn ended() -> io::Error {
    io::Error::other("the runtime this socket belongs to has ended")
}

/// One registered fd, as the reactor and its user share it.
pub(crate) struct Source {
    /// See the picture. Events are added by the reactor; ready bits are cleared by users.
    word: AtomicU64,
    pub(super) read: Side,
    pub(super) write: Side,
    /// Who waits by `Readiness`, for either direction. An event calls them all; who was called in
    /// vain stands in line again.
    pub(super) line: Mutex<Line>,
    /// No peer is at its other end: see `drive/still.rs`.
    pub(super) no_peer: AtomicBool,
}

/// Where the one task waits that reads, or the one that writes.
pub(super) struct Side {
    pub(super) slot: WakerSlot,
    /// True while a thread is inside `register`. Sockets are `Sync`: nothing else keeps two threads
    /// from polling the same direction at once.
    entered: AtomicBool,
}

impl Source {
    /// `ready` is what may be taken for granted before the first event: a fresh connection has room
    /// to write. If it turns out wrong, the syscall says so.
    pub(crate) fn new(ready: Ready) -> Self {
        Self {
            word: AtomicU64::new(u64::from(ready.bits())),
            read: Side::new(),
            write: Side::new(),
            line: Mutex::new(Line::new(Kind::Socket)),
            no_peer: AtomicBool::new(false),
        }
    }

    /// What is known now.
    #[inline]
    pub(crate) fn look(&self) -> ReadyEvent {
        // Ordering: Acquire, pairs with the Release in `set`.
        ReadyEvent { word: self.word.load(Ordering::Acquire) }
    }

    /// Ready for `direction`, or a waker left for the day it is.
    ///
    /// One task per direction: a second one takes the place of the first, whose waker is dropped.
    #[inline]
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<io::Result<ReadyEvent>> {
        let wanted = direction.wanted();
        if let Some(answer) = self.look().answers(wanted) {
            return Poll::Ready(answer);
        }
        match direction {
            Direction::Read => self.read.register(cx),
            Direction::Write => self.write.register(cx),
        }
        // The event may have come before the waker. `WakerSlot`: register, then look again.
        match self.look().answers(wanted) {
            Some(answer) => Poll::Ready(answer),
            None => says::pending(Poll::Pending, Wait::Named(Kind::Socket, 0)),
        }
    }

    /// Ready for `interest` now? No waker is left.
    pub(crate) fn try_ready(&self, interest: Interest) -> Option<io::Result<ReadyEvent>> {
        self.look().answers(interest.wanted())
    }

    /// Says that somebody stands in the line, and looks. Under the lock of the line.
    pub(super) fn announce(&self) -> ReadyEvent {
        // Ordering: AcqRel, pairs with `update`: of an event and this, one comes second, and sees
        // the line's bit or the readiness.
        ReadyEvent { word: self.word.fetch_or(LINE, Ordering::AcqRel) }
    }

    /// Clears `bits`, unless there has been an event since `seen`: all that was wanted when the
    /// kernel said `WouldBlock`, only the plain bit after a short transfer.
    #[inline]
    pub(crate) fn clear(&self, seen: ReadyEvent, bits: Ready) {
        let bits = u64::from(bits.bits());
        let mut word = seen.word;
        while word / TICK == seen.tick() && word & bits != 0 {
            // Ordering: AcqRel, a read-modify-write between events: the next event's writer and the
            // next look see each other through it, as they would without it.
            match self.word.compare_exchange_weak(
                word,
                word & !bits,
                Ordering::AcqRel,
                // Ordering: Acquire, pairs with the Release in `set`, like a look.
                Ordering::Acquire,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// The reactor's side: an event. Then `collect`.
    pub(crate) fn set(&self, ready: Ready) {
        self.update(|word| (word | u64::from(ready.bits())).wrapping_add(TICK));
    }

    /// The reactor's side: there will be no event any more. Then `collect`.
    pub(crate) fn end(&self) {
        self.update(|word| word | ENDED);
    }

    fn update(&self, change: impl Fn(u64) -> u64) {
        // Ordering: Relaxed, a guess that the exchange below checks.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            // Ordering: Release, pairs with the Acquire in `look`; Acquire, so that a clear which
            // came before is not undone by what it knew nothing of.
            match self.word.compare_exchange_weak(
                word,
                change(word),
                Ordering::AcqRel,
                // Ordering: Relaxed, another guess.
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// Moves the wakers that `ready` concerns into the batch. False: the batch is full and some are
    /// left; wake it and call again. The reactor's lock may be held, so it only moves.
    #[must_use = "wakers may be left"]
    pub(crate) fn collect(&self, ready: Ready, batch: &mut Batch) -> bool {
        self.read.collect(ready.intersects(Direction::Read.wanted()), batch)
            && self.write.collect(ready.intersects(Direction::Write.wanted()), batch)
            && self.call_line(batch)
    }

    /// Calls everybody in the line. No lock when there is nobody.
    fn call_line(&self, batch: &mut Batch) -> bool {
        // Ordering: Relaxed: `update` came before on this thread, and whoever announced before it
        // is seen by it, hence here; or, for a new owner, nobody is left who announces.
        if self.word.load(Ordering::Relaxed) & LINE == 0 {
            return true;
        }
        let mut line = self.line.lock();
        while !batch.is_full() {
            match line.hand_first() {
                Some(waker) => waker.into_iter().for_each(|waker| batch.push(waker)),
                None => {
                    // Ordering: Relaxed, the bit is set and cleared under the lock of the line.
                    self.word.fetch_and(!LINE, Ordering::Relaxed);
                    return true;
                }
            }
        }
        false
    }
}

impl Side {
    fn new() -> Self {
        Self { slot: WakerSlot::new(), entered: AtomicBool::new(false) }
    }

    #[inline]
    fn register(&self, cx: &Context<'_>) {
        // Ordering: Acquire, pairs with the Release in `Entered::drop`: one after the other.
        if self.entered.swap(true, Ordering::Acquire) {
            // Another thread is leaving its waker here at this moment: come again.
            cx.waker().wake_by_ref();
            return;
        }
        let _entered = Entered(&self.entered);
        // SAFETY(INV-48): `entered` was false, and stays true until the guard is dropped.
        unsafe { self.slot.register(cx.waker()) };
    }

    fn collect(&self, concerned: bool, batch: &mut Batch) -> bool {
        if concerned {
            if batch.is_full() {
                return false;
            }
            if let Some(waker) = self.slot.take() {
                batch.push(waker);
            }
        }
        true
    }
}

/// Leaves `register`, also when the waker's clone panics.
struct Entered<'a>(&'a AtomicBool);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Ordering: Release, pairs with the Acquire in `Side::register`.
        self.0.store(false, Ordering::Release);
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("word", &self.look()).finish()
    }
}

#[cfg(all(test, loom))]
#[path = "source_loom_tests.rs"]
mod models;
