//! a folder for a database, and what ctrl-c must not leave behind.
//!
//! A folder and not a file: SQLite puts a journal beside its file, and a program that is still
//! writing cannot make one where no folder is.

use mainspring::runtime::Builder;
use mainspring::signal::ctrl_c;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// What a shell says of a program that ctrl-c has ended.
const INTERRUPTED: i32 = 130;

/// The folders that are there.
static HERE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn here() -> MutexGuard<'static, Vec<PathBuf>> {
    HERE.lock().unwrap_or_else(PoisonError::into_inner)
}

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
        // Under the lock: nobody who removes all of them misses this one.
        let mut here = here();
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        here.push(path.clone());
        Ok(Self(path))
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        here().retain(|path| *path != self.0);
        remove(&self.0);
    }
}

/// Somebody may write in it at this moment: then it is not empty, and is emptied again.
fn remove(path: &Path) {
    let gone = || fs::remove_dir_all(path);
    let _ = gone().or_else(|_| gone()).or_else(|_| gone());
}

/// From now on ctrl-c ends this process without its folders. Its children end with it.
///
/// # Errors
/// When there can be no thread for it.
pub fn leave_nothing_behind() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let wait = move || {
        if runtime.block_on(ctrl_c()).is_ok() {
            // To the end of the process: no new folder is made.
            let here = here();
            here.iter().for_each(|path| remove(path));
            eprintln!("compare: interrupted");
            process::exit(INTERRUPTED);
        }
    };
    thread::Builder::new().name("leave".into()).spawn(wait).map(drop)
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
        assert!(!path.exists() && other.0.exists() && !here().contains(&path));
    }
}
