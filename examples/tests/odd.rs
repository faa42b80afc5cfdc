//! What nobody should pass, and what happens then: odd numbers, addresses, databases, and an
//! output that nobody reads.

mod common;

use common::{SCHEDULERS, run};

/// Every number has an end: above it nothing is allocated, waited for or divided.
#[test]
fn numbers_out_of_reach_are_refused_with_what_is_accepted() {
    let huge = "18446744073709551615";
    let counts = [
        ("fetch", "--requests"),
        ("fetch", "--limit"),
        ("fetch", "--cache"),
        ("crawl", "--pages"),
        ("crawl", "--limit"),
        ("pipeline", "--pages"),
        ("pipeline", "--bad"),
        ("pipeline", "--room"),
        ("pipeline", "--consumers"),
        ("queue", "--items"),
        ("queue", "--room"),
        ("queue", "--consumers"),
        ("scraper", "--pages"),
        ("scraper", "--limit"),
        ("threads", "--pool"),
        ("load", "--connections"),
    ];
    for (program, flag) in counts {
        for wrong in [huge, "1000001", "-1", "nan", "", "1e3"] {
            run(program, &[&format!("{flag}={wrong}")]).bad().tells("give a whole number");
        }
    }
    for program in ["fetch", "crawl", "requests", "pipeline", "scraper", "search"] {
        for wrong in ["0", "-1", "x", "1e6"] {
            run(program, &[&format!("--longest={wrong}")]).bad().tells("a whole number of bytes");
        }
    }
    run("fetch", &["--longest", "10", "--requests", "2", "--fail-first", "0", "--scale", "0.01"])
        .bad()
        .shows("0 of 2 succeeded")
        .shows("longer than 10 bytes (--longest allows more)");
    // Nothing to do is done at once; a queue with room for 0 has no limit.
    run("pipeline", &["--pages", "0"]).good().shows("0 of 0").shows("no page has a delay");
    // `cargo compare --python` measures the start of these by it.
    run("fetch", &["--requests", "0"]).good().shows("0 of 0 succeeded, 0 bytes");
    run("crawl", &["--pages", "0"]).good().shows("0 of 0");
    run("scraper", &["--pages", "0", "--database", ":memory:"]).good().shows("0 asked for");
    run("queue", &["--room", "0", "--scale", "0.01"]).good().shows("all 20 items done");
}

#[test]
fn times_out_of_reach_are_refused_with_what_is_accepted() {
    let waits = [
        ("fetch", "--backoff"),
        ("crawl", "--backoff"),
        ("queue", "--make"),
        ("queue", "--work"),
        ("scraper", "--backoff"),
        ("scraper", "--busy-timeout"),
        ("proxy", "--grace"),
        ("search", "--db-delay"),
    ];
    let limits = [
        ("fetch", "--timeout"),
        ("fetch", "--total-timeout"),
        ("crawl", "--timeout"),
        ("requests", "--timeout"),
        ("pipeline", "--timeout"),
        ("scraper", "--timeout"),
        ("proxy", "--connect-timeout"),
        ("load", "--timeout"),
        ("chat", "--idle"),
        ("webchat", "--ping"),
    ];
    for (program, flag) in waits.into_iter().chain(limits) {
        for wrong in ["1e19", "1e300", "inf", "4294967295"] {
            run(program, &[&format!("{flag}={wrong}")]).bad().tells("give at most");
        }
        run(program, &[&format!("{flag}=-1")]).bad().tells("not negative");
        run(program, &[&format!("{flag}=nan")]).bad().tells("give seconds");
    }
    for (program, flag) in limits {
        run(program, &[&format!("{flag}=0")]).bad().tells("above 0");
    }
    for rate in ["0", "1e300", "1e-300", "nan", "-1"] {
        run("scraper", &[&format!("--rate={rate}")]).bad().tells("requests a second");
    }
    for program in ["fetch", "crawl", "queue", "scraper", "search", "threads", "server", "hello"] {
        for scale in ["1e-300", "nan", "inf", "0", "-1", ""] {
            run(program, &[&format!("--scale={scale}")]).bad().tells("give a factor");
        }
    }
}

/// An address that leads somewhere else than it says is worse than one that is refused.
#[test]
fn addresses_that_lead_nowhere_are_refused_by_every_program() {
    let programs = [
        ("requests", "--check"),
        ("fetch", "--url"),
        ("crawl", "--url"),
        ("pipeline", "--url"),
        ("scraper", "--base"),
        ("search", "--api-url"),
    ];
    let wrong = [
        ("http://127.0.0.1:0/", "port"),
        ("http://127.0.0.1:70000/", "port"),
        ("http://127.0.0.1:/", "port"),
        ("http://127.0.0.1:http/", "port"),
        ("http://127.0.0.1:+80/", "port"),
        ("http://[::1]:70000/", "port"),
        ("http://:80/", "host"),
        ("http://me:secret@127.0.0.1:1/", "password"),
        ("http://@127.0.0.1:1/", "password"),
        ("ftp://127.0.0.1/", "http://"),
        ("127.0.0.1:8000", "http://"),
        ("", "http://"),
    ];
    for (program, flag) in programs {
        for (address, why) in wrong {
            run(program, &[flag, address]).bad().tells(why).tells("http://");
        }
        let long = format!("http://127.0.0.1:1/{}", "x".repeat(70_000));
        let ended = run(program, &[flag, &long]).bad();
        assert!(program != "fetch" || ended.err.len() < 1000, "{} bytes", ended.err.len());
    }
    let base = ["--database", ":memory:", "--base"];
    for address in ["http://a/?q=1", "http://a/#there"] {
        run("scraper", &[&base[..], &[address]].concat()).bad().tells("without ? and #");
    }
}

/// What a literal address of the sixth version says is where the program goes.
#[test]
fn an_address_of_the_sixth_version_is_one() {
    let ended = run("requests", &["--check", "http://[::1]:1/"]).bad();
    ended.shows("check http://[::1]:1/  cannot connect");
}

/// All of these are found before anything is fetched.
#[test]
fn databases_that_are_none_are_refused_with_the_reason() {
    let folder = std::env::temp_dir().join(format!("mainspring-odd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    std::fs::write(file("text"), "hello").unwrap();
    for (name, table) in [("no-url", "a INT"), ("not-unique", "url TEXT, content_length INT")] {
        let database = rusqlite::Connection::open(file(name)).unwrap();
        database.execute(&format!("CREATE TABLE scraped_pages ({table})"), []).unwrap();
    }
    let cases = [
        (String::new(), "give --database a file"),
        (folder.display().to_string(), "is a folder"),
        (file("text"), "none of SQLite's"),
        (file("text/pages.db"), "cannot open the database"),
        (file("no-url"), "is another program's"),
        (file("not-unique"), "is another program's"),
        ("mysql://a/b".to_owned(), "postgres://"),
    ];
    for (database, why) in cases {
        let ended = run("scraper", &["--database", &database, "--scale", "0.01"]).bad();
        assert!(!ended.tells(why).err.contains("to do"), "{ended:?}");
    }
    // What SQLite cannot count is no reason to fail.
    let args = ["--busy-timeout", "1e9", "--scale", "0.01", "--database", ":memory:"];
    run("scraper", &args).good();
    // Wherever it stands, a password is not printed.
    for database in [
        "postgres://me:secret@127.0.0.1:1/pages",
        "postgres://me:a@secret@127.0.0.1:1/pages",
        "postgres://me@127.0.0.1:1/pages?password=secret",
    ] {
        let ended = run("scraper", &["--database", database]).bad();
        assert!(!format!("{ended:?}").contains("secret"), "{ended:?}");
    }
    std::fs::write(file("list"), "\u{feff}http://127.0.0.1:1/\r\n").unwrap();
    let args = ["--urls", &file("list"), "--tries", "1", "--database", ":memory:"];
    run("scraper", &args).bad().tells("a page failed").shows("first http://127.0.0.1:1/");
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
mod output {
    use std::process::Stdio;

    use super::*;
    use crate::common::start_writing;

    /// What each does at a small scale; the last is a line that it ends with.
    const PROGRAMS: [(&str, &[&str]); 17] = [
        ("fetch", &["--requests", "40", "--scale", "0.01"]),
        ("crawl", &["--scale", "0.01"]),
        ("requests", &["--scale", "0.01"]),
        ("pipeline", &["--pages", "30", "--scale", "0.1"]),
        ("queue", &["--scale", "0.01"]),
        ("scraper", &["--scale", "0.01", "--database", ":memory:"]),
        ("load", &["--requests", "500"]),
        ("echo", &["--check"]),
        ("proxy", &["--check"]),
        ("chat", &["--check"]),
        ("webchat", &["--check"]),
        ("search", &["--check", "--scale", "0.1"]),
        ("threads", &["--scale", "0.01"]),
        ("hello", &["--scale", "0.01"]),
        ("cpu", &["--times", "1"]),
        ("retry", &["--scale", "0.01"]),
        ("tour", &["--scale", "0.011"]),
    ];

    /// As with `| head -1`: the lines go nowhere, the work goes on, and it ends well.
    #[test]
    fn a_reader_that_goes_away_stops_no_program() {
        for on in SCHEDULERS {
            for (program, args) in PROGRAMS {
                let (reader, writer) = std::io::pipe().unwrap();
                drop(reader);
                let ended = start_writing(program, &[args, on.flags].concat(), writer.into());
                ended.ended().good();
            }
        }
    }

    /// A disk that is full is another matter: a line is lost that somebody wanted.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_output_that_is_full_is_said_and_fails() {
        for (program, args) in PROGRAMS {
            let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
            let ended = start_writing(program, args, Stdio::from(full)).ended().bad();
            ended.tells("cannot write to standard output");
            assert!(!ended.err.contains("panicked"), "{program}: {}", ended.err);
        }
    }
}
