//! what runs when a signal comes: it counts, writes a byte, and calls the handler from before.
//!
//! Read before: `signal/counts.rs`. The pipe, the counts and the handlers are the process's: made
//! by the first listener, never taken down. From then on the signal does what its listeners do, and
//! nothing by itself, also when nobody listens any more; as in tokio.
//!
//! **A handler that was there before** is called after ours, with what ours was called with, and
//! with the signals blocked that it had asked for. It was made to be called for this signal at any
//! time; that nothing has changed for it is all that is needed. Of its flags, `SA_RESTART` and
//! `SA_ONSTACK` are always set, and `SA_RESETHAND`, once only, is not kept. A handler that another
//! thread installs while ours is being installed may be overlooked. To have ignored a signal, or
//! left it to the system, is no handler: that ends.
//!
//! **After `fork`** the child shares the pipe, but not the counts. There the handler calls the one
//! from before and does nothing else: its byte would wake up the parent for nothing. Nor does a
//! listener in the child read, which would take the parent's byte. `exec` takes the handlers away.
//!
//! * INV-83: the handler calls nothing that POSIX does not allow in one: atomics, `getpid`,
//!   `send`, and what has been a handler before; and leaves `errno` as it was.

use super::counts::Counts;
use super::kind::{LAST, SignalKind};
use crate::base::prim::Mutex;
use std::ffi::{c_int, c_void};
use std::io::{self, Read, Write};
use std::mem::{self, MaybeUninit};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::OnceLock;

/// What the handler and all listeners of the process share.
pub(super) struct Machine {
    pub(super) counts: Counts,
    writer: UnixStream,
    reader: UnixStream,
    /// By number of the signal: the handler that was there before ours.
    before: Box<[OnceLock<Before>]>,
    /// The same: is ours installed? Whoever installs it holds the lock.
    installed: Mutex<Box<[bool]>>,
    /// The process that reads the pipe.
    process: u32,
}

static MACHINE: OnceLock<Machine> = OnceLock::new();

/// A handler: an address, and by which of two signatures it is called.
struct Before {
    address: libc::sighandler_t,
    has_info: bool,
}

impl Machine {
    /// Makes the pipe, the first time.
    pub(super) fn get() -> io::Result<&'static Machine> {
        if let Some(machine) = MACHINE.get() {
            return Ok(machine);
        }
        // One of several that are made at once is kept.
        let machine = Machine::new()?;
        Ok(MACHINE.get_or_init(|| machine))
    }

    fn new() -> io::Result<Machine> {
        let (writer, reader) = UnixStream::pair()?;
        writer.set_nonblocking(true)?;
        reader.set_nonblocking(true)?;
        Ok(Machine {
            counts: Counts::new(LAST),
            writer,
            reader,
            before: (0..=LAST).map(|_| OnceLock::new()).collect(),
            installed: Mutex::new(vec![false; LAST + 1].into()),
            process: std::process::id(),
        })
    }

    /// Installs the handler for a signal, the first time.
    pub(super) fn install(&self, kind: SignalKind) -> io::Result<()> {
        let index = kind.index()?;
        let mut installed = self.installed.lock();
        if !installed[index] {
            self.take_over(kind.as_raw_value(), &self.before[index]).map_err(|error| {
                let text = format!("the system refuses signal {}: {error}", kind.as_raw_value());
                io::Error::new(error.kind(), text)
            })?;
            installed[index] = true;
        }
        Ok(())
    }

    fn take_over(&self, signal: c_int, before: &OnceLock<Before>) -> io::Result<()> {
        // SAFETY(INV-83): a `sigaction` of zeros is one, and it is overwritten here.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY(INV-83): asks, and changes nothing.
        success(unsafe { libc::sigaction(signal, ptr::null(), &mut action) })?;
        if ![libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction) {
            let has_info = action.sa_flags & libc::SA_SIGINFO != 0;
            // Known before ours can be called. Set already: by a try that failed.
            before.get_or_init(|| Before { address: action.sa_sigaction, has_info });
        }
        // What it wants blocked stays blocked.
        action.sa_sigaction = handler as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_SIGINFO;
        // SAFETY(INV-83): the handler is safe to call at any time, on any stack.
        success(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) })
    }

    /// Another end of the pipe for another runtime: the same, with a number of its own.
    pub(super) fn reader(&self) -> io::Result<UnixStream> {
        self.reader.try_clone()
    }

    /// Takes the byte out of the pipe, or it would block. Then say so to the counts.
    pub(super) fn take_byte(&self, mut pipe: impl Read) -> io::Result<()> {
        if std::process::id() != self.process {
            return Err(io::Error::other("signals are not heard in a process made by fork"));
        }
        // Never 0: the other end is ours, and stays open.
        pipe.read(&mut [0]).map(drop)
    }

    /// The handler's part.
    fn came(&self, signal: usize) {
        if std::process::id() == self.process && self.counts.add(signal) {
            // The interrupted code may be about to read `errno`, which a failure changes.
            let before = errno::get();
            // One byte into an empty pipe: there is room.
            if !matches!((&self.writer).write(&[0]), Ok(1)) {
                errno::set(before);
                self.counts.failed();
            }
        }
    }
}

/// The thread's last error, as C knows it.
mod errno {
    use std::ffi::c_int;

    #[cfg(any(target_os = "illumos", target_os = "solaris"))]
    use libc::___errno as location;
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;
    #[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "hurd"))]
    use libc::__errno_location as location;
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as location;

    pub(super) fn get() -> c_int {
        // SAFETY(INV-83): the address is this thread's `errno`, which is always there.
        unsafe { *location() }
    }

    pub(super) fn set(error: c_int) {
        // SAFETY(INV-83): as above, and no other thread's.
        unsafe { *location() = error };
    }
}

fn success(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

extern "C" fn handler(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(machine) = MACHINE.get() else { return };
    let index = signal as usize;
    machine.came(index);
    if let Some(before) = machine.before.get(index).and_then(OnceLock::get) {
        // SAFETY(INV-83): it was the handler of this signal, and is called like one.
        unsafe { before.call(signal, info, context) };
    }
}

/// The two signatures of a handler, with `SA_SIGINFO` and without.
type WithInfo = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
type Plain = extern "C" fn(c_int);

impl Before {
    /// # Safety
    /// From a handler for the signal it was installed for, with what that was called with.
    unsafe fn call(&self, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        if self.has_info {
            // SAFETY(INV-83): `SA_SIGINFO` says that this is its signature.
            let call = unsafe { mem::transmute::<libc::sighandler_t, WithInfo>(self.address) };
            call(signal, info, context);
        } else {
            // SAFETY(INV-83): without `SA_SIGINFO` this one is.
            let call = unsafe { mem::transmute::<libc::sighandler_t, Plain>(self.address) };
            call(signal);
        }
    }
}
