//! Tests of the ring: what a claim may rely on, and the note that the receiver leaves.

#[cfg(not(loom))]
mod plain {
    use crate::base::note::Kind;
    use crate::base::prim::count;
    use crate::sync::ring::{Head, Ring, Tail};
    use crate::sync::semaphore::permits::Permits;
    use std::sync::Arc;

    fn push((ring, tail): &(Ring<u64>, Tail), value: u64) -> bool {
        // SAFETY(INV-72): these tests count what they push.
        unsafe { ring.push(tail, value) }
    }

    fn pop(ring: &Ring<u64>, head: &mut Head) -> Option<u64> {
        // SAFETY(INV-73): each test has one head.
        unsafe { ring.pop(head) }
    }

    fn ring(slots: usize) -> ((Ring<u64>, Tail), Head) {
        ((Ring::new(slots), Tail::new()), Head::default())
    }

    #[test]
    fn values_come_out_in_order_lap_after_lap() {
        let (ring, mut head) = ring(3);
        let (mut next, mut seen) = (0, 0);
        for lap in 0..40 {
            for _ in 0..=lap % 4 {
                assert!(!push(&ring, next));
                next += 1;
            }
            while let Some(value) = pop(&ring.0, &mut head) {
                assert_eq!(value, seen);
                seen += 1;
            }
        }
        assert_eq!(seen, next);
    }

    /// INV-71: a slot is full once: the note is answered by the fill that it waits for, and no
    /// other.
    #[test]
    fn a_note_is_answered_by_its_own_slot() {
        let (ring, mut head) = ring(2);
        assert!(ring.0.wait(head));
        assert!(ring.0.wait(head));
        assert!(!ring.0.has_next(head));
        assert!(push(&ring, 1));
        assert!(!push(&ring, 2));
        assert!(!ring.0.wait(head));
        assert_eq!(Ring::<u64>::claimed(&ring.1, head), 2);
        let mut next = || pop(&ring.0, &mut head);
        assert_eq!((next(), next(), next()), (Some(1), Some(2), None));
    }

    #[test]
    fn a_value_costs_two_writes_to_put_in_and_none_to_take() {
        let (ring, mut head) = ring(1);
        assert_eq!(count::record(|| push(&ring, 1)).1.len(), 2);
        assert_eq!(count::record(|| pop(&ring.0, &mut head)).1.len(), 0);
    }

    #[test]
    fn slots_are_as_small_as_their_values_allow() {
        assert_eq!(Ring::<()>::bytes_for(1), Some(1));
        assert_eq!(Ring::<u64>::bytes_for(100), Some(128 * 16));
        assert_eq!(Ring::<u64>::bytes_for(usize::MAX), None);
    }

    /// INV-72, INV-73: senders on threads, with permits, and one receiver.
    #[test]
    fn senders_with_permits_never_meet_in_a_slot() {
        const EACH: u64 = if cfg!(miri) { 40 } else { 20_000 };
        let (ring, mut head) = ring(4);
        let shared = Arc::new((ring, Permits::new(Kind::Semaphore, 4)));
        let threads: Vec<_> = (0..3)
            .map(|sender| {
                let shared = shared.clone();
                std::thread::spawn(move || {
                    for i in 0..EACH {
                        while shared.1.try_acquire(1).is_err() {
                            std::thread::yield_now();
                        }
                        push(&shared.0, sender << 32 | i);
                    }
                })
            })
            .collect();
        let mut next = [0; 3];
        while next != [EACH; 3] {
            let Some(value) = pop(&shared.0.0, &mut head) else {
                std::thread::yield_now();
                continue;
            };
            shared.1.release(1);
            let sender = (value >> 32) as usize;
            assert_eq!(value & u64::from(u32::MAX), next[sender]);
            next[sender] += 1;
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[cfg(loom)]
mod models {
    use crate::base::note::Kind;
    use crate::base::prim::{Arc, thread};
    use crate::sync::ring::{Head, Ring, Tail};
    use crate::sync::semaphore::permits::Permits;

    /// Two senders, two slots, and a permit that was taken before it is used: the slot of a claim
    /// is empty, and is seen so, whoever's permit the receiver gave back last (INV-72).
    #[test]
    fn loom_ring_two_senders() {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(|| {
            let room = Permits::new(Kind::Semaphore, 2);
            let shared = Arc::new((Ring::new(2), room, Tail::new()));
            let mut head = Head::default();
            // SAFETY(INV-72): one of the two permits.
            assert!(shared.1.try_acquire(1).is_ok() && !unsafe { shared.0.push(&shared.2, 1) });
            let early = shared.clone();
            // This permit is taken now and used late.
            assert!(early.1.try_acquire(1).is_ok());
            let early = thread::spawn(move || {
                // SAFETY(INV-72): the permit from above.
                let _ = unsafe { early.0.push(&early.2, 2) };
            });
            let late = shared.clone();
            let late = thread::spawn(move || {
                if late.1.try_acquire(1).is_ok() {
                    // SAFETY(INV-72): the permit from above.
                    let _ = unsafe { late.0.push(&late.2, 2) };
                    return 1;
                }
                0
            });
            // SAFETY(INV-73): only this thread pops.
            assert_eq!(unsafe { shared.0.pop(&mut head) }, Some(1));
            shared.1.release(1);
            // SAFETY(INV-73): as above.
            let second = unsafe { shared.0.pop(&mut head) };
            let sent = 1 + late.join().unwrap();
            early.join().unwrap();
            // SAFETY(INV-73): as above.
            let rest = std::iter::from_fn(|| unsafe { shared.0.pop(&mut head) }).count();
            assert_eq!(second.iter().count() + rest, sent);
        });
    }
}
