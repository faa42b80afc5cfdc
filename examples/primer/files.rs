//! Files: written and read without stopping anybody, whole and piece by piece.
//!
//! ```text
//! cargo run --release --example files
//! ```
//!
//! What you will see: three lines written to a file in the folder for temporary files and read
//! back; the same file line by line; how far it is to a line in the middle; and what opening a file
//! that is not there says. The file is removed at the end.
//!
//! From the third document, which opens it with `asyncio.aiofiles`: there is no such thing, and
//! aiofiles is a package of its own. Here `fs` is part of the runtime. Each call is one closure on
//! a blocking thread, as in aiofiles.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::fs::{self, File};
use mainspring::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, SeekFrom,
};

pub fn main() -> ExitCode {
    primer::run("Files: written and read without stopping anybody", program)
}

pub async fn program(out: Out) -> Ended {
    let path = Temporary::new();
    let text = "hello asyncio\n".repeat(3);
    fs::write(&path, &text).await?;
    out.line(format!("{:?}", fs::read_to_string(&path).await?));

    let mut lines = BufReader::new(File::open(&path).await?).lines();
    let mut number = 0;
    while let Some(line) = lines.next_line().await? {
        number += 1;
        out.line(format!("{number}: {line}"));
    }
    pieces(&out, path.as_ref()).await?;
    match File::open("there is no such file").await {
        Ok(_) => return Err("somebody has made one".into()),
        Err(error) => out.line(error.kind()),
    }
    Ok(())
}

/// Writes behind what is there, goes back, and reads from the middle.
async fn pieces(out: &Out, path: &Path) -> Ended {
    let mut file = File::options().read(true).append(true).open(path).await?;
    file.write_all(b"and good-bye\n").await?;
    // What was written so far may still be under way; errors of it come here.
    file.flush().await?;
    let at = file.seek(SeekFrom::Start(14)).await?;
    let mut rest = String::new();
    file.read_to_string(&mut rest).await?;
    out.line(format!("{} lines from byte {at}", rest.lines().count()));
    Ok(())
}

/// A name of our own, and nothing left behind.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Temporary {
        let name = format!("mainspring-files-{}.txt", std::process::id());
        Temporary(std::env::temp_dir().join(name))
    }
}

impl AsRef<Path> for Temporary {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}
