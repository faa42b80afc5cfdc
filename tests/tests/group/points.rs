//! Every future of this part, dropped before its first poll and after each: nothing leaks, nothing
//! goes on, and nothing is lost that its docs promise.

use crate::turns;
use mainspring::task::{
    GroupTask, JoinSet, TaskGroup, WaitFor, as_completed, gather, gather_all, shield, wait,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Drops, Kind, at_every_point, poll_once, until};

/// Children that end in different turns, and count.
struct Children {
    /// What is dropped when a child ends, in whatever way.
    drops: Drops,
    made: Arc<AtomicUsize>,
}

impl Children {
    fn new() -> Self {
        Self { drops: Drops::new(), made: Arc::default() }
    }

    fn child(&self, number: usize) -> impl Future<Output = usize> + Send + 'static {
        self.made.fetch_add(1, Ordering::Relaxed);
        let counted = self.drops.counted();
        async move {
            turns(number).await;
            drop(counted);
            number
        }
    }

    fn four(&self) -> Vec<impl Future<Output = usize> + Send + 'static> {
        (0..4).map(|number| self.child(number)).collect()
    }

    /// None is left, soon.
    async fn all_gone(&self) {
        until(|| self.drops.count() == self.made.load(Ordering::Relaxed)).await;
    }
}

fn join_next(kind: Kind) {
    kind.runtime().block_on(at_every_point(async |point| {
        let children = Children::new();
        let mut set: JoinSet<_> = children.four().into_iter().collect();
        let mut seen = vec![];
        seen.extend(point.of(set.join_next()).await.flatten().map(Result::unwrap));
        let next = point.of(set.join_next_with_id()).await.flatten();
        seen.extend(next.map(|next| next.unwrap().1));
        while let Some(number) = set.join_next().await {
            seen.push(number.unwrap());
        }
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3], "none is lost");
        children.all_gone().await;
    }));
}

fn shutdown_and_join_all(kind: Kind) {
    kind.runtime().block_on(at_every_point(async |point| {
        let children = Children::new();
        let mut set: JoinSet<_> = children.four().into_iter().collect();
        if point.of(set.shutdown()).await.is_some() {
            assert!(set.is_empty());
        }
        drop(set);
        let set: JoinSet<_> = children.four().into_iter().collect();
        if let Some(all) = point.of(set.join_all()).await {
            assert_eq!(all.len(), 4);
        }
        children.all_gone().await;
    }));
}

fn waiting(kind: Kind) {
    for until in [WaitFor::FirstCompleted, WaitFor::FirstError(|number| *number == 2), WaitFor::All]
    {
        kind.runtime().block_on(at_every_point(async |point| {
            let children = Children::new();
            let mut set: JoinSet<_> = children.four().into_iter().collect();
            let done = point.of(wait(&mut set, until, None)).await.unwrap_or_default();
            let mut seen: Vec<_> = done.into_iter().map(Result::unwrap).collect();
            assert!(seen.is_sorted(), "in the order of spawning");
            assert_eq!(set.len(), 4 - seen.len());
            match seen.len() % 2 {
                0 => seen.extend(wait(&mut set, WaitFor::All, None).await.into_iter().flatten()),
                _ => {
                    while let Some(number) = set.join_next().await {
                        seen.push(number.unwrap());
                    }
                }
            }
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3], "none is lost");
            children.all_gone().await;
        }));
    }
}

fn gathering(kind: Kind) {
    kind.runtime().block_on(at_every_point(async |point| {
        let children = Children::new();
        if let Some(outputs) = point.of(gather_all(children.four())).await {
            assert!(outputs.into_iter().map(Result::unwrap).eq(0..4));
        }
        let inputs = children.four().into_iter().map(|child| async {
            match child.await {
                2 => Err(2),
                other => Ok(other),
            }
        });
        if let Some(outcome) = point.of(gather(inputs)).await {
            assert_eq!(outcome, Err(2));
        }
        children.all_gone().await;
    }));
}

fn completing(kind: Kind) {
    kind.runtime().block_on(at_every_point(async |point| {
        let children = Children::new();
        let mut ends = as_completed(children.four());
        let first = point.of(ends.next()).await.flatten();
        assert_eq!(ends.len(), 4 - first.iter().count());
        let second = ends.next().await;
        assert_ne!(first.map(Result::unwrap), second.map(Result::unwrap));
        drop(ends);
        children.all_gone().await;
    }));
}

fn shielding(kind: Kind) {
    kind.runtime().block_on(at_every_point(async |point| {
        let children = Children::new();
        let task = mainspring::spawn(children.child(3));
        let mut shielded = shield(task);
        let number = match point.of(&mut shielded).await {
            Some(number) => number,
            None => shielded.await,
        };
        assert_eq!(number.unwrap(), 3);
        drop(point.of(shield(mainspring::spawn(children.child(3)))).await);
        children.all_gone().await;
    }));
}

/// The body has something to drop too, and spawns in two places.
fn scopes(kind: Kind) {
    for fails in [false, true] {
        kind.runtime().block_on(at_every_point(async |point| {
            let children = Children::new();
            let body = children.child(2);
            let scope = TaskGroup::scope(async |group: TaskGroup<usize>| {
                let spawn = |group: &TaskGroup<_>, number| -> GroupTask<usize> {
                    let child = children.child(number);
                    group.spawn(async { Ok(child.await) })
                };
                let one = spawn(&group, 1);
                let inner = group.clone();
                let from_a_child = [children.child(3), children.child(0)];
                let two = group.spawn(async move {
                    for child in from_a_child {
                        inner.spawn(async { Ok(child.await) });
                    }
                    turns(1).await;
                    if fails { Err(7) } else { Ok(2) }
                });
                body.await;
                Ok(one.await.unwrap() + two.await.unwrap())
            });
            match point.of(scope).await {
                None => {}
                Some(Ok(sum)) => assert!(!fails && sum == 3),
                Some(Err(error)) => assert!(fails && error.errors().eq(&[7])),
            }
            children.all_gone().await;
        }));
    }
}

/// Whoever waits for a child's value may stop: the child goes on, and the value is there later.
fn a_childs_value(kind: Kind) {
    kind.runtime().block_on(at_every_point(async |point| {
        let children = Children::new();
        let outcome = TaskGroup::<()>::scope(async |group| {
            let child = children.child(2);
            let mut task = std::pin::pin!(group.spawn(async { Ok(child.await) }));
            let value = match point.of(task.as_mut()).await {
                Some(value) => value,
                None => task.as_mut().await,
            };
            let child = children.child(1);
            let _ = poll_once(std::pin::pin!(group.spawn(async { Ok(child.await) }))).await;
            Ok(value.unwrap())
        });
        assert_eq!(outcome.await.unwrap(), 2);
        assert_eq!(children.drops.count(), 2, "both have ended");
    }));
}

tests::each_scheduler! {
    join_next, shutdown_and_join_all, waiting, gathering, completing, shielding, scopes,
    a_childs_value,
}
