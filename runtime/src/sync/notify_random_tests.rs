//! Random walks over a Notify and over a list, with listeners that are dropped after they were
//! handed something; and threads in which nothing may be forgotten.

use crate::sync::notify::{Notified, Notify};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::{Dice, Polled, must_end, walks};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the model knows of a listener.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// Not polled; made after so many calls of `notify_waiters`.
    Fresh(usize),
    InLine,
    One,
    Last,
    All,
    Done,
}

struct Listener<'a> {
    future: Polled<Notified<'a>>,
    stage: Stage,
    /// Has it a waker in the line? Not after `enable`.
    waker: bool,
    woken: usize,
}

struct Walk<'a> {
    notify: &'a Notify,
    /// Those in line stand here in their order.
    all: Vec<Listener<'a>>,
    stored: bool,
    calls: usize,
}

impl Walk<'_> {
    /// One notification, for the first or the last in line, or to keep.
    fn notify(&mut self, what: Stage) {
        let mut in_line = self.all.iter_mut().filter(|one| one.stage == Stage::InLine);
        let chosen = if what == Stage::One { in_line.next() } else { in_line.next_back() };
        match chosen {
            Some(one) => one.hand(what),
            None => self.stored = true,
        }
    }

    fn poll(&mut self, which: usize, enable: bool) {
        let one = &mut self.all[which];
        let ready = match one.stage {
            Stage::Fresh(calls) if calls != self.calls => true,
            Stage::Fresh(_) => std::mem::take(&mut self.stored),
            stage => stage != Stage::InLine,
        };
        let is_ready =
            if enable { one.future.pinned().enable() } else { one.future.poll().is_ready() };
        assert_eq!(is_ready, ready, "{:?}", one.stage);
        if ready {
            one.stage = Stage::Done;
        } else {
            one.waker |= !enable;
            let fresh = std::mem::replace(&mut one.stage, Stage::InLine) != Stage::InLine;
            if fresh {
                // To the end of the line.
                let one = self.all.remove(which);
                self.all.push(one);
            }
        }
    }

    fn check(&self) {
        for one in &self.all {
            assert_eq!(one.future.wakes(), one.woken);
            let kept = one.stage == Stage::InLine && one.waker;
            assert_eq!(one.future.wakers_kept(), usize::from(kept));
        }
        let shown = format!("Notify {{ stored: {} }}", self.stored);
        assert_eq!(format!("{:?}", self.notify), shown);
    }
}

impl Listener<'_> {
    fn hand(&mut self, what: Stage) {
        self.stage = what;
        self.woken += usize::from(self.waker);
    }
}

fn walk(dice: &Dice) {
    let notify = Notify::new();
    let mut walk = Walk { notify: &notify, all: vec![], stored: false, calls: 0 };
    for _ in 0..60 {
        match dice.roll(12) {
            0..=2 => walk.all.push(Listener {
                future: Polled::new(notify.notified()),
                stage: Stage::Fresh(walk.calls),
                waker: false,
                woken: 0,
            }),
            3..=6 => {
                if let Some(which) = dice.pick(&walk.all) {
                    walk.poll(which, dice.roll(4) == 0);
                }
            }
            7..=8 => {
                let Some(one) = dice.take(&mut walk.all) else { continue };
                let stage = one.stage;
                drop(one);
                if matches!(stage, Stage::One | Stage::Last) {
                    walk.notify(stage);
                }
            }
            9 => {
                notify.notify_one();
                walk.notify(Stage::One);
            }
            10 => {
                notify.notify_last();
                walk.notify(Stage::Last);
            }
            _ => {
                notify.notify_waiters();
                walk.calls += 1;
                let in_line = walk.all.iter_mut().filter(|one| one.stage == Stage::InLine);
                in_line.for_each(|one| one.hand(Stage::All));
            }
        }
        walk.check();
    }
}

/// Who is ready, who is woken, whose waker is kept, and what is stored: as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    walks(4000, walk);
}

/// Tokens are laid down, a notification for each; threads take tokens, wait when there is none, and
/// leave the line at random. No token stays without somebody who knows of it.
#[test]
fn random_threads_leave_no_token() {
    const TOKENS: usize = if cfg!(miri) { 20 } else { 500 };
    must_end(|| {
        walks(4, |dice| {
            let (notify, tokens, taken) = (Notify::new(), AtomicUsize::new(0), AtomicUsize::new(0));
            // Ordering: Relaxed, counts; what is known of them comes with the notification.
            let take = || {
                let one = tokens
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                taken.fetch_add(usize::from(one.is_ok()), Ordering::Relaxed);
                one.is_ok()
            };
            let (notify, tokens, taken, take) = (&notify, &tokens, &taken, &take);
            std::thread::scope(|scope| {
                for thread in 0..3 {
                    let polls: Vec<_> = (0..16).map(|_| dice.roll(3)).collect();
                    scope.spawn(move || {
                        let mut polls = polls.into_iter().cycle();
                        // Ordering: as above.
                        while taken.load(Ordering::Relaxed) < TOKENS {
                            if take() {
                                continue;
                            }
                            let mut quitter = Polled::new(notify.notified());
                            let polls = polls.next().unwrap_or_default();
                            let over = (0..polls).any(|_| quitter.poll().is_ready());
                            drop(quitter);
                            if !over && thread > 0 && !take() {
                                block_on(notify.notified());
                            }
                        }
                        // So that the others see the end.
                        notify.notify_one();
                    });
                }
                for _ in 0..TOKENS {
                    // Ordering: as above.
                    tokens.fetch_add(1, Ordering::Relaxed);
                    notify.notify_one();
                }
            });
            // Ordering: as above; the threads are gone.
            assert_eq!(taken.load(Ordering::Relaxed), TOKENS);
        });
    });
}
