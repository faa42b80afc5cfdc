//! three answers of the search: all, some, and none in time.
//!
//! The service is `search::service`, as `search.rs` runs it; here it is started in three states of
//! its sources, asked once in each, and what it answers is compared byte by byte.

#![forbid(unsafe_code)]

use crate::say;
use std::time::Duration;

use hyper::Uri;
use mainspring::time::Instant;

use super::stop::{INDENT, laid_out, wrapped};
use crate::client::Client;
use crate::search::check::{found, soon};
use crate::search::service::{Config, Service};

/// One state of the sources, and what must come of a search in it.
#[derive(Clone, Debug)]
pub struct Case {
    pub what: &'static str,
    pub config: Config,
    pub answer: (u16, String),
    /// No answer can come before this.
    pub floor: Duration,
}

/// All that the tour asks; delays are multiplied by `scale`.
#[must_use]
pub fn cases(scale: f64) -> [Case; 3] {
    let document = Config { scale, ..Config::default() };
    // Where no limit is what is shown, none shall end an answer on a busy machine.
    let wide = Duration::from_secs(600);
    let patient = Config { api_timeout: wide, timeout: wide, ..document.clone() };
    let db = document.db_delay.mul_f64(scale);
    let all = found(&["DB_AI_1", "DB_AI_2", "Sample Slide Show"], false);
    let some = found(&["DB_AI_1", "DB_AI_2"], true);
    let none = r#"{"detail":"Search timeout"}"#.to_owned();
    let limit = document.timeout.mul_f64(scale);
    let hangs = Config { db_delay: Duration::from_secs(3600), ..document };
    [
        Case { what: "all is well", config: patient.clone(), answer: (200, all), floor: db },
        Case {
            what: "the API fails",
            config: Config { api_fail: true, ..patient },
            answer: (200, some),
            floor: db,
        },
        Case { what: "the database hangs", config: hangs, answer: (504, none), floor: limit },
    ]
}

/// Starts the service, asks it, prints what comes, and stops it. Returns what is wrong with it.
///
/// # Errors
/// The service cannot be started or stopped, or does not answer at all.
///
/// # Cancel safety
/// The service that it has started lives on as a task.
pub async fn ask(case: &Case) -> Result<Vec<String>, String> {
    say!("asking, while {}:", case.what);
    let service = Service::bind(0, &case.config).await?.start();
    let url = format!("http://{}/search?keyword=AI", service.addr);
    let url: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
    let start = Instant::now();
    let answer = Client::new(1).get(&url).await.map_err(|error| format!("{url}: {error}"))?;
    let (took, status) = (start.elapsed(), answer.status.as_u16());
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    say!("{}", laid_out(INDENT, &[','], &format!("{:5.2} s  {status}", took.as_secs_f64()), &body));
    if status == 504 {
        // It is dropped at its next turn, which another thread may give it.
        soon(|| service.numbers.source("db").dropped == 1).await?;
        say!("{}", wrapped(" ", "the query that hung was dropped with the search"));
    }
    service.stop().await?;
    Ok(case.complaints(status, &body, took))
}

impl Case {
    /// What cannot be right in an answer.
    #[must_use]
    pub fn complaints(&self, status: u16, body: &str, took: Duration) -> Vec<String> {
        let mut found = Vec::new();
        if (status, body) != (self.answer.0, self.answer.1.as_str()) {
            found.push(format!(
                "while {}, it should answer {} {}, and it answered {status} {body}",
                self.what, self.answer.0, self.answer.1
            ));
        }
        if took < self.floor {
            found.push(format!("while {}, an answer after {took:?} cannot be", self.what));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Scheduler;

    #[test]
    fn an_answer_that_is_not_the_documents_and_one_that_is_too_early_are_faults() {
        let [all, some, none] = cases(0.1);
        let late = Duration::from_secs(1);
        for case in [&all, &some, &none] {
            let (status, body) = &case.answer;
            assert_eq!(case.complaints(*status, body, late), [""; 0]);
            assert_eq!(case.complaints(500, body, late).len(), 1);
            let early = case.complaints(*status, body, Duration::ZERO);
            assert!(early.len() == 1 && early[0].contains("cannot be"), "{early:?}");
        }
        assert!(some.answer.1.contains(r#""partial_failure":true"#));
        // The document's own fault: a source fails, and the answer does not say so.
        let silent = some.answer.1.replace("true", "false");
        assert!(some.complaints(200, &silent, late)[0].contains("while the API fails"));
    }

    /// The third case with a database that answers: 200 where 504 was promised.
    #[test]
    fn a_service_that_answers_otherwise_is_found_out() {
        let [all, _, none] = cases(0.01);
        let wrong = Case { config: all.config, ..none };
        let wrong = Case { floor: Duration::ZERO, ..wrong };
        let runtime = Scheduler::CURRENT_THREAD.runtime().unwrap();
        let found = runtime.block_on(ask(&wrong)).unwrap();
        assert!(found.len() == 1 && found[0].contains("it should answer 504"), "{found:?}");
    }
}
