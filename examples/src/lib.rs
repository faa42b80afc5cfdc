//! what the programs share: a local server, an HTTP client, retries, floors, and how they print.
//!
//! A program is one file beside this folder; read that first. In here, in reading order:

#![deny(unsafe_code)]

/// the documents' pitfalls: what does not compile here, and what cannot hang.
pub mod pitfalls;

/// the floor of a run: what it would take if everything but the delays cost nothing.
pub mod floor;

/// the embedded server: answers late, wrongly or never, and counts what it sees.
pub mod server;

/// a program starts itself again: the server, and every row of the tour, as a process of its own.
pub mod process;

/// https: whom a client believes, and what it says when it does not.
pub mod tls;

/// an HTTP client over hyper: one keep-alive pool for all tasks, and a cap on connections.
pub mod client;

/// addresses of pages: text with numbers put in, and errors that say what is accepted.
pub mod address;

/// a page, or why there is none: a permit for each attempt, a time limit, another try.
pub mod page;

/// a single-flight cache: who asks for the same at the same time shares one answer.
pub mod cache;

/// one GET with std's blocking socket: what the threads of the tour do.
pub mod plain;

/// CPU seconds and peak memory of this process.
pub mod usage;

/// a live line on a terminal, plain lines elsewhere.
pub mod show;

/// lines of a stream that nobody vouches for: a line without an end does not fill the memory.
pub mod lines;

/// a room to talk in: names, who is here, and every line to everybody else, in one order.
pub mod room;

/// the WebSocket side of a room: the upgrade, a visit in JSON, pings, and close codes.
pub mod webchat;

/// ctrl-c, heard from the moment a program promises to hear it.
pub mod interrupt;

/// values of flags, the scheduler among them, and errors that name the remedy.
pub mod flags;

/// what the primer's programs share: a line with its time, and two ways to run.
pub mod primer;

pub mod tour {
    //! the stops of the tour, and the fifth document's comparison, row by row.

    /// the stops: what each shows, where to read it, and what went wrong at which.
    pub mod stop;
    /// the way out: what to do next, and what ctrl-c must not leave behind.
    pub mod leave;
    /// a fetch in trouble: dropped connections, and a page that hangs.
    pub mod trouble;
    /// the scraper stopped half-way, and started again.
    pub mod resumed;
    /// three answers of the search: all, some, and none in time.
    pub mod answers;
    /// the same requests by threads with blocking sockets, and by tasks.
    pub mod send;
    /// the eight rows: how each makes its hundred requests, and what the document says of it.
    pub mod row;
    /// one row in a process of its own: start it, follow it, take its figures.
    pub mod run;
    /// the table, and the verdict on each figure.
    pub mod table;
    /// what the documents claim, and the work that each claim is about.
    pub mod claims;
    /// what a claim costs this machine: bytes of a task and of a thread, and the smallest steps.
    pub mod machine;
    /// every claim beside what is measured: floor, one at a time, threads, the runtime, verdict.
    pub mod claimed;
}

pub mod scraper {
    //! URLs into a database: what `scraper.rs` is made of.

    /// what a scraper goes by: its numbers, and the addresses of its pages.
    pub mod plan;
    /// what a scraper counts, and what it says at its end.
    pub mod board;
    /// a page, by every rule: a permit, the circuit breaker, the rate, a time-out, another try.
    pub mod fetch;
    /// pages in SQLite, through the blocking pool.
    pub mod sqlite;
    /// pages in PostgreSQL, and a queue of addresses that several processes share.
    pub mod postgres;
    /// where pages go, and where addresses come from: one face for both databases.
    pub mod store;
    /// the scraper itself: a queue, workers, and one task that writes.
    pub mod run;
}

pub mod search {
    //! the fifth document's `/search`: its parts, from two futures to a server that stops cleanly.

    /// several sources asked at once: all that came, who failed, or that time ran out.
    pub mod combine;
    /// what is counted: requests, latencies, how sources ended; as Prometheus text.
    pub mod numbers;
    /// the two sources of the document: a database that is a delay, and an API over HTTP.
    pub mod sources;
    /// the paths of the service, on axum's router, and what each answers.
    pub mod routes;
    /// an accept loop: so many connections, no slow ones, and an end that lets requests finish.
    pub mod serve;
    /// the service and the API that it asks, started together and stopped one after the other.
    pub mod service;
    /// a service asks itself: each of its answers once, with what comes back and when.
    pub mod check;
}
