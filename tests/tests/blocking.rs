//! Blocking closures: each finds a thread.

use std::sync::{Arc, Barrier};
use tests::Kind;

fn closures_that_wait_for_one_another_get_a_thread_each(kind: Kind) {
    let runtime = kind.runtime();
    let all_here = Arc::new(Barrier::new(200));
    runtime.block_on(async {
        let closures = (0..200).map(|_| {
            let all_here = all_here.clone();
            mainspring::task::spawn_blocking(move || all_here.wait())
        });
        for closure in closures.collect::<Vec<_>>() {
            closure.await.unwrap();
        }
    });
}

fn closures_beyond_the_limit_wait_for_a_thread_that_is_done(kind: Kind) {
    let runtime = kind.builder().max_blocking_threads(2).build().unwrap();
    runtime.block_on(async {
        let closures = (0..1_000).map(|i| mainspring::task::spawn_blocking(move || i));
        for (i, closure) in closures.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(closure.await.unwrap(), i);
        }
    });
}

tests::each_scheduler! {
    closures_that_wait_for_one_another_get_a_thread_each,
    closures_beyond_the_limit_wait_for_a_thread_that_is_done,
}
