//! pages in PostgreSQL, and a queue of addresses that several processes share.
//!
//! tokio-postgres speaks the protocol over a stream of this runtime (`connect_raw`), and its driver
//! is a task like any other. One connection for everything: requests are sent without waiting for
//! the answers to earlier ones.
//!
//! ```text
//!   scraper_queue:   waiting ──► taken by a worker ──► done         in one statement with the page
//!                       ▲              │  └──────────► failed       until somebody asks again
//!                       └──────────────┘ the worker's connection has ended
//! ```
//!
//! * `FOR UPDATE SKIP LOCKED`: two workers that look for something to do at the same time do not
//!   wait for each other, and never take the same row.
//! * A worker has a number of its own and holds an advisory lock on it while it is connected. Rows
//!   of a worker without a lock are free again: after ctrl-c, after a crash, after a power cut. No
//!   clock decides that, so nobody who is only slow loses a page to another.
//! * A page is stored and its row is done in one statement, which is one transaction.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::error::Error as _;
use std::fmt::Display;
use std::io;
use std::time::Duration;

use hyper::Uri;
use mainspring::net::TcpStream;
use mainspring::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::plan::{Job, Page};
use super::store::{Claim, StoreError};

/// What a server may take to let us in.
const PATIENCE: Duration = Duration::from_secs(10);
const PORT: u16 = 5432;

/// The first half of all advisory locks of this program; the second is the worker, or 0.
/// (`CREATE … IF NOT EXISTS` alone fails when two processes do it at the same time.)
const TABLES: &str = "BEGIN;
    SELECT pg_advisory_xact_lock(1397703250, 0);
    CREATE TABLE IF NOT EXISTS scraped_pages (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        url TEXT NOT NULL UNIQUE,
        content_length BIGINT NOT NULL,
        created_at TIMESTAMPTZ DEFAULT now()
    );
    CREATE TABLE IF NOT EXISTS scraper_queue (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        url TEXT NOT NULL,
        copy INT NOT NULL, -- an address may be there several times, as the document's are
        place BIGINT NOT NULL,
        worker INT,
        done BOOLEAN NOT NULL DEFAULT false,
        failed TEXT,
        UNIQUE (url, copy)
    );
    CREATE INDEX IF NOT EXISTS scraper_queue_to_do ON scraper_queue (place, id)
        WHERE NOT done AND failed IS NULL;
    CREATE SEQUENCE IF NOT EXISTS scraper_workers AS INT CYCLE;
    COMMIT";

const WORKER: &str = "SELECT worker, pg_advisory_lock(1397703250, worker)
    FROM (SELECT nextval('scraper_workers')::int AS worker) AS next";

/// In the order of the addresses, so that two processes with the same ones cannot hold each other
/// up for ever.
const ENLIST: &str = "INSERT INTO scraper_queue (url, copy, place, done)
    SELECT url, copy, place, NOT $3 AND EXISTS (SELECT FROM scraped_pages p WHERE p.url = new.url)
    FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS new (url, copy, place)
    ORDER BY url, copy
    ON CONFLICT (url, copy) DO NOTHING";

const ONCE_MORE: &str = "UPDATE scraper_queue SET done = false, failed = NULL, worker = NULL
    WHERE url = ANY ($1) AND (failed IS NOT NULL OR done AND $2)";

const TO_DO: &str = "SELECT count(*) FROM scraper_queue
    JOIN unnest($1::text[], $2::int[]) AS mine (url, copy) USING (url, copy)
    WHERE NOT done";

const CLAIM: &str = "WITH picked AS MATERIALIZED (
        SELECT id FROM scraper_queue AS q
        WHERE NOT done AND failed IS NULL AND (worker IS NULL OR NOT EXISTS (
            SELECT FROM pg_locks JOIN pg_database AS d ON d.oid = pg_locks.database
            WHERE locktype = 'advisory' AND classid = 1397703250 AND objid = q.worker::oid
              AND granted AND datname = current_database()))
        ORDER BY place, id LIMIT $1 FOR UPDATE OF q SKIP LOCKED
    )
    UPDATE scraper_queue AS q SET worker = $2 FROM picked WHERE q.id = picked.id
    RETURNING q.place, q.id, q.url";

/// One row an address, because an UPSERT may not meet the same row twice.
const SAVE: &str = "WITH pages AS (
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS p (job, url, length)
    ), stored AS (
        INSERT INTO scraped_pages (url, content_length)
        SELECT DISTINCT ON (url) url, length FROM pages ORDER BY url
        ON CONFLICT (url) DO UPDATE
        SET content_length = excluded.content_length, created_at = now()
    )
    UPDATE scraper_queue SET done = true FROM pages WHERE id = job";

const LEFT: &str = "SELECT count(*) FROM scraper_queue WHERE NOT done AND failed IS NULL";

/// A database of PostgreSQL's, and this process as one of its workers.
#[derive(Debug)]
pub struct Postgres {
    name: String,
    client: Client,
    worker: i32,
    claim: Statement,
    save: Statement,
}

impl Postgres {
    /// Connects, makes the tables, and becomes a worker. `shown` is the name without a password.
    ///
    /// # Errors
    /// Nobody lets us in there, or the address is none.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection; tables that were made stay.
    pub async fn open(database: &str, shown: &str) -> Result<Postgres, StoreError> {
        // The first one ends the password, so the rest would be taken for a host, and printed.
        let authority = database.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next());
        if authority.is_some_and(|authority| authority.matches('@').count() > 1) {
            let text = "write an @ in a name or a password as %40";
            return Err(StoreError(format!("{shown}: {text}")));
        }
        let config: Config = database.parse().map_err(|error| {
            StoreError(format!(
                "{shown}: {}; an address is postgres://USER[:PASSWORD]@HOST[:PORT]/NAME, or \
                 postgres://USER@/NAME?host=/FOLDER for a Unix socket",
                told(&error)
            ))
        })?;
        if config.get_ssl_mode() == SslMode::Require {
            let text = "this program speaks no TLS: leave sslmode=require out";
            return Err(StoreError(format!("{shown}: {text}")));
        }
        let client = match timeout(PATIENCE, connect(&config)).await {
            Ok(client) => client.map_err(|why| no_entry(shown, &why))?,
            Err(_) => return Err(no_entry(shown, &format!("no answer within {PATIENCE:?}"))),
        };
        let ready = async {
            client.batch_execute(TABLES).await?;
            let worker = client.query_one(WORKER, &[]).await?.get(0);
            let (claim, save) = (client.prepare(CLAIM).await?, client.prepare(SAVE).await?);
            Ok((worker, claim, save))
        };
        let (worker, claim, save) = ready.await.map_err(|error| broken(shown, &error))?;
        Ok(Postgres { name: shown.to_owned(), client, worker, claim, save })
    }

    /// Puts these pages into the queue, unless they are there. Says how many of them are not done.
    ///
    /// # Errors
    /// The server does not answer.
    ///
    /// # Cancel safety
    /// Dropped half-way, the pages may be in the queue or not.
    pub async fn enlist(&self, urls: Vec<Uri>, again: bool) -> Result<u64, StoreError> {
        let urls: Vec<String> = urls.iter().map(Uri::to_string).collect();
        let mut seen = HashMap::new();
        let copies: Vec<i32> = urls
            .iter()
            .map(|url| {
                let times = seen.entry(url.as_str()).or_insert(0);
                *times += 1;
                *times
            })
            .collect();
        let enlisted = async {
            self.client.execute(ENLIST, &[&urls, &copies, &again]).await?;
            self.client.execute(ONCE_MORE, &[&urls, &again]).await?;
            Ok(self.client.query_one(TO_DO, &[&urls, &copies]).await?.get::<_, i64>(0))
        };
        Ok(enlisted.await.map_err(|error| self.broken(&error))?.unsigned_abs())
    }

    /// Up to `most` pages that nobody else has; from then on this worker has them.
    ///
    /// # Errors
    /// The server does not answer.
    ///
    /// # Cancel safety
    /// Dropped half-way, pages may be this worker's that nobody fetches until it has ended.
    pub async fn claim(&self, most: usize) -> Result<Claim, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = self.client.query(&self.claim, &[&most, &self.worker]).await;
        let mut rows = rows.map_err(|error| self.broken(&error))?;
        if rows.is_empty() {
            return Ok(if self.left().await? == 0 { Claim::Over } else { Claim::Wait });
        }
        rows.sort_by_key(|row| (row.get::<_, i64>(0), row.get::<_, i64>(1)));
        let job = |row: tokio_postgres::Row| {
            let text: String = row.get(2);
            let wrong =
                |error| StoreError(format!("{} has no address in {text}: {error}", self.name));
            Ok(Job { id: row.get(1), url: text.parse().map_err(wrong)? })
        };
        rows.into_iter().map(job).collect::<Result<_, _>>().map(Claim::Jobs)
    }

    /// Stores the pages and takes them off the queue, all of them or none.
    ///
    /// # Errors
    /// None of them is stored, and why. When the connection broke, they may be.
    ///
    /// # Cancel safety
    /// Once polled, they may be stored also if the future is dropped.
    pub async fn save(&self, pages: Vec<Page>) -> Result<(), StoreError> {
        let jobs: Vec<_> = pages.iter().map(|page| page.job).collect();
        let urls: Vec<_> = pages.iter().map(|page| page.url.as_str()).collect();
        let lengths: Vec<_> = pages.iter().map(|page| page.length).collect();
        let saved = self.client.execute(&self.save, &[&jobs, &urls, &lengths]).await;
        saved.map(drop).map_err(|error| self.broken(&error))
    }

    /// The page is given up, by all processes.
    ///
    /// # Errors
    /// The server does not answer.
    ///
    /// # Cancel safety
    /// Dropped half-way, the page may be given up or not.
    pub async fn fail(&self, job: &Job, why: &str) -> Result<(), StoreError> {
        let fail = "UPDATE scraper_queue SET failed = $2 WHERE id = $1";
        let failed = self.client.execute(fail, &[&job.id, &why]).await;
        failed.map(drop).map_err(|error| self.broken(&error))
    }

    /// How many rows the table of pages has.
    ///
    /// # Errors
    /// The server does not answer.
    ///
    /// # Cancel safety
    /// Dropping it loses the answer.
    pub async fn rows(&self) -> Result<u64, StoreError> {
        self.count("SELECT count(*) FROM scraped_pages").await
    }

    /// How many pages of the queue are neither done nor given up.
    ///
    /// # Errors
    /// The server does not answer.
    ///
    /// # Cancel safety
    /// Dropping it loses the answer.
    pub async fn left(&self) -> Result<u64, StoreError> {
        self.count(LEFT).await
    }

    async fn count(&self, query: &str) -> Result<u64, StoreError> {
        let row = self.client.query_one(query, &[]).await.map_err(|error| self.broken(&error))?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    fn broken(&self, error: &tokio_postgres::Error) -> StoreError {
        broken(&self.name, error)
    }
}

/// A session at the first of the hosts that lets us in; else what the last one said.
async fn connect(config: &Config) -> Result<Client, String> {
    let local = [Host::Tcp("localhost".to_owned())];
    let hosts = match config.get_hosts() {
        [] => &local[..],
        hosts => hosts,
    };
    let mut why = String::new();
    for (i, host) in hosts.iter().enumerate() {
        let port = match config.get_ports() {
            [] => PORT,
            [port] => *port,
            ports => ports.get(i).copied().unwrap_or(PORT),
        };
        match session(config, host, port).await {
            Ok(client) => return Ok(client),
            Err(error) => why = error,
        }
    }
    Err(why)
}

async fn session(config: &Config, host: &Host, port: u16) -> Result<Client, String> {
    match host {
        Host::Tcp(name) => {
            let stream = TcpStream::connect((name.as_str(), port)).await;
            let stream = stream.map_err(|error| nobody(format!("{name}, port {port}"), &error))?;
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            let session = config.connect_raw(stream, NoTls).await;
            let (client, driver) = session.map_err(|error| told(&error))?;
            drive(driver);
            Ok(client)
        }
        #[cfg(unix)]
        Host::Unix(folder) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            let stream = mainspring::net::UnixStream::connect(&path).await;
            let stream = stream.map_err(|error| nobody(path.display(), &error))?;
            let session = config.connect_raw(stream, NoTls).await;
            let (client, driver) = session.map_err(|error| told(&error))?;
            drive(driver);
            Ok(client)
        }
    }
}

fn nobody(place: impl Display, error: &io::Error) -> String {
    format!("{place}: {error}; does PostgreSQL run there?")
}

/// Reads and writes for a client until that is dropped, or the connection breaks; who waits for an
/// answer then hears of it.
fn drive(driver: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static) {
    mainspring::spawn(async move { drop(driver.await) });
}

/// An error of tokio-postgres says little by itself; what happened is in its source.
fn told(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(source) if !error.to_string().contains(&source.to_string()) => {
            format!("{error}: {source}")
        }
        _ => error.to_string(),
    }
}

fn no_entry(shown: &str, why: &str) -> StoreError {
    StoreError(format!("cannot connect to {shown}: {why}"))
}

fn broken(shown: &str, error: &tokio_postgres::Error) -> StoreError {
    let why = match error.is_closed() {
        true => "the connection was lost; run it again when PostgreSQL works".to_owned(),
        false => told(error),
    };
    StoreError(format!("the database {shown}: {why}"))
}
