//! the embedded server: answers late, wrongly or never, and counts what it sees.
//!
//! It stands in for httpbin, so that every program runs on a machine without a network. It is
//! itself a program of the runtime: hyper reads and writes, one task a connection.
//!
//! | path | answer |
//! |---|---|
//! | `/get`, `/post` | what was sent, as JSON (`/post` takes the method POST) |
//! | `/json`, `/html` | a fixed page |
//! | `/json/{n}` | as `/json`, after n seconds, at most 10 |
//! | `/delay/{n}` | as `/get`, after n seconds, at most 10 |
//! | `/lat/{i}` | as `/get`, after [`latency(i)`](crate::floor::latency): 0.5 to 1.5 s |
//! | `/fixed/{ms}` | 1256 bytes after ms milliseconds |
//! | `/products/{i}` | a small JSON object after 20 ms |
//! | `/status/{n}` | that status, no body |
//! | `/flaky/{key}/{k}/{code}` | the first k requests for this key get the status, later ones 200 |
//! | `/drop/{key}/{k}` | the first k requests for this key get the connection closed on them |
//! | `/hang` | nothing, ever |
//! | `/stats`, `/reset` | the counters; `/reset` also sets them back. Neither is counted itself |
//! | `/stats/{n}` | the counters, as soon as there have been n requests |
//!
//! A request is counted down before its answer is written. So a client that never has more than n
//! requests open can't be seen with n + 1: no answer has reached it before the counter knows.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use mainspring::io::{DuplexStream, duplex};
use mainspring::net::TcpListener;
use mainspring::select;
use mainspring::sync::{Event, mpsc, watch};
use mainspring::time::{sleep, timeout};
use serde_json::{Value, json};

use crate::floor::latency;
use crate::tell;

/// How long a stopping server waits for the requests it has begun.
const GRACE: Duration = Duration::from_secs(1);
/// How long it rests when the system has no descriptor left for another connection.
const REST: Duration = Duration::from_millis(50);
/// Bytes that are on their way within this process.
const BUFFER: usize = 64 * 1024;
/// The largest body that `/post` takes.
const LARGEST: usize = 1 << 20;

/// A listening server that does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    board: Arc<Board>,
}

impl Server {
    /// Listens at `addr`. Every delay is multiplied by `scale`.
    pub async fn bind(addr: SocketAddr, scale: f64) -> io::Result<Server> {
        let listener = TcpListener::bind(addr).await?;
        Ok(Server {
            listener,
            board: Arc::new(Board {
                scale,
                counters: Mutex::default(),
                seen: watch::Sender::new(0),
            }),
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` is ready. Then it accepts nothing more, lets the requests it has begun
    /// end for at most a second, and returns the counters.
    ///
    /// # Cancel safety
    /// Dropping it closes the listener; connections that are open live on as tasks.
    pub async fn serve(self, stop: impl Future) -> Value {
        let mut stop = pin!(stop);
        let stopping = Arc::new(Event::new());
        // Nothing is ever sent: the channel ends when the last connection drops its sender.
        let (alive, mut all_gone) = mpsc::channel::<Infallible>(1);
        loop {
            let accepted = select! {
                biased;
                _ = stop.as_mut() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (board, stopping) = (self.board.clone(), stopping.clone());
                    let alive = alive.clone();
                    let _ = stream.set_nodelay(true);
                    mainspring::spawn(async move {
                        connection(stream, board, &stopping).await;
                        drop(alive);
                    });
                }
                Err(error) => {
                    tell!("server: cannot accept: {error}; resting for {REST:?}");
                    sleep(REST).await;
                }
            }
        }
        drop((self.listener, alive));
        stopping.set();
        let _ = timeout(GRACE, all_gone.recv()).await;
        self.board.stats()
    }
}

/// The server without sockets: it answers connections of this process, in the same runtime.
#[derive(Clone, Debug)]
pub struct Inside(Arc<Board>);

impl Inside {
    /// Every delay is multiplied by `scale`.
    #[must_use]
    pub fn new(scale: f64) -> Inside {
        Inside(Arc::new(Board { scale, counters: Mutex::default(), seen: watch::Sender::new(0) }))
    }

    /// The client's end of another connection. A task answers at the other end until it is dropped.
    ///
    /// # Panics
    /// If there is no runtime on this thread.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (near, far) = duplex(BUFFER);
        let board = self.0.clone();
        mainspring::spawn(async move { connection(far, board, &Event::new()).await });
        near
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> Value {
        self.0.stats()
    }
}

async fn connection(stream: impl Read + Write + Unpin, board: Arc<Board>, stopping: &Event) {
    let seen_in = Arc::new(Mutex::new(None));
    let service = service_fn(move |request| answer(request, board.clone(), seen_in.clone()));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(mainspring::compat::hyper::Timer)
        .serve_connection(stream, service);
    let mut served = pin!(served);
    // An error here is a client that went away or `/drop`: the counters know what there is to know.
    select! {
        biased;
        _ = served.as_mut() => return,
        _ = stopping.wait() => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}

/// What the server has counted since the last `/reset`.
#[derive(Debug, Default)]
struct Counters {
    total: u64,
    in_flight: u64,
    peak: u64,
    connections: u64,
    /// Number of resets, so that an old connection is counted anew after each.
    era: u64,
    /// Requests so far, by the key of `/flaky` and `/drop`.
    hits: HashMap<String, u64>,
}

#[derive(Debug)]
struct Board {
    scale: f64,
    counters: Mutex<Counters>,
    /// `total`, for who waits for it.
    seen: watch::Sender<u64>,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count<'a>(&'a self, seen_in: &Mutex<Option<u64>>) -> Counted<'a> {
        let mut counters = self.lock();
        let era = counters.era;
        let before = seen_in.lock().unwrap_or_else(PoisonError::into_inner).replace(era);
        counters.connections += u64::from(before != Some(era));
        counters.total += 1;
        counters.in_flight += 1;
        counters.peak = counters.peak.max(counters.in_flight);
        self.seen.send_replace(counters.total);
        Counted(self)
    }

    fn stats(&self) -> Value {
        let c = self.lock();
        json!({ "total": c.total, "in_flight": c.in_flight, "peak_in_flight": c.peak,
                "connections": c.connections })
    }

    fn reset(&self) {
        let mut counters = self.lock();
        let (in_flight, era) = (counters.in_flight, counters.era + 1);
        *counters = Counters { in_flight, peak: in_flight, era, ..Counters::default() };
        self.seen.send_replace(0);
    }

    /// Whether this request for `key` is among the first `k`.
    fn early(&self, key: &str, k: u64) -> bool {
        let mut counters = self.lock();
        let hits = counters.hits.entry(key.to_owned()).or_default();
        *hits += 1;
        *hits <= k
    }

    async fn pause(&self, delay: Duration) {
        sleep(delay.mul_f64(self.scale)).await;
    }
}

/// A request that is being answered. It is over when this is dropped, also when the client left.
struct Counted<'a>(&'a Board);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

/// hyper closes the connection without an answer when it gets this.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was asked to be dropped")
    }
}

impl std::error::Error for Dropped {}

type Answer = Result<Response<Full<Bytes>>, Dropped>;

async fn answer(
    request: Request<Incoming>,
    board: Arc<Board>,
    seen_in: Arc<Mutex<Option<u64>>>,
) -> Answer {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["stats"] => return page(JSON, pretty(&board.stats())),
        ["stats", n] => {
            let Ok(n) = n.parse::<u64>() else { return status(StatusCode::BAD_REQUEST) };
            let _ = board.seen.subscribe().wait_for(|total| *total >= n).await;
            return page(JSON, pretty(&board.stats()));
        }
        ["reset"] => {
            board.reset();
            return page(JSON, pretty(&board.stats()));
        }
        _ => {}
    }
    // Dropped at the end of this function, and hyper writes the answer after that.
    let _counted = board.count(&seen_in);
    let method = if parts == ["post"] { Method::POST } else { Method::GET };
    if request.method() != method {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    route(request, &parts, &board).await
}

async fn route(request: Request<Incoming>, parts: &[&str], board: &Board) -> Answer {
    match *parts {
        ["get"] => echo(&request),
        ["post"] => post(request).await,
        ["json"] => slides(),
        ["html"] => page(HTML, include_str!("server/page.html")),
        [what @ ("delay" | "json"), n] => match n.parse() {
            Ok(n) if (0.0..=f64::MAX).contains(&n) => {
                board.pause(Duration::from_secs_f64(n.min(10.0))).await;
                if what == "json" { slides() } else { echo(&request) }
            }
            _ => status(StatusCode::BAD_REQUEST),
        },
        ["lat", i] => match i.parse() {
            Ok(i) => {
                board.pause(latency(i)).await;
                echo(&request)
            }
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        ["fixed", ms] => match ms.parse() {
            Ok(ms) => {
                board.pause(Duration::from_millis(ms)).await;
                page(HTML, "x".repeat(1256))
            }
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        ["products", i] => match i.parse::<u64>() {
            Ok(i) => {
                board.pause(Duration::from_millis(20)).await;
                page(JSON, json!({ "id": i, "price": 9.99 }).to_string())
            }
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        ["status", code] => status(parse_status(code)),
        ["flaky", key, k, code] => match k.parse() {
            Ok(k) if board.early(key, k) => status(parse_status(code)),
            Ok(_) => page(JSON, json!({ "ok": true }).to_string()),
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        ["drop", key, k] => match k.parse() {
            Ok(k) if board.early(key, k) => Err(Dropped),
            Ok(_) => page(JSON, json!({ "ok": true }).to_string()),
            Err(_) => status(StatusCode::BAD_REQUEST),
        },
        ["hang"] => std::future::pending().await,
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn slides() -> Answer {
    page(JSON, include_str!("server/slides.json"))
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

fn page(kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    Ok(response)
}

fn status(code: StatusCode) -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code;
    Ok(response)
}

/// 1xx would need a second answer after it, so it counts as a mistake.
fn parse_status(code: &str) -> StatusCode {
    code.parse()
        .ok()
        .filter(|c: &StatusCode| !c.is_informational())
        .unwrap_or(StatusCode::BAD_REQUEST)
}

fn echo(request: &Request<Incoming>) -> Answer {
    page(JSON, pretty(&described(request)))
}

async fn post(request: Request<Incoming>) -> Answer {
    let mut about = described(&request);
    let Ok(body) = Limited::new(request.into_body(), LARGEST).collect().await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let data = body.to_bytes();
    about["data"] = String::from_utf8_lossy(&data).into();
    about["json"] = serde_json::from_slice(&data).unwrap_or(Value::Null);
    page(JSON, pretty(&about))
}

fn described(request: &Request<Incoming>) -> Value {
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: serde_json::Map<String, Value> =
        request.headers().iter().map(|(name, v)| (name.to_string(), text(v).into())).collect();
    let args: serde_json::Map<String, Value> = request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let host = request.headers().get(header::HOST).map(text).unwrap_or_default();
    let url = format!("http://{host}{}", request.uri());
    json!({ "args": args, "headers": headers, "origin": "127.0.0.1", "url": url })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
