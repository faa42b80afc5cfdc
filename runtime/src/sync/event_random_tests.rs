//! Random walks over an event and over a flag with a list; and threads that set, clear and leave.

use crate::sync::Event;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::{Dice, Polled, must_end, walks};
use std::pin::Pin;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

type Waiting<'a> = Polled<Pin<Box<dyn Future<Output = ()> + 'a>>>;

/// What the model knows of one who waits.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Unpolled,
    InLine,
    Called,
}

fn walk(dice: &Dice) {
    let event = Event::new();
    let mut set = false;
    let mut waits: Vec<(Waiting<'_>, Stage)> = vec![];
    for _ in 0..60 {
        match dice.roll(12) {
            0..=2 => waits.push((Polled::new(Box::pin(event.wait())), Stage::Unpolled)),
            3..=6 => {
                let Some(which) = dice.pick(&waits) else { continue };
                let (wait, stage) = &mut waits[which];
                let ready = *stage == Stage::Called || *stage == Stage::Unpolled && set;
                assert_eq!(wait.poll().is_ready(), ready);
                *stage = Stage::InLine;
                if ready {
                    waits.remove(which);
                }
            }
            7 => drop(dice.take(&mut waits)),
            8 => {
                event.clear();
                set = false;
            }
            9..=10 => {
                event.set();
                set = true;
                let in_line = waits.iter_mut().filter(|(_, stage)| *stage == Stage::InLine);
                in_line.for_each(|(_, stage)| *stage = Stage::Called);
            }
            // Another waker: the one that was left is dropped, and not woken any more.
            _ => {
                let Some(which) = dice.pick(&waits) else { continue };
                let (wait, stage) = &mut waits[which];
                if *stage == Stage::InLine {
                    assert!(wait.poll_with(std::task::Waker::noop()).is_pending());
                    assert_eq!((wait.wakers_kept(), wait.poll().is_pending()), (0, true));
                }
            }
        }
        assert_eq!(event.is_set(), set);
        for (wait, stage) in &waits {
            assert_eq!(wait.wakes(), usize::from(*stage == Stage::Called));
            assert_eq!(wait.wakers_kept(), usize::from(*stage == Stage::InLine));
        }
    }
}

/// Who goes on, who is woken, and whose waker is kept: after every step as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    walks(4000, walk);
}

/// Three threads wait for each round, and leave the line now and then; each `set` reaches all, also
/// when it is cleared at once.
#[test]
fn random_threads_miss_no_set() {
    const THREADS: usize = 3;
    const ROUNDS: usize = if cfg!(miri) { 5 } else { 40 };
    must_end(|| {
        walks(4, |dice| {
            let (event, passed) = (Event::new(), AtomicUsize::new(0));
            let start = Barrier::new(THREADS + 1);
            std::thread::scope(|scope| {
                for _ in 0..THREADS {
                    let leaves: Vec<_> = (0..ROUNDS).map(|_| dice.roll(4)).collect();
                    let (event, passed, start) = (&event, &passed, &start);
                    scope.spawn(move || {
                        for polls in leaves {
                            start.wait();
                            // Given up after so many polls, unless it is over before.
                            let mut wait = Polled::new(event.wait());
                            let over = (0..polls).any(|_| wait.poll().is_ready());
                            drop(wait);
                            if !over {
                                block_on(event.wait());
                            }
                            // Ordering: Relaxed, a count.
                            passed.fetch_add(1, Ordering::Relaxed);
                            start.wait();
                        }
                    });
                }
                for _ in 0..ROUNDS {
                    start.wait();
                    // Ordering: as above.
                    while passed.load(Ordering::Relaxed) < THREADS {
                        event.set();
                        event.clear();
                        std::thread::yield_now();
                    }
                    passed.store(0, Ordering::Relaxed);
                    start.wait();
                }
            });
        });
    });
}
