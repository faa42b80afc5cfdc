//! Command: what to start, and how.
//!
//! std's command with one more setting. What is asked of the child's end goes through
//! `process/spawn.rs`; all else is handed on.
//!
//! * INV-201: what runs between `fork` and `exec` is what the caller of `pre_exec` has promised.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{self, Stdio};

/// A program to start, its arguments, and what it inherits.
///
/// The child has the input, output, environment and directory of this process, unless it is told
/// otherwise. Arguments are handed over as they are: no shell looks at them. For one, start a shell
/// (asyncio's `create_subprocess_shell`): `Command::new("sh").arg("-c").arg(line)`; `line` is then
/// a program, so nothing that strangers wrote belongs into it.
///
/// asyncio: `asyncio.create_subprocess_exec`.
///
/// ```
/// use mainspring::process::Command;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let output = Command::new("echo").args(["tick", "tock"]).output().await?;
/// assert!(output.status.success());
/// assert_eq!(output.stdout, b"tick tock\n");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Command {
    pub(super) std: process::Command,
    pub(super) kill_on_drop: bool,
}

impl Command {
    /// Starts `program`: a path, or a name that is looked up in `PATH`.
    pub fn new<S: AsRef<OsStr>>(program: S) -> Command {
        Command::from(process::Command::new(program))
    }

    /// std's command in it: to look at what has been set.
    pub fn as_std(&self) -> &process::Command {
        &self.std
    }

    /// std's command in it: for settings of std that have no method here.
    pub fn as_std_mut(&mut self) -> &mut process::Command {
        &mut self.std
    }

    /// Gives the command to std; [`kill_on_drop`](Self::kill_on_drop) is then forgotten.
    pub fn into_std(self) -> process::Command {
        self.std
    }

    /// Adds an argument.
    pub fn arg<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.std.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<I, S>(&mut self, args: I) -> &mut Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.std.args(args);
        self
    }

    /// Sets a variable of the child's environment.
    ///
    /// ```
    /// use mainspring::process::Command;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut env = Command::new("env");
    /// let output = env.env_clear().env("PATH", "/usr/bin:/bin").env("TICK", "tock").output();
    /// assert_eq!(output.await?.stdout.len(), "PATH=/usr/bin:/bin\nTICK=tock\n".len());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn env<K: AsRef<OsStr>, V: AsRef<OsStr>>(&mut self, key: K, val: V) -> &mut Command {
        self.std.env(key, val);
        self
    }

    /// Sets variables of the child's environment.
    pub fn envs<I, K, V>(&mut self, vars: I) -> &mut Command
    where
        I: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.envs(vars);
        self
    }

    /// Takes a variable out of the child's environment.
    pub fn env_remove<K: AsRef<OsStr>>(&mut self, key: K) -> &mut Command {
        self.std.env_remove(key);
        self
    }

    /// Lets the child inherit no variables.
    pub fn env_clear(&mut self) -> &mut Command {
        self.std.env_clear();
        self
    }

    /// Starts the child in this directory.
    ///
    /// A relative path of the program itself may be looked up before or after the change,
    /// depending on the system: use an absolute one.
    pub fn current_dir<P: AsRef<Path>>(&mut self, dir: P) -> &mut Command {
        self.std.current_dir(dir);
        self
    }

    /// What the child reads from: that of this process, unless set.
    /// [`Stdio::piped`](std::process::Stdio::piped) makes [`Child::stdin`](super::Child::stdin).
    pub fn stdin<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdin(cfg);
        self
    }

    /// Where the child writes to: that of this process, unless set; a pipe for
    /// [`output`](Self::output).
    pub fn stdout<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdout(cfg);
        self
    }

    /// Where the child writes its errors to: that of this process, unless set; a pipe for
    /// [`output`](Self::output).
    pub fn stderr<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stderr(cfg);
        self
    }

    /// Is the child killed (`SIGKILL`) when its [`Child`](super::Child), or the future of
    /// [`output`](Self::output) or [`status`](Self::status), is dropped before it has ended?
    /// Off by default: it runs on.
    ///
    /// The child is reaped either way. Its own children are not killed.
    ///
    /// ```
    /// use mainspring::process::Command;
    /// use mainspring::time::{Duration, timeout};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut never = Command::new("sleep");
    /// never.arg("3600").kill_on_drop(true);
    /// assert!(timeout(Duration::from_millis(20), never.status()).await.is_err());
    /// // It has been killed.
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Command {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// What [`kill_on_drop`](Self::kill_on_drop) was set to.
    pub fn get_kill_on_drop(&self) -> bool {
        self.kill_on_drop
    }

    /// The user that the child becomes.
    pub fn uid(&mut self, id: u32) -> &mut Command {
        std::os::unix::process::CommandExt::uid(&mut self.std, id);
        self
    }

    /// The group that the child becomes a member of; other groups are given up with
    /// [`uid`](Self::uid), by root.
    pub fn gid(&mut self, id: u32) -> &mut Command {
        std::os::unix::process::CommandExt::gid(&mut self.std, id);
        self
    }

    /// The name by which the program is told it was started, its argument 0.
    pub fn arg0<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        std::os::unix::process::CommandExt::arg0(&mut self.std, arg);
        self
    }

    /// The process group that the child joins; 0 is a new one of its own. A Ctrl-C at the terminal
    /// then does not reach it.
    pub fn process_group(&mut self, pgroup: i32) -> &mut Command {
        std::os::unix::process::CommandExt::process_group(&mut self.std, pgroup);
        self
    }

    /// Runs `f` in the child, before the program.
    ///
    /// # Safety
    /// The child is a copy of this process with one thread, made at any moment of the others: a
    /// lock may be held for ever, and memory be in the middle of a change. `f` may call only what a
    /// signal handler may, see `signal-safety(7)`: no allocation, no lock.
    pub unsafe fn pre_exec<F>(&mut self, f: F) -> &mut Command
    where
        F: FnMut() -> io::Result<()> + Send + Sync + 'static,
    {
        // SAFETY(INV-201): the caller's promise.
        unsafe { std::os::unix::process::CommandExt::pre_exec(&mut self.std, f) };
        self
    }
}

impl From<process::Command> for Command {
    fn from(std: process::Command) -> Command {
        Command { std, kill_on_drop: false }
    }
}
