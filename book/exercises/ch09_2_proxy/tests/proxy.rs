use ch09_2_proxy::copy_both;
use stage_ch09::io::{AsyncReadExt, AsyncWriteExt};
use stage_ch09::net::{TcpListener, TcpStream};
use stage_ch09::time::timeout;
use stage_ch09::{JoinHandle, Runtime, join, spawn};
use std::io;
use std::pin::pin;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

fn run<F: Future>(future: F) -> F::Output {
    let limited = async { timeout(LIMIT, future).await.expect("nothing moves any more") };
    Runtime::new().unwrap().block_on(limited)
}

async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (here, listener.accept().await.unwrap().0)
}

/// A client and a server with a proxy between them.
async fn through_a_proxy() -> (TcpStream, TcpStream, JoinHandle<io::Result<(u64, u64)>>) {
    let ((client, left), (right, server)) = (connection().await, connection().await);
    (client, server, spawn(copy_both(left, right)))
}

async fn read(stream: &mut TcpStream, wanted: usize) -> String {
    let mut buffer = vec![0; wanted];
    let mut got = 0;
    while got < wanted {
        match stream.read(&mut buffer[got..]).await.unwrap() {
            0 => break,
            n => got += n,
        }
    }
    String::from_utf8_lossy(&buffer[..got]).into_owned()
}

#[test]
fn t1_both_ways() {
    run(async {
        let (mut client, mut server, _proxy) = through_a_proxy().await;
        for word in ["tick", "tock", "tuck"] {
            client.write_all(word.as_bytes()).await.unwrap();
            assert_eq!(read(&mut server, 4).await, word);
            server.write_all(word.as_bytes()).await.unwrap();
            assert_eq!(read(&mut client, 4).await, word);
        }
    });
}

#[test]
fn t2_who_has_ended_still_gets_an_answer() {
    run(async {
        let (mut client, mut server, proxy) = through_a_proxy().await;
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut question = Vec::new();
        server.read_to_end(&mut question).await.unwrap();
        assert_eq!(question, b"question", "the end was passed on");
        server.write_all(b"an answer").await.unwrap();
        server.shutdown().await.unwrap();
        assert_eq!(read(&mut client, 100).await, "an answer");
        assert_eq!(proxy.await.unwrap().unwrap(), (8, 9), "bytes there and back");
    });
}

#[test]
fn t3_much_in_both_directions_at_once() {
    const MUCH: usize = 20_000_000;
    async fn talk(stream: TcpStream) -> usize {
        let (mut reader, mut writer) = stream.into_split();
        let bytes = vec![7; MUCH];
        let write = async {
            writer.write_all(&bytes).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        let mut all = Vec::new();
        join(pin!(write), pin!(reader.read_to_end(&mut all))).await.1.unwrap()
    }
    run(async {
        let (client, server, proxy) = through_a_proxy().await;
        let (a, b) = (spawn(talk(client)), spawn(talk(server)));
        assert_eq!((a.await.unwrap(), b.await.unwrap()), (MUCH, MUCH));
        let copied = proxy.await.unwrap().unwrap();
        assert_eq!(copied, (MUCH as u64, MUCH as u64));
    });
}

#[test]
fn t4_an_error_ends_both_directions() {
    run(async {
        let (mut client, server, proxy) = through_a_proxy().await;
        // The server is gone: the second piece has nowhere to go.
        drop(server);
        while client.write_all(&[7; 100_000]).await.is_ok() {}
        let _ = proxy.await.unwrap();
    });
}
