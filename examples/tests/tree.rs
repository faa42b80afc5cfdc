//! No tokio runtime is compiled in: what `cargo tree` says of this package and of the library.
//!
//! hyper needs the crate `tokio` for its channels (feature `sync`), and that is all it may have.

use std::path::Path;
use std::process::Command;

/// Each of these would bring a scheduler, a driver or threads of tokio's into the build.
const FORBIDDEN: [&str; 7] = ["rt", "rt-multi-thread", "net", "time", "fs", "process", "signal"];

/// The lines of a tree that show tokio with more than its channels.
fn faults(tree: &str) -> Vec<&str> {
    let at_fault = |line: &&str| {
        let Some((_, features)) = line.split_once('[') else { return false };
        line.starts_with("tokio v")
            && features.split([',', ']']).any(|f| FORBIDDEN.contains(&f.trim()))
    };
    tree.lines().map(str::trim).filter(at_fault).collect()
}

fn check(package: &str, must_show: &str, edges: &str, more: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["tree", "-p", package, "-e", edges, "--offline", "--prefix", "none"])
        .args(["-f", "{p} [{f}]"])
        .args(more)
        .output();
    let tree = match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            return eprintln!("skipped: cargo tree cannot run offline here: {why}");
        }
        Err(error) => return eprintln!("skipped: cargo cannot be started: {error}"),
    };
    assert!(tree.lines().any(|line| line.starts_with(must_show)), "not a tree:\n{tree}");
    assert_eq!(faults(&tree), Vec::<&str>::new(), "a tokio runtime is compiled in");
}

#[test]
fn the_programs_have_no_tokio_runtime() {
    check("examples", "hyper v", "normal", &[]);
    // https by tokio's traits, and that is all it wants of tokio.
    check("examples", "tokio-rustls v", "normal", &[]);
    // And their tests: the other rustls, HTTP/2.
    check("examples", "futures-rustls v", "normal,dev", &[]);
}

#[test]
fn the_library_has_no_tokio_runtime() {
    check("mainspring", "mio v", "normal", &["--all-features"]);
    // Of its own it asks for nothing but the traits: what tokio has here is hyper's.
    check("mainspring", "tokio v1", "normal", &["--features", "tokio-io"]);
}

#[test]
fn a_tree_with_a_tokio_runtime_is_told_from_one_without() {
    assert!(faults("hyper v1.12.0 [http1]\ntokio v1.54.1 [default, sync]\n").is_empty());
    assert!(faults("tokio-macros v2.7.2 [rt]\ntokio v1.54.1 []").is_empty());
    assert_eq!(faults("tokio v1.54.1 [default, rt, sync]").len(), 1);
    assert_eq!(faults("tokio v1.54.1 [net] (*)").len(), 1);
}
