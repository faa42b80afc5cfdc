//! Loom models of the token.

use crate::base::prim::{AtomicUsize, Ordering, thread};
use crate::sync::CancellationToken;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;
use std::sync::Arc;

fn model(f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

/// A child waits while its parent is cancelled, and one who only asks sees what was done before.
#[test]
fn loom_token_cancel_meets_wait() {
    for waits in [true, false] {
        model(move || {
            let (token, done) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
            let (child, seen) = (token.child_token(), done.clone());
            let thread = thread::spawn(move || {
                if waits {
                    block_on(child.cancelled());
                }
                if child.is_cancelled() {
                    assert_eq!(seen.load(Ordering::Relaxed), 1);
                }
            });
            done.store(1, Ordering::Relaxed);
            token.cancel();
            thread.join().expect("it ends");
        });
    }
}

/// A child that is made beside a cancel is cancelled when both are done.
#[test]
fn loom_token_child_meets_cancel() {
    model(|| {
        let parent = CancellationToken::new();
        let other = parent.clone();
        let thread = thread::spawn(move || other.child_token());
        parent.cancel();
        assert!(thread.join().expect("it ends").is_cancelled());
    });
}

/// The last token of a child is dropped beside the cancel of its parent, and another node takes its
/// place in the table at once: that one stays.
#[test]
fn loom_token_drop_meets_cancel() {
    model(|| {
        let root = CancellationToken::new();
        let parent = root.child_token();
        let child = parent.child_token();
        let thread = thread::spawn(move || drop(child));
        parent.cancel();
        let other = root.child_token();
        thread.join().expect("it ends");
        assert!(!other.is_cancelled());
        root.cancel();
        assert!(other.is_cancelled());
    });
}

/// Two cancels of one branch: when either returns, all below is cancelled; and a token that is seen
/// to be cancelled has none below it that is not.
#[test]
fn loom_token_two_cancels() {
    model(|| {
        let root = CancellationToken::new();
        let middle = root.child_token();
        let leaf = middle.child_token();
        let (top, other, tip) = (root.clone(), middle.clone(), leaf.clone());
        let thread = thread::spawn(move || {
            if top.is_cancelled() {
                assert!(other.is_cancelled() && tip.is_cancelled());
            } else if other.is_cancelled() {
                assert!(tip.is_cancelled());
            }
            other.cancel();
            assert!(tip.is_cancelled());
        });
        let mut wait = Polled::new(leaf.cancelled());
        let waits = wait.poll().is_pending();
        root.cancel();
        assert!(middle.is_cancelled() && leaf.is_cancelled());
        thread.join().expect("it ends");
        assert!(!waits || wait.wakes() == 1);
    });
}
