//! the load of the echo rows: N connections on raw epoll, one request outstanding on each.

use super::{MESSAGE, epoll::Epoll};
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    sent: [u8; MESSAGE],
    answered: usize,
}

/// Connects, says "ready", and then serves orders from standard input: a number of requests a line,
/// answered by the nanoseconds they took. Ends with its input.
pub fn run(port: u16, connections: usize) -> io::Result<()> {
    let mut load = Load::connect(port, connections)?;
    println!("ready");
    for order in io::stdin().lock().lines() {
        let requests = order?.trim().parse().map_err(io::Error::other)?;
        println!("{}", load.requests(requests)?.as_nanos());
    }
    Ok(())
}

#[derive(Debug)]
pub struct Load {
    epoll: Epoll,
    connections: Vec<Connection>,
    next: u64,
}

impl Load {
    /// Opens the connections and exchanges one request on each, so that all are accepted.
    pub fn connect(port: u16, connections: usize) -> io::Result<Self> {
        let mut load = Self { epoll: Epoll::new()?, connections: Vec::new(), next: 0 };
        for token in 0..connections {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            load.epoll.add(&stream, token as u64)?;
            let sent = [0; MESSAGE];
            load.connections.push(Connection { stream, sent, answered: MESSAGE });
        }
        load.requests(connections as u64)?;
        Ok(load)
    }

    /// Sends that many requests, each as soon as its connection has its answer, and waits for all.
    pub fn requests(&mut self, requests: u64) -> io::Result<Duration> {
        let start = Instant::now();
        let (mut to_send, mut to_come) = (requests, requests);
        let Self { epoll, connections, next } = self;
        for connection in connections.iter_mut().take(requests as usize) {
            connection.send(next)?;
            to_send -= 1;
        }
        let mut failed = None;
        while to_come > 0 {
            epoll.wait(|token| {
                let connection = &mut connections[token as usize];
                match connection.receive() {
                    Ok(false) => {}
                    Ok(true) => {
                        to_come -= 1;
                        if to_send > 0 {
                            to_send -= 1;
                            failed = connection.send(next).err().or(failed.take());
                        }
                    }
                    Err(error) => failed = Some(error),
                }
            })?;
            if let Some(error) = failed.take() {
                return Err(error);
            }
        }
        Ok(start.elapsed())
    }
}

impl Connection {
    /// Sends the next request; each differs from the last, so that an old answer is not taken for a
    /// new one.
    fn send(&mut self, next: &mut u64) -> io::Result<()> {
        *next += 1;
        for part in self.sent.chunks_exact_mut(8) {
            part.copy_from_slice(&next.to_le_bytes());
        }
        self.answered = 0;
        self.stream.write_all(&self.sent)
    }

    /// Reads what is there; true when the answer is complete, and an error when it is another.
    fn receive(&mut self) -> io::Result<bool> {
        let mut buffer = [0; MESSAGE + 1];
        let n = match self.stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        let expected = self.sent.get(self.answered..self.answered + n);
        if expected != Some(&buffer[..n]) {
            return Err(io::Error::other("the answer is not what was sent"));
        }
        self.answered += n;
        Ok(self.answered == MESSAGE)
    }
}
