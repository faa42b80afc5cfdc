//! What the compiler says about mistakes in `select!`, `join!`, `try_join!` and `pin!`.
//!
//! Each file of `messages/` has mistakes, and beside it what is printed. The texts are the
//! compiler's as well as ours, so they are compared on the toolchain that they were recorded on;
//! others only have to refuse the files. To record them anew:
//!
//!     TRYBUILD=overwrite cargo test -p tests --test messages

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Whose texts they are.
const RECORDED_ON: &str = "rustc 1.95.";
/// Set for the process that looks at copies, without texts.
const COPIES: &str = "MAINSPRING_MESSAGES";

#[test]
fn mistakes_are_shown_where_they_are_with_what_to_write() {
    let refused = |files: &str| trybuild::TestCases::new().compile_fail(files);
    if let Ok(copies) = env::var(COPIES) {
        return refused(&copies);
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("there is a compiler");
    if String::from_utf8_lossy(&version.stdout).starts_with(RECORDED_ON) {
        return refused("tests/messages/*.rs");
    }
    let files = copies_without_texts();
    let this = env::current_exe().expect("this test is a program");
    let status = Command::new(this).env(COPIES, files).env("TRYBUILD", "overwrite").status();
    assert!(status.expect("a program can be started").success());
}

/// Where there is no text to compare with, trybuild writes one.
fn copies_without_texts() -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("messages");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    let originals = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages");
    for file in fs::read_dir(originals).expect("the folder can be read") {
        let file = file.expect("the folder can be read").path();
        if file.extension().is_some_and(|end| end == "rs") {
            let name = file.file_name().expect("it ends in .rs");
            fs::copy(&file, folder.join(name)).expect("the file can be copied");
        }
    }
    folder.join("*.rs").to_string_lossy().into_owned()
}
