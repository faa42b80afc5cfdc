//! fd readiness -> Waker: mio Poll, tokens with generations, the cross-thread nudge.
//!
//! ```text
//!  kernel ── epoll_wait ──► event { token, bits }
//!                                   │ table[token.index], same generation?
//!                                   ▼
//!                               Source::set(bits)          the readiness word
//!                                   │ collect
//!                                   ▼
//!                               Batch ── lock released ──► Waker::wake
//! ```
//!
//! One reactor per runtime, shared by its sockets (they keep it alive) and drivers. It is asked for
//! events by whoever has the [`Turn`] (`drive/turn.rs`); the others register and deregister.
//!
//! **Tokens.** An index into a slab would be reused while an event for its last owner is still in
//! the buffer. So the token carries a generation, and an event whose generation is not the entry's
//! is for a source that is gone: it is dropped. Closing a socket needs no word with the sleeper.
//!
//! **Registered once.** Each fd is added with read and write interest, edge-triggered, and taken
//! out when it is dropped. Between the two there is no `epoll_ctl`, whatever the program waits for.
//!
//! **Nobody in epoll for nothing.** While no source is registered, the holder of the turn sleeps on
//! its thread parker, which is precise to the nanosecond. The first source to be registered stirs
//! it (`stir` in `drive/bell.rs`). A driver that sleeps without the turn is left alone.
//!
//! **Nothing runs under the lock of the table.** An event moves wakers into a batch; the batch is
//! woken after the lock is released, and every 32 wakers on the way.
//!
//! A child made by `fork` shares epoll with its parent: if it took its copies of the sockets out,
//! the parent's would fall silent. So only the process that made the reactor takes sources out.

#![forbid(unsafe_code)]

use super::ready::Ready;
use super::source::{Source, ended};
use super::turn::{Holder, Slot, Taken};
use crate::base::prim::{AtomicUsize, Mutex, Ordering};
use crate::base::trace::trace;
use crate::wake::batch::{Batch, Panic};
use crate::wake::park::{Unpark, Unparker};
use mio::{Events, Poll, Registry, Token};
use slab::Slab;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Events fetched by one `epoll_wait`. A full buffer is not a loss: the next call fetches the rest.
const EVENTS: usize = 1024;
/// The token of the nudge: no index is that large.
const NUDGE: Token = Token(usize::MAX);
/// A token is generation and index, half and half.
const INDEX_BITS: u32 = usize::BITS / 2;
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;

/// What to do with a waker's panic.
pub(crate) type Report<'a> = &'a dyn Fn(Panic);

/// The fds of one runtime.
pub(crate) struct Reactor {
    registry: Registry,
    /// Ends an `epoll_wait` from another thread: one write to an eventfd.
    nudge: mio::Waker,
    pub(super) table: Mutex<Table>,
    /// How many entries the table has, for whoever does not want its lock.
    sources: AtomicUsize,
    slot: Arc<Slot<Polling>>,
    /// The process that may take sources out.
    process: u32,
}

/// Token to source.
pub(super) struct Table {
    pub(super) entries: Slab<Entry>,
    /// Given to the next entry, then counted up.
    generation: usize,
    /// The runtime has ended; nothing can be registered any more.
    ended: bool,
}

pub(super) struct Entry {
    generation: usize,
    pub(super) source: Arc<Source>,
}

/// What the turn is about.
struct Polling {
    poll: Poll,
    events: Events,
}

impl Reactor {
    /// Opens epoll and its eventfd.
    ///
    /// # Errors
    /// When the system has no descriptors for them.
    pub(crate) fn new() -> io::Result<Arc<Reactor>> {
        Self::open().map_err(|error| {
            let text = format!(
                "a runtime needs three file descriptors, and the system refused one ({error}); \
                 close some, or raise the limit (ulimit -n)"
            );
            io::Error::new(error.kind(), text)
        })
    }

    fn open() -> io::Result<Arc<Reactor>> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let nudge = mio::Waker::new(&registry, NUDGE)?;
        let slot = Slot::new(Polling { poll, events: Events::with_capacity(EVENTS) });
        Ok(Arc::new(Reactor {
            registry,
            nudge,
            table: Mutex::new(Table { entries: Slab::new(), generation: 0, ended: false }),
            sources: AtomicUsize::new(0),
            slot: Arc::new(slot),
            process: std::process::id(),
        }))
    }

    /// Is there anything that epoll could report?
    pub(crate) fn has_sources(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `register`. What makes a sleeper see the
        // first source is not this load but the state word that `stir` changes.
        self.sources.load(Ordering::Acquire) != 0
    }

    /// Adds `io` to epoll, edge-triggered. `assumed` is its readiness before the first event.
    ///
    /// # Errors
    /// Those of `epoll_ctl`, and that the runtime has ended.
    pub(crate) fn register(
        self: &Arc<Self>,
        io: &mut impl mio::event::Source,
        interest: mio::Interest,
        assumed: Ready,
    ) -> io::Result<Registration> {
        let source = Arc::new(Source::new(assumed));
        let token = self.insert(source.clone())?;
        if let Err(error) = self.registry.register(io, Token(token), interest) {
            self.remove(token);
            return Err(error);
        }
        Ok(Registration { reactor: self.clone(), source, token })
    }

    fn insert(&self, source: Arc<Source>) -> io::Result<usize> {
        let token = {
            let mut table = self.table.lock();
            if table.ended {
                return Err(ended());
            }
            if table.entries.len() >= INDEX_MASK {
                return Err(io::Error::other("a reactor has no room for more sources"));
            }
            let generation = table.generation;
            table.generation = (generation + 1) & INDEX_MASK;
            let index = table.entries.insert(Entry { generation, source });
            (generation << INDEX_BITS) | index
        };
        // Ordering: Release, pairs with the Acquire in `has_sources`.
        if self.sources.fetch_add(1, Ordering::AcqRel) == 0 {
            // Nobody has the turn: whoever locks the slot next to take it sees the count.
            if let Some(holder) = self.slot.holder() {
                holder.stir();
            }
        }
        Ok(token)
    }

    fn remove(&self, token: usize) {
        let entry = {
            let mut table = self.table.lock();
            let is_there = table.source(token).is_some();
            is_there.then(|| table.entries.remove(token & INDEX_MASK))
        };
        if entry.is_some() {
            // Ordering: AcqRel, a count; see `insert`.
            self.sources.fetch_sub(1, Ordering::AcqRel);
        }
        // The wakers in it are somebody's code: `entry` is dropped here, outside the lock.
    }

    /// Takes the right to ask for events; `None` if another thread has it.
    pub(crate) fn take(&self, me: &Arc<impl Holder + 'static>) -> Option<Turn<'_>> {
        self.slot.take(me).map(|polling| Turn { reactor: self, polling })
    }

    /// Takes that right for a look.
    pub(crate) fn borrow(&self) -> Option<Turn<'_>> {
        self.slot.borrow().map(|polling| Turn { reactor: self, polling })
    }

    /// Forgets a holder that will not come again.
    pub(crate) fn forget(&self, me: &Arc<impl Holder + 'static>) {
        self.slot.forget(me);
    }

    /// Nudges whoever has the turn at that moment; nobody, if nobody has it.
    pub(crate) fn holder(&self) -> Unparker {
        self.slot.clone()
    }

    /// The runtime ends: sources answer with errors from now on, and whoever waits is woken.
    pub(crate) fn end(&self, report: Report<'_>) {
        let mut table = self.table.lock();
        table.ended = true;
        let sources: Vec<_> = table.entries.iter().map(|(_, entry)| entry.source.clone()).collect();
        drop(table);
        let mut batch = Batch::new();
        for source in &sources {
            source.end();
            while !source.collect(Ready::ALL, &mut batch) {
                batch.wake_each(report);
            }
        }
        batch.wake_each(report);
    }

    /// Hands `events` to their sources and wakes who waits. How many there were, without nudges.
    fn dispatch(&self, events: &Events, report: Report<'_>) -> usize {
        let mut batch = Batch::new();
        let mut count = 0;
        let mut table = self.table.lock();
        for event in events {
            if event.token() == NUDGE {
                continue;
            }
            count += 1;
            let Some(source) = table.source(event.token().0) else { continue };
            let ready = Ready::from_mio(event);
            trace!(Ready { index: event.token().0 & INDEX_MASK, bits: ready.bits() });
            source.set(ready);
            if source.collect(ready, &mut batch) {
                continue;
            }
            // The batch is full. The source may be gone when we have the lock again: keep it.
            let source = source.clone();
            drop(table);
            batch.wake_each(report);
            while !source.collect(ready, &mut batch) {
                batch.wake_each(report);
            }
            table = self.table.lock();
        }
        drop(table);
        batch.wake_each(report);
        count
    }
}

impl Unpark for Reactor {
    fn unpark(&self) {
        // mio empties a full eventfd. What is left is a process out of resources; the sleeper's
        // next event or deadline makes good for it.
        let _ = self.nudge.wake();
    }
}

impl Table {
    /// The source of `token`, if it is still that one.
    fn source(&self, token: usize) -> Option<&Arc<Source>> {
        let entry = self.entries.get(token & INDEX_MASK)?;
        (entry.generation == token >> INDEX_BITS).then_some(&entry.source)
    }
}

/// The right to ask for events. Goes back into the slot when dropped, also by a panic.
pub(crate) struct Turn<'a> {
    reactor: &'a Reactor,
    polling: Taken<'a, Polling>,
}

impl Turn<'_> {
    /// Waits for events, at most `timeout`. A nudge or a signal may end the wait with none.
    ///
    /// # Panics
    /// When epoll fails, which means that its fd was closed by somebody else.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) {
        let Some(polling) = self.polling.get() else { return };
        match polling.poll.poll(&mut polling.events, timeout) {
            Ok(()) => {}
            // A failed wait leaves the buffer empty.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!(
                "the reactor cannot wait for events ({error}): its file descriptor was closed by \
                 other code of this process; look for a close of a number that was not its own"
            ),
        }
    }

    /// Hands out what the last `wait` brought, wakes who waited for it. Returns how many events.
    pub(crate) fn serve(&mut self, report: Report<'_>) -> usize {
        self.polling.get().map_or(0, |polling| self.reactor.dispatch(&polling.events, report))
    }
}

/// One source's place in the reactor, held by its user. Dropping it frees the place.
pub(crate) struct Registration {
    reactor: Arc<Reactor>,
    source: Arc<Source>,
    token: usize,
}

impl Registration {
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        &self.reactor
    }

    /// Takes `io`, the very thing that was registered, out of epoll.
    pub(crate) fn deregister(&self, io: &mut impl mio::event::Source) -> io::Result<()> {
        if std::process::id() == self.reactor.process {
            self.reactor.registry.deregister(io)?;
        }
        Ok(())
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.reactor.remove(self.token);
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("source", &self.source).finish()
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed, for the eye only.
        let sources = self.sources.load(Ordering::Relaxed);
        f.debug_struct("Reactor").field("sources", &sources).finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "reactor_tests.rs"]
mod tests;
