//! Who is polled when: by chance, or from the top; and the task's budget.

use mainspring::select;
use mainspring::sync::mpsc;
use mainspring::task::yield_now;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use tests::{Kind, runtime};

const ROUNDS: u32 = 10_000;

/// Within six standard deviations of a fair choice, which one of a thousand million does not keep.
fn fair(counts: &[u32]) {
    let share = f64::from(ROUNDS) / counts.len() as f64;
    let most = 6.0 * (share * (1.0 - 1.0 / counts.len() as f64)).sqrt();
    for &count in counts {
        assert!((f64::from(count) - share).abs() <= most, "{counts:?}: {share} ± {most}");
    }
}

fn branches_that_are_always_ready_win_alike(kind: Kind) {
    let runtime = kind.runtime();
    runtime
        .block_on(runtime.spawn(async {
            let (mut two, mut three, mut eight) = ([0; 2], [0; 3], [0; 8]);
            for _ in 0..ROUNDS {
                select! { _ = ready(()) => two[0] += 1, _ = ready(()) => two[1] += 1 }
                select! {
                    _ = ready(()) => three[0] += 1,
                    _ = ready(()) => three[1] += 1,
                    _ = ready(()) => three[2] += 1,
                }
                eight[select! {
                    _ = ready(()) => 0, _ = ready(()) => 1, _ = ready(()) => 2, _ = ready(()) => 3,
                    _ = ready(()) => 4, _ = ready(()) => 5, _ = ready(()) => 6, _ = ready(()) => 7,
                }] += 1;
            }
            fair(&two);
            fair(&three);
            fair(&eight);
        }))
        .unwrap();
}

/// The start is drawn anew in each poll, not once for each `select!`.
fn each_poll_starts_somewhere_else(kind: Kind) {
    let runtime = kind.runtime();
    runtime
        .block_on(runtime.spawn(async {
            let firsts: [AtomicU32; 4] = Default::default();
            let (polls, ended) = (AtomicU32::new(0), AtomicU32::new(0));
            let branch = |me: usize| {
                let (firsts, polls, ended) = (&firsts, &polls, &ended);
                poll_fn(move |cx| {
                    let poll = polls.fetch_add(1, Ordering::Relaxed);
                    if poll.is_multiple_of(4) {
                        firsts[me].fetch_add(1, Ordering::Relaxed);
                    }
                    if poll >= 4 * ROUNDS {
                        ended.store(1, Ordering::Relaxed);
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                })
            };
            select! {
                _ = branch(0) => {} _ = branch(1) => {} _ = branch(2) => {} _ = branch(3) => {}
            }
            assert_eq!(ended.into_inner(), 1);
            let mut counts = firsts.map(AtomicU32::into_inner);
            // The poll that ended it had a first, too.
            let most = counts.iter().position(|n| Some(n) == counts.iter().max()).unwrap();
            counts[most] -= 1;
            fair(&counts);
        }))
        .unwrap();
}

/// The order of the polls, over several polls of one `select!` of four branches.
fn order_of_polls<F: Future>(race: impl FnOnce(Box<dyn Fn(u32) -> bool>) -> F) -> Vec<u32> {
    let log = std::rc::Rc::new(RefCell::new(Vec::new()));
    let noted = log.clone();
    runtime().block_on(race(Box::new(move |n| {
        noted.borrow_mut().push(n);
        noted.borrow().len() > 12
    })));
    log.take()
}

#[test]
fn biased_polls_from_top_to_bottom_and_chance_from_somewhere_on_and_around() {
    let wait = |n: u32, note: &dyn Fn(u32) -> bool, cx: &mut std::task::Context<'_>| {
        if note(n) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    };
    let biased = order_of_polls(|note| async move {
        select! {
            biased;
            _ = poll_fn(|cx| wait(0, &note, cx)) => {}
            _ = poll_fn(|cx| wait(1, &note, cx)) => {}
            _ = poll_fn(|cx| wait(2, &note, cx)) => {}
            _ = poll_fn(|cx| wait(3, &note, cx)) => {}
        }
    });
    assert_eq!(biased, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]);
    let by_chance = order_of_polls(|note| async move {
        select! {
            _ = poll_fn(|cx| wait(0, &note, cx)) => {}
            _ = poll_fn(|cx| wait(1, &note, cx)) => {}
            _ = poll_fn(|cx| wait(2, &note, cx)) => {}
            _ = poll_fn(|cx| wait(3, &note, cx)) => {}
        }
    });
    for round in by_chance.chunks_exact(4) {
        let around: Vec<_> = (0..4).map(|n| (round[0] + n) % 4).collect();
        assert_eq!(round, around, "{by_chance:?}");
    }
}

#[test]
fn biased_takes_the_first_that_is_ready() {
    runtime().block_on(async {
        for _ in 0..100 {
            let winner = select! {
                biased;
                _ = std::future::pending::<()>() => 0,
                Some(()) = ready(None) => 1,
                _ = ready(()) => 2,
                _ = ready(()) => 3,
            };
            assert_eq!(winner, 2);
        }
    });
}

/// A loop over channels that are never empty gives way, as a single `recv` would.
fn a_busy_loop_leaves_others_their_turn(kind: Kind) {
    let runtime = kind.runtime();
    let other = Arc::new(AtomicU32::new(0));
    let counted = other.clone();
    let busy = runtime.spawn(async move {
        let (send, mut receive) = mpsc::unbounded_channel();
        mainspring::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        });
        let mut received = 0_u32;
        loop {
            send.send(()).unwrap();
            select! {
                biased;
                Some(()) = receive.recv() => received += 1,
                // Always ready, and spends nothing: without the rule it would win when the budget
                // is used up, and the loop would go on for ever.
                _ = ready(()) => {}
            }
            if other.load(Ordering::Relaxed) >= 20 {
                return received;
            }
        }
    });
    assert!(runtime.block_on(busy).unwrap() > 0);
}

#[test]
fn a_used_up_budget_gives_no_branch_an_advantage() {
    runtime().block_on(async {
        let (send, mut receive) = mpsc::unbounded_channel();
        let losses = Cell::new(0);
        for _ in 0..1_000 {
            send.send(()).unwrap();
            select! {
                biased;
                Some(()) = receive.recv() => {}
                _ = ready(()) => losses.set(losses.get() + 1),
            }
        }
        assert_eq!(losses.get(), 0);
    });
}

/// The futures, once; a pointer to each, and a few bytes.
#[test]
fn the_macros_add_a_few_words_to_their_futures() {
    async fn large() -> u8 {
        let bytes = [1_u8; 1_000];
        yield_now().await;
        bytes[0]
    }
    let alone = size_of_val(&large());
    let race = size_of_val(&async {
        select! { n = large() => n, n = large() => n }
    });
    let all = size_of_val(&async { mainspring::join!(large(), large()) });
    assert!(race <= 2 * alone + 32 && all <= 2 * alone + 64, "{alone} {race} {all}");
}

tests::each_scheduler! {
    branches_that_are_always_ready_win_alike,
    each_poll_starts_somewhere_else,
    a_busy_loop_leaves_others_their_turn,
}
