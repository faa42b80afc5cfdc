//! wait, shield, as_completed: nothing is cancelled that is only waited for.

use crate::{Error, Log, fails, ms, run, worker};
use mainspring::task::{JoinSet, WaitFor, as_completed, shield, wait};
use mainspring::time::{sleep, timeout};

/// A set of workers: after 10 ms, after 20 ms, after a second.
fn three(log: &Log) -> JoinSet<Result<&'static str, Error>> {
    let workers = [("a", 20), ("b", 10), ("c", 1_000)];
    workers.map(|(name, millis)| worker(log.clone(), name, millis)).into_iter().collect()
}

#[test]
fn wait_timeout() {
    run(async {
        let log = Log::default();
        let mut set = three(&log);
        let done = wait(&mut set, WaitFor::All, Some(ms(50))).await;
        let done: Vec<_> = done.into_iter().map(Result::unwrap).collect();
        assert_eq!(done, [Ok("a"), Ok("b")], "in the order of spawning");
        assert_eq!((set.len(), log.said().len()), (1, 2), "pending, and not cancelled");
        assert_eq!(set.join_next().await.unwrap().unwrap(), Ok("c"));
    });
}

#[test]
fn wait_first_completed() {
    run(async {
        let mut set = three(&Log::default());
        let done = wait(&mut set, WaitFor::FirstCompleted, None).await;
        assert_eq!(done.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [Ok("b")]);
        assert_eq!(set.len(), 2);
    });
}

#[test]
fn wait_first_exception() {
    run(async {
        let mut set = three(&Log::default());
        set.spawn(fails(15, Error::Value(1)));
        let done = wait(&mut set, WaitFor::FirstError(Result::is_err), None).await;
        let done: Vec<_> = done.into_iter().map(Result::unwrap).collect();
        assert_eq!(done, [Ok("b"), Err(Error::Value(1))]);
        assert_eq!(set.len(), 2);
    });
}

/// asyncio raises `ValueError`: an empty set is most often a mistake there. Here it is what is left
/// when `wait` is called until all have ended.
#[test]
fn wait_empty() {
    run(async {
        let mut set = JoinSet::<()>::new();
        for until in [WaitFor::FirstCompleted, WaitFor::FirstError(|_| true), WaitFor::All] {
            assert!(wait(&mut set, until, None).await.is_empty());
            assert!(wait(&mut set, until, Some(ms(1_000))).await.is_empty());
        }
    });
}

#[test]
fn wait_cancelled_leaves_children() {
    run(async {
        let log = Log::default();
        let mut set = JoinSet::new();
        set.spawn(worker(log.clone(), "x", 20));
        assert!(timeout(ms(10), wait(&mut set, WaitFor::All, None)).await.is_err());
        assert_eq!(set.join_next().await.unwrap().unwrap(), Ok("x"));
        assert_eq!(log.said(), ["x:done"]);
    });
}

#[test]
fn wait_for_shielded() {
    run(async {
        let log = Log::default();
        let mut task = shield(mainspring::spawn(worker(log.clone(), "x", 50)));
        assert!(timeout(ms(20), &mut task).await.is_err());
        assert_eq!(task.await.unwrap(), Ok("x"));
        assert_eq!(log.said(), ["x:done"]);
    });
}

#[test]
fn shield_outer_cancelled() {
    run(async {
        let log = Log::default();
        let inner = mainspring::spawn(worker(log.clone(), "x", 50));
        let outer = mainspring::spawn(async { shield(inner).await });
        sleep(ms(10)).await;
        outer.abort();
        assert!(outer.await.unwrap_err().is_cancelled());
        sleep(ms(50)).await;
        assert_eq!(log.said(), ["x:done"]);
    });
}

/// In asyncio the task is cancelled with who awaits it. Here a join is only a join: a task that is
/// to end with its owner is a child of a set or a group.
#[test]
fn cancelling_the_awaiter_leaves_the_task() {
    run(async {
        let log = Log::default();
        let inner = mainspring::spawn(worker(log.clone(), "x", 50));
        let outer = mainspring::spawn(inner);
        sleep(ms(10)).await;
        outer.abort();
        sleep(ms(50)).await;
        assert_eq!(log.said(), ["x:done"]);
    });
}

#[test]
fn as_completed_in_the_order_of_the_ends() {
    run(async {
        let log = Log::default();
        let workers = [("a", 20), ("b", 10), ("c", 30)];
        let mut ends =
            as_completed(workers.map(|(name, millis)| worker(log.clone(), name, millis)));
        let mut order = vec![];
        while let Some(end) = ends.next().await {
            order.push(end.unwrap().unwrap());
        }
        assert_eq!(order, ["b", "a", "c"]);
    });
}
