//! who has ended: children put themselves on a list, and only the first on it wakes the owner.
//!
//! A set of tasks must not look at all of them to find the one that has ended. So each child's join
//! waker is an entry of its set: the wake at its end pushes the entry on a stack, by its number.
//! The owner takes the whole stack in one exchange and turns it round; what ended first then comes
//! first.
//!
//! ```text
//!   child ends ── wake ──► push: next := head, head := me       one exchange
//!                            head was empty ──► wake the owner
//!
//!   owner      front ──► oldest ──► … ──► newest                its own, no lock
//!                empty? take all of head, turn it round
//! ```
//!
//! A waker is one pointer wide, and entries are numbers in chunks of [`CHUNK`]: the pointer is that
//! of the chunk, and its lowest bits, which its alignment leaves free, say which entry. So a child
//! costs four bytes here and no allocation of its own. A waker owns a count of its chunk: it may be
//! woken while the owner lets everything go.
//!
//! Only a push on an empty list wakes: whoever pushes on another one knows that its first will
//! wake, has done so, or met an owner who is about to look.
//!
//! * INV-120: an entry's waker is its chunk's pointer, from `Arc::as_ptr`, plus its number in the
//!   chunk, and owns a count of that `Arc`.
//! * INV-121: there is one [`Ear`] for each list, so only one thread at a time registers.

use crate::base::prim::{Arc, AtomicU32, Ordering};
use crate::wake::slot::WakerSlot;
use std::fmt;
use std::mem::ManuallyDrop;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// Entries of a chunk, and its alignment.
const CHUNK: usize = 32;
/// No entry.
const NONE: u32 = u32::MAX;

struct Shared {
    /// The entry that was pushed last.
    head: AtomicU32,
    owner: WakerSlot,
}

#[repr(align(32))]
struct Chunk {
    shared: Arc<Shared>,
    /// The number of the first entry.
    first: u32,
    /// Of each entry, the one that was pushed before it.
    next: [AtomicU32; CHUNK],
}

const _: () = assert!(align_of::<Chunk>() >= CHUNK);

/// The owner's side: who has ended.
pub(super) struct Done {
    shared: Arc<Shared>,
    chunks: Vec<Arc<Chunk>>,
    /// Taken from the list and turned round: the one that ended first.
    front: u32,
}

/// The one place from which the owner of a list is woken.
pub(super) struct Ear {
    shared: Arc<Shared>,
}

/// Wakes the owner of a list, for another reason.
pub(super) struct Bell {
    shared: Arc<Shared>,
}

impl Done {
    pub(super) fn new() -> (Self, Ear) {
        let shared = Shared { head: AtomicU32::new(NONE), owner: WakerSlot::new() };
        let shared = Arc::new(shared);
        (Self { shared: shared.clone(), chunks: Vec::new(), front: NONE }, Ear { shared })
    }

    pub(super) fn bell(&self) -> Bell {
        Bell { shared: self.shared.clone() }
    }

    /// The waker of entry `at`, borrowed: clone it to keep it. Entries are used from zero on.
    pub(super) fn waker(&mut self, at: u32) -> ManuallyDrop<Waker> {
        let (chunk, within) = (at as usize / CHUNK, at as usize % CHUNK);
        while self.chunks.len() <= chunk {
            let first = (self.chunks.len() * CHUNK) as u32;
            let next = std::array::from_fn(|_| AtomicU32::new(NONE));
            self.chunks.push(Arc::new(Chunk { shared: self.shared.clone(), first, next }));
        }
        let data = Arc::as_ptr(&self.chunks[chunk]).map_addr(|addr| addr | within);
        // SAFETY(INV-120): the pointer is as it says; our own count stands for the borrowed one.
        ManuallyDrop::new(unsafe { Waker::from_raw(raw(data.cast())) })
    }

    /// The entry that ended first of those that nobody has heard of.
    pub(super) fn pop(&mut self) -> Option<u32> {
        if self.front == NONE {
            self.take();
        }
        if self.front == NONE {
            return None;
        }
        let at = self.front;
        // Ordering: Relaxed, the entry is ours since `take`.
        self.front = self.next(at).load(Ordering::Relaxed);
        Some(at)
    }

    /// Takes the list and turns it round.
    fn take(&mut self) {
        // Ordering: Relaxed, a glance. Who has to see a push looks after it registered: see `Ear`.
        if self.shared.head.load(Ordering::Relaxed) == NONE {
            return;
        }
        // Ordering: Acquire, pairs with the Release of all pushes in it, through their chain of
        // read-modify-writes: their links and what the children did are seen.
        let mut taken = self.shared.head.swap(NONE, Ordering::Acquire);
        while taken != NONE {
            let link = self.next(taken);
            // Ordering: Relaxed, taken, so ours.
            let before = link.load(Ordering::Relaxed);
            // Ordering: Relaxed, as above.
            link.store(self.front, Ordering::Relaxed);
            self.front = std::mem::replace(&mut taken, before);
        }
    }

    fn next(&self, at: u32) -> &AtomicU32 {
        &self.chunks[at as usize / CHUNK].next[at as usize % CHUNK]
    }
}

impl Ear {
    /// Has `waker` woken at the next push. Look once more at the list afterwards: register, then
    /// look again.
    pub(super) fn listen(&mut self, waker: &Waker) {
        // SAFETY(INV-12, INV-121): there is one ear, and we have it to ourselves.
        unsafe { self.shared.owner.register(waker) }
    }
}

impl Bell {
    /// Wakes the owner. Not under a lock.
    pub(super) fn ring(self) {
        self.shared.owner.wake();
    }
}

impl Chunk {
    /// Entry `within` has ended.
    fn push(&self, within: usize) {
        let me = self.first + within as u32;
        let head = &self.shared.head;
        // Ordering: Relaxed, a first guess; the exchange checks it.
        let mut before = head.load(Ordering::Relaxed);
        loop {
            // Ordering: Relaxed, the exchange publishes it.
            self.next[within].store(before, Ordering::Relaxed);
            // Ordering: Release, pairs with the swap in `take`; Relaxed on failure, another guess.
            match head.compare_exchange_weak(before, me, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => before = now,
            }
        }
        if before == NONE {
            self.shared.owner.wake();
        }
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

fn raw(data: *const ()) -> RawWaker {
    RawWaker::new(data, &VTABLE)
}

/// The chunk, and which entry of it.
fn split(data: *const ()) -> (*const Chunk, usize) {
    (data.map_addr(|addr| addr & !(CHUNK - 1)).cast(), data.addr() & (CHUNK - 1))
}

/// # Safety
/// INV-120: `data` is a waker's, which owns a count; called by the standard library.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY(INV-120): the waker being cloned owns a count, so the chunk is alive.
    unsafe { Arc::increment_strong_count(split(data).0) };
    raw(data)
}

/// # Safety
/// INV-120: as for `clone`.
unsafe fn wake(data: *const ()) {
    let (chunk, within) = split(data);
    // SAFETY(INV-120): the waker's count is ours now.
    unsafe { Arc::from_raw(chunk) }.push(within);
}

/// # Safety
/// INV-120: as for `clone`.
unsafe fn wake_by_ref(data: *const ()) {
    let (chunk, within) = split(data);
    // SAFETY(INV-120): the waker owns a count and keeps it.
    unsafe { &*chunk }.push(within);
}

/// # Safety
/// INV-120: as for `clone`.
unsafe fn drop_waker(data: *const ()) {
    // SAFETY(INV-120): the waker's count is ours now.
    drop(unsafe { Arc::from_raw(split(data).0) });
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("chunks", &self.chunks.len()).finish()
    }
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ear").field("owner", &self.shared.owner).finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "done_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "done_model_tests.rs"]
mod models;
