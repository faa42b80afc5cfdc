//! TaskGroup: nothing outlives the scope, and no error is lost.

use crate::{Error, Log, fails, ms, run, worker};
use mainspring::sync::Event;
use mainspring::task::{Failure, GroupError, TaskGroup, yield_now};
use mainspring::time::{Instant, sleep};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

fn errors(error: &GroupError<Error>) -> Vec<Error> {
    error.errors().copied().collect()
}

/// In asyncio the scope ends at 40 ms, because `y` needs 30 ms to clean up.
#[test]
fn taskgroup_first_error() {
    run(async {
        let (log, start) = (Log::default(), Instant::now());
        let outcome: Result<(), _> = TaskGroup::scope(async |group| {
            group.spawn(fails(10, Error::Value(1)));
            group.spawn(worker(log.clone(), "z", 5));
            group.spawn(worker(log.clone(), "y", 1_000));
            Ok(())
        })
        .await;
        let error = outcome.unwrap_err();
        let text = "unhandled errors in a TaskGroup (1 sub-exception)\n  1: Value(1)";
        assert_eq!(error.to_string(), text);
        assert!(start.elapsed() < ms(15));
        assert_eq!(log.said(), ["z:done", "y:cancelled"]);
    });
}

#[test]
fn taskgroup_two_errors_same_tick() {
    run(async {
        let outcome: Result<(), _> = TaskGroup::scope(async |group| {
            group.spawn(async { Err::<(), _>(Error::Value(1)) });
            group.spawn(async { Err::<(), _>(Error::Key(2)) });
            Ok(())
        })
        .await;
        assert_eq!(errors(&outcome.unwrap_err()), [Error::Value(1), Error::Key(2)]);
    });
}

#[test]
fn taskgroup_body_error() {
    run(async {
        let log = Log::default();
        let outcome: Result<(), _> = TaskGroup::scope(async |group| {
            group.spawn(worker(log.clone(), "x", 1_000));
            yield_now().await;
            Err(Error::Runtime)
        })
        .await;
        assert_eq!(errors(&outcome.unwrap_err()), [Error::Runtime]);
        assert_eq!(log.said(), ["x:cancelled"]);
    });
}

#[test]
fn taskgroup_external_cancel() {
    run(async {
        let log = Log::default();
        let theirs = log.clone();
        let outer = mainspring::spawn(TaskGroup::scope(async move |group| {
            group.spawn(worker(theirs.clone(), "x", 1_000));
            std::future::pending::<Result<(), Error>>().await
        }));
        sleep(ms(10)).await;
        outer.abort();
        assert!(outer.await.unwrap_err().is_cancelled());
        yield_now().await;
        assert_eq!(log.said(), ["x:cancelled"]);
    });
}

#[test]
fn taskgroup_child_self_cancel() {
    run(async {
        let log = Log::default();
        let outcome = TaskGroup::<Error>::scope(async |group| {
            let x = group.spawn(worker(log.clone(), "x", 1_000));
            let y = group.spawn(async { Ok(2) });
            yield_now().await;
            x.abort();
            assert!(x.await.unwrap_err().was_started());
            Ok(y.await.unwrap())
        })
        .await;
        assert_eq!(outcome.unwrap(), 2);
        assert_eq!(log.said(), ["x:cancelled"]);
    });
}

/// asyncio raises `RuntimeError`; here the child is not started, and its handle says so.
#[test]
fn taskgroup_create_after_exit() {
    run(async {
        let group = TaskGroup::<Error>::scope(async |group| Ok(group.clone())).await.unwrap();
        let log = Log::default();
        let late = group.spawn(worker(log.clone(), "late", 0));
        assert!(format!("{group:?}").contains("finished"));
        assert!(late.is_finished());
        let error = late.await.unwrap_err();
        assert!(!error.was_started());
        assert!(error.to_string().contains("is finished"));
        assert!(log.said().is_empty(), "it never ran");
    });
}

#[test]
fn taskgroup_dynamic_spawn() {
    type Boxed = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
    fn count_down(group: TaskGroup<Error>, log: Arc<Mutex<Vec<u32>>>, number: u32) -> Boxed {
        Box::pin(async move {
            log.lock().unwrap().push(number);
            if let Some(next) = number.checked_sub(1) {
                group.spawn(count_down(group.clone(), log, next));
            }
            Ok(())
        })
    }
    run(async {
        let log = Arc::new(Mutex::new(vec![]));
        TaskGroup::scope(async |group: TaskGroup<Error>| {
            group.spawn(count_down(group.clone(), log.clone(), 3));
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(*log.lock().unwrap(), [3, 2, 1, 0]);
    });
}

/// In asyncio the child spawns in its `finally`; here in its destructor.
#[test]
fn taskgroup_spawn_while_aborting() {
    struct Spawns(TaskGroup<Error>, Log);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let late = self.0.spawn(worker(self.1.clone(), "late", 0));
            assert!(late.is_finished() && late.id().is_none());
            self.1.say(format!("{:?}", self.0));
        }
    }
    run(async {
        let log = Log::default();
        let outcome: Result<(), _> = TaskGroup::scope(async |group: TaskGroup<Error>| {
            let spawns = Spawns(group.clone(), log.clone());
            group.spawn(async move {
                let _spawns = spawns;
                sleep(ms(1_000)).await;
                Ok(())
            });
            yield_now().await;
            Err(Error::Runtime)
        })
        .await;
        assert_eq!(errors(&outcome.unwrap_err()), [Error::Runtime]);
        let [said] = &log.said()[..] else { panic!("{:?}", log.said()) };
        assert!(said.contains("shutting down"), "{said}");
    });
}

/// `except* ValueError`, then `except* KeyError`, and the rest goes on. A group inside is an error
/// of a type that the program chooses, so it is the program that looks inside.
#[test]
fn exceptiongroup_except_star() {
    #[derive(Debug)]
    enum Tree {
        Leaf(Error),
        Group(GroupError<Error>),
    }
    run(async {
        let failed = Arc::new(Event::new());
        let error = TaskGroup::scope(async |group: TaskGroup<Tree>| {
            for leaf in [Error::Value(1), Error::Key(2)] {
                let failed = failed.clone();
                group.spawn(async move {
                    failed.wait().await;
                    Err::<(), _>(Tree::Leaf(leaf))
                });
            }
            let failed = failed.clone();
            group.spawn(async move {
                let inner = TaskGroup::scope(async |group| {
                    group.spawn(fails(10, Error::Value(3)));
                    Ok(())
                });
                let outcome = inner.await.map_err(Tree::Group);
                // The others fail in the same turn.
                failed.set();
                outcome
            });
            Ok(())
        })
        .await
        .unwrap_err();
        let leaf = |leaf| {
            move |failure: &Failure<_>| match failure.error() {
                Some(Tree::Leaf(error)) => *error == leaf,
                _ => false,
            }
        };
        let (values, rest) = error.split(leaf(Error::Value(1)));
        assert_eq!(values.unwrap().len(), 1);
        let (keys, rest) = rest.unwrap().split(leaf(Error::Key(2)));
        assert_eq!(keys.unwrap().len(), 1);
        let [Failure::Error(Tree::Group(inner))] =
            &rest.unwrap().into_iter().collect::<Vec<_>>()[..]
        else {
            panic!("the group is left");
        };
        assert_eq!(errors(inner), [Error::Value(3)]);
    });
}
