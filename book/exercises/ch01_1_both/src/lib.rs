//! Two sources, asked at once, within one time limit.

use std::future::Future;
use std::time::Duration;

/// What a source finds, or why it has failed.
pub type Answer = Result<Vec<String>, String>;

/// What a search ends with.
#[derive(Debug, PartialEq)]
pub enum Search {
    /// The results of the database, then those of the API. `partial`: one of the two has failed.
    Found { results: Vec<String>, partial: bool },
    /// Both have failed.
    Nothing,
    /// One had neither answered nor failed when `limit` was over.
    TooLate,
}

/// Asks both at once. What has not ended when `limit` is over is dropped.
pub async fn search(
    database: impl Future<Output = Answer>,
    api: impl Future<Output = Answer>,
    limit: Duration,
) -> Search {
    drop((database, api));
    todo!("ask both, for at most {limit:?}")
}
