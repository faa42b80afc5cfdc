//! The tree as tidy sees it: every file, and the map that `runtime/src/lib.rs` draws of them.
//!
//! A machine with many files has a page of its own beside `lib.rs` ([`PAGES`]); the rules read the
//! map as if the page stood where `lib.rs` declares it.

use crate::source::Source;
use std::fs;
use std::path::Path;

/// One line of the map.
pub struct Module {
    /// `["wake", "park"]`.
    pub path: Vec<String>,
    /// `wake/park.rs`, from `runtime/src`.
    pub file: String,
    pub caption: String,
}

pub struct Tree {
    /// The reading order.
    pub map: Vec<Module>,
    /// The map as one text.
    pub drawn: Option<Source>,
    /// Every `.rs` file of every package.
    pub files: Vec<Source>,
    /// Every file, with its path.
    pub texts: Vec<(String, String)>,
    pub may_be_unsafe: &'static [&'static str],
}

const RUNTIME: &str = "runtime/src/";
const LIB: &str = "runtime/src/lib.rs";
/// Files of `runtime/src` that are pages of the map and hold nothing else.
const PAGES: [&str; 7] =
    ["sync.rs", "io.rs", "net.rs", "signal.rs", "process.rs", "fs.rs", "compat.rs"];

impl Tree {
    pub fn new(texts: Vec<(String, String)>, may_be_unsafe: &'static [&'static str]) -> Self {
        let rust = texts.iter().filter(|(path, _)| path.ends_with(".rs"));
        let files: Vec<_> = rust.map(|(path, text)| Source::new(path, text)).collect();
        let drawn = draw(&texts);
        let map = drawn.as_ref().map_or(Vec::new(), read_map);
        Self { map, drawn, files, texts, may_be_unsafe }
    }

    /// Is this file of the library the map, or a page of it?
    pub fn is_map(file: &str) -> bool {
        file == "lib.rs" || PAGES.contains(&file)
    }

    pub fn read(root: &Path, may_be_unsafe: &'static [&'static str]) -> Self {
        let mut texts = Vec::new();
        walk(root, root, &mut texts);
        texts.sort();
        Self::new(texts, may_be_unsafe)
    }

    /// The files of the library.
    pub fn runtime(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|source| source.path.starts_with(RUNTIME))
    }

    /// A file's path from `runtime/src`.
    pub fn short<'a>(&self, source: &'a Source) -> &'a str {
        source.path.strip_prefix(RUNTIME).unwrap_or(&source.path)
    }

    pub fn runtime_file(&self, file: &str) -> Option<&Source> {
        self.runtime().find(|source| self.short(source) == file)
    }

    /// Which file of the map a path leads to. `crate::*` leads to all: it comes with the last.
    pub fn resolve(&self, path: &[String]) -> Option<usize> {
        if path.iter().all(String::is_empty) {
            return self.map.len().checked_sub(1);
        }
        self.map.iter().position(|module| path.starts_with(&module.path))
    }
}

fn walk(root: &Path, folder: &Path, texts: &mut Vec<(String, String)>) {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with("target") && name != ".git" {
                walk(root, &path, texts);
            }
        } else if name != ".git"
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            texts.push((path.replace('\\', "/"), text));
        }
    }
}

/// `lib.rs` with its pages written in.
fn draw(texts: &[(String, String)]) -> Option<Source> {
    let text = |path: &str| texts.iter().find(|(of, _)| of == path).map(|(_, text)| text);
    let mut drawn = text(LIB)?.clone();
    for page in PAGES {
        let name = page.trim_end_matches(".rs");
        let declared = format!("mod {name};\n");
        if let Some(page) = text(&format!("{RUNTIME}{page}")) {
            drawn = drawn.replace(&declared, &format!("mod {name} {{\n{page}}}\n"));
        }
    }
    Some(Source::new(LIB, &drawn))
}

/// The modules of `lib.rs` that are files, in its order.
fn read_map(lib: &Source) -> Vec<Module> {
    let mut inline = Vec::new();
    let mut map = Vec::new();
    for at in lib.find_outside_tests("mod") {
        let (name, end) = lib.word_at(at + 3);
        if lib.next_byte(end) == b'{' {
            inline.push((at..lib.item_end(at), name));
            continue;
        }
        let outer = inline.iter().filter(|(body, _)| body.contains(&at));
        let mut path: Vec<String> = outer.map(|(_, name)| name.clone()).collect();
        path.push(name);
        let notes = lib.notes(at);
        let caption = notes.lines().find_map(|line| line.strip_prefix("///")).unwrap_or_default();
        let file = format!("{}.rs", path.join("/"));
        map.push(Module { path, file, caption: caption.trim().to_string() });
    }
    map
}

/// Every path into this crate that a file names outside its tests: `crate::…` and `super::…`.
pub fn paths_in(source: &Source, module: &[String]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for at in source.find_outside_tests("crate::") {
        let visibility = source.code[..at].ends_with(b"in ");
        // In a macro it is a path of whoever uses the macro.
        let in_macro = source.code[..at].ends_with(b"$");
        if !visibility && !in_macro {
            use_tree(source, at + 7, &[], &mut found);
        }
    }
    let inline: Vec<_> = source
        .find_outside_tests("mod")
        .into_iter()
        .filter(|at| source.next_byte(source.word_at(at + 3).1) == b'{')
        .map(|at| at..source.item_end(at))
        .collect();
    for at in source.find_outside_tests("super::") {
        let chained = source.code[..at].ends_with(b"::");
        if chained || inline.iter().any(|body| body.contains(&at)) {
            continue;
        }
        let mut parent = module[..module.len() - 1].to_vec();
        let mut at = at + 7;
        while source.code[at..].starts_with(b"super::") {
            parent.pop();
            at += 7;
        }
        use_tree(source, at, &parent, &mut found);
    }
    found
}

/// The paths of `a::b`, or of `a::{b, c::{d, e}}`, at an offset; returns where it ends.
pub fn use_tree(
    source: &Source,
    at: usize,
    prefix: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    if source.next_byte(at) == b'{' {
        let open = at + source.code[at..].iter().position(|b| *b == b'{').unwrap_or(0);
        let close = source.closing(open) - 1;
        let mut at = open + 1;
        while at < close && source.next_byte(at) != b'}' {
            at = use_tree(source, at, prefix, found);
            at += source.code[at..close].iter().position(|b| *b == b',').map_or(close, |i| i + 1);
        }
        return close + 1;
    }
    let (word, end) = source.word_at(at);
    let path = [prefix, &[word]].concat();
    let goes_on = source.code[end..].starts_with(b"::") && source.code.get(end + 2) != Some(&b'<');
    if goes_on {
        return use_tree(source, end + 2, &path, found);
    }
    found.push((at, path));
    end
}
