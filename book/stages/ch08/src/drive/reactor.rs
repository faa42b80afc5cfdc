//! fd readiness -> Waker: mio's Poll, a table of tokens, the nudge.
//!
//! ```text
//!  kernel ── epoll_wait ──► event { token, bits } ──► table[token] ──► Source::set ──► wake
//! ```
//!
//! mio is epoll here, kqueue elsewhere; what it is on Linux shows the program `epoll_raw`.
//!
//! Each fd is added once, for reading and writing, and taken out when it is dropped. A token is a
//! number that is never used again, so an event for a source that is gone meets nobody.

use super::source::{Direction, Source};
use mio::{Events, Interest, Poll, Registry, Token};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

/// The token of the nudge. The sources count from 0 and never get there.
const NUDGE: Token = Token(usize::MAX);
/// Events fetched by one call. A full buffer is no loss: the next call fetches the rest.
const EVENTS: usize = 256;

/// The sources of one runtime.
pub struct Reactor {
    registry: Registry,
    polling: RefCell<(Poll, Events)>,
    sources: RefCell<HashMap<Token, Rc<Source>>>,
    next_token: Cell<usize>,
    /// How often the kernel was asked.
    turns: Cell<usize>,
}

impl Reactor {
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        Ok(Self {
            registry: poll.registry().try_clone()?,
            polling: RefCell::new((poll, Events::with_capacity(EVENTS))),
            sources: RefCell::default(),
            next_token: Cell::new(0),
            turns: Cell::new(0),
        })
    }

    /// What ends a `turn` from another thread: an eventfd.
    pub fn nudge(&self) -> io::Result<mio::Waker> {
        mio::Waker::new(&self.registry, NUDGE)
    }

    /// Adds `io`, edge-triggered. From now on its events go to the source.
    pub fn register(&self, io: &mut impl mio::event::Source) -> io::Result<(Token, Rc<Source>)> {
        let token = Token(self.next_token.get());
        self.next_token.set(token.0 + 1);
        self.registry.register(io, token, Interest::READABLE | Interest::WRITABLE)?;
        let source = Rc::new(Source::new());
        self.sources.borrow_mut().insert(token, source.clone());
        Ok((token, source))
    }

    /// Takes `io` out.
    pub fn deregister(&self, token: Token, io: &mut impl mio::event::Source) {
        // It is closed next, which takes it out of epoll as well: an error changes nothing.
        let _ = self.registry.deregister(io);
        let source = self.sources.borrow_mut().remove(&token);
        drop(source);
    }

    /// How often the kernel was asked so far.
    pub fn turns(&self) -> usize {
        self.turns.get()
    }

    /// Waits for events, at most `timeout`, and wakes whom they concern. Returns how many there
    /// were, without nudges.
    pub fn turn(&self, timeout: Option<Duration>) -> usize {
        self.turns.set(self.turns.get() + 1);
        let mut concerned = Vec::new();
        {
            let (poll, events) = &mut *self.polling.borrow_mut();
            match poll.poll(events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return 0,
                Err(error) => panic!("epoll_wait failed, was its descriptor closed? {error}"),
            }
            let sources = self.sources.borrow();
            for event in events.iter().filter(|event| event.token() != NUDGE) {
                let Some(source) = sources.get(&event.token()) else { continue };
                // An error or a hang-up is news for both: the next syscall fetches it.
                let read = event.is_readable() || event.is_read_closed() || event.is_error();
                let write = event.is_writable() || event.is_write_closed() || event.is_error();
                concerned.push((source.clone(), read, write));
            }
        }
        // Wakers are somebody else's code: nothing is borrowed any more.
        for (source, read, write) in &concerned {
            if *read {
                source.set(Direction::Read);
            }
            if *write {
                source.set(Direction::Write);
            }
        }
        concerned.len()
    }
}
