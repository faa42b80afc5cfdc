//! boxes: what memory alone makes of a thousand, and of a million, things of some size.
//!
//! A million tasks do not fit into a cache, and no runtime can change that. So the growth of a
//! runtime's cost from a thousand tasks to a million is divided by the growth of this: as many
//! boxes of the same size are allocated and written, then visited, then freed, the last two in the
//! order of allocation or in no order.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::time::{Duration, Instant};

/// In which order what was made is visited and ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Made,
    Shuffled,
}

impl Order {
    /// Puts a list into this order, the same one each time.
    pub fn of<T>(self, list: &mut [T]) {
        if self == Self::Made {
            return;
        }
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for i in (1..list.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            list.swap(i, (state % (i as u64 + 1)) as usize);
        }
    }
}

/// A block of memory, 8-aligned, written at both ends.
struct Block(*mut u64, Layout);

impl Block {
    fn new(layout: Layout) -> Self {
        // SAFETY: the layout is not of size zero.
        let start = unsafe { alloc(layout) }.cast::<u64>();
        if start.is_null() {
            handle_alloc_error(layout);
        }
        let block = Self(start, layout);
        block.visit();
        block
    }
    fn visit(&self) {
        let last = self.1.size() / 8 - 1;
        // SAFETY: both words are inside the block; volatile, or the compiler leaves them out, and
        // what is there does not matter.
        unsafe {
            self.0.write_volatile(1);
            self.0.add(last).write_volatile(1);
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: from `alloc` with the same layout, and freed once.
        unsafe { dealloc(self.0.cast(), self.1) }
    }
}

/// The time of `count` boxes of `size` bytes: allocated, visited, freed.
pub fn boxes(count: usize, size: usize, order: Order) -> Duration {
    let layout = Layout::from_size_align(size.max(8).next_multiple_of(8), 8).expect("it is small");
    let mut blocks = Vec::with_capacity(count);
    let start = Instant::now();
    blocks.extend((0..count).map(|_| Block::new(layout)));
    let made = start.elapsed();
    order.of(&mut blocks);
    let start = Instant::now();
    blocks.iter().for_each(Block::visit);
    blocks.drain(..).for_each(drop);
    made + start.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_keeps_every_element_and_shuffled_is_another_one() {
        let made: Vec<u32> = (0..1_000).collect();
        let (mut same, mut other) = (made.clone(), made.clone());
        Order::Made.of(&mut same);
        Order::Shuffled.of(&mut other);
        assert_eq!(same, made);
        assert_ne!(other, made);
        other.sort_unstable();
        assert_eq!(other, made);
    }

    #[test]
    fn boxes_of_any_size_take_time() {
        for size in [0, 8, 100] {
            assert!(boxes(100, size, Order::Shuffled) > Duration::ZERO);
        }
    }
}
