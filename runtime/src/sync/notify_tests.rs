//! Tests of Notify: who is reached by what, what is stored. Loom models: `notify_model_tests.rs`.

#[path = "notify_random_tests.rs"]
mod random;

use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::notify::{Notified, Notify};
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Wake;

#[test]
fn a_notification_is_stored_once() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    Polled::new(notify.notified()).ready();
    drop(Polled::waiting(notify.notified()));
    notify.notify_last();
    Polled::new(notify.notified()).ready();
}

#[test]
fn without_listeners_it_takes_no_lock() {
    let notify = Notify::new();
    assert_eq!(count::record(|| notify.notify_waiters()).1.len(), 1);
    assert_eq!(count::record(|| notify.notify_one()).1.len(), 1);
    let mut listener = Polled::new(notify.notified());
    assert_eq!(count::record(|| listener.ready()).1.len(), 1);
}

#[test]
fn one_goes_to_the_first_and_last_to_the_last() {
    let notify = Notify::new();
    let mut all: Vec<_> = (0..4).map(|_| Polled::waiting(notify.notified())).collect();
    notify.notify_one();
    notify.notify_last();
    let woken: Vec<_> = all.iter().map(|listener| listener.wakes()).collect();
    assert_eq!(woken, [1, 0, 0, 1]);
    all[0].ready();
    all[3].ready();
    assert!(all[1].poll().is_pending() && all[2].poll().is_pending());
}

#[test]
fn a_dropped_listener_hands_on_what_it_was_handed() {
    let notify = Notify::new();
    let mut all: Vec<_> = (0..4).map(|_| Polled::waiting(notify.notified())).collect();
    notify.notify_one();
    drop(all.remove(0));
    all[0].ready();
    notify.notify_last();
    drop(all.pop());
    all[1].ready();
    let last = Polled::waiting(notify.notified());
    notify.notify_one();
    drop(last);
    Polled::new(notify.notified()).ready();
    // What everybody was told is nobody's to hand on.
    let told = Polled::waiting(notify.notified());
    notify.notify_waiters();
    drop(told);
    drop(Polled::waiting(notify.notified()));
}

#[test]
fn once_ready_it_stays_ready_and_takes_nothing_more() {
    let notify = Notify::new();
    notify.notify_one();
    let mut listener = Polled::new(notify.notified());
    listener.ready();
    notify.notify_one();
    listener.ready();
    drop(listener);
    Polled::new(notify.notified()).ready();
}

#[test]
fn all_listeners_that_exist_are_reached_and_no_later_ones() {
    let notify = Notify::new();
    let mut waiting: Vec<_> = (0..100).map(|_| Polled::waiting(notify.notified())).collect();
    let mut unpolled: Vec<_> = (0..3).map(|_| Polled::new(notify.notified())).collect();
    notify.notify_waiters();
    let mut later = Polled::waiting(notify.notified());
    assert!(waiting.iter_mut().all(|listener| listener.wakes() == 1));
    waiting.iter_mut().chain(&mut unpolled).for_each(Polled::ready);
    assert!(later.poll().is_pending());
    // Without anybody in line, too.
    drop(later);
    let mut unpolled = Polled::new(notify.notified());
    notify.notify_waiters();
    unpolled.ready();
    drop(Polled::waiting(notify.notified()));
}

#[test]
fn told_with_all_others_it_leaves_the_stored_one_alone() {
    let notify = Notify::new();
    let mut listener = Polled::new(notify.notified());
    notify.notify_waiters();
    notify.notify_one();
    listener.ready();
    Polled::new(notify.notified()).ready();
}

/// While a hundred are told, the first of them notifies one: that one is none of the hundred.
#[test]
fn a_notification_during_a_call_of_all_is_not_swallowed() {
    struct NotifiesOne(Arc<Notify>);
    impl Wake for NotifiesOne {
        fn wake(self: Arc<Self>) {
            self.0.notify_one();
        }
    }
    let notify = Arc::new(Notify::new());
    let mut first = Polled::new(notify.notified());
    let waker = Arc::new(NotifiesOne(notify.clone())).into();
    assert!(first.poll_with(&waker).is_pending());
    let mut rest: Vec<_> = (0..99).map(|_| Polled::waiting(notify.notified())).collect();
    notify.notify_waiters();
    rest.iter_mut().for_each(Polled::ready);
    drop((first, rest));
    Polled::new(notify.notified()).ready();
}

#[test]
fn enabled_it_stands_in_line_without_a_waker() {
    let notify = Notify::new();
    let mut enabled = Polled::new(notify.notified());
    assert!(!enabled.pinned().enable());
    assert!(!enabled.pinned().enable());
    let mut second = Polled::waiting(notify.notified());
    notify.notify_one();
    assert!(second.poll().is_pending());
    assert!(enabled.pinned().enable());
    enabled.ready();
    // Polled after it was enabled, it is woken like any other.
    let mut third = Polled::new(notify.notified());
    assert!(!third.pinned().enable());
    assert!(third.poll().is_pending());
    notify.notify_waiters();
    assert_eq!((second.wakes(), third.wakes()), (1, 1));
    // One that is stored is taken by `enable`.
    notify.notify_one();
    assert!(Polled::new(notify.notified()).pinned().enable());
    drop(Polled::waiting(notify.notified()));
}

#[test]
fn an_owned_listener_does_the_same() {
    let notify = Arc::new(Notify::new());
    let mut owned = Polled::new(notify.clone().notified_owned());
    assert!(!owned.pinned().enable() && owned.poll().is_pending());
    notify.notify_one();
    assert_eq!(owned.wakes(), 1);
    drop(owned);
    let mut owned = Polled::new(notify.notified_owned());
    owned.ready();
}

#[test]
fn no_foreign_code_runs_under_the_lock() {
    must_end(|| {
        let notify = Arc::new(Notify::new());
        let meddle = notify.clone();
        let waker = nosy(Arc::new(move || {
            // Joins the line and leaves it.
            let _ = Polled::new(meddle.notified()).poll();
        }));
        let listen = || {
            let mut listener = Polled::new(notify.notified());
            assert!(listener.poll_with(&waker).is_pending());
            listener
        };
        let (mut a, b, mut c, mut d) = (listen(), listen(), listen(), listen());
        assert!(d.poll().is_pending() && d.poll_with(&waker).is_pending());
        notify.notify_one();
        drop(b);
        notify.notify_waiters();
        a.ready();
        c.ready();
        d.ready();
    });
}

/// Any order of calls, beside the same thing written with a queue and a flag.
#[test]
fn it_behaves_as_a_flag_and_a_queue() {
    for seed in 0..200 {
        let rng = Rng::seeded(seed);
        let notify = Notify::new();
        let mut stored = false;
        // In the order of joining; those that have not been polled stand apart.
        let mut line: VecDeque<Polled<Notified<'_>>> = VecDeque::new();
        let mut unpolled: Vec<Polled<Notified<'_>>> = Vec::new();
        for step in 0..200 {
            let at = |len: usize| rng.below(len.max(1) as u32) as usize;
            match rng.below(10) {
                0..=1 => unpolled.push(Polled::new(notify.notified())),
                2..=4 if !unpolled.is_empty() => {
                    let mut listener = unpolled.swap_remove(at(unpolled.len()));
                    let ready = if rng.below(2) == 0 {
                        listener.pinned().enable()
                    } else {
                        listener.poll().is_ready()
                    };
                    assert_eq!(ready, stored, "seed {seed}, step {step}");
                    if !ready {
                        line.push_back(listener);
                    }
                    stored = false;
                }
                5 if !line.is_empty() => drop(line.remove(at(line.len()))),
                6 if !unpolled.is_empty() => drop(unpolled.swap_remove(at(unpolled.len()))),
                7 => {
                    notify.notify_one();
                    stored |= line.is_empty();
                    if let Some(mut first) = line.pop_front() {
                        first.ready();
                    }
                }
                8 => {
                    notify.notify_last();
                    stored |= line.is_empty();
                    if let Some(mut last) = line.pop_back() {
                        last.ready();
                    }
                }
                9 => {
                    notify.notify_waiters();
                    line.drain(..).chain(unpolled.drain(..)).for_each(|mut told| told.ready());
                }
                _ => {}
            }
            let quiet = line.iter_mut().all(|listener| listener.poll().is_pending());
            assert!(quiet, "seed {seed}, step {step}");
        }
    }
}
