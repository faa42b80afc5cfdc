//! How the answers of several sources become one, in virtual time.

use std::time::Duration;

use examples::flags::Scheduler;
use examples::primer::{Out, record};
use examples::search::combine::{Answer, NoAnswer, Source, combine};

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
