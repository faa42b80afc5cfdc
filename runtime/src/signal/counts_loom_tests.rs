//! models of the counts and the byte: handlers on some threads, a reader on another. The pipe is an
//! atomic that orders nothing.

use super::*;
use crate::base::prim::{Arc, AtomicUsize, thread};
use crate::wake::block_on::block_on;

/// What came, what was done before it, and the bytes in the pipe.
struct Model {
    counts: Counts,
    before: AtomicUsize,
    pipe: AtomicUsize,
}

impl Model {
    fn new() -> Arc<Self> {
        let (before, pipe) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { counts: Counts::new(1), before, pipe })
    }

    /// A signal: its sender's work, then the handler.
    fn signal(&self) {
        self.before.fetch_add(1, Ordering::Relaxed);
        if self.counts.add(1) {
            let bytes = self.pipe.fetch_add(1, Ordering::Relaxed);
            assert_eq!(bytes, 0, "one byte is under way");
        }
    }

    /// A listener reads the pipe: was there a byte?
    fn read(&self) -> bool {
        let byte = self.pipe.swap(0, Ordering::Relaxed) == 1;
        if byte {
            self.counts.took_byte();
        }
        byte
    }
}

/// Two signals, on two threads: a byte is in the pipe, or whoever took the last one saw both.
#[test]
fn loom_signal_no_count_is_left_behind_without_a_byte() {
    loom::model(|| {
        let model = Model::new();
        let handlers = [(); 2].map(|()| {
            let model = model.clone();
            thread::spawn(move || model.signal())
        });
        let mut seen = 0;
        for _ in 0..2 {
            if model.read() {
                seen = model.counts.of(1);
            }
        }
        handlers.into_iter().for_each(|handler| handler.join().unwrap());
        assert!(seen == 2 || model.pipe.load(Ordering::Relaxed) == 1, "{seen} of 2 were seen");
    });
}

/// The first signal's write fails, and it comes again, beside another: a byte is in the pipe, or
/// whoever took the last one saw all three.
#[test]
fn loom_signal_after_a_write_that_failed_the_next_one_tells_of_all() {
    loom::model(|| {
        let model = Model::new();
        let (failing, other) = (model.clone(), model.clone());
        let handlers = [
            thread::spawn(move || {
                if failing.counts.add(1) {
                    failing.counts.failed();
                }
                failing.signal();
            }),
            thread::spawn(move || other.signal()),
        ];
        let mut seen = 0;
        for _ in 0..2 {
            if model.read() {
                seen = model.counts.of(1);
            }
        }
        handlers.into_iter().for_each(|handler| handler.join().unwrap());
        assert!(seen == 3 || model.pipe.load(Ordering::Relaxed) == 1, "{seen} of 3 were seen");
    });
}

/// Another listener takes the byte: this one is told, and sees what was done before the signal.
#[test]
fn loom_signal_a_listener_is_told_by_whoever_takes_the_byte() {
    loom::model(|| {
        let model = Model::new();
        let other = {
            let model = model.clone();
            thread::spawn(move || {
                model.signal();
                assert!(model.read());
            })
        };
        loop {
            let taken = model.counts.taken();
            if model.counts.of(1) == 1 {
                break;
            }
            block_on(taken);
        }
        assert_eq!(model.before.load(Ordering::Relaxed), 1);
        other.join().unwrap();
    });
}
