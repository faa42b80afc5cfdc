//! ctrl_c: somebody asks the program to end.

#![forbid(unsafe_code)]

use std::io;

/// Completes when the process receives Ctrl-C (`SIGINT`).
///
/// Only signals that come after the first poll count. Every call that waits is told of the same
/// signal, in whatever runtime. The first poll of the first call takes the signal over for good:
/// from then on Ctrl-C no longer ends the process by itself, even when nobody waits. For other
/// signals, and for those that come between two turns of a loop, there is
/// [`signal`](crate::signal::unix::signal).
///
/// A call costs a little memory and no descriptor, so every task may wait for it beside its work:
/// all calls and listeners of a runtime share one. A signal wakes all of them.
///
/// asyncio cancels the main task instead; here the program decides.
///
/// ```
/// # async fn serve() { std::future::pending().await }
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let server = mainspring::spawn(serve());
/// # mainspring::spawn(async {
/// #     let number = std::process::id().to_string();
/// #     let mut kill = std::process::Command::new("kill");
/// #     assert!(kill.args(["-INT", &number]).status().unwrap().success());
/// # });
/// mainspring::signal::ctrl_c().await?;
/// server.abort();
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// When the handler or the pipe cannot be made, for want of descriptors: the first call of a
/// runtime takes one, the first of the process two more; that the runtime has ended; `Unsupported`
/// where there are no Unix signals.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A signal that comes while no call waits is lost: keep one future, by reference, over the turns
/// of a loop with `select!`, or use [`signal`](crate::signal::unix::signal).
pub async fn ctrl_c() -> io::Result<()> {
    imp::ctrl_c().await
}

#[cfg(unix)]
mod imp {
    use crate::drive::source::ended;
    use crate::signal::kind::SignalKind;
    use crate::signal::listener::signal;
    use std::io;

    pub(super) async fn ctrl_c() -> io::Result<()> {
        signal(SignalKind::interrupt())?.recv().await.ok_or_else(ended)
    }
}

#[cfg(not(unix))]
mod imp {
    use std::io;

    pub(super) async fn ctrl_c() -> io::Result<()> {
        let message = "mainspring::signal::ctrl_c knows Unix signals only";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }
}
