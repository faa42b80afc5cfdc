//! hyper 1 over every kind of stream: HTTP/1.1 and HTTP/2, over TCP and over TLS of both crates.

use crate::on_each;
use crate::tls::{client_config, name, server_config};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use mainspring::compat::hyper::{Executor, Timer};
use mainspring::compat::{FuturesIo, HyperIo, TokioIo};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{Server, TcpStream, start_server};
use mainspring::sync::{Barrier, Event};
use mainspring::{join, select, spawn};
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

type AnyError = Box<dyn Error + Send + Sync>;

/// How many requests are open on one HTTP/2 connection at the same time.
const STREAMS: usize = 50;

/// What is under HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Under {
    Tcp,
    TokioRustls,
    FuturesRustls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Version {
    /// Its name in a TLS handshake.
    fn protocol(self) -> &'static str {
        match self {
            Version::One => "http/1.1",
            Version::Two => "h2",
        }
    }

    fn chosen(protocol: Option<&[u8]>) -> Self {
        if protocol == Some(b"h2") { Version::Two } else { Version::One }
    }
}

const ALL: [(Under, Version); 6] = [
    (Under::Tcp, Version::One),
    (Under::Tcp, Version::Two),
    (Under::TokioRustls, Version::One),
    (Under::TokioRustls, Version::Two),
    (Under::FuturesRustls, Version::One),
    (Under::FuturesRustls, Version::Two),
];

/// A server's side of all tests: `/together` answers when [`STREAMS`] have asked, `/late` when it
/// is told to, everything else at once, with what was sent.
struct Site {
    together: Barrier,
    /// A request for `/late` is here.
    late: Event,
    /// It may be answered.
    answer: Event,
    /// The server is to end what it has begun, and begin nothing.
    stop: Event,
}

impl Site {
    fn new() -> Arc<Self> {
        let (late, answer, stop) = (Event::new(), Event::new(), Event::new());
        Arc::new(Self { together: Barrier::new(STREAMS), late, answer, stop })
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        match request.uri().path() {
            "/together" => {
                self.together.wait().await;
            }
            "/late" => {
                self.late.set();
                self.answer.wait().await;
            }
            _ => {}
        }
        let body = request.into_body().collect().await?.to_bytes();
        Ok(Response::new(Full::new(body)))
    }

    /// One connection, until the peer or the site ends it.
    async fn serve<S>(self: Arc<Self>, stream: S, version: Version) -> Result<(), AnyError>
    where
        S: Read + Write + Unpin + Send + 'static,
    {
        let site = self.clone();
        let service = service_fn(move |request| site.clone().answer(request));
        match version {
            Version::One => {
                let mut builder = hyper::server::conn::http1::Builder::new();
                let connection = builder
                    .timer(Timer)
                    .header_read_timeout(Duration::from_millis(200))
                    .serve_connection(stream, service);
                let mut connection = pin!(connection);
                select! {
                    end = connection.as_mut() => return Ok(end?),
                    () = self.stop.wait() => connection.as_mut().graceful_shutdown(),
                }
                Ok(connection.await?)
            }
            Version::Two => {
                let mut builder = hyper::server::conn::http2::Builder::new(Executor);
                let connection = builder
                    .timer(Timer)
                    .keep_alive_interval(Duration::from_millis(100))
                    .keep_alive_timeout(Duration::from_millis(200))
                    .serve_connection(stream, service);
                let mut connection = pin!(connection);
                select! {
                    end = connection.as_mut() => return Ok(end?),
                    () = self.stop.wait() => connection.as_mut().graceful_shutdown(),
                }
                Ok(connection.await?)
            }
        }
    }
}

async fn serve(site: &Arc<Site>, under: Under, version: Version) -> Server {
    let (site, config) = (site.clone(), server_config(&["h2", "http/1.1"]));
    let tokio = tokio_rustls::TlsAcceptor::from(config.clone());
    let futures = futures_rustls::TlsAcceptor::from(config);
    let handler = move |stream: TcpStream, _peer: SocketAddr| {
        let (site, tokio, futures) = (site.clone(), tokio.clone(), futures.clone());
        async move {
            match under {
                Under::Tcp => site.serve(stream, version).await,
                Under::TokioRustls => {
                    let stream = tokio.accept(stream).await?;
                    let version = Version::chosen(stream.get_ref().1.alpn_protocol());
                    site.serve(TokioIo::new(stream), version).await
                }
                Under::FuturesRustls => {
                    let stream = futures.accept(stream).await?;
                    let version = Version::chosen(stream.get_ref().1.alpn_protocol());
                    site.serve(FuturesIo::new(stream), version).await
                }
            }
        }
    };
    start_server("127.0.0.1:0", handler).await.unwrap()
}

/// The client's side of a connection.
enum Client {
    One(hyper::client::conn::http1::SendRequest<Full<Bytes>>),
    Two(hyper::client::conn::http2::SendRequest<Full<Bytes>>),
}

impl Client {
    async fn over<S: Read + Write + Unpin + Send + 'static>(stream: S, version: Version) -> Self {
        match version {
            Version::One => {
                let (client, connection) =
                    hyper::client::conn::http1::handshake(stream).await.unwrap();
                spawn(connection);
                Client::One(client)
            }
            Version::Two => {
                let mut builder = hyper::client::conn::http2::Builder::new(Executor);
                let (client, connection) = builder.timer(Timer).handshake(stream).await.unwrap();
                spawn(connection);
                Client::Two(client)
            }
        }
    }

    async fn connect(server: &Server, under: Under, version: Version) -> Self {
        let stream = TcpStream::connect(server.local_addr()).await.unwrap();
        let config = client_config(&[version.protocol()]);
        match under {
            Under::Tcp => Self::over(stream, version).await,
            Under::TokioRustls => {
                let connector = tokio_rustls::TlsConnector::from(config);
                let stream = connector.connect(name(), stream).await.unwrap();
                Self::over(TokioIo::new(stream), version).await
            }
            Under::FuturesRustls => {
                let connector = futures_rustls::TlsConnector::from(config);
                let stream = connector.connect(name(), stream).await.unwrap();
                Self::over(FuturesIo::new(stream), version).await
            }
        }
    }

    async fn ask(&mut self, path: &str, body: Bytes) -> Bytes {
        let request = Request::post(format!("http://localhost{path}"))
            .header(header::HOST, "localhost")
            .body(Full::new(body))
            .unwrap();
        let answer = match self {
            Client::One(client) => {
                client.ready().await.unwrap();
                client.send_request(request).await.unwrap()
            }
            Client::Two(client) => client.send_request(request).await.unwrap(),
        };
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body().collect().await.unwrap().to_bytes()
    }
}

#[test]
fn each_version_over_each_kind_of_stream_keeps_its_connection() {
    on_each(async || {
        for (under, version) in ALL {
            let server = serve(&Site::new(), under, version).await;
            let mut client = Client::connect(&server, under, version).await;
            for length in [0, 10, 100_000] {
                let body = Bytes::from(vec![b'x'; length]);
                assert_eq!(client.ask("/", body.clone()).await, body, "{under:?} {version:?}");
            }
            assert_eq!(server.clients(), 1, "one connection for all");
            drop(client);
            server.close();
            server.wait_closed().await;
        }
    });
}

#[test]
fn fifty_requests_share_a_connection_of_http_2() {
    on_each(async || {
        for under in [Under::Tcp, Under::TokioRustls, Under::FuturesRustls] {
            let server = serve(&Site::new(), under, Version::Two).await;
            let client = Client::connect(&server, under, Version::Two).await;
            let Client::Two(client) = client else { unreachable!() };
            let requests = (0..STREAMS).map(|n| {
                let mut client = Client::Two(client.clone());
                spawn(async move {
                    let body = Bytes::from(format!("request {n}"));
                    // None is answered before all are there.
                    assert_eq!(client.ask("/together", body.clone()).await, body);
                })
            });
            for request in requests.collect::<Vec<_>>() {
                request.await.unwrap();
            }
            assert_eq!(server.clients(), 1);
        }
    });
}

#[test]
fn a_graceful_end_answers_what_was_asked() {
    on_each(async || {
        for (under, version) in ALL {
            let site = Site::new();
            let server = serve(&site, under, version).await;
            let mut client = Client::connect(&server, under, version).await;
            let ends = async {
                site.late.wait().await;
                server.close();
                site.stop.set();
                assert!(TcpStream::connect(server.local_addr()).await.is_err());
                assert_eq!(server.clients(), 1);
                site.answer.set();
            };
            let (answer, ()) = join!(client.ask("/late", Bytes::from("late")), ends);
            assert_eq!(answer, "late", "{under:?} {version:?}");
            // The client keeps its side open: the server ends it.
            server.wait_closed().await;
            drop(client);
        }
    });
}

/// hyper's timeouts go by this runtime's timers.
#[test]
fn who_stays_silent_is_shut_out_and_who_answers_pings_is_not() {
    on_each(async || {
        let server = serve(&Site::new(), Under::Tcp, Version::Two).await;
        let mut alive = Client::connect(&server, Under::Tcp, Version::Two).await;
        // It says that it speaks HTTP/2, and no more.
        let mut silent = TcpStream::connect(server.local_addr()).await.unwrap();
        silent.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        silent.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let _ = silent.read_to_end(&mut Vec::new()).await;
        assert_eq!(alive.ask("/", Bytes::from("here")).await, "here");
        assert_eq!(server.clients(), 1);

        let server = serve(&Site::new(), Under::Tcp, Version::One).await;
        let mut silent = TcpStream::connect(server.local_addr()).await.unwrap();
        silent.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let _ = silent.read_to_end(&mut Vec::new()).await;
        mainspring::task::yield_now().await;
        server.close();
        server.wait_closed().await;
    });
}

/// After an upgrade the connection is hyper's stream; wrapped, it is one of ours.
#[test]
fn an_upgraded_connection_is_a_stream_again() {
    async fn upgrade(mut request: Request<Incoming>) -> Result<Response<String>, Infallible> {
        let upgrade = hyper::upgrade::on(&mut request);
        spawn(async move {
            let mut stream = HyperIo::new(upgrade.await.unwrap());
            let mut word = [0; 4];
            stream.read_exact(&mut word).await.unwrap();
            word.reverse();
            stream.write_all(&word).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let answer = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "backwards");
        Ok(answer.body(String::new()).unwrap())
    }
    on_each(async || {
        let server = start_server("127.0.0.1:0", |stream, _peer| {
            let builder = hyper::server::conn::http1::Builder::new();
            builder.serve_connection(stream, service_fn(upgrade)).with_upgrades()
        })
        .await
        .unwrap();
        let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
        let ask = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: backwards\r\n\r\n";
        client.write_all(ask.as_bytes()).await.unwrap();
        client.write_all(b"tick").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        assert!(answer.ends_with("\r\n\r\nkcit"), "{answer}");
    });
}
