//! The programs that fetch in virtual time: server and client in one runtime, over `io::duplex`.
//!
//! The expected times are those of the Python reference without its drift, which is 0.01 to 0.02 s
//! where delays rule. What differs by design:
//!
//! | fact | reference | here | why |
//! |---|---|---|---|
//! | crawler, pages that come at once | 3 to 6 of 17 failed | read | an outcome is a `Result` |
//! | pipeline, one bad of 301 | 35 results, four left behind | 301 | a failure is a result |
//! | pipeline, five bad ones | none, the producer stuck at 100 | 305 | the same |
//! | waits before a retry | 0.5, 1.0, 1.5 s | up to 0.5, 1.0 s | doubled, none at the end |
//! | 200 pages of 50 ms, 20 at a time | 0.60 s | 0.50 s | the floor; the reference opens slowly |
//! | a page named, five at a time | each when it comes | the sum | `requests` has lines, in order |
//! | pipeline of 300 | 2.00 s | 1.82 s | the floor; the reference opens slowly |
//! | length of `/json` | 421 | 382 | the text is our own |
//! | POST, what comes back | `files`, `form` too | without | nobody sends any |
//! | a list with a refusal | names of exceptions | reasons | text for people |

#[allow(dead_code)]
#[path = "../crawl.rs"]
mod crawl;
#[allow(dead_code)]
#[path = "../fetch.rs"]
mod fetch;
#[allow(dead_code)]
#[path = "../pipeline.rs"]
mod pipeline;
#[allow(dead_code)]
#[path = "../requests.rs"]
mod requests;

use std::io;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::Parser;
use examples::address;
use examples::client::Client;
use examples::page::Fetcher;
use examples::server::Inside;
use hyper::Uri;
use mainspring::retry::Backoff;
use mainspring::runtime::Builder;
use mainspring::time::Instant;

/// Where the server is, as far as addresses say; every other host refuses.
const HERE: &str = "here";

/// Runs `program` with a server and a client of at most `cap` connections.
fn virtually<T>(cap: usize, program: impl AsyncFnOnce(Inside, Client) -> T) -> T {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let server = Inside::new(1.0);
        let connections = server.clone();
        let client = Client::inside(cap, move |place| match place {
            "here:80" => Ok(connections.connect()),
            _ => Err(io::ErrorKind::ConnectionRefused.into()),
        });
        program(server, client).await
    })
}

fn urls(paths: &[&str]) -> Vec<Uri> {
    paths.iter().map(|path| address::read(&format!("http://{HERE}{path}")).unwrap()).collect()
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

/// S4.1, `fixed`: 50/50, mean 0.984 s, 6.02 s.
#[test]
fn the_crawler_has_the_figures_of_the_reference() {
    let printed = virtually(10, async |server, client| {
        let options = crawl::Options::parse_from(["crawl"]);
        let urls = address::filled(&format!("http://{HERE}/delay/{{i%3}}"), 50).unwrap();
        let report = crawl::crawl(&options, client, urls).await.unwrap();
        assert_eq!(server.stats()["peak_in_flight"], 10);
        report.to_string()
    });
    let golden = "\
pages    50 of 50, 5650 bytes
latency  mean 0.980 s, median 1.000 s, longest 2.000 s
tries    50, of which 0 were not the first
wall     6.000 s";
    assert_eq!(printed, golden, "\nprinted:\n{printed}");
}

/// S0.3. A page that waits for its next try holds no permit: with a tenth that never works it is
/// 2.0 s at most, where the original needs 7.4 s.
#[test]
fn the_products_take_their_floor_with_and_without_failures() {
    for (fail_first, failed, least, most) in
        [("0", 0, 0.4, 0.4011), ("1", 0, 0.36, 0.9), ("9", 100, 0.36, 2.0)]
    {
        let args = ["fetch", "--fail-first", fail_first];
        let summary = virtually(50, async |server, client| {
            let options = fetch::Options::parse_from(args);
            let urls = fetch::products(HERE, &options).unwrap();
            let summary = fetch::fetch(&options, client, urls).await;
            assert_eq!(server.stats()["peak_in_flight"], 50);
            summary
        });
        assert_eq!(summary.failed(), failed);
        let wall = summary.wall.as_secs_f64();
        assert!((least..=most).contains(&wall), "{fail_first}: {wall}");
    }
}

/// Nothing is lost, and nothing is sent more often than needed.
#[test]
fn a_tenth_of_the_connections_is_dropped_and_every_page_comes() {
    virtually(50, async |server, client| {
        let options = fetch::Options::parse_from(["fetch"]);
        let path = |i| match i % 10 {
            0 => format!("/drop/page{i}/1"),
            _ => format!("/products/{i}"),
        };
        let paths: Vec<_> = (0..1000).map(path).collect();
        let urls = urls(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        let summary = fetch::fetch(&options, client, urls).await;
        assert_eq!((summary.failed(), &server.stats()["total"]), (0, &1100.into()));
    });
}

/// S0.2: 0.24 s.
#[test]
fn a_hundred_pages_at_once_take_as_long_as_one() {
    virtually(100, async |_server, client| {
        let options = fetch::Options::parse_from(["fetch", "--limit", "100"]);
        let urls = urls(&["/fixed/200"; 100]);
        let summary = fetch::fetch(&options, client, urls).await;
        assert_eq!((summary.failed(), seconds(summary.wall)), (0, "0.20".to_owned()));
    });
}

/// S3.1: five pages of 0.3 s, one at a time 1.5 s, and together 0.3 s.
#[test]
fn five_pages_take_as_long_as_their_limit_says() {
    for (limit, took) in [("1", "1.50"), ("5", "0.30")] {
        virtually(5, async |_server, client| {
            let options = fetch::Options::parse_from(["fetch", "--limit", limit]);
            let summary = fetch::fetch(&options, client, urls(&["/fixed/300"; 5])).await;
            assert_eq!((summary.failed(), seconds(summary.wall).as_str()), (0, took));
        });
    }
}

/// S1.9: four pages of a second and one of two, five at a time: the limit never binds, and it is
/// 2.01 s there.
#[test]
fn five_pages_with_a_limit_of_five_take_as_long_as_the_longest() {
    virtually(5, async |server, client| {
        let options = fetch::Options::parse_from(["fetch", "--limit", "5"]);
        let pages = [1, 1, 2, 1, 1].map(|delay| format!("/delay/{delay}"));
        let urls = urls(&pages.each_ref().map(String::as_str));
        let summary = fetch::fetch(&options, client, urls).await;
        assert_eq!((summary.failed(), seconds(summary.wall)), (0, "2.00".to_owned()));
        assert_eq!(server.stats()["peak_in_flight"], 5);
    });
}

/// S3.3: 200 pages of 50 ms, 20 at a time: 0.60 s and 20 connections with one session, and 200
/// connections with one for each page.
#[test]
fn a_limit_of_twenty_needs_twenty_connections() {
    virtually(20, async |server, client| {
        let options = fetch::Options::parse_from(["fetch", "--limit", "20"]);
        let summary = fetch::fetch(&options, client, urls(&["/fixed/50"; 200])).await;
        assert_eq!((summary.failed(), seconds(summary.wall)), (0, "0.50".to_owned()));
        let stats = server.stats();
        assert_eq!((&stats["connections"], &stats["peak_in_flight"]), (&20.into(), &20.into()));
    });
}

/// S3.6: waits of 1 and 2 s, none after the last attempt, the last error; what is no such error is
/// not tried again. No attempt at all cannot be written.
#[test]
fn waits_double_and_end_with_the_last_attempt() {
    let cases = [("/status/503", 3, "3.00"), ("/status/404", 1, "0.00"), ("/drop/x/2", 0, "3.00")];
    for (path, attempts, took) in cases {
        virtually(1, async |server, client| {
            let three = NonZeroU32::new(3).unwrap();
            let backoff = Backoff::exponential(Duration::from_secs(1), three).jitter(false);
            let fetcher = Fetcher::over(client, 1, Duration::from_secs(10), backoff);
            let start = Instant::now();
            let end = fetcher.page(&urls(&[path])[0], fetcher.permit().await).await;
            assert_eq!(seconds(start.elapsed()), took, "{path}");
            // None for the one that succeeds in the end.
            assert_eq!(end.err().map_or(0, |error| error.attempts()), attempts, "{path}");
            assert_eq!(server.stats()["total"], fetcher.attempts().0);
        });
    }
}

/// S0.3: the original sleeps inside `async with semaphore`.
#[test]
fn the_permit_is_free_while_a_page_waits_for_its_next_try() {
    virtually(1, async |_server, client| {
        let two = NonZeroU32::new(2).unwrap();
        let backoff = Backoff::exponential(Duration::from_secs(1), two).jitter(false);
        let fetcher = Fetcher::over(client, 1, Duration::from_secs(10), backoff);
        let pages = urls(&["/status/503", "/fixed/300"]);
        let start = Instant::now();
        let first = fetcher.permit().await;
        let (failing, healthy) = mainspring::join!(fetcher.page(&pages[0], first), async {
            let page = fetcher.page(&pages[1], fetcher.permit().await).await;
            (page, start.elapsed())
        });
        assert_eq!(failing.unwrap_err().attempts(), 2);
        assert!(healthy.0.is_ok());
        assert_eq!((seconds(healthy.1), seconds(start.elapsed())), ("0.30".into(), "1.00".into()));
    });
}

/// S3.2: `[200, 404, 'ClientConnectorError', 503, 'ServerDisconnectedError']`.
#[test]
fn a_list_has_its_outcomes_in_order_whatever_happens() {
    virtually(20, async |_server, client| {
        let web = requests::Web { client, timeout: Duration::from_secs(10) };
        let mut list = urls(&["/get", "/status/404", "/", "/status/503", "/drop/x/99", "/hang"]);
        list[2] = address::read("http://nobody/").unwrap();
        let start = Instant::now();
        let ends = web.check(&list).await;
        let told: Vec<_> = ends
            .iter()
            .map(|end| match end {
                Ok(answer) => answer.status.to_string(),
                Err(failure) => failure.to_string(),
            })
            .collect();
        let expected = [
            "200 OK",
            "404 Not Found",
            "cannot connect: connection refused",
            "503 Service Unavailable",
            "the exchange broke off: connection closed before message completed",
            "no answer within 10s",
        ];
        assert_eq!(
            (told, seconds(start.elapsed())),
            (expected.map(String::from).to_vec(), "10.00".into())
        );
    });
}

/// S2.17: three pages at the same time take as long as the longest; S2.18: the 16 bytes come back.
#[test]
fn pages_come_together_and_a_post_comes_back() {
    virtually(20, async |_server, client| {
        let web = requests::Web { client, timeout: Duration::from_secs(10) };
        let start = Instant::now();
        let failed = web.show(&urls(&["/get", "/delay/1", "/json"]), requests::text).await;
        assert_eq!((failed, seconds(start.elapsed())), (0, "1.00".to_owned()));
        let post = &urls(&["/post"])[0];
        let answer = web.client.post_json(post, requests::DATA).await.unwrap();
        let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (&json["data"], &json["json"]["key"]),
            (&requests::DATA.into(), &"value".into())
        );
        assert_eq!(json["headers"]["content-type"], "application/json");
        assert_eq!(json["headers"]["content-length"], "16");
    });
}

/// S3.4, `fixed`: 300, 301 and 305 results, at most 100 in the queue, 2.0 s.
#[test]
fn the_pipeline_has_a_result_for_every_address() {
    for bad in [0, 1, 5, 120] {
        let done = virtually(5, async |server, client| {
            let args = ["pipeline", "--bad", &bad.to_string()];
            let options = pipeline::Options::parse_from(args);
            let urls = pipeline::addresses(HERE, "nobody", &options).unwrap();
            let done = pipeline::pipeline(&options, client, urls).await.unwrap();
            assert_eq!(server.stats()["connections"], 5);
            done
        });
        assert_eq!((done.results.len(), done.fullest), (300 + bad, 100));
        assert_eq!(done.results.iter().filter(|(_, outcome)| outcome.is_err()).count(), bad);
        assert_eq!(seconds(done.wall), "1.82", "{bad}");
    }
}
