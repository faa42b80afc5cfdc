//! the WebSocket side of a room: the upgrade, a visit in JSON, pings, and close codes.

#![forbid(unsafe_code)]

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use async_tungstenite::tungstenite::{Message, Utf8Bytes};
use async_tungstenite::{WebSocketStream, client_async};
use hyper::header::{self, HeaderValue};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, Response, StatusCode};
use mainspring::compat::HyperIo;
use mainspring::net::TcpStream;
use mainspring::stream::StreamExt;
use mainspring::time::{Instant, sleep_until, timeout};
use serde_json::{Value, json};

use crate::room::{Happened, Heard, Member, Refused, Room, part, tidy};

/// The connection, when hyper has written its answer.
pub type Upgrade = OnUpgrade;
type Socket = WebSocketStream<HyperIo<Upgraded>>;

/// What every browser has to keep to.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Bytes of a message.
    pub longest: usize,
    /// Time without a word before a ping; after two such times the browser is gone.
    pub ping: Duration,
}

/// The answer to a request for a WebSocket, or the status and the reason why not.
pub fn upgrade<B>(
    request: &mut Request<B>,
) -> Result<(Response<()>, Upgrade), (StatusCode, &'static str)> {
    let headers = request.headers();
    let get = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let has = |name, word: &str| {
        let mut words = get(name).unwrap_or_default().split(',');
        words.any(|have| have.trim().eq_ignore_ascii_case(word))
    };
    if !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return Err((StatusCode::UPGRADE_REQUIRED, "this takes a WebSocket\n"));
    }
    if get(header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err((StatusCode::UPGRADE_REQUIRED, "this takes version 13 of WebSocket\n"));
    }
    let Some(key) = get(header::SEC_WEBSOCKET_KEY) else {
        return Err((StatusCode::BAD_REQUEST, "there is no Sec-WebSocket-Key\n"));
    };
    // A browser always says which page asks; a program need not.
    if let Some(origin) = get(header::ORIGIN) {
        let host = origin.split_once("://").map(|(_, host)| host);
        if host.is_none() || host != get(header::HOST) {
            return Err((StatusCode::FORBIDDEN, "pages of other sites may not come in\n"));
        }
    }
    let accept = derive_accept_key(key.as_bytes());
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    Ok((response, hyper::upgrade::on(request)))
}

/// How a visit came to its end.
#[derive(Debug)]
pub enum End {
    /// The browser said goodbye, or just closed.
    Closed,
    /// Two pings without an answer, or it does not read.
    Silent,
    /// The room is closed.
    Room,
    /// It broke a rule: the code that it was told, and which.
    Fault(CloseCode, String),
    /// The connection broke.
    Broke(Error),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Closed => f.write_str("closed"),
            End::Silent => f.write_str("does not answer"),
            End::Room => f.write_str("the room is closed"),
            End::Fault(code, why) => write!(f, "{why} ({})", u16::from(*code)),
            End::Broke(error) => write!(f, "connection broke off: {error}"),
        }
    }
}

impl From<Error> for End {
    fn from(error: Error) -> End {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
                End::Fault(CloseCode::Size, format!("a message has at most {max_size} bytes"))
            }
            Error::Utf8(_) => End::Fault(CloseCode::Invalid, "text must be UTF-8".to_owned()),
            Error::ConnectionClosed | Error::AlreadyClosed => End::Closed,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Closed,
            Error::Protocol(error) => End::Fault(CloseCode::Protocol, error.to_string()),
            error => End::Broke(error),
        }
    }
}

impl End {
    /// What the browser is told.
    fn code(&self) -> Option<CloseCode> {
        match self {
            End::Closed | End::Broke(_) => None,
            End::Silent => Some(CloseCode::Policy),
            End::Room => Some(CloseCode::Away),
            End::Fault(code, _) => Some(*code),
        }
    }
}

/// One visit, from the name to the goodbye.
///
/// # Cancel safety
/// Dropped half-way, the member is gone from the room, and the connection is closed.
pub async fn talk(room: &Room, stream: Upgraded, rules: Rules) -> (Option<Arc<str>>, End) {
    let limit = Some(rules.longest);
    let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
    let stream = HyperIo::new(stream);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let mut seat = Seat { socket, rules, heard: Instant::now(), pinged: false };
    let mut name = None;
    let end = match seat.enter(room).await {
        Ok(mut member) => {
            name = Some(member.name().clone());
            let Err(end) = seat.stay(room, &mut member).await;
            match &end {
                End::Broke(_) => member.leave("connection lost"),
                end => member.leave(&end.to_string()),
            }
            end
        }
        Err(end) => end,
    };
    if let Some(code) = end.code() {
        // A reason has room for 123 bytes.
        let reason = match &end {
            End::Fault(_, why) => why.clone(),
            end => end.to_string(),
        };
        let reason: String = reason.chars().filter(char::is_ascii).take(123).collect();
        let frame = CloseFrame { code, reason: reason.into() };
        let _ = timeout(Duration::from_millis(500), seat.socket.close(Some(frame))).await;
    }
    part(seat.socket.get_mut()).await;
    (name, end)
}

/// One end of the conversation.
struct Seat {
    socket: Socket,
    rules: Rules,
    /// When anything came, a pong included.
    heard: Instant,
    /// A ping was sent since then.
    pinged: bool,
}

impl Seat {
    async fn enter(&mut self, room: &Room) -> Result<Member, End> {
        loop {
            let asked = mainspring::select! {
                () = room.closed() => return Err(End::Room),
                asked = self.next() => asked?,
            };
            let Some(asked) = asked else { continue };
            let name = match asked["kind"].as_str() {
                Some("join") => asked["name"].as_str().unwrap_or_default().trim().to_owned(),
                _ => return Err(fault("the first message is to be a join")),
            };
            match room.join(&name) {
                Ok(member) => {
                    let names = room.names();
                    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
                    self.put(&json!({ "kind": "welcome", "name": name, "names": names })).await?;
                    return Ok(member);
                }
                Err(Refused::Closed) => return Err(End::Room),
                Err(refused) => {
                    self.put(&json!({ "kind": "refused", "why": refused.to_string() })).await?;
                }
            }
        }
    }

    async fn stay(
        &mut self,
        room: &Room,
        member: &mut Member,
    ) -> Result<std::convert::Infallible, End> {
        loop {
            mainspring::select! {
                asked = self.next() => {
                    let Some(asked) = asked? else { continue };
                    match asked["kind"].as_str() {
                        Some("say") => {
                            let text = tidy(asked["text"].as_str().unwrap_or_default().as_bytes());
                            if !text.is_empty() {
                                member.say(&text);
                            }
                        }
                        Some("who") => {
                            let names = room.names();
                            let names: Vec<&str> = names.iter().map(|name| &**name).collect();
                            self.put(&json!({ "kind": "who", "names": names })).await?;
                        }
                        _ => return Err(fault("a message is a say or a who")),
                    }
                }
                heard = member.hear() => match heard {
                    Heard::This(happened) => self.put(&as_json(&happened)).await?,
                    Heard::Lost(lines) => {
                        self.put(&json!({ "kind": "lost", "lines": lines })).await?;
                    }
                    Heard::Closed => return Err(End::Room),
                },
            }
        }
    }

    /// The next message that says something; nothing for a sign of life. Safe to drop.
    async fn next(&mut self) -> Result<Option<Value>, End> {
        let patience = if self.pinged { 2 } else { 1 };
        let message = mainspring::select! {
            message = self.socket.next() => message.ok_or(End::Closed)??,
            () = sleep_until(self.heard + self.rules.ping * patience) => {
                if self.pinged {
                    return Err(End::Silent);
                }
                self.pinged = true;
                self.send(Message::Ping(Default::default())).await?;
                return Ok(None);
            }
        };
        (self.heard, self.pinged) = (Instant::now(), false);
        match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(value @ Value::Object(_)) => Ok(Some(value)),
                _ => Err(fault("a message is a JSON object")),
            },
            Message::Close(_) => {
                // It has the same from us with the next reading, which brings nothing.
                let _ = timeout(Duration::from_millis(500), self.socket.next()).await;
                Err(End::Closed)
            }
            Message::Binary(_) => {
                Err(End::Fault(CloseCode::Unsupported, "a message is text".to_owned()))
            }
            // tungstenite answers a ping by itself.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(None),
        }
    }

    async fn put(&mut self, value: &Value) -> Result<(), End> {
        self.send(Message::Text(Utf8Bytes::from(value.to_string()))).await
    }

    /// A browser that reads nothing for two pings is not there.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let sent = timeout(self.rules.ping * 2, self.socket.send(message)).await;
        Ok(sent.map_err(|_| End::Silent)??)
    }
}

fn fault(why: &str) -> End {
    End::Fault(CloseCode::Policy, why.to_owned())
}

fn as_json(happened: &Happened) -> Value {
    match happened {
        Happened::Joined { name, here } => {
            json!({ "kind": "joined", "name": **name, "here": here })
        }
        Happened::Said { name, text } => json!({ "kind": "said", "name": **name, "text": **text }),
        Happened::Left { name, why, here } => {
            json!({ "kind": "left", "name": **name, "why": **why, "here": here })
        }
    }
}

/// A WebSocket without a browser: for `--check` and the tests.
#[derive(Debug)]
pub struct Guest(pub WebSocketStream<TcpStream>);

impl Guest {
    /// Connects, and says nothing yet.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection.
    pub async fn connect(addr: SocketAddr) -> Result<Guest, String> {
        Guest::on(TcpStream::connect(addr).await.map_err(|error| error.to_string())?).await
    }

    /// The same on a connection that is there already.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection.
    pub async fn on(stream: TcpStream) -> Result<Guest, String> {
        let addr = stream.peer_addr().map_err(|error| error.to_string())?;
        let url = format!("ws://{addr}/ws");
        let made = client_async(url, stream).await.map_err(|error| error.to_string())?;
        Ok(Guest(made.0))
    }

    /// Connects and comes in; gives the welcome too.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection.
    pub async fn join(addr: SocketAddr, name: &str) -> Result<(Guest, Value), String> {
        let mut guest = Guest::connect(addr).await?;
        guest.asks(json!({ "kind": "join", "name": name })).await?;
        let welcome = guest.hears().await?;
        Ok((guest, welcome))
    }

    /// Sends a message.
    ///
    /// # Cancel safety
    /// The message may be sent, or sent later with the next one.
    pub async fn asks(&mut self, value: Value) -> Result<(), String> {
        let message = Message::text(value.to_string());
        self.0.send(message).await.map_err(|error| error.to_string())
    }

    /// The next message that is no ping; an error says how the connection was closed.
    ///
    /// # Cancel safety
    /// Safe: no message is lost.
    pub async fn hears(&mut self) -> Result<Value, String> {
        loop {
            return match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    serde_json::from_str(&text).map_err(|error| error.to_string())
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    Err(format!("closed: {} {}", u16::from(frame.code), frame.reason))
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => Err(error.to_string()),
                None => Err("closed without a word".to_owned()),
            };
        }
    }
}

/// What `--check` does: two guests come, talk, and go.
///
/// # Cancel safety
/// Dropping it closes the guests' connections.
pub async fn script(addr: SocketAddr) -> Result<(), String> {
    let (mut ann, welcome) = Guest::join(addr, "ann").await?;
    is("ann", &welcome, json!({ "kind": "welcome", "name": "ann", "names": ["ann"] }))?;
    let (mut bob, refused) = Guest::join(addr, "Ann").await?;
    let why = "ann is here already; choose another name";
    is("guest", &refused, json!({ "kind": "refused", "why": why }))?;
    bob.asks(json!({ "kind": "join", "name": "bob" })).await?;
    let welcome = json!({ "kind": "welcome", "name": "bob", "names": ["ann", "bob"] });
    is("bob", &bob.hears().await?, welcome)?;
    is("ann", &ann.hears().await?, json!({ "kind": "joined", "name": "bob", "here": 2 }))?;
    bob.asks(json!({ "kind": "say", "text": "<b>hello</b>" })).await?;
    let said = json!({ "kind": "said", "name": "bob", "text": "<b>hello</b>" });
    is("ann", &ann.hears().await?, said)?;
    bob.0.close(None).await.map_err(|error| error.to_string())?;
    let left = json!({ "kind": "left", "name": "bob", "why": "closed", "here": 1 });
    is("ann", &ann.hears().await?, left)?;
    ann.asks(json!("no object")).await?;
    match ann.hears().await {
        Err(end) if end.contains("1008") => crate::say!("ann: {end}"),
        other => return Err(format!("ann broke the rules and hears {other:?}")),
    }
    Ok(())
}

fn is(who: &str, heard: &Value, expected: Value) -> Result<(), String> {
    crate::say!("{who} hears: {heard}");
    match *heard == expected {
        true => Ok(()),
        false => Err(format!("{who} hears {heard}, not {expected}")),
    }
}
