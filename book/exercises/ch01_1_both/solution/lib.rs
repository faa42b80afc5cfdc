//! Two sources, asked at once, within one time limit.

use mainspring::join;
use mainspring::time::timeout;
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
    // Both futures are inside the time limit: at its end both are dropped.
    let asked = timeout(limit, async { join!(database, api) }).await;
    let Ok((database, api)) = asked else { return Search::TooLate };
    let partial = database.is_err() || api.is_err();
    if database.is_err() && api.is_err() {
        return Search::Nothing;
    }
    let results = [database, api].into_iter().flatten().flatten().collect();
    Search::Found { results, partial }
}
