use super::*;
use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize, Ordering as StdOrdering};
use std::task::Wake;

#[derive(Default)]
struct Rung(AtomicUsize);

impl Wake for Rung {
    fn wake(self: StdArc<Self>) {
        self.0.fetch_add(1, StdOrdering::SeqCst);
    }
}

fn owner() -> (StdArc<Rung>, Waker) {
    let rung = StdArc::new(Rung::default());
    (rung.clone(), Waker::from(rung))
}

/// The waker of an entry, kept.
fn keep(done: &mut Done, at: u32) -> Waker {
    Waker::clone(&done.waker(at))
}

fn drain(done: &mut Done) -> Vec<u32> {
    std::iter::from_fn(|| done.pop()).collect()
}

#[test]
fn what_ended_first_comes_first() {
    let (mut done, _ear) = Done::new();
    let wakers: Vec<_> = (0..100).map(|at| keep(&mut done, at)).collect();
    assert_eq!(done.pop(), None);
    let order: Vec<u32> = (0..100).map(|n| n * 37 % 100).collect();
    for at in &order[..50] {
        wakers[*at as usize].wake_by_ref();
    }
    assert_eq!(done.pop(), Some(order[0]));
    for at in &order[50..] {
        keep(&mut done, *at).wake();
    }
    assert_eq!(drain(&mut done), order[1..]);
}

#[test]
fn only_a_push_on_an_empty_list_wakes() {
    let (mut done, mut ear) = Done::new();
    let wakers: Vec<_> = (0..4).map(|at| keep(&mut done, at)).collect();
    let (rung, waker) = owner();
    ear.listen(&waker);
    wakers.iter().for_each(Waker::wake_by_ref);
    assert_eq!(rung.0.load(StdOrdering::SeqCst), 1);
    assert_eq!(drain(&mut done), [0, 1, 2, 3]);
    ear.listen(&waker);
    ear.listen(&waker);
    wakers[2].wake_by_ref();
    assert_eq!(rung.0.load(StdOrdering::SeqCst), 2);
    assert_eq!(drain(&mut done), [2]);
}

#[test]
fn an_entry_may_be_used_again() {
    let (mut done, _ear) = Done::new();
    for round in 0..10 {
        keep(&mut done, 0).wake();
        keep(&mut done, 40).wake();
        assert_eq!(drain(&mut done), [0, 40], "{round}");
    }
}

/// INV-120: a waker keeps its chunk, and with it the list, when the owner has gone.
#[test]
fn a_waker_may_outlive_its_list() {
    let (mut done, mut ear) = Done::new();
    let wakers: Vec<_> = (0..70).map(|at| keep(&mut done, at)).collect();
    let (rung, waker) = owner();
    ear.listen(&waker);
    assert_eq!(StdArc::strong_count(&rung), 3);
    drop((done, ear));
    for (nth, waker) in wakers.into_iter().enumerate() {
        match nth % 3 {
            0 => waker.wake(),
            1 => waker.wake_by_ref(),
            _ => drop(waker),
        }
    }
    assert_eq!(rung.0.load(StdOrdering::SeqCst), 1, "the first push still found the owner's waker");
    drop(waker);
    assert_eq!(StdArc::strong_count(&rung), 1, "everything is freed");
}

/// INV-120: two wakers of one entry are the same to `will_wake`, those of two entries are not.
#[test]
fn a_waker_is_its_entry() {
    let (mut done, _ear) = Done::new();
    let wakers: Vec<_> = (0..64).map(|at| keep(&mut done, at)).collect();
    for (nth, waker) in wakers.iter().enumerate() {
        for (mth, other) in wakers.iter().enumerate() {
            assert_eq!(waker.will_wake(&other.clone()), nth == mth);
        }
    }
}

/// INV-121: an ear cannot be shared by two who register at once.
#[test]
fn there_is_one_ear() {
    let (done, mut ear) = Done::new();
    let (rung, waker) = owner();
    ear.listen(&waker);
    done.bell().ring();
    done.bell().ring();
    assert_eq!(rung.0.load(StdOrdering::SeqCst), 1, "a waker is taken once");
}

#[test]
fn threads_push_while_the_owner_pops() {
    const THREADS: u32 = 4;
    const EACH: u32 = if cfg!(miri) { 20 } else { 2_000 };
    let (mut done, _ear) = Done::new();
    let wakers: Vec<_> = (0..THREADS * EACH).map(|at| keep(&mut done, at)).collect();
    let mut parts: Vec<Vec<Waker>> = (0..THREADS).map(|_| vec![]).collect();
    for (nth, waker) in wakers.into_iter().enumerate() {
        parts[nth % THREADS as usize].push(waker);
    }
    let mut seen = vec![];
    std::thread::scope(|scope| {
        for part in parts {
            scope.spawn(move || part.into_iter().for_each(Waker::wake));
        }
        while seen.len() < (THREADS * EACH) as usize {
            seen.extend(done.pop());
        }
    });
    assert_eq!(done.pop(), None);
    for thread in 0..THREADS {
        let own: Vec<_> = seen.iter().copied().filter(|at| at % THREADS == thread).collect();
        assert!(own.is_sorted(), "each thread's are in its order");
        assert_eq!(own.len(), EACH as usize);
    }
}
