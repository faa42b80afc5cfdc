//! whether a thread that has nothing to do waits a moment before it sleeps.
//!
//! Ending another thread's sleep takes 5 µs, and the sleeper is up 25 later: its core has halted.
//! Two threads that hand work to and fro, a microsecond at a time, would do little but wake each
//! other. So a thread whose last sleep was ended at once waits before the next, and looks now and
//! then whether it has something to do.
//!
//! Waiting burns a core that another thread may need, so it has to pay:
//!
//! | | what happened | the next time there is nothing to do |
//! |---|---|---|
//! | 1 | somebody ended a sleep within [`SHORT`] | wait, unless such sleeps are to be skipped |
//! | 2 | waited, and something came within [`QUICK`] | wait; half of row 4's skips are forgotten |
//! | 3 | waited, and it came later | wait, [`SLOW`] times in a row at most; then as 4 |
//! | 4 | waited in vain | sleep, and after it skip 1, 3, 7 … short sleeps |
//!
//! A worker skips 255 at most, the root 7. After a long sleep nobody waits: idle threads sleep at
//! once. Row 3 is for the start: the other side was asleep too, and is up late once or twice. Work
//! that comes every 10 µs or less often is not worth a core: it ends in row 4.

#![forbid(unsafe_code)]

use super::park::Parker;
use crate::base::clock;
use std::cell::Cell;
use std::hint::spin_loop;
use std::time::Duration;

/// A sleep so short is one that waiting might have spared: it is mostly the getting up.
const SHORT: Duration = Duration::from_micros(100);
const QUICK: Duration = Duration::from_micros(6);
const SLOW: u32 = 6;

/// How long somebody waits, and how often in vain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until the first look.
    first: Duration,
    /// Between two looks.
    step: Duration,
    /// Until the last.
    limit: Duration,
    /// Short sleeps that are skipped after attempts in vain, at most.
    skips: u32,
}

const fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

/// A worker. A look takes the queue's line away from whoever pushes, and looks that take each task
/// as it comes cost the pusher more than wakes would: so the first is as late as a wake is dear.
/// The last is late enough for a sleeper that the worker itself has woken to get up and answer.
pub(crate) const WORKER: Patience =
    Patience { first: nanos(4_000), step: nanos(1_000), limit: nanos(60_000), skips: 255 };

/// The same when what came last came alone: whoever sent it waits for an answer.
const ALONE: Patience = Patience { first: nanos(250), step: nanos(250), ..WORKER };

/// `block_on`: it looks at a line of its own, and leaves the long wait to the worker.
pub(crate) const ROOT: Patience = Patience { limit: nanos(9_000), skips: 7, ..ALONE };

/// A worker's notes, or those of one call of `block_on`.
#[derive(Debug)]
pub(crate) struct Linger {
    patience: Cell<Patience>,
    /// How often it may still wait for what comes late; 0: not now.
    turns: Cell<u32>,
    /// How many short sleeps are still to be skipped.
    left: Cell<u32>,
    /// How many were to be, the last time.
    skips: Cell<u32>,
}

impl Linger {
    pub(crate) const fn new(patience: Patience) -> Self {
        let (turns, left, skips) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { patience: Cell::new(patience), turns, left, skips }
    }

    /// Row 1: the thread has slept so long; `ended`: until somebody ended it. In a model, where
    /// orders are tried and not times, nothing is short.
    pub(crate) fn slept(&self, time: Duration, ended: bool) {
        if cfg!(loom) || !ended || time >= SHORT {
            return self.turns.set(0);
        }
        match self.left.get() {
            0 => self.turns.set(SLOW),
            left => self.left.set(left - 1),
        }
    }

    /// Sleeps until a nudge, if it does not come at once.
    pub(crate) fn sleep(&self, parker: &Parker) {
        let nudged = || parker.nudged().then_some(());
        if nudged().is_some() || self.wait(|_| nudged()).is_some() {
            return parker.sleep(None);
        }
        let start = clock::now();
        parker.sleep(None);
        self.slept(clock::now().saturating_duration_since(start), true);
    }

    /// Is it worth waiting?
    pub(crate) fn is_due(&self) -> bool {
        self.turns.get() > 0
    }

    /// Waits for what `look` is to find, if that is worth it: that, and how long it took to come.
    /// `look` is told how many looks came before.
    pub(crate) fn wait<T>(&self, mut look: impl FnMut(u32) -> Option<T>) -> Option<(T, Duration)> {
        if !self.is_due() {
            return None;
        }
        let Patience { first, step, limit, .. } = self.patience.get();
        let start = clock::now();
        let waited = || clock::now().saturating_duration_since(start);
        let mut looks = (0..).map(|n| (n, first + n * step)).take_while(|(_, at)| *at <= limit);
        let found = looks.find_map(|(n, at)| {
            let mut time = waited();
            while time < at {
                spin_loop();
                time = waited();
            }
            // The look takes its time too, the longer the more it finds: that is not waiting.
            look(n).map(|found| (found, time))
        });
        self.waited(found.as_ref().map(|(_, time)| *time));
        found
    }

    /// For a worker: was what came the last time all there was? (One that is sent a task every half
    /// microsecond takes them one by one.)
    pub(crate) fn came_alone(&self, alone: bool) {
        self.patience.set(if alone { ALONE } else { WORKER });
    }

    /// Rows 2 to 4: when it came, if it came.
    fn waited(&self, came: Option<Duration>) {
        let turns = match came {
            Some(time) if time < QUICK => {
                self.skips.set(self.skips.get() / 2);
                SLOW
            }
            Some(_) => self.turns.get() - 1,
            None => 0,
        };
        self.turns.set(turns);
        if turns == 0 {
            self.skips.set((2 * self.skips.get() + 1).min(self.patience.get().skips));
            self.left.set(self.skips.get());
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const BRIEF: Duration = Duration::from_micros(99);
    const LATE: Option<Duration> = Some(QUICK);
    const SOON: Option<Duration> = Some(Duration::from_micros(5));

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
    fn only_a_short_sleep_makes_it_wait_and_only_success_keeps_it_at_it() {
        let linger = Linger::new(WORKER);
        linger.slept(SHORT, true);
        linger.slept(BRIEF, false);
        assert!(!linger.is_due());
        linger.slept(BRIEF, true);
        linger.slept(SHORT, true);
        assert!(!linger.is_due(), "what was granted before a long sleep");
        assert_eq!(linger.wait(|_| -> Option<()> { panic!("it is not due") }), None);
        linger.slept(BRIEF, true);
        assert!(linger.is_due());
        linger.waited(SOON);
        assert!(linger.is_due());
        linger.waited(None);
        assert!(!linger.is_due());
    }

    #[test]
    fn attempts_in_vain_become_seldom_and_one_that_pays_makes_them_frequent_again() {
        let linger = Linger::new(ROOT);
        let vain = |_| {
            let sleeps = sleeps(&linger);
            linger.waited(None);
            sleeps
        };
        assert_eq!((0..6).map(vain).collect::<Vec<_>>(), [1, 2, 4, 8, 8, 8]);
        assert_eq!(sleeps(&linger), 8);
        (0..2).for_each(|_| linger.waited(SOON));
        linger.waited(None);
        assert_eq!(sleeps(&linger), 4);
        (0..2).for_each(|_| linger.waited(SOON));
        linger.waited(None);
        assert_eq!(sleeps(&linger), 2);
    }

    #[test]
    fn what_comes_late_each_time_is_soon_waited_for_no_more() {
        let linger = Linger::new(WORKER);
        for pause in [1, 2, 4] {
            assert_eq!(sleeps(&linger), pause);
            let late = (1..).find(|_| {
                linger.waited(LATE);
                !linger.is_due()
            });
            assert_eq!(late, Some(SLOW));
        }
    }

    #[test]
    fn it_looks_as_often_as_its_patience_says_and_stops_when_something_comes() {
        let linger = Linger::new(ROOT);
        linger.slept(BRIEF, true);
        let mut looks = 0;
        let third = |n: u32| {
            looks += 1;
            (n == 2).then_some("third")
        };
        let (found, time) = linger.wait(third).unwrap();
        assert_eq!((found, looks), ("third", 3));
        assert!(time >= ROOT.first + 2 * ROOT.step);
        // What a look itself takes is not waiting, or a large batch would be one that came late.
        linger.slept(SHORT, true);
        linger.slept(BRIEF, true);
        let slow = |_| {
            std::thread::sleep(SHORT);
            Some(())
        };
        let (turns, time) = (linger.turns.get(), linger.wait(slow).unwrap().1);
        assert_eq!(linger.turns.get() == turns, time < QUICK);
        let mut looks = 0;
        let start = clock::now();
        let never = |_| {
            looks += 1;
            None::<()>
        };
        assert_eq!(linger.wait(never), None);
        assert_eq!(looks, 36, "9 µs, each quarter of one");
        assert!(start.elapsed() >= ROOT.limit);
    }
}
