//! models of the bell: a nudge, and the first source, beside a driver that lies down.

use super::*;
use crate::base::prim::{Arc, AtomicBool, AtomicUsize, thread};
use crate::wake::park::{Park, Parker};

/// A sleeper with a bell; its "epoll" is a second parker.
struct Sleeper {
    parker: Parker,
    epoll: Parker,
    bell: Arc<Bell>,
}

impl Sleeper {
    fn new() -> Self {
        let (parker, epoll) = (Parker::new(), Parker::new());
        let bell = Arc::new(Bell::new(parker.unparker(), epoll.unparker()));
        Self { parker, epoll, bell }
    }

    /// What the driver does. Returns where it slept.
    fn sleep(&self, has_sources: impl Fn() -> bool) -> Option<Bed> {
        let bed = self.bell.lie_down(has_sources);
        match bed {
            Some(Bed::Parker) => self.parker.sleep(None),
            Some(Bed::Epoll) => self.epoll.sleep(None),
            None => {}
        }
        self.bell.rise();
        bed
    }
}

fn a_nudge_is_not_missed(in_epoll: bool) {
    loom::model(move || {
        let sleeper = Sleeper::new();
        let work = Arc::new(AtomicBool::new(false));
        let nudger = {
            let (bell, work) = (sleeper.bell.clone(), work.clone());
            thread::spawn(move || {
                // Ordering: Relaxed: that it is seen after the nudge is for the bell to prove.
                work.store(true, Ordering::Relaxed);
                bell.ring();
            })
        };
        // A sleep without end, if the nudge is missed: loom reports a deadlock.
        while !work.load(Ordering::Relaxed) {
            sleeper.sleep(|| in_epoll);
        }
        nudger.join().unwrap();
    });
}

#[test]
fn loom_a_nudge_reaches_a_driver_on_its_parker() {
    a_nudge_is_not_missed(false);
}

#[test]
fn loom_a_nudge_reaches_a_driver_in_epoll() {
    a_nudge_is_not_missed(true);
}

/// An event ends the sleep, and a nudge comes beside it: `rise` sees what came before the nudge.
#[test]
fn loom_a_nudge_beside_an_event_brings_its_work() {
    loom::model(|| {
        let sleeper = Sleeper::new();
        let work = Arc::new(AtomicBool::new(false));
        let nudger = {
            let (bell, work) = (sleeper.bell.clone(), work.clone());
            thread::spawn(move || {
                work.store(true, Ordering::Relaxed);
                bell.ring();
            })
        };
        let bed = sleeper.bell.lie_down(|| true);
        let nudged = sleeper.bell.rise();
        assert!(!nudged || work.load(Ordering::Relaxed));
        assert!(bed.is_some() || nudged);
        nudger.join().unwrap();
    });
}

/// The first source is registered while the driver lies down: it must not stay on its parker, where
/// no event would find it.
#[test]
fn loom_the_first_source_brings_the_driver_to_epoll() {
    loom::model(|| {
        let sleeper = Sleeper::new();
        let sources = Arc::new(AtomicUsize::new(0));
        let registrar = {
            let (bell, sources) = (sleeper.bell.clone(), sources.clone());
            thread::spawn(move || {
                // Ordering: Relaxed: that one side sees the other is for the bell to prove.
                sources.fetch_add(1, Ordering::Relaxed);
                bell.stir();
            })
        };
        let seen = || sources.load(Ordering::Relaxed) != 0;
        // A driver that saw the source would wait for its events: enough.
        loop {
            match sleeper.bell.lie_down(seen) {
                Some(Bed::Epoll) => break,
                Some(Bed::Parker) => sleeper.parker.sleep(None),
                None => {}
            }
            sleeper.bell.rise();
        }
        registrar.join().unwrap();
    });
}

/// A driver that is awake must find no token after `stir`: its next sleep would end at once.
#[test]
fn loom_a_driver_that_is_awake_is_not_stirred() {
    loom::model(|| {
        let sleeper = Sleeper::new();
        sleeper.bell.stir();
        assert_eq!(sleeper.bell.lie_down(|| true), Some(Bed::Epoll));
        sleeper.bell.rise();
    });
}
