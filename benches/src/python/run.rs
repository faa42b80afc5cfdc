//! one peer in one row: start it, give it its work, look at what it did.

use super::child::{Ended, Process};
use super::find::Tools;
use super::rows::{Clock, Kind, Row, Size, WALL};
use super::scratch::Scratch;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// No program here takes longer than half a minute on a quiet machine.
const LIMIT: Duration = Duration::from_secs(180);

/// Who runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Python,
    /// The port on one thread, as asyncio is.
    OneThread,
    /// The port as it is run without a flag.
    Threads,
}

impl Peer {
    pub const ALL: [Self; 3] = [Self::Python, Self::OneThread, Self::Threads];

    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "CPython",
            Self::OneThread => "port, current_thread",
            Self::Threads => "port, multi_thread",
        }
    }

    fn command(self, tools: &Tools, row: &Row) -> Command {
        match self {
            Self::Python => tools.python.command(row.script),
            Self::Threads => tools.example(row.example),
            Self::OneThread => {
                let mut command = tools.example(row.example);
                command.arg("--current-thread");
                command
            }
        }
    }
}

/// Seconds and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub wall: f64,
    pub cpu: f64,
    pub peak: f64,
}

impl Usage {
    fn of(ended: &Ended) -> Self {
        let (wall, cpu) = (ended.wall.as_secs_f64(), ended.cpu.as_secs_f64());
        Self { wall, cpu, peak: ended.peak as f64 }
    }
}

/// What one peer needed in one round, and what it did.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub whole: Usage,
    /// With nothing to do.
    pub start: Usage,
    /// Seconds by the program's own clock, from the first request to the last answer; of a server:
    /// what its load took.
    pub run: f64,
    /// What it did, in words that must be equal for all peers.
    pub did: String,
    /// Its connections to the local server, and its most requests at a time, as that has counted.
    pub connections: u64,
    pub in_flight: u64,
}

/// All peers in this order, on one local server.
///
/// # Errors
/// Who failed, and how.
pub fn round(tools: &Tools, row: &Row, size: Size, order: &[Peer]) -> Result<Vec<Taken>, String> {
    let site = row.site().then(|| Site::start(tools, row.scale(size))).transpose()?;
    let mut all = Vec::new();
    for peer in order {
        let setup = Setup { tools, row, size, peer: *peer, site: site.as_ref() };
        all.push(setup.measured().map_err(|why| format!("{}: {why}", peer.name()))?);
    }
    Ok(all)
}

/// The embedded server in a process of its own, on one thread.
#[derive(Debug)]
struct Site {
    addr: SocketAddr,
    _process: Process,
}

impl Site {
    fn start(tools: &Tools, scale: f64) -> Result<Self, String> {
        let mut command = tools.example("server");
        command.args(["--port", "0", "--current-thread", "--scale", &scale.to_string()]);
        let (process, addr, _) = listening(&mut command)?;
        Ok(Self { addr, _process: process })
    }

    fn figure(&self, name: &str) -> Result<u64, String> {
        let stats = get(self.addr, "/stats").map_err(|error| format!("/stats: {error}"))?;
        let stats: serde_json::Value = serde_json::from_str(&stats).map_err(|e| e.to_string())?;
        stats[name].as_u64().ok_or(format!("/stats has no {name}"))
    }
}

/// Starts a server and waits for the line with its address.
fn listening(command: &mut Command) -> Result<(Process, SocketAddr, Duration), String> {
    let mut process = Process::start(command).map_err(|error| error.to_string())?;
    let (line, took) = process.first_line(LIMIT).map_err(|error| error.to_string())?;
    let mut words = line.split([' ', ',', ';', '\n']).map(|w| w.trim_start_matches("http://"));
    match words.find_map(|word| word.parse().ok()) {
        Some(addr) => Ok((process, addr, took)),
        None => {
            let complained = process.end(Duration::from_secs(1)).complained;
            Err(format!("it did not say where it listens, but {line:?} {complained}"))
        }
    }
}

/// GET with a connection of its own; the body, of an answer that must be 200.
fn get(addr: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(io::Error::other(format!("{path} was answered with {answer:?}"))),
    }
}

#[derive(Clone, Copy, Debug)]
struct Setup<'a> {
    tools: &'a Tools,
    row: &'a Row,
    size: Size,
    peer: Peer,
    site: Option<&'a Site>,
}

impl Setup<'_> {
    fn measured(self) -> Result<Taken, String> {
        if let Some(site) = self.site {
            get(site.addr, "/reset").map_err(|error| error.to_string())?;
        }
        let mut taken = match self.row.kind {
            Kind::Client { says, numbers, clock } => self.client(says, numbers, clock)?,
            Kind::Scraper => self.scraper()?,
            Kind::Echo => self.server(Self::echoes)?,
            Kind::Search => self.server(Self::searches)?,
        };
        if let Some(site) = self.site {
            taken.did += &format!(", {} requests to the server", site.figure("total")?);
            taken.connections = site.figure("connections")?;
            taken.in_flight = site.figure("peak_in_flight")?;
            // One search is one request to the API, and a service does not count its clients.
            if taken.in_flight > self.row.limit {
                return Err(format!(
                    "{} requests at a time, limit {}",
                    taken.in_flight, self.row.limit
                ));
            }
        }
        Ok(taken)
    }

    fn command(self, database: &Path) -> Command {
        let mut command = self.peer.command(self.tools, self.row);
        let site = self.site.map_or(String::new(), |site| format!("http://{}", site.addr));
        let (scale, database) = (self.row.scale(self.size).to_string(), database.to_string_lossy());
        command.args(self.row.args.iter().map(|arg| {
            arg.replace("{site}", &site).replace("{scale}", &scale).replace("{database}", &database)
        }));
        command
    }

    /// Runs the program with so much to do.
    fn whole(self, count: u64, database: &Path) -> Result<Ended, String> {
        let mut command = self.command(database);
        command.args([self.row.count.0, &count.to_string()]);
        let process = Process::start(&mut command).map_err(|error| error.to_string())?;
        let ended = process.end(LIMIT);
        ended.good()?;
        Ok(ended)
    }

    fn client(self, says: &str, numbers: usize, clock: Clock) -> Result<Taken, String> {
        let nothing = Path::new(":memory:");
        let start = Usage::of(&self.whole(0, nothing)?);
        let ended = self.whole(self.row.count(self.size), nothing)?;
        let did = counted(&ended.said, says, numbers)?;
        let run = self.clock(&ended.said, clock)?;
        Ok(Taken { whole: Usage::of(&ended), start, run, did, ..Taken::default() })
    }

    fn scraper(self) -> Result<Taken, String> {
        let start = Usage::of(&self.whole(0, Path::new(":memory:"))?);
        let scratch = Scratch::new()?;
        let database = scratch.file("pages.db");
        let ended = self.whole(self.row.count(self.size), &database)?;
        let mut look = self.tools.python.command("scraper.py");
        let look = Process::start(look.arg("--rows").arg(&database)).map_err(|e| e.to_string())?;
        let rows = look.end(LIMIT).good()?.trim().to_owned();
        let did = format!("saved {}; {rows}", counted(&ended.said, "saved ", 2)?);
        let run = self.clock(&ended.said, WALL)?;
        Ok(Taken { whole: Usage::of(&ended), start, run, did, ..Taken::default() })
    }

    fn clock(self, said: &str, clock: Clock) -> Result<f64, String> {
        let scale = if clock.scaled { self.row.scale(self.size) } else { 1.0 };
        Ok(told(said, clock)? * scale)
    }

    /// A server, with a load that says how many seconds it took and what came of it.
    fn server(
        self,
        load: impl Fn(Self, SocketAddr) -> Result<(f64, String), String>,
    ) -> Result<Taken, String> {
        let start = {
            let (process, _, took) = listening(&mut self.command(Path::new("")))?;
            process.interrupt();
            let ended = process.end(LIMIT);
            // It may not have got as far as to listen for signals.
            if ended.status.signal() != Some(libc::SIGINT) {
                ended.good()?;
            }
            Usage { wall: took.as_secs_f64(), ..Usage::of(&ended) }
        };
        let (process, addr, _) = listening(&mut self.command(Path::new("")))?;
        let (run, did) = load(self, addr)?;
        process.interrupt();
        let ended = process.end(LIMIT);
        ended.good()?;
        let whole = Usage { wall: run, ..Usage::of(&ended) };
        Ok(Taken { whole, start, run, did, ..Taken::default() })
    }

    fn load(self, example: &str, args: &[&str]) -> Result<String, String> {
        let (count, limit) = (self.row.count(self.size).to_string(), self.row.limit.to_string());
        let mut command = self.tools.example(example);
        command.args(["--current-thread", "--requests", &count]).args(args);
        command.args([if example == "load" { "--connections" } else { "--limit" }, &limit]);
        let ended = Process::start(&mut command).map_err(|error| error.to_string())?.end(LIMIT);
        Ok(ended.good().map_err(|why| format!("its load failed: {why}"))?.to_owned())
    }

    fn echoes(self, addr: SocketAddr) -> Result<(f64, String), String> {
        let said = self.load("load", &["--addr", &addr.to_string()])?;
        let count = counted(&said, "", 1)?;
        Ok((seconds(&said, self.row.count(self.size))?, format!("{count} echoes")))
    }

    fn searches(self, addr: SocketAddr) -> Result<(f64, String), String> {
        let body = get(addr, "/search?keyword=AI").map_err(|error| error.to_string())?;
        let url = format!("http://{addr}/search?keyword=AI");
        let said = self.load("fetch", &["--url", &url, "--retries", "0"])?;
        let count = counted(&said, "requests ", 3)?;
        Ok((seconds(&said, self.row.count(self.size))?, format!("{count}; {}", body.trim_end())))
    }
}

/// The first so many whole numbers behind `marker`, in the line that has it.
fn counted(said: &str, marker: &str, numbers: usize) -> Result<String, String> {
    // The load client names its connections first.
    let lines = said.lines().filter(|line| !line.contains(" connections to "));
    let line = lines.filter_map(|line| Some(line.split_once(marker)?.1)).next();
    let line = line.ok_or(format!("it did not say {marker:?}: {said:?}"))?;
    let digits = line.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
    Ok(digits.take(numbers).collect::<Vec<_>>().join(" "))
}

/// What a program says that it took.
fn told(said: &str, clock: Clock) -> Result<f64, String> {
    let line = said.lines().rfind(|line| line.contains(clock.line));
    let behind = line.and_then(|line| Some(line.split_once(clock.behind)?.1.trim_start()));
    let end =
        |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = behind.and_then(|text| text[..end(text)].parse().ok());
    number.ok_or(format!("it did not say its time behind {:?}: {said:?}", clock.behind))
}

/// The time of so many requests, from the number of them in a second.
fn seconds(said: &str, count: u64) -> Result<f64, String> {
    let before = said.split_once(" a second").map_or("", |(before, _)| before);
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    match digits.parse::<f64>() {
        Ok(rate) if rate > 0.0 => Ok(count as f64 / rate),
        _ => Err(format!("it did not say how many in a second: {said:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_is_read() {
        let fetch = "requests     20 of 21 succeeded, 340 bytes, in 0.473 s (42 a second)\n";
        assert_eq!(counted(fetch, "requests ", 3).unwrap(), "20 21 340");
        assert_eq!(seconds(fetch, 21).unwrap(), 0.5);
        let queue = "[  1.20] item  3 done\n[  7.96] all 20 items done, by consumer [7, 7, 6]\n";
        assert_eq!(counted(queue, "] all ", 1).unwrap(), "20");
        let load = "50 connections to 127.0.0.1:1, 64 bytes\n500 requests in 0.25 s: 2000 a second";
        assert_eq!(counted(load, "", 1).unwrap(), "500");
        assert_eq!(seconds(load, 500).unwrap(), 0.25);
        for (said, behind, took) in [(fetch, " in ", 0.473), (queue, "[", 7.96)] {
            let line = if behind == "[" { "] all " } else { "requests " };
            assert_eq!(told(said, Clock { line, behind, scaled: false }).unwrap(), took);
        }
        assert_eq!(told("rows 3\nwall         6.031 s, floor 6.000 s\n", WALL).unwrap(), 6.031);
        assert!(told("nothing", WALL).is_err());
        assert!(counted("nothing", "pages ", 1).is_err() && seconds("nothing", 1).is_err());
    }
}
