//! What these tests share.

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{Server, TcpStream, start_server};
use mainspring::runtime::{Runtime, Unhandled};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tests::Kind;

/// Sends back what comes, until the end.
pub async fn echo(mut stream: TcpStream, _peer: SocketAddr) -> io::Result<()> {
    let mut buf = [0; 64];
    loop {
        match stream.read(&mut buf).await? {
            0 => return Ok(()),
            n => stream.write_all(&buf[..n]).await?,
        }
    }
}

pub async fn echo_server() -> Server {
    start_server("127.0.0.1:0", echo).await.unwrap()
}

/// One line there and back.
pub async fn talk(client: &mut TcpStream) {
    client.write_all(b"tick").await.unwrap();
    let mut answer = [0; 4];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"tick");
}

/// A client that has been served once.
pub async fn client(server: &Server) -> TcpStream {
    let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
    talk(&mut client).await;
    client
}

/// Does the other side say that this is the end?
pub async fn is_at_its_end(client: &mut TcpStream) -> bool {
    match client.read(&mut [0; 8]).await {
        Ok(n) => n == 0,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

/// A runtime, and what its hook was told.
pub fn told(kind: Kind) -> (Runtime, Arc<Mutex<Vec<Unhandled>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let list = told.clone();
    let mut builder = kind.builder();
    builder.unhandled(move |news| list.lock().unwrap().push(news));
    (builder.build().unwrap(), told)
}
