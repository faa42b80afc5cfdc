//! ReadDir: the entries of a directory, fetched by the chunk.
//!
//! | state | what is there | left by |
//! |---|---|---|
//! | `Idle` | a chunk that is being dealt out; the directory, if there may be more | a hop |
//! | `Busy` | a thread has the directory and reads the next chunk | its end |
//!
//! A hop that is lost, because the runtime has ended, loses the directory: `Idle`, and no more.

#![forbid(unsafe_code)]

use crate::io::hop::{hop, poll_join};
use crate::runtime::handle::Handle;
use crate::task::join::JoinHandle;
use crate::wake::coop;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs::{FileType, Metadata};
use std::future::poll_fn;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Entries in one hop: a page or two of names.
const CHUNK: usize = 128;

/// Reads a directory: its entries one by one, in no order. One hop opens it and reads a chunk.
///
/// asyncio: `asyncio.to_thread(os.scandir, p)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-readdir-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::write(dir.join("one"), "tick").await?;
/// let mut entries = mainspring::fs::read_dir(&dir).await?;
/// while let Some(entry) = entries.next_entry().await? {
///     assert_eq!(entry.file_name(), "one");
///     assert!(entry.file_type().await?.is_file());
/// }
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// std's, unchanged, so without the path; that the runtime has ended.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// Nothing is lost: the directory is closed again.
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    let path = path.as_ref().to_owned();
    let chunk = hop(move || std::fs::read_dir(path).map(|dir| Chunk::of(Some(dir)))).await?;
    Ok(ReadDir(State::Idle(chunk)))
}

/// The entries of a directory. Made by [`read_dir`].
#[derive(Debug)]
pub struct ReadDir(State);

/// See the table.
enum State {
    Idle(Chunk),
    Busy(JoinHandle<Chunk>),
}

#[derive(Default)]
struct Chunk {
    entries: VecDeque<io::Result<DirEntry>>,
    /// There may be more in it.
    dir: Option<std::fs::ReadDir>,
}

impl Chunk {
    /// Reads one. An error ends it, and the directory may still give more.
    fn of(mut dir: Option<std::fs::ReadDir>) -> Self {
        let mut entries = VecDeque::new();
        while let Some(open) = &mut dir
            && entries.len() < CHUNK
        {
            match open.next() {
                None => dir = None,
                Some(entry) => {
                    let failed = entry.is_err();
                    entries.push_back(entry.map(DirEntry::new));
                    if failed {
                        break;
                    }
                }
            }
        }
        Self { entries, dir }
    }
}

impl ReadDir {
    /// The next entry; `None` at the end. One hop for many entries.
    ///
    /// # Errors
    /// std's. That the runtime has ended: then there are no more.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// No entry is lost.
    pub async fn next_entry(&mut self) -> io::Result<Option<DirEntry>> {
        poll_fn(|cx| self.poll_next_entry(cx)).await
    }

    /// Polls for the next entry. Of several tasks that poll, the last one is woken.
    ///
    /// # Errors
    /// As [`next_entry`](Self::next_entry).
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        ready!(coop::ready(cx));
        loop {
            match &mut self.0 {
                State::Idle(chunk) => {
                    if let Some(entry) = chunk.entries.pop_front() {
                        coop::spend();
                        return Poll::Ready(entry.map(Some));
                    }
                    if chunk.dir.is_none() {
                        return Poll::Ready(Ok(None));
                    }
                    let handle = Handle::current();
                    let dir = mem::take(chunk).dir;
                    self.0 = State::Busy(handle.spawn_blocking(move || Chunk::of(dir)));
                }
                State::Busy(join) => {
                    let chunk = ready!(poll_join(join, cx));
                    let (chunk, lost) = chunk.map_or_else(
                        |error| (Chunk::default(), Err(error)),
                        |chunk| (chunk, Ok(())),
                    );
                    self.0 = State::Idle(chunk);
                    lost?;
                }
            }
        }
    }
}

/// One entry of a directory, as it was when it was read.
///
/// Cheap to ask for its name and its kind; the rest is asked of the file system.
#[derive(Debug)]
pub struct DirEntry {
    std: Arc<std::fs::DirEntry>,
    /// Most file systems tell it with the name.
    file_type: Option<FileType>,
}

impl DirEntry {
    /// On a thread that may block.
    fn new(std: std::fs::DirEntry) -> Self {
        let file_type = std.file_type().ok();
        Self { std: Arc::new(std), file_type }
    }

    /// The path that was given to [`read_dir`], and the name.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.std.path()
    }

    /// The name.
    #[must_use]
    pub fn file_name(&self) -> OsString {
        self.std.file_name()
    }

    /// Kind, length, times and permissions; of a link, its own. One hop.
    ///
    /// # Errors
    /// std's: `NotFound` if it is gone. That the runtime has ended.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// Nothing is lost but the answer.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let std = self.std.clone();
        hop(move || std.metadata()).await
    }

    /// The kind; of a link, that it is one. At once in most cases, otherwise one hop.
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata).
    ///
    /// # Panics
    /// Outside a runtime, if it is not known.
    ///
    /// # Cancel safety
    /// Nothing is lost but the answer.
    pub async fn file_type(&self) -> io::Result<FileType> {
        match self.file_type {
            Some(file_type) => Ok(file_type),
            None => {
                let std = self.std.clone();
                hop(move || std.file_type()).await
            }
        }
    }

    /// The number of the inode.
    #[cfg(unix)]
    #[must_use]
    pub fn ino(&self) -> u64 {
        std::os::unix::fs::DirEntryExt::ino(&*self.std)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle(chunk) => write!(f, "{} entries read", chunk.entries.len()),
            Self::Busy(_) => f.write_str("reading"),
        }
    }
}
