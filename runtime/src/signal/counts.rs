//! how many signals have come, and whether somebody will look: counts, and one byte under way.
//!
//! A signal handler may do almost nothing: no lock, no allocation, no waker. So it counts, and
//! writes one byte into a pipe that it shares with everybody who listens:
//!
//! ```text
//!  signal n ──► handler: count[n] + 1; nothing under way? write a byte ──► pipe
//!                                                                           │ a reader in each
//!                                                                           ▼ runtime
//!            whoever reads the byte: nothing is under way; tell all the others (`Notify`)
//!                                                                           │
//!            everybody: has my count moved? told ◄──────────────────────────┘
//! ```
//!
//! There is one pipe for all signals of the process, and the readers are in any number of runtimes:
//! it does not matter whose epoll sees the byte first, nor for which signal it was written.
//!
//! Why no signal is missed:
//!
//! * While the byte is under way. It counts first, and whoever takes the byte looks after that.
//! * After the byte was read and before that is noted. The same: to note it is a swap, which
//!   acquires the counts of all who found a byte under way.
//! * Whichever reader took the byte. It tells all, and each looks at its count after it has
//!   enlisted.
//! * Nobody listens. The byte stays in the pipe; who comes next finds it, and its count as it was
//!   when it came.
//!
//! * The write has failed. Then no byte is under way, which is noted by a swap as well: the next
//!   signal writes, and whoever takes its byte acquires the counts of all before it.
//!
//! At most one byte is under way, so the write never blocks. It fails only when the system is out
//! of memory for a byte, or other code has closed the pipe.

#![forbid(unsafe_code)]

use crate::base::note::Kind;
use crate::base::prim::{AtomicBool, AtomicU64, Ordering};
use crate::sync::notify::{Notified, Notify};

/// What the handler says, and listeners hear.
pub(super) struct Counts {
    /// By number of the signal: how many have come so far.
    came: Box<[AtomicU64]>,
    /// A byte is in the pipe, or about to be.
    under_way: AtomicBool,
    /// The byte has been taken: look at your count.
    taken: Notify,
}

impl Counts {
    /// For signals with numbers up to `last`.
    pub(super) fn new(last: usize) -> Self {
        Self {
            came: (0..=last).map(|_| AtomicU64::new(0)).collect(),
            under_way: AtomicBool::new(false),
            taken: Notify::of(Kind::Signal),
        }
    }

    /// How many have come of this signal. Told of a byte that was taken, look here.
    pub(super) fn of(&self, signal: usize) -> u64 {
        // Ordering: Acquire, pairs with the Release in `add`: what its sender did before is seen.
        self.came.get(signal).map_or(0, |count| count.load(Ordering::Acquire))
    }

    /// The handler's part. True: write a byte.
    pub(super) fn add(&self, signal: usize) -> bool {
        if let Some(count) = self.came.get(signal) {
            // Ordering: Release, pairs with the Acquire in `of`.
            count.fetch_add(1, Ordering::Release);
        }
        // Ordering: Release, pairs with the Acquire in `took_byte`: either that comes later, and
        // who does it sees our count, or we come later and write.
        !self.under_way.swap(true, Ordering::Release)
    }

    /// The handler's part, if its write has failed: none is under way.
    ///
    /// It was not before our `add`, or that would have said so; and from then on everybody else
    /// found ours, and wrote none. So there is no byte in the pipe, and nobody reads one before
    /// this. Who has come since `add` has written nothing either: like ours, its signal is told
    /// with the next one.
    pub(super) fn failed(&self) {
        // Ordering: Relaxed. A swap and no store: the byte that is written next then still passes
        // on what those who found ours under way have released in `add`.
        self.under_way.swap(false, Ordering::Relaxed);
    }

    /// We have read the byte: there is none under way, and everybody should look.
    pub(super) fn took_byte(&self) {
        // Ordering: Acquire, pairs with the Release in `add`.
        self.under_way.swap(false, Ordering::Acquire);
        self.tell();
    }

    /// Everybody should look.
    pub(super) fn tell(&self) {
        self.taken.notify_waiters();
    }

    /// Ready when a byte is taken, from now on: ask for it before the look at the count.
    pub(super) fn taken(&self) -> Notified<'_> {
        self.taken.notified()
    }
}

#[cfg(all(test, loom))]
#[path = "counts_loom_tests.rs"]
mod models;
