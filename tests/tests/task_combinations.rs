//! Every combination of: where the task panics, when it is aborted, and what its owner does with
//! the handle. In each, the future and the output are dropped exactly once, the panic is contained,
//! and the join says what happened.
//!
//! On one thread every combination has one outcome. On a pool, spawn, poll, abort and the end of
//! the handle really race, and some have two: the task has ended before it was aborted, or not.

use mainspring::task::{AbortHandle, JoinError, JoinHandle, yield_now};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tests::{Bell, Counted, Drops, Gate, Kind, heard, poll_with, until};

/// Where the task panics.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Panics {
    Nowhere,
    InPoll,
    InDropOfFuture,
    InDropOfOutput,
    InPollAndDropOfFuture,
}

/// What the task does in its first poll.
#[derive(Debug, Clone, Copy, PartialEq)]
enum First {
    Ready,
    /// Wakes itself, and is ready in the second poll.
    Yields,
    /// Waits for the gate.
    Waits,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Abort {
    Never,
    BeforeFirstPoll,
    /// From inside the first poll.
    DuringPoll,
    AfterFirstPoll,
    AfterTheEnd,
    /// Twice, by two handles.
    Twice,
}

/// What becomes of the join handle.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Handle {
    DroppedAtOnce,
    DroppedAfterFirstPoll,
    DroppedAfterTheEnd,
    /// Polled with a waker of the test's, then dropped.
    PolledAndDropped,
    /// Polled with one waker and awaited with another.
    PolledAndAwaited,
    Awaited,
}

const PANICS: [Panics; 5] = [
    Panics::Nowhere,
    Panics::InPoll,
    Panics::InDropOfFuture,
    Panics::InDropOfOutput,
    Panics::InPollAndDropOfFuture,
];
const FIRST: [First; 3] = [First::Ready, First::Yields, First::Waits];
const ABORT: [Abort; 6] = [
    Abort::Never,
    Abort::BeforeFirstPoll,
    Abort::DuringPoll,
    Abort::AfterFirstPoll,
    Abort::AfterTheEnd,
    Abort::Twice,
];
const HANDLE: [Handle; 6] = [
    Handle::DroppedAtOnce,
    Handle::DroppedAfterFirstPoll,
    Handle::DroppedAfterTheEnd,
    Handle::PolledAndDropped,
    Handle::PolledAndAwaited,
    Handle::Awaited,
];

struct Output {
    panics: bool,
    _counted: Counted,
}

impl Drop for Output {
    fn drop(&mut self) {
        assert!(!self.panics || std::thread::panicking(), "drop of the output");
    }
}

type Own = Arc<Mutex<Option<AbortHandle>>>;

struct Work {
    panics: Panics,
    first: First,
    polls: Arc<AtomicUsize>,
    gate: Gate,
    /// Filled in once the task exists: the poll aborts its own task.
    own: Own,
    output: Option<Output>,
    _counted: Counted,
}

impl Future for Work {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        let polls = self.polls.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(own) = self.own.lock().expect("no panic under this lock").take() {
            own.abort();
        }
        match (self.first, polls) {
            (First::Yields, 1) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            (First::Waits, _) if Pin::new(&mut self.gate).poll(cx).is_pending() => {
                return Poll::Pending;
            }
            _ => {}
        }
        let in_poll = matches!(self.panics, Panics::InPoll | Panics::InPollAndDropOfFuture);
        assert!(!in_poll, "poll");
        Poll::Ready(self.output.take().expect("polled once after the end"))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let in_drop = matches!(self.panics, Panics::InDropOfFuture | Panics::InPollAndDropOfFuture);
        assert!(!in_drop, "drop of the future");
    }
}

/// One combination.
#[derive(Debug, Clone, Copy)]
struct Case {
    panics: Panics,
    first: First,
    abort: Abort,
    handle: Handle,
}

impl Case {
    /// Does the task get to its end, or is it dropped before? `None`: who is first decides.
    fn ends_by_itself(self, kind: Kind) -> Option<bool> {
        match self.abort {
            Abort::Never | Abort::AfterTheEnd => Some(true),
            // The poll in which a task ends is not taken back.
            Abort::DuringPoll | Abort::AfterFirstPoll if self.first == First::Ready => Some(true),
            Abort::DuringPoll if self.first == First::Yields => Some(false),
            // It may be in its last poll already, also one that waits: that may find the gate open.
            _ => (!kind.is_pool()).then_some(false),
        }
    }

    /// What the join must say: nothing for an output, else a part of the error's text.
    fn expected(self, ends_by_itself: bool) -> Option<&'static str> {
        match (self.panics, ends_by_itself) {
            (Panics::InDropOfFuture | Panics::InPollAndDropOfFuture, _) => {
                Some("drop of the future")
            }
            (Panics::InPoll, true) => Some("\"poll\""),
            (Panics::Nowhere | Panics::InDropOfOutput, true) => None,
            // The output is still in the future, and dies with it.
            (Panics::InDropOfOutput, false) => Some("drop of the output"),
            (Panics::Nowhere | Panics::InPoll, false) => Some("cancelled"),
        }
    }

    fn check(self, kind: Kind, result: Result<Output, JoinError>) {
        let may_be = match self.ends_by_itself(kind) {
            Some(ends) => vec![self.expected(ends)],
            None => [true, false].map(|ends| self.expected(ends)).to_vec(),
        };
        match result {
            Ok(mut output) => {
                output.panics = false;
                assert!(may_be.contains(&None), "an output instead of {may_be:?}");
            }
            Err(error) => {
                let is = |text: &&str| {
                    let cancelled = *text == "cancelled";
                    (error.is_cancelled(), error.is_panic()) == (cancelled, !cancelled)
                        && error.to_string().contains(*text)
                };
                assert!(may_be.iter().flatten().any(is), "{error} instead of {may_be:?}");
            }
        }
    }

    async fn run(self, kind: Kind, future: Drops, output: Drops) {
        let (gate, own, polls) = (Gate::new(), Own::default(), Arc::new(AtomicUsize::new(0)));
        let work = Work {
            panics: self.panics,
            first: self.first,
            polls: polls.clone(),
            gate: gate.clone(),
            own: own.clone(),
            output: Some(Output {
                panics: self.panics == Panics::InDropOfOutput,
                _counted: output.counted(),
            }),
            _counted: future.counted(),
        };
        let (mut handle, abort) = self.spawn(work, &own);
        let bell = Bell::new();
        let early = self.before_first_poll(&mut handle, &abort, &bell);
        yield_now().await;
        if self.abort == Abort::AfterFirstPoll {
            until(|| polls.load(Ordering::Relaxed) > 0).await;
            abort.abort();
        }
        if self.handle == Handle::DroppedAfterFirstPoll {
            handle = None;
        }
        gate.open();
        until(|| abort.is_finished()).await;
        assert_eq!(future.count(), 1, "the future is dropped when the task ends");
        if self.abort == Abort::AfterTheEnd {
            abort.abort();
        }
        match (self.handle, early) {
            // It had ended when the handle was polled.
            (_, Some(result)) => {
                assert!(bell.rung() <= 1, "it had ended before the second poll, or the first");
                self.check(kind, result);
            }
            (Handle::PolledAndAwaited, None) => {
                until(|| bell.rung() == 1).await;
                self.check(kind, handle.take().expect("it is there").await);
            }
            (Handle::Awaited, None) => {
                self.check(kind, handle.take().expect("it is there").await);
            }
            // On a pool it may have been rung before the handle was dropped.
            (Handle::PolledAndDropped, None) => {
                assert!(bell.rung() <= usize::from(kind.is_pool()));
            }
            _ => {
                drop(handle);
                assert_eq!(bell.rung(), 0);
            }
        }
        until(|| output.count() == 1).await;
    }

    /// Spawns it; a poll that aborts its own task waits until it can.
    fn spawn(self, work: Work, own: &Own) -> (Option<JoinHandle<Output>>, AbortHandle) {
        let mut own = own.lock().expect("no panic under this lock");
        let handle = mainspring::spawn(work);
        let abort = handle.abort_handle();
        if self.abort == Abort::DuringPoll {
            *own = Some(abort.clone());
        }
        (Some(handle), abort)
    }

    fn before_first_poll(
        self,
        handle: &mut Option<JoinHandle<Output>>,
        abort: &AbortHandle,
        bell: &Arc<Bell>,
    ) -> Option<Result<Output, JoinError>> {
        let mut early = None;
        if self.handle == Handle::DroppedAtOnce {
            *handle = None;
        }
        if let Handle::PolledAndDropped | Handle::PolledAndAwaited = self.handle {
            let handle = handle.as_mut().expect("it is there");
            for _ in 0..2 {
                if let Poll::Ready(result) = poll_with(handle, bell) {
                    early = Some(result);
                    break;
                }
            }
        }
        if self.handle == Handle::PolledAndDropped {
            *handle = None;
        }
        if let Abort::BeforeFirstPoll | Abort::Twice = self.abort {
            abort.abort();
        }
        if self.abort == Abort::Twice {
            abort.clone().abort();
        }
        early
    }
}

fn every_case() -> Vec<Case> {
    let mut cases = Vec::new();
    for panics in PANICS {
        for first in FIRST {
            for abort in ABORT {
                cases.extend(HANDLE.map(|handle| Case { panics, first, abort, handle }));
            }
        }
    }
    assert_eq!(cases.len(), 540);
    cases
}

fn every_combination_drops_once_and_reports_right(kind: Kind) {
    let mut failed = Vec::new();
    for case in every_case() {
        let mut counts = Vec::new();
        let (result, said) = heard(|| {
            let runtime = kind.runtime();
            // On a pool by turns from outside, and from a worker.
            for round in 0..if kind.is_pool() { 4 } else { 1 } {
                let (future, output) = (Drops::new(), Drops::new());
                let run = case.run(kind, future.clone(), output.clone());
                counts.push((future, output));
                match round % 2 {
                    0 => runtime.block_on(run),
                    _ => runtime.block_on(runtime.spawn(run)).expect("no panic"),
                }
            }
        });
        let once = |(future, output): &(Drops, Drops)| future.count() == 1 && output.count() == 1;
        if result.is_err() || !counts.iter().all(once) {
            let said = said.iter().map(|said| &said.text);
            failed.push(format!("{case:?}: {:?} {counts:?}", said.collect::<Vec<_>>()));
        }
    }
    assert!(failed.is_empty(), "{} cases failed:\n{}", failed.len(), failed.join("\n"));
}

tests::each_scheduler! { every_combination_drops_once_and_reports_right }
