//! Runs the built programs, and nothing waits longer than a limit.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// No program here runs longer than a few seconds on a quiet machine.
const LIMIT: Duration = Duration::from_secs(60);

/// What to add to a program's flags to have it on each scheduler, and what it then says that it ran
/// on. Four threads are more than some machines have cores: they get in each other's way.
pub const SCHEDULERS: [On; 2] = [
    On { flags: &["--current-thread"], says: "current_thread" },
    On { flags: &["--threads", "4"], says: "multi_thread, 4 threads" },
];

/// One of the two schedulers.
#[derive(Clone, Copy, Debug)]
pub struct On {
    pub flags: &'static [&'static str],
    pub says: &'static str,
}

impl On {
    pub fn start(self, program: &str, args: &[&str]) -> Running {
        start(program, &[args, self.flags].concat())
    }

    pub fn run(self, program: &str, args: &[&str]) -> Ended {
        self.start(program, args).ended()
    }
}

/// What a program has printed, and whether it said that all went well.
#[derive(Debug)]
pub struct Ended {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

/// Where cargo put the example: beside the folder of the test that runs.
fn path(program: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the test's own path");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path = path.join("examples").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not built: run `cargo build --examples`", path.display());
    path
}

/// A program that runs. Dropping it kills it.
pub struct Running {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

pub fn start(program: &str, args: &[&str]) -> Running {
    start_writing(program, args, Stdio::piped())
}

/// A program whose standard output is `out`.
pub fn start_writing(program: &str, args: &[&str], out: Stdio) -> Running {
    start_with(&[], program, args, out)
}

/// A program with these variables in its environment.
pub fn start_with(variables: &[(&str, &str)], program: &str, args: &[&str], out: Stdio) -> Running {
    let mut child = Command::new(path(program))
        .args(args)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    let out = child.stdout.take().map_or_else(|| channel().1, lines);
    let err = lines(child.stderr.take().unwrap());
    Running { child, out, err }
}

pub fn run(program: &str, args: &[&str]) -> Ended {
    start(program, args).ended()
}

/// An address at which nobody listens, and where nobody can begin to while the stream lives: the
/// port is taken by the client's side of a connection.
pub fn nobody_listens() -> (TcpStream, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let addr = stream.local_addr().unwrap();
    (stream, addr)
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    thread::spawn(move || {
        BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
    });
    told
}

impl Running {
    /// The next line on standard output.
    pub fn line(&self) -> String {
        self.out.recv_timeout(LIMIT).expect("a line of output within the limit")
    }

    /// The next line on standard error.
    pub fn error_line(&self) -> String {
        self.err.recv_timeout(LIMIT).expect("a line of output within the limit")
    }

    /// The address in the next line of output, which a server prints when it listens.
    pub fn addr(&self) -> SocketAddr {
        let line = self.line();
        let word = line
            .split([' ', ',', ';'])
            .find_map(|word| word.trim_start_matches("http://").parse().ok());
        word.unwrap_or_else(|| panic!("no address in {line:?}"))
    }

    /// What ctrl-c does in a terminal.
    #[cfg(unix)]
    pub fn ctrl_c(&self) {
        self.signal("-INT");
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The rest of what it prints. Both pipes must close, so every process that it started and that
    /// has inherited them must have ended too.
    pub fn ended(mut self) -> Ended {
        let rest = |from: &Receiver<String>, name: &str| {
            let mut all = String::new();
            loop {
                match from.recv_timeout(LIMIT) {
                    Ok(line) => all = all + &line + "\n",
                    Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return all,
                    Err(_) => panic!("{name} still open after {LIMIT:?}; so far:\n{all}"),
                }
            }
        };
        let (out, err) = (rest(&self.out, "stdout"), rest(&self.err, "stderr"));
        Ended { ok: self.child.wait().unwrap().success(), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    #[track_caller]
    pub fn good(self) -> Ended {
        assert!(self.ok, "it failed: {self:#?}");
        self
    }

    #[track_caller]
    pub fn bad(self) -> Ended {
        assert!(!self.ok, "it should have failed: {self:#?}");
        self
    }

    /// Standard output has this text.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Ended {
        assert!(self.out.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Standard error has this text.
    #[track_caller]
    pub fn tells(&self, text: &str) -> &Ended {
        assert!(self.err.contains(text), "no {text:?} in {self:#?}");
        self
    }
}
