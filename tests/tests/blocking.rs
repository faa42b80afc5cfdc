//! Blocking closures: each finds a thread.

use mainspring::runtime::Builder;
use std::sync::{Arc, Barrier};

#[test]
fn closures_that_wait_for_one_another_get_a_thread_each() {
    let runtime = Builder::new_current_thread().build().unwrap();
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

#[test]
fn closures_beyond_the_limit_wait_for_a_thread_that_is_done() {
    let runtime = Builder::new_current_thread().max_blocking_threads(2).build().unwrap();
    runtime.block_on(async {
        let closures = (0..1_000).map(|i| mainspring::task::spawn_blocking(move || i));
        for (i, closure) in closures.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(closure.await.unwrap(), i);
        }
    });
}
