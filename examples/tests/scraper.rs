//! The scraper as its users run it: what it stores, how it is stopped, and what can go wrong.

mod common;
#[path = "scraper/shared.rs"]
mod shared;

use std::path::PathBuf;
use std::time::Duration;

use common::{SCHEDULERS, nobody_listens, run};
use rusqlite::Connection;
use shared::{Server, figure, until};

/// A folder of this test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = format!("mainspring-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Rows as another program sees them; none while there is no table.
fn rows(database: &str) -> u64 {
    let connection = Connection::open(database).unwrap();
    let count = "SELECT count(*) FROM scraped_pages";
    connection.query_row(count, [], |row| row.get::<_, u32>(0)).map_or(0, u64::from)
}

#[test]
fn a_hundred_pages_are_stored_and_the_documents_four_addresses_are_four_rows() {
    let folder = Folder::new("scraper-rows");
    for on in SCHEDULERS {
        let database = folder.file(&on.says[..6]);
        let ended = on.run("scraper", &["--scale", "0.05", "--database", &database]).good();
        ended.shows("100 asked for; 100 fetched").shows("saved        100 of 100 fetched");
        ended.shows("rows in scraped_pages: 4\n").shows("retries      0 of 100 requests");
        ended.shows("floor 0.450 s").shows("at most 10, limit 10").shows(on.says);
        ended.shows("server       at most 10 requests");
        assert_eq!(rows(&database), 4);
        let lengths = "SELECT url, content_length, created_at IS NOT NULL FROM scraped_pages
                       WHERE url = 'http://httpbin.org/html'";
        let (length, dated): (u32, bool) = Connection::open(&database)
            .unwrap()
            .query_row(lengths, [], |row| Ok((row.get(1)?, row.get(2)?)))
            .unwrap();
        assert!(length > 500 && dated, "{length} {dated}");
    }
}

/// 1.25 is what a quiet machine is asked for; here other tests run beside it.
#[test]
fn a_run_takes_little_more_than_its_floor_and_never_less() {
    for on in SCHEDULERS {
        let args = ["--scale", "0.15", "--database", ":memory:", "--check"];
        on.run("scraper", &[&args[..], &["2"]].concat()).good().shows("floor 1.350 s");
        let ended =
            on.run("scraper", &["--scale", "0.01", "--database", ":memory:", "--check", "1"]);
        ended.bad().tells("times its floor; 1 to 1 were asked for");
    }
    let unknown = ["--path", "/products/{i}", "--pages", "3", "--database", ":memory:"];
    run("scraper", &[&unknown[..], &["--check", "2"]].concat()).bad().tells("nothing to check");
}

#[test]
fn a_second_run_fetches_only_what_is_not_there() {
    let folder = Folder::new("scraper-second");
    let database = folder.file("pages.db");
    let server = Server::start("0.01");
    let base = server.base();
    let args = ["--scale", "0.01", "--distinct", "--base", &base, "--database", &database];
    let go = |more: &[&str]| run("scraper", &[&args, more].concat()).good();
    go(&["--pages", "60"]).shows("rows in scraped_pages: 60");
    let second = go(&["--pages", "100"]);
    second.shows("100 asked for, 60 are in the database already").shows("40 fetched");
    assert_eq!((server.total(), rows(&database)), (100, 100));
    go(&["--pages", "100"]).shows("; 0 fetched").tells("0 to do");
    assert_eq!(server.total(), 100);
    go(&["--pages", "100", "--again"]).shows("100 of 100 fetched");
    assert_eq!((server.total(), rows(&database)), (200, 100));
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_fetched_and_the_next_run_goes_on() {
    let folder = Folder::new("scraper-ctrl-c");
    for (on, name) in SCHEDULERS.into_iter().zip(["one", "many"]) {
        let database = folder.file(name);
        let server = Server::start("0.1");
        let base = server.base();
        let args = ["--path", "/delay/1?page={i}", "--base", &base, "--database", &database];
        let running = on.start("scraper", &[&args[..], &["--limit", "4"]].concat());
        server.has_seen(30);
        running.ctrl_c();
        let ended = running.ended().bad();
        ended.tells("stopping; what is fetched is stored").shows("failed       0");
        let (saved, left) = (figure(&ended, "saved", " of "), figure(&ended, "left", " pages"));
        assert!((10..100).contains(&saved), "{ended:#?}");
        assert_eq!(saved + left, 100, "{ended:#?}");
        assert_eq!(figure(&ended, "pages", " fetched"), saved, "{ended:#?}");
        assert_eq!(rows(&database), saved);

        server.reset();
        let ended = on.run("scraper", &[&args[..], &["--limit", "50"]].concat()).good();
        ended.shows(&format!("{saved} are in the database already"));
        assert_eq!((server.total(), rows(&database)), (left, 100));
    }
}

#[test]
fn a_tenth_of_the_connections_dropped_costs_a_retry_each_and_no_page() {
    for on in SCHEDULERS {
        let mut args = vec!["--scale", "0.05", "--distinct", "--database", ":memory:"];
        args.extend(["--path", "/drop/{i}/1"]);
        args.extend([["--path", "/fixed/10"]; 9].concat());
        let ended = on.run("scraper", &args).good();
        ended.shows("100 asked for; 100 fetched").shows("rows in scraped_pages: 100");
        ended.shows("retries      10 of 110 requests").shows("failed       0");
    }
}

#[test]
fn a_503_is_tried_again_and_a_404_is_not() {
    for on in SCHEDULERS {
        let args = ["--scale", "0.05", "--distinct", "--database", ":memory:", "--pages", "40"];
        let flaky = ["--path", "/flaky/{i}/1/503", "--path", "/json", "--path", "/html"];
        let ended = on.run("scraper", &[&args[..], &flaky].concat()).good();
        ended.shows("saved        40 of 40").shows("retries      14 of 54 requests");
        let missing = ["--path", "/nowhere", "--path", "/json"];
        let ended = on.run("scraper", &[&args[..], &missing].concat()).bad();
        ended.shows("saved        20 of 20").shows("retries      0 of 40 requests");
        ended.shows("20 x gave up after 1 attempt").shows("404 Not Found").shows("/nowhere?page=");
        ended.tells("20 pages failed");
    }
}

#[test]
fn a_page_that_hangs_costs_its_time_outs_and_no_other_page() {
    for on in SCHEDULERS {
        let mut args = vec!["--scale", "0.05", "--distinct", "--database", ":memory:"];
        args.extend(["--timeout", "0.3", "--pages", "60", "--path", "/hang"]);
        args.extend([["--path", "/json"]; 19].concat());
        let ended = on.run("scraper", &args).bad();
        ended.shows("saved        57 of 57").shows("retries      6 of 66 requests");
        ended.shows("3 x gave up after 3 attempts: no answer within 300ms");
        assert!(!ended.out.contains("left "), "{ended:#?}");
    }
}

#[test]
fn a_server_that_is_down_opens_the_breaker_and_ends_the_run() {
    let folder = Folder::new("scraper-down");
    let (_held, addr) = nobody_listens();
    let base = format!("http://{addr}");
    for on in SCHEDULERS {
        let database = folder.file("pages.db");
        let args = ["--scale", "0.05", "--base", &base, "--database", &database];
        let ended = on.run("scraper", &args).bad();
        ended.tells("the server is down").tells("circuit breaker opened").tells("cannot connect");
        ended.shows("0 fetched").shows("breaker      opened");
        let (failed, left) = (figure(&ended, "failed", "\n"), figure(&ended, "left", " pages"));
        assert_eq!(failed + left, 100, "{ended:#?}");
        // Far fewer than three tries a page.
        assert!(figure(&ended, "retries", " requests") < 60, "{ended:#?}");
    }
}

/// A transaction of another program, for as long as this lives.
fn locked(database: &str) -> Connection {
    let connection = Connection::open(database).unwrap();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[test]
fn a_database_that_is_locked_for_a_while_is_waited_for() {
    let folder = Folder::new("scraper-waits");
    for (on, name) in SCHEDULERS.into_iter().zip(["one", "many"]) {
        let database = folder.file(name);
        let server = Server::start("0.1");
        let base = server.base();
        let args = ["--path", "/delay/1?page={i}", "--base", &base, "--database", &database];
        let running = on.start("scraper", &[&args[..], &["--busy-timeout", "60"]].concat());
        until("the first rows", || rows(&database) > 0);
        let lock = locked(&database);
        let (before, seen) = (rows(&database), server.total());
        // It goes on fetching, as far as the queues have room, and stores nothing.
        server.has_seen((seen + 10).min(100));
        assert_eq!(rows(&database), before);
        drop(lock);
        running.ended().good().shows("saved        100 of 100").shows("scraped_pages: 100");
    }
}

/// SQLite says that such a file is read-only.
#[cfg(unix)]
#[test]
fn a_database_that_is_removed_during_the_run_is_said_to_be_gone() {
    let folder = Folder::new("scraper-gone");
    let database = folder.file("pages");
    let server = Server::start("0.1");
    let args = ["--path", "/delay/1?page={i}", "--base", &server.base(), "--database", &database];
    let running = SCHEDULERS[0].start("scraper", &[&args[..], &["--limit", "2"]].concat());
    until("the first rows", || rows(&database) > 0);
    std::fs::remove_file(&database).unwrap();
    running.ended().bad().tells("is gone").tells("pages that were fetched and not stored");
}

#[test]
fn a_database_that_stays_locked_ends_the_run_with_the_reason_and_the_next_goes_on() {
    let folder = Folder::new("scraper-locked");
    for (on, name) in SCHEDULERS.into_iter().zip(["one", "many"]) {
        let database = folder.file(name);
        let server = Server::start("0.1");
        let base = server.base();
        let args = ["--path", "/delay/1?page={i}", "--base", &base, "--database", &database];
        let slowly = ["--busy-timeout", "0.2", "--limit", "2"];
        let running = on.start("scraper", &[&args[..], &slowly].concat());
        until("the first rows", || rows(&database) > 0);
        let lock = locked(&database);
        let ended = running.ended().bad();
        ended.tells("is locked").tells("more than 200ms").tells("--busy-timeout");
        let (saved, left) = (figure(&ended, "saved", " of "), figure(&ended, "left", " pages"));
        assert_eq!((saved + left, saved), (100, rows(&database)), "{ended:#?}");
        let fetched = figure(&ended, "pages", " fetched");
        ended.tells(&format!("fetched and not stored: {}", fetched - saved));
        assert!(fetched > saved, "{ended:#?}");
        // The whole time: nothing is fetched for nothing.
        let args = [&args[..], &["--busy-timeout", "0.1"]].concat();
        server.reset();
        on.run("scraper", &args).bad().tells("is locked");
        assert_eq!(server.total(), 0);
        drop(lock);
        let fast = ["--limit", "50"];
        on.run("scraper", &[&args[..], &fast].concat()).good().shows("scraped_pages: 100");
    }
}

#[test]
fn a_full_database_says_how_many_pages_it_has_not_taken() {
    let folder = Folder::new("scraper-full");
    for (on, name) in SCHEDULERS.into_iter().zip(["one", "many"]) {
        let database = folder.file(name);
        let args = ["--scale", "0.01", "--distinct", "--database", &database];
        let ended = on.run("scraper", &[&args[..], &["--max-db-pages", "4"]].concat()).bad();
        ended.tells("is full").tells("--database").tells("fetched and not stored: ");
        let (saved, left) = (figure(&ended, "saved", " of "), figure(&ended, "left", " pages"));
        assert_eq!((saved + left, saved), (100, rows(&database)), "{ended:#?}");
        on.run("scraper", &args).good().shows("scraped_pages: 100");
        // Not even room for the table.
        let fresh = folder.file("fresh");
        let args = ["--database", &fresh, "--max-db-pages", "1"];
        on.run("scraper", &args).bad().tells("is full");
    }
}

#[test]
fn a_database_that_cannot_be_written_to_is_found_before_anything_is_fetched() {
    let folder = Folder::new("scraper-read-only");
    let database = folder.file("pages.db");
    let server = Server::start("0.01");
    let base = server.base();
    let with = |database: &str| {
        let args = ["--distinct", "--base", &base, "--database", database];
        run("scraper", &args)
    };
    with(&database).good();
    server.reset();
    // Root may write to any file, so the mode of the file alone would not do.
    with(&format!("file:{database}?mode=ro")).bad().tells("is read-only").tells("make it writable");
    let mut rights = std::fs::metadata(&database).unwrap().permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(&database, rights).unwrap();
    if std::fs::OpenOptions::new().write(true).open(&database).is_err() {
        with(&database).bad().tells("is read-only");
    }
    with(&folder.file("no/such/folder.db")).bad().tells("is there such a folder");
    let text = folder.file("text");
    std::fs::write(&text, "Not a database, but a text that is long enough. ".repeat(100)).unwrap();
    with(&text).bad().tells("none of SQLite's");
    assert_eq!(server.total(), 0);
}

#[test]
fn pages_of_ones_own_come_from_a_file() {
    let folder = Folder::new("scraper-list");
    let server = Server::start("0.01");
    let (list, base) = (folder.file("list.txt"), server.base());
    std::fs::write(&list, format!("# mine\n{base}/json\n\n{base}/html\n{base}/delay/1\n")).unwrap();
    let ended = run("scraper", &["--urls", &list, "--database", ":memory:"]).good();
    ended.shows("3 asked for; 3 fetched").shows("scraped_pages: 3");
    std::fs::write(&list, format!("{base}/json\nftp://example.org/\n")).unwrap();
    let ended = run("scraper", &["--urls", &list, "--database", ":memory:"]).bad();
    ended.tells("line 2").tells("start with http://");
    run("scraper", &["--urls", &folder.file("none")]).bad().tells("cannot read the addresses");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let refused = |args: &[&str]| run("scraper", args).bad();
    refused(&["--base", "ftp://example.org"]).tells("start with http://");
    refused(&["--base", "here"]).tells("http://");
    refused(&["--path", "json"]).tells("start with /").tells("/json");
    refused(&["--rate", "0"]).tells("above 0");
    refused(&["--limit", "0"]).tells("--limit");
    refused(&["--tries", "0"]).tells("--tries");
    refused(&["--breaker", "0"]).tells("--breaker");
    refused(&["--timeout", "soon"]).tells("give seconds");
    refused(&["--urls", "x", "--pages", "3"]).tells("cannot be used with");
    refused(&["--database", "mysql://me@here/pages"]).tells("postgres://").tells(":memory:");
    refused(&["--threads", "0"]).tells("give 1 to 47");
}
