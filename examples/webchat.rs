//! A chat in the browser: one page, a WebSocket, and the room of `chat` behind it.
//!
//! ```text
//! cargo run --release --example webchat                  then open http://127.0.0.1:8891, twice
//! cargo run --release --example webchat -- --check       server and two guests, and the end
//! ```
//!
//! What you will see: a page that asks for a name, and then what everybody says. When the server
//! stops, the page says so, and comes back when the server does. The server prints who connected
//! and how each ended; on ctrl-c every browser is told.
//!
//! The second and the fourth document only name chats and WebSockets as things for asyncio; here is
//! one. hyper serves the page and hands the connection over; tungstenite speaks WebSocket over the
//! runtime's streams. Neither brings a runtime of its own. What is easily done wrong, and how it is
//! done here:
//!
//! * The upgraded connection stays in the task that served it: `wait_closed` waits for it too, and
//!   no task is left to nobody.
//! * A page of another site must not speak for the user: a request with a foreign `Origin` gets
//!   403.
//! * A browser that is not there any more is found out: a ping after `--ping` seconds, the end
//!   after two times that without an answer. Messages above `--longest` bytes end the connection,
//!   with code 1009.
//! * The page shows text as text, never as HTML, and asks no other server for anything.
//!
//! Messages are JSON objects in text frames, told apart by their `kind`:
//!
//! | from the browser | from the server |
//! |---|---|
//! | `join` name | `welcome` name, names; or `refused` why |
//! | `say` text | `joined`, `left`: name, here; `said`: name, text |
//! | `who` | `who` names |
//! | | `lost` lines: this browser was too slow |

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use examples::room::Room;
use examples::say;
use examples::webchat::{Rules, Upgrade, script, talk, upgrade};
use examples::{flags, interrupt};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use mainspring::net::{Server, TcpStream, start_server};
use mainspring::time::timeout;

/// How long those who were told goodbye have to hear it.
const GRACE: Duration = Duration::from_secs(1);

/// A chat in the browser: one page, a WebSocket, and a room behind it.
#[derive(Debug, Parser)]
pub struct Options {
    /// Port of the server; 0 lets the system choose
    #[arg(long, default_value_t = 8891)]
    port: u16,
    /// Members at a time
    #[arg(long, value_name = "N", default_value = "1000", value_parser = flags::count::<usize>)]
    most: usize,
    /// Lines that a slow browser may be behind before it loses some; rounded up to a power of two
    #[arg(long, value_name = "LINES", default_value = "256", value_parser = flags::count::<usize>)]
    backlog: usize,
    /// Bytes that a message may have
    #[arg(long, value_name = "BYTES", default_value = "4096", value_parser = flags::count::<usize>)]
    longest: usize,
    /// Seconds without a word after which the server asks whether anybody is there
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = flags::patience)]
    ping: Duration,
    /// Server and two guests in one process, and then the end
    #[arg(long, conflicts_with = "port")]
    check: bool,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

pub fn main() -> ExitCode {
    let options = Options::parse();
    options.scheduler.run(async {
        match options.check {
            true => check(&options).await,
            false => until_ctrl_c(&options).await,
        }
    })
}

async fn until_ctrl_c(options: &Options) -> Result<(), String> {
    let (server, room) = start(options, options.port).await?;
    let ctrl_c = interrupt::ctrl_c().await;
    say!("listening on http://{}; open it in a browser; ctrl-c stops", server.local_addr());
    ctrl_c.await.map_err(|error| error.to_string())?;
    say!();
    stop(&server, &room).await;
    Ok(())
}

async fn check(options: &Options) -> Result<(), String> {
    let (server, room) = start(options, 0).await?;
    let checked = timeout(Duration::from_secs(20), script(server.local_addr())).await;
    stop(&server, &room).await;
    checked.map_err(|_| "no answer within 20 s".to_owned())?
}

async fn start(options: &Options, port: u16) -> Result<(Server, Room), String> {
    let room = Room::new(options.most, options.backlog);
    let rules = Rules { longest: options.longest, ping: options.ping };
    let inside = room.clone();
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = start_server(addr, move |stream, peer| {
        let room = inside.clone();
        async move { serve(stream, peer, room, rules).await }
    });
    let server = server.await.map_err(|error| flags::cannot_listen(addr, &error))?;
    // Who is not in the room yet holds a descriptor too.
    server.limit(options.most.saturating_mul(2));
    Ok((server, room))
}

async fn stop(server: &Server, room: &Room) {
    server.close();
    room.close();
    if timeout(GRACE, server.wait_closed()).await.is_err() {
        server.close_clients();
        server.wait_closed().await;
    }
    let (joined, said) = room.counts();
    say!("stopped; {joined} came in, {said} lines said");
}

/// One connection: requests for the page, and then perhaps one for the WebSocket.
async fn serve(stream: TcpStream, peer: SocketAddr, room: Room, rules: Rules) {
    let taken = Arc::new(Mutex::new(None));
    let found = taken.clone();
    let service = service_fn(move |request| std::future::ready(answer(request, &found)));
    let mut served = pin!(
        hyper::server::conn::http1::Builder::new()
            .timer(mainspring::compat::hyper::Timer)
            .serve_connection(stream, service)
            .with_upgrades()
    );
    // An error is a browser that went away, or no browser: there is nobody to tell.
    mainspring::select! {
        served = served.as_mut() => drop(served),
        () = room.closed() => {
            served.as_mut().graceful_shutdown();
            let _ = served.await;
        }
    }
    let taken = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(upgrade) = taken else { return };
    let Ok(stream) = upgrade.await else { return };
    say!("{peer}: connected");
    match talk(&room, stream, rules).await {
        (Some(name), end) => say!("{peer}: {name} has left: {end}"),
        (None, end) => say!("{peer}: never came in: {end}"),
    }
}

type Taken = Mutex<Option<Upgrade>>;

fn answer(
    mut request: Request<Incoming>,
    taken: &Taken,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = |code, text: &'static str| {
        let mut response = Response::new(Full::new(text.into()));
        *response.status_mut() = code;
        response
    };
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/ws") => match upgrade(&mut request) {
            Ok((response, upgrade)) => {
                *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrade);
                response.map(|()| Full::default())
            }
            Err((code, why)) => {
                let mut response = text(code, why);
                let version = HeaderValue::from_static("13");
                response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
                response
            }
        },
        (&Method::GET | &Method::HEAD, "/") => page(),
        (_, "/" | "/ws") => text(StatusCode::METHOD_NOT_ALLOWED, "this takes GET\n"),
        _ => text(StatusCode::NOT_FOUND, "there is / and /ws\n"),
    })
}

fn page() -> Response<Full<Bytes>> {
    const HEADERS: [(header::HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
        // Nothing from elsewhere, whatever should get into the page.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
             connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    ];
    let mut response = Response::new(Full::new(include_str!("src/webchat/page.html").into()));
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
