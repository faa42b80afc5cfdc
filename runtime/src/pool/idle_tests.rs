//! The word of who sleeps: each step, and every two that can meet.

use super::*;

#[cfg(not(loom))]
mod plain {
    use super::*;

    #[test]
    fn a_worker_that_parks_while_another_is_awake_keeps_watch_and_only_one_does() {
        let idle = Idle::new(3, false);
        assert!(idle.park(0, false));
        assert!(!idle.park(1, false));
        // The last one has nobody to watch over; the first still does, for a while.
        assert!(!idle.park(2, false));
        assert!(idle.stop_watching(0));
        assert!(!idle.stop_watching(0));
    }

    #[test]
    fn the_watch_does_not_stop_while_anybody_is_awake() {
        let idle = Idle::new(2, false);
        assert!(idle.park(0, false));
        assert!(!idle.stop_watching(0));
        assert!(!idle.park(1, false));
        assert!(idle.stop_watching(0));
    }

    #[test]
    fn a_sleeper_is_claimed_once_and_rises_as_a_searcher() {
        let idle = Idle::new(2, false);
        assert!(idle.park(1, false));
        assert_eq!(idle.look_outside(), Some(1));
        // One searches: that is enough.
        assert!(idle.park(0, false));
        assert_eq!(idle.look_outside(), None);
        assert_eq!(idle.look_own(), None);
        assert!(idle.is_claimed(1) && idle.is_awake(1));
        assert_eq!(idle.rise(1, false), Rise::ToSearch);
        // It has found something: whoever pushed meanwhile has woken nobody.
        assert_eq!(idle.end_search(|| true), Some(0));
        assert_eq!(idle.rise(0, true), Rise::ToSearch);
        assert_eq!(idle.end_search(|| unreachable!("nobody sleeps")), None);
    }

    #[test]
    fn the_watcher_is_claimed_last_and_then_nobody_watches() {
        let idle = Idle::new(3, false);
        assert!(idle.park(0, false));
        assert!(!idle.park(1, false));
        assert_eq!(idle.look_own(), Some(1));
        assert_eq!(idle.rise(1, false), Rise::ToSearch);
        assert_eq!(idle.end_search(|| false), None);
        assert_eq!(idle.look_own(), Some(0));
        assert_eq!(idle.rise(0, false), Rise::ToSearch);
        // The next one to park takes the watch.
        assert!(idle.park(1, false));
    }

    #[test]
    fn whoever_leaves_its_park_calls_a_watcher_if_there_is_none() {
        let idle = Idle::new(2, false);
        assert!(idle.park(0, false));
        assert!(!idle.park(1, false));
        assert_eq!(idle.rise(1, true), Rise::Self_);
        assert_eq!(idle.call_watcher(), None, "there is one");
        assert!(!idle.park(1, false));
        assert!(idle.stop_watching(0));
        assert_eq!(idle.rise(1, true), Rise::Self_);
        assert_eq!(idle.call_watcher(), Some(0));
        assert_eq!(idle.rise(0, false), Rise::ToWatch);
        assert!(idle.park(0, false), "it is still the watcher");
    }

    #[test]
    fn a_watcher_that_has_work_watches_no_more() {
        let idle = Idle::new(2, false);
        assert!(idle.park(0, false));
        assert_eq!(idle.rise(0, true), Rise::Self_);
        assert!(idle.park(1, false), "the place is free");
        // Called, and busy when it wakes up.
        assert_eq!(idle.rise(1, true), Rise::Self_);
        assert!(idle.park(1, false));
        assert_eq!(idle.rise(1, true), Rise::Self_);
        assert!(!idle.park(0, false) || !idle.is_claimed(0));
    }

    #[test]
    fn the_guest_is_never_claimed_and_counts_as_awake_only_while_it_is_there() {
        let idle = Idle::new(1, true);
        assert!(!idle.park(0, false), "nobody else is awake");
        assert_eq!(idle.rise(1, true), Rise::Self_);
        assert_eq!(idle.call_watcher(), Some(0));
        assert_eq!(idle.rise(0, false), Rise::ToWatch);
        assert!(idle.park(0, false));
        assert!(!idle.park(1, false), "the guest does not watch");
        assert_eq!(idle.look_outside(), Some(0));
        assert_eq!(idle.rise(0, true), Rise::ToSearch);
        assert_eq!(idle.end_search(|| true), None, "only the guest sleeps");
    }

    #[test]
    fn the_largest_pool_fits_the_word() {
        let idle = Idle::new(MAX_WORKERS, true);
        for worker in 0..MAX_WORKERS {
            idle.start_search();
            assert_eq!(idle.park(worker, true), worker == 0);
        }
        assert!(idle.stop_watching(0));
        let mut claimed: Vec<_> = std::iter::from_fn(|| {
            let claimed = idle.look_outside()?;
            assert_eq!(idle.rise(claimed, true), Rise::ToSearch);
            assert_eq!(idle.end_search(|| false), None);
            Some(claimed)
        })
        .collect();
        claimed.sort_unstable();
        assert!(claimed.into_iter().eq(0..MAX_WORKERS));
    }
}

#[cfg(loom)]
mod models {
    use super::*;
    use crate::base::prim::{Arc, AtomicUsize, thread};
    use crate::wake::park::{Park, Parker};

    /// Work is a number that is read and written without any order of its own: that a sleeper sees
    /// it is for the word to prove.
    #[derive(Default)]
    struct Work(AtomicUsize);

    impl Work {
        fn push(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn is_there(&self) -> bool {
            self.0.load(Ordering::Relaxed) > 0
        }
    }

    fn world(workers: usize) -> (Arc<Idle>, Arc<Work>) {
        (Arc::new(Idle::new(workers, false)), Arc::new(Work::default()))
    }

    /// A push from outside beside a worker that goes to sleep: it finds the work, or is nudged.
    #[test]
    fn loom_idle_a_push_from_outside_is_never_lost() {
        loom::model(|| {
            let (idle, work) = world(1);
            let parker = Parker::new();
            let unparker = parker.unparker();
            let pusher = {
                let (idle, work) = (idle.clone(), work.clone());
                thread::spawn(move || {
                    work.push();
                    if idle.look_outside().is_some() {
                        unparker.unpark();
                    }
                })
            };
            // What a worker does: search, announce, look again, sleep.
            idle.start_search();
            while !work.is_there() {
                let _watch = idle.park(0, true);
                if !work.is_there() {
                    while !idle.is_claimed(0) {
                        parker.park(None);
                    }
                }
                if idle.rise(0, true) == Rise::Self_ {
                    idle.start_search();
                }
            }
            pusher.join().unwrap();
        });
    }

    /// A push that saw a searcher wakes nobody: the searcher that ends with other work looks.
    #[test]
    fn loom_idle_a_push_that_saw_a_searcher_is_not_stranded() {
        loom::model(|| {
            let (idle, work) = world(2);
            assert!(idle.park(1, false));
            idle.start_search();
            let pusher = {
                let (idle, work) = (idle.clone(), work.clone());
                thread::spawn(move || {
                    work.push();
                    idle.look_outside()
                })
            };
            let searcher = {
                let (idle, work) = (idle.clone(), work.clone());
                thread::spawn(move || idle.end_search(|| work.is_there()))
            };
            let by_pusher = pusher.join().unwrap();
            let by_searcher = searcher.join().unwrap();
            assert!(by_pusher.is_some() != by_searcher.is_some(), "the sleeper is woken, once");
        });
    }

    /// A task for one, and the call for a watcher, meet at one sleeper.
    #[test]
    fn loom_idle_a_sleeper_is_claimed_for_one_thing() {
        loom::model(|| {
            let (idle, work) = world(3);
            assert!(idle.park(0, false));
            assert!(!idle.park(1, false));
            assert!(!idle.park(2, false));
            assert!(idle.stop_watching(0));
            assert_eq!(idle.rise(1, true), Rise::Self_);
            assert_eq!(idle.rise(2, true), Rise::Self_);
            let pusher = {
                let (idle, work) = (idle.clone(), work.clone());
                thread::spawn(move || {
                    work.push();
                    idle.look_outside()
                })
            };
            let called = idle.call_watcher();
            let claimed = pusher.join().unwrap();
            assert!(called.is_some() != claimed.is_some());
            let rise = if called.is_some() { Rise::ToWatch } else { Rise::ToSearch };
            assert_eq!(idle.rise(0, false), rise);
        });
    }

    /// The watch ends only when all sleep: one that leaves meanwhile keeps the watcher, or calls
    /// it.
    #[test]
    fn loom_idle_whoever_is_awake_is_watched() {
        loom::model(|| {
            let (idle, _) = world(2);
            assert!(idle.park(0, false));
            assert!(!idle.park(1, false));
            let leaver = {
                let idle = idle.clone();
                thread::spawn(move || {
                    assert_eq!(idle.rise(1, true), Rise::Self_);
                    idle.call_watcher()
                })
            };
            let stopped = idle.stop_watching(0);
            let called = leaver.join().unwrap();
            assert_eq!(stopped, called.is_some(), "the watch goes on, or begins again");
        });
    }

    /// One parks while the other leaves: whoever sleeps in the end watches the other.
    #[test]
    fn loom_idle_parking_beside_one_that_leaves_makes_a_watcher() {
        loom::model(|| {
            let (idle, _) = world(2);
            assert!(idle.park(1, false));
            assert!(!idle.stop_watching(1));
            let leaver = {
                let idle = idle.clone();
                thread::spawn(move || {
                    assert_eq!(idle.rise(1, true), Rise::Self_);
                    idle.call_watcher()
                })
            };
            let watches = idle.park(0, false);
            let called = leaver.join().unwrap();
            assert!(watches || called == Some(0));
        });
    }
}
