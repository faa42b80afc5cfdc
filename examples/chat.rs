//! A chat, line by line: everybody who connects gets what the others say.
//!
//! ```text
//! cargo run --release --example chat                     the server, on port 8890, until ctrl-c
//! nc 127.0.0.1 8890                                      in other terminals: be somebody
//! cargo run --release --example chat -- --check          server and three guests, and the end
//! ```
//!
//! What you will see: the server asks for a name, tells who is here, and passes every line on to
//! all others. `/who` lists the names, `/quit` leaves. Who comes and who goes is announced. The
//! server prints who connected and how each ended; on ctrl-c everybody is told goodbye.
//!
//! The second and the fourth document only name chats as a thing for asyncio; here is one, with
//! `broadcast`: the echo server of the third, grown up.
//! What is easily done wrong, and how it is done here:
//!
//! * One who does not read must not stop the others. Each line goes into one ring that everybody
//!   reads from; who is `--backlog` lines behind loses the oldest, is told how many, and stays.
//! * A line without an end must not fill the memory: above `--longest` bytes it is refused.
//! * Bytes that are no UTF-8 are replaced, and so are signs that would steer the others' terminals.
//! * Who says nothing for `--idle` seconds goes, and so does one who is just not there any more.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use examples::lines::{Got, Lines};
use examples::room::{Heard, Member, Refused, Room, part, tidy};
use examples::say;
use examples::{flags, interrupt};
use mainspring::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use mainspring::net::{Server, TcpStream, start_server};
use mainspring::time::{Instant, timeout, timeout_at};

/// How long those who were told goodbye have to hear it.
const GRACE: Duration = Duration::from_secs(1);

/// A chat, line by line: everybody who connects gets what the others say.
#[derive(Debug, Parser)]
pub struct Options {
    /// Port of the server; 0 lets the system choose
    #[arg(long, default_value_t = 8890)]
    port: u16,
    /// Members at a time
    #[arg(long, value_name = "N", default_value = "1000", value_parser = flags::count::<usize>)]
    most: usize,
    /// Lines that a slow reader may be behind before it loses some; rounded up to a power of two
    #[arg(long, value_name = "LINES", default_value = "256", value_parser = flags::count::<usize>)]
    backlog: usize,
    /// Bytes that a line may have
    #[arg(long, value_name = "BYTES", default_value = "1000", value_parser = flags::count::<usize>)]
    longest: usize,
    /// Seconds that somebody may say nothing
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = flags::patience)]
    idle: Duration,
    /// Server and three guests in one process, and then the end
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
    let addr = server.local_addr();
    let ctrl_c = interrupt::ctrl_c().await;
    say!("listening on {addr}; join with: nc {} {}; ctrl-c stops", addr.ip(), addr.port());
    ctrl_c.await.map_err(|error| error.to_string())?;
    say!();
    stop(&server, &room).await;
    Ok(())
}

async fn start(options: &Options, port: u16) -> Result<(Server, Room), String> {
    let room = Room::new(options.most, options.backlog);
    let rules = Rules { longest: options.longest, idle: options.idle };
    let inside = room.clone();
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = start_server(addr, move |stream, peer| {
        let room = inside.clone();
        async move {
            say!("{peer}: connected");
            match talk(&room, stream, rules).await {
                (Some(name), end) => say!("{peer}: {name} has left: {end}"),
                (None, end) => say!("{peer}: never came in: {end}"),
            }
        }
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
        // They read nothing: nobody can tell them anything.
        server.close_clients();
        server.wait_closed().await;
    }
    let (joined, said) = room.counts();
    say!("stopped; {joined} came in, {said} lines said");
}

/// What everybody has to keep to.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Bytes of a line.
    pub longest: usize,
    /// Time between two lines.
    pub idle: Duration,
}

/// How a visit came to its end.
#[derive(Debug)]
pub enum End {
    Quit,
    Closed,
    Idle(Duration),
    Broke(io::Error),
    Room,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Quit => f.write_str("quit"),
            End::Closed => f.write_str("connection closed"),
            End::Idle(time) => write!(f, "silent for {} s", time.as_secs_f64()),
            End::Broke(error) => write!(f, "connection broke off: {error}"),
            End::Room => f.write_str("the room is closed"),
        }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> End {
        End::Broke(error)
    }
}

/// One visit, from the question for the name to the goodbye.
///
/// # Cancel safety
/// Dropped half-way, the member is gone from the room, and the stream is closed.
pub async fn talk<S>(room: &Room, stream: S, rules: Rules) -> (Option<Arc<str>>, End)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let lines = Lines::new(stream, rules.longest);
    let mut seat = Seat { lines, rules, last: Instant::now() };
    let (name, end) = match seat.enter(room).await {
        Ok(mut member) => {
            let Err(end) = seat.stay(room, &mut member).await;
            let name = member.name().clone();
            // What exactly broke is for the log.
            match &end {
                End::Broke(_) => member.leave("connection lost"),
                end => member.leave(&end.to_string()),
            }
            (Some(name), end)
        }
        Err(end) => (None, end),
    };
    let last_word = match &end {
        End::Quit => "* goodbye".to_owned(),
        End::Idle(_) => format!("* you were {end}; goodbye"),
        End::Room => format!("* {end}; goodbye"),
        End::Closed | End::Broke(_) => return (name, end),
    };
    seat.last = Instant::now();
    if timeout(GRACE, seat.put(&last_word)).await.is_ok() {
        part(seat.lines.stream()).await;
    }
    (name, end)
}

/// One end of the conversation.
struct Seat<S> {
    lines: Lines<S>,
    rules: Rules,
    /// When the last line came.
    last: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Seat<S> {
    async fn enter(&mut self, room: &Room) -> Result<Member, End> {
        self.put("* welcome; what is your name?").await?;
        loop {
            let got = mainspring::select! {
                () = room.closed() => return Err(End::Room),
                got = self.next() => got?,
            };
            let Some(name) = got else {
                self.too_long().await?;
                continue;
            };
            match room.join(&name) {
                Ok(member) => {
                    let names = here(room);
                    self.put(&format!("* you are {name}; {names}; /who, /quit")).await?;
                    return Ok(member);
                }
                Err(Refused::Closed) => return Err(End::Room),
                Err(refused) => self.put(&format!("! {refused}")).await?,
            }
        }
    }

    async fn stay(&mut self, room: &Room, member: &mut Member) -> Result<Infallible, End> {
        loop {
            mainspring::select! {
                got = self.next() => match got?.as_deref() {
                    None => self.too_long().await?,
                    Some("") => {}
                    Some("/quit") => return Err(End::Quit),
                    Some("/who") => self.put(&format!("* {}", here(room))).await?,
                    Some(command) if command.starts_with('/') => {
                        self.put("! there is no such command, only /who and /quit").await?;
                    }
                    Some(text) => member.say(text),
                },
                heard = member.hear() => match heard {
                    Heard::This(happened) => self.put(&happened.to_string()).await?,
                    Heard::Lost(lines) => {
                        self.put(&format!("! you were too slow; lines lost: {lines}")).await?;
                    }
                    Heard::Closed => return Err(End::Room),
                },
            }
        }
    }

    /// The next line; nothing for one that is too long. Safe to drop: no byte is lost.
    async fn next(&mut self) -> Result<Option<String>, End> {
        let got = timeout_at(self.last + self.rules.idle, self.lines.next()).await;
        let got = got.map_err(|_| End::Idle(self.rules.idle))??;
        self.last = Instant::now();
        match got {
            Got::Line(bytes) => Ok(Some(tidy(&bytes))),
            Got::TooLong => Ok(None),
            Got::End => Err(End::Closed),
        }
    }

    /// One line. Who has said nothing for so long that it goes need not read to be found out.
    async fn put(&mut self, text: &str) -> Result<(), End> {
        let line = format!("{text}\n");
        let written = self.lines.stream().write_all(line.as_bytes());
        let written = timeout_at(self.last + self.rules.idle, written).await;
        Ok(written.map_err(|_| End::Idle(self.rules.idle))??)
    }

    async fn too_long(&mut self) -> Result<(), End> {
        let longest = self.rules.longest;
        let text = format!("! a line has at most {longest} bytes; yours was not passed on");
        self.put(&text).await
    }
}

fn here(room: &Room) -> String {
    let names = room.names();
    format!("{} in the room: {}", names.len(), names.join(", "))
}

/// Server and three guests.
async fn check(options: &Options) -> Result<(), String> {
    let (server, room) = start(options, 0).await?;
    let checked = timeout(Duration::from_secs(20), script(server.local_addr(), &server, &room));
    checked.await.map_err(|_| "no answer within 20 s".to_owned())?.map_err(|e| e.to_string())
}

async fn script(addr: SocketAddr, server: &Server, room: &Room) -> io::Result<()> {
    let mut ann = Guest::join(addr, "ann").await?;
    let mut bob = Guest::join(addr, "bob").await?;
    ann.hears("* bob is here; 2 in the room").await?;
    let mut cat = Guest::connect(addr).await?;
    cat.hears("* welcome; what is your name?").await?;
    cat.says("Bob").await?;
    cat.hears("! bob is here already; choose another name").await?;
    cat.says("cat").await?;
    cat.hears("* you are cat; 3 in the room: ann, bob, cat; /who, /quit").await?;
    for guest in [&mut ann, &mut bob] {
        guest.hears("* cat is here; 3 in the room").await?;
    }
    ann.says("hello, all").await?;
    for guest in [&mut bob, &mut cat] {
        guest.hears("ann: hello, all").await?;
    }
    bob.says("/quit").await?;
    bob.hears("* goodbye").await?;
    for guest in [&mut ann, &mut cat] {
        guest.hears("* bob has left (quit); 2 in the room").await?;
    }
    drop(bob);
    let told = async {
        for guest in [&mut ann, &mut cat] {
            guest.hears("* the room is closed; goodbye").await?;
        }
        drop((ann, cat));
        io::Result::Ok(())
    };
    mainspring::join!(stop(server, room), told).1
}

/// A client: for `--check` and the tests.
#[derive(Debug)]
pub struct Guest {
    name: String,
    lines: mainspring::io::Lines<BufReader<TcpStream>>,
}

impl Guest {
    pub async fn connect(addr: SocketAddr) -> io::Result<Guest> {
        Ok(Guest::on(TcpStream::connect(addr).await?))
    }

    pub fn on(stream: TcpStream) -> Guest {
        Guest { name: "guest".to_owned(), lines: BufReader::new(stream).lines() }
    }

    /// Comes in; the two lines that greet it are read.
    pub async fn join(addr: SocketAddr, name: &str) -> io::Result<Guest> {
        let mut guest = Guest::connect(addr).await?;
        guest.line().await?;
        guest.says(name).await?;
        guest.line().await?;
        name.clone_into(&mut guest.name);
        Ok(guest)
    }

    pub async fn says(&mut self, text: &str) -> io::Result<()> {
        self.stream().write_all(format!("{text}\n").as_bytes()).await
    }

    pub fn stream(&mut self) -> &mut TcpStream {
        self.lines.get_mut().get_mut()
    }

    pub async fn line(&mut self) -> io::Result<String> {
        let line = self.lines.next_line().await?;
        line.ok_or_else(|| io::Error::other(format!("{} hears nothing more", self.name)))
    }

    /// Reads one line; another one than `text` is an error.
    pub async fn hears(&mut self, text: &str) -> io::Result<()> {
        let line = self.line().await?;
        if line != text {
            return Err(io::Error::other(format!("{} hears {line:?}, not {text:?}", self.name)));
        }
        say!("{} hears: {line}", self.name);
        Ok(())
    }
}
