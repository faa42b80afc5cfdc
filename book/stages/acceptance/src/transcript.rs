//! a program's transcript, and the README that promises it.

use std::process::{Command, Stdio};

/// Runs a stage's program and compares what it prints with the block of the README that begins
/// with its command.
///
/// # Panics
/// When the two differ, or the README has no such block, or the program fails.
pub fn is_as_promised(readme: &str, program: &str, path: &str) {
    let promised = promised(readme, program);
    let ran = Command::new(path).stdin(Stdio::null()).output().expect("the program can be run");
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{program} failed: {}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(printed.trim_end(), promised, "{program} prints something else than its README");
}

fn promised<'a>(readme: &'a str, program: &str) -> &'a str {
    let command = format!("--bin {program}\n");
    let Some((_, rest)) = readme.split_once(&command) else {
        panic!("the README does not show {program}");
    };
    rest.split_once("```").map_or(rest, |(block, _)| block).trim_end()
}

/// A test for each program: `programs! { by_hand, future_sizes }`.
#[macro_export]
macro_rules! programs {
    ($($program:ident),+ $(,)?) => {$(
        #[test]
        fn $program() {
            $crate::within_limit(|| {
                let readme = include_str!("../README.md");
                let path = env!(concat!("CARGO_BIN_EXE_", stringify!($program)));
                $crate::transcript::is_as_promised(readme, stringify!($program), path);
            });
        }
    )+};
}
