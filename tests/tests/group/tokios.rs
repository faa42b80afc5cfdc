//! The same program on tokio's JoinSet and on ours says the same.

use tests::heard;

/// What the program says, on the crate of that name.
macro_rules! on {
    ($name:ident) => {{
        use $name::runtime::{Builder, Handle};
        use $name::task::{AbortHandle, Id, JoinError, JoinSet, yield_now};

        async fn turns(count: usize) -> usize {
            for _ in 0..count {
                yield_now().await;
            }
            assert_ne!(count, 7, "thrown");
            count
        }
        fn word(output: Result<usize, JoinError>) -> String {
            match output {
                Ok(number) => number.to_string(),
                Err(error) if error.is_panic() => "panicked".into(),
                Err(_) => "cancelled".into(),
            }
        }
        fn with_id(output: Result<(Id, usize), JoinError>) -> (Id, String) {
            match output {
                Ok((id, number)) => (id, number.to_string()),
                Err(error) => (error.id(), word(Err(error))),
            }
        }

        let runtime = Builder::new_current_thread().build().expect("it can be built");
        runtime.block_on(async {
            let mut log: Vec<String> = vec![];
            let mut set: JoinSet<usize> = JoinSet::new();
            log.push(format!("{set:?} {} {}", set.len(), set.is_empty()));
            log.extend(set.join_next().await.map(word));
            // Some end at once, some later, one panics, one is aborted.
            let tasks: Vec<AbortHandle> =
                [3, 0, 7, 2, 5, 0].into_iter().map(|count| set.spawn(turns(count))).collect();
            log.extend(set.try_join_next().map(word));
            tasks[3].abort();
            while let Some(output) = set.join_next_with_id().await {
                let (id, word) = with_id(output);
                let which = tasks.iter().position(|task| task.id() == id);
                log.push(format!("{which:?} {word} of {}", set.len()));
            }
            log.extend(tasks.iter().map(|task| format!("{}", task.is_finished())));
            // All at once, without waiting.
            set.extend([turns(1), turns(0)]);
            set.spawn_on(turns(0), &Handle::current());
            turns(4).await;
            while let Some(output) = set.try_join_next_with_id() {
                log.push(with_id(output).1);
            }
            set.spawn_blocking(|| 70);
            set.spawn_blocking_on(|| 80, &Handle::current());
            let mut both = [set.join_next().await, set.join_next().await];
            both.sort_by_key(|output| output.as_ref().and_then(|o| o.as_ref().ok()).copied());
            log.extend(both.into_iter().flatten().map(word));
            // Ended, detached, aborted, shut down.
            set.spawn(turns(2));
            set.detach_all();
            log.push(format!("{set:?}"));
            set.spawn(turns(900));
            set.abort_all();
            log.push(set.len().to_string());
            log.extend(set.join_next().await.map(word));
            set.spawn(turns(900));
            set.shutdown().await;
            log.push(set.len().to_string());
            let set: JoinSet<usize> = [4, 1, 3].into_iter().map(turns).collect();
            log.push(format!("{:?}", set.join_all().await));
            log
        })
    }};
}

#[test]
fn the_same_program_says_the_same() {
    let (logs, _) = heard(|| (on!(tokio), on!(mainspring)));
    let (theirs, ours) = logs.expect("none of them panics");
    assert_eq!(ours, theirs);
    assert!(theirs.len() > 20, "{theirs:?}");
}
