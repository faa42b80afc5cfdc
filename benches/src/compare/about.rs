//! where and with what: the lines without which a figure means nothing.

use crate::on::{self, Flavor};
use std::fs;
use std::process::Command;

pub type Fact = (String, String);

/// Key and value, in the order to print them.
pub fn about(flavors: &[Flavor], rounds: usize, each: std::time::Duration) -> Vec<Fact> {
    let facts = [
        ("command", command()),
        ("machine", machine()),
        ("load", load()),
        ("rustc", rustc()),
        ("peers", versions()),
        (
            "schedulers",
            flavors.iter().map(|flavor| scheduler(*flavor)).collect::<Vec<_>>().join(", "),
        ),
        ("rounds", format!("{rounds}, {} ms for each peer in a row", each.as_millis())),
    ];
    facts.map(|(key, value)| (key.to_owned(), value)).into()
}

/// More of the same, for the page.
pub fn more() -> Vec<Fact> {
    let facts = [
        ("when", said_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        ("mainspring", commit()),
        ("governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
        ("memory", memory()),
        ("virtual", Some(virtual_or_not())),
    ];
    let said = |(key, value): (&str, Option<String>)| {
        (key.to_owned(), value.unwrap_or_else(|| "not readable here".to_owned()))
    };
    facts.map(said).into()
}

/// As the reader would type it.
pub fn command() -> String {
    let words = std::env::args().skip(1).map(|word| match word.contains(' ') {
        true => format!("{word:?}"),
        false => word,
    });
    format!("cargo compare {}", words.collect::<Vec<_>>().join(" ")).trim().to_owned()
}

fn versions() -> String {
    let lock = include_str!("../../../Cargo.lock");
    let names = ["tokio", "smol", "async-executor", "async-io", "async-channel", "async-lock"];
    let names = names.iter().chain(&["oneshot", "flume"]);
    names.map(|name| format!("{name} {}", version(lock, name))).collect::<Vec<_>>().join(", ")
}

fn scheduler(flavor: Flavor) -> String {
    let name = flavor.name();
    match flavor {
        Flavor::MultiThread => format!("{name} ({} workers each)", on::cores()),
        Flavor::OneWorker | Flavor::CurrentThread => name.to_owned(),
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

fn memory() -> Option<String> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: f64 = kib.split_whitespace().next()?.parse().ok()?;
    Some(format!("{:.1} GiB", kib / f64::from(1 << 20)))
}

/// A guest's clock and wake-ups are those of its host.
fn virtual_or_not() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = cpu.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    if !flags.split_whitespace().any(|flag| flag == "hypervisor") {
        return "no hypervisor that says so".to_owned();
    }
    let product = first_line("/sys/class/dmi/id/product_name");
    format!("yes{}", product.map_or(String::new(), |name| format!(": {}", name.trim())))
}

/// What the source is at, and whether something was changed since.
fn commit() -> Option<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let head = said_by("git", &["-C", root, "rev-parse", "--short=12", "HEAD"])?;
    let changes = said_by("git", &["-C", root, "status", "--porcelain"]).unwrap_or_default();
    let changed = if changes.is_empty() { "" } else { ", with changes" };
    Some(format!("{} at {head}{changed}", env!("CARGO_PKG_VERSION")))
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
    said_by("rustc", &["--version"]).unwrap_or_default()
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
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
