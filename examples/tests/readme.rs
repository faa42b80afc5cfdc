//! The README's tables say what is there: every file, every test, and every program in a table.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(folder().join("README.md")).unwrap()
}

/// What stands between `open` and `close` in a line, each time.
fn between<'a>(line: &'a str, open: &str, close: char) -> Vec<&'a str> {
    line.split(open).skip(1).filter_map(|rest| Some(rest.split_once(close)?.0)).collect()
}

/// Where the links of a text lead to, as paths from the folder of the examples.
fn links(text: &str) -> Vec<&str> {
    text.lines().flat_map(|line| between(line, "](", ')')).collect()
}

/// The rows of all tables that have a column for tests: the last one.
fn rows(text: &str) -> Vec<&str> {
    let mut rows = Vec::new();
    let mut tests = false;
    for line in text.lines() {
        match line.starts_with('|') {
            false => tests = false,
            true if line.ends_with("| test |") => tests = true,
            true if tests && !line.starts_with("|--") => rows.push(line),
            true => {}
        }
    }
    rows
}

/// The tests that a row names: the words in backticks in its last column.
fn tests(row: &str) -> Vec<&str> {
    let cell = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
    cell.split('`').skip(1).step_by(2).collect()
}

/// The sources of the test called `file`, of the programs' or of the runtime's, with its parts.
fn sources(file: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for tests in [folder().join("tests"), folder().join("../tests/tests")] {
        let own = tests.join(format!("{file}.rs"));
        if own.exists() {
            found.push(own);
            let parts = fs::read_dir(tests.join(file)).into_iter().flatten().flatten();
            found.extend(parts.map(|part| part.path()).filter(|path| path.is_file()));
        }
    }
    found
}

#[test]
fn every_file_that_is_linked_is_there() {
    let text = readme();
    let links = links(&text);
    assert!(links.len() > 100, "{links:?}");
    for link in links.into_iter().filter(|link| !link.starts_with("http")) {
        let path = link.split('#').next().unwrap_or_default();
        assert!(folder().join(path).exists(), "README.md links to {link}, which is not there");
    }
}

#[test]
fn every_test_that_is_named_is_there() {
    let text = readme();
    let rows = rows(&text);
    assert!(rows.len() > 110, "{} rows", rows.len());
    for row in rows {
        for test in tests(row) {
            let (file, function) = test.split_once("::").unwrap_or((test, ""));
            let sources = sources(file);
            assert!(!sources.is_empty(), "there is no test {file}.rs: {row}");
            let head = format!("fn {function}(");
            let has = |path: &PathBuf| fs::read_to_string(path).unwrap().contains(&head);
            assert!(function.is_empty() || sources.iter().any(has), "no {test}: {row}");
        }
        let none = tests(row).is_empty() && !row.contains("doc test") && !row.contains("the same");
        assert!(!none, "no test: {row}");
    }
}

/// A program is a file of its own here or in the primer; `Cargo.toml` has it too.
#[test]
fn every_program_is_in_a_table_and_is_built() {
    let text = readme();
    let tables: String = text.lines().filter(|line| line.starts_with('|')).collect();
    let cargo = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let mut programs = BTreeSet::new();
    for place in ["", "primer/"] {
        for file in fs::read_dir(folder().join(place)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".rs") {
                programs.insert(format!("{place}{name}"));
            }
        }
    }
    assert!(programs.len() > 30, "{programs:?}");
    for program in programs {
        assert!(tables.contains(&format!("]({program})")), "{program} is in no table");
        assert!(cargo.contains(&format!("path = \"{program}\"")), "{program} is not built");
    }
}

/// What it shows, the command, what the reader will see, the document, and its fault or that it
/// has none.
#[test]
fn every_program_says_at_its_head_what_it_is() {
    let text = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for program in text.lines().filter_map(|line| line.strip_prefix("path = \"")) {
        let program = program.trim_end_matches('"');
        let source = fs::read_to_string(folder().join(program)).unwrap();
        let head: String = source.lines().take_while(|line| line.starts_with("//!")).collect();
        let name = Path::new(program).file_stem().unwrap().to_str().unwrap();
        let command = [format!("--example {name}"), format!("cargo {name}")];
        assert!(command.iter().any(|command| head.contains(command)), "{program}: no command");
        assert!(head.contains("What you will see"), "{program}: not what one will see");
        assert!(head.contains("document"), "{program}: not where it is from");
    }
}

/// The first line, by `-h` and by `--help`, is about this program and no other.
#[test]
fn the_help_of_every_program_says_what_it_shows() {
    let text = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let programs: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("path = \"")).collect();
    let mut heads = BTreeSet::new();
    for program in &programs {
        let name = Path::new(program).file_stem().unwrap().to_str().unwrap();
        let head = |flag| {
            let ended = common::run(name, &[flag]).good();
            ended.out.lines().next().unwrap_or_default().to_owned()
        };
        let (long, short) = (head("--help"), head("-h"));
        assert_eq!(long, short, "{program}");
        assert!(heads.insert(long.clone()), "{program}: another one says {long:?} too");
    }
    assert_eq!(heads.len(), programs.len());
}
