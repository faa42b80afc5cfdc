//! Random walks over rings and the injector: one thread beside a simple model, then many threads.
//!
//! `MAINSPRING_SEED=n` repeats the choices of a failure, which prints its number.

use super::Injector;
use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::base::stack::{Link, Linked};
use crate::pool::ring::tests::{Item, drain, pop, push, steal};
use crate::pool::ring::{CAPACITY, Pushed, Ring};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Names the seed if the test ends in a panic.
struct Seed(u64);

impl Seed {
    fn new() -> Self {
        let given = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
        Self(given.unwrap_or_else(|| Rng::free().next()))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("it was MAINSPRING_SEED={}", self.0);
        }
    }
}

/// What a ring does, as a deque.
fn model_push(model: &mut VecDeque<usize>, new: usize) -> Result<usize, Vec<usize>> {
    model.push_back(new);
    if model.len() <= CAPACITY as usize {
        return Ok(model.len());
    }
    Err(model.split_off(CAPACITY as usize / 2).into())
}

fn model_steal(from: &mut VecDeque<usize>, own: &mut VecDeque<usize>) -> Option<usize> {
    let count = from.len().div_ceil(2).min(CAPACITY as usize - own.len() + 1);
    let mut taken = from.drain(..count);
    let first = taken.next();
    own.extend(taken);
    first
}

#[test]
fn rings_do_what_deques_would_do() {
    let seed = Seed::new();
    let rng = Rng::seeded(seed.0);
    let below = |n: usize| rng.below(n as u32) as usize;
    let rings: [Ring<Item>; 3] = std::array::from_fn(|_| Ring::new());
    let mut models: [VecDeque<usize>; 3] = Default::default();
    let mut next = 0;
    for _ in 0..if cfg!(miri) { 40 } else { 2_000 } {
        let at = below(3);
        let times = below(if below(4) == 0 { 400 } else { 8 });
        match below(3) {
            0 => {
                for _ in 0..times {
                    next += 1;
                    assert_eq!(push(&rings[at], next), model_push(&mut models[at], next));
                }
            }
            1 => {
                for _ in 0..times {
                    assert_eq!(pop(&rings[at]), models[at].pop_front());
                }
            }
            _ => {
                let own = (at + 1 + below(2)) % 3;
                let [from_model, own_model] = models.get_disjoint_mut([at, own]).unwrap();
                let expected = model_steal(from_model, own_model);
                assert_eq!(steal(&rings[at], &rings[own]), expected);
            }
        }
        for (ring, model) in rings.iter().zip(&models) {
            assert_eq!((ring.len(), ring.is_empty()), (model.len(), model.is_empty()));
        }
    }
    for (ring, model) in rings.iter().zip(models) {
        assert_eq!(drain(ring), Vec::from(model));
    }
}

/// An entry that goes round: taken, held, pushed again.
struct Entry {
    link: Link<Entry>,
    /// Somebody has it in hand.
    held: AtomicBool,
    /// How often it went round: changed by its holder, with a plain load and store, which would
    /// lose count if there were two.
    rounds: AtomicUsize,
}

// SAFETY(INV-4): the link is a field of its own.
unsafe impl Linked for Entry {
    unsafe fn link(node: NonNull<Self>) -> NonNull<Link<Self>> {
        // SAFETY(INV-5): the caller's node is alive.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).link) }
    }
}

struct Arena {
    rings: Vec<Ring<Entry>>,
    injector: Injector<Entry>,
    overflows: AtomicUsize,
    steals: AtomicUsize,
}

/// One thread's part: its ring, and what it has in hand.
struct Player<'a> {
    arena: &'a Arena,
    own: &'a Ring<Entry>,
    hand: Vec<NonNull<Entry>>,
    rounds: usize,
}

// SAFETY(INV-61): entries may be used on any thread, by the one who holds them.
unsafe impl Send for Player<'_> {}

impl Player<'_> {
    fn take(&mut self, entry: NonNull<Entry>) {
        // SAFETY(INV-61): entries live as long as the test.
        let it = unsafe { entry.as_ref() };
        // Ordering: Relaxed: that it was let go before is for the queues to bring.
        assert!(!it.held.load(Ordering::Relaxed), "an entry came out twice");
        it.held.store(true, Ordering::Relaxed);
        it.rounds.store(it.rounds.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.rounds += 1;
        self.hand.push(entry);
    }

    fn let_go(&mut self) -> Option<NonNull<Entry>> {
        let entry = self.hand.pop()?;
        // SAFETY(INV-61): as above. Ordering: Relaxed, as above.
        unsafe { entry.as_ref() }.held.store(false, Ordering::Relaxed);
        Some(entry)
    }

    /// INV-61, INV-64: whoever has let an entry go, hands it over.
    fn push(&self, entry: NonNull<Entry>) {
        // SAFETY(INV-60): this player's ring.
        if let Pushed::Overflow(chain, count) = unsafe { self.own.push(entry) } {
            self.arena.overflows.fetch_add(1, Ordering::Relaxed);
            // SAFETY(INV-64): just taken out of the ring, and counted.
            assert!(unsafe { self.arena.injector.push_batch(chain, count) }.is_ok());
        }
    }

    fn push_some(&mut self, times: u32) {
        for _ in 0..times {
            let Some(entry) = self.let_go() else { break };
            self.push(entry);
        }
    }

    fn pop_some(&mut self, times: u32) {
        for _ in 0..times {
            // SAFETY(INV-60): this player's ring.
            let Some(entry) = (unsafe { self.own.pop() }) else { break };
            self.take(entry);
        }
    }

    fn steal(&mut self, victim: &Ring<Entry>) {
        if std::ptr::eq(victim, self.own) {
            return;
        }
        // SAFETY(INV-60): into this player's ring, from another.
        if let Some(entry) = unsafe { victim.steal_into(self.own, u32::MAX) } {
            self.arena.steals.fetch_add(1, Ordering::Relaxed);
            self.take(entry);
        }
    }

    fn step(&mut self, rng: &Rng) {
        let arena = self.arena;
        let times = rng.below(if rng.below(16) == 0 { 300 } else { 6 });
        match rng.below(10) {
            0..=2 => self.push_some(times),
            3..=5 => self.pop_some(times),
            6 | 7 => self.steal(&arena.rings[rng.below(arena.rings.len() as u32) as usize]),
            8 => {
                arena.injector.pop_batch(times as usize, |entry| self.push(entry));
            }
            _ => {
                if let Some(entry) = arena.injector.pop() {
                    self.take(entry);
                }
                if let Some(entry) = self.let_go() {
                    // SAFETY(INV-64): just let go.
                    assert!(unsafe { arena.injector.push(entry) }.is_ok());
                }
            }
        }
    }
}

/// Many more threads than processors, so that they are stopped anywhere. Nothing is lost or
/// doubled, whatever they do.
#[test]
fn many_thieves_lose_and_double_nothing() {
    let seed = Seed::new();
    let cores = thread::available_parallelism().map_or(2, usize::from).min(8);
    let (threads, each) = if cfg!(miri) { (3, 270) } else { (8 * cores, 400) };
    let entry = |_| Entry {
        link: Link::new(None),
        held: AtomicBool::new(true),
        rounds: AtomicUsize::new(0),
    };
    let entries: Vec<Entry> = (0..threads * each).map(entry).collect();
    let arena = Arena {
        rings: (0..threads).map(|_| Ring::new()).collect(),
        injector: Injector::new(),
        overflows: AtomicUsize::new(0),
        steals: AtomicUsize::new(0),
    };
    let hands = entries.chunks(each).map(|chunk| chunk.iter().map(NonNull::from).collect());
    let mut players: Vec<_> = (arena.rings.iter().zip(hands))
        .map(|(own, hand)| Player { arena: &arena, own, hand, rounds: 0 })
        .collect();
    let end = Instant::now() + Duration::from_millis(600);
    thread::scope(|scope| {
        for (i, player) in players.iter_mut().enumerate() {
            let rng = Rng::seeded(seed.0.wrapping_add(i as u64));
            scope.spawn(move || {
                count::shake(rng.next());
                let mut steps = 0;
                while Instant::now() < end && (!cfg!(miri) || steps < 200) {
                    (0..20).for_each(|_| player.step(&rng));
                    steps += 20;
                    thread::yield_now();
                }
            });
        }
    });
    // They are gone: this thread owns all rings now.
    for player in &mut players {
        player.pop_some(u32::MAX);
    }
    while let Some(entry) = arena.injector.pop() {
        players[0].take(entry);
    }
    let held = entries.iter().filter(|entry| entry.held.load(Ordering::Relaxed)).count();
    assert_eq!(held, entries.len(), "an entry is lost");
    assert_eq!(players.iter().map(|player| player.hand.len()).sum::<usize>(), entries.len());
    let counted: usize = entries.iter().map(|entry| entry.rounds.load(Ordering::Relaxed)).sum();
    assert_eq!(counted, players.iter().map(|player| player.rounds).sum::<usize>());
    let (overflows, steals) = (arena.overflows.into_inner(), arena.steals.into_inner());
    assert!(cfg!(miri) || overflows > 0 && steals > 0, "{overflows} overflows, {steals} steals");
    println!("{counted} rounds, {steals} steals, {overflows} overflows");
}
