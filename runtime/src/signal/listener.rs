//! Signal: told of a signal that came since it was told the last time.
//!
//! Read before: `signal/counts.rs`, `signal/hub.rs`. A listener knows the count up to which it has
//! been told. It is told by the hub of whatever runtime takes the byte, and then looks.
//!
//! ```text
//!  enlisted in `taken` ──► has the count moved? ── yes ──► told
//!         ▲                      │ no
//!         │                      ▼
//!         │                has the runtime ended? ── yes ──► None
//!         │                      │ no
//!         └── enlist anew ◄── `taken`? ── no ──► Pending
//! ```

#![forbid(unsafe_code)]

use super::handler::Machine;
use super::hub::{Hold, Hub};
use super::kind::SignalKind;
use crate::drive::reactor::Reactor;
use crate::io::async_fd::current_reactor;
use crate::sync::notify::Notified;
use crate::wake::coop;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Listens to a signal: made by [`signal`].
///
/// Signals that come in quick succession may be told as one, as the system itself does.
///
/// A listener costs two small pieces of memory and no descriptor: there may be one in each of very
/// many tasks. All listeners of a runtime share one descriptor, which is closed with the last of
/// them, and two more are the process's. A signal wakes every listener that waits, in the whole
/// process and for whatever signal: each of them looks whether it was its own.
///
/// ```
/// use mainspring::signal::unix::{SignalKind, signal};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut hangups = signal(SignalKind::hangup())?;
/// # let number = std::process::id().to_string();
/// # let mut kill = std::process::Command::new("kill");
/// # assert!(kill.args(["-HUP", &number]).status()?.success());
/// // Somebody has changed the configuration, and says so: `kill -HUP`, with our number.
/// hangups.recv().await;
/// println!("reading the configuration again");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[must_use = "a listener that nobody asks hears nothing"]
pub struct Signal {
    machine: &'static Machine,
    index: usize,
    /// Up to which count it has been told.
    told: u64,
    hub: Arc<Hub>,
    taken: Pin<Box<Notified<'static>>>,
    /// Does a clock that stands still wait for it? Then it is held while it waits.
    has_peer: bool,
    hold: Option<Hold>,
}

/// Listens to a signal from now on.
///
/// The first call for a signal takes it over, for the whole process and for good: from then on it
/// does not do by itself what it would, end the program for example, even when nobody listens any
/// more. A handler that was there before is still called. A signal is told to every listener, in
/// whatever runtime of the process.
///
/// In a process made by `fork` without `exec`, listeners hear nothing, and their parents' all.
///
/// asyncio: `loop.add_signal_handler`, and a callback.
///
/// # Errors
/// `InvalidInput`, with its reason, for `SIGKILL`, `SIGSTOP`, `SIGILL`, `SIGFPE`, `SIGSEGV` and
/// numbers that are no signal; the system's, when there are no more descriptors: the first listener
/// of a runtime takes one, and the first of the process two more; that the runtime has ended.
///
/// # Panics
/// Outside a runtime.
#[track_caller]
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    Signal::listen(&current_reactor(), kind, false)
}

impl Signal {
    /// A listener for which a clock that stands still waits, as it does for a socket.
    pub(crate) fn new(reactor: &Arc<Reactor>, kind: SignalKind) -> io::Result<Signal> {
        Signal::listen(reactor, kind, true)
    }

    fn listen(reactor: &Arc<Reactor>, kind: SignalKind, has_peer: bool) -> io::Result<Signal> {
        let index = kind.index()?;
        let machine = Machine::get()?;
        let hub = Hub::of(reactor, machine)?;
        machine.install(kind)?;
        let taken = Box::pin(machine.counts.taken());
        let told = machine.counts.of(index);
        Ok(Signal { machine, index, told, hub, taken, has_peer, hold: None })
    }

    /// Waits until the signal has come at least once since the last time this was ready, or since
    /// the listener was made.
    ///
    /// `None`: the runtime that the listener was made in has ended. (In tokio it is never `None`,
    /// and such a listener may wait for ever.)
    ///
    /// # Cancel safety
    /// Nothing is lost: a signal that came meanwhile is told to the next call.
    pub async fn recv(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Polls for it; see [`recv`](Self::recv). The last task that polled is woken.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        ready!(coop::ready(cx));
        loop {
            let count = self.machine.counts.of(self.index);
            if count != self.told {
                self.told = count;
                self.hold = None;
                coop::spend();
                return Poll::Ready(Some(()));
            }
            if self.hub.has_ended() {
                self.hold = None;
                return Poll::Ready(None);
            }
            if self.taken.as_mut().poll(cx).is_pending() {
                if self.has_peer && self.hold.is_none() {
                    self.hold = Some(Hold::new(&self.hub));
                }
                return Poll::Pending;
            }
            // Enlisted before the look at the count: who takes a byte from now on tells us.
            self.taken.set(self.machine.counts.taken());
        }
    }

    /// Where it listens.
    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        self.hub.reactor()
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").field("number", &self.index).finish_non_exhaustive()
    }
}
