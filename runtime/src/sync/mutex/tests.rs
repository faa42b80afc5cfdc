//! Tests of the mutex and its guards, and a loom model.

#[cfg(not(loom))]
mod plain {
    use crate::base::prim::count;
    use crate::sync::*;
    use crate::wake::wait_list::poller::{Polled, must_end};
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::task::Poll;

    #[test]
    fn uncontended_it_is_one_read_modify_write_each_way() {
        let mutex = Mutex::new(0);
        let mut lock = Polled::new(mutex.lock());
        let (guard, log) = count::record(|| lock.ready());
        assert_eq!(log.len(), 1);
        assert_eq!(count::record(|| drop(guard)).1.len(), 1);
    }

    #[test]
    fn it_is_handed_over_in_order_and_not_overtaken() {
        let mutex = Mutex::new(0);
        let held = mutex.try_lock().expect("free");
        let mut first = Polled::waiting(mutex.lock());
        let mut second = Polled::waiting(mutex.lock());
        drop(held);
        assert!(mutex.try_lock().is_err());
        let mut releaser = Polled::waiting(mutex.lock());
        assert_eq!((first.wakes(), second.wakes()), (1, 0));
        drop(first.ready());
        drop(second.ready());
        drop(releaser.ready());
        assert!(mutex.try_lock().is_ok());
    }

    #[test]
    fn a_cancelled_lock_passes_it_on() {
        let mutex = Mutex::new(0);
        let held = mutex.try_lock().expect("free");
        let never = Polled::waiting(mutex.lock());
        let handed = Polled::waiting(mutex.lock());
        let mut last = Polled::waiting(mutex.lock());
        drop(never);
        drop(held);
        assert_eq!(handed.wakes(), 1);
        drop(handed);
        drop(last.ready());
        assert!(mutex.try_lock().is_ok());
    }

    #[test]
    fn a_panic_unlocks_it_and_leaves_the_value() {
        let mutex = Mutex::new(1);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut guard = mutex.try_lock().expect("free");
            *guard = 2;
            panic!("under the lock");
        }));
        assert!(outcome.is_err());
        assert_eq!(*mutex.try_lock().expect("free again"), 2);
    }

    /// INV-57: a mapped guard reaches its part, keeps the whole locked, and unlocks it.
    #[test]
    fn a_mapped_guard_keeps_the_mutex_locked() {
        let mutex = Mutex::new((1, (2, 3)));
        let guard = mutex.try_lock().expect("free");
        let mut pair = MutexGuard::map(guard, |value| &mut value.1);
        pair.0 = 20;
        assert!(mutex.try_lock().is_err());
        let pair = MappedMutexGuard::try_map(pair, |_| None::<&mut i32>).unwrap_err();
        let mut three = MappedMutexGuard::map(pair, |pair| &mut pair.1);
        *three += 27;
        let three = MappedMutexGuard::try_map(three, |three| Some(three)).expect("it is there");
        assert!(mutex.try_lock().is_err());
        drop(three);
        let guard = mutex.try_lock().expect("free again");
        let guard = MutexGuard::try_map(guard, |_| None::<&mut i32>).unwrap_err();
        assert_eq!(*guard, (1, (20, 30)));
        let one = MutexGuard::try_map(guard, |value| Some(&mut value.0)).expect("it is there");
        assert_eq!((format!("{one} {one:?}"), *one), ("1 1".to_owned(), 1));
    }

    /// INV-57: the same, where the guard owns the mutex and is the last who does.
    #[test]
    fn an_owned_mapped_guard_keeps_the_mutex_alive() {
        let mutex = Arc::new(Mutex::new((1, (2, 3))));
        let guard = mutex.clone().try_lock_owned().expect("free");
        let guard = OwnedMutexGuard::try_map(guard, |_| None::<&mut i32>).unwrap_err();
        let pair = OwnedMutexGuard::map(guard, |value| &mut value.1);
        let pair = OwnedMappedMutexGuard::try_map(pair, |_| None::<&mut i32>).unwrap_err();
        let mut three = OwnedMappedMutexGuard::map(pair, |pair| &mut pair.1);
        assert!(mutex.try_lock().is_err());
        *three = 30;
        drop(three);
        let guard = mutex.clone().try_lock_owned().expect("free again");
        drop(mutex);
        let one = OwnedMutexGuard::try_map(guard, |value| Some(&mut value.0)).expect("there");
        let one = OwnedMappedMutexGuard::try_map(one, |one| Some(one)).expect("there");
        assert_eq!((format!("{one} {one:?}"), *one), ("1 1".to_owned(), 1));
    }

    #[test]
    fn a_panic_in_map_unlocks_it() {
        let mutex = Mutex::new(1);
        let guard = mutex.try_lock().expect("free");
        let map = || MutexGuard::map(guard, |_| -> &mut i32 { panic!("in map") });
        assert!(catch_unwind(AssertUnwindSafe(|| drop(map()))).is_err());
        assert!(mutex.try_lock().is_ok());
    }

    #[test]
    fn an_owned_guard_waits_in_the_same_line() {
        let mutex = Arc::new(Mutex::new(1));
        let held = mutex.try_lock().expect("free");
        let mut owned = Polled::waiting(mutex.clone().lock_owned());
        let mut borrowed = Polled::waiting(mutex.lock());
        drop(held);
        let mut guard = owned.ready();
        *guard = 2;
        assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&guard), &mutex));
        assert_eq!(format!("{guard} {guard:?}"), "2 2");
        assert!(mutex.clone().try_lock_owned().is_err());
        drop(guard);
        let guard = borrowed.ready();
        assert!(std::ptr::eq(MutexGuard::mutex(&guard), &*mutex));
        assert_eq!(format!("{guard} {guard:?}"), "2 2");
    }

    #[test]
    fn the_value_may_be_of_any_size() {
        let mutex: Arc<Mutex<[i32]>> = Arc::new(Mutex::new([1, 2, 3]));
        mutex.try_lock().expect("free")[1] = 5;
        let last = MutexGuard::map(mutex.try_lock().expect("free"), |all| &mut all[2]);
        assert_eq!(*last, 3);
        drop(last);
        let guard = mutex.clone().try_lock_owned().expect("free");
        assert_eq!(*guard, [1, 5, 3]);
        let shown: Arc<Mutex<dyn std::fmt::Debug + Send>> = Arc::new(Mutex::new("text"));
        assert_eq!(format!("{:?}", shown.try_lock().expect("free")), "\"text\"");
    }

    #[test]
    fn it_is_shown_and_made_and_taken_apart() {
        let mut mutex = Mutex::from(1);
        assert_eq!(format!("{mutex:?}"), "Mutex { data: 1 }");
        let guard = mutex.try_lock().expect("free");
        assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked> }");
        assert_eq!(mutex.try_lock().unwrap_err().to_string(), "operation would block");
        drop(guard);
        *mutex.get_mut() += 1;
        assert_eq!((mutex.into_inner(), Mutex::<u8>::default().into_inner()), (2, 0));
    }

    /// INV-56: whoever waits how, there is one guard at a time.
    #[test]
    fn threads_exclude_each_other() {
        must_end(|| {
            let mutex = Arc::new(Mutex::new(Cell::new(0)));
            let add = |value: &Cell<u32>| value.set(value.get() + 1);
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let mutex = &mutex;
                    scope.spawn(move || {
                        for round in 0..2000 {
                            if (thread + round) % 5 == 0 {
                                // Given up, handed over or not.
                                let mut lock = Polled::new(mutex.lock());
                                if let Poll::Ready(guard) = lock.poll() {
                                    add(&guard);
                                    continue;
                                }
                                drop(lock);
                            }
                            if thread % 2 == 0 {
                                add(&mutex.blocking_lock());
                            } else {
                                add(&mutex.clone().blocking_lock_owned());
                            }
                        }
                    });
                }
            });
            let rounds = mutex.try_lock().expect("free").get();
            assert_eq!(rounds, 8000);
        });
    }

    #[test]
    fn what_can_be_sent_and_shared_is() {
        fn send<T: Send>() {}
        fn both<T: Send + Sync>() {}
        fn check<T: Send + Sync>(_: &T) {}
        both::<Mutex<Cell<u8>>>();
        both::<MutexGuard<'_, u8>>();
        both::<OwnedMutexGuard<u8>>();
        both::<MappedMutexGuard<'_, u8>>();
        both::<OwnedMappedMutexGuard<u8, u8>>();
        send::<MutexGuard<'_, Cell<u8>>>();
        send::<OwnedMutexGuard<Cell<u8>>>();
        let mutex = Arc::new(Mutex::new(1));
        check(&mutex.lock());
        check(&mutex.clone().lock_owned());
    }

    /// INV-56, INV-57: a guard of a value that is not `Sync` is not. (Else it would not compile.)
    #[test]
    fn a_guard_shares_only_what_may_be_shared() {
        trait NotSync<Which> {
            fn holds() {}
        }
        #[allow(dead_code)]
        struct Ambiguous;
        impl<T: ?Sized> NotSync<()> for T {}
        impl<T: ?Sized + Sync> NotSync<Ambiguous> for T {}
        <MutexGuard<'_, Cell<u8>> as NotSync<_>>::holds();
        <OwnedMutexGuard<Cell<u8>> as NotSync<_>>::holds();
        <MappedMutexGuard<'_, Cell<u8>> as NotSync<_>>::holds();
        <OwnedMappedMutexGuard<Cell<u8>, u8> as NotSync<_>>::holds();
        <OwnedMappedMutexGuard<u8, Cell<u8>> as NotSync<_>>::holds();
        <Mutex<std::rc::Rc<u8>> as NotSync<_>>::holds();
    }
}

#[cfg(loom)]
mod model {
    use crate::base::prim::{Arc, UnsafeCell, thread};
    use crate::sync::{Mutex, MutexGuard};
    use crate::wake::block_on::block_on;

    /// INV-56, INV-57: two threads, a mapped guard and a plain one, under loom's eyes.
    #[test]
    fn loom_mutex_excludes() {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(|| {
            let mutex = Arc::new(Mutex::new(UnsafeCell::new(0)));
            let other = mutex.clone();
            // SAFETY: under the lock; loom checks it.
            let add = |cell: &UnsafeCell<i32>| cell.with_mut(|value| unsafe { *value += 1 });
            let thread = thread::spawn(move || {
                let guard = block_on(other.lock());
                add(&MutexGuard::map(guard, |cell| cell));
            });
            add(&block_on(mutex.lock()));
            thread.join().expect("it ends");
            // SAFETY: nobody else is left.
            mutex.try_lock().expect("free").with(|value| assert_eq!(unsafe { *value }, 2));
        });
    }
}
