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
//! | [`task::yield_now`] |  |
//! | [`task::consume_budget`] |  |
//! | [`task::LocalSet`] | by reference; the tasks stay in it |
//! | [`task::JoinSet::join_next`] |  |
//! | [`task::JoinSet::join_next_with_id`] |  |
//! | [`task::wait`] | what has ended stays in the set |
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
//! | [`io::copy_buf`] | but the count: what was not written is in the reader |
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
//! | [`signal::ctrl_c`] | but a signal that comes when no call waits |
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
//! | [`net::start_server`] | no socket is left behind |
//! | [`net::Server::wait_closed`] |  |
//! | [`fs::File::open`] | the file is closed |
//! | [`fs::File::metadata`] | but the answer |
//! | [`fs::File::try_clone`] | the clone is closed |
//! | [`fs::read`] | but the answer |
//! | [`fs::read_to_string`] | but the answer |
//! | [`fs::metadata`] | but the answer |
//! | [`fs::symlink_metadata`] | but the answer |
//! | [`fs::try_exists`] | but the answer |
//! | [`fs::canonicalize`] | but the answer |
//! | [`fs::read_link`] | but the answer |
//! | [`fs::read_dir`] | the directory is closed |
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
//! | [`io::copy`] | what was read and not yet written |
//! | [`stream::Collect`] | what was collected so far |
//! | [`io::AsyncSeekExt::seek`] | whether it has moved |
//! | [`io::AsyncSeekExt::rewind`] | whether it has moved |
//! | [`io::copy_bidirectional`] | what was read and not yet written |
//! | [`io::copy_bidirectional_with_sizes`] | what was read and not yet written |
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
//! | [`time::deadline_scope`] | the future in it |
//! | [`rate::CircuitBreaker::call`] | the attempt; the breaker forgets the call |
//! | [`rate::CircuitBreaker::call_if`] | the attempt; the breaker forgets the call |
//! | [`retry::retry`] | the attempt; the permit is given back |
//! | [`retry::retry_if`] | the attempt; the permit is given back |
//! | [`task::Unconstrained`] | the future in it |
//! | [`task::coop::Coop`] | the future in it |
//! | [`task::futures::TaskLocalFuture`] | the future in it |
//! | [`task::LocalSet::run_until`] | the future in it |
//! | [`task::JoinSet::shutdown`] | the tasks: they are told, and in the set |
//! | [`task::JoinSet::join_all`] | the tasks, and outputs that it has |
//! | [`task::gather`] | the tasks, and outputs that it has |
//! | [`task::gather_all`] | the tasks, and outputs that it has |
//! | [`task::TaskGroup::scope`] | children, body, and failures that there were |
//!
//! # Leave something done
//! It is not undone by the drop.
//!
//! | future | more exactly |
//! |---|---|
//! | [`sync::Barrier::wait`] | the arrival counts from the first poll on |
//! | [`time::advance`] | the clock stays where the first poll moved it |
//! | [`net::lookup_host`] | a resolver that was started runs to its end |
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
//! | [`fs::write`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::copy`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::rename`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::hard_link`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::symlink`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::remove_file`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::create_dir`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::create_dir_all`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::DirBuilder::create`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::remove_dir`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::remove_dir_all`] | what a thread has begun, or is yet to begin, is done |
//! | [`fs::set_permissions`] | what a thread has begun, or is yet to begin, is done |
//!
//! [`sync::Mutex::lock`]: crate::sync::Mutex::lock
//! [`sync::Mutex::lock_owned`]: crate::sync::Mutex::lock_owned
//! [`sync::RwLock::read`]: crate::sync::RwLock::read
//! [`sync::RwLock::write`]: crate::sync::RwLock::write
//! [`sync::RwLock::read_owned`]: crate::sync::RwLock::read_owned
//! [`sync::RwLock::write_owned`]: crate::sync::RwLock::write_owned
//! [`sync::Semaphore::acquire`]: crate::sync::Semaphore::acquire
//! [`sync::Semaphore::acquire_many`]: crate::sync::Semaphore::acquire_many
//! [`sync::Semaphore::acquire_owned`]: crate::sync::Semaphore::acquire_owned
//! [`sync::Semaphore::acquire_many_owned`]: crate::sync::Semaphore::acquire_many_owned
//! [`sync::Notified`]: crate::sync::Notified
//! [`sync::OwnedNotified`]: crate::sync::OwnedNotified
//! [`sync::Condvar::wait`]: crate::sync::Condvar::wait
//! [`sync::Condvar::wait_for`]: crate::sync::Condvar::wait_for
//! [`sync::Condvar::wait_owned`]: crate::sync::Condvar::wait_owned
//! [`sync::Condvar::wait_for_owned`]: crate::sync::Condvar::wait_for_owned
//! [`sync::Event::wait`]: crate::sync::Event::wait
//! [`sync::Barrier::wait`]: crate::sync::Barrier::wait
//! [`sync::OnceCell::get_or_init`]: crate::sync::OnceCell::get_or_init
//! [`sync::OnceCell::get_or_try_init`]: crate::sync::OnceCell::get_or_try_init
//! [`sync::oneshot::Receiver`]: crate::sync::oneshot::Receiver
//! [`sync::oneshot::Sender::closed`]: crate::sync::oneshot::Sender::closed
//! [`sync::mpsc::Receiver::recv`]: crate::sync::mpsc::Receiver::recv
//! [`sync::mpsc::Receiver::recv_many`]: crate::sync::mpsc::Receiver::recv_many
//! [`sync::mpsc::UnboundedReceiver::recv`]: crate::sync::mpsc::UnboundedReceiver::recv
//! [`sync::mpsc::UnboundedReceiver::recv_many`]: crate::sync::mpsc::UnboundedReceiver::recv_many
//! [`sync::mpsc::Sender::send`]: crate::sync::mpsc::Sender::send
//! [`sync::mpsc::Sender::reserve`]: crate::sync::mpsc::Sender::reserve
//! [`sync::mpsc::Sender::reserve_many`]: crate::sync::mpsc::Sender::reserve_many
//! [`sync::mpsc::Sender::reserve_owned`]: crate::sync::mpsc::Sender::reserve_owned
//! [`sync::mpsc::Sender::closed`]: crate::sync::mpsc::Sender::closed
//! [`sync::mpsc::UnboundedSender::closed`]: crate::sync::mpsc::UnboundedSender::closed
//! [`sync::watch::Sender::closed`]: crate::sync::watch::Sender::closed
//! [`sync::watch::Receiver::changed`]: crate::sync::watch::Receiver::changed
//! [`sync::watch::Receiver::wait_for`]: crate::sync::watch::Receiver::wait_for
//! [`sync::broadcast::Sender::closed`]: crate::sync::broadcast::Sender::closed
//! [`sync::broadcast::Receiver::recv`]: crate::sync::broadcast::Receiver::recv
//! [`sync::Queue::put`]: crate::sync::Queue::put
//! [`sync::LifoQueue::put`]: crate::sync::LifoQueue::put
//! [`sync::PriorityQueue::put`]: crate::sync::PriorityQueue::put
//! [`sync::Queue::get`]: crate::sync::Queue::get
//! [`sync::LifoQueue::get`]: crate::sync::LifoQueue::get
//! [`sync::PriorityQueue::get`]: crate::sync::PriorityQueue::get
//! [`sync::Queue::get_task`]: crate::sync::Queue::get_task
//! [`sync::LifoQueue::get_task`]: crate::sync::LifoQueue::get_task
//! [`sync::PriorityQueue::get_task`]: crate::sync::PriorityQueue::get_task
//! [`sync::Queue::join`]: crate::sync::Queue::join
//! [`sync::LifoQueue::join`]: crate::sync::LifoQueue::join
//! [`sync::PriorityQueue::join`]: crate::sync::PriorityQueue::join
//! [`sync::WaitForCancellationFuture`]: crate::sync::WaitForCancellationFuture
//! [`sync::WaitForCancellationFutureOwned`]: crate::sync::WaitForCancellationFutureOwned
//! [`sync::CancellationToken::run_until_cancelled`]:
//!   crate::sync::CancellationToken::run_until_cancelled
//! [`sync::CancellationToken::run_until_cancelled_owned`]:
//!   crate::sync::CancellationToken::run_until_cancelled_owned
//! [`time::Sleep`]: crate::time::Sleep
//! [`time::Timeout`]: crate::time::Timeout
//! [`time::deadline_scope`]: crate::time::deadline_scope()
//! [`time::Interval::tick`]: crate::time::Interval::tick
//! [`time::advance`]: crate::time::advance()
//! [`rate::RateLimiter::acquire`]: crate::rate::RateLimiter::acquire
//! [`rate::RateLimiter::acquire_many`]: crate::rate::RateLimiter::acquire_many
//! [`rate::CircuitBreaker::call`]: crate::rate::CircuitBreaker::call
//! [`rate::CircuitBreaker::call_if`]: crate::rate::CircuitBreaker::call_if
//! [`retry::retry`]: crate::retry::retry()
//! [`retry::retry_if`]: crate::retry::retry_if()
//! [`task::JoinHandle`]: crate::task::JoinHandle
//! [`task::GroupTask`]: crate::task::GroupTask
//! [`task::Shield`]: crate::task::Shield
//! [`task::yield_now`]: crate::task::yield_now()
//! [`task::consume_budget`]: crate::task::consume_budget()
//! [`task::Unconstrained`]: crate::task::Unconstrained
//! [`task::coop::Coop`]: crate::task::coop::Coop
//! [`task::futures::TaskLocalFuture`]: crate::task::futures::TaskLocalFuture
//! [`task::LocalSet::run_until`]: crate::task::LocalSet::run_until
//! [`task::LocalSet`]: crate::task::LocalSet
//! [`task::JoinSet::join_next`]: crate::task::JoinSet::join_next
//! [`task::JoinSet::join_next_with_id`]: crate::task::JoinSet::join_next_with_id
//! [`task::wait`]: crate::task::wait()
//! [`task::AsCompleted::next`]: crate::task::AsCompleted::next
//! [`task::JoinSet::shutdown`]: crate::task::JoinSet::shutdown
//! [`task::JoinSet::join_all`]: crate::task::JoinSet::join_all
//! [`task::gather`]: crate::task::gather()
//! [`task::gather_all`]: crate::task::gather_all()
//! [`task::TaskGroup::scope`]: crate::task::TaskGroup::scope
//! [`blocking::Pool::shutdown`]: crate::blocking::Pool::shutdown
//! [`io::AsyncReadExt::read`]: crate::io::AsyncReadExt::read
//! [`io::AsyncReadExt::read_exact`]: crate::io::AsyncReadExt::read_exact
//! [`io::AsyncReadExt::read_u32`]: crate::io::AsyncReadExt::read_u32
//! [`io::AsyncReadExt::read_to_end`]: crate::io::AsyncReadExt::read_to_end
//! [`io::AsyncReadExt::read_to_string`]: crate::io::AsyncReadExt::read_to_string
//! [`io::AsyncBufReadExt::read_until`]: crate::io::AsyncBufReadExt::read_until
//! [`io::AsyncBufReadExt::read_line`]: crate::io::AsyncBufReadExt::read_line
//! [`io::AsyncBufReadExt::fill_buf`]: crate::io::AsyncBufReadExt::fill_buf
//! [`io::Lines::next_line`]: crate::io::Lines::next_line
//! [`io::Split::next_segment`]: crate::io::Split::next_segment
//! [`io::AsyncWriteExt::write`]: crate::io::AsyncWriteExt::write
//! [`io::AsyncWriteExt::write_vectored`]: crate::io::AsyncWriteExt::write_vectored
//! [`io::AsyncWriteExt::write_all`]: crate::io::AsyncWriteExt::write_all
//! [`io::AsyncWriteExt::write_u32`]: crate::io::AsyncWriteExt::write_u32
//! [`io::AsyncWriteExt::flush`]: crate::io::AsyncWriteExt::flush
//! [`io::AsyncWriteExt::shutdown`]: crate::io::AsyncWriteExt::shutdown
//! [`io::copy`]: crate::io::copy()
//! [`stream::Next`]: crate::stream::Next
//! [`stream::Collect`]: crate::stream::Collect
//! [`io::AsyncReadExt::read_buf`]: crate::io::AsyncReadExt::read_buf
//! [`io::AsyncWriteExt::write_buf`]: crate::io::AsyncWriteExt::write_buf
//! [`io::AsyncWriteExt::write_all_buf`]: crate::io::AsyncWriteExt::write_all_buf
//! [`io::AsyncSeekExt::seek`]: crate::io::AsyncSeekExt::seek
//! [`io::AsyncSeekExt::rewind`]: crate::io::AsyncSeekExt::rewind
//! [`io::AsyncSeekExt::stream_position`]: crate::io::AsyncSeekExt::stream_position
//! [`io::copy_buf`]: crate::io::copy_buf()
//! [`io::copy_bidirectional`]: crate::io::copy_bidirectional()
//! [`io::copy_bidirectional_with_sizes`]: crate::io::copy_bidirectional_with_sizes()
//! [`io::unix::AsyncFd::ready`]: crate::io::unix::AsyncFd::ready
//! [`io::unix::AsyncFd::ready_mut`]: crate::io::unix::AsyncFd::ready_mut
//! [`io::unix::AsyncFd::readable`]: crate::io::unix::AsyncFd::readable
//! [`io::unix::AsyncFd::readable_mut`]: crate::io::unix::AsyncFd::readable_mut
//! [`io::unix::AsyncFd::writable`]: crate::io::unix::AsyncFd::writable
//! [`io::unix::AsyncFd::writable_mut`]: crate::io::unix::AsyncFd::writable_mut
//! [`io::unix::AsyncFd::async_io`]: crate::io::unix::AsyncFd::async_io
//! [`io::unix::AsyncFd::async_io_mut`]: crate::io::unix::AsyncFd::async_io_mut
//! [`net::TcpListener::bind`]: crate::net::TcpListener::bind
//! [`net::TcpListener::accept`]: crate::net::TcpListener::accept
//! [`net::TcpStream::connect`]: crate::net::TcpStream::connect
//! [`net::TcpSocket::connect`]: crate::net::TcpSocket::connect
//! [`net::TcpStream::ready`]: crate::net::TcpStream::ready
//! [`net::TcpStream::readable`]: crate::net::TcpStream::readable
//! [`net::TcpStream::writable`]: crate::net::TcpStream::writable
//! [`net::TcpStream::peek`]: crate::net::TcpStream::peek
//! [`net::TcpStream::async_io`]: crate::net::TcpStream::async_io
//! [`net::tcp::ReadHalf::ready`]: crate::net::tcp::ReadHalf::ready
//! [`net::tcp::ReadHalf::readable`]: crate::net::tcp::ReadHalf::readable
//! [`net::tcp::ReadHalf::peek`]: crate::net::tcp::ReadHalf::peek
//! [`net::tcp::WriteHalf::ready`]: crate::net::tcp::WriteHalf::ready
//! [`net::tcp::WriteHalf::writable`]: crate::net::tcp::WriteHalf::writable
//! [`net::tcp::OwnedReadHalf::ready`]: crate::net::tcp::OwnedReadHalf::ready
//! [`net::tcp::OwnedReadHalf::readable`]: crate::net::tcp::OwnedReadHalf::readable
//! [`net::tcp::OwnedReadHalf::peek`]: crate::net::tcp::OwnedReadHalf::peek
//! [`net::tcp::OwnedWriteHalf::ready`]: crate::net::tcp::OwnedWriteHalf::ready
//! [`net::tcp::OwnedWriteHalf::writable`]: crate::net::tcp::OwnedWriteHalf::writable
//! [`net::lookup_host`]: crate::net::lookup_host()
//! [`process::Child::wait`]: crate::process::Child::wait
//! [`process::Child::kill`]: crate::process::Child::kill
//! [`process::Child::wait_with_output`]: crate::process::Child::wait_with_output
//! [`process::Command::status`]: crate::process::Command::status
//! [`process::Command::output`]: crate::process::Command::output
//! [`signal::ctrl_c`]: crate::signal::ctrl_c()
//! [`signal::unix::Signal::recv`]: crate::signal::unix::Signal::recv
//! [`net::UdpSocket::bind`]: crate::net::UdpSocket::bind
//! [`net::UdpSocket::connect`]: crate::net::UdpSocket::connect
//! [`net::UdpSocket::ready`]: crate::net::UdpSocket::ready
//! [`net::UdpSocket::readable`]: crate::net::UdpSocket::readable
//! [`net::UdpSocket::writable`]: crate::net::UdpSocket::writable
//! [`net::UdpSocket::recv`]: crate::net::UdpSocket::recv
//! [`net::UdpSocket::recv_from`]: crate::net::UdpSocket::recv_from
//! [`net::UdpSocket::recv_buf`]: crate::net::UdpSocket::recv_buf
//! [`net::UdpSocket::recv_buf_from`]: crate::net::UdpSocket::recv_buf_from
//! [`net::UdpSocket::peek`]: crate::net::UdpSocket::peek
//! [`net::UdpSocket::peek_from`]: crate::net::UdpSocket::peek_from
//! [`net::UdpSocket::peek_sender`]: crate::net::UdpSocket::peek_sender
//! [`net::UdpSocket::async_io`]: crate::net::UdpSocket::async_io
//! [`net::UdpSocket::send`]: crate::net::UdpSocket::send
//! [`net::UdpSocket::send_to`]: crate::net::UdpSocket::send_to
//! [`net::UnixDatagram::ready`]: crate::net::UnixDatagram::ready
//! [`net::UnixDatagram::readable`]: crate::net::UnixDatagram::readable
//! [`net::UnixDatagram::recv`]: crate::net::UnixDatagram::recv
//! [`net::UnixDatagram::recv_from`]: crate::net::UnixDatagram::recv_from
//! [`net::UnixDatagram::recv_buf`]: crate::net::UnixDatagram::recv_buf
//! [`net::UnixDatagram::recv_buf_from`]: crate::net::UnixDatagram::recv_buf_from
//! [`net::UnixDatagram::async_io`]: crate::net::UnixDatagram::async_io
//! [`net::UnixDatagram::writable`]: crate::net::UnixDatagram::writable
//! [`net::UnixDatagram::send`]: crate::net::UnixDatagram::send
//! [`net::UnixDatagram::send_to`]: crate::net::UnixDatagram::send_to
//! [`net::UnixListener::accept`]: crate::net::UnixListener::accept
//! [`net::UnixStream::connect`]: crate::net::UnixStream::connect
//! [`net::UnixStream::connect_addr`]: crate::net::UnixStream::connect_addr
//! [`net::UnixSocket::connect`]: crate::net::UnixSocket::connect
//! [`net::UnixStream::ready`]: crate::net::UnixStream::ready
//! [`net::UnixStream::readable`]: crate::net::UnixStream::readable
//! [`net::UnixStream::writable`]: crate::net::UnixStream::writable
//! [`net::UnixStream::async_io`]: crate::net::UnixStream::async_io
//! [`net::unix::ReadHalf::ready`]: crate::net::unix::ReadHalf::ready
//! [`net::unix::ReadHalf::readable`]: crate::net::unix::ReadHalf::readable
//! [`net::unix::WriteHalf::ready`]: crate::net::unix::WriteHalf::ready
//! [`net::unix::WriteHalf::writable`]: crate::net::unix::WriteHalf::writable
//! [`net::unix::OwnedReadHalf::ready`]: crate::net::unix::OwnedReadHalf::ready
//! [`net::unix::OwnedReadHalf::readable`]: crate::net::unix::OwnedReadHalf::readable
//! [`net::unix::OwnedWriteHalf::ready`]: crate::net::unix::OwnedWriteHalf::ready
//! [`net::unix::OwnedWriteHalf::writable`]: crate::net::unix::OwnedWriteHalf::writable
//! [`net::unix::pipe::Receiver::ready`]: crate::net::unix::pipe::Receiver::ready
//! [`net::unix::pipe::Receiver::readable`]: crate::net::unix::pipe::Receiver::readable
//! [`net::unix::pipe::Sender::ready`]: crate::net::unix::pipe::Sender::ready
//! [`net::unix::pipe::Sender::writable`]: crate::net::unix::pipe::Sender::writable
//! [`net::start_server`]: crate::net::start_server()
//! [`net::Server::serve_forever`]: crate::net::Server::serve_forever
//! [`net::Server::wait_closed`]: crate::net::Server::wait_closed
//! [`fs::OpenOptions::open`]: crate::fs::OpenOptions::open
//! [`fs::File::open`]: crate::fs::File::open
//! [`fs::File::create`]: crate::fs::File::create
//! [`fs::File::create_new`]: crate::fs::File::create_new
//! [`fs::File::sync_all`]: crate::fs::File::sync_all
//! [`fs::File::sync_data`]: crate::fs::File::sync_data
//! [`fs::File::set_len`]: crate::fs::File::set_len
//! [`fs::File::metadata`]: crate::fs::File::metadata
//! [`fs::File::try_clone`]: crate::fs::File::try_clone
//! [`fs::File::set_permissions`]: crate::fs::File::set_permissions
//! [`fs::File::set_times`]: crate::fs::File::set_times
//! [`fs::File::set_modified`]: crate::fs::File::set_modified
//! [`fs::File::into_std`]: crate::fs::File::into_std
//! [`fs::read`]: crate::fs::read()
//! [`fs::read_to_string`]: crate::fs::read_to_string()
//! [`fs::write`]: crate::fs::write()
//! [`fs::copy`]: crate::fs::copy()
//! [`fs::rename`]: crate::fs::rename()
//! [`fs::hard_link`]: crate::fs::hard_link()
//! [`fs::symlink`]: crate::fs::symlink()
//! [`fs::remove_file`]: crate::fs::remove_file()
//! [`fs::create_dir`]: crate::fs::create_dir()
//! [`fs::create_dir_all`]: crate::fs::create_dir_all()
//! [`fs::DirBuilder::create`]: crate::fs::DirBuilder::create
//! [`fs::remove_dir`]: crate::fs::remove_dir()
//! [`fs::remove_dir_all`]: crate::fs::remove_dir_all()
//! [`fs::set_permissions`]: crate::fs::set_permissions()
//! [`fs::metadata`]: crate::fs::metadata()
//! [`fs::symlink_metadata`]: crate::fs::symlink_metadata()
//! [`fs::try_exists`]: crate::fs::try_exists()
//! [`fs::canonicalize`]: crate::fs::canonicalize()
//! [`fs::read_link`]: crate::fs::read_link()
//! [`fs::read_dir`]: crate::fs::read_dir()
//! [`fs::ReadDir::next_entry`]: crate::fs::ReadDir::next_entry
//! [`fs::DirEntry::metadata`]: crate::fs::DirEntry::metadata
//! [`fs::DirEntry::file_type`]: crate::fs::DirEntry::file_type
//! <!-- end -->

#![forbid(unsafe_code)]
// The table names what comes with a feature too.
#![cfg_attr(not(feature = "bytes"), allow(rustdoc::broken_intra_doc_links))]
