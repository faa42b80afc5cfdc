//! read, write, copy: a whole file in one hop.
//!
//! What std does with a path, done on one thread of the pool from the first byte to the last: one
//! hop, whatever the size.

#![forbid(unsafe_code)]

use crate::io::hop::hop;
use std::io;
use std::path::Path;

/// Reads a whole file. One hop to the blocking pool.
///
/// asyncio: `asyncio.to_thread(Path(p).read_bytes)`; aiofiles' `open` and `read`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-read-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let path = dir.join("file");
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::write(&path, b"tick").await?;
/// assert_eq!(mainspring::fs::read(&path).await?, b"tick");
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
/// The bytes are lost, not the file: a thread that has begun reads to the end.
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::read(path)).await
}

/// Reads a whole file that holds UTF-8. One hop to the blocking pool.
///
/// asyncio: `asyncio.to_thread(Path(p).read_text)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-text-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let path = dir.join("file");
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::write(&path, "tick").await?;
/// assert_eq!(mainspring::fs::read_to_string(&path).await?, "tick");
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// `InvalidData` when it is not UTF-8; otherwise as [`read`].
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// The text is lost, not the file: a thread that has begun reads to the end.
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::read_to_string(path)).await
}

/// Makes a file of `contents`; one that was there is emptied first. One hop to the blocking pool.
///
/// The bytes are copied: the thread may outlive the call. It is not synced, and another program may
/// see it half-written.
///
/// asyncio: `asyncio.to_thread(Path(p).write_bytes, contents)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-write-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let path = dir.join("file");
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::write(&path, "tick tock").await?;
/// assert_eq!(mainspring::fs::metadata(&path).await?.len(), 9);
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// std's, unchanged; the file then holds a part. That the runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun writes to the end; one that has not may yet begin.
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let (path, contents) = (path.as_ref().to_owned(), contents.as_ref().to_owned());
    hop(move || std::fs::write(path, contents)).await
}

/// Copies the contents and the permissions of a file; returns the number of bytes. One hop to the
/// blocking pool, and the system copies, where it can, without showing us the bytes.
///
/// asyncio: `asyncio.to_thread(shutil.copy, a, b)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-copy-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let (one, other) = (dir.join("one"), dir.join("other"));
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::write(&one, "tick").await?;
/// assert_eq!(mainspring::fs::copy(&one, &other).await?, 4);
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// std's, unchanged; `to` then holds a part. That the runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun copies to the end; one that has not may yet begin.
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    hop(move || std::fs::copy(from, to)).await
}
