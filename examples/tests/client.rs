//! The programs' HTTP client against the embedded server, in one process on one runtime, on each
//! scheduler.

use std::net::SocketAddr;
use std::time::Duration;

use examples::client::{Client, Error};
use examples::flags::Scheduler;
use examples::page::within;
use examples::server::Server;
use examples::tls::Trust;
use hyper::{StatusCode, Uri};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::TcpListener;
use mainspring::time::timeout;

/// Runs `test` on one thread, and on more threads than some machines have cores.
fn on_both<F: Future<Output = ()>>(test: impl Fn() -> F) {
    for scheduler in [Scheduler::CURRENT_THREAD, Scheduler::multi_thread(4)] {
        scheduler.runtime().unwrap().block_on(test());
    }
}

async fn server() -> SocketAddr {
    let any = "127.0.0.1:0".parse().unwrap();
    let server = Server::bind(any, 0.01).await.unwrap();
    let addr = server.local_addr().unwrap();
    mainspring::spawn(server.serve(std::future::pending::<()>()));
    addr
}

fn url(addr: SocketAddr, path: &str) -> Uri {
    format!("http://{addr}{path}").parse().unwrap()
}

async fn stats(client: &Client, addr: SocketAddr) -> serde_json::Value {
    serde_json::from_slice(&client.get(&url(addr, "/stats")).await.unwrap().body).unwrap()
}

#[test]
fn tasks_share_the_connections_and_the_cap_holds() {
    on_both(|| async {
        let (addr, client) = (server().await, Client::new(3));
        let ask = |client: Client| async move { client.get(&url(addr, "/fixed/100")).await };
        let tasks: Vec<_> = (0..30).map(|_| mainspring::spawn(ask(client.clone()))).collect();
        for task in tasks {
            let answer = task.await.unwrap().unwrap();
            assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 1256));
        }
        assert_eq!((client.opened(), client.reused()), (3, 27));
        let stats = stats(&client, addr).await;
        assert_eq!((&stats["peak_in_flight"], &stats["connections"]), (&3.into(), &3.into()));
    });
}

/// On several threads connections are given back while others are still being opened.
#[test]
fn the_cap_holds_when_answers_come_at_once() {
    on_both(|| async {
        let addr = server().await;
        for _ in 0..50 {
            let client = Client::new(4);
            let ask = |client: Client| async move { client.get(&url(addr, "/get")).await };
            let tasks: Vec<_> = (0..16).map(|_| mainspring::spawn(ask(client.clone()))).collect();
            for task in tasks {
                assert_eq!(task.await.unwrap().unwrap().status, StatusCode::OK);
            }
            assert!(client.opened() <= 4, "{} opened", client.opened());
            assert_eq!(client.opened() + client.reused(), 16);
        }
    });
}

#[test]
fn one_client_serves_two_servers_within_its_cap() {
    on_both(|| async {
        let (one, two, client) = (server().await, server().await, Client::new(1));
        for addr in [one, one, two, two, one] {
            assert_eq!(client.get(&url(addr, "/get")).await.unwrap().status, StatusCode::OK);
        }
        // The connection to the other server had to go each time.
        assert_eq!((client.opened(), client.reused()), (3, 2));
    });
}

#[test]
fn nothing_is_tried_again_in_secret() {
    on_both(|| async {
        let (addr, client) = (server().await, Client::new(2));
        client.get(&url(addr, "/get")).await.unwrap();
        let broken = client.get(&url(addr, "/drop/once/1")).await;
        assert!(matches!(broken, Err(Error::Exchange(_))), "{broken:?}");
        assert_eq!(stats(&client, addr).await["total"], 2);
        assert_eq!(client.get(&url(addr, "/drop/once/1")).await.unwrap().status, StatusCode::OK);
        assert_eq!(client.opened(), 2);
    });
}

#[test]
fn a_request_that_is_dropped_takes_its_connection_with_it() {
    on_both(|| async {
        let (addr, client) = (server().await, Client::new(1));
        let hang = url(addr, "/hang");
        assert!(timeout(Duration::from_millis(50), client.get(&hang)).await.is_err());
        // The slot is free again, and the answer is this request's own.
        assert_eq!(client.get(&url(addr, "/json")).await.unwrap().status, StatusCode::OK);
        assert_eq!(client.opened(), 2);
        for _ in 0..10_000 {
            if stats(&client, addr).await["in_flight"] == 0 {
                return;
            }
        }
        panic!("the server still counts the request whose connection is gone");
    });
}

#[test]
fn what_is_no_address_is_an_error_and_not_worth_another_try() {
    on_both(|| async {
        let error = Client::new(1).get(&"/just/a/path".parse().unwrap()).await.unwrap_err();
        assert!(!error.worth_another());
        assert!(error.to_string().contains("http://"), "{error}");
    });
}

/// Whether its length is given first, or it comes in pieces without an end.
#[test]
fn an_answer_that_is_too_long_is_given_up_and_its_connection_closed() {
    on_both(|| async {
        let hostile = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = url(hostile.local_addr().unwrap(), "/");
        let client = Client::limited(1, Trust::default(), 1000);
        let piece = format!("40\r\n{}\r\n", "x".repeat(64));
        for (head, piece, good) in [
            ("content-length: 1001", "x", false),
            ("content-length: 18446744073709551000", "x", false),
            ("transfer-encoding: chunked", piece.as_str(), false),
            ("connection: close", "x", false),
            ("content-length: 1000", "x", true),
        ] {
            let asked = within(Duration::from_secs(60), client.get(&url));
            let answers = async {
                let (mut stream, _) = hostile.accept().await.unwrap();
                assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
                let mut sent = stream.write_all(head.as_bytes()).await;
                // Until the client has closed, or has all.
                for _ in 0..if good { 1000 } else { usize::MAX } {
                    if sent.is_err() {
                        break;
                    }
                    sent = stream.write_all(piece.as_bytes()).await;
                }
            };
            let (end, ()) = mainspring::join!(asked, answers);
            match end {
                Ok(answer) => assert!(good && answer.body.len() == 1000, "{head}"),
                Err(error) => {
                    assert!(!good && !error.worth_another(), "{head}: {error}");
                    let text = error.to_string();
                    assert!(text.contains("longer than 1000 bytes (--longest"), "{text}");
                }
            }
        }
    });
}
