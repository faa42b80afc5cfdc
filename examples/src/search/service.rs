//! the service and the API that it asks, started together and stopped one after the other.
//!
//! The API is the embedded server, in this process and on this runtime: ctrl-c in a terminal
//! reaches every process of the program at once, and an API in one of its own would be gone before
//! the last requests have asked it.

#![forbid(unsafe_code)]

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use mainspring::net::TcpListener;
use mainspring::sync::{Event, oneshot};
use mainspring::task::JoinHandle;

use super::numbers::Numbers;
use super::routes::{App, router};
use super::serve::{Hurry, Limits, Stopped, serve};
use super::sources::{Api, Both, Database};
use crate::address;
use crate::flags;
use crate::server::Server;

/// The service, as the flags describe it. The defaults are the document's.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Seconds that the database takes
    #[arg(long, default_value = "0.8", value_parser = wait)]
    pub db_delay: Duration,
    /// The database fails after that time
    #[arg(long)]
    pub db_fail: bool,
    /// The API that is asked [default: a server that the program starts]
    #[arg(long, value_name = "URL", value_parser = address::read, conflicts_with = "api_fail")]
    pub api_url: Option<Uri>,
    /// Seconds that the API takes, up to 10
    #[arg(long, default_value = "0", value_parser = api_wait, conflicts_with = "api_url")]
    pub api_delay: Duration,
    /// The API answers 503
    #[arg(long)]
    pub api_fail: bool,
    /// Seconds that the API may take
    #[arg(long, default_value = "2", value_parser = limit)]
    pub api_timeout: Duration,
    /// Most connections to the API
    #[arg(long, default_value = "100")]
    pub api_connections: NonZeroU32,
    /// Seconds that a search may take
    #[arg(long, default_value = "3", value_parser = limit)]
    pub timeout: Duration,
    /// Most connections of clients
    #[arg(long, default_value = "500")]
    pub connections: NonZeroU32,
    /// Seconds that a client may take to send the head of a request, or to send nothing
    #[arg(long, default_value = "10", value_parser = limit)]
    pub head_timeout: Duration,
    /// Seconds that running requests get when the service stops
    #[arg(long, default_value = "5", value_parser = wait)]
    pub grace: Duration,
    /// Factor for all of these seconds: 0.1 is ten times as fast
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    pub scale: f64,
    #[command(flatten)]
    pub web: flags::Web,
}

fn wait(text: &str) -> Result<Duration, String> {
    let time = flags::seconds(text)?;
    match time <= Duration::from_secs(86_400) {
        true => Ok(time),
        false => Err("give at most a day, 86400".to_owned()),
    }
}

fn limit(text: &str) -> Result<Duration, String> {
    match wait(text)? {
        Duration::ZERO => Err("give a time above 0".to_owned()),
        time => Ok(time),
    }
}

fn api_wait(text: &str) -> Result<Duration, String> {
    match wait(text)? {
        time if time <= Duration::from_secs(10) => Ok(time),
        _ => Err("the API waits for at most 10".to_owned()),
    }
}

impl Default for Config {
    fn default() -> Config {
        #[derive(clap::Parser)]
        struct Flags {
            #[command(flatten)]
            config: Config,
        }
        let flags: Flags = clap::Parser::parse_from(["search"]);
        flags.config
    }
}

/// A service that listens and does not answer yet.
#[derive(Debug)]
pub struct Service {
    listener: TcpListener,
    addr: SocketAddr,
    api: Uri,
    /// The API, if it is ours.
    server: Option<Server>,
    app: App,
    limits: Limits,
}

impl Service {
    /// Listens on `port` of the loopback address; 0 lets the system choose.
    pub async fn bind(port: u16, config: &Config) -> Result<Service, String> {
        let scaled = |time: Duration| time.mul_f64(config.scale);
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let taken = |error| flags::cannot_listen(addr, &error);
        let listener = TcpListener::bind(addr).await.map_err(taken)?;
        let addr = listener.local_addr().map_err(|error| error.to_string())?;
        let (server, url) = match &config.api_url {
            Some(url) => (None, url.clone()),
            None => {
                let (server, url) = embedded(config).await?;
                (Some(server), url)
            }
        };
        let client = config.web.client(config.api_connections.get() as usize);
        let app = App {
            sources: Arc::new(Both {
                database: Database { delay: scaled(config.db_delay), fails: config.db_fail },
                api: Api { client, url: url.clone(), limit: scaled(config.api_timeout) },
            }),
            limit: scaled(config.timeout),
            numbers: Arc::new(Numbers::of(&Both::NAMES)),
        };
        let limits = Limits {
            connections: config.connections,
            head: scaled(config.head_timeout),
            grace: scaled(config.grace),
        };
        Ok(Service { listener, addr, api: url, server, app, limits })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it counts.
    pub fn numbers(&self) -> &Arc<Numbers> {
        &self.app.numbers
    }

    /// What it asks.
    pub fn api(&self) -> &Uri {
        &self.api
    }

    /// Serves until `stop` is ready and the requests that are running have ended, or the
    /// [`Hurry`] that came of `stop` is ready too. The API, if it is ours, stops last.
    ///
    /// # Cancel safety
    /// Dropping it closes the listener; connections that are open live on as tasks.
    pub async fn serve(self, stop: impl Future<Output = Hurry<impl Future>>) -> Stopped {
        let (tell, told) = oneshot::channel::<()>();
        let api = self.server.map(|server| mainspring::spawn(server.serve(told)));
        let numbers = self.app.numbers.clone();
        let router = router(self.app);
        let stopped = serve(self.listener, router, numbers, self.limits, stop).await;
        drop(tell);
        if let Some(api) = api {
            // An error is a panic in it, and that has been printed.
            let _ = api.await;
        }
        stopped
    }

    /// Serves in a task, until [`Running::stop`].
    pub fn start(self) -> Running {
        let (addr, numbers) = (self.addr, self.app.numbers.clone());
        let stop = Arc::new(Event::new());
        let stopped = stop.clone();
        let stopped = async move {
            stopped.wait().await;
            Hurry(pending::<()>())
        };
        let task = mainspring::spawn(self.serve(stopped));
        Running { addr, numbers, stop, task }
    }
}

/// A service that answers.
#[derive(Debug)]
pub struct Running {
    pub addr: SocketAddr,
    pub numbers: Arc<Numbers>,
    stop: Arc<Event>,
    task: JoinHandle<Stopped>,
}

impl Running {
    /// Stops it, as ctrl-c does.
    ///
    /// # Errors
    /// When the service has panicked.
    ///
    /// # Cancel safety
    /// It has been told to stop, and does so.
    pub async fn stop(self) -> Result<Stopped, String> {
        self.stop.set();
        self.task.await.map_err(|error| format!("the service failed: {error}"))
    }
}

async fn embedded(config: &Config) -> Result<(Server, Uri), String> {
    let cannot = |error| format!("cannot start the API: {error}");
    let any = (Ipv4Addr::LOCALHOST, 0).into();
    let server = Server::bind(any, config.scale).await.map_err(cannot)?;
    let addr = server.local_addr().map_err(cannot)?;
    let path = match (config.api_fail, config.api_delay) {
        (true, _) => "/status/503".to_owned(),
        (_, Duration::ZERO) => "/json".to_owned(),
        (_, delay) => format!("/json/{}", delay.as_secs_f64()),
    };
    let url = format!("http://{addr}{path}");
    Ok((server, url.parse().map_err(|error| format!("{url}: {error}"))?))
}
