//! the map: modules in reading order, layer by layer.

pub(crate) mod base {
    /// std or loom, one switch: atomics, UnsafeCell, Mutex, thread.
    pub(crate) mod prim;
    /// CachePadded, written once.
    pub(crate) mod pad;
    /// intrusive doubly linked list of pinned nodes: wheel slots, wait lists, task registry.
    pub(crate) mod list;
    /// intrusive push / take-all stack: the inbox of `local.rs`; its head also says that the owner sleeps.
    pub(crate) mod stack;
    /// seedable xorshift, so schedules replay.
    pub(crate) mod rng;
    /// now(), real or virtual; the only place that reads the clock.
    pub(crate) mod clock;
    /// the event enum, and a macro that is one branch when off.
    pub(crate) mod trace;
}

pub(crate) mod wake {
    /// trait Park, and putting a thread to sleep without missing the alarm.
    pub(crate) mod park;
    /// the smallest executor: poll, park, repeat.
    pub(crate) mod block_on;
    /// one waker, set by one side and taken by the other, with its race table.
    pub(crate) mod slot;
    /// collect wakers under a lock, wake them after it.
    pub(crate) mod batch;
    /// many wakers in line: FIFO, cancel-safe, no allocation.
    pub(crate) mod wait_list;
    /// the poll budget: a thread-local `Cell<u8>` that leaf futures spend.
    pub(crate) mod coop;
}

pub mod task {
    /// how a task keeps its scheduler alive without a shared count per task.
    pub(crate) mod credit;
    /// one word: flags and references; every transition is a named enum.
    pub(crate) mod state;
    /// the type-erased front of a task: state, vtable type, queue link, scheduler pointer.
    pub(crate) mod header;
    /// four functions that turn a header into a std Waker.
    pub(crate) mod waker;
    /// one allocation: header, then future or output in the same bytes, then cold data.
    pub(crate) mod cell;
    /// poll once; then idle, again, complete or cancelled; panics stop here.
    pub(crate) mod run;
    /// JoinHandle, AbortHandle, JoinError.
    pub(crate) mod join;
    /// every live task, so shutdown can drop them and a dump can name them.
    pub(crate) mod registry;
    /// which executor is this thread inside, and which task is it polling.
    pub(crate) mod current;
    /// table of references and rules; trait Schedule; new() -> (Runnable, JoinHandle).
    pub(crate) mod new;
}

/// the single-thread executor: a queue, an inbox, a tick().
pub(crate) mod local;

pub(crate) mod drive {
    /// six levels of 64 slots; no clock, no lock, no waker: a pure data structure.
    pub(crate) mod wheel;
    /// deadline -> Waker: entries, cancellation, the next deadline.
    pub(crate) mod timers;
    /// what a source can be ready for, and what can be waited for.
    pub(crate) mod ready;
    /// one fd: a readiness word with a tick, two waker slots, and a line for the rest.
    pub(crate) mod source;
    /// a place in the line of a source: the future behind `readable()` and `accept`.
    pub(crate) mod readiness;
    /// fd readiness -> Waker: mio Poll, tokens with generations, the cross-thread nudge.
    pub(crate) mod reactor;
    /// the state word of one sleeper: who nudges it, and by what means.
    pub(crate) mod bell;
    /// impl Park: sleep until event, deadline or nudge; then hand back wakers.
    pub(crate) mod driver;
}

/// closure -> result: threads that grow under load and go home when idle.
pub(crate) mod blocking;

pub mod sync {
    /// a counter and a line: an uncontended acquire or release is one RMW.
    pub(crate) mod permits;
    /// Semaphore: counted permits, with guards that give them back.
    pub(crate) mod semaphore;
    /// a semaphore of one, plus a guard.
    pub(crate) mod mutex;
    /// Event / Notify: listen, check, wait.
    pub(crate) mod event;
    /// one value, one word of state, two waker slots.
    pub(crate) mod oneshot;
    /// bounded ring with a stamp per slot, the storage under mpsc.
    pub(crate) mod ring;
    pub mod mpsc {
        /// errors of the channels: each gives the value back.
        pub(crate) mod error;
        /// the channel itself: storage, permits, the sleeping receiver; close and drop semantics.
        pub(crate) mod chan;
        /// room for a value, reserved before the value exists.
        pub(crate) mod permit;
        /// Sender and Receiver of a channel with a capacity.
        pub(crate) mod bounded;
        /// UnboundedSender and UnboundedReceiver.
        pub(crate) mod unbounded;
    }
    /// asyncio's Queue: join / task_done.
    pub(crate) mod queue;
}

pub mod runtime {
    /// Handle: spawn, spawn_blocking, current(); where the machines are bolted together.
    pub(crate) mod handle;
    /// Runtime: block_on (root on the caller's thread), enter, shutdown_timeout.
    pub(crate) mod runtime;
    /// every knob, its default, and the reason for the default.
    pub(crate) mod builder;
}

pub mod time {
    /// Instant: a reading of the runtime's clock.
    pub(crate) mod instant;
    /// Sleep, sleep, sleep_until.
    pub(crate) mod sleep;
    /// race a future against a deadline.
    pub(crate) mod timeout;
    /// ticks, and what to do with missed ones.
    pub(crate) mod interval;
}

pub mod io {
    /// AsyncRead, AsyncWrite.
    pub(crate) mod traits;
    /// read_exact, write_all, read_until, ... as named futures.
    pub(crate) mod ext;
    /// BufReader, BufWriter, lines.
    pub(crate) mod buf;
    /// copy, with back-pressure.
    pub(crate) mod copy;
    /// try the syscall, wait on WouldBlock, try again: one loop for all sockets.
    pub(crate) mod async_fd;

    pub use crate::drive::ready::{Interest, Ready};
    pub use traits::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
}

pub mod net {
    /// names and numbers: what can be turned into socket addresses.
    pub(crate) mod addr;
    /// a socket's number in the system, written once for all sockets.
    pub(crate) mod as_fd;
    /// The halves of a TCP stream.
    pub mod tcp {
        /// TcpStream: connect, read, write.
        pub(crate) mod stream;
        /// the halves of a stream: borrowed for one task, owned for two.
        pub(crate) mod split;
        /// TcpStream: addresses, options, and what is done seldom.
        pub(crate) mod options;
        /// TcpListener: bind, accept.
        pub(crate) mod listener;
        /// TcpSocket: options to set before a socket is bound, connected, or listens.
        pub(crate) mod socket;

        pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
    }

    pub use addr::{ToSocketAddrs, lookup_host};
    pub use tcp::listener::TcpListener;
    pub use tcp::socket::TcpSocket;
    pub use tcp::stream::TcpStream;
}

/// ctrl_c: a pipe, a source and an Event.
pub mod signal;

pub(crate) mod compat {
    #[cfg(feature = "hyper")]
    /// hyper's I/O, executor and timer traits over this runtime's types.
    pub(crate) mod hyper;
}
