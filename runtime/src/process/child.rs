//! Child: a process of ours, until it has been waited for.
//!
//! ```text
//!   Running { std's child, watch } ── wait, try_wait ──► Ended(status)
//!        │ dropped
//!        ▼
//!   kill_on_drop? SIGKILL ──► has ended? reaped ── not yet? `orphans`
//! ```
//!
//! Signals go to a number. The system gives it to another process after this one has been waited
//! for. So before a child is killed there is a look: has it ended, or has somebody else of this
//! process waited for it, then nobody is hit.

#![forbid(unsafe_code)]

use super::orphans;
use super::pipes::{ChildStderr, ChildStdin, ChildStdout};
use super::watch::Watch;
use crate::drive::reactor::Reactor;
use crate::io::ext::read::AsyncReadExt;
use crate::io::traits::AsyncRead;
use crate::runtime::context::with_current;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::pin::pin;
use std::process::{self, ExitStatus, Output};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A process that was started by [`Command::spawn`](super::Command::spawn).
///
/// A child that is dropped runs on, unless it was made with
/// [`kill_on_drop`](super::Command::kill_on_drop). Either way it does not stay a zombie: when it
/// ends, it is reaped, by a thread that is there as long as there are such children.
///
/// It may be waited for in another runtime than it was made in; its pipes belong to the one they
/// were made in, as sockets do.
///
/// asyncio: `asyncio.subprocess.Process`.
///
/// ```
/// use mainspring::process::Command;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut child = Command::new("true").spawn()?;
/// assert!(child.id().is_some());
/// assert!(child.wait().await?.success());
/// assert_eq!(child.id(), None);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct Child {
    life: Life,
    /// Writes to the child, if its input is piped. Take it to use it from another task.
    pub stdin: Option<ChildStdin>,
    /// Reads what the child writes, if its output is piped.
    pub stdout: Option<ChildStdout>,
    /// Reads what the child complains about, if that is piped.
    pub stderr: Option<ChildStderr>,
}

struct Life {
    state: State,
    kill_on_drop: bool,
}

enum State {
    Running(process::Child, Watch),
    Ended(ExitStatus),
}

impl Child {
    /// If this fails, the child is killed.
    pub(super) fn new(
        reactor: &Arc<Reactor>,
        mut child: process::Child,
        kill_on_drop: bool,
    ) -> io::Result<Child> {
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let watch = match Watch::new(reactor, &child) {
            Ok(watch) => watch,
            Err(error) => {
                let_go(child, true);
                return Err(error);
            }
        };
        let mut life = Life { state: State::Running(child, watch), kill_on_drop: true };
        let stdin = pipes.0.map(|pipe| ChildStdin::new(reactor, pipe)).transpose()?;
        let stdout = pipes.1.map(|pipe| ChildStdout::new(reactor, pipe)).transpose()?;
        let stderr = pipes.2.map(|pipe| ChildStderr::new(reactor, pipe)).transpose()?;
        life.kill_on_drop = kill_on_drop;
        Ok(Child { life, stdin, stdout, stderr })
    }

    /// Its number in the system; `None` after it was waited for: another may have it now.
    pub fn id(&self) -> Option<u32> {
        match &self.life.state {
            State::Running(child, _) => Some(child.id()),
            State::Ended(_) => None,
        }
    }

    /// Sends `SIGKILL`, and does not wait for what it does. asyncio: `Process.kill`.
    ///
    /// # Errors
    /// The system's. A child that has ended is no error, also when somebody else of this process
    /// has waited for it, or nobody has to, because `SIGCHLD` is ignored; and no other process is
    /// hit.
    pub fn start_kill(&mut self) -> io::Result<()> {
        match self.life.look() {
            Err(error) if is_gone(&error) => return Ok(()),
            look => look?,
        };
        match &mut self.life.state {
            State::Running(child, _) => child.kill(),
            State::Ended(_) => Ok(()),
        }
    }

    /// Sends `SIGKILL`, and waits for the end.
    ///
    /// ```
    /// use mainspring::process::Command;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut child = Command::new("sleep").arg("3600").spawn()?;
    /// child.kill().await?;
    /// assert!(!child.wait().await?.success());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`start_kill`](Self::start_kill): a child whose status nobody can know any more has ended
    /// all the same, although [`wait`](Self::wait) calls that an error. That the runtime has ended.
    ///
    /// # Cancel safety
    /// The signal was sent by the first poll; the wait can be resumed with [`wait`](Self::wait).
    pub async fn kill(&mut self) -> io::Result<()> {
        self.start_kill()?;
        match self.wait().await {
            Err(error) if is_gone(&error) => Ok(()),
            ended => ended.map(drop),
        }
    }

    /// Waits until the child has ended. May be called again: the answer is the same.
    ///
    /// Closes the child's input first, if it is still in `stdin`: a child that reads to the end
    /// would otherwise wait for us. Output that is piped and not read can still stop it:
    /// [`wait_with_output`](Self::wait_with_output) reads it.
    ///
    /// asyncio: `Process.wait`.
    ///
    /// # Errors
    /// The system's; `ECHILD` among them, when the child has ended and its status is gone: somebody
    /// else has waited for it, or `SIGCHLD` is ignored. That the runtime in which it waits has
    /// ended. The child can then be waited for in another.
    ///
    /// # Cancel safety
    /// Nothing is lost: call it again. The input is closed by the first poll.
    ///
    /// ```
    /// use mainspring::process::Command;
    /// use mainspring::time::{Duration, timeout};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut child = Command::new("sleep").arg("3600").spawn()?;
    /// if timeout(Duration::from_millis(20), child.wait()).await.is_err() {
    ///     child.kill().await?;
    /// }
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        self.life.come_here()?;
        poll_fn(|cx| self.life.poll_end(cx)).await
    }

    /// Has the child ended? Then it is reaped. Leaves its input open.
    ///
    /// ```
    /// use mainspring::process::Command;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut child = Command::new("sleep").arg("3600").kill_on_drop(true).spawn()?;
    /// assert_eq!(child.try_wait()?, None);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// The system's.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.life.look()
    }

    /// Waits until the child has ended, and reads all that it writes into its pipes meanwhile: both
    /// at the same time, so that it is never stopped by one that is full.
    ///
    /// Takes as much memory as is written. Waits for the end of the pipes too, which those who have
    /// inherited them from the child may keep open after its end. Closes the child's input first,
    /// as [`wait`](Self::wait). asyncio: `Process.communicate`.
    ///
    /// # Errors
    /// The system's, of the wait and of both reads. The child is then dropped.
    ///
    /// # Cancel safety
    /// Everything read so far is lost, and the child is dropped: it runs on, unless it was made
    /// with [`kill_on_drop`](super::Command::kill_on_drop).
    pub async fn wait_with_output(mut self) -> io::Result<Output> {
        drop(self.stdin.take());
        self.life.come_here()?;
        let mut stdout = pin!(read(self.stdout.take()));
        let mut stderr = pin!(read(self.stderr.take()));
        let (mut status, mut output, mut errors) = (None, None, None);
        poll_fn(|cx| {
            keep(&mut status, || self.life.poll_end(cx))?;
            keep(&mut output, || stdout.as_mut().poll(cx))?;
            keep(&mut errors, || stderr.as_mut().poll(cx))?;
            let (Some(status), Some(output), Some(errors)) = (status, &mut output, &mut errors)
            else {
                return Poll::Pending;
            };
            let (stdout, stderr) = (mem::take(output), mem::take(errors));
            Poll::Ready(Ok(Output { status, stdout, stderr }))
        })
        .await
    }
}

/// Does this say that the child has ended and its number is not ours any more?
fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ECHILD)
}

/// All that comes through a pipe, if there is one.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// Polls for what is not there yet.
fn keep<T>(kept: &mut Option<T>, poll: impl FnOnce() -> Poll<io::Result<T>>) -> io::Result<()> {
    if kept.is_none()
        && let Poll::Ready(result) = poll()
    {
        *kept = Some(result?);
    }
    Ok(())
}

impl Life {
    /// Lets the child be watched by the runtime that this thread is inside of, if it is another.
    fn come_here(&mut self) -> io::Result<()> {
        if let State::Running(child, watch) = &mut self.state
            && let Some(here) = with_current(|inner| inner.map(|inner| inner.reactor().clone()))
            && !Arc::ptr_eq(&here, watch.reactor())
        {
            *watch = Watch::new(&here, child)?;
        }
        Ok(())
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        let State::Running(child, watch) = &mut self.state else {
            return Poll::Ready(self.look().map(|status| status.unwrap_or_default()));
        };
        let error = match ready!(watch.poll_end(cx, child)) {
            Ok(status) => {
                self.state = State::Ended(status);
                return Poll::Ready(Ok(status));
            }
            Err(error) => error,
        };
        // It may be that only the watch has failed, because its runtime has ended.
        match self.look() {
            Ok(Some(status)) => Poll::Ready(Ok(status)),
            Ok(None) => {
                let text = format!("the end of a child cannot be heard any more: {error}");
                Poll::Ready(Err(io::Error::new(error.kind(), text)))
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn look(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = match &mut self.state {
            State::Running(child, _) => child.try_wait()?,
            State::Ended(status) => return Ok(Some(*status)),
        };
        if let Some(status) = status {
            self.state = State::Ended(status);
        }
        Ok(status)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let ended = State::Ended(ExitStatus::default());
        if let State::Running(child, watch) = mem::replace(&mut self.state, ended) {
            // Its descriptor is free for whoever watches the child from now on.
            drop(watch);
            let_go(child, self.kill_on_drop);
        }
    }
}

/// Nobody will ask for this child, which has not been waited for.
fn let_go(mut child: process::Child, kill: bool) {
    let runs = |child: &mut process::Child| matches!(child.try_wait(), Ok(None));
    if kill && runs(&mut child) {
        // An error would mean that it may not be killed: it has become another user's.
        let _ = child.kill();
    }
    if runs(&mut child) {
        orphans::adopt(child);
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut child = f.debug_struct("Child");
        match &self.life.state {
            State::Running(running, _) => child.field("id", &running.id()),
            State::Ended(status) => child.field("ended", status),
        };
        child.finish_non_exhaustive()
    }
}
