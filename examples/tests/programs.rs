//! The programs as their users run them, at a small scale.

mod common;

use common::{SCHEDULERS, nobody_listens, run, start_with};
use std::net::TcpListener;
use std::process::Stdio;

#[test]
fn the_queue_ends_when_every_item_is_done() {
    for on in SCHEDULERS {
        let second = on.run("queue", &["--scale", "0.02"]).good();
        second.shows("all 20 items done").shows(&format!("ran on {}", on.says));
        assert_eq!(second.out.matches("taken by").count(), 20);
        let third = on.run("queue", &["--document", "third", "--scale", "0.02"]).good();
        third.shows("all 5 items done, by consumer [5]");
    }
}

#[test]
fn the_queue_ends_with_more_consumers_than_items() {
    for on in SCHEDULERS {
        let args = ["--items", "2", "--consumers", "7", "--room", "0", "--scale", "0.02"];
        on.run("queue", &args).good().shows("all 2 items done");
        on.run("queue", &["--items", "0", "--scale", "0.02"]).good().shows("all 0 items done");
        on.run("queue", &["--consumers", "0"]).bad().tells("--consumers");
    }
}

/// The times too: each is read while nobody else can print.
#[test]
fn the_queue_prints_its_items_in_the_order_of_the_document() {
    for on in SCHEDULERS {
        let ended = on.run("queue", &["--document", "third", "--scale", "0.1"]).good();
        let order = |what: &str| -> Vec<String> {
            let of = |line: &str| {
                line.split_whitespace().skip_while(|w| *w != "item").nth(1).map(String::from)
            };
            ended.out.lines().filter(|line| line.contains(what)).filter_map(of).collect()
        };
        for what in ["put", "taken", "done"] {
            let items: Vec<_> = order(what).into_iter().take(5).collect();
            assert_eq!(items, ["0", "1", "2", "3", "4"], "{what}: {}", ended.out);
        }
        let time = |line: &str| line.strip_prefix('[')?.split(']').next()?.trim().parse().ok();
        let times: Vec<f64> = ended.out.lines().filter_map(time).collect();
        assert!(times.len() == 16 && times.is_sorted(), "{}", ended.out);
    }
}

#[test]
fn the_queue_puts_and_takes_at_full_speed_and_loses_nothing() {
    for on in SCHEDULERS {
        let args = ["--items", "2000", "--consumers", "8", "--make", "0", "--work", "0"];
        let ended = on.run("queue", &args).good();
        ended.shows("all 2000 items done");
        for what in [" put,", " taken by", " done\n"] {
            assert_eq!(ended.out.matches(what).count(), 2000, "{what:?} on {}", on.says);
        }
    }
}

#[test]
fn the_echo_brings_every_text_back_unchanged() {
    for on in SCHEDULERS {
        let ended = on.run("echo", &["--check"]).good();
        assert_eq!(ended.out.matches("came back unchanged").count(), 3, "{}", ended.out);
        ended.shows("50 bytes \"异异").shows("3 clients served");
        ended.shows(&format!("ran on {}", on.says));
    }
}

/// S2.12, `FIX`: the lines of the server, in the reference's order. (There the server's word for a
/// piece is "Received"; the third text ends the handler of the original.)
#[test]
fn the_echo_prints_what_the_reference_prints() {
    let ended = SCHEDULERS[0].run("echo", &["--check"]).good();
    let of = |line: &str| line.split_once(": ").map(|(_, what)| what.to_owned());
    let server = ended.out.lines().filter(|line| line.starts_with("127.0.0.1:"));
    let lines: Vec<_> = server.filter_map(of).collect();
    let (xs, characters) = ("\"xxxxxxxxxxxx…\"", "\"异异异异异异异异异异异异…\"");
    let expected = [
        "connected".to_owned(),
        "5 bytes \"hello\"".to_owned(),
        "closed after 5 bytes".to_owned(),
        "connected".to_owned(),
        format!("100 bytes {xs}"),
        format!("100 bytes {xs}"),
        format!("50 bytes {xs}"),
        "closed after 250 bytes".to_owned(),
        "connected".to_owned(),
        format!("100 bytes {characters}"),
        format!("50 bytes {characters}"),
        "closed after 150 bytes".to_owned(),
    ];
    assert_eq!(lines, expected, "{}", ended.out);
}

#[cfg(unix)]
#[test]
fn the_echo_server_stops_cleanly_on_ctrl_c() {
    for on in SCHEDULERS {
        let server = on.start("echo", &["--port", "0"]);
        let port = server.addr().port().to_string();
        on.run("echo", &["--client", "--port", &port]).good().shows("came back unchanged");
        // One client stays connected and says nothing; it must not hold the server up.
        let silent = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let us = format!("{}: connected", silent.local_addr().unwrap());
        while server.line() != us {}
        server.ctrl_c();
        server.ended().good().shows("4 clients served").shows(&format!("ran on {}", on.says));
        drop(silent);
    }
}

#[test]
fn without_a_flag_a_program_runs_on_as_many_threads_as_there_are_cores() {
    let cores = std::thread::available_parallelism().unwrap();
    run("echo", &["--check"]).good().shows(&format!("ran on multi_thread, {cores} thread"));
}

#[test]
fn a_client_without_a_server_says_so() {
    let (_held, addr) = nobody_listens();
    let port = addr.port().to_string();
    run("echo", &["--client", "--port", &port]).bad().tells("is a server running on");
}

#[test]
fn a_port_in_use_is_named_with_the_flag_that_helps() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for program in ["echo", "server"] {
        let ended = run(program, &["--port", &port]).bad();
        ended.tells(&port).tells("--port N");
    }
}

#[test]
fn a_flag_that_makes_no_sense_is_refused_with_the_reason() {
    run("fetch", &["--scale", "0"]).bad().tells("give a factor above 0");
    run("fetch", &["--timeout", "-1"]).bad();
    run("fetch", &["--limit", "0"]).bad().tells("--limit");
    run("fetch", &["--url", "ftp://example.org/"]).bad().tells("https://");
    run("tour", &["--full", "--scale", "0.5"]).bad().tells("--scale");
    run("tour", &["--check", "0.5"]).bad().tells("give a ratio of 1 or more");
    for program in ["fetch", "queue", "echo", "server", "tour"] {
        run(program, &["--threads", "0"]).bad().tells("give 1 to 47").tells("--current-thread");
        run(program, &["--threads", "2", "--current-thread"]).bad().tells("--threads");
    }
}

#[test]
fn the_tour_shows_every_row_and_one_impossible_figure() {
    let ended = run("tour", &["--scale", "0.02", "--threads", "4"]).good();
    for name in ["one at a time", "10 threads"] {
        ended.shows(name);
    }
    for (name, times) in [("limit 5 ", 2), ("limit 10 ", 2), ("no limit ", 2)] {
        assert_eq!(ended.out.matches(name).count(), times, "{name}: {}", ended.out);
    }
    ended.shows("\ncurrent_thread\n").shows("\nmulti_thread, 4 threads\n");
    assert_eq!(ended.out.matches("  below floor\n").count(), 1, "{}", ended.out);
    ended.shows("measured 12.8 s for limit 5: 20.36 s are its floor");
    assert_eq!(ended.out.matches("× floor\n").count(), 4, "{}", ended.out);
    ended.shows("50 of 50 succeeded").shows("all 5 items done").shows("came back unchanged");
    ended.tells("100 to do");
}

/// All stops but the first, which has both in any case.
#[test]
fn the_tour_runs_on_one_thread_too() {
    let ended = run("tour", &["--scale", "0.011", "--current-thread"]).good();
    ended.shows("The runtime is current_thread").shows("\nmulti_thread, ");
}

#[test]
fn the_tour_fails_when_a_row_is_slower_than_asked() {
    let ended = run("tour", &["--scale", "0.011", "--check", "1.0"]).bad();
    ended.tells("error: stop 1, A comparison").tells("blocking, one at a time: ");
    ended.tells("times its floor, more than 1").shows("NOT as promised").shows("WRONG");
    ended.shows("came back unchanged");
}

#[test]
fn the_tour_holds_every_claim_against_its_floor() {
    for on in SCHEDULERS {
        let ended = on.run("tour", &["--claims", "--scale", "0.01"]).good();
        for id in
            ["F1 ", "F2 ", "F3 ", "F5 ", "F6 ", "F7 ", "F8 ", "F9 ", "F10a ", "F10b ", "F10c "]
        {
            ended.shows(&format!("\n  {id}"));
        }
        for id in ["F10d ", "F10e ", "F11 ", "F12 ", "F13 ", "F14 ", "F15 "] {
            ended.shows(&format!("\n  {id}"));
        }
        assert_eq!(ended.out.matches("below the floor").count(), 4, "{}", ended.out);
        ended.shows("CPython, quoted").shows("Its delays are 0.01 of").shows(on.says);
        let wide = ended.out.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
    run("tour", &["--claims", "--check", "1.5"]).bad().tells("--check");
}

/// S1.6 and S1.7. Two calls of a second and one of two, a tenth as long.
#[test]
fn the_pool_of_threads_makes_blocking_calls_side_by_side() {
    for on in SCHEDULERS {
        let ended = on.run("threads", &["--scale", "0.1"]).good();
        assert_eq!(ended.out.matches(", by async_worker-").count(), 3, "{}", ended.out);
        // All ask before the first has an answer; answers stand in the order of the calls.
        let lines: Vec<_> = ended.out.lines().collect();
        assert!(lines[..3].iter().all(|line| line.starts_with("asking for /delay/")), "{lines:?}");
        let order: Vec<_> = lines[3..].iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(order[..3], ["/delay/1", "/delay/2", "/delay/1"]);
        ended.shows("total: ").shows("longest gap of the heartbeat: ");
    }
    run("threads", &["--pool", "1", "--scale", "0.02"]).good().shows(", by async_worker-0");
    run("threads", &["--pool", "0"]).bad().tells("--pool");
}

/// The server is a process of its own, with a runtime of its own: that one is not meant.
#[test]
fn a_timeline_is_of_the_program_and_not_of_its_server() {
    let file = std::env::temp_dir().join(format!("mainspring-of-{}.json", std::process::id()));
    let traced = [("MAINSPRING_TRACE", file.to_str().unwrap())];
    let args = ["--requests", "20", "--scale", "0.01", "--threads", "1"];
    start_with(&traced, "fetch", &args, Stdio::piped()).ended().good();
    let timeline = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(timeline.contains("runtime 1 (multi_thread)"));
    assert!(!timeline.contains("current_thread"));
}

#[test]
fn the_tour_names_the_folder_in_which_it_can_make_none() {
    let nowhere = [("TMPDIR", "/nowhere/at/all")];
    let ended = start_with(&nowhere, "tour", &["--scale", "0.011"], Stdio::piped()).ended().bad();
    ended.shows("no folder for a database in /nowhere/at/all:").tells("stop 4, A scraper");
}
