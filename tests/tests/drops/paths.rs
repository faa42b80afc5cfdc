//! Whole files, names and directories: what a thread has begun is done, no entry is lost.

use crate::harness::Class::{Nothing, Stays};
use crate::harness::{Lent, Row, Scene, now, poll, row};
use crate::place::{Place, asks};
use mainspring::fs::{self, DirBuilder, ReadDir};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::task::Poll;

const ANSWER: &str = "but the answer";
const BEGUN: &str = "what a thread has begun, or is yet to begin, is done";

pub const ROWS: &[Row] = &[
    row("fs::read", Nothing, ANSWER, || asks(|dir| async { drop(fs::read(dir).await) })),
    row("fs::read_to_string", Nothing, ANSWER, || {
        asks(|file| async { drop(fs::read_to_string(file).await.unwrap()) })
    }),
    row("fs::write", Stays, BEGUN, || {
        does(
            |dir| async move { fs::write(dir.join("file"), "tock").await.unwrap() },
            |dir| std::fs::read(dir.join("file")).unwrap() == b"tock",
        )
    }),
    row("fs::copy", Stays, BEGUN, || {
        does(
            |dir| async move {
                fs::copy(dir.join("file"), dir.join("new")).await.unwrap();
            },
            |dir| std::fs::read(dir.join("new")).is_ok_and(|bytes| bytes == b"tick"),
        )
    }),
    row("fs::rename", Stays, BEGUN, || {
        does(
            |dir| async move { fs::rename(dir.join("file"), dir.join("new")).await.unwrap() },
            |dir| dir.join("new").exists() && !dir.join("file").exists(),
        )
    }),
    row("fs::hard_link", Stays, BEGUN, || {
        does(
            |dir| async move { fs::hard_link(dir.join("file"), dir.join("new")).await.unwrap() },
            |dir| dir.join("new").exists(),
        )
    }),
    row("fs::symlink", Stays, BEGUN, || {
        does(
            |dir| async move { fs::symlink("file", dir.join("new")).await.unwrap() },
            |dir| dir.join("new").exists(),
        )
    }),
    row("fs::remove_file", Stays, BEGUN, || {
        does(
            |dir| async move { fs::remove_file(dir.join("file")).await.unwrap() },
            |dir| !dir.join("file").exists(),
        )
    }),
    row("fs::create_dir", Stays, BEGUN, || {
        does(
            |dir| async move { fs::create_dir(dir.join("new")).await.unwrap() },
            |dir| dir.join("new").is_dir(),
        )
    }),
    row("fs::create_dir_all", Stays, BEGUN, || {
        does(
            |dir| async move { fs::create_dir_all(dir.join("new/a/b")).await.unwrap() },
            |dir| dir.join("new/a/b").is_dir(),
        )
    }),
    row("fs::DirBuilder::create", Stays, BEGUN, || {
        does(
            |dir| async move { DirBuilder::new().create(dir.join("new")).await.unwrap() },
            |dir| dir.join("new").is_dir(),
        )
    }),
    row("fs::remove_dir", Stays, BEGUN, || {
        does(
            |dir| async move { fs::remove_dir(dir.join("inner")).await.unwrap() },
            |dir| !dir.join("inner").exists(),
        )
    }),
    row("fs::remove_dir_all", Stays, BEGUN, || {
        does(
            |dir| async move { fs::remove_dir_all(dir.join("inner")).await.unwrap() },
            |dir| !dir.join("inner").exists(),
        )
    }),
    row("fs::set_permissions", Stays, BEGUN, || {
        does(
            |dir| async move {
                let mut new = std::fs::metadata(dir.join("file")).unwrap().permissions();
                new.set_readonly(true);
                fs::set_permissions(dir.join("file"), new).await.unwrap();
            },
            |dir| std::fs::metadata(dir.join("file")).unwrap().permissions().readonly(),
        )
    }),
    row("fs::metadata", Nothing, ANSWER, || {
        asks(|file| async { _ = fs::metadata(file).await.unwrap() })
    }),
    row("fs::symlink_metadata", Nothing, ANSWER, || {
        asks(|file| async { _ = fs::symlink_metadata(file).await.unwrap() })
    }),
    row("fs::try_exists", Nothing, ANSWER, || {
        asks(|file| async { assert!(fs::try_exists(file).await.unwrap()) })
    }),
    row("fs::canonicalize", Nothing, ANSWER, || {
        asks(|file| async { drop(fs::canonicalize(file).await.unwrap()) })
    }),
    row("fs::read_link", Nothing, ANSWER, || {
        asks(|file| async { drop(fs::read_link(file).await.unwrap_err()) })
    }),
    row("fs::read_dir", Nothing, "the directory is closed", || {
        asks(|mut file| async {
            file.pop();
            drop(fs::read_dir(file).await.unwrap());
        })
    }),
    row("fs::ReadDir::next_entry", Nothing, "", entries),
    row("fs::DirEntry::metadata", Nothing, ANSWER, || {
        asks(|file| async move { _ = entry(&file).metadata().await.unwrap() })
    }),
    row("fs::DirEntry::file_type", Nothing, ANSWER, || {
        asks(|file| async move { _ = entry(&file).file_type().await.unwrap() }).at_once()
    }),
];

/// It is done, or was never asked for.
fn does<F: Future + 'static>(work: fn(PathBuf) -> F, is_done: fn(&Path) -> bool) -> Scene {
    let place = Place::new();
    let (dir, last) = (place.dir.clone(), place.clone());
    let future = place.world.inside(move || work(dir));
    place.scene(future, move |ready| {
        let all = std::fs::read_dir(&last.dir).unwrap().count();
        assert!(is_done(&last.dir) || (!ready && all == 2), "done, or nothing");
    })
}

fn read_now(dir: &Path) -> ReadDir {
    tests::runtime().block_on(fs::read_dir(dir)).unwrap()
}

fn entry(file: &Path) -> fs::DirEntry {
    let mut entries = read_now(file.parent().unwrap());
    now(entries.next_entry()).unwrap().unwrap()
}

/// More than one chunk; the first has been dealt out.
fn entries() -> Scene {
    const MANY: usize = 200;
    let place = Place::new();
    (0..MANY).for_each(|n| drop(std::fs::File::create(place.dir.join(n.to_string()))));
    let (mut entries, mut seen) = (read_now(&place.dir), 0);
    while let Poll::Ready(entry) = {
        let _inside = place.world.0.enter();
        poll(&mut Box::pin(entries.next_entry()))
    } {
        assert!(entry.unwrap().is_some());
        seen += 1;
    }
    let lent = Lent::new(entries);
    let (theirs, last) = (lent.clone(), place.clone());
    let future = place.world.inside(move || {
        theirs.future(async |entries: &mut ReadDir| {
            // The next one would be there at once.
            let entry = entries.next_entry().await.unwrap();
            assert!(entry.is_some());
        })
    });
    place.scene(future, move |ready| {
        let mut entries = lent.take();
        let left = last.world.0.block_on(async {
            let mut left = 0;
            while entries.next_entry().await.unwrap().is_some() {
                left += 1;
            }
            left
        });
        assert_eq!(seen + left + usize::from(ready), MANY + 2);
    })
}
