//! The book's folders: every file stands where a reader will look for it.

use crate::tree::Tree;
use std::collections::BTreeSet;

/// What may stand in `book/` itself.
const TOP: [&str; 10] = [
    "README.md",
    "Cargo.toml",
    "book.toml",
    "src",
    "tests",
    "text",
    "theme",
    "data",
    "stages",
    "exercises",
];
/// What each exercise has; beside it `tests/`, and `wrong/lib.rs` or more of its kind.
const OF_EXERCISE: [&str; 4] = ["Cargo.toml", "README.md", "src/lib.rs", "solution/lib.rs"];
const OF_STAGE: [&str; 3] = ["Cargo.toml", "README.md", "src/lib.rs"];
const THEME_LINES: usize = 400;

/// Folders and files of the book are complete, and there are no others.
pub fn book(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let of_book = |(path, _): &(String, String)| path.strip_prefix("book/").map(str::to_string);
    let paths: Vec<String> = tree.texts.iter().filter_map(of_book).collect();
    for path in &paths {
        let (top, rest) = path.split_once('/').unwrap_or((path, ""));
        let kind = path.rsplit_once('.').map_or("", |(_, kind)| kind);
        if !TOP.contains(&top) {
            found.push(format!("book/{path}: nothing in book/ is called {top}"));
        }
        let kinds: &[&str] = match top {
            "text" => &["md"],
            "data" => &["json"],
            "theme" => &["css", "js"],
            _ => continue,
        };
        if !kinds.contains(&kind) || rest.contains('/') {
            found.push(format!("book/{path}: book/{top} holds files of {}", kinds.join(", ")));
        }
    }
    for (path, text) in tree.texts.iter().filter(|(path, _)| path.starts_with("book/theme/")) {
        let lines = text.lines().count();
        if lines > THEME_LINES {
            found.push(format!("{path}: {lines} lines, at most {THEME_LINES}"));
        }
    }
    for (name, files) in folders(&paths, "stages/") {
        let number = name.strip_prefix("ch").is_some_and(|number| number.parse::<u8>().is_ok());
        if !number && name != "acceptance" {
            found.push(format!("book/stages/{name}: a stage is chNN"));
        }
        let needed = OF_STAGE.iter().filter(|file| number || **file != "README.md");
        let gone = needed.filter(|file| !files.contains(**file));
        found.extend(gone.map(|file| format!("book/stages/{name}: has no {file}")));
    }
    for (name, files) in folders(&paths, "exercises/") {
        let parts: Vec<&str> = name.splitn(3, '_').collect();
        let is_number = |text: &str| text.parse::<u8>().is_ok();
        let chapter = parts[0].strip_prefix("ch").is_some_and(is_number);
        if parts.len() != 3 || !chapter || !is_number(parts[1]) {
            found.push(format!("book/exercises/{name}: an exercise is chNN_k_name"));
        }
        let gone = OF_EXERCISE.iter().filter(|file| !files.contains(**file));
        found.extend(gone.map(|file| format!("book/exercises/{name}: has no {file}")));
        for needed in ["wrong", "tests/"] {
            if !files.iter().any(|file| file.starts_with(needed)) {
                found.push(format!("book/exercises/{name}: has no {needed}"));
            }
        }
    }
    found
}

/// The folders below one, each with its files.
fn folders<'a>(paths: &'a [String], of: &str) -> Vec<(&'a str, BTreeSet<&'a str>)> {
    let mut found: Vec<(&str, BTreeSet<&str>)> = Vec::new();
    for path in paths.iter().filter_map(|path| path.strip_prefix(of)) {
        let Some((name, file)) = path.split_once('/') else { continue };
        match found.iter_mut().find(|(own, _)| *own == name) {
            Some((_, files)) => drop(files.insert(file)),
            None => found.push((name, BTreeSet::from([file]))),
        }
    }
    found
}

#[test]
fn a_book_in_disorder() {
    let tree = |extra: &[&str], gone: &str| {
        let stage = OF_STAGE.map(|file| format!("book/stages/ch02/{file}"));
        let exercise = OF_EXERCISE.map(|file| format!("book/exercises/ch02_1_a/{file}"));
        let rest = ["tests/a.rs", "wrong/lib.rs"].map(|f| format!("book/exercises/ch02_1_a/{f}"));
        let pages = ["book/text/ch02.md".to_string(), "book/data/numbers.json".to_string()];
        let all = stage.into_iter().chain(exercise).chain(rest).chain(pages);
        let all = all.filter(|path| path != gone).chain(extra.iter().map(|path| path.to_string()));
        Tree::new(all.map(|path| (path, "//! a file.\n".to_string())).collect(), &[])
    };
    assert_eq!(book(&tree(&[], "")), Vec::<String>::new());
    for (extra, gone, says) in [
        ("book/notes.md", "", "book/notes.md: nothing in book/ is called notes.md"),
        ("book/text/a.txt", "", "book/text/a.txt: book/text holds files of md"),
        ("book/data/old/a.json", "", "book/data/old/a.json: book/data holds files of json"),
        ("book/theme/a.png", "", "book/theme/a.png: book/theme holds files of css, js"),
        ("", "book/stages/ch02/README.md", "book/stages/ch02: has no README.md"),
        ("", "book/exercises/ch02_1_a/wrong/lib.rs", "book/exercises/ch02_1_a: has no wrong"),
        ("", "book/exercises/ch02_1_a/tests/a.rs", "book/exercises/ch02_1_a: has no tests/"),
        (
            "",
            "book/exercises/ch02_1_a/solution/lib.rs",
            "book/exercises/ch02_1_a: has no solution/lib.rs",
        ),
    ] {
        let extra: Vec<&str> = Some(extra).into_iter().filter(|path| !path.is_empty()).collect();
        assert_eq!(book(&tree(&extra, gone)), [says]);
    }
    let misnamed = book(&tree(&["book/stages/five/src/lib.rs", "book/exercises/add/a.rs"], ""));
    assert!(misnamed.iter().any(|says| says == "book/stages/five: a stage is chNN"));
    assert!(misnamed.iter().any(|says| says.contains("an exercise is chNN_k_name")));
}
