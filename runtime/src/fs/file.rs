//! File: an open file, read and written on the blocking pool.
//!
//! What happens between a call and a thread is in `fs/state.rs`; here is what a program calls.

#![forbid(unsafe_code)]

use super::state::{Done, Inner, go_back};
use crate::io::ahead::Ahead;
use crate::sync::mutex::lock::Mutex;
use std::fmt;
use std::fs::{FileTimes, Metadata, Permissions};
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::SystemTime;

/// What one hop moves at most, if nothing else is said: as tokio.
const MOST: usize = 2 * 1024 * 1024;

/// An open file.
///
/// Reads and writes it with the methods of [`AsyncReadExt`], [`AsyncWriteExt`] and
/// [`AsyncSeek`], on threads of the runtime that polls.
///
/// **Writing** returns as soon as the bytes are copied; a thread writes them, and takes what has
/// been added meanwhile along. So an error comes later: the next operation, whichever it is,
/// `flush` and `shutdown` among them, tells it, once. What was accepted after the failed piece is
/// then not written, and of the piece itself a part may be.
///
/// **Call `flush`** before the file is dropped: it waits until all that was accepted has been
/// written, and it is the last chance to hear of an error. A file that is dropped without it loses
/// nothing by that: the thread that has its bytes writes them, and the end of the runtime waits for
/// that thread as for any closure; what no thread has begun by then, the thread that ends the
/// runtime writes, if it is a regular file. Nobody learns of an error. `flush` is not
/// [`sync_all`](Self::sync_all): it waits for the system, not for the disk.
///
/// **Reading** from the start to the end asks the system for more each time, so that a large file
/// costs few hops however small the buffer. What was read ahead is put back when the file is
/// written, sought, cut, cloned or turned into std's; only who uses the descriptor itself (`as_fd`)
/// sees a position that is too far. What another program changes in it meanwhile is not seen, as
/// with a [`BufReader`](crate::io::BufReader); a seek forgets it. Neither what is no regular file
/// nor a clone is read ahead.
///
/// asyncio: has none; `asyncio.to_thread(open, p)`, or aiofiles, which pays a hop for each call.
///
/// [`AsyncReadExt`]: crate::io::AsyncReadExt
/// [`AsyncWriteExt`]: crate::io::AsyncWriteExt
/// [`AsyncSeek`]: crate::io::AsyncSeek
///
/// ```
/// use mainspring::fs::File;
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
///
/// # let path = std::env::temp_dir().join(format!("mainspring-file-{}", std::process::id()));
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut file = File::create(&path).await?;
/// file.write_all(b"tick tock").await?;
/// file.flush().await?;
///
/// let mut text = String::new();
/// File::open(&path).await?.read_to_string(&mut text).await?;
/// assert_eq!(text, "tick tock");
/// # std::fs::remove_file(&path)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct File {
    pub(super) std: Arc<std::fs::File>,
    pub(super) inner: Mutex<Inner>,
    pub(super) most: usize,
}

impl File {
    /// A file that std has opened. Needs no runtime.
    ///
    /// It should be alone with its position: a clone that reads too misses what is read ahead.
    #[must_use]
    pub fn from_std(std: std::fs::File) -> File {
        let std = Arc::new(std);
        File { inner: Mutex::new(Inner::new(std.clone())), std, most: MOST }
    }

    /// Waits until what was written is on the disk, with all that the file system says of it.
    ///
    /// asyncio: `asyncio.to_thread(os.fsync, f)`.
    ///
    /// # Errors
    /// Of an earlier write, which is told here; std's; that the runtime has ended.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// A thread that has begun does it to the end; the next operation waits for it.
    pub async fn sync_all(&self) -> io::Result<()> {
        self.run(|std, _| std.sync_all()).await
    }

    /// The same without what is not needed to read it again, the times for example.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// A thread that has begun does it to the end; the next operation waits for it.
    pub async fn sync_data(&self) -> io::Result<()> {
        self.run(|std, _| std.sync_data()).await
    }

    /// Cuts the file, or fills it up with zeros. The position stays where it is.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// A thread that has begun does it to the end; the next operation waits for it.
    pub async fn set_len(&self, size: u64) -> io::Result<()> {
        self.run(move |std, ahead| {
            go_back(std, ahead)?;
            std.set_len(size)
        })
        .await
    }

    /// Kind, length, times and permissions, after all that was written.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// Nothing is lost but the answer.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        self.run(|std, _| std.metadata()).await
    }

    /// Another descriptor of the same open file: the two share one position, and neither reads
    /// ahead from now on.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all); EMFILE when the process has no descriptor left.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// Nothing is lost: the clone is closed again.
    pub async fn try_clone(&self) -> io::Result<File> {
        self.inner.lock().await.is_shared();
        let work = |std: &std::fs::File, ahead: &mut Ahead| match go_back(std, ahead) {
            // What came out of a pipe stays with this one.
            Err(error) if error.kind() != io::ErrorKind::NotSeekable => Err(error),
            _ => std.try_clone(),
        };
        let std = self.run(work).await?;
        let mut file = File::from_std(std);
        file.most = self.most;
        file.inner.get_mut().is_shared();
        Ok(file)
    }

    /// std's file, after all that was written, at the position where this one was. An error of a
    /// write that nobody was told is lost: call `flush` before.
    ///
    /// # Panics
    /// Outside a runtime, if a write or another operation is under way.
    ///
    /// # Cancel safety
    /// The file is dropped; see [`File`].
    pub async fn into_std(mut self) -> std::fs::File {
        let inner = self.inner.get_mut();
        // The first may tell that a hop was lost, the second is settled.
        for _ in 0..2 {
            let _told = poll_fn(|cx| inner.poll_settled(cx)).await;
        }
        let _kept = inner.put_back();
        self.inner.into_inner().retire();
        match Arc::try_unwrap(self.std) {
            Ok(std) => std,
            Err(_) => unreachable!("INV-191: at rest, there is no other count"),
        }
    }

    /// std's file, if nothing is under way.
    ///
    /// # Errors
    /// The file itself, if a write or another operation is under way, or if what was read ahead
    /// cannot be put back.
    #[allow(clippy::result_large_err, reason = "the signature is tokio's")]
    pub fn try_into_std(mut self) -> Result<std::fs::File, Self> {
        let inner = self.inner.get_mut();
        if !inner.is_at_rest() || inner.put_back().is_err() {
            return Err(self);
        }
        self.inner.into_inner().retire();
        match Arc::try_unwrap(self.std) {
            Ok(std) => Ok(std),
            Err(_) => unreachable!("INV-191: at rest, there is no other count"),
        }
    }

    /// Changes the permissions.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// A thread that has begun does it to the end; the next operation waits for it.
    pub async fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.run(move |std, _| std.set_permissions(permissions)).await
    }

    /// Changes the times, after all that was written.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// A thread that has begun does it to the end; the next operation waits for it.
    pub async fn set_times(&self, times: FileTimes) -> io::Result<()> {
        self.run(move |std, _| std.set_times(times)).await
    }

    /// Changes the time of the last change.
    ///
    /// # Errors
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// A thread that has begun does it to the end; the next operation waits for it.
    pub async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.set_times(FileTimes::new().set_modified(time)).await
    }

    /// How many bytes one hop moves at most: what may be read ahead, and what may wait to be
    /// written. 2 MiB if nothing is said. A hop begins small: memory is taken as it is used.
    ///
    /// # Panics
    /// For 0.
    #[track_caller]
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        assert!(max_buf_size > 0, "set_max_buf_size(0): nothing could be moved; use 1 or more");
        self.most = max_buf_size;
    }

    /// How many bytes one hop moves at most.
    #[must_use]
    pub fn max_buf_size(&self) -> usize {
        self.most
    }

    /// Row X1 of the table. `work` is told what is unread.
    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&std::fs::File, &mut Ahead) -> io::Result<R> + Send + 'static,
    ) -> io::Result<R> {
        let mut inner = self.inner.lock().await;
        poll_fn(|cx| inner.poll_settled(cx)).await?;
        let answer = Arc::new(StdMutex::new(None));
        let theirs = answer.clone();
        inner.begin(move |std, ahead| {
            let result = work(std, ahead);
            *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            Done::Other
        });
        poll_fn(|cx| inner.poll_settled(cx)).await?;
        let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.unwrap_or_else(|| unreachable!("a hop that ended has answered"))
    }
}

impl From<std::fs::File> for File {
    fn from(std: std::fs::File) -> Self {
        Self::from_std(std)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("fs::File").field("std", &self.std).finish()
    }
}
