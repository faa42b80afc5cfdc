//! deadlines in a binary heap: the first try.
//!
//! Correct, short, and good enough for a hundred timers. It cannot take one out from the middle,
//! so one that is cancelled only loses its value: its place stays until its time has come. Most
//! timers of a server are timeouts, and most timeouts are cancelled.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Values by number, smallest first; equal ones in the order in which they were put in.
pub struct Heap<T> {
    order: BinaryHeap<Reverse<(u64, Key)>>,
    values: HashMap<Key, T>,
    keys: u64,
}

/// Which value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl<T> Heap<T> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self { order: BinaryHeap::new(), values: HashMap::new(), keys: 0 }
    }

    pub fn insert(&mut self, when: u64, value: T) -> Key {
        self.keys += 1;
        let key = Key(self.keys);
        self.order.push(Reverse((when, key)));
        self.values.insert(key, value);
        key
    }

    /// Takes a value out, unless it has been already. Its place in the order stays.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        self.values.remove(&key)
    }

    /// The smallest number.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<u64> {
        loop {
            let &Reverse((when, key)) = self.order.peek()?;
            if self.values.contains_key(&key) {
                return Some(when);
            }
            self.order.pop();
        }
    }

    /// Takes out the next value up to number `now`.
    pub fn pop(&mut self, now: u64) -> Option<T> {
        self.next().filter(|when| *when <= now)?;
        let Reverse((_, key)) = self.order.pop()?;
        self.values.remove(&key)
    }

    /// How many places are in use, by values or by what is left of them.
    pub fn places(&self) -> usize {
        self.order.len()
    }
}
