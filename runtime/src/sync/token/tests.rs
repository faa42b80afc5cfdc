//! Tests of the token; of the family table: `tree_tests.rs`; loom models: `model_tests.rs`.

use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::*;
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Wake};

#[test]
fn it_is_cancelled_once_and_for_good() {
    let token = CancellationToken::new();
    let clone = token.clone();
    assert!(!token.is_cancelled() && !CancellationToken::default().is_cancelled());
    assert_eq!(format!("{token:?}"), "CancellationToken { is_cancelled: false }");
    clone.cancel();
    clone.cancel();
    assert!(token.is_cancelled());
    assert_eq!(format!("{token:?}"), "CancellationToken { is_cancelled: true }");
    Polled::new(token.cancelled()).ready();
    Polled::new(token.cancelled_owned()).ready();
}

#[test]
fn to_ask_is_one_load() {
    let token = CancellationToken::new().child_token();
    assert_eq!(count::record(|| token.is_cancelled()).1.len(), 0);
}

#[test]
fn those_who_wait_are_woken_on_the_token_and_below() {
    let parent = CancellationToken::new();
    let (child, sibling) = (parent.child_token(), parent.child_token());
    let grandchild = child.child_token();
    let mut above = Polled::waiting(parent.cancelled());
    let mut beside = Polled::waiting(sibling.cancelled());
    let mut on: Vec<_> = (0..40).map(|_| Polled::waiting(child.cancelled())).collect();
    let mut below = Polled::waiting(grandchild.cancelled_owned());
    drop(on.pop());
    child.cancel();
    assert!(on.iter().all(|wait| wait.wakes() == 1));
    on.iter_mut().for_each(Polled::ready);
    below.ready();
    assert!(above.poll().is_pending() && beside.poll().is_pending());
    parent.cancel();
    above.ready();
    beside.ready();
    // Once ready, it stays ready.
    beside.ready();
}

#[test]
fn dropping_a_token_cancels_nothing_and_frees_nobody() {
    let root = CancellationToken::new();
    let parent = root.child_token();
    let child = parent.child_token();
    let mut wait = Polled::waiting(child.cancelled());
    drop(parent);
    assert!(!child.is_cancelled() && !root.is_cancelled());
    root.cancel();
    assert!(child.is_cancelled() && wait.wakes() == 1);
    wait.ready();
    let child = CancellationToken::new().child_token();
    assert!(!child.is_cancelled());
    child.cancel();
    assert!(child.is_cancelled());
}

#[test]
fn a_child_of_a_cancelled_token_is_born_cancelled() {
    let token = CancellationToken::new();
    token.cancel();
    let child = token.child_token();
    let grandchild = child.child_token();
    assert!(child.is_cancelled() && grandchild.is_cancelled());
    Polled::new(grandchild.cancelled()).ready();
    child.cancel();
    drop(child);
    grandchild.cancel();
}

#[test]
fn a_guard_cancels_unless_it_is_disarmed() {
    let parent = CancellationToken::new();
    let token = parent.child_token();
    let below = token.child_token();
    let guard = token.clone().drop_guard();
    assert_eq!(
        format!("{guard:?}"),
        "DropGuard { token: Some(CancellationToken { is_cancelled: false }) }"
    );
    drop(guard.disarm());
    assert!(!token.is_cancelled());
    assert!(!token.drop_guard_ref().disarm().is_cancelled());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _guard = token.drop_guard_ref();
        panic!("in the scope of a guard");
    }));
    assert!(outcome.is_err());
    assert!(token.is_cancelled() && below.is_cancelled() && !parent.is_cancelled());
    drop(parent.clone().drop_guard());
    assert!(parent.is_cancelled());
}

#[test]
fn run_until_cancelled_runs_to_the_end_or_to_the_cancel() {
    let token = CancellationToken::new();
    assert_eq!(Polled::new(token.run_until_cancelled(ready(1))).ready(), Some(1));
    let kept = Arc::new(());
    let theirs = kept.clone();
    let never = async move {
        pending::<()>().await;
        drop(theirs);
    };
    let mut run = Polled::waiting(token.run_until_cancelled(never));
    let mut owned = Polled::waiting(token.clone().run_until_cancelled_owned(pending::<()>()));
    token.cancel();
    assert_eq!((run.wakes(), owned.wakes()), (1, 1));
    assert_eq!((run.ready(), owned.ready()), (None, None));
    assert_eq!(Arc::strong_count(&kept), 1, "dropped, although `run` is still there");
    let again = catch_unwind(AssertUnwindSafe(|| run.poll().is_ready()));
    assert!(again.is_err());
    drop(run);
    // Cancelled before: not polled at all.
    let polled = Cell::new(false);
    let future = async { polled.set(true) };
    assert_eq!(Polled::new(token.run_until_cancelled(future)).ready(), None);
    let future = async { polled.set(true) };
    assert_eq!(Polled::new(token.run_until_cancelled_owned(future)).ready(), None);
    assert!(!polled.get());
}

#[test]
fn run_until_cancelled_prefers_the_output() {
    let (token, event) = (CancellationToken::new(), Event::new());
    let mut run = Polled::waiting(token.run_until_cancelled(event.wait()));
    token.cancel();
    event.set();
    assert_eq!(run.ready(), Some(()));
}

/// A future that spends the whole budget in each poll does not hide the cancel.
#[test]
fn a_busy_future_is_cancelled_too() {
    let token = CancellationToken::new();
    let busy = poll_fn(|cx| {
        while coop::ready(cx).is_ready() {
            coop::spend();
        }
        Poll::<()>::Pending
    });
    let mut run = Polled::new(token.run_until_cancelled(busy));
    for cancelled in [false, true] {
        let _budget = coop::budget();
        assert_eq!(run.poll().is_ready(), cancelled);
        token.cancel();
    }
}

#[test]
fn a_wait_spends_the_budget() {
    let token = CancellationToken::new();
    token.cancel();
    let _budget = coop::budget();
    let mut rounds = 0;
    while Polled::new(token.cancelled()).poll().is_ready() {
        rounds += 1;
    }
    assert_eq!(rounds, usize::from(coop::BUDGET));
}

#[test]
fn a_waker_that_panics_does_not_stop_the_others() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker");
        }
    }
    let token = CancellationToken::new();
    let children: Vec<_> = (0..5).map(|_| token.child_token()).collect();
    let mut waits: Vec<_> = children.iter().map(|child| Polled::new(child.cancelled())).collect();
    for (at, wait) in waits.iter_mut().enumerate() {
        let waker = if at % 2 == 0 { Arc::new(Panics).into() } else { wait.waker() };
        assert!(wait.poll_with(&waker).is_pending());
    }
    let panic = catch_unwind(AssertUnwindSafe(|| token.cancel())).expect_err("a waker panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"a waker"));
    assert_eq!((waits[1].wakes(), waits[3].wakes()), (1, 1));
    waits.iter_mut().for_each(Polled::ready);
}

#[test]
fn no_foreign_code_runs_under_the_lock() {
    must_end(|| {
        let token = CancellationToken::new();
        let made = Arc::new(Mutex::new(Vec::new()));
        let (meddle, theirs) = (token.clone(), made.clone());
        let waker = nosy(Arc::new(move || {
            let child = meddle.child_token();
            assert!(!child.is_cancelled() || Polled::new(child.cancelled()).poll().is_ready());
            drop(child.child_token());
            theirs.lock().expect("no panic").push(child);
            theirs.lock().expect("no panic").truncate(5);
        }));
        let child = token.child_token();
        let (mut wait, mut other) =
            (Polled::new(token.cancelled()), Polled::new(child.cancelled_owned()));
        assert!(wait.poll_with(&waker).is_pending() && other.poll_with(&waker).is_pending());
        assert!(wait.poll().is_pending() && wait.poll_with(&waker).is_pending());
        let meddle = token.clone();
        let cancels = nosy(Arc::new(move || meddle.cancel()));
        let sibling = token.child_token();
        let mut last = Polled::new(sibling.cancelled());
        // Cancelled by the clone of the waker, before it is left.
        assert!(last.poll_with(&cancels).is_ready());
        wait.ready();
        other.ready();
        assert!(made.lock().expect("no panic").iter().all(CancellationToken::is_cancelled));
    });
}

/// Tokens come and go on all threads, some are cancelled; a cancel reaches all that were made
/// before it, and all waits end.
#[test]
fn threads_see_every_cancel() {
    must_end(|| {
        for seed in 0..20 {
            let root = CancellationToken::new();
            std::thread::scope(|scope| {
                for thread in 0..3 {
                    let root = &root;
                    scope.spawn(move || {
                        count::shake(seed * 3 + thread + 1);
                        let rng = Rng::seeded(seed * 3 + thread);
                        let mut mine = vec![root.child_token()];
                        for _ in 0..100 {
                            let at = rng.below(mine.len() as u32) as usize;
                            match rng.below(8) {
                                0..5 => mine.push(mine[at].child_token()),
                                5..7 if mine.len() > 1 => drop(mine.swap_remove(at)),
                                _ if rng.below(4) == 0 => {
                                    let below = mine[at].child_token();
                                    mine[at].cancel();
                                    assert!(mine[at].is_cancelled() && below.is_cancelled());
                                }
                                _ => {}
                            }
                            if root.is_cancelled() {
                                assert!(mine.iter().all(CancellationToken::is_cancelled));
                            }
                        }
                        let last = mine.pop().expect("one is left");
                        drop(mine);
                        block_on(last.cancelled_owned());
                    });
                }
                std::thread::yield_now();
                root.cancel();
            });
        }
    });
}

#[test]
fn everything_can_be_sent_and_shared() {
    fn both<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>(_: &T) {}
    fn shared<T: Send + Sync>(_: &T) {}
    let token = CancellationToken::new();
    both(&token);
    both(&token.clone().drop_guard());
    both(&token.drop_guard_ref());
    shared(&token.cancelled());
    shared(&token.clone().cancelled_owned());
    shared(&token.run_until_cancelled(pending::<()>()));
    shared(&token.clone().run_until_cancelled_owned(pending::<()>()));
    assert_eq!(format!("{:?}", token.cancelled()), "WaitForCancellationFuture");
    let owned = token.clone().cancelled_owned();
    assert_eq!(format!("{owned:?}"), "WaitForCancellationFutureOwned");
}
