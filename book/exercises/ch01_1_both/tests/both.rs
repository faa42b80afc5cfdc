use ch01_1_both::{Answer, Search, search};
use mainspring::time::{Instant, sleep};
use std::sync::Arc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const LIMIT: Duration = Duration::from_secs(3);

async fn source(name: &str, after: Duration, works: bool) -> Answer {
    sleep(after).await;
    if works { Ok(vec![name.to_string()]) } else { Err(format!("{name} is down")) }
}

fn found(results: &[&str], partial: bool) -> Search {
    Search::Found { results: results.iter().map(|name| name.to_string()).collect(), partial }
}

// Time is virtual: it jumps to the next deadline when all wait.
#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t1_both_answer() {
    let end = search(source("db", 800 * MS, true), source("api", 500 * MS, true), LIMIT).await;
    assert_eq!(end, found(&["db", "api"], false));
}

#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t2_they_are_asked_at_once() {
    let start = Instant::now();
    search(source("db", 2_000 * MS, true), source("api", 2_000 * MS, true), LIMIT).await;
    assert_eq!(start.elapsed().as_millis(), 2_000, "milliseconds for two sources of 2 s");
}

#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t3_one_fails_and_the_other_counts() {
    let end = search(source("db", 800 * MS, false), source("api", 500 * MS, true), LIMIT).await;
    assert_eq!(end, found(&["api"], true));
    let end = search(source("db", 800 * MS, false), source("api", 500 * MS, false), LIMIT).await;
    assert_eq!(end, Search::Nothing);
}

#[mainspring::test(flavor = "current_thread", start_paused = true)]
async fn t4_at_the_limit_what_hangs_is_dropped() {
    let held = Arc::new(());
    let holds = held.clone();
    let hangs = async move {
        let _holds = holds;
        std::future::pending().await
    };
    let start = Instant::now();
    assert_eq!(search(hangs, source("api", 500 * MS, true), LIMIT).await, Search::TooLate);
    assert_eq!(start.elapsed(), LIMIT, "it ends at the limit");
    assert_eq!(Arc::strong_count(&held), 1, "what the hanging source held is free again");
}
