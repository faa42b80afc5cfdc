//! HTML of the book: stock mdBook over a copy of the pages, whose links to the source lead to
//! pages of the source that stand beside it.
//!
//! ```text
//!   book/text/*.md ──► target/book-text: links out of the book lead to source/… ──► mdBook
//!   linked files   ──► target/book/source/…                                           │
//!   links, search and colours are looked at, and nothing may be loaded ◄ target/book ◄┘
//! ```

use crate::links::{last_line, resolve};
use crate::markdown::{facts, link_ranges};
use crate::out;
use crate::page::{Page, pages, walk};
use crate::source_page;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "0.5.4";

/// Where cargo puts what it builds.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), |target| root.join(target))
}

/// Builds the HTML, and says where its first page is.
pub fn build(root: &Path) -> Result<PathBuf, String> {
    let (copy, out) = (target(root).join("book-text"), target(root).join("book"));
    let mdbook = mdbook(root)?;
    let linked = stage(root, &copy)?;
    let mut command = Command::new(mdbook);
    command.arg("build").arg(&copy).arg("--dest-dir").arg(&out);
    let output = command.output().map_err(|error| format!("mdbook: {error}"))?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if !output.status.success() || said.contains("WARN") || said.contains("ERROR") {
        return Err(format!("mdbook is not content:\n{said}"));
    }
    for (file, anchors) in &linked {
        source_page::write(root, &out.join("source"), file, anchors)?;
    }
    let mut problems = crate::html::check(&out)?;
    problems.extend(crate::search::check(&out)?);
    problems.extend(crate::contrast::check(&out)?);
    if problems.is_empty() { Ok(out.join("index.html")) } else { Err(problems.join("\n")) }
}

/// mdBook in the version that the book is written for. The first time it is compiled.
fn mdbook(root: &Path) -> Result<PathBuf, String> {
    let home = target(root).join("mdbook");
    let program = home.join("bin").join("mdbook");
    let is_right = || {
        let output = Command::new(&program).arg("--version").output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().strip_suffix(VERSION).map(|_| ())
    };
    if is_right().is_none() {
        out::line(format_args!("mdBook {VERSION} is compiled, this once; it takes some minutes"));
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "mdbook", "--version", VERSION, "--locked", "--force", "--root"]);
        cargo.arg(&home).args(["--no-default-features", "--features", "search"]);
        cargo.env_remove("CARGO_TARGET_DIR");
        let status = cargo.status().map_err(|error| format!("cargo install: {error}"))?;
        if !status.success() {
            return Err(format!("cargo install mdbook: {status}"));
        }
    }
    Ok(program)
}

/// Files out of the book that its pages link to, and with which anchors.
type Linked = BTreeMap<String, Vec<String>>;

/// Copies the book, with the links that lead out of it rewritten.
fn stage(root: &Path, copy: &Path) -> Result<Linked, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", copy.display());
    if copy.exists() {
        fs::remove_dir_all(copy).map_err(failed)?;
    }
    let mut files = Vec::new();
    for part in ["book.toml", "theme", "text"] {
        let path = root.join("book").join(part);
        if path.is_dir() { walk(&path, &mut files) } else { files.push(path) }
    }
    let book = root.join("book");
    for file in files {
        let to = copy.join(file.strip_prefix(&book).unwrap_or(&file));
        fs::create_dir_all(to.parent().unwrap_or(copy)).map_err(failed)?;
        fs::copy(&file, &to).map_err(failed)?;
    }
    let mut linked = Linked::new();
    for page in pages(root, "book/text/")? {
        let text = rewritten(root, &page, &mut linked)?;
        let to = copy.join(page.path.strip_prefix("book/").unwrap_or(&page.path));
        fs::write(to, text).map_err(failed)?;
    }
    Ok(linked)
}

/// The page with each link out of the book leading to a page of the source.
fn rewritten(root: &Path, page: &Page, linked: &mut Linked) -> Result<String, String> {
    let up = "../".repeat(page.path.matches('/').count() - 2);
    let (mut text, mut at) = (String::new(), 0);
    for (range, target) in link_ranges(page) {
        let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let Some(file) = resolve(&page.path, path) else { continue };
        if path.is_empty() || path.contains(':') || file.starts_with("book/text/") {
            continue;
        }
        let anchor = anchor_of(root, &file, anchor)?;
        text += &page.text[at..range.start];
        text += &format!("{up}source/{}", source_page::name(root, &file));
        if !anchor.is_empty() {
            text += &format!("#{anchor}");
        }
        at = range.end;
        let anchors = linked.entry(file).or_default();
        if !anchor.is_empty() && !anchors.contains(&anchor) {
            anchors.push(anchor);
        }
    }
    Ok(text + &page.text[at..])
}

/// The lines that an anchor means: itself, or where the heading of a Markdown file stands.
fn anchor_of(root: &Path, file: &str, anchor: &str) -> Result<String, String> {
    if anchor.is_empty() || last_line(anchor).is_some() {
        return Ok(anchor.to_string());
    }
    let text = crate::page::read_source(root, file)?;
    let facts = facts(&Page { path: file.to_string(), text });
    let heading = facts.headings.iter().find(|heading| heading.id == anchor);
    let line = heading.map(|heading| facts.line(heading.at));
    line.map(|line| format!("L{line}")).ok_or(format!("{file} has no anchor {anchor}"))
}
