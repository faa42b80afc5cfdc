//! an accept loop: so many connections, no slow ones, and an end that lets requests finish.
//!
//! What `axum::serve` does, which needs a tokio runtime, and what it does not do:
//!
//! ```text
//!             permit                accept              stop                  grace is over
//!   listener ────────► room for one ──────► a task each ────► no new request ──────────────► cut
//!                          ▲                    │              each is closed
//!                          └────────────────────┘              after its answer
//!                           the permit comes back with the end
//! ```
//!
//! * A connection holds a permit. Without one nobody accepts, and the next client waits in the
//!   system's queue: there is no "too many open files". All permits back means that all have ended.
//! * A client that takes too long over the head of a request is closed, and so is one that keeps a
//!   connection open and asks nothing: hyper's `header_read_timeout`, on the runtime's timer.
//! * At the end, connections that are between two requests are closed at once, the others after
//!   their answer. Those that have none when the grace is over are dropped, and with each its
//!   request, and with that its sources.

#![forbid(unsafe_code)]

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::tell;
use axum::Router;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper_util::service::TowerToHyperService;
use mainspring::compat::hyper::Timer;
use mainspring::net::TcpListener;
use mainspring::select;
use mainspring::sync::{Event, Semaphore};
use mainspring::task::Builder;
use mainspring::time::{sleep, timeout};

use super::numbers::Numbers;

/// How long it rests when the system has no descriptor left for another connection.
const REST: Duration = Duration::from_millis(50);
/// The most bytes that hyper keeps of one connection, so the longest head of a request.
const LONGEST_HEAD: usize = 16 * 1024;

/// What one client may have of the server, and all of them together.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections at a time.
    pub connections: NonZeroU32,
    /// From the end of an answer, or the beginning, to the end of the next request's head.
    pub head: Duration,
    /// For the requests that are running when the server stops.
    pub grace: Duration,
}

/// What comes of being told to stop: a future that ends the grace before its time.
#[derive(Debug)]
pub struct Hurry<F>(pub F);

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Requests without an answer when it was told to stop.
    pub running: usize,
    /// How many of them had none when the grace was over.
    pub cut_off: usize,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = self.running - self.cut_off;
        let plural = if self.running == 1 { "request was" } else { "requests were" };
        write!(f, "{} {plural} running: {ended} ended, {} cut off", self.running, self.cut_off)
    }
}

/// What every connection listens for.
#[derive(Debug, Default)]
pub struct Signs {
    /// No further request.
    pub stopping: Event,
    /// The end, at once.
    pub cut: Event,
}

/// Serves until `stop` is ready. Then it accepts nothing more and lets the requests that are
/// running end, until the grace is over or the [`Hurry`] that came of `stop` is ready too.
///
/// # Cancel safety
/// Dropping it closes the listener; connections that are open live on as tasks.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    numbers: Arc<Numbers>,
    limits: Limits,
    stop: impl Future<Output = Hurry<impl Future>>,
) -> Stopped {
    let mut stop = pin!(stop);
    let all = limits.connections.get();
    let (room, signs) = (Arc::new(Semaphore::new(all as usize)), Arc::new(Signs::default()));
    let hurry = loop {
        let next = async {
            let permit = room.clone().acquire_owned().await.expect("it is never closed");
            (permit, listener.accept().await)
        };
        let accepted = select! {
            biased;
            Hurry(hurry) = stop.as_mut() => break hurry,
            accepted = next => accepted,
        };
        match accepted {
            (permit, Ok((stream, peer))) => {
                let _ = stream.set_nodelay(true);
                let (router, signs, counted) =
                    (router.clone(), signs.clone(), numbers.connection());
                spawn(peer, async move {
                    connection(stream, router, limits.head, &signs).await;
                    drop((counted, permit));
                });
            }
            (_, Err(error)) => {
                tell!("cannot accept: {error}; resting for {REST:?}");
                sleep(REST).await;
            }
        }
    };
    drop(listener);
    let running = numbers.in_flight();
    signs.stopping.set();
    // An error says that the grace is over, and what is still running tells how it went.
    let _ = timeout(limits.grace, async {
        select! {
            _ = hurry => {}
            _ = room.acquire_many(all) => {}
        }
    })
    .await;
    let cut_off = numbers.in_flight().min(running);
    signs.cut.set();
    let _all = room.acquire_many(all).await;
    Stopped { running, cut_off }
}

fn spawn(peer: SocketAddr, connection: impl Future<Output = ()> + Send + 'static) {
    let name = format!("client {peer}");
    // Detached: it has a permit, and that is waited for.
    drop(Builder::new().name(&name).spawn(connection));
}

/// Answers the requests that come on one connection, until it ends or a sign is given. The head of
/// a request may take so long, and so may the wait for it.
///
/// # Cancel safety
/// Dropping it closes the connection and drops the request that is running.
pub async fn connection(
    stream: impl Read + Write + Unpin,
    router: Router,
    head: Duration,
    signs: &Signs,
) {
    let served = http1::Builder::new()
        .timer(Timer)
        .header_read_timeout(head)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(stream, TowerToHyperService::new(router));
    let mut served = pin!(served);
    // An error is a client that went away, was too slow, or did not speak HTTP: nobody to tell.
    select! {
        biased;
        _ = served.as_mut() => return,
        _ = signs.stopping.wait() => served.as_mut().graceful_shutdown(),
    }
    select! {
        _ = served => {}
        _ = signs.cut.wait() => {}
    }
}
