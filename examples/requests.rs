//! Single requests: text, JSON, a POST, and the statuses of a list in which some are broken.
//!
//! ```text
//! cargo run --release --example requests                   all of it, from a local server, 1 s
//! cargo run --release --example requests -- --get http://127.0.0.1:8000/get --get …
//! cargo run --release --example requests -- --get https://HOST/ --ca root.pem    over TLS
//! cargo run --release --example requests -- --json http://127.0.0.1:8000/json
//! cargo run --release --example requests -- --post http://127.0.0.1:8000/post --data '[1, 2]'
//! cargo run --release --example requests -- --check http://127.0.0.1:8000/status/404 --check …
//! ```
//!
//! What you will see: of each page its status and length, in the order in which they were named,
//! though they are fetched at the same time; what came back of a POST, byte for byte; and a list of
//! statuses in which a page is missing, a server refuses, one has trouble, and one hangs up: five
//! lines in order, each with its status or a reason; then how many failed. The exit status is 0 if
//! all went well; the broken ones of the list are meant to be so, but those that `--check` names
//! are not.
//!
//! From the third document (GET and POST) and the fourth (`check_all`). The fourth calls a function
//! that is not there, and its `return_exceptions=True` mixes numbers and exceptions in one list,
//! to be told apart by `isinstance`; here an outcome is a `Result`. An address that is none is
//! refused before anything is sent.

use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use examples::client::{Answer, Client};
use examples::page::{Failure, within};
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::{address, flags, say};
use hyper::Uri;
use mainspring::task::gather_all;
use serde_json::Value;

/// Exactly these 16 bytes, as Python's `json` writes them.
pub const DATA: &str = r#"{"key": "value"}"#;
/// Connections, in use and idle.
const CAP: usize = 20;

/// GET of text and JSON, POST of JSON, and the statuses of a list. Without an address all of it,
/// from a local server.
#[derive(Debug, Parser)]
struct Options {
    /// GET this and say how long it is; may be repeated
    #[arg(long, value_name = "URL", value_parser = address::read)]
    get: Vec<Uri>,
    /// GET this and show it as JSON; may be repeated
    #[arg(long, value_name = "URL", value_parser = address::read)]
    json: Vec<Uri>,
    /// POST --data to this and show what comes back; may be repeated
    #[arg(long, value_name = "URL", value_parser = address::read)]
    post: Vec<Uri>,
    /// What --post sends: JSON, as it stands
    #[arg(long, value_name = "JSON", default_value = DATA, value_parser = json)]
    data: String,
    /// GET this and say only how that went; may be repeated
    #[arg(long, value_name = "URL", value_parser = address::read)]
    check: Vec<Uri>,
    /// Seconds for a request, from connecting to the last byte
    #[arg(long, default_value = "10", value_parser = flags::patience)]
    timeout: Duration,
    /// Factor for the local server's delays
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    scale: f64,
    #[command(flatten)]
    web: flags::Web,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn json(text: &str) -> Result<String, String> {
    let read: Result<Value, _> = serde_json::from_str(text);
    read.map(|_| text.to_owned()).map_err(|e| format!("{e}; give JSON, such as {DATA}"))
}

impl Options {
    fn names_nothing(&self) -> bool {
        [&self.get, &self.json, &self.post, &self.check].iter().all(|urls| urls.is_empty())
    }
}

fn main() -> ExitCode {
    if let Some(end) = be_the_server_if_asked() {
        return end;
    }
    let options = Options::parse();
    options.scheduler.run(run(&options))
}

async fn run(options: &Options) -> Result<(), String> {
    let web = Web { client: options.web.client(CAP), timeout: options.timeout };
    if options.names_nothing() {
        return everything(&web, options).await;
    }
    let mut failed = web.show(&options.get, text).await;
    failed += web.show(&options.json, document).await;
    failed += web.post(&options.post, &options.data).await;
    let checked = web.check(&options.check).await;
    failed += checked.iter().filter(|end| !end.as_ref().is_ok_and(Answer::good)).count();
    let lists = [&options.get, &options.json, &options.post, &options.check];
    let asked: usize = lists.iter().map(|urls| urls.len()).sum();
    say!("requests: {asked}, failed: {failed}");
    none(failed)
}

fn none(failed: usize) -> Result<(), String> {
    match failed {
        0 => Ok(()),
        1 => Err("a request failed; see above".into()),
        n => Err(format!("{n} requests failed; see above")),
    }
}

/// The documents' requests, from a local server.
async fn everything(web: &Web, options: &Options) -> Result<(), String> {
    let server = ServerProcess::start(options.scale)
        .map_err(|error| format!("cannot start the local server: {error}"))?;
    let at = |path: &str| address::read(&format!("http://{}{path}", server.addr()));
    let mut failed = web.show(&[at("/get")?, at("/delay/1")?, at("/json")?], text).await;
    failed += web.show(&[at("/json")?], document).await;
    failed += web.post(&[at("/post")?], &options.data).await;

    let (_held, nobody) = nobody_listens(server.addr())
        .map_err(|error| format!("cannot connect to the local server: {error}"))?;
    let refused = address::read(&format!("http://{nobody}/"))?;
    let list = [at("/get")?, at("/status/404")?, refused, at("/status/503")?, at("/drop/page/9")?];
    let ends = web.check(&list).await;
    let codes: Vec<_> =
        ends.iter().map(|end| end.as_ref().ok().map(|answer| answer.status.as_u16())).collect();
    if codes != [Some(200), Some(404), None, Some(503), None] {
        return Err(format!("200, 404, none, 503, none were to come, and not {codes:?}"));
    }
    say!("requests: 5, failed: {failed}; and the list of {} came as it should", list.len());
    none(failed)
}

/// An address that refuses, and nobody can begin to listen there while the stream lives: the port
/// is that of the client's side of a connection.
fn nobody_listens(server: SocketAddr) -> std::io::Result<(TcpStream, SocketAddr)> {
    let stream = TcpStream::connect(server)?;
    let addr = stream.local_addr()?;
    Ok((stream, addr))
}

pub type Outcome = Result<Answer, Failure>;

#[derive(Clone, Debug)]
pub struct Web {
    pub client: Client,
    pub timeout: Duration,
}

impl Web {
    async fn get(self, url: Uri) -> Outcome {
        within(self.timeout, self.client.get(&url)).await
    }

    /// All at the same time; outcomes in the order of the addresses.
    async fn all(&self, urls: &[Uri]) -> Vec<Outcome> {
        let ends = gather_all(urls.iter().map(|url| self.clone().get(url.clone()))).await;
        ends.into_iter().map(|end| end.expect("a request does not panic")).collect()
    }

    /// One line a page, with what `more` says of it. Returns how many failed.
    pub async fn show(&self, urls: &[Uri], more: fn(&Answer) -> Result<String, String>) -> usize {
        let ends = self.all(urls).await;
        urls.iter().zip(ends).filter(|(url, end)| !line("GET", url, end, more)).count()
    }

    pub async fn post(&self, urls: &[Uri], data: &str) -> usize {
        let mut failed = 0;
        for url in urls {
            say!("sending {} bytes: {data}", data.len());
            let end = within(self.timeout, self.client.post_json(url, data.to_owned())).await;
            failed += usize::from(!line("POST", url, &end, document));
        }
        failed
    }

    /// One line an address: its status, or why there is none.
    pub async fn check(&self, urls: &[Uri]) -> Vec<Outcome> {
        let ends = self.all(urls).await;
        for (url, end) in urls.iter().zip(&ends) {
            match end {
                Ok(answer) => say!("check {url}  {}", answer.status),
                Err(failure) => say!("check {url}  {failure}"),
            }
        }
        ends
    }
}

/// Prints how a request went; true if well.
fn line(
    method: &str,
    url: &Uri,
    end: &Outcome,
    more: fn(&Answer) -> Result<String, String>,
) -> bool {
    let (good, what) = match end {
        Ok(answer) if answer.good() => match more(answer) {
            Ok(what) => (true, format!("{}, {what}", answer.status)),
            Err(why) => (false, format!("{}, but {why}", answer.status)),
        },
        Ok(answer) => (false, answer.status.to_string()),
        Err(failure) => (false, failure.to_string()),
    };
    say!("{method:<5} {url}  {what}");
    good
}

pub fn text(answer: &Answer) -> Result<String, String> {
    match std::str::from_utf8(&answer.body) {
        Ok(text) => Ok(format!("{} bytes of text", text.len())),
        Err(error) => Err(format!("it is no text: {error}")),
    }
}

pub fn document(answer: &Answer) -> Result<String, String> {
    let json: Value =
        serde_json::from_slice(&answer.body).map_err(|error| format!("it is no JSON: {error}"))?;
    Ok(format!("JSON\n{json:#}"))
}
