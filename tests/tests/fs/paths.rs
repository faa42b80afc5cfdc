//! Whole files, names and directories: each does what std's does, with std's errors.

use crate::help::{Dir, bytes};
use mainspring::fs::{self, DirBuilder, OpenOptions};
use mainspring::io::AsyncReadExt;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::os::unix::fs::{DirEntryExt, MetadataExt, PermissionsExt};
use tests::Kind;

fn whole_files(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        let (one, other) = (dir.path("one"), dir.path("other"));
        let data = bytes(3_000_000);
        fs::write(&one, &data).await.unwrap();
        assert_eq!(fs::copy(&one, &other).await.unwrap(), data.len() as u64);
        assert!(fs::read(&other).await.unwrap() == data);
        let error = fs::read_to_string(&other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        fs::write(&other, "tick").await.unwrap();
        assert_eq!(fs::read_to_string(&other).await.unwrap(), "tick");
        assert_eq!(fs::metadata(&other).await.unwrap().len(), 4);
    });
}

fn names(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        let (one, other, link) = (dir.file("one", "tick"), dir.path("other"), dir.path("link"));
        fs::rename(&one, &other).await.unwrap();
        assert!(!fs::try_exists(&one).await.unwrap());
        fs::hard_link(&other, &one).await.unwrap();
        assert_eq!(fs::metadata(&one).await.unwrap().nlink(), 2);
        fs::symlink("one", &link).await.unwrap();
        assert_eq!(fs::read_link(&link).await.unwrap().to_str(), Some("one"));
        assert_eq!(fs::canonicalize(&link).await.unwrap(), std::fs::canonicalize(&one).unwrap());
        assert!(fs::symlink_metadata(&link).await.unwrap().is_symlink());
        assert!(fs::metadata(&link).await.unwrap().is_file());
        fs::set_permissions(&one, PermissionsExt::from_mode(0o640)).await.unwrap();
        assert_eq!(fs::metadata(&other).await.unwrap().mode() & 0o777, 0o640);
        for path in [one, other] {
            fs::remove_file(path).await.unwrap();
        }
        assert!(!fs::try_exists(&link).await.unwrap(), "it leads nowhere");
    });
}

fn directories(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        fs::create_dir(dir.path("a")).await.unwrap();
        let error = fs::create_dir(dir.path("a")).await.unwrap_err();
        assert_eq!((error.kind(), error.raw_os_error()), {
            (ErrorKind::AlreadyExists, Some(libc::EEXIST))
        });
        fs::create_dir_all(dir.path("a/b/c")).await.unwrap();
        let error = fs::remove_dir(dir.path("a")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DirectoryNotEmpty);
        fs::remove_dir(dir.path("a/b/c")).await.unwrap();
        fs::remove_dir_all(dir.path("a")).await.unwrap();
        let mut builder = DirBuilder::new();
        let error = builder.create(dir.path("x/y")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        builder.recursive(true).mode(0o700).create(dir.path("x/y")).await.unwrap();
        assert_eq!(fs::metadata(dir.path("x/y")).await.unwrap().mode() & 0o777, 0o700);
    });
}

fn every_entry_of_a_large_directory_comes_once(kind: Kind) {
    let dir = Dir::new();
    let names: BTreeSet<_> = (0..700).map(|n| format!("file{n}")).collect();
    names.iter().for_each(|name| drop(dir.file(name, "")));
    std::fs::create_dir(dir.path("inner")).unwrap();
    kind.runtime().block_on(async {
        let (mut entries, mut found) = (fs::read_dir(&dir).await.unwrap(), BTreeSet::new());
        let mut inner = 0;
        while let Some(entry) = entries.next_entry().await.unwrap() {
            let name = entry.file_name().into_string().unwrap();
            assert_eq!(entry.path(), dir.path(&name));
            assert_eq!(entry.ino(), entry.metadata().await.unwrap().ino());
            if entry.file_type().await.unwrap().is_dir() {
                inner += 1;
            } else {
                assert!(found.insert(name), "once");
            }
        }
        assert!(entries.next_entry().await.unwrap().is_none(), "it stays at the end");
        assert_eq!((found, inner), (names, 1));
        let std: BTreeSet<_> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().ino()).collect();
        assert_eq!(std.len(), 701);
    });
}

fn options(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        let path = dir.path("file");
        let mut options = OpenOptions::default();
        options.append(true).create(true).mode(0o600);
        for _ in 0..3 {
            let mut file = options.open(&path).await.unwrap();
            mainspring::io::AsyncWriteExt::write_all(&mut file, b"tick").await.unwrap();
        }
        // The last one may still be under way: nobody has flushed.
        let path_of = path.clone();
        tests::until(|| std::fs::read(&path_of).unwrap().len() == 12).await;
        assert_eq!(fs::metadata(&path).await.unwrap().mode() & 0o777, 0o600);
        fs::symlink("file", dir.path("link")).await.unwrap();
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(libc::O_NOFOLLOW);
        let error = options.open(dir.path("link")).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ELOOP));
        let mut text = String::new();
        options.open(&path).await.unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "ticktickticktick"[..12]);
        let error = OpenOptions::new().open(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

tests::has! {
    Send, Sync, Unpin => fs::File, fs::OpenOptions, fs::ReadDir, fs::DirEntry, DirBuilder
}

/// Compiles: a task may move while it waits.
#[allow(dead_code)]
fn futures_are_send(file: fs::File, entry: &fs::DirEntry) {
    fn is_send(_: impl Send) {}
    is_send(fs::read("a"));
    is_send(fs::write("a", "b"));
    is_send(fs::read_dir("a"));
    is_send(entry.metadata());
    is_send(file.set_len(0));
    is_send(file.try_clone());
    is_send(file.into_std());
    is_send(OpenOptions::new().open("a"));
}

tests::each_scheduler! {
    whole_files,
    names,
    directories,
    every_entry_of_a_large_directory_comes_once,
    options,
}
