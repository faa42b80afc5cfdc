//! models of a lane: a caller beside the job that writes for it.

use super::*;
use crate::base::prim::thread;
use crate::wake::block_on::block_on;
use std::future::poll_fn;

/// Every schedule with at most two preemptions: callers and jobs meet in a lock only.
fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(check);
}

/// Keeps what is written, in the order in which it comes; refuses one byte.
#[derive(Debug, Default)]
struct Sink {
    bytes: Mutex<Vec<u8>>,
    refuses: Option<u8>,
    last: Mutex<bool>,
}

impl Outlet for Sink {
    fn write(&self, back: u64, bytes: &[u8]) -> io::Result<()> {
        assert_eq!(back, 0);
        if self.refuses.is_some_and(|byte| bytes.contains(&byte)) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.lock().extend(bytes);
        Ok(())
    }

    fn last_words(&self, back: u64, bytes: &[u8]) -> io::Result<()> {
        *self.last.lock() = true;
        self.write(back, bytes)
    }
}

struct Threads(Vec<thread::JoinHandle<()>>);

impl Threads {
    /// Writes one byte; `run` is what becomes of a job.
    fn write(&mut self, lane: &Lane<Sink>, byte: u8, run: fn(Job<Sink>)) -> io::Result<()> {
        let bytes = [byte];
        let accept = |cx: &mut Context<'_>| lane.poll_accept(cx, &[IoSlice::new(&bytes)], 1, 0);
        if let Accepted::Starts(_, job) = block_on(poll_fn(accept))? {
            self.0.push(thread::spawn(move || run(job)));
        }
        Ok(())
    }

    fn settle(self, lane: &Lane<Sink>) -> io::Result<()> {
        let settled = block_on(poll_fn(|cx| lane.poll_settled(cx)));
        // Whoever finds it at rest finds the only count beside the caller's own.
        assert!(lane.is_at_rest());
        self.0.into_iter().for_each(|thread| thread.join().unwrap());
        settled
    }
}

fn lane(refuses: Option<u8>) -> (StdArc<Sink>, Lane<Sink>, Threads) {
    let sink = StdArc::new(Sink { refuses, ..Sink::default() });
    (sink.clone(), Lane::new(sink), Threads(Vec::new()))
}

/// A deadlock is a lost wake: the caller waits for room, or for the end, and is not told.
#[test]
fn loom_lane_every_byte_is_written_once_in_order() {
    model(|| {
        let (sink, lane, mut threads) = lane(None);
        for byte in [1, 2] {
            threads.write(&lane, byte, Job::run).unwrap();
        }
        threads.settle(&lane).unwrap();
        assert_eq!(*sink.bytes.lock(), [1, 2]);
        drop(lane.retire());
        assert_eq!(StdArc::strong_count(&sink), 1, "a job keeps none");
    });
}

#[test]
fn loom_lane_an_error_is_told_once_whenever_it_comes() {
    model(|| {
        let (sink, lane, mut threads) = lane(Some(1));
        threads.write(&lane, 1, Job::run).unwrap();
        let second = threads.write(&lane, 2, Job::run);
        let end = threads.settle(&lane);
        assert_eq!(u8::from(second.is_err()) + u8::from(end.is_err()), 1);
        // Told before the second was accepted, or the second went with the first.
        assert!(sink.bytes.lock().is_empty());
    });
}

/// The runtime ends: the job is dropped before it has begun, while the caller goes on.
#[test]
fn loom_lane_a_job_that_is_dropped_says_its_last_words() {
    model(|| {
        let (sink, lane, mut threads) = lane(None);
        threads.write(&lane, 1, drop).unwrap();
        threads.write(&lane, 2, Job::run).unwrap();
        threads.settle(&lane).unwrap();
        assert_eq!(*sink.bytes.lock(), [1, 2]);
        assert!(*sink.last.lock());
    });
}
