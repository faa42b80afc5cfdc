//! one GET with std's blocking socket: what the threads of the tour do.
//!
//! The connection carries one request and is closed, because that is what the document's
//! `requests.get` does without a `Session`. The body is read by its `Content-Length`, which the
//! embedded server always sends; an answer without one is an error and not a guess.

#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Sends `GET path` to `addr` and returns the status and the body. No step may take longer than
/// `patience`.
pub fn get(addr: SocketAddr, path: &str, patience: Duration) -> io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect_timeout(&addr, patience)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;

    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| broken(format!("not an HTTP/1.1 status line: {:?}", line.trim_end())))?;
    let mut length = None;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
    let length: usize = length.ok_or_else(|| broken("an answer without a Content-Length"))?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((status, body))
}

/// As [`get`], for the server's own figures: the status must be 200, the body is JSON.
pub fn get_json(addr: SocketAddr, path: &str) -> io::Result<serde_json::Value> {
    let (status, body) = get(addr, path, Duration::from_secs(10))?;
    if status != 200 {
        return Err(broken(format!("{path} answered {status}")));
    }
    Ok(serde_json::from_slice(&body)?)
}

fn broken(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
