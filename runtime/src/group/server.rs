//! start_server: a task for each connection, all of them in a group of the server's.
//!
//! Read before: `group/accept.rs`, which is the task that does the work. A [`Server`] is a handle:
//!
//! | | new connections | those that are there |
//! |---|---|---|
//! | `close`, or `serve_forever` dropped | refused | go on; `wait_closed` waits for them |
//! | `close_clients` | taken in | told to end |
//! | the server is dropped | refused | told to end |

#![forbid(unsafe_code)]

use super::accept::{Desk, HandlerOutput, keep};
use crate::net::addr::{Addrs, ToSocketAddrs, resolve};
use crate::net::in_use::explain_port;
use crate::net::tcp::listener::TcpListener;
use crate::net::tcp::stream::TcpStream;
use crate::runtime::here;
use crate::task::join::AbortHandle;
use socket2::{Domain, Protocol, Socket, Type};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// Connections that may wait to be accepted: as [`TcpListener::bind`] has it.
const BACKLOG: i32 = 1024;

/// Listens on `addr`, and calls `handler` for each connection, in a task of its own.
///
/// It accepts from here on; [`serve_forever`](Server::serve_forever) only waits. When a host name
/// has several addresses, or several are given, it listens on all of them; port 0 lets the system
/// choose one for each. Addresses that this machine does not have are left out, if one is left.
///
/// The handler is a function or closure `(TcpStream, SocketAddr)` to a future; an async closure,
/// too, if it keeps nothing of its own (clone that in a plain closure, before its `async move`). It
/// returns nothing or a [`Result`]. An error of a handler, or a panic, closes its connection, is
/// reported to the hook of [`Builder::unhandled`](crate::runtime::Builder::unhandled), and the
/// server goes on. hyper's connections are such futures as they are. What a handler writes is sent
/// at once (`TCP_NODELAY`), as in asyncio.
///
/// When descriptors or memory run out, the server rests, at first for 10 ms and at most for 640 ms,
/// tries again, and says so once to that hook. When a client goes, it tries at once. Connections
/// wait in the system's queue meanwhile.
///
/// # Errors
/// The system's, `AddrInUse` above all; then it listens nowhere. `InvalidInput` without an address.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// Nothing is lost: no socket is left behind.
///
/// asyncio: `start_server`, with `start_serving=True`. There is no second way to start: a server
/// that is not to accept yet is not made yet. `ssl=` is a TLS stream that the handler makes of its
/// connection, see the [`tokio-io`](crate::compat) feature.
///
/// # Examples
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
/// use mainspring::net::{TcpStream, start_server};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let server = start_server("127.0.0.1:0", async |mut stream: TcpStream, _peer| {
///     let mut line = [0; 4];
///     stream.read_exact(&mut line).await?;
///     stream.write_all(&line).await
/// })
/// .await?;
///
/// let mut client = TcpStream::connect(server.local_addr()).await?;
/// client.write_all(b"tick").await?;
/// let mut echo = String::new();
/// client.read_to_string(&mut echo).await?;
/// assert_eq!(echo, "tick");
///
/// server.close();
/// server.wait_closed().await;
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// Until ctrl-c, and then ten seconds for those who are still there:
///
/// ```no_run
/// use mainspring::time::{Duration, timeout};
///
/// # use mainspring::net::{TcpStream, start_server};
/// # async fn handle(_: TcpStream, _: std::net::SocketAddr) {}
/// # async fn serve() -> std::io::Result<()> {
/// let server = start_server("localhost:8080", handle).await?;
/// mainspring::select! {
///     end = server.serve_forever() => end?,
///     _ = mainspring::signal::ctrl_c() => {}
/// }
/// let _ = timeout(Duration::from_secs(10), server.wait_closed()).await;
/// # Ok(())
/// # }
/// ```
pub async fn start_server<A, H, F>(addr: A, handler: H) -> io::Result<Server>
where
    A: ToSocketAddrs,
    H: Fn(TcpStream, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output: HandlerOutput> + Send + 'static,
{
    Server::from_listeners(listen_on_all(resolve(addr).await?)?, handler)
}

/// A server that runs: made by [`start_server`].
///
/// Dropping it closes it and tells its clients' tasks to end; each ends after the poll it is in.
/// (asyncio's server goes on without its object; here no task is left to nobody.) So keep it as
/// long as it is to serve. It can be shared: all methods take `&self`.
///
/// asyncio: `Server`; `sockets` are [`local_addrs`](Self::local_addrs).
pub struct Server {
    desk: Arc<Desk>,
    addrs: Box<[SocketAddr]>,
    keeper: AbortHandle,
}

impl Server {
    /// A server on listeners that are there already: with options of [`TcpSocket`], or handed down.
    ///
    /// ```
    /// use mainspring::net::{Server, TcpSocket, TcpStream};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let socket = TcpSocket::new_v4()?;
    /// socket.set_reuseport(true)?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// let server = Server::from_listeners([socket.listen(64)?], async |_: TcpStream, _| {})?;
    /// assert!(server.is_serving());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` without a listener; the system's, when one has no address.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// asyncio: `start_server(sock=…)`.
    ///
    /// [`TcpSocket`]: crate::net::TcpSocket
    #[track_caller]
    pub fn from_listeners<I, H, F>(listeners: I, handler: H) -> io::Result<Server>
    where
        I: IntoIterator<Item = TcpListener>,
        H: Fn(TcpStream, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output: HandlerOutput> + Send + 'static,
    {
        let listeners: Vec<_> = listeners.into_iter().collect();
        let addrs: Box<[_]> =
            listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
        if addrs.is_empty() {
            return Err(no_address());
        }
        listeners.iter().for_each(TcpListener::forget_pollers);
        let (desk, ear) = Desk::new(listeners);
        let keeper = here::spawn(keep(desk.clone(), ear, handler)).abort_handle();
        Ok(Server { desk, addrs, keeper })
    }

    /// The first address it listens on, or did.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addrs[0]
    }

    /// All addresses it listens on, or did; there is at least one.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// Does it accept connections?
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.desk.is_open()
    }

    /// How many clients there are.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.desk.clients.len()
    }

    /// Accepts no more than `n` clients at once from now on; more wait in the system's queue.
    ///
    /// Those that are there stay. Without this there is no limit but that of descriptors.
    ///
    /// # Panics
    /// When `n` is zero: nobody would ever be served; [`close`](Self::close) it instead.
    ///
    /// asyncio has no counterpart; a `Semaphore` in the handler limits how many are served, not how
    /// many have a descriptor.
    ///
    /// ```
    /// # use mainspring::net::{TcpStream, start_server};
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let server = start_server("127.0.0.1:0", async |_: TcpStream, _| {}).await?;
    /// server.limit(1_000);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn limit(&self, n: usize) {
        assert!(n > 0, "a Server with a limit of 0 would serve nobody; use 1 or more, or close()");
        self.desk.set_most(n);
    }

    /// Waits until the server is closed and its clients are gone.
    ///
    /// Any number of tasks may wait here, or none: the server runs by itself.
    ///
    /// # Errors
    /// What ended the listener, at once, if it was not [`close`](Self::close).
    ///
    /// # Cancel safety
    /// Dropped half-way, it closes the server, as `close` does: clients go on.
    ///
    /// asyncio: `serve_forever`, which raises `CancelledError` when the server is closed.
    pub async fn serve_forever(&self) -> io::Result<()> {
        let _closes = Closes(&self.desk);
        self.desk.closed.wait().await;
        match self.desk.error() {
            Some(error) => Err(error),
            None => {
                self.wait_closed().await;
                Ok(())
            }
        }
    }

    /// Stops accepting: when this returns, new connections are refused. Those that are there go on.
    ///
    /// Whoever is connected already and not yet accepted is reset. If the server is accepting at
    /// this moment, on another thread, that one is still served, and `close` waits for the system
    /// call.
    ///
    /// asyncio: `close`.
    pub fn close(&self) {
        self.desk.close(None);
    }

    /// Waits until the server is closed and all its clients are gone, with their sockets.
    ///
    /// # Cancel safety
    /// Safe: there is nothing to lose.
    ///
    /// asyncio: `wait_closed`, as of 3.12; until 3.11 it did not wait for clients.
    pub async fn wait_closed(&self) {
        self.desk.over.wait().await;
    }

    /// Tells the tasks of all clients to end; each ends after the poll it is in, and its socket is
    /// closed with it. The server goes on.
    ///
    /// asyncio: `close_clients`. For `abort_clients`, which also throws away what was written,
    /// handlers call [`TcpStream::set_zero_linger`].
    pub fn close_clients(&self) {
        self.desk.clients.abort_all();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.desk.close(None);
        self.desk.clients.abandon();
        self.keeper.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addrs", &self.addrs).field("desk", &self.desk).finish()
    }
}

/// Closes the server when nobody waits for its end any more.
struct Closes<'a>(&'a Desk);

impl Drop for Closes<'_> {
    fn drop(&mut self) {
        self.0.close(None);
    }
}

fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a server needs an address to listen on")
}

/// One listener for each address that this machine has.
fn listen_on_all(addrs: Addrs) -> io::Result<Vec<TcpListener>> {
    let mut addrs: Vec<SocketAddr> = addrs.collect();
    // A resolver may name one more than once.
    let mut seen = Vec::new();
    addrs.retain(|addr| {
        !seen.contains(addr) && {
            seen.push(*addr);
            true
        }
    });
    let several = addrs.len() > 1;
    let (mut listeners, mut missing) = (Vec::new(), no_address());
    for addr in addrs {
        match listen(addr, several) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_not_ours(&error) => missing = error,
            Err(error) => return Err(error),
        }
    }
    if listeners.is_empty() { Err(missing) } else { Ok(listeners) }
}

/// Connections have `TCP_NODELAY` from their listener. `[::]` also takes callers of IPv4, and with
/// them the port of `0.0.0.0`: not when both are given.
fn listen(addr: SocketAddr, several: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if several && addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_tcp_nodelay(true)?;
    explain_port(socket.bind(&addr.into()), addr)?;
    explain_port(socket.listen(BACKLOG), addr)?;
    TcpListener::from_std(socket.into())
}

/// Has this machine no such address, or no such kind of address?
fn is_not_ours(error: &io::Error) -> bool {
    #[cfg(unix)]
    let unsupported = error.raw_os_error() == Some(libc::EAFNOSUPPORT);
    // WSAEAFNOSUPPORT.
    #[cfg(not(unix))]
    let unsupported = error.raw_os_error() == Some(10047);
    unsupported || error.kind() == io::ErrorKind::AddrNotAvailable
}
