//! A PostgreSQL of the tests' own, where its programs are installed.

use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use mainspring::net::UnixStream;
use mainspring::runtime::Builder;
use tokio_postgres::{Config, NoTls};

/// It refuses to run as root; this user owns nothing.
const NOBODY: u32 = 65534;
const USER: &str = "scraper";
/// How long it may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs until the last test has dropped it.
pub struct Private {
    child: Child,
    /// Its log has ended, and with it the server and all its children.
    ended: Mutex<Receiver<()>>,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
}

/// A database of one test's own.
pub struct Database {
    server: Arc<Private>,
    name: String,
}

/// The server that all tests share, started by the first of them. `None` where there is none to
/// start; that is said.
pub fn postgres() -> Option<Arc<Private>> {
    static SHARED: Mutex<Weak<Private>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let Some(programs) = programs() else {
        eprintln!("skipped: PostgreSQL is not installed (no initdb and postgres in PATH)");
        return None;
    };
    match Private::start(&programs) {
        Ok(server) => {
            let server = Arc::new(server);
            *shared = Arc::downgrade(&server);
            Some(server)
        }
        Err(error) => panic!("PostgreSQL is installed, but does not start: {error}"),
    }
}

/// The folder with both programs: one of PATH, or where Debian hides them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    for version in std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        folders.push(version.path().join("bin"));
    }
    let both = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|p| folder.join(p).exists());
    folders.into_iter().find(both)
}

fn am_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

impl Private {
    fn start(programs: &Path) -> io::Result<Private> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Relaxed);
        // A short name: the path of a Unix socket has room for a hundred bytes or so.
        let name = format!("mainspring-pg-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700))?;
        let as_user = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
            if am_root() {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        if am_root() {
            chown(&folder, Some(NOBODY), Some(NOBODY))?;
        }
        let data = folder.join("data");
        let made = as_user("initdb")
            .args(["--no-sync", "--auth=trust", "--locale=C", "--encoding=UTF8", "-U", USER, "-D"])
            .arg(&data)
            .output()?;
        if !made.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&made.stderr)));
        }
        // Between the look for a free port and its use another program may take it.
        for attempt in 1.. {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let mut command = as_user("postgres");
            command.args(["-F", "-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(&folder);
            command.arg("-D").arg(&data).stderr(Stdio::piped());
            let mut child = command.spawn()?;
            match ready(&mut child) {
                Ok(ended) => {
                    let ended = Mutex::new(ended);
                    let databases = AtomicU32::new(0);
                    return Ok(Private { child, ended, folder, port, databases });
                }
                Err(error) if attempt == 3 => return Err(error),
                Err(_) => drop(child.wait()),
            }
        }
        unreachable!()
    }

    /// A new, empty database.
    pub fn database(self: &Arc<Self>) -> Database {
        let name = format!("pages{}", self.databases.fetch_add(1, Relaxed));
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        Database { server: self.clone(), name }
    }

    /// The number in the first row, if the statement has rows.
    fn query(&self, database: &str, statement: &str) -> Option<i64> {
        let mut config = Config::new();
        config.user(USER).dbname(database);
        let socket = self.folder.join(format!(".s.PGSQL.{}", self.port));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stream = UnixStream::connect(socket).await.unwrap();
            let (client, driver) = config.connect_raw(stream, NoTls).await.unwrap();
            mainspring::spawn(async move { drop(driver.await) });
            let rows = client.query(statement, &[]).await.unwrap();
            rows.first().map(|row| row.get(0))
        })
    }
}

/// Waits until it says that it is ready; then its log is read on, and forgotten.
fn ready(child: &mut Child) -> io::Result<Receiver<()>> {
    let mut log = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut all = String::new();
    loop {
        let before = all.len();
        if log.read_line(&mut all)? == 0 {
            return Err(io::Error::other(all));
        }
        if all[before..].contains("ready to accept connections") {
            let (tell, ended) = channel();
            thread::spawn(move || {
                let _ = io::copy(&mut log, &mut io::sink());
                drop(tell);
            });
            return Ok(ended);
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // A fast shutdown: it ends its sessions and its own children.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Database {
    pub fn over_tcp(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{}", self.server.port, self.name)
    }

    pub fn over_unix(&self) -> String {
        let folder = self.server.folder.display();
        format!("postgres://{USER}@/{}?host={folder}&port={}", self.name, self.server.port)
    }

    /// The number that the statement gives.
    pub fn number(&self, statement: &str) -> i64 {
        self.server.query(&self.name, statement).expect("a row")
    }
}
