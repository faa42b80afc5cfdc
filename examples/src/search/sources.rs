//! the two sources of the document: a database that is a delay, and an API over HTTP.
//!
//! Each says in words why it has failed: the end of an answer is a `Result`, never a dictionary
//! that has a key `error` in it, which the document's code then forgets to look for.

#![forbid(unsafe_code)]

use std::time::Duration;

use hyper::Uri;
use mainspring::time::{sleep, timeout};
use serde_json::Value;

use super::combine::{Answer, Source, Sources};
use crate::client::Client;

/// Both, the database first.
#[derive(Clone, Debug)]
pub struct Both {
    pub database: Database,
    pub api: Api,
}

impl Both {
    /// What they are called.
    pub const NAMES: [&'static str; 2] = ["db", "api"];
}

impl Sources for Both {
    fn ask(&self, keyword: &str) -> Vec<Source> {
        let [db, api] = Both::NAMES;
        vec![
            Source::new(db, self.database.clone().query(keyword.to_owned())),
            Source::new(api, self.api.clone().query()),
        ]
    }
}

/// As in the document: a wait, and then two rows.
#[derive(Clone, Debug)]
pub struct Database {
    pub delay: Duration,
    /// After the wait there is no answer but an error.
    pub fails: bool,
}

impl Database {
    /// The rows for this keyword.
    ///
    /// # Cancel safety
    /// Nothing is lost but the answer.
    pub async fn query(self, keyword: String) -> Answer {
        sleep(self.delay).await;
        match self.fails {
            false => Ok(vec![format!("DB_{keyword}_1"), format!("DB_{keyword}_2")]),
            true => Err("the database is down".to_owned()),
        }
    }
}

/// A page of JSON somewhere, of which the title counts.
#[derive(Clone, Debug)]
pub struct Api {
    /// One pool of connections for all searches; the document opens a session for each.
    pub client: Client,
    pub url: Uri,
    /// For connecting, asking and reading together.
    pub limit: Duration,
}

impl Api {
    /// The title of the page. The keyword is not asked for, as in the document.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection that it has used.
    pub async fn query(self) -> Answer {
        let answer = timeout(self.limit, self.client.get(&self.url))
            .await
            .map_err(|_| format!("no answer within {:?}", self.limit))?
            .map_err(|error| error.to_string())?;
        if !answer.status.is_success() {
            return Err(format!("it answered {}", answer.status));
        }
        let page: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| format!("what it answered is no JSON: {error}"))?;
        match page["slideshow"]["title"].as_str() {
            Some(title) => Ok(vec![title.to_owned()]),
            None => Err("its answer has no title".to_owned()),
        }
    }
}
