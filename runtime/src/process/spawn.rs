//! Command: spawn, status, output.

#![forbid(unsafe_code)]

use super::child::Child;
use super::command::Command;
use super::orphans;
use crate::io::async_fd::current_reactor;
use std::future::Future;
use std::io;
use std::process::{ExitStatus, Output, Stdio};

impl Command {
    /// Starts the program, and gives the child to its caller.
    ///
    /// ```
    /// use mainspring::process::Command;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut child = Command::new("sleep").arg("0.01").spawn()?;
    /// println!("{:?} has begun", child.id());
    /// println!("it has ended: {}", child.wait().await?);
    ///
    /// let error = Command::new("/no/such/program").spawn().unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is no such program, or no such directory; `PermissionDenied`;
    /// `InvalidInput` for a zero byte in an argument or a name; `WouldBlock` when there are too
    /// many processes; others of the system, when there are no more descriptors. The text names the
    /// program. A child of which that is known only afterwards is killed.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn spawn(&mut self) -> io::Result<Child> {
        let reactor = current_reactor();
        orphans::look_after_them();
        let child =
            self.std.spawn().and_then(|child| Child::new(&reactor, child, self.kill_on_drop));
        child.map_err(|error| self.names(&error))
    }

    /// The error, and what it is about.
    fn names(&self, error: &io::Error) -> io::Error {
        let program = self.std.get_program();
        let text = match self.std.get_current_dir() {
            Some(dir) => format!("{program:?} cannot be started in {dir:?}: {error}"),
            None => format!("{program:?} cannot be started: {error}"),
        };
        io::Error::new(error.kind(), text)
    }

    /// Starts the program at once; the future waits until it has ended.
    ///
    /// Pipes are closed. See [`Child::wait`].
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let status = mainspring::process::Command::new("false").status().await?;
    /// assert_eq!(status.code(), Some(1));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn) and [`Child::wait`], by the future.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The child is dropped: it runs on, unless [`kill_on_drop`](Self::kill_on_drop) is set.
    #[track_caller]
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        let child = self.spawn();
        async {
            let mut child = child?;
            (child.stdin, child.stdout, child.stderr) = (None, None, None);
            child.wait().await
        }
    }

    /// Starts the program at once; the future waits until it has ended, and has what it wrote to
    /// its output and its errors, which are made pipes in any case.
    ///
    /// Its input is that of this process, unless set. See [`Child::wait_with_output`].
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let output = mainspring::process::Command::new("echo").arg("tick").output().await?;
    /// assert_eq!(output.stdout, b"tick\n");
    /// assert_eq!(output.stderr, b"");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn) and [`Child::wait_with_output`], by the future.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// What was read is lost, and the child is dropped: it runs on, unless
    /// [`kill_on_drop`](Self::kill_on_drop) is set.
    #[track_caller]
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + use<> {
        self.std.stdout(Stdio::piped());
        self.std.stderr(Stdio::piped());
        let child = self.spawn();
        async { child?.wait_with_output().await }
    }
}
