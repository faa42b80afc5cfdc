//! a worker and what it sleeps in; block_on, and an end that returns.
//!
//! ```text
//! loop { tick ── Ran ───► is it the root's turn? poll it ── Ready ──► done
//!             ├─ Look ──► park(0): whatever the sleeper has collected
//!             └─ Idle ──► park: until an alarm, a deadline, or an event }
//! ```

use super::context::{Context, current, enter};
use crate::base::clock::Clock;
use crate::drive::driver::Driver;
use crate::drive::reactor::Reactor;
use crate::drive::timers::Timers;
use crate::local::shared::Shared;
use crate::local::worker::{Tick, Worker};
use crate::wake::park::Park;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as PollContext, Poll};
use std::time::Duration;

/// An executor for the thread that makes it. Dropping it drops every task.
pub struct Runtime {
    context: Rc<Context>,
    park: Driver,
}

/// Stands in the queue for the root future, which lives on the stack of `block_on`: its turn is the
/// root's turn, and its waker is the root's waker.
struct RootTurn(Arc<AtomicBool>);

impl Future for RootTurn {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut PollContext<'_>) -> Poll<()> {
        self.0.store(true, Ordering::Relaxed);
        Poll::Pending
    }
}

impl Runtime {
    /// # Errors
    /// When the system has no descriptors for epoll and its eventfd.
    pub fn new() -> io::Result<Self> {
        Self::with(Clock::real())
    }

    /// A runtime whose clock stands still while there is something to do, and then jumps to the
    /// next deadline: an hour of sleep takes no time.
    ///
    /// # Errors
    /// As [`Runtime::new`].
    pub fn start_paused() -> io::Result<Self> {
        Self::with(Clock::paused())
    }

    fn with(clock: Clock) -> io::Result<Self> {
        let timers = Rc::new(Timers::new(clock));
        let reactor = Rc::new(Reactor::new()?);
        let park = Driver::new(timers.clone(), reactor.clone())?;
        let worker = Worker::new(Shared::new(park.unparker()));
        Ok(Self { context: Rc::new(Context { worker, timers, reactor }), park })
    }

    /// How often this runtime has asked the kernel for events: its calls of `epoll_wait`.
    pub fn turns(&self) -> usize {
        self.context.reactor.turns()
    }

    /// Runs `future` to its end, and every task meanwhile. What is spawned goes on in the next
    /// `block_on`, if there is one.
    ///
    /// # Panics
    /// Inside another `block_on`: the thread would sleep that has to run the outer one.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        assert!(current().is_none(), "block_on inside a runtime would stop it: use .await");
        let _inside = enter(&self.context);
        let worker = &self.context.worker;
        let turn = Arc::new(AtomicBool::new(false));
        let stand_in = worker.spawn(RootTurn(turn.clone()));
        let waker = stand_in.waker();
        let mut cx = PollContext::from_waker(&waker);
        let mut root = pin!(future);
        loop {
            match worker.tick() {
                Tick::Ran => {
                    if turn.swap(false, Ordering::Relaxed)
                        && let Poll::Ready(output) = root.as_mut().poll(&mut cx)
                    {
                        stand_in.abort();
                        return output;
                    }
                }
                Tick::Look => self.park.park(Some(Duration::ZERO)),
                Tick::Idle => self.park.park(None),
            }
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // Destructors of futures run here, and may wake, abort, or look for their runtime.
        let _inside = enter(&self.context);
        self.context.worker.shut_down(|| self.park.park(None));
    }
}
