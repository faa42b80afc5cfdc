//! The scraper with PostgreSQL: several processes, one queue. Skipped where it is not installed.
//!
//! The server is a private one: in a temporary folder, on a Unix socket and a free port of
//! loopback, without rights of anybody's. It runs as a user of its own when the tests run as root,
//! because it refuses root.
#![cfg(unix)]

mod common;
#[path = "scraper/private.rs"]
mod private;
#[path = "scraper/shared.rs"]
mod shared;

use common::{Running, SCHEDULERS, nobody_listens, run};
use private::{Database, postgres};
use shared::{Server, figure, until};

/// Two addresses for one database: each test that starts two processes gives one of them each.
fn ways(database: &Database) -> [String; 2] {
    [database.over_tcp(), database.over_unix()]
}

#[test]
fn the_documents_pages_are_stored_and_a_second_run_has_nothing_to_do() {
    let Some(server) = postgres() else { return };
    for on in SCHEDULERS {
        let database = server.database();
        for (address, fetched) in ways(&database).iter().zip([100, 0]) {
            let ended = on.run("scraper", &["--scale", "0.02", "--database", address]).good();
            ended.shows(&format!("; {fetched} fetched")).shows("rows in scraped_pages: 4\n");
        }
        let ended =
            on.run("scraper", &["--scale", "0.02", "--again", "--database", &database.over_tcp()]);
        ended.good().shows("100 of 100 fetched").shows("rows in scraped_pages: 4\n");
        let dated = "SELECT count(*) FROM scraped_pages WHERE created_at IS NOT NULL";
        assert_eq!(database.number(dated), 4);
    }
}

fn start_all(database: &Database, base: &str, more: &[&str]) -> Vec<Running> {
    let start = |(on, address): (common::On, &String)| {
        let args = ["--path", "/delay/1?page={i}", "--base", base, "--database", address];
        on.start("scraper", &[&args[..], more].concat())
    };
    SCHEDULERS.into_iter().zip(&ways(database)).map(start).collect()
}

#[test]
fn two_processes_on_one_queue_fetch_every_page_exactly_once() {
    let Some(server) = postgres() else { return };
    let (database, web) = (server.database(), Server::start("0.1"));
    let pages = ["--pages", "200", "--limit", "4"];
    let ended = start_all(&database, &web.base(), &pages).into_iter().map(Running::ended);
    let saved: Vec<_> = ended.map(|ended| figure(&ended.good(), "saved", " of ")).collect();
    assert_eq!(saved.iter().sum::<u64>(), 200, "{saved:?}");
    assert!(saved.iter().all(|saved| *saved > 0), "one did it all: {saved:?}");
    assert_eq!(web.total(), 200, "some page was fetched twice");
    assert_eq!(database.number("SELECT count(*) FROM scraped_pages"), 200);
    assert_eq!(database.number("SELECT count(*) FROM scraper_queue WHERE NOT done"), 0);
}

#[test]
fn what_a_killed_process_had_taken_the_other_one_does() {
    let Some(server) = postgres() else { return };
    let (database, web) = (server.database(), Server::start("0.1"));
    let mut both = start_all(&database, &web.base(), &["--limit", "4"]);
    let taken = "SELECT count(DISTINCT worker) FROM scraper_queue WHERE worker IS NOT NULL";
    web.has_seen(30);
    until("both are at work", || database.number(taken) == 2);
    both[0].signal("-KILL");
    let ended = both.pop().unwrap().ended().good();
    assert_eq!(database.number("SELECT count(*) FROM scraped_pages"), 100, "{ended:#?}");
    assert_eq!(database.number("SELECT count(*) FROM scraper_queue WHERE NOT done"), 0);
    // What had been under way, and what had been fetched and not stored, is fetched once more.
    assert!((100..=130).contains(&web.total()), "{} requests", web.total());
}

#[test]
fn ctrl_c_leaves_the_rest_in_the_queue_for_the_next_run() {
    let Some(server) = postgres() else { return };
    for (on, way) in SCHEDULERS.into_iter().zip([0, 1]) {
        let (database, web) = (server.database(), Server::start("0.1"));
        let (base, address) = (web.base(), &ways(&database)[way]);
        let args = ["--path", "/delay/1?page={i}", "--base", &base, "--database", address];
        let running = on.start("scraper", &[&args[..], &["--limit", "4"]].concat());
        web.has_seen(30);
        running.ctrl_c();
        let ended = running.ended().bad();
        let (saved, left) = (figure(&ended, "saved", " of "), figure(&ended, "left", " pages"));
        assert_eq!(saved + left, 100, "{ended:#?}");
        web.reset();
        let ended = on.run("scraper", &[&args[..], &["--limit", "50"]].concat()).good();
        ended.shows(&format!("{saved} are in the database already"));
        assert_eq!(web.total(), left);
        assert_eq!(database.number("SELECT count(*) FROM scraped_pages"), 100);
    }
}

#[test]
fn a_page_that_failed_is_tried_again_by_the_next_run() {
    let Some(server) = postgres() else { return };
    for on in SCHEDULERS {
        let (database, web) = (server.database(), Server::start("0.01"));
        let (base, address) = (web.base(), database.over_tcp());
        let args = ["--base", &base, "--database", &address, "--pages", "10", "--scale", "0.01"];
        let flaky = ["--path", "/flaky/{i}/4/503", "--path", "/json?page={i}"];
        let args = [&args[..], &flaky, &["--breaker", "99"]].concat();
        let ended = on.run("scraper", &args).bad();
        ended.shows("saved        5 of 5").shows("5 x gave up after 3 attempts");
        on.run("scraper", &args).good().shows("saved        5 of 5").shows("scraped_pages: 10");
    }
}

/// A session that ends while the program works: the server ends it, as when it is shut down.
#[test]
fn a_connection_that_is_lost_is_an_error_and_the_next_run_goes_on() {
    let Some(server) = postgres() else { return };
    for on in SCHEDULERS {
        let (database, web) = (server.database(), Server::start("0.1"));
        let (base, address) = (web.base(), database.over_tcp());
        let args = ["--path", "/delay/1?page={i}", "--base", &base, "--database", &address];
        let running = on.start("scraper", &[&args[..], &["--limit", "4"]].concat());
        web.has_seen(30);
        database.number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        let ended = running.ended().bad();
        ended.tells("error: the database postgres://").tells("fetched and not stored");
        on.run("scraper", &[&args[..], &["--limit", "50"]].concat()).good();
        assert_eq!(database.number("SELECT count(*) FROM scraped_pages"), 100);
    }
}

#[test]
fn a_server_that_is_not_there_or_lets_nobody_in_is_named() {
    let (_held, addr) = nobody_listens();
    let refused = |address: &str| run("scraper", &["--database", address]).bad();
    let ended = refused(&format!("postgres://me:secret@{addr}/pages"));
    ended.tells("cannot connect").tells("does PostgreSQL run there?");
    assert!(!format!("{ended:?}").contains("secret"), "the password is printed: {ended:#?}");
    refused("postgres://me@localhost:port/pages").tells("postgres://USER[:PASSWORD]@HOST");
    refused("postgres://me@localhost/pages?sslmode=require").tells("no TLS");
    let Some(server) = postgres() else { return };
    let database = server.database();
    refused(&format!("{}-not", database.over_tcp())).tells("does not exist");
}
