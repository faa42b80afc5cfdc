//! For tests of many threads: threads that are held in a poll, news from tasks, and a process of
//! one's own.

use mainspring::runtime::{Builder, Runtime};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// What must happen happens within this time; it is there to end a test that fails.
pub const LIMIT: Duration = Duration::from_secs(60);
/// The same for a test in a process of its own.
const ALONE_LIMIT: Duration = Duration::from_secs(600);

/// A runtime of so many workers.
pub fn multi(workers: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers).build().expect("the runtime could not be built")
}

/// Waits until `condition` holds.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "this did not happen: {what}");
        thread::yield_now();
    }
}

/// What tasks tell the thread of the test.
#[derive(Debug)]
pub struct News {
    teller: Teller,
    told: Receiver<()>,
}

/// Tells; also as a waker.
#[derive(Debug, Clone)]
pub struct Teller(Sender<()>);

impl News {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let (tell, told) = mpsc::channel();
        Self { teller: Teller(tell), told }
    }

    pub fn teller(&self) -> Teller {
        self.teller.clone()
    }

    /// Waits until so many have told.
    #[track_caller]
    pub fn wait_for(&self, n: usize, what: &str) {
        for nth in 0..n {
            assert!(self.told.recv_timeout(LIMIT).is_ok(), "{what}: {nth} of {n} in time");
        }
    }

    /// Has nobody told?
    pub fn is_empty(&self) -> bool {
        self.told.try_recv().is_err()
    }

    /// Waits until nobody has told for so long.
    #[track_caller]
    pub fn wait_for_quiet(&self, pause: Duration) {
        let start = Instant::now();
        while self.told.recv_timeout(pause).is_ok() {
            assert!(start.elapsed() < LIMIT, "it does not become quiet");
        }
    }
}

impl Teller {
    pub fn tell(&self) {
        // A test that has failed does not listen any more.
        let _ = self.0.send(());
    }

    pub fn waker(self) -> Waker {
        Waker::from(Arc::new(self))
    }
}

impl Wake for Teller {
    fn wake(self: Arc<Self>) {
        self.tell();
    }
}

/// Holds threads in their polls until the test releases them. Declared after the runtime, it is
/// dropped before it: the end of a runtime waits for the polls that are running.
#[derive(Debug, Default)]
pub struct Hold(Grip);

/// What a poll calls.
#[derive(Debug, Clone, Default)]
pub struct Grip(Arc<(Mutex<Held>, Condvar)>);

#[derive(Debug, Default)]
struct Held {
    count: usize,
    released: bool,
}

impl Hold {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn grip(&self) -> Grip {
        self.0.clone()
    }

    /// Waits until so many threads are, or have been, held.
    #[track_caller]
    pub fn wait_for(&self, threads: usize) {
        let held = self.0.wait_while(LIMIT, |held| held.count < threads);
        assert!(held >= threads, "{held} of {threads} polls have begun");
    }

    pub fn release(&self) {
        let (held, changed) = &*self.0.0;
        held.lock().unwrap_or_else(PoisonError::into_inner).released = true;
        changed.notify_all();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}

impl Grip {
    /// Blocks this thread.
    pub fn hold(&self) {
        let (held, changed) = &*self.0;
        held.lock().unwrap_or_else(PoisonError::into_inner).count += 1;
        changed.notify_all();
        self.wait_while(2 * LIMIT, |held| !held.released);
    }

    fn wait_while(&self, limit: Duration, mut condition: impl FnMut(&Held) -> bool) -> usize {
        let (held, changed) = &*self.0;
        let guard = held.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(guard, limit, |held| condition(held));
        waited.unwrap_or_else(PoisonError::into_inner).0.count
    }
}

/// Runs `body` in a process of its own, which is this program again with nothing but the test that
/// calls this. For what all threads of a process share.
#[track_caller]
pub fn alone(test: &str, body: impl FnOnce()) {
    alone_under(&[], test, body);
}

/// The same under another program, which gets this one and its arguments after its own.
#[track_caller]
pub fn alone_under(program: &[&str], test: &str, body: impl FnOnce()) {
    const NAME: &str = "MAINSPRING_ALONE";
    const DONE: &str = "done, alone";
    if env::var(NAME).is_ok_and(|name| name == test) {
        body();
        return println!("{DONE}");
    }
    let this = env::current_exe().expect("the path of this program");
    let mut words = program.iter().map(OsStr::new).chain([this.as_os_str()]);
    let mut child = Command::new(words.next().expect("this program at least"));
    child.args(words).args([
        test,
        "--exact",
        "--include-ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    child.env(NAME, test).stdout(Stdio::piped());
    let mut child = child.spawn().expect("this program once more");
    let mut output = child.stdout.take().expect("it is piped");
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = output.read_to_string(&mut text).map(|_| text);
        let _ = send.send(read);
    });
    let Ok(text) = receive.recv_timeout(ALONE_LIMIT) else {
        let _ = child.kill();
        panic!("{test} does not end");
    };
    let (text, status) = (text.expect("its output"), child.wait().expect("its end"));
    assert!(status.success() && text.contains(DONE), "{test}: {status}\n{text}");
    println!("{text}");
}

/// The threads of this process, by number.
pub fn threads() -> Vec<String> {
    let list = fs::read_dir("/proc/self/task").expect("Linux has it");
    list.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// How many descriptors are open.
pub fn descriptors() -> usize {
    // One is the directory's own.
    fs::read_dir("/proc/self/fd").expect("Linux has it").count() - 1
}

/// Bytes of address space, and of memory that is resident.
pub fn memory() -> (usize, usize) {
    let text = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let mut pages = text.split(' ').map(|pages| pages.parse::<usize>().expect("a number"));
    let mut next = || pages.next().expect("two numbers") * 4096;
    (next(), next())
}
