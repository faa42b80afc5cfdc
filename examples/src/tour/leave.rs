//! the way out: what to do next, and what ctrl-c must not leave behind.

#![forbid(unsafe_code)]

use crate::tell;
use std::fs;
use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mainspring::signal::ctrl_c;

use super::stop::underlined;
use crate::flags::Scheduler;
use crate::show;

/// What a shell says of a program that ctrl-c, or a plain `kill`, has ended.
const INTERRUPTED: i32 = 130;
#[cfg(unix)]
const TERMINATED: i32 = 143;

/// What to do next: the door, a command or a file, and what it shows.
pub const NEXT: [(&str, &str, &str); 8] = [
    (
        "run",
        "cargo run --release --example fetch -- --limit 5",
        "1000 GETs with retries; more flags: --help",
    ),
    (
        "run",
        "cargo run --release --example scraper -- --distinct --database pages.db",
        "ctrl-c stops it, the same command goes on with the rest",
    ),
    (
        "run",
        "cargo run --release --example search",
        "then, in a browser: http://127.0.0.1:8000/search?keyword=AI",
    ),
    ("run", "examples/README.md", "all programs: a chat, a proxy, a load client, the primer"),
    ("read", "runtime/src/lib.rs", "the map of the runtime, in reading order"),
    ("measure", "cargo tour --claims", "every figure of the documents, and its floor; 40 s"),
    (
        "measure",
        "cargo compare --quick",
        "the same work on this runtime, on tokio and on smol; 3 min",
    ),
    ("measure", "cargo test --workspace", "every test there is; some minutes"),
];

/// The last screen.
#[must_use]
pub fn next() -> String {
    let mut text = format!("\n{}", underlined("What to do next"));
    let mut above = "";
    for (door, what, shows) in NEXT {
        let name = if door == above { "" } else { door };
        text += &format!("{name:<9}{what}\n             {shows}\n");
        above = door;
    }
    text
}

/// A folder for temporary files that does not stay. A clone is the same folder.
#[derive(Clone, Debug, Default)]
pub struct Scratch(Arc<Mutex<Option<PathBuf>>>);

impl Scratch {
    fn lock(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the folder, with a name that nobody else has.
    ///
    /// # Errors
    /// Those of the system.
    pub fn make(&self) -> io::Result<PathBuf> {
        let mut here = self.lock();
        for n in 0.. {
            let name = format!("mainspring-tour-{}-{n}", process::id());
            let path = std::env::temp_dir().join(name);
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => {
                    made?;
                    *here = Some(path.clone());
                    return Ok(path);
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes it, and all that is in it. Without a folder, nothing.
    ///
    /// # Errors
    /// Those of the system; it names what stays.
    pub fn remove(&self) -> Result<(), String> {
        let mut here = self.lock();
        let Some(path) = here.take() else { return Ok(()) };
        // Somebody may write in it at this moment: then it is not empty, and is emptied again.
        let gone = || fs::remove_dir_all(&path);
        let removed = gone().or_else(|_| gone()).or_else(|_| gone());
        removed.map_err(|error| format!("{} stays behind: {error}", path.display()))
    }
}

/// From now on ctrl-c and `kill` end this process at once and without the folder. Its children end
/// by themselves when it is gone.
///
/// # Errors
/// When there can be no thread for it.
pub fn when_told(scratch: Scratch) -> io::Result<()> {
    let wait = move || {
        let Ok(runtime) = Scheduler::CURRENT_THREAD.runtime() else { return };
        let status = runtime.block_on(told());
        show::clear();
        match scratch.remove() {
            Ok(()) => tell!("left half-way; nothing of the tour stays behind"),
            Err(error) => tell!("left half-way; {error}"),
        }
        process::exit(status);
    };
    thread::Builder::new().name("leave".into()).spawn(wait).map(drop)
}

/// Waits for ctrl-c or `kill`; the status to end with.
async fn told() -> i32 {
    mainspring::select! {
        _ = interrupted() => INTERRUPTED,
        status = terminated() => status,
    }
}

async fn interrupted() {
    if ctrl_c().await.is_err() {
        // Then the system ends the process, as if nobody had asked to be told.
        pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() -> i32 {
    use mainspring::signal::unix::{SignalKind, signal};
    let told = match signal(SignalKind::terminate()) {
        Ok(mut kill) => kill.recv().await,
        Err(_) => None,
    };
    match told {
        Some(()) => TERMINATED,
        None => pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() -> i32 {
    pending().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tour::stop::COLUMNS;

    #[test]
    fn a_folder_is_made_once_for_each_and_does_not_stay() {
        let (one, other) = (Scratch::default(), Scratch::default());
        let (here, there) = (one.make().unwrap(), other.make().unwrap());
        assert_ne!(here, there);
        fs::write(here.join("pages.db"), "rows").unwrap();
        one.clone().remove().unwrap();
        assert!(!here.exists() && there.exists());
        one.remove().unwrap();
        other.remove().unwrap();
        assert!(!there.exists());
    }

    #[test]
    fn the_last_screen_fits_on_one() {
        let text = next();
        assert!(text.lines().count() < 24, "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
        for door in ["\nrun ", "\nread ", "\nmeasure "] {
            assert_eq!(text.matches(door).count(), 1, "{door}: {text}");
        }
    }
}
