//! The embedded server and `fetch`, over real sockets.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use common::{On, Running, SCHEDULERS, nobody_listens};
use examples::plain::{get, get_json};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

fn server(on: On) -> (Running, SocketAddr) {
    let server = on.start("server", &["--port", "0", "--scale", "0.01"]);
    let addr = server.addr();
    (server, addr)
}

#[track_caller]
fn status(addr: SocketAddr, path: &str) -> u16 {
    get(addr, path, PATIENCE).unwrap().0
}

/// What the server answers to these bytes, up to the end of the connection.
fn raw(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn every_page_is_there() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        assert_eq!(get_json(addr, "/json").unwrap()["slideshow"]["title"], "Sample Slide Show");
        assert_eq!(get_json(addr, "/get?a=1&b").unwrap()["args"]["a"], "1");
        assert_eq!(get_json(addr, "/delay/2").unwrap()["url"], format!("http://{addr}/delay/2"));
        assert_eq!(get_json(addr, "/products/7").unwrap()["id"], 7);
        assert_eq!(get_json(addr, "/lat/3").unwrap()["origin"], "127.0.0.1");
        assert_eq!(get(addr, "/fixed/5", PATIENCE).unwrap().1.len(), 1256);
        assert!(
            String::from_utf8(get(addr, "/html", PATIENCE).unwrap().1).unwrap().contains("<h1>")
        );
    }
}

#[test]
fn a_post_comes_back() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let body = r#"{"key": "value"}"#;
        let length = body.len();
        let head = "POST /post HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length:";
        let answer = raw(addr, &format!("{head} {length}\r\n\r\n{body}"));
        let (head, json) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let json: Value = serde_json::from_str(json).unwrap();
        assert_eq!(json["json"]["key"], "value");
        assert_eq!(json["data"], body);
    }
}

#[test]
fn mistakes_have_the_usual_statuses() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let cases = [
            ("/nowhere", 404),
            ("/post", 405),
            ("/delay/soon", 400),
            ("/delay/-1", 400),
            ("/lat/x", 400),
            ("/status/418", 418),
            ("/status/503", 503),
            ("/status/x", 400),
            ("/status/100", 400),
        ];
        for (path, expected) in cases {
            assert_eq!(status(addr, path), expected, "{path}");
        }
    }
}

#[test]
fn flaky_and_drop_fail_as_often_as_asked() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let statuses: Vec<_> = (0..4).map(|_| status(addr, "/flaky/a/2/503")).collect();
        assert_eq!(statuses, [503, 503, 200, 200]);
        assert!(get(addr, "/drop/b/1", PATIENCE).is_err());
        assert_eq!(status(addr, "/drop/b/1"), 200);
        let keys = get_json(addr, "/reset").unwrap();
        assert_eq!(keys["total"], 0);
        assert_eq!(status(addr, "/flaky/a/2/503"), 503);
    }
}

#[test]
fn the_counters_count_requests_and_connections_but_not_themselves() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        for _ in 0..3 {
            assert_eq!(status(addr, "/get"), 200);
        }
        let stats = get_json(addr, "/stats").unwrap();
        assert_eq!(
            stats,
            serde_json::json!({
                "total": 3, "in_flight": 0, "peak_in_flight": 1, "connections": 3
            })
        );
        assert_eq!(get_json(addr, "/reset").unwrap()["connections"], 0);
    }
}

#[test]
fn a_client_that_leaves_is_not_in_flight_any_more() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let in_flight = || get_json(addr, "/stats").unwrap()["in_flight"].clone();
        // Each look is a request of its own, so the server moves on between two of them.
        let seen = |n: i32| (0..10_000).any(|_| in_flight() == n);
        assert!(seen(1), "the hanging request was never counted");
        drop(stream);
        assert!(seen(0), "the hanging request is still counted");
    }
}

#[cfg(unix)]
#[test]
fn the_server_stops_on_ctrl_c_although_a_request_hangs() {
    for on in SCHEDULERS {
        let (server, addr) = server(on);
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.write_all(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!(status(addr, "/get"), 200);
        server.ctrl_c();
        server.ended().good().shows("stopped; counted").shows(on.says);
    }
}

#[test]
fn fetch_keeps_exactly_to_its_limit_and_reuses_connections() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        // 300 ms: long enough that the first twenty meet, however busy the machine is.
        let url = format!("http://{addr}/fixed/30000");
        let ended = on.run("fetch", &["--url", &url, "--requests", "40", "--limit", "20"]).good();
        ended.shows("40 of 40 succeeded").shows(on.says).shows("20 opened, used again 20 times");
        let stats = get_json(addr, "/stats").unwrap();
        assert_eq!(stats["peak_in_flight"], 20, "{stats}");
        assert_eq!(stats["connections"], 20, "{stats}");
    }
}

#[test]
fn fetch_tries_the_products_again_that_fail_at_first() {
    for on in SCHEDULERS {
        let ended =
            on.run("fetch", &["--requests", "200", "--limit", "20", "--scale", "0.1"]).good();
        ended.shows("200 of 200 succeeded").shows("220, of which 20 were retries");
        let (_, rest) = ended.out.split_once("at most ").unwrap();
        let peak: u32 = rest.split(' ').next().unwrap().parse().unwrap();
        assert!((1..=20).contains(&peak), "{ended:#?}");
    }
}

#[test]
fn fetch_gives_up_after_the_attempts_it_was_given_and_says_where() {
    for on in SCHEDULERS {
        let args = ["--requests", "40", "--fail-first", "9", "--retries", "3", "--scale", "0.01"];
        let ended = on.run("fetch", &args).bad();
        ended.shows("36 of 40 succeeded").shows("52, of which 12 were retries");
        ended.shows("gave up after 4 attempts");
    }
}

#[test]
fn fetch_does_not_try_again_what_another_try_cannot_mend() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let url = format!("http://{addr}/status/404");
        let ended = on.run("fetch", &["--url", &url, "--requests", "3"]).bad();
        ended.shows("3, of which 0 were retries").shows(
            "gave up after 1 attempt, because another would not help: the server answered 404",
        );
        let url = format!("http://{addr}/status/429");
        let ended = on.run("fetch", &["--url", &url, "--requests", "3", "--backoff", "0.01"]).bad();
        ended.shows("9, of which 6 were retries");
    }
}

#[test]
fn fetch_fills_numbers_into_the_url() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let url = format!("http://{addr}/flaky/{{i}}-{{i%3}}/1/503");
        let ended =
            on.run("fetch", &["--url", &url, "--requests", "9", "--backoff", "0.01"]).good();
        ended.shows("18, of which 9 were retries");
    }
}

#[test]
fn fetch_stops_waiting_for_an_answer_that_never_comes() {
    for on in SCHEDULERS {
        let (_server, addr) = server(on);
        let url = format!("http://{addr}/hang");
        let args = ["--url", &url, "--requests", "4", "--timeout", "0.05", "--backoff", "0.01"];
        let ended = on.run("fetch", &args).bad();
        ended.shows("12, of which 8 were retries").shows("no answer within 50ms");
        let args = ["--url", &url, "--requests", "4", "--total-timeout", "0.1"];
        on.run("fetch", &args).bad().shows("0 of 4 succeeded").shows("out of time");
    }
}

#[test]
fn fetch_without_a_server_says_that_it_cannot_connect() {
    for on in SCHEDULERS {
        let (_held, addr) = nobody_listens();
        let url = format!("http://{addr}/");
        let args = ["--url", &url, "--requests", "2", "--backoff", "0.01"];
        on.run("fetch", &args).bad().shows("gave up after 3 attempts: cannot connect");
    }
}

/// The pipes of a program close when the last process that has them ends: its server included.
#[cfg(unix)]
#[test]
fn the_server_process_ends_when_its_parent_is_killed() {
    for on in SCHEDULERS {
        let fetch = on.start("fetch", &["--scale", "100", "--limit", "1"]);
        assert!(fetch.error_line().contains("1000 to do"));
        fetch.signal("-KILL");
        let ended = fetch.ended().bad();
        assert!(!ended.out.contains("succeeded"), "{ended:#?}");
    }
}
