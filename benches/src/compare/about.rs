//! where and with what: the lines without which a figure means nothing.

use crate::on::{self, Flavor};
use std::fs;
use std::process::Command;

/// Key and value, in the order to print them.
pub fn about(
    flavors: &[Flavor],
    rounds: usize,
    each: std::time::Duration,
) -> Vec<(&'static str, String)> {
    let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let lock = include_str!("../../../Cargo.lock");
    let versions = ["tokio", "smol", "async-executor", "async-io", "async-channel", "async-lock"];
    let versions = versions.iter().chain(&["oneshot", "flume"]);
    let versions = versions.map(|name| format!("{name} {}", version(lock, name)));
    vec![
        ("command", format!("cargo compare {command}").trim().to_owned()),
        ("machine", machine()),
        ("load", load()),
        ("rustc", rustc()),
        ("peers", versions.collect::<Vec<_>>().join(", ")),
        (
            "schedulers",
            flavors.iter().map(|flavor| scheduler(*flavor)).collect::<Vec<_>>().join(", "),
        ),
        ("rounds", format!("{rounds}, {} ms for each peer in a row", each.as_millis())),
    ]
}

fn scheduler(flavor: Flavor) -> String {
    match flavor {
        Flavor::MultiThread => format!("{} ({} workers each)", flavor.name(), on::cores()),
        Flavor::CurrentThread => flavor.name().to_owned(),
    }
}

pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, name)| name.trim()).to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = first_line("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {cores} cores, {} {kernel}, system allocator", std::env::consts::OS)
}

pub fn load() -> String {
    first_line("/proc/loadavg").unwrap_or_default()
}

fn first_line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.lines().next()?.to_owned())
}

fn rustc() -> String {
    let profile = if cfg!(debug_assertions) { "debug: not a measurement" } else { "optimised" };
    format!("{}, {profile}", compiler())
}

/// Its name and version.
pub fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let said = output.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_default()
}

/// The version of a package in the lock file that this program was built with.
fn version<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let after = lock.split_once(&entry).map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_version_is_found_in_a_lock_file() {
        let lock = "[[package]]\nname = \"tokio\"\nversion = \"1.54.1\"\n";
        assert_eq!(super::version(lock, "tokio"), "1.54.1");
    }
}
