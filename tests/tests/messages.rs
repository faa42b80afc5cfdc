//! What the compiler says about mistakes in `select!`, `join!`, `try_join!` and `pin!`.
//!
//! Each file of `messages/` has mistakes, and beside it what is printed. The texts are the
//! compiler's as well as ours, so they are compared on the toolchain that they were recorded on;
//! others only have to refuse the files. To record them anew:
//!
//!     TRYBUILD=overwrite cargo test -p tests --test messages

use std::process::Command;

/// Whose texts they are.
const RECORDED_ON: &str = "rustc 1.95.";

#[test]
fn mistakes_are_shown_where_they_are_with_what_to_write() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("there is a compiler");
    if String::from_utf8_lossy(&version.stdout).starts_with(RECORDED_ON) {
        return trybuild::TestCases::new().compile_fail("tests/messages/*.rs");
    }
}
