//! pages in SQLite, through the blocking pool.
//!
//! SQLite is a library that reads and writes files where it is called, so it is called on a thread
//! that may block. One connection, used by the one task that writes: nobody waits for a lock of
//! ours. A batch is one transaction: all of it is stored, or none of it and an error says so.

#![forbid(unsafe_code)]

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::Uri;
use mainspring::task::spawn_blocking;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};

use super::plan::{Job, Page};
use super::store::{Claim, StoreError};

/// The document's table, in SQLite's words.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS scraped_pages (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    content_length INTEGER NOT NULL,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP
)";

/// A page whose URL is there replaces the row; the document's plain INSERT fails 96 times of 100.
const UPSERT: &str = "INSERT INTO scraped_pages (url, content_length) VALUES (?1, ?2)
    ON CONFLICT (url) DO UPDATE SET content_length = excluded.content_length,
                                    created_at = CURRENT_TIMESTAMP";

/// SQLite counts the milliseconds in 31 bits.
const MOST_BUSY: Duration = Duration::from_millis(i32::MAX as u64);

/// `SQLITE_READONLY_DBMOVED`.
const MOVED: i32 = rusqlite::ffi::SQLITE_READONLY | 4 << 8;

/// A database of SQLite's, and the list of what is to be fetched into it.
#[derive(Debug)]
pub struct Sqlite {
    file: Arc<File>,
    jobs: Mutex<VecDeque<Job>>,
}

#[derive(Debug)]
struct File {
    name: String,
    /// How long to wait while another program writes.
    busy: Duration,
    connection: Mutex<Connection>,
}

impl Sqlite {
    /// Opens the file `name`, or `:memory:`, and makes the table. Waits for up to `busy` whenever
    /// another program writes. `most` limits the size of the file, in pages of 4 KiB.
    ///
    /// # Errors
    /// The file cannot be opened, is none of SQLite's, or cannot be written to.
    ///
    /// # Cancel safety
    /// Dropping it loses nothing: a table that was made stays.
    pub async fn open(name: &str, busy: Duration, most: Option<u32>) -> Result<Self, StoreError> {
        let name = name.to_owned();
        blocking(move || {
            let opened = Connection::open(&name).and_then(|mut connection| {
                connection.busy_timeout(busy.min(MOST_BUSY))?;
                if let Some(most) = most {
                    connection.pragma_update(None, "max_page_count", most)?;
                }
                // A file that cannot be written to is found before anything is fetched.
                if connection.is_readonly("main")? {
                    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
                    return Err(rusqlite::Error::SqliteFailure(code, None));
                }
                let behavior = TransactionBehavior::Immediate;
                let transaction = connection.transaction_with_behavior(behavior)?;
                transaction.execute(TABLE, [])?;
                // And so is a table of that name that is another program's.
                let fits = transaction.prepare(UPSERT).map(drop);
                transaction.commit()?;
                Ok((connection, fits))
            });
            let (connection, fits) = opened.map_err(|error| explain(&name, busy, &error))?;
            fits.map_err(|error| {
                StoreError(format!(
                    "the table scraped_pages in {name} is another program's ({error}): choose \
                     another database with --database"
                ))
            })?;
            let file = File { name, busy, connection: Mutex::new(connection) };
            Ok(Sqlite { file: Arc::new(file), jobs: Mutex::default() })
        })
        .await
    }

    /// These pages are to be fetched; without `again`, only those that are not there. Says how many
    /// those are.
    ///
    /// # Errors
    /// The database cannot be read.
    ///
    /// # Cancel safety
    /// Dropping it leaves the list as it was.
    pub async fn enlist(&self, urls: Vec<Uri>, again: bool) -> Result<u64, StoreError> {
        let known: HashSet<String> = match again {
            true => HashSet::new(),
            false => {
                self.with(|connection| {
                    let mut select = connection.prepare("SELECT url FROM scraped_pages")?;
                    select.query_map([], |row| row.get(0))?.collect()
                })
                .await?
            }
        };
        let new = urls.into_iter().filter(|url| !known.contains(&url.to_string()));
        let jobs: VecDeque<_> = (0..).zip(new).map(|(id, url)| Job { id, url }).collect();
        let count = jobs.len() as u64;
        *lock(&self.jobs) = jobs;
        Ok(count)
    }

    /// Up to `most` of the pages that nobody has begun.
    pub fn claim(&self, most: usize) -> Claim {
        let mut jobs = lock(&self.jobs);
        let most = most.min(jobs.len());
        match most {
            0 => Claim::Over,
            _ => Claim::Jobs(jobs.drain(..most).collect()),
        }
    }

    /// Stores all of them in one transaction, or none.
    ///
    /// # Errors
    /// None of them is stored, and why.
    ///
    /// # Cancel safety
    /// Once polled, the transaction is carried out, also if the future is dropped.
    pub async fn save(&self, pages: Vec<Page>) -> Result<(), StoreError> {
        self.with(move |connection| {
            let behavior = TransactionBehavior::Immediate;
            let transaction = connection.transaction_with_behavior(behavior)?;
            let mut upsert = transaction.prepare_cached(UPSERT)?;
            for page in &pages {
                upsert.execute(params![page.url, page.length])?;
            }
            drop(upsert);
            transaction.commit()
        })
        .await
    }

    /// How many rows the table has.
    ///
    /// # Errors
    /// The database cannot be read.
    ///
    /// # Cancel safety
    /// Dropping it loses the answer.
    pub async fn rows(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM scraped_pages";
        let rows: i64 =
            self.with(|connection| connection.query_row(count, [], |row| row.get(0))).await?;
        Ok(rows.unsigned_abs())
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = self.file.clone();
        blocking(move || {
            work(&mut lock(&file.connection))
                .map_err(|error| explain(&file.name, file.busy, &error))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let panicked = |error| Err(StoreError(format!("the call of the database failed: {error}")));
    spawn_blocking(work).await.unwrap_or_else(panicked)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What went wrong, and what helps.
fn explain(name: &str, busy: Duration, error: &rusqlite::Error) -> StoreError {
    let text = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => format!(
            "the database {name} is locked: another program has been writing to it for more than \
             {busy:?}; let it end, or wait longer with --busy-timeout"
        ),
        Some(ErrorCode::ReadOnly)
            if error.sqlite_error().is_some_and(|e| e.extended_code == MOVED) =>
        {
            format!("the database {name} is gone: the file was moved or removed during the run")
        }
        Some(ErrorCode::ReadOnly) => format!(
            "the database {name} is read-only: make it writable, or choose another with --database"
        ),
        Some(ErrorCode::DiskFull) => format!(
            "the database {name} is full, or its disk is: make room, or choose another with \
             --database"
        ),
        Some(ErrorCode::CannotOpen) if std::path::Path::new(name).is_dir() => {
            format!("{name} is a folder: give --database a file")
        }
        Some(ErrorCode::CannotOpen) => format!(
            "cannot open the database {name}: is there such a folder, and may you write to it?"
        ),
        Some(ErrorCode::NotADatabase) => {
            format!("{name} is a file, but none of SQLite's: choose another with --database")
        }
        _ => format!("the database {name}: {error}"),
    };
    StoreError(text)
}
