//! The chat in the browser: the page, the upgrade, the room, and every way to break the rules.

mod common;

use common::{Running, SCHEDULERS, run};
use examples::flags::Scheduler;
use examples::webchat::Guest;
use mainspring::net::TcpSocket;
use mainspring::time::timeout;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No test here takes longer than a few seconds on a quiet machine.
const LIMIT: Duration = Duration::from_secs(60);
const PAGE: &str = include_str!("../src/webchat/page.html");

fn block_on<T>(test: impl Future<Output = T>) -> T {
    let runtime = Scheduler::multi_thread(2).runtime().unwrap();
    runtime.block_on(async { timeout(LIMIT, test).await }).expect("it hangs")
}

/// Without a library between, and not to be read from for ever.
fn raw(addr: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(request.replace('\n', "\r\n").as_bytes()).unwrap();
    stream
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

fn answer(addr: SocketAddr, request: &str) -> String {
    let mut stream = raw(addr, request);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const UPGRADE: &str = "GET /ws HTTP/1.1\nHost: here\nConnection: Upgrade\nUpgrade: websocket\n\
    Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n";

fn upgraded(addr: SocketAddr) -> TcpStream {
    let mut stream = raw(addr, &format!("{UPGRADE}Origin: http://here\n\n"));
    let head = head(&mut stream);
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    // The example of RFC 6455, section 1.3.
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    stream
}

/// A frame as a browser sends it, with a mask that changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()).unwrap() {
        n @ 0..126 => frame.push(0x80 | n as u8),
        n => {
            frame.push(0x80 | 126);
            frame.extend(n.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// The next frame of the server: its first byte and what is in it. It sends no long ones here.
fn next(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut start = [0; 2];
    stream.read_exact(&mut start).expect("a frame");
    assert!(start[1] < 126, "{start:?}");
    let mut payload = vec![0; start[1].into()];
    stream.read_exact(&mut payload).unwrap();
    (start[0], payload)
}

/// The code and the reason with which the server closes; then the connection ends, with no reset.
fn closed(mut stream: TcpStream) -> (u16, String) {
    let (kind, payload) = loop {
        match next(&mut stream) {
            (0x89 | 0x81, _) => {}
            other => break other,
        }
    };
    assert_eq!(kind, 0x88);
    assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
    let code = u16::from_be_bytes([payload[0], payload[1]]);
    (code, String::from_utf8(payload[2..].to_vec()).unwrap())
}

fn on_each(args: &[&str], test: impl Fn(&Running, SocketAddr)) {
    for on in SCHEDULERS {
        let server = on.start("webchat", &[&["--port", "0"], args].concat());
        let addr = server.addr();
        test(&server, addr);
    }
}

#[test]
fn server_and_guests_in_one_process() {
    for on in SCHEDULERS {
        let ended = on.run("webchat", &["--check"]).good();
        ended.shows("<b>hello</b>").shows("closed: 1008 a message is a JSON object");
        ended.shows("stopped; 2 came in, 1 lines said");
    }
}

#[test]
fn the_page_asks_nobody_else_for_anything() {
    on_each(&[], |_, addr| {
        let got = answer(addr, "GET / HTTP/1.1\nHost: here\nConnection: close\n\n");
        assert!(got.starts_with("HTTP/1.1 200 ") && got.ends_with(PAGE), "{got}");
        let got = got.to_lowercase();
        assert!(got.contains("content-type: text/html; charset=utf-8"));
        assert!(got.contains("content-security-policy: default-src 'none'; "));
        let got = answer(addr, "HEAD / HTTP/1.1\nHost: here\nConnection: close\n\n");
        assert!(got.starts_with("HTTP/1.1 200 ") && got.ends_with("\r\n\r\n"), "{got}");
    });
    for foreign in ["http://", "https://", "//cdn", "@import", "url(", "innerHTML", "eval("] {
        assert!(!PAGE.contains(foreign), "{foreign}");
    }
    for input in PAGE.split("<input id=\"").skip(1) {
        let id = input.split('"').next().unwrap();
        assert!(PAGE.contains(&format!("<label for=\"{id}\">")), "no label for {id}");
    }
    for part in ["prefers-color-scheme: dark", "aria-live=\"polite\"", "lang=\"en\"", "viewport"] {
        assert!(PAGE.contains(part), "{part}");
    }
}

#[test]
fn a_request_that_is_no_upgrade_is_told_what_is_wrong() {
    on_each(&[], |_, addr| {
        let starts = |request: &str, start: &str| {
            let got = answer(addr, &format!("{request}\n"));
            assert!(got.starts_with(start), "{request}{got}");
        };
        let close = "Host: here\nConnection: close\n";
        starts(&format!("GET /nothing HTTP/1.1\n{close}"), "HTTP/1.1 404 ");
        starts(&format!("POST / HTTP/1.1\n{close}Content-Length: 0\n"), "HTTP/1.1 405 ");
        starts(&format!("GET /ws HTTP/1.1\n{close}"), "HTTP/1.1 426 ");
        let upgrade = UPGRADE.replace(": Upgrade", ": close, Upgrade");
        starts(&upgrade.replace(": 13", ": 8"), "HTTP/1.1 426 ");
        starts(&upgrade.replace("Sec-WebSocket-Key", "X-Key"), "HTTP/1.1 400 ");
        starts(&format!("{upgrade}Origin: http://elsewhere\n"), "HTTP/1.1 403 ");
        starts(&format!("{upgrade}Origin: null\n"), "HTTP/1.1 403 ");
        starts("no HTTP at all\n", "HTTP/1.1 400 ");
        drop(upgraded(addr));
    });
}

#[test]
fn who_breaks_a_rule_is_told_which() {
    on_each(&[], |_, addr| {
        let after = |bytes: &[u8]| {
            let mut stream = upgraded(addr);
            stream.write_all(bytes).unwrap();
            closed(stream)
        };
        // Text, then binary, then no frame at all, and frames without a mask.
        let told = |code, reason: &str| (code, reason.to_owned());
        assert_eq!(after(&frame(0x81, b"hello")), told(1008, "a message is a JSON object"));
        let wrong = br#"{"kind":"say","text":"too early"}"#;
        assert_eq!(after(&frame(0x81, wrong)), told(1008, "the first message is to be a join"));
        assert_eq!(after(&frame(0x82, b"{}")), told(1003, "a message is text"));
        assert_eq!(after(&frame(0x81, b"\xff\xfe")).0, 1007);
        assert_eq!(after(&frame(0x83, b"")).0, 1002);
        assert_eq!(after(&[0xf7; 3000]).0, 1002);
        assert_eq!(after(b"\x81\x02{}").0, 1002);
        // Too large: in one frame, in two, and a frame that only says so.
        let long = told(1009, "a message has at most 4096 bytes");
        assert_eq!(after(&frame(0x81, &[b'x'; 4097])), long);
        let two = [frame(0x01, &[b'x'; 3000]), frame(0x80, &[b'x'; 3000])].concat();
        assert_eq!(after(&two), long);
        let claim = [&[0x81, 0xff][..], &(1u64 << 62).to_be_bytes(), &[0; 4]].concat();
        assert_eq!(after(&claim), long);
        // Who says goodbye gets one.
        assert_eq!(after(&frame(0x88, &1000u16.to_be_bytes())).0, 1000);
    });
}

#[test]
fn who_does_not_answer_a_ping_is_gone_and_who_does_stays() {
    on_each(&["--ping", "0.2"], |_, addr| {
        let mut silent = upgraded(addr);
        silent.write_all(&frame(0x81, br#"{"kind":"join","name":"silent"}"#)).unwrap();
        block_on(async {
            // This one answers whenever it is asked to say what it hears.
            assert_eq!(next(&mut silent).0, 0x81);
            let (mut ann, _) = Guest::join(addr, "ann").await.unwrap();
            let gone = json!({ "kind": "left", "name": "silent", "why": "does not answer",
                               "here": 1 });
            assert_eq!(ann.hears().await.unwrap(), gone);
            let quiet = timeout(Duration::from_secs(1), ann.hears()).await;
            assert!(quiet.is_err(), "{quiet:?}");
            ann.asks(json!({ "kind": "who" })).await.unwrap();
            assert_eq!(ann.hears().await.unwrap(), json!({ "kind": "who", "names": ["ann"] }));
        });
        assert_eq!(closed(silent), (1008, "does not answer".to_owned()));
    });
}

async fn kind(guest: &mut Guest) -> Result<Value, String> {
    Ok(guest.hears().await?["kind"].take())
}

#[test]
fn everybody_hears_everything_in_one_order() {
    on_each(&["--backlog", "1024"], |_, addr| {
        block_on(async {
            let mut guests = Vec::new();
            for n in 0..20 {
                guests.push(Guest::join(addr, &format!("guest{n}")).await.unwrap().0);
            }
            for (n, guest) in guests.iter_mut().enumerate() {
                for _ in n + 1..20 {
                    assert_eq!(kind(guest).await.unwrap(), "joined");
                }
            }
            let (talkers, listeners) = guests.split_at_mut(5);
            for n in 0..20 {
                for talker in &mut *talkers {
                    talker
                        .asks(json!({ "kind": "say", "text": format!("line {n}") }))
                        .await
                        .unwrap();
                }
            }
            let mut all = vec![Vec::new(); listeners.len()];
            for (guest, heard) in listeners.iter_mut().zip(&mut all) {
                for _ in 0..100 {
                    heard.push(guest.hears().await.unwrap());
                }
            }
            assert!(all.iter().all(|heard| *heard == all[0]));
        });
    });
}

#[test]
fn a_slow_browser_is_told_how_much_it_lost_and_slows_nobody() {
    on_each(&["--backlog", "64", "--ping", "60"], |_, addr| {
        block_on(async {
            // A small window: what the system keeps for this one is soon full.
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            let mut slow = Guest::on(socket.connect(addr).await.unwrap()).await.unwrap();
            slow.asks(json!({ "kind": "join", "name": "slow" })).await.unwrap();
            assert_eq!(kind(&mut slow).await.unwrap(), "welcome");
            let (mut ann, _) = Guest::join(addr, "ann").await.unwrap();
            let (mut bob, _) = Guest::join(addr, "bob").await.unwrap();
            let text = "x".repeat(3000);
            // 9 MB, in steps in which nobody who reads can fall behind.
            for _ in 0..100 {
                for _ in 0..30 {
                    ann.asks(json!({ "kind": "say", "text": text })).await.unwrap();
                }
                for _ in 0..30 {
                    assert_eq!(kind(&mut bob).await.unwrap(), "said");
                }
            }
            ann.asks(json!({ "kind": "say", "text": "welcome back" })).await.unwrap();
            let (mut lost, mut heard) = (0, 0);
            loop {
                let message = slow.hears().await.unwrap();
                match message["kind"].as_str() {
                    Some("lost") => lost += message["lines"].as_u64().unwrap(),
                    Some("said") if message["text"] == "welcome back" => break,
                    _ => heard += 1,
                }
            }
            // Two who came, and what was said.
            assert!(lost > 0 && lost + heard == 2 + 3000, "{lost} lost, {heard} heard");
        });
    });
}

#[test]
fn who_vanishes_has_left() {
    on_each(&[], |_, addr| {
        block_on(async {
            let (mut ann, _) = Guest::join(addr, "ann").await.unwrap();
            let (mut bob, _) = Guest::join(addr, "bob").await.unwrap();
            assert_eq!(kind(&mut ann).await.unwrap(), "joined");
            bob.0.get_mut().set_zero_linger().unwrap();
            drop(bob);
            let left =
                json!({ "kind": "left", "name": "bob", "why": "connection lost", "here": 1 });
            assert_eq!(ann.hears().await.unwrap(), left);
        });
    });
}

#[cfg(unix)]
#[test]
fn ctrl_c_tells_every_browser() {
    for on in SCHEDULERS {
        let server = on.start("webchat", &["--port", "0"]);
        let addr = server.addr();
        // One that waits with an open connection, and one that has not come in.
        let mut page = raw(addr, "GET / HTTP/1.1\nHost: here\n\n");
        assert!(head(&mut page).starts_with("http/1.1 200 "));
        let outside = upgraded(addr);
        block_on(async {
            let (mut ann, _) = Guest::join(addr, "ann").await.unwrap();
            server.ctrl_c();
            assert_eq!(ann.hears().await, Err("closed: 1001 the room is closed".to_owned()));
        });
        assert_eq!(closed(outside), (1001, "the room is closed".to_owned()));
        let ended = server.ended().good();
        ended.shows("ann has left: the room is closed").shows("never came in: the room is closed");
        ended.shows("stopped; 1 came in, 0 lines said");
    }
}

#[test]
fn a_flag_that_makes_no_sense_is_refused_with_the_reason() {
    run("webchat", &["--longest", "0"]).bad().tells("give a whole number, 1 to 1000000");
    run("webchat", &["--ping", "soon"]).bad().tells("give seconds");
    run("webchat", &["--ping", "0"]).bad().tells("give a time above 0");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    run("webchat", &["--port", &port]).bad().tells(&port).tells("--port N");
}
