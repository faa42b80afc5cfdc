//! streams of bytes.

use crate::time::Time;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// How bytes come and go.
pub trait Tcp: Time {
    type Listener: 'static;
    type Stream: 'static;

    /// Listens on a free port of this machine.
    fn listen() -> impl Future<Output = io::Result<(Self::Listener, SocketAddr)>>;
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>>;
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>>;
    fn read(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<usize>>;
    fn write_all(stream: &mut Self::Stream, bytes: &[u8]) -> impl Future<Output = io::Result<()>>;
    /// Says that no more bytes follow.
    fn shutdown(stream: &mut Self::Stream) -> impl Future<Output = io::Result<()>>;
    /// Sends back what comes, to the end. Returns how much it was.
    fn echo(stream: Self::Stream) -> impl Future<Output = io::Result<u64>>;
    /// Two halves that may be used at the same time: one writes `bytes` and is dropped, while the
    /// other reads to the end.
    fn exchange(stream: Self::Stream, bytes: Vec<u8>) -> impl Future<Output = io::Result<Vec<u8>>>;
}

async fn read_to_end<M: Tcp>(stream: &mut M::Stream) -> io::Result<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 512]);
    loop {
        match M::read(stream, &mut buffer).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&buffer[..n]),
        }
    }
}

/// A server that echoes to all who come, until it is dropped.
async fn echo_server<M: Tcp>(listener: M::Listener) {
    while let Ok(stream) = M::accept(&listener).await {
        drop(M::spawn_local(M::echo(stream)));
    }
}

pub fn what_is_sent_comes_back<M: Tcp>() {
    M::block_on(async {
        let (listener, address) = M::listen().await.unwrap();
        drop(M::spawn_local(echo_server::<M>(listener)));
        let mut stream = M::connect(address).await.unwrap();
        for word in ["one", "two", "three"] {
            M::write_all(&mut stream, word.as_bytes()).await.unwrap();
            let mut buffer = vec![0; word.len()];
            let mut got = 0;
            while got < word.len() {
                got += M::read(&mut stream, &mut buffer[got..]).await.unwrap();
            }
            assert_eq!(buffer, word.as_bytes());
        }
    });
}

pub fn many_clients_at_once<M: Tcp>() {
    M::block_on(async {
        let (listener, address) = M::listen().await.unwrap();
        drop(M::spawn_local(echo_server::<M>(listener)));
        let client = |number: usize| {
            M::spawn_local(async move {
                let stream = M::connect(address).await.unwrap();
                let text = number.to_string().repeat(100).into_bytes();
                assert_eq!(M::exchange(stream, text.clone()).await.unwrap(), text);
            })
        };
        let clients: Vec<_> = (0..50).map(client).collect();
        for client in clients {
            client.await;
        }
    });
}

/// More than all buffers on the way can hold: the writer has to wait for the reader.
pub fn more_than_the_buffers_hold<M: Tcp>() {
    M::block_on(async {
        let (listener, address) = M::listen().await.unwrap();
        drop(M::spawn_local(echo_server::<M>(listener)));
        let bytes: Vec<u8> = (0..16_000_000_u32).map(|n| (n % 251) as u8).collect();
        let stream = M::connect(address).await.unwrap();
        assert!(M::exchange(stream, bytes.clone()).await.unwrap() == bytes);
    });
}

/// One direction ends, the other goes on.
pub fn a_half_close_is_an_end_for_the_reader<M: Tcp>() {
    M::block_on(async {
        let (listener, address) = M::listen().await.unwrap();
        let client = M::spawn_local(async move {
            let mut stream = M::connect(address).await.unwrap();
            M::write_all(&mut stream, b"question").await.unwrap();
            M::shutdown(&mut stream).await.unwrap();
            read_to_end::<M>(&mut stream).await.unwrap()
        });
        let mut stream = M::accept(&listener).await.unwrap();
        assert_eq!(read_to_end::<M>(&mut stream).await.unwrap(), b"question");
        M::write_all(&mut stream, b"answer").await.unwrap();
        drop(stream);
        assert_eq!(client.await, b"answer");
    });
}

pub fn nobody_listens<M: Tcp>() {
    M::block_on(async {
        let (listener, address) = M::listen().await.unwrap();
        drop(listener);
        assert!(M::connect(address).await.is_err());
    });
}

/// A read that is given up takes nothing with it.
pub fn a_read_may_be_given_up<M: Tcp>() {
    M::block_on(async {
        let (listener, address) = M::listen().await.unwrap();
        let mut client = M::connect(address).await.unwrap();
        let mut stream = M::accept(&listener).await.unwrap();
        let mut buffer = [0; 8];
        for _ in 0..3 {
            let short = Duration::from_millis(1);
            assert!(M::timeout(short, M::read(&mut stream, &mut buffer)).await.is_none());
        }
        M::write_all(&mut client, b"now").await.unwrap();
        assert_eq!(M::read(&mut stream, &mut buffer).await.unwrap(), 3);
        // And so may an accept.
        let short = Duration::from_millis(1);
        assert!(M::timeout(short, M::accept(&listener)).await.is_none());
        let again = M::connect(address).await.unwrap();
        assert!(M::accept(&listener).await.is_ok());
        drop(again);
    });
}

/// Tasks that wait for bytes are dropped with their sockets, and `block_on` returns.
pub fn the_end_closes_what_is_open<M: Tcp>() {
    let (address, open) = M::block_on(async {
        let (listener, address) = M::listen().await.unwrap();
        let open = std::net::TcpStream::connect(address).unwrap();
        drop(M::spawn_local(echo_server::<M>(listener)));
        for _ in 0..10 {
            M::yield_now().await;
        }
        (address, open)
    });
    assert!(std::net::TcpStream::connect(address).is_err());
    let mut open = open;
    open.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert!(matches!(io::Read::read(&mut open, &mut [0; 8]), Ok(0) | Err(_)));
}

#[macro_export]
macro_rules! tcp {
    ($machine:ty) => {
        $crate::each! { $machine, tcp:
            what_is_sent_comes_back,
            many_clients_at_once,
            more_than_the_buffers_hold,
            a_half_close_is_an_end_for_the_reader,
            nobody_listens,
            a_read_may_be_given_up,
            the_end_closes_what_is_open,
        }
    };
}
