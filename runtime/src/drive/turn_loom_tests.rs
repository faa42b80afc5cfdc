//! models of the turn: news for whoever sleeps for all, while the turn changes hands.

use super::*;
use crate::base::prim::{AtomicUsize, Ordering, thread};
use crate::drive::bell::{Bed, Bell};
use crate::wake::park::{Park, Parker};

fn bell(parker: &Parker) -> Arc<Bell> {
    Arc::new(Bell::new(parker.unparker(), parker.unparker()))
}

/// The first source is registered while one driver leaves the turn and another takes it: whoever
/// has it in the end does not stay on its parker, where no event would find it.
#[test]
fn loom_turn_the_first_source_reaches_the_next_holder() {
    loom::model(|| {
        let parker = Parker::new();
        let (before, after) = (bell(&parker), bell(&parker));
        let slot = Arc::new(Slot::new(()));
        let sources = Arc::new(AtomicUsize::new(0));
        let registrar = {
            let (slot, sources) = (slot.clone(), sources.clone());
            thread::spawn(move || {
                // Ordering: Relaxed: that the holder sees it is for slot and bell to prove.
                sources.fetch_add(1, Ordering::Relaxed);
                if let Some(holder) = slot.holder() {
                    holder.stir();
                }
            })
        };
        let seen = || sources.load(Ordering::Relaxed) != 0;
        drop(slot.take(&before).expect("the turn is free"));
        let turn = slot.take(&after).expect("the turn is free");
        while after.lie_down(seen) != Some(Bed::Epoll) {
            parker.sleep(None);
            after.rise();
        }
        registrar.join().unwrap();
        drop(turn);
        // A driver that has no turn was left alone, or told while it had it.
        slot.forget(&after);
        assert_eq!((Arc::strong_count(&before), Arc::strong_count(&after)), (1, 1));
    });
}

/// Two drivers want the turn: one has it at a time, and what it did with it the next one sees.
#[test]
fn loom_turn_one_holder_at_a_time() {
    fn count(slot: &Slot<AtomicUsize>) -> usize {
        let bell = bell(&Parker::new());
        let turn = slot.take(&bell);
        let counted = turn.map_or(0, |mut turn| {
            let count = turn.get().expect("not put back yet");
            // Ordering: Relaxed, and not one step: that nobody is between is for the slot to prove.
            let before = count.load(Ordering::Relaxed);
            count.store(before + 1, Ordering::Relaxed);
            1
        });
        slot.forget(&bell);
        counted
    }
    loom::model(|| {
        let slot = Arc::new(Slot::new(AtomicUsize::new(0)));
        let other = {
            let slot = slot.clone();
            thread::spawn(move || count(&slot))
        };
        let counted = count(&slot) + other.join().unwrap();
        let mut turn = slot.take(&bell(&Parker::new())).expect("it came back");
        let total = turn.get().expect("not put back yet").load(Ordering::Relaxed);
        assert!(counted >= 1 && total == counted);
    });
}

/// A sleeper comes while another looks: it gets the turn, or is told when it is back.
#[test]
fn loom_turn_a_sleeper_does_not_go_without_after_a_look() {
    loom::model(|| {
        let parker = Parker::new();
        let sleeper = bell(&parker);
        let slot = Arc::new(Slot::new(()));
        let looker = {
            let slot = slot.clone();
            thread::spawn(move || drop(slot.borrow()))
        };
        // A sleep without end, if it is not told: loom reports a deadlock.
        while slot.take(&sleeper).is_none() {
            if sleeper.lie_down(|| false).is_some() {
                parker.sleep(None);
            }
            sleeper.rise();
        }
        looker.join().unwrap();
        slot.forget(&sleeper);
        assert_eq!(Arc::strong_count(&sleeper), 1);
    });
}
