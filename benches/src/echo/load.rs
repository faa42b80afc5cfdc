//! the load of the echo rows: N connections on raw epoll, one request outstanding on each.
//!
//! | order | what it does | answer, in nanoseconds |
//! |---|---|---|
//! | `20000` | so many requests | the time they took |
//! | `timed 20000` | so many requests, each with a clock | that, p50, p90, p99, p99.9, the most |
//! | `accepts 20000` | connects, sends a byte, has it back, closes: so many | the time they took |

use super::{MESSAGE, epoll::Epoll};
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    sent: [u8; MESSAGE],
    answered: usize,
    /// When, if that is asked for.
    since: Option<Instant>,
}

/// Connections of an accept storm that are open at once.
const AT_ONCE: usize = 64;

/// Connects, says "ready", and then serves orders from standard input, one a line. Ends with its
/// input.
pub fn run(port: u16, connections: usize) -> io::Result<()> {
    let mut load = Load::connect(port, connections)?;
    println!("ready");
    for order in io::stdin().lock().lines() {
        let order = order?;
        let number = |text: &str| text.trim().parse().map_err(io::Error::other);
        if let Some(requests) = order.strip_prefix("timed ") {
            let (time, mut each) = load.timed_requests(number(requests)?)?;
            each.sort_unstable();
            let rank = |of: f64| each[((each.len() - 1) as f64 * of).ceil() as usize];
            let ranks = [0.5, 0.9, 0.99, 0.999, 1.0].map(|of| rank(of).to_string());
            println!("{} {}", time.as_nanos(), ranks.join(" "));
        } else if let Some(connections) = order.strip_prefix("accepts ") {
            println!("{}", accepts(port, number(connections)?)?.as_nanos());
        } else {
            println!("{}", load.requests(number(&order)?)?.as_nanos());
        }
    }
    Ok(())
}

/// Opens so many connections, up to 64 at a time; each sends a byte, has it back, and is
/// closed by a reset, so that the system need not remember it.
pub fn accepts(port: u16, connections: u64) -> io::Result<Duration> {
    let (epoll, start) = (Epoll::new()?, Instant::now());
    let mut open: Vec<Option<TcpStream>> = (0..AT_ONCE).map(|_| None).collect();
    let (mut to_open, mut to_come) = (connections, connections);
    let mut begin = |place: &mut Option<TcpStream>, token: usize| -> io::Result<()> {
        if to_open > 0 {
            to_open -= 1;
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            reset_on_close(&stream)?;
            stream.write_all(&[1])?;
            epoll.add(&stream, token as u64)?;
            *place = Some(stream);
        }
        Ok(())
    };
    for (token, place) in open.iter_mut().enumerate() {
        begin(place, token)?;
    }
    let mut failed = Ok(());
    while to_come > 0 {
        epoll.wait(|token| {
            let place = &mut open[token as usize];
            let Some(mut stream) = place.take() else { return };
            let mut answer = [0; 2];
            let answered = match stream.read(&mut answer) {
                Ok(1) if answer[0] == 1 => Ok(()),
                Ok(_) => Err(io::Error::other("the answer is not what was sent")),
                Err(error) => Err(error),
            };
            drop(stream);
            to_come -= 1;
            let next = begin(place, token as usize);
            failed = std::mem::replace(&mut failed, Ok(())).and(answered).and(next);
        })?;
        std::mem::replace(&mut failed, Ok(()))?;
    }
    Ok(start.elapsed())
}

fn reset_on_close(stream: &TcpStream) -> io::Result<()> {
    let now = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = size_of::<libc::linger>() as libc::socklen_t;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_LINGER);
    // SAFETY: the call reads as many bytes from a place on this stack as it is told.
    match unsafe {
        libc::setsockopt(stream.as_raw_fd(), level, option, (&raw const now).cast(), size)
    } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
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
            let since = None;
            load.connections.push(Connection { stream, sent, answered: MESSAGE, since });
        }
        load.requests(connections as u64)?;
        Ok(load)
    }

    /// Sends that many requests, each as soon as its connection has its answer, and waits for all.
    pub fn requests(&mut self, requests: u64) -> io::Result<Duration> {
        self.exchange(requests, None)
    }

    /// The same, and how long each took: from before it is sent until its answer is compared.
    pub fn timed_requests(&mut self, requests: u64) -> io::Result<(Duration, Vec<u64>)> {
        let mut each = Vec::with_capacity(requests as usize);
        let time = self.exchange(requests, Some(&mut each))?;
        Ok((time, each))
    }

    fn exchange(&mut self, requests: u64, mut each: Option<&mut Vec<u64>>) -> io::Result<Duration> {
        let timed = each.is_some();
        let start = Instant::now();
        let (mut to_send, mut to_come) = (requests, requests);
        let Self { epoll, connections, next } = self;
        for connection in connections.iter_mut().take(requests as usize) {
            connection.send(next, timed)?;
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
                        if let (Some(each), Some(since)) = (&mut each, connection.since) {
                            each.push(since.elapsed().as_nanos() as u64);
                        }
                        if to_send > 0 {
                            to_send -= 1;
                            failed = connection.send(next, timed).err().or(failed.take());
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
    fn send(&mut self, next: &mut u64, timed: bool) -> io::Result<()> {
        *next += 1;
        self.since = timed.then(Instant::now);
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
