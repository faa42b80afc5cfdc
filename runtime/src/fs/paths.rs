//! rename, remove, link, canonicalize: what is done to a path, in one hop each.
//!
//! Every path is copied: the thread may outlive the call.

#![forbid(unsafe_code)]

use crate::io::hop::hop;
use std::io;
use std::path::{Path, PathBuf};

/// Gives a file or directory another name; a file that has it already is replaced, at once for
/// everybody who looks.
///
/// Within one file system only.
///
/// asyncio: `asyncio.to_thread(os.replace, a, b)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-rename-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (one, other) = (dir.join("one"), dir.join("other"));
/// mainspring::fs::write(&one, "tick").await?;
/// mainspring::fs::rename(&one, &other).await?;
/// assert!(!one.exists() && other.exists());
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// `CrossesDevices` between file systems; otherwise std's, unchanged, so without the path; that the
/// runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    hop(move || std::fs::rename(from, to)).await
}

/// The absolute path of what is there, without links and dots.
///
/// asyncio: `asyncio.to_thread(os.path.realpath, p)`.
///
/// ```
/// # let name = format!("mainspring-canonicalize-{}", std::process::id());
/// # let dir = std::env::temp_dir().join(name);
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let path = mainspring::fs::canonicalize(dir.join(".")).await?;
/// assert_eq!(path, mainspring::fs::canonicalize(&dir).await?);
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// std's, unchanged, so without the path; that the runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// Nothing is lost but the answer.
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::canonicalize(path)).await
}

/// Where a symbolic link leads: its text, as it stands there.
///
/// asyncio: `asyncio.to_thread(os.readlink, p)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-read-link-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let link = dir.join("link");
/// # #[cfg(unix)]
/// # {
/// mainspring::fs::symlink("somewhere", &link).await?;
/// assert_eq!(mainspring::fs::read_link(&link).await?.to_str(), Some("somewhere"));
/// # }
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// `InvalidInput` when it is no link; otherwise std's, unchanged, so without the path; that the
/// runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// Nothing is lost but the answer.
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::read_link(path)).await
}

/// Gives a file one more name, in the same file system.
///
/// asyncio: `asyncio.to_thread(os.link, a, b)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-hard-link-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (one, other) = (dir.join("one"), dir.join("other"));
/// mainspring::fs::write(&one, "tick").await?;
/// mainspring::fs::hard_link(&one, &other).await?;
/// assert_eq!(mainspring::fs::read(&other).await?, b"tick");
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// `AlreadyExists` when the name is taken; otherwise std's, unchanged, so without the path; that
/// the runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
pub async fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    hop(move || std::fs::hard_link(original, link)).await
}

/// Makes a symbolic link at `link` that leads to `original`, which need not be there. Unix only.
///
/// asyncio: `asyncio.to_thread(os.symlink, a, b)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-symlink-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let link = dir.join("link");
/// mainspring::fs::symlink("one", &link).await?;
/// mainspring::fs::write(dir.join("one"), "tick").await?;
/// assert_eq!(mainspring::fs::read(&link).await?, b"tick");
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// `AlreadyExists` when the name is taken; otherwise std's, unchanged, so without the path; that
/// the runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
#[cfg(unix)]
pub async fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    hop(move || std::os::unix::fs::symlink(original, link)).await
}

/// Takes a name away from a file, and the file when it was the last and nobody has it open.
///
/// asyncio: `asyncio.to_thread(os.remove, p)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-remove-file-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let path = dir.join("file");
/// mainspring::fs::write(&path, "tick").await?;
/// mainspring::fs::remove_file(&path).await?;
/// assert!(!mainspring::fs::try_exists(&path).await?);
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// std's, unchanged, so without the path; that the runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::remove_file(path)).await
}
