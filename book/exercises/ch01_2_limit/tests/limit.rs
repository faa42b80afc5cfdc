use ch01_2_limit::run_all;
use mainspring::time::{Instant, sleep};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn limit(of: usize) -> NonZeroUsize {
    NonZeroUsize::new(of).expect("not zero")
}

/// A job that takes so many seconds of virtual time.
async fn takes(seconds: u64) -> u64 {
    sleep(Duration::from_secs(seconds)).await;
    seconds
}

#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t1_results_are_in_the_order_of_the_inputs() {
    let results = run_all(vec![3, 1, 2], limit(3), takes).await;
    assert_eq!(results, [3, 1, 2], "the results of jobs that take 3 s, 1 s and 2 s");
    assert_eq!(run_all(Vec::new(), limit(3), takes).await, [0; 0], "no jobs, no results");
}

#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t2_never_more_than_the_limit_and_the_limit_is_used() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let job = |seconds| {
        let (now, most) = (now.clone(), most.clone());
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            takes(seconds).await;
            now.fetch_sub(1, Ordering::SeqCst);
        }
    };
    run_all(vec![1; 20], limit(4), job).await;
    assert_eq!(most.load(Ordering::SeqCst), 4, "jobs at once");
}

#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t3_it_takes_what_the_floor_allows() {
    // Two at once: 4 beside 1, 1, 1 and 1.
    let start = Instant::now();
    run_all(vec![4, 1, 1, 1, 1], limit(2), takes).await;
    assert_eq!(start.elapsed().as_secs(), 4, "seconds");
}

#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t4_a_panic_of_a_job_is_the_callers() {
    let all = mainspring::spawn(async {
        run_all(vec![1, 2], limit(1), |seconds| async move {
            assert_ne!(takes(seconds).await, 2, "this job panics on purpose");
        })
        .await
    });
    let error = all.await.expect_err("the second job panics");
    assert!(error.is_panic(), "{error}");
}
