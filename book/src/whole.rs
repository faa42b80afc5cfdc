//! What must hold for the book as a whole: its table of contents, and the examples.

use crate::markdown::facts;
use crate::page::{Page, walk};
use crate::problem::{Problem, nearest};
use regex::Regex;
use std::fs;
use std::path::Path;

const SUMMARY: &str = "book/text/SUMMARY.md";
const PROGRAMS: &str = "examples/README.md";

/// `pages` are all pages.
pub fn check(root: &Path, pages: &[Page]) -> Vec<Problem> {
    let mut found = contents(pages);
    found.extend(examples(root, pages));
    found
}

/// The table of contents and the folder hold the same pages.
fn contents(pages: &[Page]) -> Vec<Problem> {
    let mut found = Vec::new();
    let Some(summary) = pages.iter().find(|page| page.path == SUMMARY) else {
        let what = "the book has no table of contents";
        return vec![Problem::new(SUMMARY, 1, "SUMMARY.md", what, "write it")];
    };
    let facts = facts(summary);
    let linked: Vec<&str> = facts.links.iter().map(|(target, _)| target.as_str()).collect();
    for page in pages.iter().filter(|page| page.in_book() && page.path != SUMMARY) {
        let name = page.path.strip_prefix("book/text/").unwrap_or_default();
        match linked.iter().filter(|link| **link == name).count() {
            1 => {}
            0 => {
                let what = "the page is not in the table of contents: nobody would find it";
                let remedy = format!("- [TITLE]({name}) in {SUMMARY}");
                found.push(Problem::new(&page.path, 1, name, what, remedy));
            }
            times => {
                let what = format!("the page is in the table of contents {times} times");
                found.push(Problem::new(SUMMARY, 1, name, what, "keep one"));
            }
        }
    }
    for (target, at) in facts.links.iter().filter(|(target, _)| target.is_empty()) {
        let what = "a chapter without a page: nothing is promised that is not there";
        let line = facts.line(*at);
        found.push(Problem::new(SUMMARY, line, target.as_str(), what, "take it out"));
    }
    found
}

/// Every example is mentioned, and every mentioned example is there.
fn examples(root: &Path, pages: &[Page]) -> Vec<Problem> {
    let mut texts: Vec<(String, String)> =
        pages.iter().map(|page| (page.path.clone(), page.text.clone())).collect();
    for file in [PROGRAMS, "README.md"] {
        texts.extend(fs::read_to_string(root.join(file)).map(|text| (file.to_string(), text)));
    }
    let files = programs(root);
    let stem = |file: &str| -> String {
        let name = file.rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(".rs").to_string()
    };
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.starts_with("examples/")) {
        let name = stem(file);
        let forms = format!(r"(--example[ =]{name}\b|[/(]{name}\.rs\b)");
        let forms = Regex::new(&forms).expect("a name is a pattern");
        let counts = |path: &str| path.starts_with("book/text/") || path == PROGRAMS;
        if !texts.iter().any(|(path, text)| counts(path) && forms.is_match(text)) {
            let what = format!("no chapter mentions the example, and neither does {PROGRAMS}");
            let remedy = format!("a row in {PROGRAMS}");
            found.push(Problem::new(file, 1, name, what, remedy));
        }
    }
    let names: Vec<String> = files.iter().map(|file| stem(file)).collect();
    let mention = Regex::new(r"--example[ =]([a-z][\w-]*)").expect("a pattern of this file");
    for (path, text) in &texts {
        for mentioned in mention.captures_iter(text) {
            let name = &mentioned[1];
            if !names.iter().any(|own| own == name) {
                let at = mentioned.get(0).map_or(0, |all| all.start());
                let line = text[..at].matches('\n').count() + 1;
                let near = nearest(name, names.iter().map(String::as_str));
                let what = format!("there is no such example\nnearest: {near}");
                let shown = format!("--example {name}");
                found.push(Problem::new(path, line, shown, what, "name one that is there"));
            }
        }
    }
    found
}

/// The examples of all packages: `examples/*.rs`, `examples/primer/*.rs`, and in the stages.
fn programs(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for folder in ["examples", "runtime", "book/stages", "benches"] {
        walk(&root.join(folder), &mut paths);
    }
    let short = |path: &std::path::PathBuf| {
        path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    };
    let is_program = |path: &String| {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        path.ends_with(".rs")
            && (folder == "examples/primer" || folder.rsplit('/').next() == Some("examples"))
    };
    paths.iter().map(short).filter(is_program).collect()
}
