//! the same requests by threads with blocking sockets, and by tasks.

#![forbid(unsafe_code)]

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use hyper::Uri;
use mainspring::sync::Semaphore;
use mainspring::task::JoinSet;

use crate::client::Client;
use crate::page::within;
use crate::plain;

/// No answer takes longer than this unless something hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which request failed, and why.
pub type Failed = Box<dyn Error + Send + Sync>;

/// A pool of `n` threads that take the paths in order, a connection for each. Calls `done` after
/// each.
///
/// # Errors
/// The first that failed; what a thread has begun it ends.
pub fn blocking(
    n: usize,
    server: SocketAddr,
    paths: &[String],
    done: impl Fn() + Sync,
) -> Result<(), Failed> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), Failed> {
        // Ordering: the number itself is all that is shared.
        while let Some(path) = paths.get(next.fetch_add(1, Relaxed)) {
            let (status, _body) = plain::get(server, path, PATIENCE)?;
            if status != 200 {
                return Err(format!("{path} answered {status}").into());
            }
            done();
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..n).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))
        })
    })
}

/// A task a path, at most `limit` of them at a time, over as many connections. The permit is taken
/// before the task is spawned, so they start in order on any number of threads: the floor is that
/// of this order. Calls `done` after each.
///
/// # Errors
/// The first that failed; the others are stopped.
///
/// # Cancel safety
/// Dropping it stops all of them.
pub async fn tasks(
    limit: usize,
    server: SocketAddr,
    paths: Vec<String>,
    done: impl Fn() + Clone + Send + 'static,
) -> Result<(), Failed> {
    let client = Client::new(limit);
    let permits = Arc::new(Semaphore::new(limit));
    let mut tasks = JoinSet::new();
    for path in paths {
        let url: Uri = format!("http://{server}{path}").parse()?;
        let permit = permits.clone().acquire_owned().await?;
        let (client, done) = (client.clone(), done.clone());
        tasks.spawn(async move {
            let _permit = permit;
            let answer = within(PATIENCE, client.get(&url)).await;
            match answer.map_err(|failure| format!("{url}: {failure}"))? {
                answer if answer.good() => done(),
                answer => return Err(format!("{url} answered {}", answer.status)),
            }
            Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}
