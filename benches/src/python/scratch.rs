//! a folder for a database, which does not stay.
//!
//! A folder and not a file: SQLite puts a journal beside its file.

use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A new folder; it is gone when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// # Errors
    /// The folder that cannot be made, and why.
    pub fn new() -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // Ordering: each number is given out once.
        let (process, number) = (process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(format!("mainspring-compare-{process}-{number}"));
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Somebody may write in it at this moment: then it is not empty, and is emptied again.
        let gone = || fs::remove_dir_all(&self.0);
        let _ = gone().or_else(|_| gone()).or_else(|_| gone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_gone_with_all_that_is_in_it() {
        let (one, other) = (Scratch::new().unwrap(), Scratch::new().unwrap());
        fs::write(one.file("pages.db"), "rows").unwrap();
        fs::write(one.file("pages.db-journal"), "more").unwrap();
        let path = one.0.clone();
        drop(one);
        assert!(!path.exists() && other.0.exists());
    }
}
