//! The search service over sockets: what it answers, and how it starts and stops.
//!
//! `search_combine.rs` has the same ends in virtual time.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::{On, Running, SCHEDULERS, nobody_listens, run};
use examples::client::Client;
use examples::flags::Scheduler;
use examples::plain::get;
use mainspring::task::gather;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
const SEARCH: &str = "/search?keyword=AI";
const ALL: &str = concat!(
    r#"{"keyword":"AI","total":3,"results":["DB_AI_1","DB_AI_2","Sample Slide Show"],"#,
    r#""partial_failure":false}"#
);
const NO_API: &str = concat!(
    r#"{"keyword":"AI","total":2,"results":["DB_AI_1","DB_AI_2"],"#,
    r#""partial_failure":true}"#
);
const NO_DB: &str =
    r#"{"keyword":"AI","total":1,"results":["Sample Slide Show"],"partial_failure":true}"#;

/// The service on a free port, ten times as fast as the document's. Its limits are wide where
/// `args` do not set them: on a busy machine an answer may be late.
fn service(on: On, args: &[&str]) -> (Running, SocketAddr) {
    let mut all = vec!["--port", "0", "--scale", "0.1"];
    for flag in ["--timeout", "--api-timeout", "--head-timeout"] {
        if !args.contains(&flag) {
            all.extend([flag, "600"]);
        }
    }
    all.extend(args);
    let service = on.start("search", &all);
    let addr = service.addr();
    (service, addr)
}

#[track_caller]
fn ask(addr: SocketAddr, path: &str) -> (u16, String) {
    let (status, body) = get(addr, path, PATIENCE).unwrap();
    (status, String::from_utf8(body).unwrap())
}

/// A connection on which these bytes have been sent.
fn sent(addr: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    stream
}

/// Everything that comes until the other side closes.
fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // A body that nobody has read makes the system say so: what came before counts.
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(answer).unwrap(),
    }
}

/// The value of one line of `/metrics`.
#[track_caller]
fn metric(addr: SocketAddr, name: &str) -> f64 {
    let (status, page) = ask(addr, "/metrics");
    assert_eq!(status, 200);
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {page}")).parse().unwrap()
}

/// Asks until an answer is as it must become: each is a request, so the service moves on meanwhile.
#[track_caller]
fn soon(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}: not so after {PATIENCE:?}");
    }
}

#[track_caller]
fn becomes(addr: SocketAddr, name: &str, value: f64) {
    soon(&format!("{name} is {value}"), || metric(addr, name) == value);
}

#[test]
fn the_answer_is_the_documents_byte_for_byte() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &[]);
        let start = Instant::now();
        assert_eq!(ask(addr, SEARCH), (200, ALL.to_owned()));
        assert!(start.elapsed() >= Duration::from_millis(80));
        let answer = rest(sent(
            addr,
            &format!("GET {SEARCH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        ));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, ALL);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("content-type: application/json\r\n"), "{head}");
        // The last one of two counts, a plus is a space, and what is no UTF-8 is replaced.
        let (_, body) = ask(addr, "/search?keyword=x&keyword=%E5%BC%82+%ff&other=1");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["keyword"], "异 \u{fffd}");
        assert_eq!(ask(addr, "/search?keyword=").0, 200);
    }
}

#[test]
fn mistakes_have_fastapis_statuses_and_bodies() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &[]);
        let missing = concat!(
            r#"{"detail":[{"type":"missing","loc":["query","keyword"],"#,
            r#""msg":"Field required","input":null}]}"#
        );
        assert_eq!(ask(addr, "/search"), (422, missing.to_owned()));
        assert_eq!(ask(addr, "/search?key=AI"), (422, missing.to_owned()));
        assert_eq!(ask(addr, "/nowhere"), (404, r#"{"detail":"Not Found"}"#.to_owned()));
        let post = |length: u32| {
            let head = format!("POST {SEARCH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
            rest(sent(addr, &format!("{head}Content-Length: {length}\r\n\r\n")))
        };
        let answer = post(0);
        assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: GET"), "{answer}");
        assert!(answer.ends_with(r#"{"detail":"Method Not Allowed"}"#), "{answer}");
        // Refused before it is sent.
        assert!(post(1 << 20).starts_with("HTTP/1.1 413 "));
        assert!(ask(addr, "/").1.contains("/search?keyword=AI"));
        let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(100_000));
        assert!(rest(sent(addr, &long)).starts_with("HTTP/1.1 4"));
        assert!(rest(sent(addr, "no HTTP at all\r\n\r\n")).starts_with("HTTP/1.1 400 "));
        assert_eq!(ask(addr, SEARCH).0, 200);
    }
}

#[test]
fn a_source_that_fails_makes_the_answer_partial() {
    for on in SCHEDULERS {
        let (running, addr) = service(on, &["--api-fail"]);
        assert_eq!(ask(addr, SEARCH), (200, NO_API.to_owned()));
        assert!(running.error_line().contains("api failed: it answered 503"));
        let (_running, addr) = service(on, &["--db-fail"]);
        assert_eq!(ask(addr, SEARCH), (200, NO_DB.to_owned()));
        let (_running, addr) = service(on, &["--db-fail", "--api-fail"]);
        assert_eq!(ask(addr, SEARCH), (502, r#"{"detail":"All sources failed"}"#.to_owned()));
        assert_eq!(metric(addr, r#"search_sources_total{source="db",end="failed"}"#), 1.0);
    }
}

#[test]
fn an_api_that_is_late_or_down_or_strange_makes_it_partial_too() {
    let (_held, nobody) = nobody_listens();
    for on in SCHEDULERS {
        let (running, addr) = service(on, &["--api-delay", "10", "--api-timeout", "2"]);
        let start = Instant::now();
        assert_eq!(ask(addr, SEARCH), (200, NO_API.to_owned()));
        assert!(start.elapsed() >= Duration::from_millis(200));
        assert!(running.error_line().contains("api failed: no answer within 200ms"));
        let (_server, other) = {
            let server = on.start("server", &["--port", "0"]);
            let addr = server.addr();
            (server, addr)
        };
        for (url, why) in [
            (format!("http://{nobody}/"), "cannot connect"),
            (format!("http://{other}/html"), "is no JSON"),
            (format!("http://{other}/get"), "has no title"),
            (format!("http://{other}/drop/x/9"), "broke off"),
        ] {
            let (running, addr) = service(on, &["--api-url", &url]);
            assert_eq!(ask(addr, SEARCH), (200, NO_API.to_owned()));
            let line = running.error_line();
            assert!(line.contains("api failed") && line.contains(why), "{line}");
        }
    }
}

#[test]
fn a_database_that_hangs_is_a_504_at_the_limit_and_is_dropped() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &["--db-delay", "3600", "--timeout", "3"]);
        let start = Instant::now();
        assert_eq!(ask(addr, SEARCH), (504, r#"{"detail":"Search timeout"}"#.to_owned()));
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(300) && took < PATIENCE, "{took:?}");
        becomes(addr, r#"search_sources_total{source="db",end="dropped"}"#, 1.0);
    }
}

#[test]
fn a_client_that_leaves_takes_its_sources_with_it() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &["--db-delay", "3600"]);
        let client = sent(addr, &format!("GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        // Itself, and the request that asks.
        becomes(addr, "search_requests_in_flight", 2.0);
        drop(client);
        becomes(addr, r#"search_sources_total{source="db",end="dropped"}"#, 1.0);
        becomes(addr, "search_requests_dropped_total", 1.0);
        becomes(addr, "search_requests_in_flight", 1.0);
    }
}

#[test]
fn a_hundred_searches_at_once_take_as_long_as_one() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &[]);
        let url: hyper::Uri = format!("http://{addr}{SEARCH}").parse().unwrap();
        Scheduler::CURRENT_THREAD.runtime().unwrap().block_on(async {
            let client = Client::new(100);
            let start = Instant::now();
            let ask = |client: Client, url| async move { client.get(&url).await };
            let answers = gather((0..100).map(|_| ask(client.clone(), url.clone()))).await.unwrap();
            assert!(answers.iter().all(|answer| answer.body == ALL));
            // One after the other it could not be less.
            assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
            assert_eq!(client.opened(), 100);
            client.get(&url).await.unwrap();
            assert_eq!((client.opened(), client.reused()), (100, 1), "kept alive");
        });
        assert_eq!(metric(addr, "search_seconds_count"), 101.0);
    }
}

#[test]
fn a_client_that_is_slow_or_silent_is_closed_and_makes_room() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &["--connections", "2", "--head-timeout", "10"]);
        let start = Instant::now();
        let silent = sent(addr, "");
        let slow = sent(addr, "GET /search?keyword=AI HTTP/1.1\r\nHost: x\r\nX-Slow: ");
        // The third waits until one of the two is closed, and is then served as any other.
        assert_eq!(ask(addr, SEARCH), (200, ALL.to_owned()));
        assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
        for stream in [silent, slow] {
            let answer = rest(stream);
            assert!(!answer.contains(" 200 "), "{answer}");
        }
        // One that is between two requests is closed too.
        let idle = rest(sent(addr, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert!(idle.ends_with(r#"{"detail":"Not Found"}"#), "{idle}");
    }
}

/// A client that does not read holds nobody up: its answer lies in the system's buffer.
#[test]
fn a_client_that_does_not_read_holds_nobody_up() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &[]);
        let ten = format!("GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(10);
        let deaf = sent(addr, &ten);
        assert_eq!(ask(addr, SEARCH), (200, ALL.to_owned()));
        becomes(addr, r#"search_requests_total{path="/search",status="200"}"#, 11.0);
        drop(deaf);
    }
}

#[test]
fn metrics_and_tasks_show_a_search_that_runs() {
    for on in SCHEDULERS {
        let (_service, addr) = service(on, &["--db-delay", "3600"]);
        assert_eq!(ask(addr, "/nowhere").0, 404);
        let client = sent(addr, &format!("GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let us = format!("(client {})", client.local_addr().unwrap());
        becomes(addr, r#"search_sources_total{source="api",end="answered"}"#, 1.0);
        let task_with = |words: &[&str]| {
            let (_, text) = ask(addr, "/tasks");
            text.lines().any(|line| words.iter().all(|word| line.contains(word)))
        };
        soon("the search waits", || task_with(&[&us, "waiting for", "polls", "serve.rs"]));
        soon("its database waits", || task_with(&["waiting for a timer in", "combine.rs"]));

        let json: Vec<Value> = serde_json::from_str(&ask(addr, "/tasks.json").1).unwrap();
        let of = |place: &str| {
            let at = |task: &&Value| task["spawned_at"].as_str().unwrap().contains(place);
            json.iter().find(at).unwrap_or_else(|| panic!("nothing from {place} in {json:?}"))
        };
        assert!(of("combine.rs")["waits_for"][0]["timer"].as_f64().unwrap() > 1.0);
        assert!(json.iter().any(|task| us.contains(task["name"].as_str().unwrap_or("no name"))));
        assert!(json.iter().any(|task| task["kind"] == "block_on"));

        assert_eq!(metric(addr, r#"search_requests_total{path="other",status="404"}"#), 1.0);
        assert_eq!(metric(addr, r#"search_seconds{quantile="0.99"}"#), 0.0);
        assert!(metric(addr, "mainspring_tasks") >= 3.0);
        assert!(metric(addr, "mainspring_workers") >= 1.0);
        assert!(metric(addr, r#"mainspring_sleeps_total{worker="0"}"#) >= 1.0);
        assert!(metric(addr, r#"mainspring_busy_seconds_total{worker="0"}"#) > 0.0);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_lets_a_running_search_end_and_closes_idle_connections() {
    for on in SCHEDULERS {
        let (running, addr) = service(on, &["--db-delay", "5", "--grace", "600"]);
        let idle = sent(addr, "");
        let client = sent(addr, &format!("GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        becomes(addr, "search_requests_in_flight", 2.0);
        running.ctrl_c();
        while !running.line().starts_with("stopping") {}
        assert_eq!(rest(idle), "");
        // No `Connection: close` in the request: the service closes by itself.
        let answer = rest(client);
        assert!(answer.ends_with(ALL) && answer.contains("connection: close"), "{answer}");
        assert!(TcpStream::connect(addr).is_err(), "nobody accepts any more");
        let ended = running.ended().good();
        ended.shows("1 request was running: 1 ended, 0 cut off").shows(on.says);
    }
}

#[cfg(unix)]
#[test]
fn a_search_that_outlasts_the_grace_is_cut_off() {
    for on in SCHEDULERS {
        for hurry in [false, true] {
            let grace = if hurry { "3600" } else { "1" };
            let args = ["--db-delay", "3600", "--grace", grace];
            let (running, addr) = service(on, &args);
            let client = sent(addr, &format!("GET {SEARCH} HTTP/1.1\r\nHost: x\r\n\r\n"));
            becomes(addr, "search_requests_in_flight", 2.0);
            running.ctrl_c();
            while !running.line().starts_with("stopping") {}
            if hurry {
                running.ctrl_c();
            }
            assert_eq!(rest(client), "");
            running.ended().good().shows("1 request was running: 0 ended, 1 cut off");
        }
    }
}

#[test]
fn the_program_checks_itself() {
    for on in SCHEDULERS {
        let ended = on.run("search", &["--check", "--scale", "0.1"]).good();
        for body in [ALL, NO_API, NO_DB, "All sources failed", "Search timeout"] {
            ended.shows(body);
        }
        ended.shows("50 of 50 searches at once").shows("1 ended, 0 cut off").shows(on.says);
    }
}

#[test]
fn a_flag_or_a_port_that_cannot_be_is_refused_with_the_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    run("search", &["--port", &port]).bad().tells(&port).tells("--port N");
    run("search", &["--api-url", "ftp://example.org/"]).bad().tells("https://");
    run("search", &["--api-url", "nonsense"]).bad().tells("http://");
    run("search", &["--timeout", "-1"]).bad();
    run("search", &["--timeout", "0"]).bad().tells("give a time above 0");
    run("search", &["--db-delay", "1e9"]).bad().tells("at most a day");
    run("search", &["--api-delay", "11"]).bad().tells("at most 10");
    run("search", &["--db-delay", "soon"]).bad().tells("give seconds");
    run("search", &["--connections", "0"]).bad().tells("--connections");
    run("search", &["--check", "--db-fail"]).bad().tells("--db-fail");
    run("search", &["--threads", "0"]).bad().tells("--current-thread");
}
