//! whether a worker that has found nothing looks once more, a moment later, before it sleeps.
//!
//! A push from outside that wakes a worker costs the pusher 5 µs, and the task 25. A thread that
//! spawns in a loop is slower than the worker that runs what it spawns: the worker would sleep
//! after each handful, and both would do little but wake and be woken. So a worker whose last sleep
//! was ended at once lingers before the next.
//!
//! It does not look while it lingers. A look takes the injector's line away from the pusher, and a
//! worker that takes each task as it comes costs the pusher more than the wakes did.
//!
//! Lingering burns a core that another thread may need, so it has to pay:
//!
//! | what happened | the next time nothing is found |
//! |---|---|
//! | a claim ended a sleep within [`SHORT`] | linger, unless such sleeps are to be skipped |
//! | lingered, and something had come | linger |
//! | lingered in vain | sleep; skip 1, 3, 7 … [`SKIPS`] short sleeps before the next attempt |
//!
//! A long sleep grants nothing, so a worker that is idle sleeps at once. One lingers at a time; it
//! counts as a searcher, and the pushers see that somebody searches.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::time::Duration;

/// A sleep so short is one that lingering might have spared: it is mostly the waking.
const SHORT: Duration = Duration::from_micros(50);
/// How long it lingers, in `spin_loop`s: a few microseconds, as much as a wake costs the pusher.
/// In a model, where orders are tried and not times, not at all.
pub(super) const PAUSES: u32 = if cfg!(loom) { 0 } else { 200 };
/// Short sleeps that are skipped after attempts in vain, at most.
const SKIPS: u32 = 63;

/// One worker's notes.
#[derive(Debug, Default)]
pub(super) struct Linger {
    due: Cell<bool>,
    /// How many short sleeps are still to be skipped.
    left: Cell<u32>,
    /// How many were to be, the last time.
    skips: Cell<u32>,
}

impl Linger {
    /// The worker has slept so long; `claimed`: until somebody claimed it for a task.
    pub(super) fn slept(&self, time: Duration, claimed: bool) {
        if !claimed || time >= SHORT {
            return;
        }
        match self.left.get() {
            0 => self.due.set(true),
            left => self.left.set(left - 1),
        }
    }

    /// Is it worth to linger?
    pub(super) fn is_due(&self) -> bool {
        self.due.get()
    }

    /// It has lingered.
    pub(super) fn ended(&self, found: bool) {
        self.due.set(found);
        let skips = if found { 0 } else { (2 * self.skips.get() + 1).min(SKIPS) };
        self.skips.set(skips);
        self.left.set(skips);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const LONG: Duration = SHORT;
    const BRIEF: Duration = Duration::from_micros(49);

    /// Short sleeps until it is due.
    fn sleeps(linger: &Linger) -> u32 {
        (1..)
            .find(|_| {
                linger.slept(BRIEF, true);
                linger.is_due()
            })
            .expect("it ends")
    }

    #[test]
    fn only_a_short_sleep_makes_it_linger_and_only_success_keeps_it_at_it() {
        let linger = Linger::default();
        linger.slept(LONG, true);
        linger.slept(BRIEF, false);
        assert!(!linger.is_due());
        linger.slept(BRIEF, true);
        assert!(linger.is_due());
        linger.ended(true);
        assert!(linger.is_due());
        linger.ended(false);
        assert!(!linger.is_due());
    }

    #[test]
    fn attempts_in_vain_become_seldom_and_one_that_pays_makes_them_frequent_again() {
        let linger = Linger::default();
        let vain = |_| {
            let sleeps = sleeps(&linger);
            linger.ended(false);
            sleeps
        };
        assert_eq!((0..8).map(vain).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 64, 64]);
        assert_eq!(sleeps(&linger), 64);
        linger.ended(true);
        linger.ended(false);
        assert_eq!(sleeps(&linger), 2);
    }
}
