//! The scraper in virtual time: pages that only wait, and the times that follow from its rules.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use examples::scraper::board::{Board, Stop, Summary};
use examples::scraper::fetch::{Failure, Pages};
use examples::scraper::plan::{self, Plan};
use examples::scraper::run::scrape;
use examples::scraper::store::{Knobs, Store};
use hyper::{StatusCode, Uri};
use mainspring::runtime::Builder;
use mainspring::sync::CancellationToken;
use mainspring::time::{Instant, sleep};

/// Pages that take as long as their path says. The first `fail` requests for each address get a
/// 503, and all of them while the server is `down`.
#[derive(Clone, Debug, Default)]
struct Fake {
    fail: u64,
    down: Arc<AtomicBool>,
    seen: Arc<Mutex<HashMap<String, u64>>>,
    requests: Arc<AtomicU64>,
}

impl Pages for Fake {
    async fn get(&self, url: &Uri) -> Result<u64, Failure> {
        self.requests.fetch_add(1, Relaxed);
        let seen = {
            let mut seen = self.seen.lock().unwrap();
            let times = seen.entry(url.to_string()).or_default();
            *times += 1;
            *times
        };
        if self.down.load(Relaxed) || seen <= self.fail {
            return Err(Failure::Status(StatusCode::SERVICE_UNAVAILABLE));
        }
        sleep(plan::delay(url, 1.0).expect("a path that says how long it takes")).await;
        Ok(url.path().len() as u64)
    }
}

fn virtually<T>(future: impl Future<Output = T>) -> T {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(future)
}

fn urls(paths: &[&str], pages: u64) -> Vec<Uri> {
    let paths: Vec<_> = paths.iter().map(|path| path.to_string()).collect();
    plan::pages(plan::STOOD_IN_FOR, &paths, pages).unwrap()
}

async fn run(plan: Plan, urls: Vec<Uri>, pages: Fake, stop: CancellationToken) -> Summary {
    let knobs = Knobs { busy: Duration::from_secs(1), most: None };
    let store = Store::open(":memory:", knobs).await.unwrap();
    scrape(plan, store, urls, false, pages, stop, Arc::new(Board::default())).await.unwrap()
}

fn ran(plan: Plan, urls: Vec<Uri>, pages: Fake) -> Summary {
    virtually(run(plan, urls, pages, CancellationToken::new()))
}

/// The inventory's S1.10, fixed: rows=4, saved=100; F7, F8 and F9: 80, 2 and 9 s. The document
/// prints 25, 5.5 and 7.2 s, of which the first and the last are below their floors.
#[test]
fn s1_10_scraper() {
    for (limit, seconds) in [(1, 80.0), (5, 17.0), (10, 9.0), (20, 5.0), (100, 2.0)] {
        let summary = ran(Plan::new(limit), urls(&plan::PATHS, 100), Fake::default());
        assert!(summary.good(), "{summary:?}");
        let counts = &summary.counts;
        assert_eq!((counts.fetched, counts.saved, summary.rows), (100, 100, Some(4)));
        let wall = summary.wall.as_secs_f64();
        assert!((wall - seconds).abs() < 0.01, "{limit} at a time: {wall} s, not {seconds}");
        // The pages without a delay leave room at once, so not all hundred are ever under way.
        let peak = if limit == 100 { 60..=100 } else { limit as u64..=limit as u64 };
        assert!(peak.contains(&counts.peak), "{limit} at a time: {} were", counts.peak);
    }
}

#[test]
fn addresses_that_all_differ_are_as_many_rows() {
    let summary = ran(Plan::new(10), urls(&["/json?page={i}"], 100), Fake::default());
    assert_eq!((summary.counts.saved, summary.rows), (100, Some(100)));
}

#[test]
fn the_rate_holds_after_a_burst() {
    let plan = Plan { rate: 10.0, burst: 20, ..Plan::new(10) };
    let summary = ran(plan, urls(&["/json?page={i}"], 100), Fake::default());
    let wall = summary.wall.as_secs_f64();
    assert!((wall - 8.0).abs() < 0.02, "80 pages at ten a second: {wall} s");
}

#[test]
fn who_waits_for_another_try_holds_no_permit() {
    // Ten pages fail at first. With a permit held over their wait, the others would stand behind.
    let fake = Fake { fail: 1, ..Fake::default() };
    let plan = Plan { base: Duration::from_secs(1), workers: 40, failures: 99, ..Plan::new(1) };
    let summary = ran(plan, urls(&["/fixed/100?page={i}"], 20), fake);
    assert_eq!((summary.counts.saved, summary.counts.retries), (20, 20));
    // 2.0 s of work one at a time, and the longest wait is 1 s. Held, it would be 12 s on average.
    let wall = summary.wall.as_secs_f64();
    assert!((2.0..3.2).contains(&wall), "{wall} s");
}

#[test]
fn a_server_that_is_down_is_probed_three_times_and_left_alone() {
    let fake = Fake::default();
    fake.down.store(true, Relaxed);
    let summary = ran(Plan::new(10), urls(&["/json?page={i}"], 100), fake.clone());
    assert!(matches!(&summary.counts.stop, Some(Stop::Down(why)) if why.contains("503")));
    assert!(!summary.good() && summary.counts.saved == 0, "{summary:?}");
    assert_eq!(summary.left + summary.counts.failed, 100);
    // Twenty failures open it, and each probe is one more.
    assert_eq!(fake.requests.load(Relaxed), 23);
    let wall = summary.wall.as_secs_f64();
    assert!((6.0..7.2).contains(&wall), "three cool-downs of 2 s, and a first wait: {wall} s");
}

#[test]
fn a_server_that_comes_back_loses_no_page() {
    let summary = virtually(async {
        let fake = Fake::default();
        fake.down.store(true, Relaxed);
        let down = fake.down.clone();
        let repair = mainspring::spawn(async move {
            sleep(Duration::from_secs(3)).await;
            down.store(false, Relaxed);
        });
        let plan = Plan { tries: 9.try_into().unwrap(), ..Plan::new(10) };
        let stop = CancellationToken::new();
        let summary = run(plan, urls(&["/json?page={i}"], 100), fake, stop).await;
        repair.await.unwrap();
        summary
    });
    assert!(summary.good() && summary.counts.saved == 100, "{summary:?}");
    assert!(summary.counts.waits > 0, "the breaker was never open");
}

#[test]
fn what_is_fetched_when_it_is_stopped_is_stored_and_the_rest_is_left() {
    let summary = virtually(async {
        let stop = CancellationToken::new();
        let token = stop.clone();
        let start = Instant::now();
        mainspring::spawn(async move {
            sleep(Duration::from_millis(4500)).await;
            token.cancel();
        });
        let pages = urls(&["/delay/1?page={i}"], 100);
        let summary = run(Plan::new(10), pages, Fake::default(), stop).await;
        let took = start.elapsed();
        assert!(took < Duration::from_millis(4510), "it waited for what was under way: {took:?}");
        summary
    });
    assert_eq!((summary.counts.fetched, summary.counts.saved), (40, 40));
    assert_eq!((summary.rows, summary.left, summary.counts.failed), (Some(40), 60, 0));
}

#[test]
fn a_database_that_is_full_stops_the_fetching() {
    let (summary, requests) = virtually(async {
        let knobs = Knobs { busy: Duration::from_secs(1), most: Some(4) };
        let store = Store::open(":memory:", knobs).await.unwrap();
        let (fake, stop) = (Fake::default(), CancellationToken::new());
        let pages = urls(&["/delay/1?page={i}"], 1000);
        let plan = Plan { rate: 1000.0, ..Plan::new(10) };
        let board = Arc::new(Board::default());
        let summary = scrape(plan, store, pages, false, fake.clone(), stop, board).await.unwrap();
        (summary, fake.requests.load(Relaxed))
    });
    assert!(summary.store_error.as_ref().is_some_and(|text| text.contains("is full")));
    let counts = &summary.counts;
    assert_eq!((summary.rows, summary.left), (Some(counts.saved), 1000 - counts.saved));
    assert!(counts.saved > 0 && counts.fetched > counts.saved, "{summary:?}");
    assert!(requests < 300, "{requests} requests, although nothing could be stored");
}
