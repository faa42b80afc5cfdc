//! Processes: start them, talk to them, wait for them.

/// the pipes to a child: ChildStdin, ChildStdout, ChildStderr.
pub(crate) mod pipes;
/// pidfd: a descriptor that is readable when a process has ended, where the system has such.
pub(crate) mod pidfd;
/// how the end of a child is heard: by its pidfd, or by SIGCHLD.
pub(crate) mod watch;
/// children whose handle is gone: reaped by one thread, which is there while there are any.
pub(crate) mod orphans;
/// Child: a process of ours, until it has been waited for.
pub(crate) mod child;
/// Command: what to start, and how.
pub(crate) mod command;
/// Command: spawn, status, output.
pub(crate) mod spawn;

pub use child::Child;
pub use command::Command;
#[doc(hidden)]
pub use pidfd::without_pidfds;
pub use pipes::{ChildStderr, ChildStdin, ChildStdout};
