//! several sources asked at once: all that came, who failed, or that time ran out.
//!
//! What a search is, without a socket in it: futures go in, and one of three ends comes out. So
//! `tests/search.rs` can run it in virtual time.
//!
//! | the sources | end |
//! |---|---|
//! | all answer | their results, in the order of the sources |
//! | some fail | the results of the others, and who failed |
//! | all fail | `NoAnswer::AllFailed` |
//! | one has neither answered nor failed at the limit | `NoAnswer::TimedOut`, nothing is kept |
//!
//! The last row is the document's: it waits for all of them or for none. A source that may be slow
//! needs a limit of its own below the common one, as the document's API has; then it fails in time.
//!
//! Each source is a task. At the limit, or when the search itself is dropped because the client
//! has gone, all of them are aborted: nobody goes on to work for an answer that nobody awaits. One
//! that panics has failed, and the others do not notice.

#![forbid(unsafe_code)]

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use mainspring::task::gather_all;
use mainspring::time::timeout;

/// What a source finds, or why it has failed.
pub type Answer = Result<Vec<String>, String>;

/// One question to one source, not yet asked.
pub struct Source {
    pub name: &'static str,
    pub answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
}

impl Source {
    /// The future starts when the sources are combined.
    pub fn new(name: &'static str, answer: impl Future<Output = Answer> + Send + 'static) -> Self {
        Source { name, answer: Box::pin(answer) }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

/// Whoever is asked.
pub trait Sources: fmt::Debug + Send + Sync {
    /// A question to each, in the order in which their results shall stand.
    fn ask(&self, keyword: &str) -> Vec<Source>;
}

/// A source that has failed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub name: &'static str,
    pub why: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.name, self.why)
    }
}

/// What came of at least one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combined {
    /// In the order of the sources.
    pub results: Vec<String>,
    /// Who is missing in the results.
    pub failed: Vec<Failed>,
}

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// At least one source was still silent then; all were dropped.
    TimedOut(Duration),
    AllFailed(Vec<Failed>),
}

/// Asks all sources at once, and waits for all of them, at most for `limit`.
///
/// # Cancel safety
/// Dropping it aborts the sources that are not ready, each at its next turn.
pub async fn combine(limit: Duration, sources: Vec<Source>) -> Result<Combined, NoAnswer> {
    let asked_of = sources.len();
    let names: Vec<_> = sources.iter().map(|source| source.name).collect();
    let asked = gather_all(sources.into_iter().map(|source| source.answer));
    let answers = timeout(limit, asked).await.map_err(|_| NoAnswer::TimedOut(limit))?;

    let mut combined = Combined { results: Vec::new(), failed: Vec::new() };
    for (name, answer) in names.into_iter().zip(answers) {
        match answer {
            Ok(Ok(found)) => combined.results.extend(found),
            Ok(Err(why)) => combined.failed.push(Failed { name, why }),
            Err(ended) => combined.failed.push(Failed { name, why: ended.to_string() }),
        }
    }
    match combined.failed.len() == asked_of && asked_of > 0 {
        true => Err(NoAnswer::AllFailed(combined.failed)),
        false => Ok(combined),
    }
}
