//! a program starts itself again: the server, and every row of the tour, as a process of its own.
//!
//! CPU time and peak memory are figures of a process, so what is to be measured gets one. The
//! parent holds the child's standard input open and never writes to it; a child that reads its end
//! goes away. The system closes that pipe also when the parent is killed, so no child is left
//! behind.

#![forbid(unsafe_code)]

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mainspring::runtime::Builder;
use mainspring::sync::oneshot;

use crate::server::Server;
use crate::{say, tell};

/// First argument of a program that shall be the server and nothing else.
const ROLE: &str = "embedded-server";
/// How long a child may take to go away after its standard input was closed.
const PATIENCE: Duration = Duration::from_secs(3);

/// The embedded server in a process of its own; it ends when this is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    addr: SocketAddr,
}

impl ServerProcess {
    /// Starts it on a free port. Every delay of the server is multiplied by `scale`.
    ///
    /// The program itself must call [`be_the_server_if_asked`] first thing in `main`.
    pub fn start(scale: f64) -> io::Result<ServerProcess> {
        let mut child = again().args([ROLE, &scale.to_string()]).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        let read = BufReader::new(stdout).read_line(&mut line);
        match line.trim().parse() {
            Ok(addr) => Ok(ServerProcess { child, addr }),
            Err(_) => {
                end(&mut child);
                read?;
                Err(io::Error::other(format!("the server process did not say its port: {line:?}")))
            }
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Any other child: started by [`Follow::start`], it ends when this is dropped.
#[derive(Debug)]
pub struct Follow(Child);

impl Follow {
    /// Starts this program again with `args`. What the child prints can be read from the second.
    pub fn start(args: &[String]) -> io::Result<(Follow, ChildStdout)> {
        let mut child = again().args(args).spawn()?;
        let stdout = child.stdout.take().expect("it is piped");
        Ok((Follow(child), stdout))
    }

    /// Waits until the child has ended by itself; true if it says that all went well.
    pub fn ended_well(mut self) -> io::Result<bool> {
        Ok(self.0.wait()?.success())
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

/// If this process was started to be the server: is it, until the parent goes away.
pub fn be_the_server_if_asked() -> Option<ExitCode> {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some(ROLE) {
        return None;
    }
    let scale = args.next().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    match be_the_server(scale) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            tell!("server process: {error}");
            Some(ExitCode::FAILURE)
        }
    }
}

fn be_the_server(scale: f64) -> io::Result<()> {
    let (tell, told) = oneshot::channel();
    when_the_parent_goes(move || drop(tell));
    // On one thread for every program: it shall answer alike, and leave the cores to them.
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into(), scale).await?;
        say!("{}", server.local_addr()?);
        // An error says that the sender is gone, and that is the message.
        server.serve(async { told.await.unwrap_or(()) }).await;
        Ok(())
    })
}

/// Ends this process when its parent goes away.
pub fn end_with_parent() {
    when_the_parent_goes(|| std::process::exit(1));
}

fn when_the_parent_goes(action: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        action();
    });
}

fn again() -> Command {
    let program = std::env::current_exe()
        .unwrap_or_else(|_| std::env::args_os().next().unwrap_or_default().into());
    let mut command = Command::new(program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // A timeline that is asked for is this process's; a child would write its own over it.
    if std::env::var("MAINSPRING_TRACE").is_ok_and(|file| !file.contains("%p")) {
        command.env_remove("MAINSPRING_TRACE");
    }
    // A ctrl-c in the terminal is for the parent alone, which then says how it ends.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

fn end(child: &mut Child) {
    drop(child.stdin.take());
    let asked = Instant::now();
    while let Ok(None) = child.try_wait() {
        if asked.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
