//! The chat: its rules line by line in virtual time, and what clients on real sockets do to it.

#![allow(dead_code)]

mod common;

use clap::Parser;
use common::{SCHEDULERS, run};
use examples::flags::Scheduler;
use examples::primer::{Out, record};
use examples::room::{Happened, Heard, Refused, Room};
use mainspring::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, WriteHalf, duplex};
use mainspring::io::{AsyncReadExt, split};
use mainspring::net::TcpSocket;
use mainspring::spawn;
use mainspring::time::timeout;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

#[path = "../chat.rs"]
mod chat;
use chat::{Guest, Options, Rules, talk};

/// No test here takes longer than a few seconds on a quiet machine.
const LIMIT: Duration = Duration::from_secs(120);
const RULES: Rules = Rules { longest: 40, idle: Duration::from_secs(100) };

#[track_caller]
fn compare(golden: &str, printed: &str) {
    assert_eq!(printed, golden, "\nprinted:\n{printed}");
}

/// Somebody in the room, over a stream in memory with room for so many bytes. What it hears is
/// printed, from `reads` on.
struct Visit {
    out: Out,
    who: &'static str,
    to: WriteHalf<DuplexStream>,
}

impl Visit {
    fn new(out: &Out, room: &Room, who: &'static str, bytes: usize, reads: f64) -> Visit {
        let (ours, theirs) = duplex(bytes);
        let (from, to) = split(ours);
        let (room, log) = (room.clone(), out.clone());
        spawn(async move { talk(&room, theirs, RULES).await });
        spawn(async move {
            log.rest(reads).await;
            let mut lines = BufReader::new(from).lines();
            while let Some(line) = lines.next_line().await.unwrap() {
                log.line(format!("{who} < {line}"));
            }
            log.line(format!("{who} < (the end)"));
        });
        Visit { out: out.clone(), who, to }
    }

    /// Says something, and gives everybody a second to hear it.
    async fn says(&mut self, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        self.out.line(format!("{} > {}", self.who, text.escape_ascii()));
        self.to.write_all(text).await.unwrap();
        self.to.write_all(b"\n").await.unwrap();
        self.out.rest(1.0).await;
    }
}

#[test]
fn names_lines_commands_and_the_end() {
    let printed = record(
        |_| {},
        async |out| {
            let room = Room::new(3, 8);
            let mut ann = Visit::new(&out, &room, "ann", 512, 0.0);
            ann.says("ann").await;
            let mut bob = Visit::new(&out, &room, "bob", 512, 0.0);
            for name in ["", "ANN", "a name", "a-name-that-is-too-long", "Bob"] {
                bob.says(name).await;
            }
            ann.says("hello").await;
            bob.says("  caf\u{e9}\tau lait \r").await;
            bob.says(b"\xff\x1b[2J").await;
            bob.says("").await;
            bob.says("/help").await;
            bob.says("/who").await;
            bob.says("y".repeat(40)).await;
            bob.says("z".repeat(41)).await;
            let mut cat = Visit::new(&out, &room, "cat", 512, 0.0);
            cat.says("cat").await;
            let mut dan = Visit::new(&out, &room, "dan", 512, 0.0);
            dan.says("dan").await;
            cat.to.shutdown().await?;
            out.rest(1.0).await;
            ann.says("/quit").await;
            drop(ann);
            out.line("the room is closed");
            room.close();
            out.rest(1.0).await;
            drop((bob, cat, dan));
            Ok(())
        },
    );
    compare(include_str!("../../tests/golden/chat/room.txt"), &printed);
}

#[test]
fn who_says_nothing_goes_and_who_does_not_come_in_too() {
    let printed = record(
        |_| {},
        async |out| {
            let room = Room::new(3, 8);
            let mut ann = Visit::new(&out, &room, "ann", 512, 0.0);
            let _bob = Visit::new(&out, &room, "bob", 512, 0.0);
            ann.says("ann").await;
            out.rest(89.0).await;
            ann.says("still here").await;
            out.rest(120.0).await;
            assert!(room.names().is_empty());
            Ok(())
        },
    );
    compare(include_str!("../../tests/golden/chat/idle.txt"), &printed);
}

/// Ann does not read for ten seconds; the others talk on, and nobody waits for her.
#[test]
fn a_slow_reader_is_told_how_many_lines_it_lost_and_stays() {
    let printed = record(
        |_| {},
        async |out| {
            let room = Room::new(3, 4);
            let mut ann = Visit::new(&out, &room, "ann", 80, 10.0);
            ann.says("ann").await;
            let mut bob = Visit::new(&out, &room, "bob", 512, 0.0);
            bob.says("bob").await;
            let start = mainspring::time::Instant::now();
            for n in 1..=12 {
                bob.to.write_all(format!("line {n}\n").as_bytes()).await?;
                mainspring::task::yield_now().await;
            }
            assert_eq!(start.elapsed(), Duration::ZERO);
            out.rest(12.0).await;
            bob.says("are you there?").await;
            ann.says("yes").await;
            Ok(())
        },
    );
    compare(include_str!("../../tests/golden/chat/slow.txt"), &printed);
}

#[test]
fn what_a_member_lost_does_not_count_its_own_lines() {
    Scheduler::CURRENT_THREAD.runtime().unwrap().block_on(async {
        let room = Room::new(2, 4);
        let (mut ann, mut bob) = (room.join("ann").unwrap(), room.join("bob").unwrap());
        assert!(matches!(ann.hear().await, Heard::This(Happened::Joined { here: 2, .. })));
        // Eleven lines; four are kept: 7, b8, 8 and b9, b being bob's.
        for n in 1..=9 {
            if n > 7 {
                bob.say("own");
            }
            ann.say(&n.to_string());
        }
        assert_eq!(bob.hear().await, Heard::Lost(7));
        for n in 8..=9 {
            match bob.hear().await {
                Heard::This(Happened::Said { text, .. }) => assert_eq!(*text, *n.to_string()),
                other => panic!("{other:?} instead of {n}"),
            }
        }
        assert_eq!(room.join("Ann").err(), Some(Refused::Full(2)));
        ann.leave("enough");
        assert_eq!(room.join("BOB").err(), Some(Refused::Taken("bob".to_owned())));
        room.close();
        let left = Happened::Left { name: "ann".into(), why: "enough".into(), here: 1 };
        assert_eq!(bob.hear().await, Heard::This(left));
        assert_eq!(bob.hear().await, Heard::Closed);
        assert_eq!(room.join("ann").err(), Some(Refused::Closed));
        assert_eq!(room.counts(), (2, 11));
    });
}

#[test]
fn server_and_guests_in_one_process() {
    for on in SCHEDULERS {
        let ended = on.run("chat", &["--check"]).good();
        ended.shows("hears: ann: hello, all").shows("stopped; 3 came in, 1 lines said");
    }
}

/// The program on both schedulers, and guests of it in a runtime of the test's own.
fn with_server<F: Future<Output = io::Result<()>>>(args: &[&str], test: impl Fn(SocketAddr) -> F) {
    for on in SCHEDULERS {
        let server = on.start("chat", &[&["--port", "0"], args].concat());
        let addr = server.addr();
        let runtime = Scheduler::multi_thread(2).runtime().unwrap();
        let ended = runtime.block_on(async { timeout(LIMIT, test(addr)).await });
        ended.expect("it hangs").unwrap();
    }
}

/// All that it hears until it has heard the last line.
async fn hears_all(mut guest: Guest) -> io::Result<(Guest, Vec<String>)> {
    let mut lines = Vec::new();
    loop {
        match guest.line().await? {
            line if line == "last: that is all" => return Ok((guest, lines)),
            line if line.starts_with("* ") => {}
            line => lines.push(line),
        }
    }
}

#[test]
fn a_hundred_clients_get_every_line_in_the_same_order() {
    with_server(&["--backlog", "4096"], async |addr| {
        let mut readers = Vec::new();
        for n in 0..90 {
            readers.push(spawn(hears_all(Guest::join(addr, &format!("reader{n}")).await?)));
        }
        let mut talkers = Vec::new();
        for n in 0..10 {
            talkers.push(Guest::join(addr, &format!("talker{n}")).await?);
        }
        let talk = talkers.into_iter().map(|mut guest| {
            spawn(async move {
                for n in 0..20 {
                    guest.says(&format!("line {n}")).await?;
                }
                io::Result::Ok(guest)
            })
        });
        let mut talked = Vec::new();
        for talker in talk.collect::<Vec<_>>() {
            talked.push(talker.await.unwrap()?);
        }
        // They have left when their lines are said: all of these come before the last one.
        let mut guests = Vec::new();
        for mut guest in talked {
            guest.says("/quit").await?;
            while guest.line().await? != "* goodbye" {}
            guests.push(guest);
        }
        let mut last = Guest::join(addr, "last").await?;
        last.says("that is all").await?;
        let mut all = Vec::new();
        for reader in readers {
            all.push(reader.await.unwrap()?.1);
        }
        assert_eq!(all[0].len(), 200, "{:?}", all[0]);
        for n in 0..10 {
            let from = format!("talker{n}: ");
            let own: Vec<_> = all[0].iter().filter(|line| line.starts_with(&from)).collect();
            assert!((0..20).all(|n| own[n].ends_with(&format!(" line {n}"))), "{own:?}");
        }
        for lines in &all {
            assert_eq!(*lines, all[0]);
        }
        Ok(())
    });
}

#[test]
fn one_who_does_not_read_does_not_slow_the_others() {
    with_server(&["--backlog", "64"], async |addr| {
        // A small window: what the system keeps for this one is soon full.
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        let mut slow = Guest::on(socket.connect(addr).await?);
        slow.hears("* welcome; what is your name?").await?;
        slow.says("slow").await?;
        slow.hears("* you are slow; 1 in the room: slow; /who, /quit").await?;
        let mut bob = Guest::join(addr, "bob").await?;
        let mut ann = Guest::join(addr, "ann").await?;
        assert_eq!(bob.line().await?, "* ann is here; 3 in the room");
        let text = "x".repeat(900);
        // 9 MB, in steps in which nobody who reads can fall behind.
        for _ in 0..250 {
            for _ in 0..40 {
                ann.says(&text).await?;
            }
            for _ in 0..40 {
                assert_eq!(bob.line().await?.len(), "ann: ".len() + 900);
            }
        }
        // The slow one is told, is still there, and hears what comes now.
        ann.says("welcome back").await?;
        let (mut lost, mut heard) = (0, 0);
        loop {
            match slow.line().await? {
                line if line == "ann: welcome back" => break,
                line if line.starts_with("! you were too slow; lines lost: ") => {
                    lost += line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
                }
                _ => heard += 1,
            }
        }
        // Two who came, and what was said.
        assert!(lost > 0 && lost + heard == 2 + 10_000, "{lost} lost, {heard} heard");
        slow.says("thanks").await?;
        assert_eq!(bob.line().await?, "ann: welcome back");
        assert_eq!(bob.line().await?, "slow: thanks");
        Ok(())
    });
}

#[test]
fn a_line_of_a_mebibyte_is_refused_and_its_sender_stays() {
    with_server(&[], async |addr| {
        let mut ann = Guest::join(addr, "ann").await?;
        let mut bob = Guest::join(addr, "bob").await?;
        ann.line().await?;
        bob.says(&"x".repeat(1 << 20)).await?;
        let refused = "! a line has at most 1000 bytes; yours was not passed on";
        assert_eq!(bob.line().await?, refused);
        bob.stream().write_all(b"caf\xe9 \x1b[31m\r\n").await?;
        assert_eq!(ann.line().await?, "bob: caf\u{fffd} \u{fffd}[31m");
        Ok(())
    });
}

#[test]
fn one_who_vanishes_has_left() {
    with_server(&[], async |addr| {
        let mut ann = Guest::join(addr, "ann").await?;
        let mut bob = Guest::join(addr, "bob").await?;
        ann.line().await?;
        bob.stream().set_zero_linger()?;
        drop(bob);
        assert_eq!(ann.line().await?, "* bob has left (connection lost); 1 in the room");
        // The name is free again.
        Guest::join(addr, "bob").await?;
        assert_eq!(ann.line().await?, "* bob is here; 2 in the room");
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_goodbye_to_all() {
    for on in SCHEDULERS {
        let server = on.start("chat", &["--port", "0"]);
        let addr = server.addr();
        Scheduler::CURRENT_THREAD.runtime().unwrap().block_on(async {
            let mut ann = Guest::join(addr, "ann").await.unwrap();
            let mut nobody = Guest::connect(addr).await.unwrap();
            assert_eq!(nobody.line().await.unwrap(), "* welcome; what is your name?");
            server.ctrl_c();
            for guest in [&mut ann, &mut nobody] {
                guest.hears("* the room is closed; goodbye").await.unwrap();
                let mut rest = Vec::new();
                guest.stream().read_to_end(&mut rest).await.unwrap();
                assert!(rest.is_empty());
            }
        });
        let ended = server.ended().good();
        ended.shows("ann has left: the room is closed").shows("never came in: the room is closed");
        ended.shows("stopped; 1 came in, 0 lines said");
    }
}

#[test]
fn a_flag_that_makes_no_sense_is_refused_with_the_reason() {
    for flag in ["--most", "--backlog", "--longest"] {
        run("chat", &[flag, "0"]).bad().tells("give a whole number, 1 to 1000000");
    }
    run("chat", &["--idle", "soon"]).bad().tells("give seconds");
    run("chat", &["--idle", "0"]).bad().tells("give a time above 0");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    run("chat", &["--port", &port]).bad().tells(&port).tells("--port N");
    assert!(Options::try_parse_from(["chat", "--check", "--port", "1"]).is_err());
}
