//! The parker: as a model, every interleaving of nudge and sleep; as a program, the clock.

use super::*;

#[cfg(loom)]
mod models {
    use super::*;
    use crate::base::prim::{Arc, AtomicBool};

    fn check(model: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound.get_or_insert(3);
        builder.check(model);
    }

    /// A flag that is set before the nudge and read after the sleep, without an ordering of its
    /// own: what makes it visible is the parker.
    fn flag() -> Arc<AtomicBool> {
        Arc::new(AtomicBool::new(false))
    }

    #[test]
    fn loom_parker_a_nudge_is_never_lost() {
        check(|| {
            let (parker, flag) = (Parker::new(), flag());
            let (unparker, theirs) = (parker.unparker(), flag.clone());
            let other = thread::spawn(move || {
                theirs.store(true, Ordering::Relaxed);
                unparker.unpark();
            });
            // A lost nudge is a deadlock, which loom reports.
            parker.sleep(None);
            assert!(flag.load(Ordering::Relaxed), "what was written before the nudge is seen");
            other.join().unwrap();
        });
    }

    #[test]
    fn loom_parker_a_nudge_at_the_deadline_is_seen() {
        check(|| {
            let (parker, flag) = (Parker::new(), flag());
            let (unparker, theirs) = (parker.unparker(), flag.clone());
            let past = clock::now();
            let other = thread::spawn(move || {
                theirs.store(true, Ordering::Relaxed);
                unparker.unpark();
            });
            // This sleep may use the nudge up; then it must also bring what was written before it.
            parker.sleep(Some(past));
            while !flag.load(Ordering::Relaxed) {
                parker.sleep(None);
            }
            other.join().unwrap();
        });
    }

    #[test]
    fn loom_parker_two_nudges_are_both_seen() {
        check(|| {
            let parker = Parker::new();
            let flags = [flag(), flag()];
            let others = flags.clone().map(|flag| {
                let unparker = parker.unparker();
                thread::spawn(move || {
                    flag.store(true, Ordering::Relaxed);
                    unparker.unpark();
                })
            });
            // Two nudges may come as one: then both flags are seen at once.
            while !flags.iter().all(|flag| flag.load(Ordering::Relaxed)) {
                parker.sleep(None);
            }
            for other in others {
                other.join().unwrap();
            }
        });
    }

    #[test]
    fn loom_parker_a_stray_token_does_not_end_a_sleep() {
        check(|| {
            let (parker, flag) = (Parker::new(), flag());
            let (unparker, theirs) = (parker.unparker(), flag.clone());
            let sleeper = thread::current();
            let other = thread::spawn(move || {
                sleeper.unpark();
                theirs.store(true, Ordering::Relaxed);
                unparker.unpark();
            });
            parker.sleep(None);
            assert!(flag.load(Ordering::Relaxed), "only a nudge ends the sleep");
            other.join().unwrap();
        });
    }
}

#[cfg(not(loom))]
mod programs {
    use super::*;
    use crate::base::prim::count;

    #[test]
    fn a_nudge_before_the_sleep_keeps_it_from_starting_once() {
        let parker = Parker::new();
        let unparker = parker.unparker();
        unparker.unpark();
        unparker.unpark();
        parker.sleep(None);
        // Two nudges are one token: the second sleep ends by its deadline.
        let deadline = clock::now() + Duration::from_millis(2);
        parker.sleep(Some(deadline));
        assert!(clock::now() >= deadline);
    }

    #[test]
    fn a_sleep_ends_at_its_deadline_and_not_before() {
        let parker = Parker::new();
        for micros in [0, 1, 50, 999, 1_500] {
            let before = clock::now();
            let limit = Duration::from_micros(micros);
            parker.park(Some(limit));
            assert!(micros == 0 || clock::now() - before >= limit, "{micros}");
        }
    }

    #[test]
    fn a_limit_beyond_the_clock_is_no_limit() {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let other = thread::spawn(move || unparker.unpark());
        parker.park(Some(Duration::MAX));
        other.join().unwrap();
    }

    #[test]
    fn looking_without_sleeping_leaves_the_token() {
        let parker = Parker::new();
        parker.unparker().unpark();
        parker.park(Some(Duration::ZERO));
        parker.sleep(None);
    }

    #[test]
    fn a_nudge_from_another_thread_ends_the_sleep() {
        let parker = Parker::new();
        for _ in 0..100 {
            let waker = parker.waker();
            let other = thread::spawn(move || waker.wake());
            parker.sleep(None);
            other.join().unwrap();
        }
    }

    #[test]
    fn wakers_of_one_parker_are_the_same_waker() {
        let parker = Parker::new();
        assert!(parker.waker().will_wake(&parker.waker()));
        assert!(!parker.waker().will_wake(&Parker::new().waker()));
    }

    #[test]
    fn a_nudge_outlives_its_parker() {
        let waker = Parker::new().waker();
        waker.wake_by_ref();
        waker.wake();
    }

    #[test]
    fn a_nudge_is_one_read_modify_write() {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let ((), nudge) = count::record(|| unparker.unpark());
        assert_eq!(nudge.len(), 1);
        let ((), sleep) = count::record(|| parker.sleep(None));
        assert_eq!(sleep.len(), 2);
    }
}
