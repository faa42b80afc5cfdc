//! what is needed: CPython, aiohttp, and the examples in release.

use super::rows::Row;
use super::{Options, Size};
use crate::compare::about;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const LEAST: (u32, u32) = (3, 11);
const LEAST_AIOHTTP: (u32, u32) = (3, 9);

/// What an interpreter says of itself, a word and a value on each line.
const PROBE: &str = "
import platform, sqlite3, sys
print('implementation', platform.python_implementation())
print('version', platform.python_version())
print('sqlite', sqlite3.sqlite_version)
print('executable', sys.executable)
try:
    import aiohttp
    print('aiohttp', aiohttp.__version__)
    from aiohttp.http import HttpResponseParser
    print('parser', 'Python' if HttpResponseParser.__name__.endswith('Py') else 'C')
except ImportError:
    pass
";

/// An interpreter that will do.
#[derive(Clone, Debug)]
pub struct Python {
    program: String,
    said: BTreeMap<String, String>,
}

impl Python {
    /// Asks `program` what it is. A name may lead to a script that starts the interpreter, as with
    /// pyenv: then the interpreter is measured, for a shell is no part of CPython. A path is taken
    /// as it stands.
    ///
    /// # Errors
    /// What to install.
    pub fn find(program: &str) -> Result<Self, String> {
        let named = Self::ask(program)?;
        if program.contains('/') {
            return Ok(named);
        }
        let itself = Self::ask(named.says("executable"));
        // A script may also say where packages are: then it is needed.
        Ok(itself.ok().filter(|python| python.said == named.said).unwrap_or(named))
    }

    fn ask(program: &str) -> Result<Self, String> {
        let install = |what: String| {
            format!(
                "--python needs CPython {}.{} or later, and {what}. Install it (Debian, Ubuntu: \
                 apt install python3; elsewhere: https://www.python.org/downloads), or name \
                 another with --python=PROGRAM",
                LEAST.0, LEAST.1
            )
        };
        let output = Command::new(program).args(["-c", PROBE]).stdin(Stdio::null()).output();
        let output = match output {
            Ok(output) if output.status.success() => output.stdout,
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let last = said.lines().last().unwrap_or_default().to_owned();
                return Err(install(format!("{program} does not work: {}: {last}", output.status)));
            }
            Err(error) => return Err(install(format!("{program} cannot be started: {error}"))),
        };
        let pair = |line: &str| {
            line.split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let said = String::from_utf8_lossy(&output).lines().filter_map(pair).collect();
        let python = Self { program: program.to_owned(), said };
        let (what, version) = (python.says("implementation"), python.says("version"));
        match what == "CPython" && number(version) >= LEAST {
            true => Ok(python),
            false => Err(install(format!("{program} is {what} {version}"))),
        }
    }

    fn says(&self, name: &str) -> &str {
        self.said.get(name).map_or("", String::as_str)
    }

    /// What to install when aiohttp is not there, or is too old.
    pub fn no_aiohttp(&self) -> Option<String> {
        let (program, (major, minor)) = (&self.program, LEAST_AIOHTTP);
        let has = match self.says("aiohttp") {
            version if number(version) >= LEAST_AIOHTTP => return None,
            "" => "none",
            version => version,
        };
        Some(format!(
            "the programs over HTTP need aiohttp {major}.{minor} or later, and {program} has \
             {has}. Install it: {program} -m pip install aiohttp (Debian, Ubuntu: apt install \
             python3-aiohttp)"
        ))
    }

    /// A command that runs one of our scripts; it leaves no files beside them.
    pub fn command(&self, script: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-B").arg(self::script(script));
        command
    }
}

/// Major and minor of `3.11.7`; zeroes for what is none.
fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// Where a script of ours is.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name)
}

/// All that is run.
#[derive(Debug)]
pub struct Tools {
    pub python: Python,
    pub programs: BTreeMap<String, PathBuf>,
}

impl Tools {
    /// A command that runs an example.
    pub fn example(&self, name: &str) -> Command {
        Command::new(&self.programs[name])
    }

    /// Key and value, in the order to print them.
    pub fn about(&self, options: &Options) -> Vec<(&'static str, String)> {
        let says = |name| self.python.says(name);
        let size = match options.size {
            Size::Full => "the documents' sizes",
            Size::Quick => "shorter delays (--quick)",
            Size::Tiny => "tiny: not a measurement",
        };
        let aiohttp = match says("aiohttp") {
            "" => "no aiohttp".to_owned(),
            version => format!("aiohttp {version}, its parser in {}", says("parser")),
        };
        let profile = match options.programs {
            Some(_) => "the programs of --programs, however they were built",
            None => "release",
        };
        vec![
            ("machine", about::machine()),
            ("load", about::load()),
            (
                "python",
                format!(
                    "CPython {} ({}), {aiohttp}; SQLite {}",
                    says("version"),
                    self.python.program,
                    says("sqlite")
                ),
            ),
            ("ports", format!("{}; {profile}", about::compiler())),
            ("size", format!("{size}, {} rounds", options.rounds)),
        ]
    }
}

/// The examples that these rows need, and where each is: in `folder`, or built now, in release.
///
/// # Errors
/// One of them is not there, or cannot be built.
pub fn examples(folder: Option<&Path>, rows: &[&Row]) -> Result<BTreeMap<String, PathBuf>, String> {
    let own = rows.iter().map(|row| row.example);
    let wanted: BTreeSet<&str> = own.chain(["fetch", "load", "server"]).collect();
    let found = match folder {
        Some(folder) => wanted.iter().map(|name| (name.to_string(), folder.join(name))).collect(),
        None => build(&wanted)?,
    };
    match wanted.iter().find(|name| !found.get(**name).is_some_and(|path| path.exists())) {
        None => Ok(found),
        Some(name) => Err(format!("the example {name} is not built")),
    }
}

/// `cargo build`, which says where it has put what.
fn build(wanted: &BTreeSet<&str>) -> Result<BTreeMap<String, PathBuf>, String> {
    eprintln!("building the examples in release");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command.args([
        "build",
        "--release",
        "-p",
        "examples",
        "--message-format",
        "json-render-diagnostics",
    ]);
    for name in wanted {
        command.args(["--example", name]);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err("the examples cannot be built; see above".to_owned());
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().filter_map(|line| serde_json::from_str(line).ok()).filter_map(built).collect())
}

/// Name and place of a program, if that is what the message is about.
fn built(message: Value) -> Option<(String, PathBuf)> {
    let name = message["target"]["name"].as_str()?.to_owned();
    Some((name, message["executable"].as_str()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_numbers() {
        assert_eq!(number("3.11.7"), (3, 11));
        assert_eq!(number("3.14.0rc1"), (3, 14));
        assert!(number("") < LEAST && number("3.9.2") < LEAST && number("4.0") > LEAST);
    }

    #[test]
    fn cargo_says_where_a_program_is() {
        let message = serde_json::json!({ "target": { "name": "echo" }, "executable": "/t/echo" });
        assert_eq!(built(message), Some(("echo".to_owned(), "/t/echo".into())));
        assert_eq!(built(serde_json::json!({ "reason": "build-finished" })), None);
    }
}
