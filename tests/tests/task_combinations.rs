//! Every combination of: where the task panics, when it is aborted, and what its owner does with
//! the handle. In each, the future and the output are dropped exactly once, the panic is contained, and
//! the join says what happened.

use mainspring::task::{AbortHandle, JoinError, JoinHandle, yield_now};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tests::{Bell, Counted, Drops, Gate, heard, poll_with, runtime};

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
    polls: usize,
    gate: Gate,
    /// Filled in once the task exists: the poll aborts its own task.
    own: Own,
    output: Option<Output>,
    _counted: Counted,
}

impl Future for Work {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        self.polls += 1;
        if let Some(own) = self.own.lock().expect("no panic under this lock").take() {
            own.abort();
        }
        match (self.first, self.polls) {
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
    /// Does the task get to its end, or is it dropped before?
    fn ends_by_itself(self) -> bool {
        match self.abort {
            Abort::Never | Abort::AfterTheEnd => true,
            Abort::BeforeFirstPoll | Abort::Twice => false,
            // The poll in which a task ends is not taken back.
            Abort::DuringPoll | Abort::AfterFirstPoll => self.first == First::Ready,
        }
    }

    /// What the join must say: nothing for an output, else a part of the error's text.
    fn expected(self) -> Option<&'static str> {
        match (self.panics, self.ends_by_itself()) {
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

    fn check(self, result: Result<Output, JoinError>) {
        match (result, self.expected()) {
            (Ok(mut output), None) => output.panics = false,
            (Err(error), Some(text)) => {
                assert_eq!(error.is_cancelled(), text == "cancelled", "{error}");
                assert_eq!(error.is_panic(), text != "cancelled", "{error}");
                assert!(error.to_string().contains(text), "{error}");
            }
            (Ok(_), Some(text)) => panic!("an output instead of {text:?}"),
            (Err(error), None) => panic!("an error instead of the output: {error}"),
        }
    }

    async fn run(self, future: &Drops, output: &Drops) {
        let (gate, own) = (Gate::new(), Own::default());
        let work = Work {
            panics: self.panics,
            first: self.first,
            polls: 0,
            gate: gate.clone(),
            own: own.clone(),
            output: Some(Output {
                panics: self.panics == Panics::InDropOfOutput,
                _counted: output.counted(),
            }),
            _counted: future.counted(),
        };
        let mut handle = Some(mainspring::spawn(work));
        let abort = handle.as_ref().expect("it is there").abort_handle();
        if self.abort == Abort::DuringPoll {
            *own.lock().expect("no panic under this lock") = Some(abort.clone());
        }
        let bell = Bell::new();
        self.before_first_poll(&mut handle, &abort, &bell);
        yield_now().await;
        if self.abort == Abort::AfterFirstPoll {
            abort.abort();
        }
        if self.handle == Handle::DroppedAfterFirstPoll {
            handle = None;
        }
        gate.open();
        for _ in 0..4 {
            yield_now().await;
        }
        assert!(abort.is_finished());
        assert_eq!(future.count(), 1, "the future is dropped when the task ends");
        if self.abort == Abort::AfterTheEnd {
            abort.abort();
        }
        let polled = matches!(self.handle, Handle::PolledAndAwaited);
        assert_eq!(bell.rung(), usize::from(polled), "who waits is woken once");
        match self.handle {
            Handle::Awaited | Handle::PolledAndAwaited => {
                self.check(handle.take().expect("it is there").await);
            }
            _ => drop(handle),
        }
        assert_eq!(output.count(), 1, "the output is gone with the handle");
    }

    fn before_first_poll(
        self,
        handle: &mut Option<JoinHandle<Output>>,
        abort: &AbortHandle,
        bell: &Arc<Bell>,
    ) {
        if self.handle == Handle::DroppedAtOnce {
            *handle = None;
        }
        if let Handle::PolledAndDropped | Handle::PolledAndAwaited = self.handle {
            let handle = handle.as_mut().expect("it is there");
            assert!(poll_with(handle, bell).is_pending());
            assert!(poll_with(handle, bell).is_pending());
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
    }
}

#[test]
fn every_combination_drops_once_and_reports_right() {
    let mut cases = Vec::new();
    for panics in PANICS {
        for first in FIRST {
            for abort in ABORT {
                cases.extend(HANDLE.map(|handle| Case { panics, first, abort, handle }));
            }
        }
    }
    assert_eq!(cases.len(), 540);
    let mut failed = Vec::new();
    for case in cases {
        let (future, output) = (Drops::new(), Drops::new());
        let (result, said) = heard(|| {
            let runtime = runtime();
            runtime.block_on(case.run(&future, &output));
            drop(runtime);
        });
        if result.is_err() || (future.count(), output.count()) != (1, 1) {
            let said = said.last().map_or("", |said| &said.text);
            failed.push(format!("{case:?}: {said} {} {}", future.count(), output.count()));
        }
    }
    assert!(failed.is_empty(), "{} cases failed:\n{}", failed.len(), failed.join("\n"));
}
