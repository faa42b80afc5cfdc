//! the future of a block_on, for those who watch: its record, and its place in the trace.
//!
//! A root is no task. While records are kept it has one, and while a trace is on its polls are
//! slices of the thread's lane and its wakes are noted. Its own waker says nothing (on
//! `multi_thread` it is that of a bare parker), so it gets one that does, around it.

#![forbid(unsafe_code)]

use super::recording::Recording;
use crate::base::trace::Event;
use crate::task::record::{self, Ticket};
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// What is kept of one root, if anything is.
#[derive(Debug, Default)]
pub(super) struct Root(Option<Kept>);

#[derive(Debug)]
struct Kept {
    ticket: Ticket,
    trace: Option<Arc<Said>>,
}

/// A waker that says who was woken, and wakes it.
#[derive(Debug)]
struct Said {
    recording: Arc<Recording>,
    task: u64,
    /// Since the last poll began.
    woken: AtomicBool,
    inside: Mutex<Waker>,
}

impl Root {
    /// A root with a record; number `task`, called for at `called`.
    pub(super) fn new(
        ticket: Ticket,
        recording: Option<&Arc<Recording>>,
        task: u64,
        called: &'static Location<'static>,
    ) -> Self {
        let trace = recording.map(|recording| {
            recording.note(Event::Root { task, called }, || None);
            let (recording, woken) = (recording.clone(), AtomicBool::new(true));
            Arc::new(Said { recording, task, woken, inside: Mutex::new(Waker::noop().clone()) })
        });
        Self(Some(Kept { ticket, trace }))
    }

    /// One poll of it.
    #[inline]
    pub(super) fn poll<F: Future>(
        &self,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        match &self.0 {
            None => future.poll(cx),
            Some(kept) => kept.poll(future, cx),
        }
    }
}

impl Kept {
    #[cold]
    #[inline(never)]
    fn poll<F: Future>(&self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(said) = &self.trace else { return record::poll(&self.ticket, future, cx) };
        said.wake_instead(cx.waker());
        let waker = Waker::from(said.clone());
        let mut slice = said.recording.slice(said.task, false);
        let polled = record::poll(&self.ticket, future, &mut Context::from_waker(&waker));
        slice.ready = polled.is_ready();
        polled
    }
}

impl Said {
    /// A poll begins: from now on `waker` is the one inside.
    fn wake_instead(&self, waker: &Waker) {
        // Ordering: Relaxed, for the eye only.
        self.woken.store(false, Ordering::Relaxed);
        let inside = || self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if !inside().will_wake(waker) {
            // Clones and drops are outside of the lock.
            let mut waker = waker.clone();
            std::mem::swap(&mut *inside(), &mut waker);
        }
    }
}

impl Wake for Said {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: Relaxed, for the eye only.
        if !self.woken.swap(true, Ordering::Relaxed) {
            let of = self.recording.of;
            self.recording.note(Event::Wake { task: self.task, of }, || None);
        }
        // It is one of ours: its clone runs nobody's code under the lock.
        let waker = self.inside.lock().unwrap_or_else(PoisonError::into_inner).clone();
        waker.wake();
    }
}
