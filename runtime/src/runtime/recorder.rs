//! Recorder: what a runtime did, as a timeline for people to look at.
//!
//! ```text
//!  build ──► open the file ──► Tracing::begin: a Recording, known by its scheduler's address
//!                                 │
//!  trace!(event) ─► routes: whose is it? ─► Recording::note        each thread in its own lane
//!                                 │
//!  the runtime's end ──► Tracing::end: nothing more is taken ─► all runtimes' timelines ─► file
//! ```
//!
//! The file is opened, and emptied, when the first runtime is built that writes to it: a path that
//! cannot be written is an error of `build`, not a loss at the end. It is a timeline at any time:
//!
//! ```text
//!  head │ runtimes that have ended, for good │ those that go on, until now │ end
//!                                            ▲ done: from here on the next one writes anew
//! ```
//!
//! Events of a runtime that is in the file for good are let go, so a process that makes one runtime
//! after the other writes each once. What they may record together is the recorder's limit; a
//! runtime that is built when nothing is left of it is not recorded.
//!
//! A runtime that never ends, because it was leaked or the process exits before, writes nothing by
//! itself: [`Recorder::write`] does.

#![forbid(unsafe_code)]

use super::json::Lines;
use super::recording::{Budget, Recording, lock};
use super::timeline;
use crate::base::clock::Clock;
use crate::base::trace::On;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// Events that a recorder takes, unless it is told another number.
const LIMIT: usize = 1_000_000;
/// Names the file of a program that was built without one.
const VARIABLE: &str = "MAINSPRING_TRACE";

/// Records what runtimes do, as a timeline for [Perfetto](https://ui.perfetto.dev) and
/// `chrome://tracing`: every spawn, poll, wake (who woke whom), sleep, steal, timer, socket event
/// and blocking closure, on the thread where it happened.
///
/// Given to [`Builder::trace`](super::Builder::trace); clones are the same recorder. Without a
/// recorder, the environment variable `MAINSPRING_TRACE` names a file, for every runtime of the
/// process: `MAINSPRING_TRACE=run.json`. `%p` in it stands for the number of the process, for
/// programs that start others.
///
/// Several runtimes of one recorder are several processes of its timeline, numbered in the order of
/// their making. The file is written when one of them ends, also by a panic of its `block_on`. One
/// that is leaked, or a process that exits before, leaves it to [`write`](Self::write).
///
/// Tasks are numbered from 1 in the order of spawning, blocking closures among them; 0 is the
/// future of a `block_on`. Times are the runtime's own: on a
/// [clock that stands still](super::Builder::start_paused) the same program leaves the same bytes,
/// as long as it has no blocking closures and nothing comes from outside of the runtime.
///
/// Tasks of a [`LocalSet`](crate::task::LocalSet) are not recorded.
///
/// asyncio has no counterpart; Python's is a tracing profiler such as viztracer.
///
/// ```
/// use mainspring::runtime::{Builder, Recorder};
///
/// let recorder = Recorder::new();
/// let rt = Builder::new_current_thread().trace(recorder.clone()).build()?;
/// rt.block_on(async {
///     mainspring::spawn(async {}).await.unwrap();
/// });
/// drop(rt);
/// assert!(recorder.json().contains("\"name\":\"task 1\""));
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Where to write, if anywhere.
    path: Option<PathBuf>,
    /// The path comes from the environment.
    from_outside: bool,
    /// Opened by the first build.
    sheet: Mutex<Option<Sheet>>,
    budget: Arc<Budget>,
    /// In the order of their making, without those that are in the file for good.
    runtimes: Mutex<Vec<Arc<Recording>>>,
    /// How many there have been.
    begun: AtomicUsize,
}

/// The file, and how far it is done: what runtimes did that have ended stays as it is.
#[derive(Debug)]
struct Sheet {
    file: File,
    done: u64,
    /// No event is among that.
    first: bool,
    dropped: usize,
}

impl Sheet {
    /// All of it.
    fn read(&mut self) -> io::Result<String> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// A recorder that keeps what it has, for [`json`](Self::json) and [`write`](Self::write).
    #[must_use]
    pub fn new() -> Self {
        Self::with(None, false)
    }

    /// A recorder that writes the file at `path`, what it held before is lost. `%p` in it stands
    /// for the number of the process. The file is opened by [`build`](super::Builder::build), which
    /// says so if it cannot be.
    #[must_use]
    pub fn to_file(path: impl AsRef<Path>) -> Self {
        Self::with(Some(path.as_ref()), false)
    }

    fn with(path: Option<&Path>, from_outside: bool) -> Self {
        let path = path.map(|path| match path.to_str() {
            Some(text) => text.replace("%p", &std::process::id().to_string()).into(),
            None => path.to_owned(),
        });
        let shared = Shared {
            path,
            from_outside,
            sheet: Mutex::new(None),
            budget: Arc::new(Budget::new(LIMIT)),
            runtimes: Mutex::new(Vec::new()),
            begun: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What the environment asks for. Asked once: it is one file for the whole process.
    pub(super) fn from_outside() -> Option<Self> {
        static RECORDER: OnceLock<Option<Recorder>> = OnceLock::new();
        let ask = || {
            let path = std::env::var_os(VARIABLE).filter(|path: &OsString| !path.is_empty())?;
            Some(Self::with(Some(Path::new(&path)), true))
        };
        RECORDER.get_or_init(ask).clone()
    }

    /// Takes no more than so many events, which take up to 100 bytes each in memory and some 200 in
    /// the file. What is dropped beyond is counted, and the timeline says so at its end. Default
    /// 1 000 000. Call it before the first runtime is built.
    #[must_use]
    pub fn limit(self, events: usize) -> Self {
        self.shared.budget.set(events);
        self
    }

    /// The timeline until now, of all runtimes; of a recorder with a file, what is in it then.
    #[must_use]
    pub fn json(&self) -> String {
        if let Some(sheet) = lock(&self.shared.sheet).as_mut()
            && let Ok(text) = self.put(sheet, None).and_then(|()| sheet.read())
        {
            return text;
        }
        let mut bytes = Lines::HEAD.to_vec();
        // Writing to memory cannot fail.
        let _ = self.put_rest(Lines::new(&mut bytes, true), 0);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Writes the timeline until now to the recorder's file. The end of each runtime does it too.
    ///
    /// # Errors
    /// When it cannot be written, and when there is no file: the recorder was made by
    /// [`new`](Self::new), or no runtime was built with it.
    pub fn write(&self) -> io::Result<()> {
        self.write_and_close(None)
    }

    /// The same; `ended` has, and is written for the last time.
    fn write_and_close(&self, ended: Option<&Arc<Recording>>) -> io::Result<()> {
        let mut sheet = lock(&self.shared.sheet);
        let Some(sheet) = sheet.as_mut() else {
            let text = "this recorder has no file: make it with Recorder::to_file, and build a \
                        runtime with it";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        };
        self.put(sheet, ended).map_err(|error| self.named(&error))
    }

    fn put(&self, sheet: &mut Sheet, ended: Option<&Arc<Recording>>) -> io::Result<()> {
        sheet.file.set_len(sheet.done)?;
        sheet.file.seek(SeekFrom::Start(sheet.done))?;
        let mut out = BufWriter::new(&sheet.file);
        if let Some(ended) = ended {
            let snapshot = ended.snapshot();
            let mut lines = Lines::new(&mut out, sheet.first);
            timeline::write(&mut lines, &snapshot, self.shared.budget.limit())?;
            sheet.first = lines.first;
            sheet.dropped += snapshot.dropped;
            sheet.done = out.stream_position()?;
            lock(&self.shared.runtimes).retain(|other| !Arc::ptr_eq(other, ended));
        }
        self.put_rest(Lines::new(&mut out, sheet.first), sheet.dropped)?;
        out.flush()
    }

    /// Writes what is not in the file for good, and the end.
    fn put_rest(&self, mut lines: Lines<'_>, mut dropped: usize) -> io::Result<()> {
        let limit = self.shared.budget.limit();
        let runtimes = lock(&self.shared.runtimes).clone();
        for runtime in runtimes {
            let snapshot = runtime.snapshot();
            dropped += snapshot.dropped;
            timeline::write(&mut lines, &snapshot, limit)?;
        }
        lines.end(&timeline::other(dropped, limit))
    }

    /// Opens the file, if there is to be one and it is not open.
    pub(super) fn open(&self) -> io::Result<()> {
        let mut sheet = lock(&self.shared.sheet);
        let Some(path) = self.shared.path.as_ref().filter(|_| sheet.is_none()) else {
            return Ok(());
        };
        let open = || {
            let mut options = File::options();
            let mut file = options.read(true).write(true).create(true).truncate(true).open(path)?;
            file.write_all(Lines::HEAD)?;
            let done = file.stream_position()?;
            let mut sheet = Sheet { file, done, first: true, dropped: 0 };
            self.put(&mut sheet, None).map(|()| sheet)
        };
        *sheet = Some(open().map_err(|error| self.named(&error))?);
        Ok(())
    }

    /// Says which file the error is about, and where its name comes from.
    fn named(&self, error: &io::Error) -> io::Error {
        let path = self.shared.path.as_deref().unwrap_or(Path::new("")).display();
        let text = match self.shared.from_outside {
            true => format!(
                "the trace cannot be written to {path} ({error}), which the environment variable \
                 {VARIABLE} names; set it to a file that can be written, or unset it"
            ),
            false => format!(
                "the trace cannot be written to {path} ({error}); give Recorder::to_file, as you \
                 would {VARIABLE}, a file that can be written"
            ),
        };
        io::Error::new(error.kind(), text)
    }
}

/// The recording of one runtime, while it is going on.
#[derive(Debug)]
pub(crate) struct Tracing {
    recorder: Recorder,
    pub(super) recording: Arc<Recording>,
    on: Mutex<Option<On>>,
}

/// All recordings that are going on, for events of threads that are outside of the runtime.
static GOING_ON: Mutex<Vec<Arc<Recording>>> = Mutex::new(Vec::new());

impl Tracing {
    /// Begins with the runtime whose scheduler is at `of`. Its first task comes later.
    /// `None`: there is no room for anything of it.
    pub(super) fn begin(
        recorder: Recorder,
        of: usize,
        flavor: &str,
        clock: Clock,
        on: impl FnOnce() -> On,
    ) -> Option<Self> {
        let shared = &recorder.shared;
        if shared.budget.is_used_up() {
            return None;
        }
        // Ordering: Relaxed, a number.
        let number = shared.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let recording = Recording::new(of, number, flavor, clock, shared.budget.clone());
        let recording = Arc::new(recording);
        lock(&shared.runtimes).push(recording.clone());
        lock(&GOING_ON).push(recording.clone());
        Some(Self { recorder, recording, on: Mutex::new(Some(on())) })
    }

    /// The runtime has ended: writes the file.
    pub(super) fn end(&self) {
        self.recording.end();
        lock(&GOING_ON).retain(|other| !Arc::ptr_eq(other, &self.recording));
        lock(&self.on).take();
        if self.recorder.shared.path.is_some()
            && let Err(error) = self.recorder.write_and_close(Some(&self.recording))
        {
            // Nowhere to say that it could not be said.
            drop(writeln!(io::stderr(), "mainspring: {error}"));
        }
    }

    /// The recording of the scheduler at `of`.
    pub(super) fn find(of: usize) -> Option<Arc<Recording>> {
        lock(&GOING_ON).iter().find(|recording| recording.of == of).cloned()
    }
}
