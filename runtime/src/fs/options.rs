//! OpenOptions: the ways to open a file.

#![forbid(unsafe_code)]

use super::file::File;
use crate::io::hop::hop;
use std::io;
use std::path::Path;

/// How a file is to be opened. std's, with an `open` that does not block.
///
/// asyncio: the mode of `open`, and `opener`.
///
/// ```
/// use mainspring::fs::OpenOptions;
/// use mainspring::io::AsyncWriteExt;
///
/// # let path = std::env::temp_dir().join(format!("mainspring-options-{}", std::process::id()));
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// for word in ["tick ", "tock"] {
///     let mut log = OpenOptions::new().append(true).create(true).open(&path).await?;
///     log.write_all(word.as_bytes()).await?;
///     log.flush().await?;
/// }
/// assert_eq!(mainspring::fs::read(&path).await?, b"tick tock");
/// # std::fs::remove_file(&path)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct OpenOptions(std::fs::OpenOptions);

impl OpenOptions {
    /// Nothing is allowed yet.
    #[must_use]
    pub fn new() -> Self {
        Self(std::fs::OpenOptions::new())
    }

    /// It can be read.
    pub fn read(&mut self, read: bool) -> &mut Self {
        self.0.read(read);
        self
    }

    /// It can be written.
    pub fn write(&mut self, write: bool) -> &mut Self {
        self.0.write(write);
        self
    }

    /// Whatever is written goes to the end, wherever that is by then.
    pub fn append(&mut self, append: bool) -> &mut Self {
        self.0.append(append);
        self
    }

    /// It is emptied; needs `write`.
    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.0.truncate(truncate);
        self
    }

    /// It is made if it is not there; needs `write` or `append`.
    pub fn create(&mut self, create: bool) -> &mut Self {
        self.0.create(create);
        self
    }

    /// It is made, and must not be there: `create` and `truncate` then say nothing.
    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.0.create_new(create_new);
        self
    }

    /// The permissions of a file that is made, before the process's umask is taken off; 0o666 if
    /// nothing is said.
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::mode(&mut self.0, mode);
        self
    }

    /// More flags of the system's `open`, `O_NOFOLLOW` for one; those of the access are ignored.
    #[cfg(unix)]
    pub fn custom_flags(&mut self, flags: i32) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut self.0, flags);
        self
    }

    /// Opens the file. One hop to the blocking pool.
    ///
    /// # Errors
    /// std's, unchanged, so without the path: `NotFound`, `PermissionDenied`, `AlreadyExists` for
    /// `create_new`, `InvalidInput` for options that contradict each other; EMFILE when the process
    /// has no descriptor left. That the runtime has ended.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The file is closed again. What the options say was done may be: it is made, or emptied.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (options, path) = (self.0.clone(), path.as_ref().to_owned());
        hop(move || options.open(path)).await.map(File::from_std)
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl From<std::fs::OpenOptions> for OpenOptions {
    fn from(options: std::fs::OpenOptions) -> Self {
        Self(options)
    }
}

impl File {
    /// Opens a file to read it. One hop to the blocking pool.
    ///
    /// # Errors
    /// As [`OpenOptions::open`].
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The file is closed again.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<File> {
        Self::options().read(true).open(path).await
    }

    /// Opens a file to write it; it is made, or emptied. One hop to the blocking pool.
    ///
    /// # Errors
    /// As [`OpenOptions::open`].
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The file is closed again; it may have been made, or emptied.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<File> {
        Self::options().write(true).create(true).truncate(true).open(path).await
    }

    /// Makes a file that must not be there, to read and write it. One hop to the blocking pool.
    ///
    /// # Errors
    /// `AlreadyExists`; otherwise as [`OpenOptions::open`].
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The file is closed again; it may have been made.
    pub async fn create_new(path: impl AsRef<Path>) -> io::Result<File> {
        Self::options().read(true).write(true).create_new(true).open(path).await
    }

    /// Other ways to open a file.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }
}
