//! `cargo weaken`: do the model tests have teeth?
//!
//! Each line of `tests/weaken.txt` names a change that makes the code wrong (a weaker ordering, two
//! lines swapped) and the model that must notice. This program copies the library to a folder of
//! its own below `target`, makes one change at a time, runs the model and shows a table. A model
//! that still passes is no proof of anything.
//!
//! ```text
//! cargo weaken                  all lines
//! cargo weaken --only parker    lines that contain "parker"
//! cargo weaken --every 8        every eighth line: what the gate has time for
//! ```
//!
//! The exit status is 0 when every change was noticed, and the unchanged code passes every model.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A model takes seconds; one that has no answer by then is reported.
const LIMIT: Duration = Duration::from_secs(180);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One line of `weaken.txt`: `file | exact text | replacement | model`.
#[derive(Debug, PartialEq)]
struct Line {
    number: usize,
    /// From `runtime/src`, whether the line says so or not.
    file: String,
    text: String,
    replacement: String,
    model: String,
}

fn parse(text: &str) -> Result<Vec<Line>> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(number, line)| parse_line(number, line)).collect()
}

fn parse_line(number: usize, line: &str) -> Result<Line> {
    let fields: Vec<String> = line.split(" | ").map(unescape).collect();
    let [file, text, replacement, model] = fields.as_slice() else {
        let found = fields.len();
        return Err(format!(
            "line {number}: 4 fields between ` | `, not {found} (`\\|` is a bar)"
        ))?;
    };
    let own = |field: &String| field.trim().trim_start_matches("runtime/src/").to_string();
    Ok(Line {
        number,
        file: own(file),
        text: text.clone(),
        replacement: replacement.clone(),
        model: own(model),
    })
}

/// `\n` is a line break, `\|` a bar.
fn unescape(field: &str) -> String {
    field.replace("\\n", "\n").replace("\\|", "|")
}

/// The file with the change made.
fn apply(line: &Line, source: &str) -> Result<String> {
    match source.matches(&line.text).count() {
        1 => Ok(source.replacen(&line.text, &line.replacement, 1)),
        found => Err(format!("the text stands in {} {found} times, not once", line.file))?,
    }
}

/// A copy of the library; it is built where the models are built, so that both share the rest.
struct Copy {
    root: PathBuf,
    build: PathBuf,
}

impl Copy {
    fn new(workspace: &Path, target: &Path) -> Result<Self> {
        let (root, build) = (target.join("weaken"), target.join("loom"));
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        copy_folder(&workspace.join("runtime"), &root.join("runtime"))?;
        for file in ["README.md", "Cargo.lock"] {
            if workspace.join(file).exists() {
                fs::copy(workspace.join(file), root.join(file))?;
            }
        }
        let manifest = fs::read_to_string(workspace.join("Cargo.toml"))?;
        fs::write(root.join("Cargo.toml"), only_the_library(&manifest)?)?;
        Ok(Self { root, build })
    }

    fn source(&self, file: &str) -> PathBuf {
        self.root.join("runtime/src").join(file)
    }

    /// Builds the models and says where they are; the error is what the compiler said.
    fn build(&self) -> Result<PathBuf> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.current_dir(&self.root).args(["test", "-q", "-p", "mainspring", "--lib"]);
        cargo.args(["--release", "--no-run", "--message-format=json-render-diagnostics"]);
        cargo.env("CARGO_TARGET_DIR", &self.build).env("CARGO_INCREMENTAL", "1");
        cargo.env("RUSTFLAGS", "--cfg loom").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        cargo.stdin(Stdio::null());
        let output = cargo.output()?;
        if !output.status.success() {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())?;
        }
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, path) = messages.rsplit_once("\"executable\":\"").ok_or("cargo built no tests")?;
        Ok(path.split('"').next().unwrap_or_default().into())
    }
}

/// Every model of a test program, by its full name.
fn models_of(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program).arg("--list").output()?;
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(list.lines().filter_map(|line| line.strip_suffix(": test")).map(Into::into).collect())
}

/// Did the model pass?
fn run(program: &Path, model: &str) -> Result<bool> {
    let mut program = Command::new(program);
    program.args(["--exact", model]).stdin(Stdio::null());
    wait(program.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

fn wait(mut child: Child) -> Result<bool> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            Err(format!("no answer in {} s", LIMIT.as_secs()))?;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// The workspace's manifest without the packages that are not copied.
fn only_the_library(manifest: &str) -> Result<String> {
    let start = manifest.find("members = [").ok_or("no members in Cargo.toml")?;
    let end = start + manifest[start..].find(']').ok_or("no end of members in Cargo.toml")?;
    let members = "members = [\"runtime\", \"runtime/macros\"";
    Ok(format!("{}{members}{}", &manifest[..start], &manifest[end..]))
}

/// Makes the change, runs the model, takes the change back. `Ok` says that the model noticed.
fn try_one(copy: &Copy, line: &Line, models: &[String]) -> Result<bool> {
    let is_it = |name: &&String| name.rsplit("::").next() == Some(&line.model);
    let model = models.iter().find(is_it).ok_or_else(|| format!("no model {}", line.model))?;
    let path = copy.source(&line.file);
    let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", line.file))?;
    fs::write(&path, apply(line, &source)?)?;
    let passed = copy.build().and_then(|program| run(&program, model));
    fs::write(&path, source)?;
    Ok(!passed?)
}

fn weaken() -> Result<bool> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: cargo weaken [--only PART | --every N]";
    let (only, every) = match arguments.as_slice() {
        [] => ("", 1),
        [option, part] if option == "--only" => (part.as_str(), 1),
        [option, n] if option == "--every" => ("", n.parse::<usize>().map_err(|_| usage)?.max(1)),
        _ => return Err(usage)?,
    };
    let list = fs::read_to_string(workspace.join("tests/weaken.txt"))?;
    let mut lines = parse(&list)?;
    let whole = |line: &Line| list.lines().nth(line.number - 1).unwrap_or_default().to_string();
    lines.retain(|line| whole(line).contains(only));
    let lines: Vec<_> = lines.into_iter().step_by(every).collect();
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = workspace.join(target.unwrap_or("target".into()));
    let copy = Copy::new(workspace, &target)?;
    println!("{} changes; building the models as they are", lines.len());
    let program = copy.build()?;
    let models = models_of(&program)?;
    let mut all_well = true;
    let mut named: Vec<_> = lines.iter().map(|line| &line.model).collect();
    named.sort();
    named.dedup();
    for model in models.iter().filter(|m| named.iter().any(|n| m.rsplit("::").next() == Some(n))) {
        if !run(&program, model)? {
            println!("{model} fails without any change");
            all_well = false;
        }
    }
    println!("{:>4}  {:<26} {:<48} {:>5}  result", "line", "file", "model", "s");
    for line in &lines {
        let start = Instant::now();
        let result = match try_one(&copy, line, &models) {
            Ok(true) => "model failed, as it must".to_string(),
            Ok(false) => "SURVIVED".to_string(),
            Err(error) => format!("ERROR: {error}"),
        };
        all_well &= result.starts_with("model failed");
        let seconds = start.elapsed().as_secs_f64();
        let Line { number, file, model, .. } = line;
        println!("{number:>4}  {file:<26} {model:<48} {seconds:>5.1}  {result}");
    }
    Ok(all_well)
}

fn main() -> ExitCode {
    match weaken() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_four_fields() {
        let lines = parse("# a\n\nx.rs | a \\| b\\nc |  d | loom_x\n").expect("it parses");
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((line.number, line.file.as_str(), line.model.as_str()), (3, "x.rs", "loom_x"));
        assert_eq!((line.text.as_str(), line.replacement.as_str()), ("a | b\nc", " d"));
        assert!(parse("x.rs | a | b").is_err());
    }

    #[test]
    fn a_text_must_stand_in_the_file_once() {
        let line = parse_line(1, "x.rs | Acquire | Relaxed | loom_x").expect("it parses");
        assert_eq!(apply(&line, "load(Acquire)").expect("once"), "load(Relaxed)");
        assert!(apply(&line, "load(Release)").is_err());
        assert!(apply(&line, "Acquire, Acquire").is_err());
    }

    #[test]
    fn the_copy_has_two_members() {
        let manifest = "[workspace]\nmembers = [\"a\", \"b\"]\nx = []\n";
        let members = "[workspace]\nmembers = [\"runtime\", \"runtime/macros\"]\nx = []\n";
        assert_eq!(only_the_library(manifest).expect("members"), members);
    }
}
