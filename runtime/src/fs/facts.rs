//! metadata, permissions: what is known of a path, in one hop each.

#![forbid(unsafe_code)]

use crate::io::hop::hop;
use std::fs::{Metadata, Permissions};
use std::io;
use std::path::Path;

/// Kind, length, times and permissions of what a path leads to; links are followed.
///
/// asyncio: `asyncio.to_thread(os.stat, p)`.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-metadata-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let path = dir.join("file");
/// mainspring::fs::write(&path, "tick").await?;
/// assert_eq!(mainspring::fs::metadata(&path).await?.len(), 4);
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
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::metadata(path)).await
}

/// The same of the path itself: of a link, that it is one.
///
/// asyncio: `asyncio.to_thread(os.lstat, p)`.
///
/// ```
/// # let name = format!("mainspring-symlink-metadata-{}", std::process::id());
/// # let dir = std::env::temp_dir().join(name);
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let link = dir.join("link");
/// # #[cfg(unix)]
/// # {
/// mainspring::fs::symlink("nowhere", &link).await?;
/// assert!(mainspring::fs::symlink_metadata(&link).await?.is_symlink());
/// # }
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
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::symlink_metadata(path)).await
}

/// Is there anything? A link that leads nowhere is nothing.
///
/// asyncio: `asyncio.to_thread(os.path.exists, p)`, which says no where this is an error.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainspring-try-exists-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// assert!(mainspring::fs::try_exists(&dir).await?);
/// assert!(!mainspring::fs::try_exists(dir.join("nothing")).await?);
/// # std::fs::remove_dir_all(&dir)
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// When it cannot be known, for want of permission above all; that the runtime has ended.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// Nothing is lost but the answer.
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    let path = path.as_ref().to_owned();
    hop(move || path.try_exists()).await
}

/// Changes the permissions of what a path leads to.
///
/// asyncio: `asyncio.to_thread(os.chmod, p, mode)`.
///
/// ```
/// # let name = format!("mainspring-set-permissions-{}", std::process::id());
/// # let dir = std::env::temp_dir().join(name);
/// # std::fs::create_dir_all(&dir)?;
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let path = dir.join("file");
/// mainspring::fs::write(&path, "tick").await?;
/// let mut permissions = mainspring::fs::metadata(&path).await?.permissions();
/// permissions.set_readonly(true);
/// mainspring::fs::set_permissions(&path, permissions).await?;
/// assert!(mainspring::fs::metadata(&path).await?.permissions().readonly());
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
pub async fn set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || std::fs::set_permissions(path, permissions)).await
}
