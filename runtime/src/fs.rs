//! Files and directories, on the blocking pool.
//! A file has no readiness to wait for: the system blocks whoever reads a slow disk. So every
//! operation is one hop to a thread that may block, whatever its size; [`File`] makes many small
//! reads and writes into few hops.
//!
//! | to … | take | asyncio, each in `to_thread` |
//! |---|---|---|
//! | have a whole file | [`read`], [`read_to_string`] | `Path.read_bytes` |
//! | make a whole file | [`write()`], [`copy`] | `Path.write_bytes`, `shutil.copy` |
//! | read, write and seek | [`File`], [`OpenOptions`] | `open`; aiofiles |
//! | know of it | [`metadata`], [`symlink_metadata`], [`try_exists`] | `os.stat` |
//! | say who may what | [`set_permissions`] | `os.chmod` |
//! | move it | [`rename`] | `os.replace` |
//! | give it more names | [`hard_link`], [`symlink`] | `os.link`, `os.symlink` |
//! | follow names | [`read_link`], [`canonicalize`] | `os.readlink`, `os.path.realpath` |
//! | remove it | [`remove_file`] | `os.remove` |
//! | make directories | [`create_dir`], [`create_dir_all`], [`DirBuilder`] | `os.makedirs` |
//! | list directories | [`read_dir`] | `os.scandir` |
//! | remove directories | [`remove_dir`], [`remove_dir_all`] | `os.rmdir`, `shutil.rmtree` |
//!
//! **Errors** are std's, with kind and number, and so without the path: a text with it would lose
//! the number. When the runtime ends, an operation that no thread has begun is an error that says
//! so; one that has begun is done to its end, and the end of the runtime waits for it.
//!
//! **Dropping** a future stops no thread: what was begun is done, what was queued may be.

/// rename, remove, link, canonicalize: what is done to a path, in one hop each.
pub(crate) mod paths;
/// metadata, permissions: what is known of a path, in one hop each.
pub(crate) mod facts;
/// create_dir, remove_dir, DirBuilder: directories, in one hop each.
pub(crate) mod dirs;
/// ReadDir: the entries of a directory, fetched by the chunk.
pub(crate) mod read_dir;
/// read, write, copy: a whole file in one hop.
pub(crate) mod whole;
/// the state machine of a File: what is read ahead, what is under way, and what a streak writes.
pub(crate) mod state;
/// File: an open file, read and written on the blocking pool.
pub(crate) mod file;
/// OpenOptions: the ways to open a file.
pub(crate) mod options;
/// a File as a reader, a writer and a seeker.
pub(crate) mod polls;
/// a File's number in the system, on Unix.
#[cfg(unix)]
pub(crate) mod unix;

pub use dirs::{DirBuilder, create_dir, create_dir_all, remove_dir, remove_dir_all};
pub use facts::{metadata, set_permissions, symlink_metadata, try_exists};
pub use file::File;
pub use options::OpenOptions;
#[cfg(unix)]
pub use paths::symlink;
pub use paths::{canonicalize, hard_link, read_link, remove_file, rename};
pub use read_dir::{DirEntry, ReadDir, read_dir};
#[doc(no_inline)]
pub use std::fs::FileTimes;
pub use whole::{copy, read, read_to_string, write};
