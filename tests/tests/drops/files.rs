//! Open files: what a thread has begun is done, and the file goes on from there.

use crate::harness::Class::{Nothing, Stays, Value};
use crate::harness::{Lent, Row, Scene, now, row};
use crate::place::Place;
use mainspring::fs::{File, OpenOptions};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use std::future::Future;
use std::path::PathBuf;

const ANSWER: &str = "but the answer";
const BEGUN: &str = "what a thread has begun, or is yet to begin, is done";
const OPENED: &str = "the file may be made or emptied; it is closed";

pub const ROWS: &[Row] = &[
    row("fs::OpenOptions::open", Stays, OPENED, || {
        opens(|file| async { drop(OpenOptions::new().read(true).open(file).await.unwrap()) })
    }),
    row("fs::File::open", Nothing, "the file is closed", || {
        opens(|file| async { drop(File::open(file).await.unwrap()) })
    }),
    row("fs::File::create", Stays, OPENED, || {
        opens(|file| async { drop(File::create(file).await.unwrap()) })
    }),
    row("fs::File::create_new", Stays, OPENED, || {
        opens(|file| async { drop(File::create_new(file).await) })
    }),
    row("fs::File::sync_all", Stays, BEGUN, || with(async |file| file.sync_all().await.unwrap())),
    row("fs::File::sync_data", Stays, BEGUN, || with(async |file| file.sync_data().await.unwrap())),
    row("fs::File::set_len", Stays, BEGUN, || with(async |file| file.set_len(8).await.unwrap())),
    row("fs::File::metadata", Nothing, ANSWER, || {
        with(async |file| assert_eq!(file.metadata().await.unwrap().len(), 8))
    }),
    row("fs::File::try_clone", Nothing, "the clone is closed", || {
        with(async |file| drop(file.try_clone().await.unwrap()))
    }),
    row("fs::File::set_permissions", Stays, BEGUN, || {
        with(async |file| {
            let old = std::fs::metadata("/dev/null").unwrap().permissions();
            file.set_permissions(old).await.unwrap();
        })
    }),
    row("fs::File::set_times", Stays, BEGUN, || {
        with(async |file| file.set_times(Default::default()).await.unwrap())
    }),
    row("fs::File::set_modified", Stays, BEGUN, || {
        with(async |file| file.set_modified(std::time::UNIX_EPOCH).await.unwrap())
    }),
    row("fs::File::into_std", Value, "the file; what it has accepted is written", becomes_std),
];

/// No descriptor of it is left: who unmounts, or counts them, is not in the way of anybody.
fn opens<F: Future + 'static>(work: fn(PathBuf) -> F) -> Scene {
    let place = Place::new();
    let (file, last) = (place.file(), place.clone());
    let future = place.world.inside(move || work(file));
    place.scene(future, move |_| {
        let Ok(open) = std::fs::read_dir("/proc/self/fd") else { return };
        let links = open.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
        assert_eq!(links.filter(|link| *link == last.file()).count(), 0, "it is still open");
    })
}

/// A file with a write under way; afterwards it goes on from there.
fn with(work: impl AsyncFnOnce(&mut File) + 'static) -> Scene {
    let place = Place::new();
    let lent = Lent::new(writing(&place));
    let (theirs, last) = (lent.clone(), place.clone());
    let future = place.world.inside(move || theirs.future(work));
    place.scene(future, move |_| {
        let mut file = lent.take();
        last.world.0.block_on(async {
            file.write_all(b"!").await.unwrap();
            file.flush().await.unwrap();
            assert_eq!(file.read(&mut [0]).await.unwrap(), 0, "it is at the end");
        });
        assert_eq!(std::fs::read(last.file()).unwrap(), b"ticktock!");
    })
}

/// It stands behind "tick", and is to write "tock".
fn writing(place: &Place) -> File {
    let mut options = std::fs::OpenOptions::new();
    let mut std = options.read(true).write(true).open(place.file()).unwrap();
    std::io::Seek::seek(&mut std, std::io::SeekFrom::End(0)).unwrap();
    let mut file = File::from_std(std);
    let _inside = place.world.0.enter();
    now(file.write_all(b"tock")).unwrap();
    file
}

fn becomes_std() -> Scene {
    let place = Place::new();
    let (file, last) = (writing(&place), place.clone());
    let future = place.world.inside(move || file.into_std());
    place.scene(future, move |_| {
        assert_eq!(std::fs::read(last.file()).unwrap(), b"ticktock");
    })
}
