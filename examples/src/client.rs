//! an HTTP client over hyper: one keep-alive pool for all tasks, and a cap on connections.
//!
//! The rules, because each is a fault that one of the documents' programs has:
//!
//! * One client, cloned into every task. A session a request, as in the fourth document, opens 200
//!   connections where 20 would do.
//! * Never more connections than the cap, in use and idle together. Without one, 300 requests need
//!   300 descriptors, and a system that allows 128 answers "too many open files".
//! * Nothing is tried again in secret. aiohttp sends a request a second time when a kept connection
//!   turns out to be dead; here the caller sees the error and decides (see `retry`). Only what has
//!   not been sent yet moves to another connection.
//! * https is the same over TLS (see `tls`), and no certificate is accepted that does not hold. A
//!   connection belongs to scheme, host and port: what is private is never sent on one that is not.
//! * An attempt that is dropped, by a time-out say, closes its connection: an answer that nobody
//!   reads must not be taken for the next one's.
//! * An answer that is too long is not read: a server that sends without an end would fill the
//!   memory until the time-out.
//!
//! Connections in use and idle ones are counted under one lock, so on several threads nobody sees a
//! connection twice, in use and idle already, and closes one too many.

#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use mainspring::io::DuplexStream;
use mainspring::net::TcpStream;
use mainspring::sync::Semaphore;

use crate::tls::{Refused, Trust};

/// Bytes that the body of an answer may have, unless the program says another number.
pub const LONGEST: usize = 16 << 20;

/// A pool of connections; a clone is another handle to the same pool.
#[derive(Clone)]
pub struct Client(Arc<Pool>);

struct Pool {
    cap: usize,
    longest: usize,
    /// Instead of sockets.
    inside: Option<Open>,
    /// For https.
    trust: Trust,
    /// One permit a request that has a connection or opens one.
    slots: Semaphore,
    state: Mutex<State>,
    opened: AtomicU64,
    requests: AtomicU64,
}

/// Opens a connection to a host and port within this process.
type Open = Box<dyn Fn(&str) -> io::Result<DuplexStream> + Send + Sync>;

#[derive(Debug, Default)]
struct State {
    /// Requests that have a connection or open one.
    in_use: usize,
    /// Connections that wait for a request, the latest used last.
    idle: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    place: Place,
    sender: SendRequest<Full<Bytes>>,
}

/// Where an address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// By TLS.
    secure: bool,
    host: String,
    port: u16,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cap, opened) = (self.0.cap, self.opened());
        f.debug_struct("Client").field("cap", &cap).field("opened", &opened).finish_non_exhaustive()
    }
}

impl Answer {
    /// Whether the status says that it went well: 200 to 299.
    #[must_use]
    pub fn good(&self) -> bool {
        self.status.is_success()
    }
}

impl Client {
    /// A client with at most `cap` connections.
    ///
    /// # Panics
    /// If `cap` is 0.
    pub fn new(cap: usize) -> Client {
        Client::trusting(cap, Trust::default())
    }

    /// The same, with more authorities for https than those that browsers trust.
    ///
    /// # Panics
    /// If `cap` is 0.
    pub fn trusting(cap: usize, trust: Trust) -> Client {
        Client::limited(cap, trust, LONGEST)
    }

    /// The same for answers of at most `longest` bytes.
    ///
    /// # Panics
    /// If `cap` is 0.
    pub fn limited(cap: usize, trust: Trust, longest: usize) -> Client {
        Client::with(cap, None, trust, longest)
    }

    /// The same without sockets, and without https: `open` gives this end of a connection to a
    /// host and port. So server and client are in one runtime, and in virtual time if it is paused.
    ///
    /// # Panics
    /// If `cap` is 0.
    pub fn inside(
        cap: usize,
        open: impl Fn(&str) -> io::Result<DuplexStream> + Send + Sync + 'static,
    ) -> Client {
        Client::with(cap, Some(Box::new(open)), Trust::default(), LONGEST)
    }

    fn with(cap: usize, inside: Option<Open>, trust: Trust, longest: usize) -> Client {
        assert!(cap > 0, "a client without a connection can ask nothing: give a cap of at least 1");
        Client(Arc::new(Pool {
            cap,
            longest,
            inside,
            trust,
            slots: Semaphore::new(cap),
            state: Mutex::default(),
            opened: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        }))
    }

    /// Connections opened so far.
    pub fn opened(&self) -> u64 {
        // Ordering: a figure for people; no other memory hangs on it.
        self.0.opened.load(Relaxed)
    }

    /// Requests sent so far on a connection that had carried one before.
    pub fn reused(&self) -> u64 {
        // Ordering: as in `opened`.
        self.0.requests.load(Relaxed).saturating_sub(self.0.opened.load(Relaxed))
    }

    /// `GET url`, and the whole body. Waits for a free connection when the cap is reached, first
    /// come first served. Any status is an `Ok`.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection that the request was on.
    pub async fn get(&self, url: &Uri) -> Result<Answer, Error> {
        self.send(request(Method::GET, url, Bytes::new())?, &Place::of(url)?).await
    }

    /// `POST url` with this JSON, to the byte, and the whole answer. Otherwise as [`Client::get`].
    ///
    /// # Cancel safety
    /// Dropping it closes the connection that the request was on; the server may have it by then.
    pub async fn post_json(&self, url: &Uri, json: impl Into<Bytes>) -> Result<Answer, Error> {
        let mut request = request(Method::POST, url, json.into())?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.send(request, &Place::of(url)?).await
    }

    async fn send(&self, request: Request<Full<Bytes>>, place: &Place) -> Result<Answer, Error> {
        let _slot = self.0.slots.acquire().await.expect("the slots are never closed");
        let (mut using, idle) = self.0.begin(place);
        let mut connection = self.connection(place, idle).await?;
        // Ordering: as in `opened`.
        self.0.requests.fetch_add(1, Relaxed);
        let response = connection.sender.send_request(request).await.map_err(Error::Exchange)?;
        let (status, body) = (response.status(), response.into_body());
        let longest = self.0.longest;
        // Where a length is given, nothing of the body is read.
        if body.size_hint().lower() > longest as u64 {
            return Err(Error::TooLong(longest));
        }
        let body = Limited::new(body, longest).collect().await;
        let body = body.map_err(|error| match error.downcast() {
            Ok(broken) => Error::Exchange(*broken),
            Err(_) => Error::TooLong(longest),
        })?;
        // Back into the pool before the slot is free: who gets the slot finds the connection.
        using.keep = Some(connection);
        drop(using);
        Ok(Answer { status, body: body.to_bytes() })
    }

    /// `idle` or another idle connection that is still open, or a new one.
    async fn connection(
        &self,
        place: &Place,
        mut idle: Option<Connection>,
    ) -> Result<Connection, Error> {
        while let Some(mut connection) = idle {
            if connection.sender.ready().await.is_ok() {
                return Ok(connection);
            }
            idle = self.0.state().take_idle(place);
        }
        let at = format!("{}:{}", place.host, place.port);
        let sender = match (&self.0.inside, place.secure) {
            (Some(open), false) => handshake(open(&at).map_err(Error::Connect)?).await?,
            (Some(_), true) => {
                let why = "https needs a socket, and this client has none";
                return Err(Error::Connect(io::Error::new(io::ErrorKind::Unsupported, why)));
            }
            (None, secure) => {
                let stream = TcpStream::connect(at).await.map_err(Error::Connect)?;
                stream.set_nodelay(true).map_err(Error::Connect)?;
                match secure {
                    false => handshake(stream).await?,
                    true => {
                        let stream = self.0.trust.connect(&place.host, stream).await;
                        handshake(stream.map_err(Error::Tls)?).await?
                    }
                }
            }
        };
        // Ordering: as in `opened`.
        self.0.opened.fetch_add(1, Relaxed);
        Ok(Connection { place: place.clone(), sender })
    }
}

async fn handshake<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, Error>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    // A head, and what is read at once: a server that sends nothing but "103 Early Hints" keeps a
    // thread busy for as many of these as the task may read in a turn.
    let mut builder = http1::Builder::new();
    let (sender, connection) =
        builder.max_buf_size(32 << 10).handshake(stream).await.map_err(Error::Exchange)?;
    // It ends when the sender is dropped or the server closes; whoever waits for an answer then
    // hears of the error through the sender.
    mainspring::spawn(async move { drop(connection.await) });
    Ok(sender)
}

impl Place {
    /// Where `url` leads to; without a port, to that of its scheme.
    fn of(url: &Uri) -> Result<Place, Error> {
        let (secure, port, host) = match (url.scheme_str(), url.host()) {
            (Some("http"), Some(host)) => (false, 80, host),
            (Some("https"), Some(host)) => (true, 443, host),
            _ => return Err(Error::Url(url.clone())),
        };
        Ok(Place { secure, host: host.to_owned(), port: url.port_u16().unwrap_or(port) })
    }
}

fn request(method: Method, url: &Uri, body: Bytes) -> Result<Request<Full<Bytes>>, Error> {
    let bad = || Error::Url(url.clone());
    let authority = url.authority().ok_or_else(bad)?.as_str();
    // A name and a password are not for this header.
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = HeaderValue::from_str(host).map_err(|_| bad())?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().map_err(|_| bad())?;
    request.headers_mut().insert(HOST, host);
    Ok(request)
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to use a connection: an idle one if there is one that leads to `place`. Else
    /// there will be one more, and if that would exceed the cap, the idle connection used longest
    /// ago is closed; it leads to another server.
    fn begin(&self, place: &Place) -> (InUse<'_>, Option<Connection>) {
        let mut state = self.state();
        state.in_use += 1;
        let found = state.take_idle(place);
        let too_many = state.idle.len() + state.in_use > self.cap;
        let oldest = (found.is_none() && too_many).then(|| state.idle.remove(0));
        drop(state);
        drop(oldest);
        (InUse { pool: self, keep: None }, found)
    }
}

impl State {
    fn take_idle(&mut self, place: &Place) -> Option<Connection> {
        let index = self.idle.iter().rposition(|connection| connection.place == *place)?;
        Some(self.idle.remove(index))
    }
}

/// A request that is counted as using a connection until this is dropped.
struct InUse<'a> {
    pool: &'a Pool,
    /// The connection, if it is to wait for another request.
    keep: Option<Connection>,
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.in_use -= 1;
        state.idle.extend(self.keep.take());
    }
}

/// What can go wrong between a request and the end of its answer.
#[derive(Debug)]
pub enum Error {
    /// Neither an `http://` nor an `https://` address.
    Url(Uri),
    /// No connection.
    Connect(io::Error),
    /// A connection, and no TLS on it.
    Tls(Refused),
    /// The connection broke, or what came was not HTTP.
    Exchange(hyper::Error),
    /// More than so many bytes.
    TooLong(usize),
}

impl Error {
    /// Whether another attempt may end better.
    pub fn worth_another(&self) -> bool {
        match self {
            Error::Url(_) | Error::TooLong(_) => false,
            Error::Tls(refused) => refused.worth_another(),
            Error::Connect(_) | Error::Exchange(_) => true,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Url(url) => {
                write!(f, "{url} is not an address that starts with http:// or https://")
            }
            Error::Connect(error) => write!(f, "cannot connect: {error}"),
            Error::Tls(refused) => refused.fmt(f),
            Error::Exchange(error) => write!(f, "the exchange broke off: {error}"),
            Error::TooLong(longest) => {
                write!(f, "the answer is longer than {longest} bytes (--longest allows more)")
            }
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_port_leads_to_that_of_its_scheme() {
        for (url, secure, leads_to, port, host) in [
            ("http://a/x", false, "a", 80, "a"),
            ("https://a/x", true, "a", 443, "a"),
            ("http://a:8000/", false, "a", 8000, "a:8000"),
            ("https://me:secret@a:81/", true, "a", 81, "a:81"),
            ("http://[::1]/", false, "[::1]", 80, "[::1]"),
        ] {
            let url: Uri = url.parse().unwrap();
            let place = Place { secure, host: leads_to.to_owned(), port };
            assert_eq!(Place::of(&url).unwrap(), place);
            let request = request(Method::GET, &url, Bytes::new()).unwrap();
            assert_eq!(request.headers()[HOST], host);
        }
    }
}
