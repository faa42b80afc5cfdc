//! join, race, drop.

use crate::parts::{Count, Counted, turns};
use std::future::{Future, pending};

/// How futures are put together, and run without waiting for anybody.
pub trait Futures {
    fn run<F: Future>(future: F) -> F::Output;
    fn join<A, B>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)>
    where
        A: Future + Unpin,
        B: Future + Unpin;
    /// `Ok` if `a` was first, `Err` if `b` was.
    fn race<A, B>(a: A, b: B) -> impl Future<Output = Result<A::Output, B::Output>>
    where
        A: Future + Unpin,
        B: Future + Unpin;
}

pub fn join_gives_both_outputs<M: Futures>() {
    let both = M::join(
        Box::pin(async {
            turns(3).await;
            "a"
        }),
        Box::pin(async { "b" }),
    );
    assert_eq!(M::run(both), ("a", "b"));
}

pub fn join_polls_nobody_after_ready<M: Futures>() {
    let (a, b) = (Count::default(), Count::default());
    M::run(M::join(Counted::new(turns(4), &a), Counted::new(turns(1), &b)));
    assert_eq!((a.get(), b.get()), (5, 2));
}

pub fn join_frees_a_side_that_is_ready<M: Futures>() {
    let dropped = Count::default();
    let held = dropped.on_drop();
    let first = Box::pin(async move { drop(held) });
    let seen = dropped.clone();
    let second = Box::pin(async move {
        turns(2).await;
        seen.get()
    });
    assert_eq!(M::run(M::join(first, second)).1, 1);
}

pub fn race_gives_the_first<M: Futures>() {
    assert_eq!(M::run(M::race(turns(1), turns(5))), Ok(()));
    assert_eq!(M::run(M::race(turns(5), turns(1))), Err(()));
}

pub fn race_drops_the_loser<M: Futures>() {
    let dropped = Count::default();
    let held = dropped.on_drop();
    let loser = Box::pin(async move {
        let _held = held;
        pending::<()>().await;
    });
    let seen = dropped.clone();
    let after = M::run(async move {
        let first = M::race(turns(3), loser).await;
        (first, seen.get())
    });
    assert_eq!(after, (Ok(()), 1));
}

pub fn a_future_does_nothing_before_it_is_polled<M: Futures>() {
    let (polls, dropped) = (Count::default(), Count::default());
    let held = dropped.on_drop();
    let unused = async move {
        let _held = held;
    };
    drop(Counted::new(unused, &polls));
    assert_eq!((polls.get(), dropped.get()), (0, 1));
    M::run(async {});
}

#[macro_export]
macro_rules! futures {
    ($machine:ty) => {
        $crate::each! { $machine, futures:
            join_gives_both_outputs,
            join_polls_nobody_after_ready,
            join_frees_a_side_that_is_ready,
            race_gives_the_first,
            race_drops_the_loser,
            a_future_does_nothing_before_it_is_polled,
        }
    };
}
