//! The pages: Markdown files of the book, of its stages and of its exercises.

use crate::problem::nearest;
use std::fs;
use std::path::{Path, PathBuf};

/// One Markdown file.
pub struct Page {
    /// From the root of the repository, with `/`.
    pub path: String,
    pub text: String,
}

impl Page {
    /// The way from the page to the root of the repository: `../../`.
    pub fn up(&self) -> String {
        "../".repeat(self.path.matches('/').count())
    }

    /// Is it in the book, and not a README beside it?
    pub fn in_book(&self) -> bool {
        self.path.starts_with("book/text/")
    }

    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The number of the chapter that it is.
    pub fn chapter(&self) -> Option<u32> {
        let name = self.name().strip_prefix("ch")?.strip_suffix(".md")?;
        name.parse().ok().filter(|_| self.in_book())
    }
}

/// Every page whose path holds the word, in order.
pub fn pages(root: &Path, word: &str) -> Result<Vec<Page>, String> {
    let mut paths = Vec::new();
    walk(&root.join("book"), &mut paths);
    let mut pages = Vec::new();
    for path in paths {
        let short = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if short.ends_with(".md") && short.contains(word) {
            let text = fs::read_to_string(&path).map_err(|error| format!("{short}: {error}"))?;
            pages.push(Page { path: short, text });
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    if pages.is_empty() { Err(format!("no page in book/ holds `{word}`")) } else { Ok(pages) }
}

/// Every file below a folder, but for what cargo built and what is hidden.
pub fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name.starts_with("target") {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// A file of the repository; if it is not there, what is nearest.
pub fn read_source(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|error| {
        let top = file.split('/').next().unwrap_or_default();
        let mut found = Vec::new();
        walk(&root.join(top), &mut found);
        let names: Vec<String> = found
            .iter()
            .map(|path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned())
            .collect();
        let near = nearest(file, names.iter().map(String::as_str));
        format!("{file}: {error}\nnearest: {near}")
    })
}
