//! Files: what a program sees of `mainspring::fs`, and that it is what std would have done.

#![cfg(unix)]

#[path = "fs/ends.rs"]
mod ends;
#[path = "fs/faults.rs"]
mod faults;
#[path = "fs/file.rs"]
mod file;
#[path = "fs/help.rs"]
mod help;
#[path = "fs/paths.rs"]
mod paths;
#[path = "fs/random.rs"]
mod random;
