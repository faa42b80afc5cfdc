//! SignalKind: the number of a signal, and which of them can be listened to.

#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::io;

/// The highest number that is looked at. On other systems it is lower; they then say so.
pub(super) const LAST: usize =
    if cfg!(any(target_os = "linux", target_os = "android")) { 64 } else { 128 };

/// Which signal.
///
/// ```
/// use mainspring::signal::unix::SignalKind;
///
/// assert_eq!(SignalKind::terminate().as_raw_value(), 15);
/// assert_eq!(SignalKind::from_raw(2), SignalKind::interrupt());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(c_int);

macro_rules! kinds {
    ($($(#[$attribute:meta])* $name:ident $signal:ident $what:literal)*) => {
        impl SignalKind {$(
            $(#[$attribute])*
            #[doc = concat!("`", stringify!($signal), "`: ", $what)]
            pub const fn $name() -> SignalKind {
                SignalKind(libc::$signal)
            }
        )*}
    };
}

kinds! {
    alarm SIGALRM "a timer of `alarm` or `setitimer` has run out. It ends a program that does not \
        listen."
    child SIGCHLD "a child has ended, stopped, or goes on."
    hangup SIGHUP "the terminal is gone; to a daemon by custom: read your configuration again. It \
        ends a program that does not listen."
    interrupt SIGINT "Ctrl-C. It ends a program that does not listen."
    io SIGIO "a file that was set to say so is ready. It ends a program that does not listen."
    pipe SIGPIPE "a write into a pipe that nobody reads. Rust programs ignore it, and the write \
        fails."
    quit SIGQUIT "Ctrl-\\\\. It ends a program that does not listen, with a core dump."
    terminate SIGTERM "the program is asked to end. It ends a program that does not listen."
    user_defined1 SIGUSR1 "whatever the program says. It ends a program that does not listen."
    user_defined2 SIGUSR2 "whatever the program says. It ends a program that does not listen."
    window_change SIGWINCH "the terminal has another size."
    #[cfg(any(
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "macos",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "illumos"
    ))]
    info SIGINFO "Ctrl-T: say how far you are."
}

impl SignalKind {
    /// Any signal, by its number on this system; real-time signals among them.
    ///
    /// That it can be listened to is asked by [`signal`](super::unix::signal).
    pub const fn from_raw(signum: c_int) -> SignalKind {
        SignalKind(signum)
    }

    /// The number.
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }

    /// Its place in a table, if it can be listened to.
    pub(super) fn index(self) -> io::Result<usize> {
        let (name, why) = match self.0 {
            libc::SIGKILL => ("SIGKILL, ", "no process can catch it"),
            libc::SIGSTOP => ("SIGSTOP, ", "no process can catch it"),
            libc::SIGILL => ("SIGILL, ", BROKEN),
            libc::SIGFPE => ("SIGFPE, ", BROKEN),
            libc::SIGSEGV => ("SIGSEGV, ", BROKEN),
            _ => ("", "there is no such signal"),
        };
        match usize::try_from(self.0) {
            Ok(index) if name.is_empty() && (1..=LAST).contains(&index) => Ok(index),
            _ => {
                let text = format!("{name}signal {} cannot be listened to: {why}", self.0);
                Err(io::Error::new(io::ErrorKind::InvalidInput, text))
            }
        }
    }
}

const BROKEN: &str =
    "its thread cannot go on behind the instruction that failed, so its handler must not return";

impl From<c_int> for SignalKind {
    fn from(signum: c_int) -> SignalKind {
        SignalKind(signum)
    }
}

impl From<SignalKind> for c_int {
    fn from(kind: SignalKind) -> c_int {
        kind.0
    }
}
