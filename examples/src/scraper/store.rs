//! where pages go, and where addresses come from: one face for both databases.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use hyper::Uri;

use super::plan::{Job, Page};
use super::postgres::Postgres;
use super::sqlite::Sqlite;

/// What went wrong with the database, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(pub String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// These pages; nobody else gets them.
    Jobs(Vec<Job>),
    /// Nothing now, but others have not finished theirs, and may fail to.
    Wait,
    /// Nothing any more.
    Over,
}

/// A database.
#[derive(Debug)]
pub enum Store {
    /// A file, with the list of addresses in this process.
    Sqlite(Sqlite),
    /// A server, with the list of addresses for all processes that use it.
    Postgres(Postgres),
}

/// What there is to be said of SQLite beside the file.
#[derive(Clone, Copy, Debug)]
pub struct Knobs {
    /// How long to wait while another program writes to the file.
    pub busy: Duration,
    /// The most pages of 4 KiB that the file may have.
    pub most: Option<u32>,
}

/// The name of a database as it may be printed: without a password, wherever it has one.
#[must_use]
pub fn shown(database: &str) -> String {
    let Some((scheme, rest)) = database.split_once("://") else { return database.to_owned() };
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let secret = rest.rsplit_once('@').and_then(|(user, place)| {
        let (user, _password) = user.split_once(':')?;
        Some(format!("{user}@{place}"))
    });
    let query: Vec<_> = query.split('&').filter(|part| !part.starts_with("password=")).collect();
    let query = query.join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{}{mark}{query}", secret.unwrap_or_else(|| rest.to_owned()))
}

impl Store {
    /// Opens `database`, and makes the tables.
    ///
    /// # Errors
    /// It cannot be reached or written to, or is no name of a database.
    ///
    /// # Cancel safety
    /// Dropping it loses nothing: tables that were made stay.
    pub async fn open(database: &str, knobs: Knobs) -> Result<Store, StoreError> {
        if database.is_empty() {
            // SQLite takes it for a file that is gone at the end.
            return Err(StoreError("give --database a file, or :memory:".to_owned()));
        }
        match database.split_once("://").map(|(scheme, _)| scheme) {
            None | Some("file") => {
                Ok(Store::Sqlite(Sqlite::open(database, knobs.busy, knobs.most).await?))
            }
            Some("postgres" | "postgresql") => {
                Ok(Store::Postgres(Postgres::open(database, &shown(database)).await?))
            }
            Some(scheme) => Err(StoreError(format!(
                "{scheme}:// is no database that this program knows: give a file for SQLite, \
                 :memory:, or postgres://USER[:PASSWORD]@HOST[:PORT]/NAME"
            ))),
        }
    }

    /// These pages are to be fetched; without `again`, only those that are not there. Says how many
    /// those are.
    ///
    /// # Errors
    /// The database does not answer.
    ///
    /// # Cancel safety
    /// Dropped half-way, the list may be there or not.
    pub async fn enlist(&self, urls: Vec<Uri>, again: bool) -> Result<u64, StoreError> {
        match self {
            Store::Sqlite(store) => store.enlist(urls, again).await,
            Store::Postgres(store) => store.enlist(urls, again).await,
        }
    }

    /// Up to `most` pages that nobody has begun.
    ///
    /// # Errors
    /// The database does not answer.
    ///
    /// # Cancel safety
    /// Dropped half-way, pages may have been claimed that nobody fetches in this run.
    pub async fn claim(&self, most: usize) -> Result<Claim, StoreError> {
        match self {
            Store::Sqlite(store) => Ok(store.claim(most)),
            Store::Postgres(store) => store.claim(most).await,
        }
    }

    /// Stores all of them, or none.
    ///
    /// # Errors
    /// None of them is stored, and why.
    ///
    /// # Cancel safety
    /// Once polled, they may be stored also if the future is dropped.
    pub async fn save(&self, pages: Vec<Page>) -> Result<(), StoreError> {
        match self {
            Store::Sqlite(store) => store.save(pages).await,
            Store::Postgres(store) => store.save(pages).await,
        }
    }

    /// The page is given up.
    ///
    /// # Errors
    /// The database does not answer.
    ///
    /// # Cancel safety
    /// Dropped half-way, the page may be claimed once more.
    pub async fn fail(&self, job: &Job, why: &str) -> Result<(), StoreError> {
        match self {
            Store::Sqlite(_) => Ok(()),
            Store::Postgres(store) => store.fail(job, why).await,
        }
    }

    /// How many rows the table of pages has.
    ///
    /// # Errors
    /// The database does not answer.
    ///
    /// # Cancel safety
    /// Dropping it loses the answer.
    pub async fn rows(&self) -> Result<u64, StoreError> {
        match self {
            Store::Sqlite(store) => store.rows().await,
            Store::Postgres(store) => store.rows().await,
        }
    }

    /// How many pages the shared queue still has; `None` if no queue is shared.
    ///
    /// # Errors
    /// The database does not answer.
    ///
    /// # Cancel safety
    /// Dropping it loses the answer.
    pub async fn left(&self) -> Result<Option<u64>, StoreError> {
        match self {
            Store::Sqlite(_) => Ok(None),
            Store::Postgres(store) => store.left().await.map(Some),
        }
    }
}
