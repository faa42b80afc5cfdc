//! the accept loop of a server: takes connections in, and rests when there is no room.
//!
//! ```text
//!   poll ── clients that have ended: note what went wrong
//!     │
//!     ▼
//!   closed? ── yes ──► nobody left? ──► over
//!     │ no
//!     ▼
//!   accept, listener after listener, until none has anything or the budget is used up
//!     │ Ok                   ──► a task in the server's group
//!     │ the caller has left  ──► the next, at once
//!     │ no descriptor left   ──► say so once, rest: 10 ms, 20, … 640 ms; a client's end cuts it
//!     └ anything else        ──► closed, with that error
//! ```
//!
//! A connection that cannot be taken in for want of a descriptor stays in the kernel's queue, and
//! `accept` would fail again at once: hence the rest. An episode of want ends, and the next one is
//! reported, when the queues have been found empty.
//!
//! The group is that of a [`TaskGroup`](super::task_group::TaskGroup), seen from inside: a
//! [`Roll`]. What differs is that a child's failure ends nobody else.

#![forbid(unsafe_code)]

use super::child::{Broken, Why};
use super::done::Ear;
use super::roll::Roll;
use super::want::{Rest, Trouble};
use crate::base::prim::Mutex;
use crate::net::tcp::listener::TcpListener;
use crate::net::tcp::stream::TcpStream;
use crate::runtime::handle::Handle;
use crate::runtime::report::{Unhandled, tell};
use crate::sync::event::Event;
use crate::wake::coop;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// So many callers in a row may have left; then something else is wrong, and the server rests.
const IN_A_ROW: u32 = 64;
/// So many ends of clients are heard of in a poll, before it is the listeners' turn.
const AT_ONCE: usize = 128;

type AnyError = Box<dyn Error + Send + Sync>;

/// What a handler of [`start_server`](crate::net::start_server) may return: nothing, or a
/// [`Result`] whose error becomes a `Box<dyn Error + Send + Sync>`, as `?` would make it one.
pub trait HandlerOutput {
    /// Nothing, or what went wrong.
    ///
    /// # Errors
    /// The handler's own.
    fn into_result(self) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl HandlerOutput for () {
    fn into_result(self) -> Result<(), AnyError> {
        Ok(())
    }
}

impl<E: Into<AnyError>> HandlerOutput for Result<(), E> {
    fn into_result(self) -> Result<(), AnyError> {
        self.map_err(Into::into)
    }
}

/// Whose handler returned which error.
pub(super) struct Failed {
    peer: SocketAddr,
    error: AnyError,
}

/// Why nobody could be accepted, and where.
type Failure = (io::Error, Option<SocketAddr>);
type Accepted = Result<(TcpStream, SocketAddr), Failure>;

/// What a server and its accept loop share.
pub(super) struct Desk {
    pub(super) clients: Arc<Roll<Failed>>,
    state: Mutex<State>,
    /// It accepts no more.
    pub(super) closed: Event,
    /// And all clients are gone.
    pub(super) over: Event,
}

struct State {
    /// `None`: closed. Used under the lock only, so that `close` has closed them when it returns.
    listeners: Option<Vec<TcpListener>>,
    most: usize,
    error: Option<io::Error>,
}

impl Desk {
    #[track_caller]
    pub(super) fn new(listeners: Vec<TcpListener>) -> (Arc<Self>, Ear) {
        let (clients, ear) = Roll::new(Handle::current());
        let state = State { listeners: Some(listeners), most: usize::MAX, error: None };
        let (closed, over) = (Event::new(), Event::new());
        (Arc::new(Self { clients, state: Mutex::new(state), closed, over }), ear)
    }

    /// Closes the listeners, after the accept that another thread may be in: that one never blocks.
    pub(super) fn close(&self, error: Option<io::Error>) {
        let mut state = self.state.lock();
        let Some(listeners) = state.listeners.take() else { return };
        state.error = error;
        // Under the lock: a second `close` comes back no earlier than the sockets are closed.
        drop(listeners);
        drop(state);
        self.closed.set();
        self.clients.ring();
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.lock().listeners.is_some()
    }

    pub(super) fn set_most(&self, most: usize) {
        self.state.lock().most = most;
        self.clients.ring();
    }

    /// What ended it, if not `close`.
    pub(super) fn error(&self) -> Option<io::Error> {
        // An error cannot be cloned, and whoever asks is to get it.
        self.state.lock().error.as_ref().map(|error| match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        })
    }

    /// Whether there is room for another client; `None`: closed.
    fn room(&self) -> Option<bool> {
        let clients = self.clients.len();
        let state = self.state.lock();
        state.listeners.as_ref().map(|_open| clients < state.most)
    }
}

/// The accept loop: ready when the server is closed and all clients are gone.
pub(super) async fn keep<H, F>(desk: Arc<Desk>, ear: Ear, handler: H)
where
    H: Fn(TcpStream, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output: HandlerOutput> + Send + 'static,
{
    let mut keeper = Keeper { desk, ear, next: 0, in_a_row: 0, rest: Rest::new() };
    let handler = Arc::new(handler);
    poll_fn(|cx| keeper.poll(cx, &handler)).await;
}

struct Keeper {
    desk: Arc<Desk>,
    ear: Ear,
    /// Whose turn it is of the listeners.
    next: usize,
    /// How many callers were gone, one after another.
    in_a_row: u32,
    rest: Rest,
}

impl Keeper {
    fn poll<H, F>(&mut self, cx: &mut Context<'_>, handler: &Arc<H>) -> Poll<()>
    where
        H: Fn(TcpStream, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output: HandlerOutput> + Send + 'static,
    {
        self.ear.listen(cx.waker());
        self.hear(cx);
        while let Some(room) = self.desk.room() {
            ready!(self.rest.poll(cx));
            if !room {
                return Poll::Pending;
            }
            match ready!(self.poll_accept(cx)) {
                Some(Ok((stream, peer))) => self.admit(handler, stream, peer),
                Some(Err(failure)) => self.cope(failure),
                None => break,
            }
        }
        if self.desk.clients.try_finish() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Notes what became of the clients that have ended.
    fn hear(&mut self, cx: &mut Context<'_>) {
        for _ in 0..AT_ONCE {
            let Some(ended) = self.desk.clients.pop() else { return };
            // It had a descriptor at least.
            self.rest.cut();
            match ended.output {
                Ok(Ok(())) => {}
                Ok(Err(Broken { why: Why::Error(Failed { peer, error }), .. })) => {
                    tell(Unhandled::Connection { peer, error });
                }
                Ok(Err(Broken { why: Why::Panic(panic), .. })) => tell(Unhandled::Panic(panic)),
                Err(error) if error.is_panic() => tell(Unhandled::Task(error)),
                Err(_told_to_end) => {}
            }
        }
        cx.waker().wake_by_ref();
    }

    /// The next connection or error of any listener; `None`: closed. `Pending`: there is none, or
    /// the budget is used up.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<Accepted>> {
        let state = self.desk.state.lock();
        let Some(listeners) = &state.listeners else { return Poll::Ready(None) };
        for _ in 0..listeners.len() {
            let listener = &listeners[self.next % listeners.len()];
            self.next = self.next.wrapping_add(1);
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                let failure = |error| (error, listener.local_addr().ok());
                return Poll::Ready(Some(accepted.map_err(failure)));
            }
        }
        drop(state);
        if coop::left() != 0 {
            // The queues are empty.
            self.rest.is_over();
            self.in_a_row = 0;
        }
        Poll::Pending
    }

    fn admit<H, F>(&mut self, handler: &Arc<H>, stream: TcpStream, peer: SocketAddr)
    where
        H: Fn(TcpStream, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output: HandlerOutput> + Send + 'static,
    {
        self.in_a_row = 0;
        self.rest.is_shortest();
        // `None`: the server is being dropped.
        let Some(place) = self.desk.clients.place() else { return };
        let handler = handler.clone();
        // Called inside of the task: it may panic before it is a future.
        let client = async move {
            let failed = |error| Broken { why: Why::Error(Failed { peer, error }), hold: hold() };
            (*handler)(stream, peer).await.into_result().map_err(failed)
        };
        place.fill(self.desk.clients.handle.spawn(client));
    }

    fn cope(&mut self, (error, local): Failure) {
        let trouble = Trouble::of(&error);
        self.in_a_row += 1;
        if trouble == Trouble::CallerLeft && self.in_a_row < IN_A_ROW {
            return;
        }
        if trouble == Trouble::Else {
            let copy = io::Error::new(error.kind(), error.to_string());
            tell(Unhandled::Accept { local, error: copy, closed: true });
            return self.desk.close(Some(error));
        }
        self.rest.begin();
        if self.rest.is_news() {
            tell(Unhandled::Accept { local, error, closed: false });
        }
    }
}

/// See `child.rs`: nobody waits for a client's value.
fn hold() -> Box<dyn Any + Send> {
    Box::new(())
}

impl Drop for Keeper {
    /// The end, the server's drop, or the end of the runtime.
    fn drop(&mut self) {
        self.desk.close(None);
        self.desk.clients.abandon();
        self.desk.over.set();
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (serving, clients) = (self.is_open(), self.clients.len());
        f.debug_struct("Server").field("serving", &serving).field("clients", &clients).finish()
    }
}
