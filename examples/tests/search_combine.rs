//! The search in virtual time: how the answers of several sources become one, and the whole service
//! over `io::duplex`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use examples::flags::Scheduler;
use examples::primer::{Out, record};
use examples::search::combine::{Answer, NoAnswer, Source, Sources, combine};
use examples::search::numbers::Numbers;
use examples::search::routes::{App, router};
use examples::search::serve::{Signs, connection};
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use mainspring::io::duplex;

const LIMIT: Duration = Duration::from_secs(30);

/// A source that answers, or fails, after so many seconds.
async fn source(out: Out, seconds: f64, answer: Answer) -> Answer {
    struct Dropped(Out, bool);
    impl Drop for Dropped {
        fn drop(&mut self) {
            if !self.1 {
                self.0.line("  a source is dropped");
            }
        }
    }
    let mut dropped = Dropped(out.clone(), false);
    out.rest(seconds).await;
    dropped.1 = true;
    out.line(format!("  {answer:?}"));
    answer
}

async fn show(out: &Out, what: &str, db: (f64, Answer), api: (f64, Answer)) {
    out.line(format!("{what}:"));
    let sources = vec![
        Source::new("db", source(out.clone(), db.0, db.1)),
        Source::new("api", source(out.clone(), api.0, api.1)),
    ];
    match combine(out.time(3.0), sources).await {
        Ok(combined) => {
            out.line(format!("  results {:?}", combined.results));
            combined.failed.iter().for_each(|failed| out.line(format!("  {failed}")));
        }
        Err(NoAnswer::TimedOut(limit)) => out.line(format!("  not done after {limit:?}")),
        Err(NoAnswer::AllFailed(failed)) => out.line(format!("  all {} failed", failed.len())),
    }
    // What was aborted is dropped at its next turn.
    mainspring::task::yield_now().await;
}

fn found(text: &str) -> Answer {
    Ok(vec![text.to_owned()])
}

fn failed(why: &str) -> Answer {
    Err(why.to_owned())
}

/// S4.2. The reference answers 200 at 0.81, 200 at 2.02 when the API hangs, and 504 at 3.01.
#[test]
fn sources_are_combined_in_their_order_and_at_the_time_of_the_slowest() {
    let printed = record(
        |_| {},
        async |out| {
            show(&out, "both answer", (0.8, found("db")), (0.1, found("api"))).await;
            show(&out, "the API fails", (0.8, found("db")), (2.0, failed("too late"))).await;
            show(&out, "the database fails", (0.8, failed("down")), (0.1, found("api"))).await;
            show(&out, "both fail", (0.8, failed("down")), (2.0, failed("too late"))).await;
            show(&out, "the database hangs", (4.0, found("db")), (0.1, found("api"))).await;
            show(&out, "both hang", (4.0, found("db")), (4.0, found("api"))).await;
            show(&out, "within the limit", (2.9, found("db")), (0.1, found("api"))).await;
            Ok(())
        },
    );
    assert_eq!(printed, include_str!("../../tests/golden/search.txt"), "\nprinted:\n{printed}");
}

#[test]
fn a_source_that_panics_has_failed_and_the_other_answers() {
    for scheduler in [Scheduler::CURRENT_THREAD, Scheduler::multi_thread(4)] {
        scheduler.runtime().unwrap().block_on(async {
            let sources = vec![
                Source::new("db", async { panic!("a bug in the database's code") }),
                Source::new("api", async { found("api") }),
            ];
            let combined = combine(LIMIT, sources).await.unwrap();
            assert_eq!(combined.results, ["api"]);
            let [failed] = &combined.failed[..] else { panic!("{combined:?}") };
            assert!(failed.to_string().contains("a bug in the database's code"), "{failed}");
            let nothing = combine(LIMIT, Vec::new()).await.unwrap();
            assert!(nothing.results.is_empty() && nothing.failed.is_empty());
        });
    }
}

/// What each source of a service gives, and after how many seconds.
#[derive(Debug)]
struct Told {
    out: Out,
    db: (f64, Answer),
    api: (f64, Answer),
}

impl Sources for Told {
    fn ask(&self, keyword: &str) -> Vec<Source> {
        let db =
            self.db.1.clone().map(|rows| rows.iter().map(|n| n.replace('?', keyword)).collect());
        vec![
            Source::new("db", source(self.out.clone(), self.db.0, db)),
            Source::new("api", source(self.out.clone(), self.api.0, self.api.1.clone())),
        ]
    }
}

/// Starts a service with these sources, and asks it for these paths, on one connection.
async fn serve_and_ask(out: &Out, told: Told, paths: &[&str]) {
    let numbers = Arc::new(Numbers::of(&["db", "api"]));
    let app = App { sources: Arc::new(told), limit: out.time(3.0), numbers };
    let (near, far) = duplex(64 * 1024);
    let signs = Arc::new(Signs::default());
    let service = mainspring::spawn({
        let signs = signs.clone();
        async move { connection(far, router(app), LIMIT, &signs).await }
    });
    let (mut sender, client) = http1::handshake(near).await.unwrap();
    mainspring::spawn(client);
    for path in paths {
        let request = Request::get(*path).header("host", "duplex").body(Empty::<Bytes>::new());
        let answer = sender.send_request(request.unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        out.line(format!("{path}: {status} {}", String::from_utf8_lossy(&body)));
    }
    signs.stopping.set();
    service.await.unwrap();
}

/// S4.2, the whole service. The times are those of the reference without its drift: 0.81, 2.02 and
/// 3.01 s. It says `partial_failure: false` when the API fails, and 200 when both do.
#[test]
fn the_service_answers_what_the_reference_answers_and_when() {
    let rows = || Ok(vec!["DB_?_1".to_owned(), "DB_?_2".to_owned()]);
    let title = || found("Sample Slide Show");
    let ai = "/search?keyword=AI";
    let printed = record(
        |_| {},
        async |out| {
            let told = |db, api| Told { out: out.clone(), db, api };
            let paths = [ai, ai, "/search", "/nowhere"];
            serve_and_ask(&out, told((0.8, rows()), (0.0, title())), &paths).await;
            serve_and_ask(&out, told((0.8, rows()), (2.0, failed("late"))), &[ai]).await;
            serve_and_ask(&out, told((0.8, failed("down")), (0.0, title())), &[ai]).await;
            serve_and_ask(&out, told((0.8, failed("down")), (2.0, failed("late"))), &[ai]).await;
            serve_and_ask(&out, told((4.0, rows()), (0.0, title())), &[ai]).await;
            Ok(())
        },
    );
    let golden = include_str!("../../tests/golden/search_service.txt");
    assert_eq!(printed, golden, "\nprinted:\n{printed}");
}
