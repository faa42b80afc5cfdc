//! The load client: what it counts, and every way in which a server can fail it.

mod common;

use common::{SCHEDULERS, nobody_listens, run};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

#[test]
fn every_request_is_answered_and_counted() {
    for on in SCHEDULERS {
        let args = ["--requests", "3000", "--connections", "20"];
        let ended = on.run("load", &args).good();
        ended.shows("20 connections to 127.0.0.1:").shows("3000 requests in ").shows("errors: 0");
        ended.shows("latency: p50 ").shows("p99.9").shows(&format!("ran on {}", on.says));
        // More than fits into the sockets' buffers, so reads and writes must go on together.
        let args = ["--requests", "6", "--connections", "2", "--size", "10000000"];
        on.run("load", &args).good().shows("6 requests in ").shows("errors: 0");
    }
}

#[test]
fn a_rate_is_kept_and_a_time_is_too() {
    for on in SCHEDULERS {
        let args = ["--requests", "100", "--rate", "200", "--connections", "4"];
        let ended = on.run("load", &args).good();
        // The last of a hundred is due after 0.495 s.
        let seconds = ended.out.split(" requests in ").nth(1).unwrap().split(' ').next().unwrap();
        assert!((0.49..30.0).contains(&seconds.parse::<f64>().unwrap()), "{}", ended.out);
        let ended = on.run("load", &["--seconds", "0.3", "--rate", "100"]).good();
        ended.shows("30 requests in ").shows("errors: 0");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_early_and_shows_what_there_is() {
    for on in SCHEDULERS {
        let load = on.start("load", &["--seconds", "6", "--rate", "100"]);
        // A quarter is done: it looks after ctrl-c by now.
        while !load.error_line().contains(" of 60 after ") {}
        load.ctrl_c();
        let ended = load.ended().good();
        ended.shows("errors: 0");
        assert!(!ended.out.contains("\n600 requests"), "{}", ended.out);
    }
}

/// A server that does `what` with each connection.
fn server(what: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || what(stream));
        }
    });
    addr
}

#[test]
fn errors_are_counted_by_kind() {
    let args = ["--requests", "6", "--connections", "2", "--timeout", "0.2"];
    for on in SCHEDULERS {
        let against = |addr: &str| on.run("load", &[&args, &["--addr", addr][..]].concat()).bad();
        let (_held, nobody) = nobody_listens();
        let ended = against(&nobody.to_string());
        ended.shows("errors: 6").shows("6 × cannot connect: ").tells("6 requests failed");

        let closes = server(|mut stream| drop(stream.read_exact(&mut [0; 64])));
        against(&closes).shows("6 × the server closed the connection");

        let wrong = server(|mut stream| {
            while stream.read_exact(&mut [0; 64]).is_ok() && stream.write_all(&[9; 64]).is_ok() {}
        });
        against(&wrong).shows("6 × the answer is not what was sent");

        let hangs = server(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
        against(&hangs).shows("6 × no answer in time (--timeout)");
    }
}

#[test]
fn a_flag_that_makes_no_sense_is_refused_with_the_reason() {
    run("load", &["--requests", "5", "--seconds", "1"]).bad().tells("--seconds");
    run("load", &["--requests", "0"]).bad().tells("1 or more");
    run("load", &["--connections", "0"]).bad().tells("give a whole number, 1 to 1000000");
    run("load", &["--rate", "0"]).bad().tells("above 0");
    run("load", &["--size", "0"]).bad().tells("give 1 to 16777216 bytes");
    run("load", &["--addr", "here"]).bad().tells("--addr");
}
