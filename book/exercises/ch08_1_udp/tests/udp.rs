use ch08_1_udp::UdpSocket;
use stage_ch08::time::{Elapsed, timeout};
use stage_ch08::{Runtime, spawn, yield_now};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

/// On this clock an hour is over when nothing else can happen.
const LONG: Duration = Duration::from_secs(3600);

fn run<F: Future>(future: F) -> F::Output {
    Runtime::start_paused().unwrap().block_on(future)
}

fn socket() -> UdpSocket {
    UdpSocket::bind(([127, 0, 0, 1], 0).into()).unwrap()
}

async fn receive(socket: &UdpSocket) -> Result<io::Result<(String, SocketAddr)>, Elapsed> {
    timeout(LONG, async {
        let mut buffer = [0; 100];
        let (n, from) = socket.recv_from(&mut buffer).await?;
        Ok((String::from_utf8_lossy(&buffer[..n]).into_owned(), from))
    })
    .await
}

#[test]
fn t1_a_datagram_arrives_with_its_address() {
    run(async {
        let (here, there) = (socket(), socket());
        let sent = here.send_to(b"hello", there.local_addr().unwrap()).await.unwrap();
        assert_eq!(sent, 5, "bytes sent");
        let (text, from) = receive(&there).await.expect("it has come").unwrap();
        assert_eq!((text.as_str(), from), ("hello", here.local_addr().unwrap()));
    });
}

#[test]
fn t2_who_waits_first_is_woken() {
    run(async {
        let (here, there) = (socket(), Rc::new(socket()));
        let to = there.local_addr().unwrap();
        let waits = spawn(async move { receive(&there).await });
        for _ in 0..10 {
            yield_now().await;
        }
        assert!(!waits.is_finished(), "nothing has been sent");
        here.send_to(b"now", to).await.unwrap();
        let got = waits.await.unwrap().expect("it was sent").unwrap();
        assert_eq!(got.0, "now");
    });
}

#[test]
fn t3_two_that_came_together_are_both_received() {
    run(async {
        let (here, there) = (socket(), socket());
        for text in ["one", "two", "three"] {
            here.send_to(text.as_bytes(), there.local_addr().unwrap()).await.unwrap();
        }
        for text in ["one", "two", "three"] {
            let got = receive(&there).await;
            let got = got.unwrap_or_else(|_| panic!("{text:?} has come, and nobody reads it"));
            assert_eq!(got.unwrap().0, text);
        }
    });
}

#[test]
fn t4_one_that_is_given_up_takes_nothing() {
    run(async {
        let (here, there) = (socket(), socket());
        assert!(receive(&there).await.is_err(), "nothing was sent");
        here.send_to(b"late", there.local_addr().unwrap()).await.unwrap();
        assert_eq!(receive(&there).await.expect("it was sent").unwrap().0, "late");
    });
}
