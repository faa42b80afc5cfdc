//! Tests of Event: level, line, and loom models.

#[cfg(not(loom))]
mod plain {
    use crate::base::prim::count;
    use crate::sync::Event;
    use crate::wake::wait_list::poller::{Polled, must_end, nosy};
    use std::sync::{Arc, Mutex};
    use std::task::Wake;

    #[test]
    fn it_is_a_level() {
        let event = Event::new();
        assert!(!event.is_set());
        event.set();
        event.set();
        assert!(event.is_set());
        Polled::new(event.wait()).ready();
        event.clear();
        assert!(!event.is_set());
        drop(Polled::waiting(event.wait()));
    }

    #[test]
    fn without_waiters_it_takes_no_lock() {
        let event = Event::new();
        assert_eq!(count::record(|| event.set()).1.len(), 1);
        let mut wait = Polled::new(event.wait());
        assert_eq!(count::record(|| wait.ready()).1.len(), 0);
        assert_eq!(count::record(|| event.clear()).1.len(), 1);
        drop(Polled::waiting(event.wait()));
        assert_eq!(count::record(|| event.set()).1.len(), 1);
    }

    #[test]
    fn set_and_clear_back_to_back_wake_everybody_who_waits() {
        let event = Event::new();
        let mut waits: Vec<_> = (0..100).map(|_| Polled::waiting(event.wait())).collect();
        drop(waits.remove(50));
        event.set();
        event.clear();
        for wait in &mut waits {
            assert_eq!(wait.wakes(), 1);
            wait.ready();
        }
        let mut late = Polled::waiting(event.wait());
        event.set();
        late.ready();
    }

    /// The first of a hundred to be woken clears the event and waits again: not for this `set`.
    #[test]
    fn who_waits_after_the_clear_waits_for_the_next_set() {
        type Late = Polled<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>;
        struct Clears(Arc<Event>, Mutex<Vec<Late>>);
        impl Wake for Clears {
            fn wake(self: Arc<Self>) {
                self.0.clear();
                let event = self.0.clone();
                let wait: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> =
                    Box::pin(async move { event.wait().await });
                self.1.lock().expect("no panic").push(Polled::waiting(wait));
            }
        }
        let event = Arc::new(Event::new());
        let clears = Arc::new(Clears(event.clone(), Mutex::new(Vec::new())));
        let mut first = Polled::new(event.wait());
        assert!(first.poll_with(&clears.clone().into()).is_pending());
        let mut rest: Vec<_> = (0..99).map(|_| Polled::waiting(event.wait())).collect();
        event.set();
        first.ready();
        rest.iter_mut().for_each(Polled::ready);
        let mut late = clears.1.lock().expect("no panic").pop().expect("it waits");
        assert!(late.wakes() == 0 && late.poll().is_pending());
        event.set();
        late.ready();
    }

    #[test]
    fn no_foreign_code_runs_under_the_lock() {
        must_end(|| {
            let event = Arc::new(Event::new());
            let meddle = event.clone();
            let waker = nosy(Arc::new(move || {
                let _ = Polled::new(meddle.wait()).poll();
            }));
            let mut wait = Polled::new(event.wait());
            let mut other = Polled::new(event.wait());
            assert!(wait.poll_with(&waker).is_pending() && other.poll_with(&waker).is_pending());
            assert!(wait.poll().is_pending() && wait.poll_with(&waker).is_pending());
            drop(other);
            event.set();
            wait.ready();
        });
    }
}

#[cfg(loom)]
mod model {
    use crate::base::prim::{Arc, UnsafeCell, thread};
    use crate::sync::Event;
    use crate::wake::block_on::block_on;
    use crate::wake::wait_list::poller::Polled;

    struct Told(Event, UnsafeCell<u8>);

    // SAFETY: the cell is written before `set`, and read by whoever knows of it.
    unsafe impl Sync for Told {}
    // SAFETY: as above.
    unsafe impl Send for Told {}

    impl Told {
        fn new() -> Arc<Self> {
            Arc::new(Told(Event::new(), UnsafeCell::new(0)))
        }

        fn write_and_set(&self) {
            // SAFETY: nobody reads before the `set`.
            self.1.with_mut(|value| unsafe { *value = 1 });
            self.0.set();
        }

        fn read(&self) {
            // SAFETY: nobody writes after the `set`.
            self.1.with(|value| assert_eq!(unsafe { *value }, 1));
        }
    }

    /// A wait misses no set, and sees what was done before it. Both ways round: loom goes back for
    /// the loads of the second thread more thoroughly.
    #[test]
    fn loom_event_set_meets_wait() {
        for waits_here in [true, false] {
            loom::model(move || {
                let told = Told::new();
                let other = told.clone();
                let wait = |told: &Told| {
                    block_on(told.0.wait());
                    told.read();
                };
                if waits_here {
                    let thread = thread::spawn(move || other.write_and_set());
                    wait(&told);
                    thread.join().expect("it ends");
                } else {
                    let thread = thread::spawn(move || wait(&other));
                    told.write_and_set();
                    thread.join().expect("it ends");
                }
            });
        }
    }

    /// The same for one who only looks, while somebody else is woken.
    #[test]
    fn loom_event_set_is_seen() {
        loom::model(|| {
            let told = Told::new();
            let other = told.clone();
            let mut wait = Polled::waiting(told.0.wait());
            let thread = thread::spawn(move || {
                if other.0.is_set() {
                    other.read();
                }
            });
            told.write_and_set();
            thread.join().expect("it ends");
            wait.ready();
        });
    }

    /// Set and cleared at once, while another waiter leaves: who waited goes on.
    #[test]
    fn loom_event_set_and_clear_meet_a_drop() {
        loom::model(|| {
            let event = Arc::new(Event::new());
            let other = event.clone();
            let gone = Polled::waiting(event.wait());
            let mut stays = Polled::waiting(event.wait());
            let thread = thread::spawn(move || {
                other.set();
                other.clear();
            });
            drop(gone);
            thread.join().expect("it ends");
            assert_eq!(stays.wakes(), 1);
            stays.ready();
            drop(Polled::waiting(event.wait()));
        });
    }

    /// The only waiter leaves while it is set.
    #[test]
    fn loom_event_last_waiter_leaves() {
        loom::model(|| {
            let event = Arc::new(Event::new());
            let other = event.clone();
            let gone = Polled::waiting(event.wait());
            let thread = thread::spawn(move || other.set());
            drop(gone);
            thread.join().expect("it ends");
            assert!(event.is_set());
            Polled::new(event.wait()).ready();
        });
    }
}
