//! Links that lead somewhere: files, lines, headings; and paths that the text names.

use crate::markdown::{Facts, facts};
use crate::page::Page;
use crate::problem::{Problem, nearest};
use regex::Regex;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

static SCHEME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[a-z][a-z0-9+.-]*:").expect("a pattern of this file"));
static HTML_LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\b(href|src)="([^"]*)""#).expect("a pattern of this file"));
/// A file of this tree. `runtime/task/core.rs` may be one of tokio's, or short for one of ours.
static OWN_PATH: LazyLock<Regex> = LazyLock::new(|| {
    let folders = "runtime/src|runtime/macros|examples|tests|benches|book";
    let pattern = format!(r"^({folders})/[\w./-]+\.(rs|md|toml|json|py)$");
    Regex::new(&pattern).expect("a pattern of this file")
});
static NO_NOTE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[\^[\w-]+\]").expect("a pattern of this file"));

/// Links of a page that lead nowhere.
pub fn check(root: &Path, page: &Page, facts: &Facts) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut problem = |at: usize, subject: &str, what: String, remedy: &str| {
        found.push(Problem::new(&page.path, facts.line(at), subject, what, remedy));
    };
    let mut links: Vec<(String, usize)> = facts.links.clone();
    let mut loaded: Vec<(String, usize)> =
        facts.images.iter().map(|image| (image.target.clone(), image.at)).collect();
    for (html, at) in &facts.html {
        for link in HTML_LINK.captures_iter(html) {
            let list = if &link[1] == "href" { &mut links } else { &mut loaded };
            list.push((link[2].to_string(), *at));
        }
    }
    for (target, at) in &loaded {
        if SCHEME.is_match(target) {
            let what = "a page may not load anything from elsewhere".to_string();
            problem(*at, target, what, "put the file beside the page");
        }
    }
    for (target, at) in links.iter().chain(&loaded).filter(|(t, _)| !SCHEME.is_match(t)) {
        if let Err(what) = leads(root, page, facts, target) {
            problem(*at, target, what, "correct the link, or make what it leads to");
        }
    }
    for (name, at) in &facts.broken {
        problem(*at, &format!("[{name}]"), "no such reference".to_string(), "[name]: TARGET");
    }
    for note in NO_NOTE.find_iter(&facts.prose) {
        let what = "no such footnote".to_string();
        problem(note.start(), note.as_str(), what, &format!("{}: text", note.as_str()));
    }
    for (path, at) in facts.code.iter().filter(|(path, _)| OWN_PATH.is_match(path)) {
        if let Err(what) = crate::page::read_source(root, path) {
            problem(*at, &format!("`{path}`"), what, "name a file that is there");
        }
    }
    found
}

/// Does a relative link lead somewhere?
fn leads(root: &Path, page: &Page, own: &Facts, target: &str) -> Result<(), String> {
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    if path.is_empty() {
        return anchor.map_or(Ok(()), |anchor| has_anchor(own, anchor));
    }
    let short = resolve(&page.path, path).ok_or("the link leads out of the repository")?;
    let full = root.join(&short);
    if !full.exists() {
        return match crate::page::read_source(root, &short) {
            Err(what) => Err(format!("a dead link: {what}")),
            Ok(_) => Ok(()),
        };
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let text = fs::read_to_string(&full).map_err(|error| format!("{short}: {error}"))?;
    if let Some(line) = last_line(anchor) {
        let lines = text.lines().count();
        let what = format!("{short} has {lines} lines");
        return if line <= lines { Ok(()) } else { Err(what) };
    }
    if !short.ends_with(".md") {
        return Err(format!("{short} has no anchor but its lines, #L10 or #L10-L20"));
    }
    has_anchor(&facts(&Page { path: short, text }), anchor)
}

fn has_anchor(facts: &Facts, anchor: &str) -> Result<(), String> {
    if facts.has_anchor(anchor) {
        return Ok(());
    }
    Err(format!(
        "no heading has the anchor #{anchor}\nnearest: {}",
        nearest(anchor, facts.anchors())
    ))
}

/// The path from the root of what a link in a page leads to, if it stays in the repository.
pub fn resolve(page: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `L10` or `L10-L20`.
pub fn last_line(anchor: &str) -> Option<usize> {
    anchor
        .rsplit("-L")
        .next()?
        .trim_start_matches('L')
        .parse()
        .ok()
        .filter(|_| anchor.starts_with('L'))
}
