//! `cargo compare --python`: what it says when something is missing, and that all peers do the same
//! work. No figure is looked at.
//!
//! The rows run with the examples as cargo has built them beside this test. Where they, CPython or
//! aiohttp are missing, a test says so and is skipped.

use benches::python::find::{Python, script};
use benches::python::rows::ROWS;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A folder that is gone when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // Ordering: each number is given out once.
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(format!("mainspring-python-{process}-{number}"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn compare(python: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.arg(format!("--python={}", python.display())).args(args).stdin(Stdio::null());
    command
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Where the examples are, all that the rows need; else says that the test is skipped.
fn examples() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_BIN_EXE_compare")).parent().unwrap().join("examples");
    let wanted = ROWS.iter().map(|row| row.example).chain(["load", "server"]);
    for name in wanted {
        if !beside.join(name).exists() {
            eprintln!("skipped: {name} is not built: cargo build -p examples --examples");
            return None;
        }
    }
    Some(beside)
}

/// An interpreter that will do, with aiohttp if that is needed; else says so.
fn python(aiohttp: bool) -> Option<PathBuf> {
    match Python::find("python3") {
        Err(why) => eprintln!("skipped: {why}"),
        Ok(python) => match python.no_aiohttp().filter(|_| aiohttp) {
            Some(why) => eprintln!("skipped: {why}"),
            None => return Some("python3".into()),
        },
    }
    None
}

/// Runs the rows with such names, tiny, once.
fn tiny(python: &Path, examples: &Path, args: &[&str]) -> Command {
    let mut command = compare(python, &["--tiny", "--rounds", "1", "--programs"]);
    command.arg(examples).args(args);
    command
}

#[test]
fn without_an_interpreter_it_says_what_to_install() {
    let folder = Folder::new();
    let old = "printf 'implementation CPython\\nversion 3.10.14\\n'";
    let other = "printf 'implementation PyPy\\nversion 3.11.9\\n'";
    for (program, says) in [
        (folder.0.join("none"), "cannot be started"),
        (folder.file("broken", "#!/bin/sh\necho oh no >&2\nexit 1\n"), "oh no"),
        (folder.file("old", &format!("#!/bin/sh\n{old}\n")), "is CPython 3.10.14"),
        (folder.file("other", &format!("#!/bin/sh\n{other}\n")), "is PyPy 3.11.9"),
    ] {
        let output = compare(&program, &["--quick"]).output().unwrap();
        let (out, err) = text(&output);
        assert!(!output.status.success() && out.is_empty(), "{out}");
        assert_eq!(err.lines().count(), 1, "{err}");
        for part in [says, "CPython 3.11 or later", "apt install python3", "--python=PROGRAM"] {
            assert!(err.contains(part), "no {part:?} in {err}");
        }
    }
}

#[test]
fn without_aiohttp_the_rows_that_need_none_run_and_it_says_what_to_install() {
    let (Some(python), Some(examples)) = (python(false), examples()) else { return };
    let folder = Folder::new();
    folder.file("aiohttp.py", "raise ImportError\n");
    let output = tiny(&python, &examples, &[]).env("PYTHONPATH", &folder.0).output().unwrap();
    let (out, err) = text(&output);
    assert!(!output.status.success());
    assert!(
        err.contains("aiohttp 3.9 or later") && err.contains("-m pip install aiohttp"),
        "{err}"
    );
    assert!(err.contains("only these rows run: queue, queue, no delays, echo"), "{err}");
    let rows: Vec<_> = ROWS.iter().filter(|row| out.contains(row.what)).collect();
    assert!(rows.len() == 3 && rows.iter().all(|row| !row.aiohttp), "{out}");
    assert!(!out.contains("FAILED") && out.contains("each did: 500 echoes"), "{out}");

    folder.file("aiohttp.py", "__version__ = '3.8.6'\n");
    let output = tiny(&python, &examples, &["--rows", "crawl"]);
    let (out, err) = text(&{ output }.env("PYTHONPATH", &folder.0).output().unwrap());
    assert!(out.is_empty() && err.contains("python3 has 3.8.6"), "{out}{err}");
}

/// Each round has a server of its own, at another port.
#[test]
fn what_is_stored_is_the_same_work_in_every_round() {
    let (Some(python), Some(examples)) = (python(true), examples()) else { return };
    let mut twice = compare(&python, &["--tiny", "--rounds", "2", "--rows", "scraper"]);
    let output = twice.arg("--programs").arg(examples).output().unwrap();
    let (out, err) = text(&output);
    assert!(output.status.success() && !out.contains("FAILED"), "{out}{err}");
}

#[test]
fn all_peers_do_the_same_work_in_every_row() {
    let (Some(python), Some(examples)) = (python(true), examples()) else { return };
    let folder = Folder::new();
    let json = folder.0.join("all.json");
    let output = tiny(&python, &examples, &["--json"]).arg(&json).output().unwrap();
    let (out, err) = text(&output);
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(out.matches("\n  CPython ").count(), ROWS.len(), "{out}");
    assert_eq!(out.matches("\n  port, ").count(), 2 * ROWS.len(), "{out}");
    for did in [
        "each did: 60 60 1310, 60 requests to the server",
        "saved 20 20; rows 4,",
        r#""results":["DB_AI_1","DB_AI_2","Sample Slide Show"],"partial_failure":false}"#,
    ] {
        assert!(out.contains(did), "no {did:?} in {out}");
    }
    let json = serde_json::from_str(&std::fs::read_to_string(json).unwrap());
    let json: serde_json::Value = json.unwrap();
    for row in json["rows"].as_array().unwrap() {
        for (peer, rounds) in row["peers"].as_object().unwrap() {
            let round = &rounds[0];
            for figure in [&round["run"], &round["whole"]["cpu"], &round["whole"]["peak"]] {
                assert!(figure.as_f64().unwrap() > 0.0, "{}, {peer}: {round}", row["name"]);
            }
        }
    }
}

/// A name may lead to a shell that starts the interpreter. It is no part of it, unless it brings
/// something.
#[test]
fn what_is_measured_is_the_interpreter_itself() {
    let (Some(python), Some(examples)) = (python(false), examples()) else { return };
    let folder = Folder::new();
    let start = format!("exec {} \"$@\"\n", python.display());
    folder.file("shim", &format!("#!/bin/sh\n{start}"));
    folder.file("aiohttp.py", "__version__ = '3.8.7'\n");
    let path = format!("export PYTHONPATH={}\n", folder.0.display());
    folder.file("brings", &format!("#!/bin/sh\n{path}{start}"));
    let path = std::env::var("PATH").unwrap();
    for (name, measured) in [("shim", false), ("brings", true)] {
        let mut compare = tiny(Path::new(name), &examples, &["--rows", "queue"]);
        compare.env("PATH", format!("{}:{path}", folder.0.display()));
        let (out, err) = text(&compare.output().unwrap());
        assert_eq!(out.contains(&format!("({name})")), measured, "{out}{err}");
    }
}

/// As in a job in the background of a script, where nobody can press ctrl-c.
#[test]
fn the_programs_end_when_they_are_told_though_the_shell_ignores_ctrl_c() {
    let (Some(python), Some(examples)) = (python(false), examples()) else { return };
    let compare = tiny(&python, &examples, &["--rows", "echo"]);
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", "trap '' INT; exec \"$@\"", "sh"]).arg(compare.get_program());
    let (out, err) = text(&ignoring.args(compare.get_args()).output().unwrap());
    assert!(out.contains("each did: 500 echoes"), "{out}{err}");
}

/// The scraper's database is there when it is pressed.
#[test]
fn ctrl_c_leaves_no_file_and_no_process_behind() {
    let (Some(python), Some(examples)) = (python(true), examples()) else { return };
    let folder = Folder::new();
    let mut compare = tiny(&python, &examples, &["--rows", "scraper"]);
    compare.env("TMPDIR", &folder.0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut compare = compare.spawn().unwrap();
    let files = || std::fs::read_dir(&folder.0).unwrap().count();
    while files() == 0 {
        assert!(compare.try_wait().unwrap().is_none(), "it ended before it had a database");
        std::thread::yield_now();
    }
    let kill = Command::new("kill").args(["-INT", &compare.id().to_string()]).status();
    assert!(kill.unwrap().success());
    // It waits until nobody has the pipes any more.
    let output = compare.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(files() == 0 && text(&output).1.contains("interrupted"), "{output:?}");
}

/// An interpreter that leaves out a page is found out.
#[test]
fn other_work_is_no_comparison() {
    let (Some(python), Some(examples)) = (python(false), examples()) else { return };
    let folder = Folder::new();
    let lazy = "#!/bin/sh\ncase \"$*\" in *--items\\ 20*) set -- \"$@\" --items 19;; esac\n";
    let lazy = folder.file("lazy", &format!("{lazy}exec {} \"$@\"\n", python.display()));
    let output = tiny(&lazy, &examples, &["--rows", "queue"]).output().unwrap();
    let (out, _) = text(&output);
    assert!(!output.status.success());
    assert!(out.contains("FAILED: not the same work: CPython: 19; port, current"), "{out}");
}

#[test]
fn the_flags_that_make_no_sense_together_are_refused() {
    for more in ["--flavor=mt", "--check", "--count"] {
        let output = compare(Path::new("python3"), &[more]).output().unwrap();
        assert!(!output.status.success() && text(&output).1.contains("--python"), "{more}");
    }
    let output = compare(Path::new("python3"), &["--list"]).output().unwrap();
    assert_eq!(text(&output).0.lines().count(), ROWS.len());
    let output = compare(Path::new("python3"), &["--rows", "nothing"]).output().unwrap();
    assert!(text(&output).1.contains("--list"));
}

/// They are read by people: no line is longer than in the rest of the tree, and they compile.
#[test]
fn the_scripts_are_python() {
    let scripts: Vec<_> = ROWS.iter().map(|row| script(row.script)).collect();
    for path in &scripts {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{}", path.display());
    }
    let Some(python) = python(false) else { return };
    let compile = "import ast, sys; [ast.parse(open(path).read(), path) for path in sys.argv[1:]]";
    let status = Command::new(python).arg("-c").arg(compile).args(&scripts).status();
    assert!(status.unwrap().success());
}
