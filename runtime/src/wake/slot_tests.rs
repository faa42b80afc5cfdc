//! Tests of the waker slot: counts, re-entrancy, and the race table under loom.

#[cfg(not(loom))]
mod plain {
    use crate::base::prim::count;
    use crate::wake::slot::WakerSlot;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{RawWaker, RawWakerVTable, Wake, Waker};

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            // Ordering: Relaxed, a count that one thread reads.
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counting() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        (count.clone(), Waker::from(count))
    }

    fn wakes(count: &Count) -> usize {
        // Ordering: Relaxed, as above.
        count.0.load(Ordering::Relaxed)
    }

    fn register(slot: &WakerSlot, waker: &Waker) {
        // SAFETY(INV-12): these tests register from one thread.
        unsafe { slot.register(waker) }
    }

    /// INV-10, INV-11: what is left is taken once, whole, and the slot keeps no copy.
    #[test]
    fn a_waker_is_taken_once() {
        let slot = WakerSlot::new();
        let (count, waker) = counting();
        assert!(slot.take().is_none());
        register(&slot, &waker);
        assert_eq!(Arc::strong_count(&count), 3);
        slot.wake();
        slot.wake();
        assert_eq!(wakes(&count), 1);
        assert_eq!(Arc::strong_count(&count), 2);
    }

    /// INV-10: registering the waker that is in place reads its bits and clones nothing.
    #[test]
    fn the_same_waker_is_not_cloned_again() {
        let slot = WakerSlot::new();
        let (count, waker) = counting();
        register(&slot, &waker);
        let (_, log) = count::record(|| register(&slot, &waker.clone()));
        assert!(log.is_empty());
        assert_eq!(Arc::strong_count(&count), 3);
    }

    #[test]
    fn another_waker_takes_the_place_of_the_first() {
        let slot = WakerSlot::new();
        let (first, waker) = counting();
        register(&slot, &waker);
        drop(waker);
        let (second, waker) = counting();
        register(&slot, &waker);
        assert_eq!(Arc::strong_count(&first), 1);
        slot.wake();
        assert_eq!((wakes(&first), wakes(&second)), (0, 1));
    }

    #[test]
    fn a_dropped_slot_drops_its_waker() {
        let (count, waker) = counting();
        let slot = WakerSlot::new();
        register(&slot, &waker);
        drop(slot);
        assert_eq!(Arc::strong_count(&count), 2);
    }

    #[test]
    fn costs_one_write_to_register_and_one_to_find_nobody() {
        let slot = WakerSlot::new();
        let (_, waker) = counting();
        assert_eq!(count::record(|| slot.wake()).1.len(), 1);
        assert_eq!(count::record(|| register(&slot, &waker)).1.len(), 1);
        assert_eq!(count::record(|| slot.take()).1.len(), 2);
    }

    /// A waker whose every function wakes the slot it sits in.
    fn reentrant(slot: &WakerSlot) -> Waker {
        fn enter(slot: *const ()) {
            // SAFETY(INV-13): the slot outlives its wakers in the one test that uses this.
            unsafe { &*slot.cast::<WakerSlot>() }.wake();
        }
        fn clone(slot: *const ()) -> RawWaker {
            enter(slot);
            RawWaker::new(slot, &VTABLE)
        }
        static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, enter, enter, enter);
        // SAFETY(INV-13): the four functions count nothing and own nothing.
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::from_ref(slot).cast(), &VTABLE)) }
    }

    /// INV-13: clone, wake and drop of a waker find the slot in a state that they may use.
    #[test]
    fn a_waker_may_use_the_slot_it_sits_in() {
        let slot = std::mem::ManuallyDrop::new(WakerSlot::new());
        let (count, plain) = counting();
        register(&slot, &reentrant(&slot));
        register(&slot, &plain);
        slot.wake();
        register(&slot, &plain);
        register(&slot, &reentrant(&slot));
        slot.wake();
        drop(slot.take());
        assert!(slot.take().is_none());
        assert!(wakes(&count) > 0);
    }

    /// INV-12: one thread registers; any number may wake.
    #[test]
    fn many_threads_may_wake_one_sleeper() {
        const ROUNDS: usize = if cfg!(miri) { 20 } else { 2000 };
        let slot = Arc::new(WakerSlot::new());
        let made = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (slot, made) = (slot.clone(), made.clone());
                std::thread::spawn(move || {
                    for _ in 0..ROUNDS {
                        // Ordering: Relaxed, the slot orders it; that is what is tested.
                        made.fetch_add(1, Ordering::Relaxed);
                        slot.wake();
                    }
                })
            })
            .collect();
        crate::wake::block_on::block_on(std::future::poll_fn(|cx| {
            register(&slot, cx.waker());
            // Ordering: Relaxed, as above.
            match made.load(Ordering::Relaxed) == 3 * ROUNDS {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            }
        }));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[cfg(loom)]
mod models {
    use crate::base::prim::{Arc, AtomicUsize, Ordering, thread};
    use crate::wake::block_on::block_on;
    use crate::wake::slot::WakerSlot;
    use std::future::poll_fn;
    use std::task::{Poll, Waker};

    struct Shared {
        made: AtomicUsize,
        slot: WakerSlot,
    }

    fn shared() -> Arc<Shared> {
        Arc::new(Shared { made: AtomicUsize::new(0), slot: WakerSlot::new() })
    }

    /// Makes something happen, then takes.
    fn make(shared: &Shared) {
        // Ordering: Relaxed, the slot alone must order it.
        shared.made.fetch_add(1, Ordering::Relaxed);
        shared.slot.wake();
    }

    /// Registers, then looks again.
    fn wait(shared: &Shared, waker: &Waker, wanted: usize) -> Poll<()> {
        // SAFETY(INV-12): only the model's first thread calls this.
        unsafe { shared.slot.register(waker) };
        // Ordering: Relaxed, as in `make`.
        match shared.made.load(Ordering::Relaxed) >= wanted {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn model(f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound.get_or_insert(3);
        builder.check(f);
    }

    /// The first row of the race table: a lost wake is a deadlock, which loom reports.
    #[test]
    fn loom_slot_one_waker_one_sleeper() {
        model(|| {
            let shared = shared();
            let other = shared.clone();
            let thread = thread::spawn(move || make(&other));
            block_on(poll_fn(|cx| wait(&shared, cx.waker(), 1)));
            thread.join().unwrap();
        });
    }

    /// Two takers: the one that finds BUSY relies on the other's wake (INV-11).
    #[test]
    fn loom_slot_two_wakers_one_sleeper() {
        model(|| {
            let shared = shared();
            let threads =
                [shared.clone(), shared.clone()].map(|other| thread::spawn(move || make(&other)));
            block_on(poll_fn(|cx| wait(&shared, cx.waker(), 2)));
            for thread in threads {
                thread.join().unwrap();
            }
        });
    }

    /// The task changes between two polls: the rows "another task" (INV-10).
    #[test]
    fn loom_slot_sleeper_changes() {
        model(|| {
            let shared = shared();
            let other = shared.clone();
            let thread = thread::spawn(move || {
                make(&other);
                make(&other);
            });
            let first = wait(&shared, Waker::noop(), 2);
            if first.is_pending() {
                block_on(poll_fn(|cx| {
                    let second = wait(&shared, cx.waker(), 2);
                    // In the last row of the table we woke ourselves: the taker must have its turn.
                    thread::yield_now();
                    second
                }));
            }
            thread.join().unwrap();
        });
    }
}
