//! Loom models of the list of those who have ended. Each polls with one waker: see `wake/slot.rs`.

use super::{Done, Ear};
use crate::base::prim::{AtomicUsize, Ordering, thread};
use crate::wake::block_on::block_on;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

fn model(f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

/// Waits for the next one as a set does.
async fn next(done: &mut Done, ear: &mut Ear) -> u32 {
    poll_fn(|cx| {
        if let Some(at) = done.pop() {
            return Poll::Ready(at);
        }
        ear.listen(cx.waker());
        done.pop().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// Two children end beside the owner, who waits for both, sees what each has done, and loses no
/// wake.
#[test]
fn loom_group_two_ends_meet_the_owner() {
    model(|| {
        let (mut done, mut ear) = Done::new();
        let outputs = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let children: Vec<_> = (0..2)
            .map(|at| {
                let (waker, outputs) = (Waker::clone(&done.waker(at)), outputs.clone());
                thread::spawn(move || {
                    outputs[at as usize].store(1, Ordering::Relaxed);
                    waker.wake();
                })
            })
            .collect();
        let mut seen = [0; 2];
        block_on(async {
            for _ in 0..2 {
                let at = next(&mut done, &mut ear).await as usize;
                seen[at] += outputs[at].load(Ordering::Relaxed);
            }
        });
        assert_eq!(seen, [1, 1]);
        children.into_iter().for_each(|child| child.join().expect("it ends"));
    });
}

/// An entry is used again while another child ends: each end is heard of once.
#[test]
fn loom_group_an_entry_is_used_again() {
    model(|| {
        let (mut done, mut ear) = Done::new();
        let other = Waker::clone(&done.waker(1));
        let first = Waker::clone(&done.waker(0));
        let thread = thread::spawn(move || other.wake());
        first.wake();
        let mut seen = [0; 2];
        block_on(async {
            seen[next(&mut done, &mut ear).await as usize] += 1;
            if seen[0] == 1 {
                Waker::clone(&done.waker(0)).wake();
            }
            for _ in 0..1 + seen[0] {
                seen[next(&mut done, &mut ear).await as usize] += 1;
            }
        });
        assert!(seen[1] == 1 && done.pop().is_none(), "{seen:?}");
        thread.join().expect("it ends");
    });
}

/// The owner goes while a child ends: the last of them frees the list.
#[test]
fn loom_group_an_end_meets_the_end_of_the_set() {
    model(|| {
        let (mut done, mut ear) = Done::new();
        let waker = Waker::clone(&done.waker(0));
        let thread = thread::spawn(move || waker.wake());
        block_on(poll_fn(|cx| {
            ear.listen(cx.waker());
            Poll::Ready(())
        }));
        drop((done, ear));
        thread.join().expect("it ends");
    });
}
