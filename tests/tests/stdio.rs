//! stdin, stdout and stderr: they are the process's, so every test has one of its own.

#![cfg(unix)]

#[path = "stdio/child.rs"]
mod child;
#[path = "stdio/input.rs"]
mod input;
#[path = "stdio/output.rs"]
mod output;

tests::has! {
    Send, Sync, Unpin => mainspring::io::Stdin, mainspring::io::Stdout, mainspring::io::Stderr
}
