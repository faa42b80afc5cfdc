//! One port for several: `SO_REUSEPORT`, in one process and in two.

use crate::help::{Kind, run};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpSocket, TcpStream};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use tests::within;

/// Set for a child: the port it is to share.
const PORT: &str = "MAINSPRING_SHARED_PORT";
/// Connections are dealt out by a hash of the caller's address. That one of two listeners gets none
/// of this many happens once in 2^99.
const CONNECTIONS: usize = 100;

fn shared(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    assert!(socket.reuseport()?);
    socket.bind(addr)?;
    socket.listen(CONNECTIONS as u32)
}

/// A server that answers each connection with its own number, until its input ends.
fn serve(port: u16) {
    let runtime = Kind::CurrentThread.runtime();
    runtime.block_on(async {
        let listener = shared(([127, 0, 0, 1], port).into()).unwrap();
        println!("listening");
        mainspring::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_u32(std::process::id()).await.unwrap();
            }
        });
        let until_the_end = || std::io::stdin().read_to_end(&mut Vec::new());
        mainspring::task::spawn_blocking(until_the_end).await.unwrap().unwrap();
    });
}

/// Ends with its input, also when the test fails. Its output stays open: it may print more.
struct Server {
    child: Child,
    _output: BufReader<ChildStdout>,
}

impl Server {
    fn start(port: u16) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["ports::two_processes_share_a_port", "--exact", "--nocapture"]);
        child.env(PORT, port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.ends_with("listening\n") {
            assert!(output.read_line(&mut line).unwrap() > 0, "it does not listen: {line}");
        }
        Self { child, _output: output }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn two_processes_share_a_port() {
    if let Ok(port) = std::env::var(PORT) {
        return serve(port.parse().unwrap());
    }
    within(|| {
        // Has the port, and does not listen: it gets no connections.
        let holder = TcpSocket::new_v4().unwrap();
        holder.set_reuseport(true).unwrap();
        holder.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let addr = holder.local_addr().unwrap();
        let servers = [Server::start(addr.port()), Server::start(addr.port())];
        let answered: HashSet<u32> = Kind::CurrentThread.runtime().block_on(async {
            let mut answered = HashSet::new();
            for _ in 0..CONNECTIONS {
                let mut stream = TcpStream::connect(addr).await.unwrap();
                answered.insert(stream.read_u32().await.unwrap());
            }
            answered
        });
        let both: HashSet<u32> = servers.iter().map(|server| server.child.id()).collect();
        assert_eq!(answered, both);
    });
}

fn two_listeners_share_a_port_and_a_third_that_does_not_ask_is_refused(kind: Kind) {
    run(kind, || async {
        let one = shared(([127, 0, 0, 1], 0).into()).unwrap();
        let addr = one.local_addr().unwrap();
        let other = shared(addr).unwrap();
        let error = TcpListener::bind(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        let counts = [one, other].map(|listener| {
            mainspring::spawn(async move {
                for n in 0.. {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    // The last one says that no more will come.
                    if stream.read_u8().await.unwrap() == 0 {
                        return n;
                    }
                }
                unreachable!("it returns")
            })
        });
        for _ in 0..CONNECTIONS {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            stream.write_u8(1).await.unwrap();
        }
        while !counts.iter().all(|count| count.is_finished()) {
            // Goes to the listener that is left, sooner or later.
            if let Ok(mut stream) = TcpStream::connect(addr).await {
                let _ = stream.write_u8(0).await;
            }
        }
        let mut sum = 0;
        for count in counts {
            let count = count.await.unwrap();
            assert!(count > 0, "one got none");
            sum += count;
        }
        assert_eq!(sum, CONNECTIONS);
    });
}

tests::each_scheduler! { two_listeners_share_a_port_and_a_third_that_does_not_ask_is_refused }
