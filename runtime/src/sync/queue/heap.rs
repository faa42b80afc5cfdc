//! a binary heap that compares first and moves after, so that a panic changes nothing.
//!
//! ```text
//!               0           smallest         push: the new one stands at the end and climbs while
//!            ┌──┴──┐                               it is smaller than the one above
//!            1     2                         pop:  the hole at the top sinks along the smaller
//!          ┌─┴─┐ ┌─┴─┐                             ones; the last one of all climbs into it
//!          3   4 5   6     above(i) = (i - 1) / 2
//! ```
//!
//! A comparison is the user's code. std's heap moves items between comparisons, so after a panic in
//! one its order is anything. Here each change has two halves: [`Heap::place_to_push`] and
//! [`Heap::place_to_pop`] compare, and find the place where the moving item ends;
//! [`Heap::push_to`] and [`Heap::pop_to`] move along the one way between that place and the top,
//! and run no foreign code.
//!
//! Equal items come out in the order in which they went in: each has a number, and the smaller
//! number decides. An order that contradicts itself gives some order, and all items.
//!
//! Next: `sync/queue/priority.rs`.

#![forbid(unsafe_code)]

/// Items, the smallest at the top.
#[derive(Debug)]
pub(crate) struct Heap<T> {
    entries: Vec<Entry<T>>,
    /// The number of the next item.
    next: u64,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    number: u64,
}

fn above(place: usize) -> usize {
    (place - 1) / 2
}

impl<T> Heap<T> {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), next: 0 }
    }

    /// Puts the item where [`place_to_push`](Self::place_to_push) said.
    pub(super) fn push_to(&mut self, place: usize, item: T) {
        let mut at = self.entries.len();
        self.entries.push(Entry { item, number: self.next });
        self.next += 1;
        while at != place {
            self.entries.swap(at, above(at));
            at = above(at);
        }
    }

    /// Takes the smallest out; the last one goes where [`place_to_pop`](Self::place_to_pop) said.
    pub(super) fn pop_to(&mut self, place: usize) -> Option<T> {
        let mut moving = self.entries.pop()?;
        if self.entries.is_empty() {
            return Some(moving.item);
        }
        // Everybody between the place and the top goes one up; who was at the top is left over.
        let mut at = place;
        loop {
            std::mem::swap(&mut self.entries[at], &mut moving);
            if at == 0 {
                return Some(moving.item);
            }
            at = above(at);
        }
    }
}

impl<T: Ord> Entry<T> {
    fn is_before(&self, other: &Self) -> bool {
        self.item.cmp(&other.item).then(self.number.cmp(&other.number)).is_lt()
    }
}

impl<T: Ord> Heap<T> {
    /// Where a new item will stand, and room for it.
    pub(super) fn place_to_push(&mut self, item: &T) -> usize {
        self.entries.reserve(1);
        let mut place = self.entries.len();
        // Among equals the new one is the last: it does not pass them.
        while place > 0 && item.cmp(&self.entries[above(place)].item).is_lt() {
            place = above(place);
        }
        place
    }

    /// Where the last item will stand when the first is taken out.
    pub(super) fn place_to_pop(&self) -> usize {
        let Some((last, rest)) = self.entries.split_last() else { return 0 };
        // Down to a leaf along the smaller ones, then up again: the last one mostly belongs low.
        let mut place = 0;
        while 2 * place + 1 < rest.len() {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            let turn = right < rest.len() && rest[right].is_before(&rest[left]);
            place = if turn { right } else { left };
        }
        while place > 0 && last.is_before(&rest[place]) {
            place = above(place);
        }
        place
    }
}

#[cfg(all(test, not(loom)))]
#[path = "heap_tests.rs"]
mod tests;
