//! Tests and models of the injector: order, batches, the length, the end.

use super::*;
use crate::pool::ring::tests::{Item, item, number, numbers};

fn push(injector: &Injector<Item>, new: usize) -> Result<(), usize> {
    // SAFETY(INV-64): made here, handed over once.
    unsafe { injector.push(item(new)) }.map_err(number)
}

fn pop(injector: &Injector<Item>) -> Option<usize> {
    injector.pop().map(number)
}

fn pop_batch(injector: &Injector<Item>, max: usize) -> Vec<usize> {
    let mut got = Vec::new();
    let count = injector.pop_batch(max, |node| got.push(number(node)));
    assert_eq!(count, got.len());
    got
}

/// A chain of new nodes.
fn chain(numbers: std::ops::Range<usize>) -> Chain<Item> {
    let mut chain = Chain::EMPTY;
    // SAFETY(INV-64): made here, handed over once.
    numbers.for_each(|number| unsafe { chain.push_back(item(number)) });
    chain
}

#[cfg(not(loom))]
mod plain {
    use super::*;
    use crate::base::prim::count;

    /// INV-64: each node is in it once, and leaves it once.
    #[test]
    fn nodes_come_out_in_order_one_by_one_and_in_batches() {
        let injector = Injector::new();
        push(&injector, 0).unwrap();
        // SAFETY(INV-64): made by `chain`, and counted.
        assert!(unsafe { injector.push_batch(chain(1..6), 5) }.is_ok());
        push(&injector, 6).unwrap();
        assert_eq!(injector.len(), 7);
        assert_eq!(pop(&injector), Some(0));
        assert_eq!(pop_batch(&injector, 3), [1, 2, 3]);
        assert_eq!(injector.len(), 3);
        push(&injector, 7).unwrap();
        assert_eq!(pop_batch(&injector, 100), [4, 5, 6, 7]);
        assert!(injector.is_empty());
        push(&injector, 8).unwrap();
        assert_eq!(pop_batch(&injector, 0), []);
        assert_eq!((pop(&injector), pop(&injector)), (Some(8), None));
    }

    #[test]
    fn an_empty_queue_is_not_locked_and_a_batch_locks_once() {
        let injector = Injector::new();
        assert_eq!(count::record(|| (pop(&injector), pop_batch(&injector, 9))).1.len(), 0);
        // SAFETY(INV-64): made by `chain`, and counted.
        let (pushed, log) = count::record(|| unsafe { injector.push_batch(chain(0..9), 9) });
        assert!(pushed.is_ok());
        assert_eq!(log.len(), 2, "a lock and its unlock");
        assert_eq!(count::record(|| pop_batch(&injector, 9)).1.len(), 2);
    }

    #[test]
    fn a_batch_is_handled_after_unlocking() {
        let injector = Injector::new();
        (0..3).for_each(|number| push(&injector, number).unwrap());
        // A lock held here would never be got again.
        // SAFETY(INV-64): it has just been taken, and is handed over again.
        let back = |node| assert!(unsafe { injector.push(node) }.is_ok());
        assert_eq!(injector.pop_batch(2, back), 2);
        assert_eq!(pop_batch(&injector, 9), [2, 0, 1]);
    }

    #[test]
    fn a_closed_queue_gives_everything_back() {
        let injector = Injector::new();
        (0..2).for_each(|number| push(&injector, number).unwrap());
        assert!(!injector.is_closed());
        assert_eq!(numbers(injector.close()), [0, 1]);
        assert!(injector.is_closed() && injector.is_empty());
        assert_eq!(push(&injector, 2), Err(2));
        // SAFETY(INV-64): made by `chain`, and counted.
        let refused = unsafe { injector.push_batch(chain(3..5), 2) }.unwrap_err();
        assert_eq!(numbers(refused), [3, 4]);
        assert_eq!(pop(&injector), None);
        assert!(numbers(injector.close()).is_empty(), "a second time");
    }
}

#[cfg(loom)]
mod models {
    use super::*;
    use crate::base::prim::{Arc, UnsafeCell, thread};

    fn model(f: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(f);
    }

    /// Pushed, popped, refused or returned by the end: each once, with what the pusher wrote.
    #[test]
    fn loom_inject_push_beside_pop_and_close() {
        model(|| {
            let injector = Arc::new(Injector::new());
            push(&injector, 0).unwrap();
            let (pusher, popper) = (injector.clone(), injector.clone());
            let pusher = thread::spawn(move || {
                let mut back: Vec<_> = push(&pusher, 1).err().into_iter().collect();
                // SAFETY(INV-64): made by `chain`, and counted.
                let refused = unsafe { pusher.push_batch(chain(2..4), 2) };
                back.extend(refused.err().map(numbers).into_iter().flatten());
                back
            });
            let popper = thread::spawn(move || pop_batch(&popper, 2));
            let mut got = numbers(injector.close());
            got.extend(pusher.join().unwrap());
            got.extend(popper.join().unwrap());
            assert!(injector.is_empty());
            got.sort_unstable();
            assert_eq!(got, [0, 1, 2, 3]);
        });
    }

    /// Whoever sees it closed sees what came before.
    #[test]
    fn loom_inject_closed_brings_what_came_before() {
        model(|| {
            let shared = Arc::new((Injector::<Item>::new(), UnsafeCell::new(0)));
            let looker = shared.clone();
            let looker = thread::spawn(move || {
                if looker.0.is_closed() {
                    // SAFETY(INV-64): written before the end.
                    assert_eq!(looker.1.with(|value| unsafe { *value }), 1);
                }
            });
            // SAFETY(INV-64): nobody reads it before the end.
            shared.1.with_mut(|value| unsafe { *value = 1 });
            let _ = shared.0.close();
            looker.join().unwrap();
        });
    }
}
