//! The single-flight cache: in virtual time, and before the embedded server, which counts.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use examples::address;
use examples::cache::{Cache, Missed};
use examples::flags::Scheduler;
use examples::page::Fetcher;
use examples::server::Server;
use mainspring::retry::Backoff;
use mainspring::runtime::Builder;
use mainspring::task::{JoinSet, yield_now};
use mainspring::time::{sleep, timeout};

type Numbers = Cache<u64, u64, &'static str>;

fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(future)
}

/// Takes a second, counts its calls, and fails for 13.
fn slowly(
    key: u64,
    calls: &Arc<AtomicU64>,
) -> impl Future<Output = Result<u64, &'static str>> + use<> {
    let calls = calls.clone();
    async move {
        calls.fetch_add(1, Relaxed);
        sleep(Duration::from_secs(1)).await;
        if key == 13 { Err("unlucky") } else { Ok(key * 10) }
    }
}

#[test]
fn who_asks_for_the_same_shares_one_answer() {
    paused(async {
        let (cache, calls) = (Numbers::new(10), Arc::default());
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let (cache, calls) = (cache.clone(), Arc::clone(&calls));
            tasks.spawn(async move { cache.get(7, || slowly(7, &calls)).await.unwrap() });
        }
        assert_eq!(tasks.join_all().await, vec![70; 100]);
        assert_eq!((calls.load(Relaxed), cache.shared(), cache.len()), (1, 99, 1));
        // What has landed is there at once.
        assert_eq!(cache.get(7, || slowly(7, &calls)).await.unwrap(), 70);
        assert_eq!(calls.load(Relaxed), 1);
    });
}

#[test]
fn a_failure_goes_to_all_who_waited_and_is_not_kept() {
    paused(async {
        let (cache, calls) = (Numbers::new(10), Arc::default());
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let (cache, calls) = (cache.clone(), Arc::clone(&calls));
            tasks.spawn(async move {
                cache.get(13, || slowly(13, &calls)).await.unwrap_err().to_string()
            });
        }
        assert_eq!(tasks.join_all().await, vec!["unlucky"; 100]);
        assert_eq!((calls.load(Relaxed), cache.len()), (1, 0));
        assert!(cache.is_empty());
        let error = cache.get(13, || slowly(13, &calls)).await.unwrap_err();
        assert!(matches!(error, Missed::Failed(_)));
        assert_eq!(calls.load(Relaxed), 2);
    });
}

#[test]
fn a_waiter_that_is_dropped_ends_nothing_also_the_first() {
    paused(async {
        let (cache, calls) = (Numbers::new(10), Arc::default());
        let short = Duration::from_millis(500);
        // The first begins the flight and gives up half-way; so does the second.
        let first = timeout(short, cache.get(1, || slowly(1, &calls)));
        let second = timeout(short, cache.get(1, || slowly(1, &calls)));
        let third = cache.get(1, || slowly(1, &calls));
        let (first, second, third) = mainspring::join!(first, second, third);
        assert!(first.is_err() && second.is_err());
        assert_eq!(third.unwrap(), 10);
        assert_eq!(calls.load(Relaxed), 1);
        // With nobody left the value is kept all the same.
        assert!(timeout(short, cache.get(2, || slowly(2, &calls))).await.is_err());
        sleep(Duration::from_secs(1)).await;
        assert_eq!((cache.len(), calls.load(Relaxed)), (2, 2));
    });
}

#[test]
fn the_oldest_value_goes_when_there_is_no_room() {
    paused(async {
        let (cache, calls) = (Numbers::new(2), Arc::default());
        for key in [1, 2, 3] {
            cache.get(key, || slowly(key, &calls)).await.unwrap();
        }
        assert_eq!((cache.len(), calls.load(Relaxed)), (2, 3));
        cache.get(2, || slowly(2, &calls)).await.unwrap();
        cache.get(3, || slowly(3, &calls)).await.unwrap();
        assert_eq!(calls.load(Relaxed), 3);
        cache.get(1, || slowly(1, &calls)).await.unwrap();
        assert_eq!((cache.len(), calls.load(Relaxed)), (2, 4));
    });
}

#[test]
fn a_flight_that_panics_says_so_and_leaves_the_key_free() {
    paused(async {
        let (cache, calls) = (Numbers::new(2), Arc::default());
        let crash = || async {
            yield_now().await;
            panic!("on purpose")
        };
        let error = cache.get(1, crash).await.unwrap_err();
        assert!(matches!(error, Missed::Vanished), "{error}");
        assert!(error.to_string().contains("without a result"));
        assert_eq!(cache.get(1, || slowly(1, &calls)).await.unwrap(), 10);
    });
}

#[test]
#[should_panic(expected = "a cache without room")]
fn a_cache_has_room_for_something() {
    drop(Numbers::new(0));
}

/// A hundred equal addresses, and a permit only for each fetch: with one permit in all, those who
/// wait must hold none.
#[test]
fn a_hundred_equal_addresses_are_one_request() {
    for scheduler in [Scheduler::CURRENT_THREAD, Scheduler::multi_thread(4)] {
        scheduler.runtime().unwrap().block_on(async {
            let server = Server::bind("127.0.0.1:0".parse().unwrap(), 0.1).await.unwrap();
            let addr = server.local_addr().unwrap();
            let stop = mainspring::sync::CancellationToken::new();
            let serving = mainspring::spawn(server.serve(stop.clone().cancelled_owned()));
            let url = address::read(&format!("http://{addr}/delay/1")).unwrap();
            let backoff = Backoff::exponential(Duration::ZERO, NonZeroU32::MIN);
            let (fetcher, cache) =
                (Fetcher::new(1, Duration::from_secs(60), backoff), Cache::new(1));
            let mut tasks = JoinSet::new();
            for _ in 0..100 {
                let permit = fetcher.permit().await;
                let (fetcher, cache, url) = (fetcher.clone(), cache.clone(), url.clone());
                tasks.spawn(async move {
                    let key = url.clone();
                    let fetch = async move { fetcher.page(&key, permit).await };
                    cache.get(url, || fetch).await.unwrap().body
                });
            }
            let bodies = tasks.join_all().await;
            assert!(bodies.len() == 100 && bodies.iter().all(|body| *body == bodies[0]));
            stop.cancel();
            assert_eq!(serving.await.unwrap()["total"], 1);
        });
    }
}
