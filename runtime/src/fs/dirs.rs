//! create_dir, remove_dir, DirBuilder: directories, in one hop each.

#![forbid(unsafe_code)]

use crate::io::hop::hop;
use std::io;
use std::path::Path;

/// Makes a directory; what it is to lie in is there already.
///
/// asyncio: `asyncio.to_thread(os.mkdir, p)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-create-dir-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::create_dir(dir.join("inner")).await?;
/// assert!(dir.join("inner").is_dir());
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// `AlreadyExists`, and `NotFound` without its parent; otherwise std's, unchanged, so without the
/// path; that the runtime has ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::create_dir(path)).await
}

/// Makes a directory, and all that it is to lie in; it is no error if it is there.
///
/// asyncio: `asyncio.to_thread(os.makedirs, p, exist_ok=True)`.
///
/// ```
/// # let name = format!("mainspring-create-dir-all-{}", std::process::id());
/// # let dir = std::env::temp_dir().join(name);
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::create_dir_all(dir.join("a/b/c")).await?;
/// mainspring::fs::create_dir_all(dir.join("a/b/c")).await?;
/// assert!(dir.join("a/b/c").is_dir());
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// std's, unchanged, so without the path; that the runtime has ended, before it was begun. Some of
/// the directories may be made then.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::create_dir_all(path)).await
}

/// Removes an empty directory.
///
/// asyncio: `asyncio.to_thread(os.rmdir, p)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-remove-dir-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::create_dir(dir.join("inner")).await?;
/// mainspring::fs::remove_dir(dir.join("inner")).await?;
/// assert!(!dir.join("inner").exists());
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// `DirectoryNotEmpty`; otherwise std's, unchanged, so without the path; that the runtime has
/// ended, before it was begun.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::remove_dir(path)).await
}

/// Removes a directory and all that is in it; a symbolic link is removed, not followed. One hop for
/// all of it.
///
/// asyncio: `asyncio.to_thread(shutil.rmtree, p)`.
///
/// ```
/// # let name = format!("mainspring-remove-dir-all-{}", std::process::id());
/// # let dir = std::env::temp_dir().join(name);
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// mainspring::fs::create_dir_all(dir.join("a/b")).await?;
/// mainspring::fs::write(dir.join("a/b/file"), "tick").await?;
/// mainspring::fs::remove_dir_all(dir.join("a")).await?;
/// assert!(!dir.join("a").exists());
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// std's, unchanged, so without the path; that the runtime has ended, before it was begun. Some of
/// it may be gone then.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// A thread that has begun does it to the end; one that has not may yet begin.
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::remove_dir_all(path)).await
}

/// Makes directories, with permissions of one's choice.
///
/// asyncio: `asyncio.to_thread(os.makedirs, p, mode)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-builder-{}", std::process::id()));
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut builder = mainspring::fs::DirBuilder::new();
/// # #[cfg(unix)]
/// builder.mode(0o700);
/// builder.recursive(true).create(dir.join("a/b")).await?;
/// assert!(dir.join("a/b").is_dir());
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    #[cfg(unix)]
    mode: Option<u32>,
}

impl DirBuilder {
    /// One directory, with the permissions of the process.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all that it is to lie in is made too; it is no error then if it is there.
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// The permissions, before the process's umask is taken off; 0o777 if nothing is said.
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = Some(mode);
        self
    }

    /// Makes the directory. One hop to the blocking pool.
    ///
    /// # Errors
    /// As [`create_dir`], or [`create_dir_all`] if recursive.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// A thread that has begun does it to the end; one that has not may yet begin.
    pub async fn create(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref().to_owned();
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(self.recursive);
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
        }
        hop(move || builder.create(path)).await
    }
}
