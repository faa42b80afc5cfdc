//! what is lost when a future is dropped before it is ready.
//!
//! To cancel a future is to drop it. `select!` drops those that lose, a time-out the one that is
//! late, [`abort`](crate::task::JoinHandle::abort) that of a task, and the end of a scope all that
//! is in it. It happens between two polls, so each `.await` is a place where a function may end.
//!
//! Whatever the table says, a future that is dropped leaves no waker, no timer and no place in a
//! line behind, and what it was handed in the meantime (a permit, a lock, a notification, a value)
//! goes to the next one or stays where it was. Some things that are waited for by reference keep
//! the last waker until they are polled again or dropped: the receiver of an `mpsc`, both ends of a
//! `oneshot`, the handle of a task, a set of tasks, an interval. "By reference" is `&mut`: then the
//! drop is that of the reference.
//!
//! An `async` block loses what it holds, and what the future that it waits for loses. So do
//! [`select!`](crate::select), [`join!`](macro@crate::join) and
//! [`try_join!`](macro@crate::try_join). What is not safe is pinned once outside of a loop, and
//! given to `select!` by reference: see [`pin!`](crate::pin).
//!
//! The table is made of the rows of a test, which drops each of these futures after every number of
//! polls: before what it waits for, after it, and while it happens on another thread.
//!
//! <!-- table -->
//! # Lose nothing
//! Call it again, in a loop with `select!` too.
//!
//! | future | more exactly |
//! |---|---|
//! | [`sync::Event::wait`] |  |
//! | [`sync::oneshot::Receiver`] | by reference; its own drop tells the sender |
//! | [`sync::oneshot::Sender::closed`] |  |
//! | [`sync::mpsc::Receiver::recv`] |  |
//! | [`sync::mpsc::Receiver::recv_many`] |  |
//! | [`sync::mpsc::UnboundedReceiver::recv`] |  |
//! | [`sync::mpsc::UnboundedReceiver::recv_many`] |  |
//! | [`sync::mpsc::Sender::closed`] |  |
//! | [`sync::mpsc::UnboundedSender::closed`] |  |
//! | [`sync::watch::Sender::closed`] |  |
//! | [`sync::watch::Receiver::changed`] | no value is marked as seen |
//! | [`sync::broadcast::Sender::closed`] |  |
//! | [`sync::broadcast::Receiver::recv`] |  |
//! | [`sync::Queue::join`] |  |
//! | [`sync::LifoQueue::join`] |  |
//! | [`sync::PriorityQueue::join`] |  |
//! | [`sync::WaitForCancellationFuture`] |  |
//! | [`sync::WaitForCancellationFutureOwned`] | but the token is dropped too |
//! | [`time::Sleep`] | there is nothing to lose |
//! | [`time::Interval::tick`] | no tick is used up |
//! | [`task::JoinHandle`] | by reference; the task goes on in any case |
//! | [`task::GroupTask`] | by reference; the child goes on in any case |
//! | [`task::Shield`] | the task goes on; its output is dropped at its end |
//! | [`task::yield_now()`] |  |
//! | [`task::consume_budget()`] |  |
//! | [`task::LocalSet`] | by reference; the tasks stay in it |
//! | [`task::JoinSet::join_next`] |  |
//! | [`task::JoinSet::join_next_with_id`] |  |
//! | [`task::wait()`] | what has ended stays in the set |
//! | [`task::AsCompleted::next`] |  |
//! | [`io::AsyncReadExt::read`] |  |
//! | [`io::AsyncReadExt::read_to_end`] | but the count: the bytes are in `buf` |
//! | [`io::AsyncBufReadExt::read_until`] | but the count: the bytes are in `buf` |
//! | [`io::AsyncBufReadExt::fill_buf`] |  |
//! | [`io::Lines::next_line`] |  |
//! | [`io::Split::next_segment`] |  |
//! | [`io::AsyncWriteExt::write`] | nothing was written by it |
//! | [`io::AsyncWriteExt::write_vectored`] | nothing was written by it |
//! | [`io::AsyncWriteExt::flush`] |  |
//! | [`io::AsyncWriteExt::shutdown`] |  |
//! | [`stream::Next`] | if the stream loses nothing; those of `stream` do not |
//! | [`io::AsyncReadExt::read_buf`] |  |
//! | [`io::AsyncWriteExt::write_buf`] | nothing was written by it |
//! | [`io::AsyncWriteExt::write_all_buf`] | what was not written is in `buf` |
//! | [`io::AsyncSeekExt::stream_position`] |  |
//! | [`io::copy_buf()`] | but the count: what was not written is in the reader |
//! | [`io::unix::AsyncFd::ready`] |  |
//! | [`io::unix::AsyncFd::ready_mut`] |  |
//! | [`io::unix::AsyncFd::readable`] |  |
//! | [`io::unix::AsyncFd::readable_mut`] |  |
//! | [`io::unix::AsyncFd::writable`] |  |
//! | [`io::unix::AsyncFd::writable_mut`] |  |
//! | [`io::unix::AsyncFd::async_io`] | it was done, or did not begin |
//! | [`io::unix::AsyncFd::async_io_mut`] | it was done, or did not begin |
//! | [`net::TcpListener::bind`] | no socket is left behind |
//! | [`net::TcpListener::accept`] | no connection |
//! | [`net::TcpStream::ready`] |  |
//! | [`net::TcpStream::readable`] |  |
//! | [`net::TcpStream::writable`] |  |
//! | [`net::TcpStream::peek`] |  |
//! | [`net::TcpStream::async_io`] | it was done, or did not begin |
//! | [`net::tcp::ReadHalf::ready`] |  |
//! | [`net::tcp::ReadHalf::readable`] |  |
//! | [`net::tcp::ReadHalf::peek`] |  |
//! | [`net::tcp::WriteHalf::ready`] |  |
//! | [`net::tcp::WriteHalf::writable`] |  |
//! | [`net::tcp::OwnedReadHalf::ready`] |  |
//! | [`net::tcp::OwnedReadHalf::readable`] |  |
//! | [`net::tcp::OwnedReadHalf::peek`] |  |
//! | [`net::tcp::OwnedWriteHalf::ready`] |  |
//! | [`net::tcp::OwnedWriteHalf::writable`] |  |
//! | [`process::Child::wait`] | but the child's input is closed |
//! | [`signal::ctrl_c()`] | but a signal that comes when no call waits |
//! | [`signal::unix::Signal::recv`] | the signal is told to the next call |
//! | [`net::UdpSocket::bind`] | no socket is left behind |
//! | [`net::UdpSocket::ready`] |  |
//! | [`net::UdpSocket::readable`] |  |
//! | [`net::UdpSocket::writable`] |  |
//! | [`net::UdpSocket::recv`] | no datagram: it waits for the next call |
//! | [`net::UdpSocket::recv_from`] | no datagram: it waits for the next call |
//! | [`net::UdpSocket::recv_buf`] | no datagram: it waits for the next call |
//! | [`net::UdpSocket::recv_buf_from`] | no datagram: it waits for the next call |
//! | [`net::UdpSocket::peek`] |  |
//! | [`net::UdpSocket::peek_from`] |  |
//! | [`net::UdpSocket::peek_sender`] |  |
//! | [`net::UdpSocket::async_io`] | it was done, or did not begin |
//! | [`net::UdpSocket::send`] | no datagram: it was sent, or was not |
//! | [`net::UdpSocket::send_to`] | no datagram: it was sent, or was not |
//! | [`net::UnixDatagram::ready`] |  |
//! | [`net::UnixDatagram::readable`] |  |
//! | [`net::UnixDatagram::recv`] | no datagram: it waits for the next call |
//! | [`net::UnixDatagram::recv_from`] | no datagram: it waits for the next call |
//! | [`net::UnixDatagram::recv_buf`] | no datagram: it waits for the next call |
//! | [`net::UnixDatagram::recv_buf_from`] | no datagram: it waits for the next call |
//! | [`net::UnixDatagram::async_io`] | it was done, or did not begin |
//! | [`net::UnixDatagram::writable`] |  |
//! | [`net::UnixDatagram::send`] | no datagram: it was sent, or was not |
//! | [`net::UnixDatagram::send_to`] | no datagram: it was sent, or was not |
//! | [`net::UnixListener::accept`] | no connection |
//! | [`net::UnixStream::ready`] |  |
//! | [`net::UnixStream::readable`] |  |
//! | [`net::UnixStream::writable`] |  |
//! | [`net::UnixStream::async_io`] | it was done, or did not begin |
//! | [`net::unix::ReadHalf::ready`] |  |
//! | [`net::unix::ReadHalf::readable`] |  |
//! | [`net::unix::WriteHalf::ready`] |  |
//! | [`net::unix::WriteHalf::writable`] |  |
//! | [`net::unix::OwnedReadHalf::ready`] |  |
//! | [`net::unix::OwnedReadHalf::readable`] |  |
//! | [`net::unix::OwnedWriteHalf::ready`] |  |
//! | [`net::unix::OwnedWriteHalf::writable`] |  |
//! | [`net::unix::pipe::Receiver::ready`] |  |
//! | [`net::unix::pipe::Receiver::readable`] |  |
//! | [`net::unix::pipe::Sender::ready`] |  |
//! | [`net::unix::pipe::Sender::writable`] |  |
//! | [`net::start_server()`] | no socket is left behind |
//! | [`net::Server::wait_closed`] |  |
//! | [`fs::File::open`] | the file is closed |
//! | [`fs::File::metadata`] | but the answer |
//! | [`fs::File::try_clone`] | the clone is closed |
//! | [`fs::read()`] | but the answer |
//! | [`fs::read_to_string()`] | but the answer |
//! | [`fs::metadata()`] | but the answer |
//! | [`fs::symlink_metadata()`] | but the answer |
//! | [`fs::try_exists()`] | but the answer |
//! | [`fs::canonicalize()`] | but the answer |
//! | [`fs::read_link()`] | but the answer |
//! | [`fs::read_dir()`] | the directory is closed |
//! | [`fs::ReadDir::next_entry`] |  |
//! | [`fs::DirEntry::metadata`] | but the answer |
//! | [`fs::DirEntry::file_type`] | but the answer |
//!
//! # Lose their place in a line
//! And nothing else: who calls again is the last.
//!
//! | future | more exactly |
//! |---|---|
//! | [`sync::Mutex::lock`] | what it was handed goes to the next |
//! | [`sync::Mutex::lock_owned`] | what it was handed goes to the next |
//! | [`sync::RwLock::read`] | what it was handed goes to the next |
//! | [`sync::RwLock::write`] | what it was handed goes to the next |
//! | [`sync::RwLock::read_owned`] | what it was handed goes to the next |
//! | [`sync::RwLock::write_owned`] | what it was handed goes to the next |
//! | [`sync::Semaphore::acquire`] | what it was handed goes to the next |
//! | [`sync::Semaphore::acquire_many`] | what it was handed goes to the next |
//! | [`sync::Semaphore::acquire_owned`] | what it was handed goes to the next |
//! | [`sync::Semaphore::acquire_many_owned`] | what it was handed goes to the next |
//! | [`sync::Notified`] | a `notify_one` goes to the next, or is stored |
//! | [`sync::OwnedNotified`] | as `Notified` |
//! | [`sync::Condvar::wait`] | the guard; a notification goes to the next |
//! | [`sync::Condvar::wait_for`] | as `wait` |
//! | [`sync::Condvar::wait_owned`] | as `wait` |
//! | [`sync::Condvar::wait_for_owned`] | as `wait` |
//! | [`sync::mpsc::Sender::reserve`] | room goes to the next |
//! | [`sync::mpsc::Sender::reserve_many`] | room goes to the next |
//! | [`sync::Queue::get`] | and no item |
//! | [`sync::LifoQueue::get`] | and no item |
//! | [`sync::PriorityQueue::get`] | and no item |
//! | [`sync::Queue::get_task`] | and no item |
//! | [`sync::LifoQueue::get_task`] | and no item |
//! | [`sync::PriorityQueue::get_task`] | and no item |
//! | [`rate::RateLimiter::acquire`] | and no permit |
//! | [`rate::RateLimiter::acquire_many`] | and no permit |
//!
//! # Lose what they were given
//! Keep the future, by reference, until it is ready.
//!
//! | future | more exactly |
//! |---|---|
//! | [`sync::mpsc::Sender::send`] | the value, and the place in the line |
//! | [`sync::mpsc::Sender::reserve_owned`] | the sender |
//! | [`sync::Queue::put`] | the item, and the place in the line |
//! | [`sync::LifoQueue::put`] | the item, and the place in the line |
//! | [`sync::PriorityQueue::put`] | the item, and the place in the line |
//! | [`net::TcpSocket::connect`] | the socket; it is closed |
//! | [`net::UnixSocket::connect`] | the socket; it is closed |
//! | [`fs::File::into_std`] | the file; what it has accepted is written |
//!
//! # Lose how far they came
//! Keep the future, by reference, until it is ready.
//!
//! | future | more exactly |
//! |---|---|
//! | [`sync::watch::Receiver::wait_for`] | values that were turned down are seen |
//! | [`blocking::Pool::shutdown`] | the closures that have not begun; they are cancelled |
//! | [`io::AsyncReadExt::read_exact`] | how much was read; the bytes are gone |
//! | [`io::AsyncReadExt::read_u32`] | the bytes so far; the same for all numbers |
//! | [`io::AsyncReadExt::read_to_string`] | what was read |
//! | [`io::AsyncBufReadExt::read_line`] | the part of the line that was read |
//! | [`io::AsyncWriteExt::write_all`] | how much was written |
//! | [`io::AsyncWriteExt::write_u32`] | how much was written; the same for all numbers |
//! | [`io::copy()`] | what was read and not yet written |
//! | [`stream::Collect`] | what was collected so far |
//! | [`io::AsyncSeekExt::seek`] | whether it has moved |
//! | [`io::AsyncSeekExt::rewind`] | whether it has moved |
//! | [`io::copy_bidirectional()`] | what was read and not yet written |
//! | [`io::copy_bidirectional_with_sizes()`] | what was read and not yet written |
//! | [`net::TcpStream::connect`] | the attempt; the socket is closed |
//! | [`process::Child::wait_with_output`] | and the child; it runs on |
//! | [`process::Command::output`] | and the child; it runs on |
//! | [`net::UnixStream::connect`] | the attempt; the socket is closed |
//! | [`net::UnixStream::connect_addr`] | the attempt; the socket is closed |
//!
//! # End what they run
//! What is lost then is what that loses.
//!
//! | future | more exactly |
//! |---|---|
//! | [`sync::OnceCell::get_or_init`] | the attempt; the next who waits tries |
//! | [`sync::OnceCell::get_or_try_init`] | the attempt; the next who waits tries |
//! | [`sync::CancellationToken::run_until_cancelled`] | the future in it |
//! | [`sync::CancellationToken::run_until_cancelled_owned`] | the future in it |
//! | [`time::Timeout`] | the future in it |
//! | [`time::deadline_scope()`] | the future in it |
//! | [`rate::CircuitBreaker::call`] | the attempt; the breaker forgets the call |
//! | [`rate::CircuitBreaker::call_if`] | the attempt; the breaker forgets the call |
//! | [`retry::retry()`] | the attempt; the permit is given back |
//! | [`retry::retry_if()`] | the attempt; the permit is given back |
//! | [`task::Unconstrained`] | the future in it |
//! | [`task::coop::Coop`] | the future in it |
//! | [`task::futures::TaskLocalFuture`] | the future in it |
//! | [`task::LocalSet::run_until`] | the future in it |
//! | [`task::JoinSet::shutdown`] | the tasks: they are told, and in the set |
//! | [`task::JoinSet::join_all`] | the tasks, and outputs that it has |
//! | [`task::gather()`] | the tasks, and outputs that it has |
//! | [`task::gather_all()`] | the tasks, and outputs that it has |
//! | [`task::TaskGroup::scope`] | children, body, and failures that there were |
//!
//! # Leave something done
//! It is not undone by the drop.
//!
//! | future | more exactly |
//! |---|---|
//! | [`sync::Barrier::wait`] | the arrival counts from the first poll on |
//! | [`time::advance()`] | the clock stays where the first poll moved it |
//! | [`net::lookup_host()`] | a resolver that was started runs to its end |
//! | [`process::Child::kill`] | the signal was sent by the first poll |
//! | [`process::Command::status`] | the child runs on |
//! | [`net::UdpSocket::connect`] | it is connected, or as it was |
//! | [`net::Server::serve_forever`] | the server is closed, as by `close` |
//! | [`fs::OpenOptions::open`] | the file may be made or emptied; it is closed |
//! | [`fs::File::create`] | the file may be made or emptied; it is closed |
//! | [`fs::File::create_new`] | the file may be made or emptied; it is closed |
//! | [`fs::File::sync_all`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::File::sync_data`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::File::set_len`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::File::set_permissions`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::File::set_times`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::File::set_modified`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::write()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::copy()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::rename()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::hard_link()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::symlink()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::remove_file()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::create_dir()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::create_dir_all()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::DirBuilder::create`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::remove_dir()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::remove_dir_all()`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::set_permissions()`] | what a thread has begun, or is yet to begin, is done |
//!
//! <!-- end -->

#![forbid(unsafe_code)]
// The table names what comes with a feature too.
#![cfg_attr(not(feature = "bytes"), allow(rustdoc::broken_intra_doc_links))]

// What the table's links are found through.
#[cfg(doc)]
#[allow(unused_imports)]
use crate::*;
