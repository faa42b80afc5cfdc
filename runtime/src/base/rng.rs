//! seedable xorshift, so schedules replay.
//!
//! Whatever a scheduler decides by chance is drawn from one generator per worker, and whatever a
//! future decides, from one per thread, so that a seed can fix a whole run; the thread's is not
//! seeded yet. Sixty-four bits of state, three shifts and a multiplication (Marsaglia's xorshift
//! with Vigna's `*` output); good for choosing, not for secrets.

#![forbid(unsafe_code)]

use crate::base::prim::plain_local;
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

/// One stream of numbers, free or seeded.
#[derive(Debug)]
pub(crate) struct Rng {
    state: Cell<u64>,
}

impl Rng {
    /// The same seed gives the same stream.
    pub(crate) fn seeded(seed: u64) -> Self {
        // One round of splitmix64, so that seeds 1 and 2 are far apart and 0 is allowed.
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self { state: Cell::new((z ^ (z >> 31)).max(1)) }
    }

    /// Another stream each time.
    pub(crate) fn free() -> Self {
        Self::seeded(RandomState::new().hash_one(0u8))
    }

    /// The next 64 bits.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        let mut x = self.state.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.state.set(x);
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `n`, which must not be zero; evenly spread up to one part in 2³².
    #[inline]
    pub(crate) fn below(&self, n: u32) -> u32 {
        debug_assert!(n > 0, "there is no number below zero");
        (((self.next() >> 32) * u64::from(n)) >> 32) as u32
    }
}

plain_local! {
    /// The thread's generator, for what a future decides; zero before the first number.
    static HERE: Rng = Rng { state: Cell::new(0) };
}

/// A number below `n`, which must not be zero, from the thread's own generator.
#[inline]
pub(crate) fn below(n: u32) -> u32 {
    HERE.with(|rng| {
        if rng.state.get() == 0 {
            start(rng);
        }
        rng.below(n)
    })
}

#[cold]
fn start(rng: &Rng) {
    rng.state.set(Rng::free().state.get());
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Rng, below};

    #[test]
    fn the_same_seed_gives_the_same_stream_and_another_seed_another() {
        let stream = |seed| {
            let rng = Rng::seeded(seed);
            (0..8).map(|_| rng.next()).collect::<Vec<_>>()
        };
        assert_eq!(stream(0), stream(0));
        assert_ne!(stream(0), stream(1));
        assert_ne!(Rng::free().next(), Rng::free().next());
    }

    #[test]
    fn below_stays_below_and_reaches_every_number() {
        let rng = Rng::seeded(7);
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[rng.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
    }

    #[test]
    fn each_thread_has_a_stream_of_its_own() {
        let stream = || (0..8).map(|_| below(1 << 31)).collect::<Vec<_>>();
        let (here, later) = (stream(), stream());
        let there = std::thread::spawn(stream).join().unwrap();
        assert!(here != later && here != there, "{here:?} {later:?} {there:?}");
        assert!((0..100).all(|_| below(1) == 0));
    }
}
