//! A task on every scheduler, a waker that polls, and both ends of a connection.

use mainspring::net::{TcpListener, TcpStream};
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
pub use tests::{Bell, Kind};

/// Runs an async test in a runtime of its own: as a task, or in `block_on`.
pub fn run<F>(kind: Kind, test: impl FnOnce() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = kind.runtime();
    if kind.is_pool() {
        let task = runtime.spawn(test());
        runtime.block_on(task).unwrap_or_else(|error| resume_unwind(error.into_panic()));
    } else {
        runtime.block_on(test());
    }
}

/// Both ends of a connection.
pub async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Polls once, and leaves `bell`'s waker.
pub fn poll<F: Future>(future: F, bell: &Arc<Bell>) -> Poll<F::Output> {
    let waker = Waker::from(bell.clone());
    std::pin::pin!(future).poll(&mut Context::from_waker(&waker))
}

/// The output of a future that must not have to wait.
#[track_caller]
pub fn now<F: Future>(future: F) -> F::Output {
    match poll(future, &Bell::new()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should not have to wait"),
    }
}

/// The output of a future that is woken whenever it waits.
pub fn run_ready<F: Future>(future: F) -> F::Output {
    let (mut future, bell) = (std::pin::pin!(future), Bell::new());
    let waker = Waker::from(bell.clone());
    for polls in 0.. {
        assert!(bell.rung() >= polls, "it waits, and nobody will wake it");
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
    }
    unreachable!()
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A waker that polls its future at once, inside of whoever calls it.
pub struct Inline(Mutex<Option<Work>>);

impl Inline {
    /// Polls `work` for the first time; from then on its wakers do.
    pub fn start(work: impl Future<Output = ()> + Send + 'static) -> Arc<Self> {
        let this = Arc::new(Self(Mutex::new(Some(Box::pin(work)))));
        this.wake_by_ref();
        this
    }

    pub fn has_ended(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Some(mut work) = self.0.lock().unwrap().take() else { return };
        let waker = Waker::from(self.clone());
        if work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            *self.0.lock().unwrap() = Some(work);
        }
    }
}
