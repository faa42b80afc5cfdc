//! The programs that fetch, as their users run them: `crawl`, `requests`, `pipeline`, and the cache
//! of `fetch`.

mod common;

use std::net::SocketAddr;

use common::{Ended, On, Running, SCHEDULERS, nobody_listens, run};
use examples::plain::get_json;

fn server(on: On) -> (Running, SocketAddr) {
    let server = on.start("server", &["--port", "0", "--scale", "0.01"]);
    let addr = server.addr();
    (server, addr)
}

/// The number behind `before`, up to the next space.
#[track_caller]
fn number(ended: &Ended, before: &str) -> f64 {
    let (_, rest) = ended.out.split_once(before).unwrap_or_else(|| panic!("{before}: {ended:#?}"));
    rest.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{rest}"))
}

#[test]
fn the_crawler_reads_every_page_and_holds_its_time_against_the_floor() {
    for on in SCHEDULERS {
        let ended = on.run("crawl", &["--scale", "0.1"]).good();
        ended.shows("50 of 50").shows("50, of which 0 were not the first").shows(on.says);
        ended.shows("floor    0.600 s").shows("One at a time: 4.9 s");
        let (wall, mean) = (number(&ended, "wall     "), number(&ended, "mean "));
        assert!((0.6..6.0).contains(&wall), "{wall}");
        assert!(mean >= 0.098 && number(&ended, "longest ") >= 0.2, "{}", ended.out);
        assert!(number(&ended, "at most ") <= 10.0, "{}", ended.out);
    }
}

/// In the original a page that comes at once has failed.
#[test]
fn a_page_that_takes_no_time_is_read() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let url = format!("http://{addr}/delay/0");
        on.run("crawl", &["--url", &url, "--pages", "30"]).good().shows("30 of 30");
    }
}

#[test]
fn the_crawler_names_the_reason_of_every_failure() {
    for on in SCHEDULERS {
        let once = on.run("crawl", &["--scale", "0.02", "--fail-first", "1"]).good();
        once.shows("50 of 50").shows("55, of which 5 were not the first");

        let ended = on.run("crawl", &["--scale", "0.02", "--fail-first", "9"]).bad();
        ended.shows("45 of 50").shows("60, of which 10 were not the first");
        ended.shows("3 × gave up after 3 attempts: the server answered 503");
        ended.shows("2 × gave up after 3 attempts: the exchange broke off");
        ended.tells("5 of 50 pages could not be read");

        let (_server, addr) = server(on);
        let url = format!("http://{addr}/hang");
        let args = ["--url", &url, "--pages", "2", "--tries", "1", "--timeout", "0.05"];
        let hanging = on.run("crawl", &args).bad();
        hanging.shows("2 × gave up after 1 attempt: no answer within 50ms").shows("0 of 2");

        let (_held, down) = nobody_listens();
        let url = format!("http://{down}/{{i}}");
        let args = ["--url", &url, "--pages", "4", "--backoff", "0.01"];
        on.run("crawl", &args).bad().shows("4 × gave up after 3 attempts: cannot connect");
    }
}

#[test]
fn requests_shows_all_the_documents_requests() {
    for on in SCHEDULERS {
        let ended = on.run("requests", &["--scale", "0.01"]).good();
        let gets: Vec<_> =
            ended.out.lines().filter(|line| line.contains("bytes of text")).collect();
        let ends = ["/get  200 OK", "/delay/1  200 OK", "/json  200 OK"];
        assert_eq!(gets.len(), 3);
        assert!(gets.iter().zip(ends).all(|(line, end)| line.contains(end)), "{gets:?}");
        ended.shows("Sample Slide Show").shows("requests: 5, failed: 0; and the list of 5 came");
        ended.shows("sending 16 bytes: {\"key\": \"value\"}");
        ended.shows(r#""data": "{\"key\": \"value\"}""#).shows(r#""key": "value""#);
        ended.shows(r#""content-type": "application/json""#);
        let checks: Vec<_> =
            ended.out.lines().filter_map(|line| line.strip_prefix("check ")).collect();
        let ends = ["200 OK", "404 Not Found", "cannot connect", "503 ", "the exchange broke off"];
        assert_eq!(checks.len(), 5);
        for (line, end) in checks.iter().zip(ends) {
            assert!(line.split_once("  ").unwrap().1.starts_with(end), "{line}");
        }
        ended.shows(on.says);
    }
}

#[test]
fn requests_asks_for_what_it_is_given() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let at = |path: &str| format!("http://{addr}{path}");
        let both = on.run("requests", &["--get", &at("/html"), "--get", &at("/json")]).good();
        assert!(both.out.find("/html") < both.out.find("/json"), "{}", both.out);
        let post = ["--post", &at("/post"), "--data", r#"[1,  2]"#];
        on.run("requests", &post).good().shows(r#""data": "[1,  2]""#);
        assert_eq!(get_json(addr, "/stats").unwrap()["total"], 3);

        let wrong = on.run("requests", &["--get", &at("/status/404"), "--json", &at("/html")]);
        wrong.bad().shows("404 Not Found").shows("it is no JSON").tells("2 requests failed");
        let (_held, down) = nobody_listens();
        let down = format!("http://{down}/");
        let args = ["--check", &at("/get"), "--check", &down, "--post", &down];
        on.run("requests", &args).bad().shows("cannot connect").tells("2 requests failed");
        let hang = ["--check", &at("/hang"), "--timeout", "0.05"];
        on.run("requests", &hang).bad().shows("no answer within 50ms").tells("a request failed");
    }
}

#[test]
fn what_is_no_address_is_refused_before_anything_is_sent() {
    for url in ["ftp://127.0.0.1/", "127.0.0.1:80", "http://", "not an address"] {
        run("requests", &["--get", url]).bad().tells(url).tells("http://");
        run("requests", &["--check", url]).bad().tells("--check");
        for program in ["crawl", "pipeline", "fetch"] {
            run(program, &["--url", url]).bad().tells("http://");
        }
    }
    run("requests", &["--data", "{key"]).bad().tells("give JSON, such as");
    run("crawl", &["--tries", "0"]).bad().tells("--tries");
    run("crawl", &["--url", "http://a/{i%0}"]).bad().tells("a number above 0");
    run("pipeline", &["--room", "0"]).bad().tells("--room");
    run("fetch", &["--cache", "0"]).bad().tells("--cache");
    run("fetch", &["--distinct", "0"]).bad().tells("--distinct");
}

#[test]
fn bad_addresses_do_not_end_the_pipelines_consumers() {
    for on in SCHEDULERS {
        on.run("pipeline", &["--scale", "0.05"]).good().shows("300 of 300: 300 pages");
        for bad in [1, 5, 20] {
            let args = ["--scale", "0.02", "--bad", &bad.to_string()];
            let ended = on.run("pipeline", &args).bad();
            ended.shows(&format!("{0} of {0}: 300 pages", 300 + bad));
            assert_eq!(ended.out.matches(": cannot connect").count(), bad, "{}", ended.out);
            ended.tells("not work").shows("at most");
        }
    }
}

#[test]
fn the_pipelines_queue_holds_its_producer_back() {
    for on in SCHEDULERS {
        for (room, full) in [("2", 2.0), ("100", 100.0)] {
            let ended = on.run("pipeline", &["--scale", "0.1", "--room", room]).good();
            assert_eq!(number(&ended, "queue    at most "), full, "{}", ended.out);
        }
        on.run("pipeline", &["--pages", "0"]).good().shows("0 of 0").shows("at most 0 of 100");
        let args = ["--pages", "3", "--consumers", "9", "--room", "1", "--scale", "0.1"];
        on.run("pipeline", &args).good().shows("3 of 3");
    }
}

#[test]
fn a_server_that_hangs_or_fails_is_a_result_of_the_pipeline() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let url = format!("http://{addr}/hang");
        let args = ["--url", &url, "--pages", "8", "--timeout", "0.05"];
        let ended = on.run("pipeline", &args).bad();
        ended.shows("8 of 8: 0 pages").shows("no answer within 50ms").tells("8 addresses");
        let url = format!("http://{addr}/status/503");
        on.run("pipeline", &["--url", &url, "--pages", "1"]).bad().tells("an address did not");
    }
}

#[test]
fn fetch_with_a_cache_fetches_equal_addresses_once() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let url = format!("http://{addr}/delay/1");
        let args = ["--url", &url, "--requests", "100", "--limit", "7", "--cache"];
        let ended = on.run("fetch", &args).good();
        ended.shows("100 of 100 succeeded").shows("1, of which 0 were retries");
        ended.shows("99 requests were answered by another one's fetch");
        assert_eq!(get_json(addr, "/stats").unwrap()["total"], 1);

        let args = ["--distinct", "20", "--requests", "200", "--cache", "--scale", "0.1"];
        let ended = on.run("fetch", &args).good();
        ended.shows("200 of 200 succeeded").shows("22, of which 2 were retries");
        ended.shows("180 requests were answered by");
    }
}

#[test]
fn a_cache_does_not_keep_failures_and_keeps_to_its_room() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let url = format!("http://{addr}/status/404");
        let args = ["--url", &url, "--requests", "5", "--limit", "1", "--cache"];
        on.run("fetch", &args).bad().shows("0 of 5 succeeded").shows("404 Not Found");
        let url = format!("http://{addr}/get?page={{i%3}}");
        let args = ["--url", &url, "--requests", "30", "--limit", "1", "--cache", "1"];
        on.run("fetch", &args).good().shows("30 of 30 succeeded");
    }
}
