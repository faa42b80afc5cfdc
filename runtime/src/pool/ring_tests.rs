//! Tests of the ring: order, overflow, halves, positions that wrap, and what each step costs.

use super::*;
use crate::base::stack::Link;

/// An entry of these tests and of the models: a number that is checked when it is taken.
pub(crate) struct Item {
    link: Link<Item>,
    number: UnsafeCell<usize>,
}

// SAFETY(INV-4): the link is a field of its own.
unsafe impl Linked for Item {
    unsafe fn link(node: NonNull<Self>) -> NonNull<Link<Self>> {
        // SAFETY(INV-5): the caller's node is alive.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).link) }
    }
}

pub(crate) fn item(number: usize) -> NonNull<Item> {
    let item = Item { link: Link::new(None), number: UnsafeCell::new(number) };
    NonNull::from(Box::leak(Box::new(item)))
}

/// Frees an entry that was taken out, and says which one it was.
pub(crate) fn number(item: NonNull<Item>) -> usize {
    // SAFETY(INV-61): made by `item`, and taken once.
    let item = unsafe { Box::from_raw(item.as_ptr()) };
    // Read through the cell, so that a model sees whether the pusher's write is before it.
    item.number.with(|number| unsafe { *number })
}

pub(crate) fn numbers(mut chain: Chain<Item>) -> Vec<usize> {
    std::iter::from_fn(|| chain.pop_front()).map(number).collect()
}

/// Pushes; the numbers that overflowed.
pub(crate) fn push(ring: &Ring<Item>, new: usize) -> Result<usize, Vec<usize>> {
    // SAFETY(INV-60): the tests give each ring one owner. INV-61: made here.
    match unsafe { ring.push(item(new)) } {
        Pushed::Len(len) => Ok(len),
        Pushed::Overflow(chain, count) => {
            let over = numbers(chain);
            assert_eq!(over.len(), count);
            Err(over)
        }
    }
}

pub(crate) fn pop(ring: &Ring<Item>) -> Option<usize> {
    // SAFETY(INV-60): as in `push`.
    unsafe { ring.pop() }.map(number)
}

pub(crate) fn steal(from: &Ring<Item>, own: &Ring<Item>) -> Option<usize> {
    // SAFETY(INV-60): as in `push`.
    unsafe { from.steal_into(own, u32::MAX) }.map(number)
}

/// All that the owner finds.
pub(crate) fn drain(ring: &Ring<Item>) -> Vec<usize> {
    std::iter::from_fn(|| pop(ring)).collect()
}

#[cfg(not(loom))]
mod plain {
    use super::*;
    use crate::base::prim::count;

    const FULL: usize = CAPACITY as usize;

    fn filled(position: u32, numbers: std::ops::Range<usize>) -> Ring<Item> {
        let ring = Ring::starting_at(position);
        for (i, number) in numbers.enumerate() {
            assert_eq!(push(&ring, number), Ok(i + 1));
        }
        ring
    }

    #[test]
    fn entries_come_out_in_order_lap_after_lap_and_positions_wrap() {
        let ring = Ring::starting_at(u32::MAX - 300);
        let (mut next, mut seen) = (0, 0);
        for lap in 0..40 {
            for _ in 0..lap {
                push(&ring, next).unwrap();
                next += 1;
            }
            assert_eq!(ring.len(), lap);
            for number in drain(&ring) {
                assert_eq!(number, seen);
                seen += 1;
            }
            assert!(ring.is_empty());
        }
        assert_eq!(seen, next);
    }

    #[test]
    fn a_full_ring_gives_up_its_newest_half_and_the_new_node() {
        for position in [0, u32::MAX - 100] {
            let ring = filled(position, 0..FULL);
            let over = push(&ring, FULL).unwrap_err();
            assert_eq!(over, (FULL / 2..=FULL).collect::<Vec<_>>());
            assert_eq!(push(&ring, 1000), Ok(FULL / 2 + 1));
            let left: Vec<_> = (0..FULL / 2).chain([1000]).collect();
            assert_eq!(drain(&ring), left);
        }
    }

    #[test]
    fn a_thief_takes_the_older_half_and_the_last_one_too() {
        let (ring, own) = (filled(u32::MAX - 2, 0..9), filled(u32::MAX, 0..0));
        assert_eq!(steal(&ring, &own), Some(0));
        assert_eq!(drain(&own), [1, 2, 3, 4]);
        assert_eq!(steal(&ring, &own), Some(5));
        assert_eq!(drain(&own), [6]);
        assert_eq!(steal(&ring, &own), Some(7));
        assert_eq!(steal(&ring, &own), Some(8));
        assert_eq!(steal(&ring, &own), None);
        assert!(own.is_empty());
    }

    #[test]
    fn a_thief_takes_no_more_than_it_has_room_for() {
        let (ring, own) = (filled(0, 0..20), filled(0, 0..FULL - 3));
        assert_eq!(steal(&ring, &own), Some(0));
        assert_eq!((ring.len(), own.len()), (16, FULL));
        assert_eq!(steal(&ring, &own), Some(4));
        assert_eq!((ring.len(), own.len()), (15, FULL));
        assert_eq!(drain(&own)[FULL - 3..], [1, 2, 3]);
        assert_eq!(drain(&ring), (5..20).collect::<Vec<_>>());
    }

    /// INV-62, INV-63: a thief that stops in the middle keeps its slots, and other thieves out.
    #[test]
    fn beside_a_thief_in_the_middle_the_owner_goes_on() {
        let (ring, other) = (filled(u32::MAX - 200, 0..FULL), Ring::new());
        let (first, count) = ring.claim(CAPACITY).unwrap();
        assert_eq!(count as usize, FULL / 2);
        assert_eq!(steal(&ring, &other), None);
        assert_eq!(pop(&ring), Some(FULL / 2));
        // Half of the 127 that nobody has claimed.
        let over = push(&ring, FULL).unwrap_err();
        assert_eq!(over, (FULL - 63..=FULL).collect::<Vec<_>>());
        assert_eq!(drain(&ring).len(), 64);
        // Its slots are still not free: 63 are.
        for i in 0..63 {
            assert_eq!(push(&ring, 1000 + i), Ok(i + 1));
        }
        assert_eq!(drain(&ring).len(), 63);
        assert_eq!(push(&ring, 2000), Err(vec![2000]), "nothing else to give up");
        for i in 0..count {
            // SAFETY(INV-62): claimed above.
            let entry = unsafe { ring.read(first.wrapping_add(i)) };
            assert_eq!(number(entry), i as usize);
        }
        ring.head.fetch_and(NOT_BUSY, Ordering::Release);
        assert_eq!(push(&ring, 3000), Ok(1));
        assert_eq!(steal(&ring, &other), Some(3000));
    }

    #[test]
    fn a_push_costs_no_read_modify_write_a_pop_one_and_a_steal_two() {
        let (ring, own) = (filled(0, 0..4), Ring::new());
        let entry = item(4);
        // SAFETY(INV-60): one thread. INV-61: made here.
        assert_eq!(count::record(|| unsafe { ring.push(entry) }).1.len(), 0);
        assert_eq!(count::record(|| pop(&ring)).1.len(), 1);
        assert_eq!(count::record(|| steal(&ring, &own)).1.len(), 2);
        assert_eq!((drain(&own), drain(&ring)), (vec![2], vec![3, 4]));
        assert_eq!(count::record(|| pop(&ring)).1.len(), 0);
        assert_eq!(count::record(|| steal(&ring, &own)).1.len(), 0);
    }
}
