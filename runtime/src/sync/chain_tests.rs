//! Tests of the chain: walking, moving on, freeing, closing.

#[cfg(not(loom))]
mod plain {
    use crate::base::prim::count;
    use crate::sync::chain::Chain;
    use std::sync::Arc;

    fn pop<T>(chain: &Chain<T>) -> Option<T> {
        // SAFETY(INV-76): one thread at a time in these tests.
        unsafe { chain.pop() }
    }

    fn blocks<T>(chain: &Chain<T>) -> usize {
        let mut count = 0;
        chain.reader.with(|reader| {
            // SAFETY(INV-76): one thread.
            let mut next = unsafe { (*reader).oldest };
            while let Some(block) = next {
                count += 1;
                // SAFETY(INV-75): linked, and nobody frees meanwhile.
                let link =
                    unsafe { block.as_ref() }.next.load(crate::base::prim::Ordering::Acquire);
                next = std::ptr::NonNull::new(link);
            }
        });
        count
    }

    #[test]
    fn values_come_out_in_order_across_blocks() {
        let chain = Chain::new();
        let (mut next, mut seen) = (0, 0);
        for lap in 0..200 {
            for _ in 0..lap {
                assert_eq!(chain.push(next), Ok(false));
                next += 1;
            }
            while let Some(value) = pop(&chain) {
                assert_eq!(value, seen);
                seen += 1;
            }
        }
        assert_eq!(seen, next);
    }

    /// INV-74, INV-75: what is behind the reader goes back, and what is in front stays.
    #[test]
    fn blocks_are_freed_when_they_have_been_read() {
        let chain = Chain::new();
        (0..1000).for_each(|i| assert_eq!(chain.push(i), Ok(false)));
        assert!(blocks(&chain) > 30);
        while pop(&chain).is_some() {}
        assert!(blocks(&chain) <= 2, "{}", blocks(&chain));
        for i in 0..1000 {
            let _ = chain.push(i);
            assert_eq!(pop(&chain), Some(i));
            assert!(blocks(&chain) <= 2);
        }
    }

    /// INV-76: the note is answered once, also where the chain had to grow for it.
    #[test]
    fn a_note_is_answered_by_its_own_slot() {
        let chain = Chain::new();
        for i in 0..100 {
            // SAFETY(INV-76): one thread.
            unsafe {
                assert!(chain.wait());
                assert!(chain.wait());
                assert!(!chain.has_next());
                assert_eq!(chain.push(i), Ok(true));
                assert!(chain.has_next());
                assert!(!chain.wait());
            }
            assert_eq!(chain.push(i), Ok(false));
            assert_eq!((pop(&chain), pop(&chain)), (Some(i), Some(i)));
        }
    }

    #[test]
    fn a_closed_chain_gives_values_back_and_keeps_what_it_has() {
        let chain = Chain::new();
        assert_eq!(chain.push(1), Ok(false));
        // SAFETY(INV-76): one thread.
        unsafe {
            chain.close();
            assert_eq!((chain.push(2), chain.push(3)), (Err(2), Err(3)));
            chain.close();
            assert_eq!(chain.claimed(), 1);
            assert_eq!(pop(&chain), Some(1));
            assert_eq!((pop(&chain), chain.claimed()), (None, 0));
        }
        assert!(chain.is_closed());
    }

    #[test]
    fn a_value_costs_two_writes_to_put_in_and_none_to_take() {
        let chain = Chain::new();
        assert_eq!(count::record(|| chain.push(1)).1.len(), 2);
        assert_eq!(count::record(|| pop(&chain)).1.len(), 0);
    }

    /// INV-75: senders walk over blocks while the reader frees them.
    #[test]
    fn senders_on_threads_lose_nothing() {
        const EACH: u64 = if cfg!(miri) { 60 } else { 50_000 };
        let chain = Arc::new(Chain::new());
        let threads: Vec<_> = (0..3)
            .map(|sender| {
                let chain = chain.clone();
                std::thread::spawn(move || {
                    (0..EACH).for_each(|i| assert!(chain.push(sender << 32 | i).is_ok()));
                })
            })
            .collect();
        let mut next = [0; 3];
        while next != [EACH; 3] {
            let Some(value) = pop(&chain) else {
                std::thread::yield_now();
                continue;
            };
            let sender = (value >> 32) as usize;
            assert_eq!(value & u64::from(u32::MAX), next[sender]);
            next[sender] += 1;
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[cfg(loom)]
mod models {
    use crate::base::prim::{Arc, thread};
    use crate::sync::chain::Chain;

    fn model(f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(f);
    }

    /// Blocks of one slot: both senders grow, move on, and walk over what the reader frees
    /// (INV-74, INV-75).
    #[test]
    fn loom_chain_two_senders() {
        model(|| {
            let chain = Arc::new(Chain::new());
            let threads = [1, 2].map(|value| {
                let chain = chain.clone();
                thread::spawn(move || {
                    assert!(chain.push(value).is_ok() && chain.push(value + 2).is_ok());
                })
            });
            // SAFETY(INV-76): only this thread pops.
            let mut all: Vec<u64> = std::iter::from_fn(|| unsafe { chain.pop() }).collect();
            for thread in threads {
                thread.join().unwrap();
            }
            // SAFETY(INV-76): as above.
            all.extend(std::iter::from_fn(|| unsafe { chain.pop() }));
            all.sort();
            assert_eq!(all, [1, 2, 3, 4]);
        });
    }

    /// A sender that has claimed walks over a block that the reader would like to free (INV-75).
    #[test]
    fn loom_chain_walk_and_free() {
        model(|| {
            let chain = Arc::new(Chain::new());
            let threads = [2, 1].map(|count| {
                let chain = chain.clone();
                thread::spawn(move || (0..count).for_each(|_| assert!(chain.push(7).is_ok())))
            });
            // SAFETY(INV-76): only this thread receives.
            let mut pop = || unsafe { chain.pop() };
            let mut count = (0..2).filter_map(|_| pop()).count();
            // SAFETY(INV-76): as above.
            let _ = unsafe { chain.wait() };
            for thread in threads {
                thread.join().unwrap();
            }
            count += std::iter::from_fn(pop).count();
            assert_eq!(count, 3);
        });
    }

    /// A claim and a close: the value is received, or it comes back, never both, never neither.
    #[test]
    fn loom_chain_push_and_close() {
        model(|| {
            let chain = Arc::new(Chain::new());
            let sender = chain.clone();
            let thread = thread::spawn(move || {
                (0..2_u64).filter(|&value| sender.push(value).is_ok()).count()
            });
            // SAFETY(INV-76): only this thread receives.
            unsafe { chain.close() };
            // SAFETY(INV-76): as above.
            let promised = unsafe { chain.claimed() };
            assert_eq!(thread.join().unwrap(), promised);
            // SAFETY(INV-76): as above.
            assert_eq!(std::iter::from_fn(|| unsafe { chain.pop() }).count(), promised);
        });
    }
}
