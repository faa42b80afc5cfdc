//! Tells the program what it was compiled with: counts belong to a compiler.

use std::env;
use std::process::Command;

fn main() {
    let of = |name: &str| env::var(name).unwrap_or_default();
    let said = Command::new(of("RUSTC")).arg("--version").output();
    let version = said.ok().and_then(|said| String::from_utf8(said.stdout).ok());
    println!("cargo:rustc-env=COUNT_RUSTC={}", version.unwrap_or_default().trim());
    println!("cargo:rustc-env=COUNT_TARGET={}", of("TARGET"));
    // target/PROFILE/build/count-0123/out; with a target that was asked for, one folder deeper.
    let out = of("OUT_DIR");
    let mut folders = out.rsplit(['/', '\\']).skip(3);
    println!("cargo:rustc-env=COUNT_PROFILE={}", folders.next().unwrap_or_default());
    let flags = of("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " ");
    println!("cargo:rustc-env=COUNT_FLAGS={}", if flags.is_empty() { "none" } else { &flags });
    println!("cargo:rerun-if-changed=build.rs");
}
