//! linked blocks of slots: the storage of a channel whose length nobody knows.
//!
//! Read before: `sync/ring.rs`, whose slots these are. Next: `sync/mpsc/chan.rs`.
//!
//! ```text
//!   oldest           reader's block                         tail block (a hint)
//!     ▼                  ▼                                    ▼
//!   ┌─────────┐ next ┌─────────┐ next ┌──────────────┐ next ┌──────────────────┐ next
//!   │ 0 … 3   ├─────►│ 4 … 11  ├─────►│ 12 … 27      ├─────►│ 28 … 59          ├─────► none
//!   └─────────┘      └─────────┘      └──────────────┘      └──────────────────┘
//! ```
//!
//! A sender claims a position, first; then it looks for the block of that position, from the tail
//! block forwards, and links a new one where the chain ends. Each slot is used once. Blocks double
//! from 4 slots to 32, so an idle channel is small and a busy one allocates once in 32 values.
//!
//! Two questions make this a file of its own:
//!
//! **May the tail block move on?** A sender cannot walk backwards. So it moves only past a block
//! whose slots are all filled: whoever is still looking for a slot finds it in front of him.
//!
//! **May a block be freed?** The reader has taken all its values, but a slow sender may still be
//! walking over it, to a later one. Who moved the tail block past it reads the tail afterwards and
//! notes it in the block, as `left`. A claim later than that note starts its walk behind the block,
//! because it claimed first and looked for the tail block then. A claim before it is over when its
//! value can be read. So once the reader has come to `left`, nobody walks there.
//!
//! * INV-74: a claimed position that is not yet filled lies in the tail block or behind it.
//! * INV-75: a block that the tail block has left is touched only by senders whose positions are
//!   below its `left`, and before they fill their slots. Blocks are freed by the receiver, in
//!   order, and at the end of the chain.
//! * INV-76: one thread at a time acts as the receiver, or several that only look.
//!
//! Closing is a bit in the tail, so that a claim and a close have an order: a claim that finds the
//! bit gives its value back, and the tail at that time says how many values there will ever be.
//!
//! Left out: blocks that are used again. In a steady flow a block costs two allocations
//! per 32 values, about a nanosecond for each value, and memory goes back after a burst.

use super::ring::Slot;
use crate::base::prim::{AtomicPtr, AtomicU64, Ordering, UnsafeCell};
use std::ptr::{NonNull, null_mut};

/// Slots of the first block.
const FIRST: usize = if cfg!(loom) { 1 } else { 4 };
/// Slots of the later blocks. One under loom, so that models soon cross blocks.
const MOST: usize = if cfg!(loom) { 1 } else { 32 };

/// In the tail: no more claims.
const CLOSED: u64 = 1;
/// In the tail: one position.
const ONE: u64 = 2;
/// In a block: the tail block is still here, or before.
const NOT_LEFT: u64 = u64::MAX;

/// A run of positions.
struct Block<T> {
    /// The position of the first slot. Positions have 63 bits and never wrap.
    start: u64,
    slots: Box<[Slot<T>]>,
    next: AtomicPtr<Block<T>>,
    /// How far the tail was when the tail block had moved on.
    left: AtomicU64,
    /// Nothing: whoever walks here looks at it, and the free writes it, for loom to see the order.
    ground: UnsafeCell<()>,
}

impl<T> Block<T> {
    fn boxed(start: u64, slots: usize) -> NonNull<Self> {
        let slots = (0..slots).map(|_| Slot::new()).collect();
        let (next, left) = (AtomicPtr::new(null_mut()), AtomicU64::new(NOT_LEFT));
        let ground = UnsafeCell::new(());
        let block = Box::into_raw(Box::new(Block { start, slots, next, left, ground }));
        // SAFETY(INV-75): a box is not null; it is freed from a `Reader`'s hands only.
        unsafe { NonNull::new_unchecked(block) }
    }

    /// The slot of a position that is not before this block.
    #[inline]
    fn slot(&self, position: u64) -> Option<&Slot<T>> {
        self.ground.with(|_| ());
        debug_assert!(position >= self.start);
        usize::try_from(position - self.start).ok().and_then(|index| self.slots.get(index))
    }

    /// The block behind this one, linked now if there was none.
    fn next(&self) -> NonNull<Block<T>> {
        // Ordering: Acquire, pairs with the Release below: the block is seen as it was made.
        if let Some(next) = NonNull::new(self.next.load(Ordering::Acquire)) {
            return next;
        }
        self.grow()
    }

    #[cold]
    fn grow(&self) -> NonNull<Block<T>> {
        let slots = self.slots.len();
        let new = Block::boxed(self.start + slots as u64, (slots * 2).min(MOST));
        // Ordering: Release, pairs with the Acquire above; Acquire on failure, for the other's
        // block.
        let linked = self.next.compare_exchange(
            null_mut(),
            new.as_ptr(),
            Ordering::Release,
            Ordering::Acquire,
        );
        match linked {
            Ok(_) => new,
            Err(other) => {
                // SAFETY(INV-75): nobody has seen it.
                drop(unsafe { Box::from_raw(new.as_ptr()) });
                // SAFETY(INV-75): the exchange failed because there was one.
                unsafe { NonNull::new_unchecked(other) }
            }
        }
    }
}

/// A chain of blocks. Values that are left in it are its owner's to pop.
pub(crate) struct Chain<T> {
    tail: AtomicU64,
    /// Where a sender starts to look for its slot.
    tail_block: AtomicPtr<Block<T>>,
    /// The receiver's (INV-76).
    reader: UnsafeCell<Reader<T>>,
}

/// How far the receiver has come.
struct Reader<T> {
    /// How many values it has taken.
    head: u64,
    /// How many there will ever be, once that is known.
    end: u64,
    /// The block of `head`, or the one before it.
    block: NonNull<Block<T>>,
    /// The first block that is not freed.
    oldest: Option<NonNull<Block<T>>>,
}

// SAFETY(INV-71): a value passes from the thread that claimed to the receiver's, and is never
// shared.
unsafe impl<T: Send> Send for Chain<T> {}
// SAFETY(INV-71): as above; blocks are made of atomics and slots. INV-76 is for the reader.
unsafe impl<T: Send> Sync for Chain<T> {}

impl<T> Chain<T> {
    pub(crate) fn new() -> Self {
        let first = Block::boxed(0, FIRST);
        let reader = Reader { head: 0, end: u64::MAX, block: first, oldest: Some(first) };
        Self {
            tail: AtomicU64::new(0),
            tail_block: AtomicPtr::new(first.as_ptr()),
            reader: UnsafeCell::new(reader),
        }
    }

    /// Puts a value behind all others. Does the receiver wait for it? A closed chain gives it back.
    #[inline]
    pub(crate) fn push(&self, value: T) -> Result<bool, T> {
        // Ordering: Acquire, pairs with the Release in `move_on`: who claims after a block was left
        // sees the tail block that lies behind it.
        let tail = self.tail.fetch_add(ONE, Ordering::Acquire);
        if tail & CLOSED != 0 {
            return Err(value);
        }
        let position = tail / ONE;
        // Ordering: Acquire, pairs with the Release in `move_on`: the block is seen as it was made.
        let block = self.tail_block.load(Ordering::Acquire);
        // SAFETY(INV-75): we have claimed and not filled, so what we find from the tail block on
        // stays until we have.
        let mut block = unsafe { &*block };
        loop {
            if let Some(slot) = block.slot(position) {
                // SAFETY(INV-71): claimed by us, and used once.
                return Ok(unsafe { slot.fill(value) });
            }
            let next = block.next();
            self.move_on(block, next);
            // SAFETY(INV-75): as above.
            block = unsafe { next.as_ref() };
        }
    }

    /// Moves the tail block from `block` to `next`, if it is there and nobody needs it there.
    fn move_on(&self, block: &Block<T>, next: NonNull<Block<T>>) {
        // From the back: if one is missing, it is most likely the last.
        if !block.slots.iter().rev().all(Slot::was_filled) {
            return;
        }
        let (from, to) = (std::ptr::from_ref(block).cast_mut(), next.as_ptr());
        // Ordering: Release, pairs with the Acquire load in `push`. Relaxed on failure: it is done.
        let moved =
            self.tail_block.compare_exchange(from, to, Ordering::Release, Ordering::Relaxed);
        if moved.is_ok() {
            // Ordering: Release, and a read-modify-write: it comes after the move, and every later
            // claim acquires it.
            let tail = self.tail.fetch_or(0, Ordering::Release);
            // Ordering: Relaxed, our own slot, below this number, is not filled yet: a reader that
            // comes as far has acquired the fill, and with it all that we did here.
            block.left.store(tail / ONE, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `close`.
        self.tail.load(Ordering::Acquire) & CLOSED != 0
    }

    /// No more claims. What was claimed before will still come.
    ///
    /// # Safety
    /// INV-76: the caller is the receiver.
    pub(crate) unsafe fn close(&self) {
        // Ordering: Release, pairs with the Acquire in `is_closed`.
        let tail = self.tail.fetch_or(CLOSED, Ordering::Release);
        if tail & CLOSED == 0 {
            // SAFETY(INV-76): the caller is the receiver.
            self.reader.with_mut(|reader| unsafe { (*reader).end = tail / ONE });
        }
    }

    /// Takes the next value if it is there.
    ///
    /// # Safety
    /// INV-76: the caller is the receiver.
    #[inline]
    pub(crate) unsafe fn pop(&self) -> Option<T> {
        // SAFETY(INV-76): the caller is the receiver, and nobody else makes a reference.
        self.reader.with_mut(|reader| unsafe { &mut *reader }.pop())
    }

    /// Leaves the note that the receiver waits for the next value. `false` if it is there.
    ///
    /// # Safety
    /// INV-76: the caller is the receiver.
    pub(crate) unsafe fn wait(&self) -> bool {
        // SAFETY(INV-76): as in `pop`.
        self.reader.with_mut(|reader| unsafe { &mut *reader }.wait())
    }

    /// Is the next value there?
    ///
    /// # Safety
    /// INV-76: the caller is the receiver, looking.
    pub(crate) unsafe fn has_next(&self) -> bool {
        // SAFETY(INV-76): nobody writes it meanwhile.
        self.reader.with(|reader| unsafe { &*reader }.has_next())
    }

    /// How many positions are claimed and not taken: filled, or about to be.
    ///
    /// # Safety
    /// INV-76: the caller is the receiver, looking.
    pub(crate) unsafe fn claimed(&self) -> usize {
        // Ordering: Relaxed, a send that ended before, in the eyes of this thread, is counted in
        // any case.
        let tail = self.tail.load(Ordering::Relaxed) / ONE;
        // SAFETY(INV-76): nobody writes it meanwhile.
        let (head, end) = self.reader.with(|reader| unsafe { ((*reader).head, (*reader).end) });
        usize::try_from(tail.min(end) - head).unwrap_or(usize::MAX)
    }
}

impl<T> Reader<T> {
    #[inline]
    fn block(&self) -> &Block<T> {
        // SAFETY(INV-75): not before `oldest`, so not freed.
        unsafe { self.block.as_ref() }
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        let slot = match self.block().slot(self.head) {
            Some(slot) => slot,
            None => self.step()?,
        };
        if !slot.is_full() {
            return None;
        }
        // SAFETY(INV-71): FULL, and `head` moves on, so it is taken once.
        let value = unsafe { slot.take() };
        self.head += 1;
        Some(value)
    }

    /// On to the next block, if there is one, and to its first slot, which is that of `head`.
    #[cold]
    fn step(&mut self) -> Option<&Slot<T>> {
        // Ordering: Acquire, pairs with the Release in `grow`: the block is seen as it was made.
        self.block = NonNull::new(self.block().next.load(Ordering::Acquire))?;
        self.free_left();
        self.block().slots.first()
    }

    fn wait(&mut self) -> bool {
        if self.block().slot(self.head).is_none() {
            // Here the chain may end: the note needs a slot to be left in.
            self.block = self.block().next();
            self.free_left();
        }
        self.block().slot(self.head).is_some_and(Slot::wait)
    }

    fn has_next(&self) -> bool {
        let block = self.block();
        if let Some(slot) = block.slot(self.head) {
            return slot.is_full();
        }
        // Ordering: Acquire, pairs with the Release in `grow`: the block is seen as it was made.
        let next = NonNull::new(block.next.load(Ordering::Acquire));
        // SAFETY(INV-75): it lies behind `oldest`, so it is not freed.
        next.and_then(|next| unsafe { next.as_ref() }.slot(self.head)).is_some_and(Slot::is_full)
    }

    /// Frees the blocks that nobody can be walking over any more.
    fn free_left(&mut self) {
        while let Some(oldest) = self.oldest
            && oldest != self.block
        {
            // SAFETY(INV-75): not freed yet.
            let left = unsafe { &oldest.as_ref().left };
            // Ordering: Relaxed, the values that were taken carry the order, as said in `move_on`.
            if left.load(Ordering::Relaxed) > self.head {
                return;
            }
            // SAFETY(INV-75): the reader has come to `left`, and `oldest` moves on.
            self.oldest = unsafe { free(oldest) };
        }
    }
}

/// Frees a block and returns the one behind it.
///
/// # Safety
/// INV-75: nobody walks there any more, and it is freed once.
unsafe fn free<T>(block: NonNull<Block<T>>) -> Option<NonNull<Block<T>>> {
    // SAFETY(INV-75): made by `boxed`; the rest is the caller's promise.
    let block = unsafe { Box::from_raw(block.as_ptr()) };
    block.ground.with_mut(|_| ());
    // Ordering: Relaxed, the receiver has come past it, or nobody else is left.
    NonNull::new(block.next.load(Ordering::Relaxed))
}

impl<T> Drop for Chain<T> {
    fn drop(&mut self) {
        self.reader.with_mut(|reader| {
            // SAFETY(INV-76): `&mut self` says that nobody else is here.
            let mut oldest = unsafe { (*reader).oldest.take() };
            while let Some(block) = oldest {
                // SAFETY(INV-75): nobody is left, and each is taken once.
                oldest = unsafe { free(block) };
            }
        });
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
