//! Exercises, each a package of its own: which test is the next to pass, and a hint for it; and the
//! proof that an exercise is one.
//!
//! ```text
//!   book/exercises/ch05_1_name/   src/lib.rs        the starter: compiles, and fails its tests
//!                                 solution/lib.rs   in its place: passes
//!                                 wrong…/lib.rs     in its place: compiles, and fails
//!                                 tests/            README.md: the task, and <details> with hints
//! ```

use crate::out;
use crate::page::walk;
use crate::run::{Output, shell};
use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};

/// A test that has not ended by then waits for something that will not come.
const SECONDS: u32 = 60;

/// What the tests of an exercise say.
struct Verdict {
    passed: usize,
    /// The first that does not pass, and what it says.
    next: Option<(String, String)>,
}

/// The exercise's folder: `05.1` is `ch05_1_…`.
fn find(root: &Path, number: &str) -> Result<PathBuf, String> {
    let (chapter, exercise) =
        number.split_once('.').ok_or("an exercise is CHAPTER.NUMBER: 05.1")?;
    let start = format!("ch{chapter:0>2}_{exercise}_");
    let all = all(root);
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    all.iter().find(|path| name(path).starts_with(&start)).cloned().ok_or_else(|| {
        let names: Vec<String> = all.iter().map(name).collect();
        format!("no exercise {number}; there are: {}", names.join(", "))
    })
}

fn all(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(&root.join("book/exercises"), &mut files);
    let manifest = |path: &PathBuf| path.ends_with("Cargo.toml");
    files.iter().filter(|path| manifest(path)).filter_map(|p| p.parent()).map(Into::into).collect()
}

/// Runs the tests of an exercise and prints where it stands. Is it solved?
pub fn exercise(root: &Path, number: &str, hints: usize, answer: &str) -> Result<bool, String> {
    let folder = find(root, number)?;
    let verdict = run(root, &with_answer(root, &folder, answer)?)?;
    let Some((test, says)) = verdict.next else {
        out::line(format_args!("all {} tests pass: the exercise is solved", verdict.passed));
        return Ok(true);
    };
    out::line(format_args!(
        "{} tests pass before the first that does not: {test}\n\n{}\n",
        verdict.passed, says
    ));
    let steps = self::hints(&fs::read_to_string(folder.join("README.md")).unwrap_or_default());
    for (index, step) in steps.iter().enumerate().take(hints) {
        out::line(format_args!("hint {} of {}: {step}\n", index + 1, steps.len()));
    }
    if hints < steps.len() {
        out::line(format_args!("the next hint: cargo book ex {number} --hint {}", hints + 1));
    }
    Ok(false)
}

/// Every starter fails, every solution passes, every wrong answer fails; all of them compile.
pub fn prove(root: &Path) -> Result<bool, String> {
    let mut well = true;
    for folder in all(root) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut answers = vec![String::new()];
        let is_answer = |name: &String| name == "solution" || name.starts_with("wrong");
        let entries = fs::read_dir(&folder).map_err(|error| format!("{name}: {error}"))?;
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        answers.extend(names.filter(is_answer));
        answers.sort();
        for needed in ["solution", "wrong"] {
            if !answers.iter().any(|answer| answer.starts_with(needed)) {
                out::line(format_args!("{name}: no {needed}/lib.rs"));
                well = false;
            }
        }
        for answer in answers {
            let verdict = run(root, &with_answer(root, &folder, &answer)?)?;
            let right = verdict.next.is_none() == (answer == "solution");
            let shown = if answer.is_empty() { "starter" } else { &answer };
            let did = match &verdict.next {
                None => "passes".to_string(),
                Some((test, _)) => format!("fails {test}"),
            };
            out::line(format_args!(
                "{name}: {shown} {did}{}",
                if right { "" } else { ", and should not" }
            ));
            well &= right;
        }
    }
    Ok(well)
}

/// The exercise, or a copy with an answer in the place of the starter.
fn with_answer(root: &Path, folder: &Path, answer: &str) -> Result<PathBuf, String> {
    if answer.is_empty() {
        return Ok(folder.to_path_buf());
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let copy = crate::build::target(root).join("exercises").join(format!("{name}-{answer}"));
    let failed = |error: std::io::Error| format!("{name}, {answer}: {error}");
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(failed)?;
    }
    let mut files = Vec::new();
    walk(folder, &mut files);
    for file in files {
        let to = copy.join(file.strip_prefix(folder).unwrap_or(&file));
        fs::create_dir_all(to.parent().unwrap_or(&copy)).map_err(failed)?;
        fs::copy(&file, &to).map_err(failed)?;
    }
    fs::copy(folder.join(answer).join("lib.rs"), copy.join("src/lib.rs")).map_err(failed)?;
    // The way to the stage is another from there.
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).map_err(failed)?;
    let here = folder.canonicalize().map_err(failed)?;
    let relative = Regex::new(r#"path = "(\.\./[^"]*)""#).expect("a pattern of this file");
    let absolute = format!("path = \"{}/$1\"", here.display());
    let manifest = relative.replace_all(&manifest, absolute.as_str());
    fs::write(copy.join("Cargo.toml"), manifest.as_bytes()).map_err(failed)?;
    Ok(copy)
}

/// Compiles the tests, then runs them one after the other, under a watchdog.
fn run(root: &Path, folder: &Path) -> Result<Verdict, String> {
    // One each: cargo takes two packages of one name at two places for the same.
    let name = folder.file_name().unwrap_or_default();
    let target = crate::build::target(root).join("exercises/target").join(name);
    let set = format!("export CARGO_TARGET_DIR='{}'", target.display());
    let built = shell(folder, &format!("{set}; cargo test -q --no-run"))?;
    if !built.success {
        return Err(format!("{}: it does not compile\n{}", folder.display(), built.text));
    }
    let tests = "cargo test --no-fail-fast -- --test-threads=1";
    Ok(verdict(&shell(folder, &format!("{set}; timeout -k 5 {SECONDS} {tests}"))?))
}

fn verdict(tests: &Output) -> Verdict {
    let mut passed = 0;
    let mut next = None;
    for line in tests.text.lines() {
        let Some((name, end)) = line.strip_prefix("test ").and_then(|l| l.split_once(" ... "))
        else {
            continue;
        };
        match end.trim() {
            "ok" => passed += usize::from(next.is_none()),
            "ignored" => {}
            "FAILED" if next.is_none() => next = Some((name.to_string(), says(&tests.text, name))),
            _ if next.is_none() => {
                let text = format!("it has not ended within {SECONDS} s: what does it wait for?");
                next = Some((name.to_string(), text));
            }
            _ => {}
        }
    }
    if next.is_none() && !tests.success {
        next = Some(("the run".to_string(), tests.text.clone()));
    }
    Verdict { passed, next }
}

/// What a failed test printed.
fn says(text: &str, test: &str) -> String {
    let head = format!("---- {test} stdout ----\n");
    let start = text.find(&head).map_or(text.len(), |at| at + head.len());
    let rest = &text[start..];
    let end = [rest.find("\n---- "), rest.find("\nfailures:")].into_iter().flatten().min();
    let lines = rest[..end.unwrap_or(rest.len())].trim().lines();
    let own = lines.filter(|line| !line.starts_with("note: ")).map(|line| format!("    {line}\n"));
    own.collect::<String>().trim_end().to_string()
}

/// The steps in which a README helps: its `<details>`, those called hints if there are any.
fn hints(readme: &str) -> Vec<String> {
    let pattern = r"(?s)<details[^>]*>\s*<summary>(.*?)</summary>(.*?)</details>";
    let pattern = Regex::new(pattern).expect("a pattern of this file");
    let all: Vec<(String, String)> = pattern
        .captures_iter(readme)
        .map(|found| (found[1].to_lowercase(), found[2].trim().to_string()))
        .collect();
    let called = all.iter().any(|(summary, _)| summary.contains("hint"));
    all.into_iter().filter(|(s, _)| !called || s.contains("hint")).map(|(_, text)| text).collect()
}

/// The tests of a stage, and its demo: the first program that its README runs.
pub fn stage(root: &Path, number: &str) -> Result<bool, String> {
    let name = format!("ch{number:0>2}");
    let readme = format!("book/stages/{name}/README.md");
    let readme = crate::page::read_source(root, &readme)?;
    let demo =
        readme.lines().find_map(|line| line.strip_prefix("$ ").filter(|l| l.contains("run")));
    let test = format!("cargo test -p stage-{name}");
    for command in [Some(test.as_str()), demo].into_iter().flatten() {
        out::line(format_args!("$ {command}"));
        let mut bash = std::process::Command::new("bash");
        let status = bash.args(["-c", command]).current_dir(root).status();
        if !status.map_err(|error| error.to_string())?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
#[path = "exercise_tests.rs"]
mod tests;
