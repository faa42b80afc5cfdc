//! who sleeps, who searches, who keeps watch: one word, no lock.
//!
//! Waking a worker costs microseconds, running a small task nanoseconds. So the question "must I
//! wake somebody for this task?" is asked often and answered with no, and this word answers it.
//!
//! ```text
//!   63      56 55      48 47                                              0
//!  ┌──────────┬──────────┬─────────────────────────────────────────────────┐
//!  │ watcher+1│ searchers│ one bit for each: it sleeps, or is about to     │
//!  └──────────┴──────────┴─────────────────────────────────────────────────┘
//! ```
//!
//! | who | step | the word |
//! |---|---|---|
//! | has nothing of its own | 1 `start_search` | searchers + 1 |
//! | found something | 2 `end_search` | searchers - 1; the last one asks whether there is more |
//! | found nothing | 3 `park` | searchers - 1, my bit on; nobody watches: watcher := me |
//! | found something after all, or woke up | 4 `rise` | my bit off, if it is still on |
//! | has work for somebody | 5 `claim` | its bit off, searchers + 1: it is awake now |
//! | leaves its park, nobody watches | 6 `call_watcher` | its bit off, watcher := it |
//! | the watcher, when all sleep for a while | 7 `stop_watching` | watcher := nobody |
//!
//! After 3 comes a second look at all queues. 3 makes a watcher only while another is awake.
//!
//! **Why no task is stranded.** Two kinds of push ask here.
//!
//! * From outside (`look_outside`): the push, then a read-modify-write of this word. The sleeper:
//!   step 3, also a read-modify-write of this word, then it looks at all queues again. One of the
//!   two comes first. The sleeper's first: the pusher sees its bit, and claims it. The push first:
//!   step 3 acquires it, and the second look finds it. A searcher that the pusher saw has its own
//!   step 2 or 3 still before it, later in the word's order, and looks at the queues after that.
//! * To the pusher's own ring (`look_own`): a plain load, which may miss a sleeper. The pusher
//!   looks itself before it sleeps, unless its next poll takes long; that case is the watcher's.
//!
//! There is no fence because there is nothing for it to order: both sides of the first case write
//! this one word, and its writes have one order. A length that is read without the queue's lock, in
//! the place of step 3, is not enough: loom shows the lost wake-up.
//!
//! * A watcher is one of the sleepers. It sleeps for a bounded time while another is awake, and
//!   takes over for whoever is stuck. `claim` takes it last, and then nobody watches.

#![forbid(unsafe_code)]

use crate::base::pad::CachePadded;
use crate::base::prim::{AtomicU64, Ordering};
use std::fmt;

/// How many workers a pool has at most, one place being the guest's.
pub(crate) const MAX_WORKERS: usize = 47;

const SLEEPERS: u64 = (1 << 48) - 1;
const SEARCHER: u64 = 1 << 48;
const SEARCHERS: u64 = 0xFF << 48;
const WATCHER_SHIFT: u32 = 56;
const WATCHER: u64 = 0xFF << WATCHER_SHIFT;

/// See the head of the file.
pub(crate) struct Idle {
    word: CachePadded<AtomicU64>,
    /// Whoever may be claimed: the workers.
    workers: u64,
    /// These and the guest, who counts as asleep while it is away.
    everyone: u64,
}

/// What ended a sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Rise {
    /// An event, a deadline, or what the second look found.
    Self_,
    /// Somebody claimed us for a task: we count as a searcher.
    ToSearch,
    /// Somebody left, and we are to watch.
    ToWatch,
}

fn bit(of: usize) -> u64 {
    1 << of
}

fn watcher(of: usize) -> u64 {
    (of as u64 + 1) << WATCHER_SHIFT
}

impl Idle {
    /// All awake; with a `guest`, which has the number after the last worker's and is away.
    pub(crate) fn new(workers: usize, guest: bool) -> Self {
        debug_assert!(workers <= MAX_WORKERS);
        let guest = if guest { bit(workers) } else { 0 };
        let workers = bit(workers) - 1;
        Self { word: CachePadded(AtomicU64::new(guest)), workers, everyone: workers | guest }
    }

    /// One compare-and-swap loop for all steps. `step` says the new word, or `None` to leave it.
    ///
    /// Ordering of success: every step both publishes what its thread did before (Release) and
    /// learns what those before it in the word's order did (Acquire); see the head of the file.
    #[inline(always)]
    fn update<R>(&self, step: impl Fn(u64) -> (R, Option<u64>)) -> R {
        // Ordering: Relaxed, a first guess; an answer without a write is a hint to its caller.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let (answer, new) = step(word);
            let Some(new) = new else { return answer };
            // Ordering: AcqRel, see above; pairs with every other step. Relaxed on failure: again.
            match self.word.compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return answer,
                Err(now) => word = now,
            }
        }
    }

    /// 1: I look for work elsewhere.
    pub(crate) fn start_search(&self) {
        // Ordering: AcqRel, as in `update`.
        self.word.fetch_add(SEARCHER, Ordering::AcqRel);
    }

    /// 2: I have found some. `more`, asked after the step: is there work for another? Then returns
    /// whom to wake: a push that saw me searching has woken nobody.
    #[must_use = "whoever is returned has to be woken"]
    pub(crate) fn end_search(&self, more: impl FnOnce() -> bool) -> Option<usize> {
        // Ordering: AcqRel, as in `update`: what was pushed by those who saw me is seen by `more`.
        let word = self.word.fetch_sub(SEARCHER, Ordering::AcqRel) - SEARCHER;
        if self.can_claim(word) && more() { self.claim() } else { None }
    }

    /// Does nobody search but me? A hint.
    pub(crate) fn is_one_searching(&self) -> bool {
        // Ordering: Relaxed, a hint.
        self.word.load(Ordering::Relaxed) & SEARCHERS == SEARCHER
    }

    /// 3: I found nothing, and am about to sleep; `searching` as I was. True: I keep watch. The
    /// caller looks at all queues again before it sleeps.
    #[must_use = "a watcher sleeps for a bounded time"]
    pub(crate) fn park(&self, me: usize, searching: bool) -> bool {
        self.update(|word| {
            let word = (word | bit(me)) - if searching { SEARCHER } else { 0 };
            let mine = word & WATCHER == watcher(me);
            let another_is_awake = !word & self.everyone != 0;
            let needed = word & WATCHER == 0 && another_is_awake && self.workers & bit(me) != 0;
            (mine || needed, Some(if needed { word | watcher(me) } else { word }))
        })
    }

    /// 4: I am awake, and if `busy`, I have work. A watcher who has work no longer watches; see
    /// [`Self::call_watcher`].
    pub(crate) fn rise(&self, me: usize, busy: bool) -> Rise {
        self.update(|word| {
            let mine = word & WATCHER == watcher(me);
            match word & bit(me) {
                0 if mine && !busy => (Rise::ToWatch, None),
                0 if !mine => (Rise::ToSearch, None),
                _ => {
                    let awake = word & !bit(me);
                    (Rise::Self_, Some(if mine { awake & !WATCHER } else { awake }))
                }
            }
        })
    }

    /// Has somebody taken my bit off? A hint; `rise` says what for.
    pub(crate) fn is_claimed(&self, me: usize) -> bool {
        // Ordering: Relaxed, a hint: who claims also nudges, and the sleep that it ends sees it.
        self.word.load(Ordering::Relaxed) & bit(me) == 0
    }

    #[inline]
    fn can_claim(&self, word: u64) -> bool {
        word & self.workers != 0 && word & SEARCHERS == 0
    }

    /// Somebody to wake for a task in the caller's own ring. May miss a sleeper.
    #[inline]
    #[must_use = "whoever is returned has to be woken"]
    pub(crate) fn look_own(&self) -> Option<usize> {
        // Ordering: Relaxed, it may miss a sleeper; see the head of the file.
        let word = self.word.load(Ordering::Relaxed);
        if self.can_claim(word) { self.claim() } else { None }
    }

    /// Somebody to wake for a task that was pushed from outside. Misses nobody.
    #[inline]
    #[must_use = "whoever is returned has to be woken"]
    pub(crate) fn look_outside(&self) -> Option<usize> {
        // Ordering: AcqRel, as in `update`. A read-modify-write that changes nothing: it has its
        // place in the word's order, before or after the step of whoever is about to sleep.
        let word = self.word.fetch_or(0, Ordering::AcqRel);
        if self.can_claim(word) { self.claim() } else { None }
    }

    /// 5: takes a sleeper, unless somebody searches already.
    #[cold]
    fn claim(&self) -> Option<usize> {
        self.update(|word| {
            let sleepers = word & self.workers;
            if sleepers == 0 || word & SEARCHERS != 0 {
                return (None, None);
            }
            let claimed = match sleepers & !watcher_bit(word) {
                0 => sleepers.trailing_zeros() as usize,
                others => others.trailing_zeros() as usize,
            };
            let rest = (word & !bit(claimed)) + SEARCHER;
            let watched = word & WATCHER == watcher(claimed);
            (Some(claimed), Some(if watched { rest & !WATCHER } else { rest }))
        })
    }

    /// 6: I have left my park and may be stuck in my next poll: if nobody watches, returns a
    /// sleeper who does from now on.
    #[must_use = "whoever is returned has to be woken"]
    pub(crate) fn call_watcher(&self) -> Option<usize> {
        self.update(|word| {
            let sleepers = word & self.workers;
            if word & WATCHER != 0 || sleepers == 0 {
                return (None, None);
            }
            let called = sleepers.trailing_zeros() as usize;
            (Some(called), Some((word & !bit(called)) | watcher(called)))
        })
    }

    /// Is `of` awake, as far as the word says?
    pub(crate) fn is_awake(&self, of: usize) -> bool {
        // Ordering: Relaxed, a hint for the watcher, who also looks at the poll counters.
        self.word.load(Ordering::Relaxed) & bit(of) == 0
    }

    /// 7: all others sleep: nobody to watch. False: somebody is awake, or I watch no more.
    pub(crate) fn stop_watching(&self, me: usize) -> bool {
        self.update(|word| {
            let mine = word & WATCHER == watcher(me) && word & bit(me) != 0;
            let all_sleep = !word & self.everyone == 0;
            let stop = mine && all_sleep;
            (stop, stop.then_some(word & !WATCHER))
        })
    }
}

/// The bit of the sleeper that keeps watch.
fn watcher_bit(word: u64) -> u64 {
    match word >> WATCHER_SHIFT {
        0 => 0,
        watcher => bit(watcher as usize - 1),
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed, a picture for people.
        let word = self.word.load(Ordering::Relaxed);
        f.debug_struct("Idle")
            .field("asleep", &format_args!("{:b}", word & SLEEPERS))
            .field("searchers", &((word & SEARCHERS) / SEARCHER))
            .field("watcher", &(word >> WATCHER_SHIFT).checked_sub(1))
            .finish()
    }
}

#[cfg(test)]
#[path = "idle_tests.rs"]
mod tests;
