//! The public futures of the library, and the table that has to have a row for each.
//!
//! A future's name is its path in the library: of a type that is a future, or of a function that
//! makes one whose type has no public name. What a macro makes is looked up where it is called.

use crate::rules::functions;
use crate::source::Source;
use crate::tree::{Tree, use_tree};
use std::collections::{BTreeMap, BTreeSet};

/// Where the rows are.
const ROWS: &str = "tests/tests/drops/";

/// What lib.rs shows: path of an item's file and the item's name, and its public path.
struct Exports {
    shown: Vec<(Vec<String>, String)>,
    /// Files that are public modules.
    open: Vec<Vec<String>>,
}

impl Exports {
    fn read(tree: &Tree) -> Self {
        let Some(lib) = &tree.drawn else {
            return Self { shown: Vec::new(), open: Vec::new() };
        };
        // Modules written in lib.rs itself: where, whether public, and the name.
        let mut inline = Vec::new();
        let mut open = Vec::new();
        let is_pub = |at: usize| lib.code[..at].ends_with(b"pub ");
        let around = |inline: &[(std::ops::Range<usize>, bool, String)], at: usize| {
            let outer = inline.iter().filter(|(body, ..)| body.contains(&at));
            let (mut path, mut public) = (Vec::new(), true);
            outer.for_each(|(_, shown, name)| {
                path.push(name.clone());
                public &= *shown;
            });
            (path, public)
        };
        for at in lib.find_outside_tests("mod") {
            let (name, end) = lib.word_at(at + 3);
            if lib.next_byte(end) == b'{' {
                inline.push((at..lib.item_end(at), is_pub(at), name));
                continue;
            }
            let (mut path, public) = around(&inline, at);
            path.push(name);
            if public && is_pub(at) {
                open.push(path);
            }
        }
        let mut shown = Vec::new();
        for at in lib.find_outside_tests("pub use") {
            let (module, public) = around(&inline, at);
            let mut paths = Vec::new();
            use_tree(lib, at + 8, &[], &mut paths);
            for (_, path) in paths.into_iter().filter(|_| public) {
                let name = [&module[..], &path[path.len() - 1..]].concat().join("::");
                let supers = path.iter().take_while(|word| *word == "super").count();
                let from = match path[0].as_str() {
                    "crate" => path[1..].to_vec(),
                    _ => [&module[..module.len() - supers], &path[supers..]].concat(),
                };
                shown.push((from, name));
            }
        }
        Self { shown, open }
    }

    /// The public paths of an item of a file; of a type also from another file of its directory.
    fn names(&self, file: &[String], item: &str, is_type: bool) -> Vec<String> {
        let here = [file, &[item.to_string()]].concat();
        let mut names: Vec<String> = Vec::new();
        if self.open.iter().any(|open| open == file) {
            names.push(here.join("::"));
        }
        let exact = self.shown.iter().filter(|(from, _)| *from == here);
        names.extend(exact.map(|(_, name)| name.clone()));
        if names.is_empty() && is_type {
            let same =
                |from: &Vec<String>| from.iter().zip(file).take_while(|(a, b)| a == b).count();
            let all = self.shown.iter().filter(|(from, _)| from.last().is_some_and(|l| l == item));
            let nearest = all.clone().map(|(from, _)| same(from)).max().filter(|n| *n > 0);
            let near = all.filter(|(from, _)| Some(same(from)) == nearest);
            names.extend(near.map(|(_, name)| name.clone()));
        }
        names
    }
}

/// The path of a file in the map.
fn module(tree: &Tree, source: &Source) -> Option<Vec<String>> {
    let file = tree.short(source);
    tree.map.iter().find(|module| module.file == file).map(|module| module.path.clone())
}

/// The type of the `impl`, or the name of the trait, around an offset; `$…` in a macro.
fn owner(source: &Source, at: usize) -> Option<String> {
    let holds = |start: &usize| (*start..source.item_end(*start)).contains(&at);
    // `impl Trait` in a signature is no item.
    let item = |start: &usize| source.code[..*start].trim_ascii_end().last() != Some(&b'>');
    let start = source.find("impl").into_iter().rfind(|s| holds(s) && item(s));
    if let Some(start) = start.filter(|start| source.statement_start(at) > *start) {
        let head = String::from_utf8_lossy(&source.code[start + 4..source.head_end(start)]);
        let mut rest = head.trim();
        if rest.starts_with('<') {
            let mut depth = 0;
            let end = rest.char_indices().find(|(i, c)| {
                let arrow = *i > 0 && rest.as_bytes()[*i - 1] == b'-';
                depth += i32::from(*c == '<') - i32::from(*c == '>' && !arrow);
                depth == 0
            });
            rest = rest[end.map_or(0, |(i, _)| i + 1)..].trim();
        }
        let named = rest.rsplit(" for ").next().unwrap_or(rest);
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == ':';
        let end = named.find(|c| !word(c)).unwrap_or(named.len());
        return named[..end].rsplit("::").next().map(str::to_string);
    }
    let start = source.find("pub trait").into_iter().find(holds)?;
    Some(source.word_at(start + 9).0)
}

/// The words that a macro is given where it is called, if an offset is in a macro.
fn arguments(tree: &Tree, source: &Source, at: usize) -> Option<Vec<String>> {
    let inside = |start: &usize| (*start..source.item_end(*start)).contains(&at);
    let start = source.find("macro_rules!").into_iter().find(inside)?;
    let call = format!("{}!", source.word_at(start + 12).0);
    let mut words = Vec::new();
    for source in tree.runtime() {
        for at in source.find_outside_tests(&call) {
            let open = at + call.len();
            let open = open + source.code[open..].iter().take_while(|b| **b == b' ').count();
            let text = String::from_utf8_lossy(&source.code[open..source.closing(open)]);
            let split = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.extend(split.filter(|word| !word.is_empty()).map(str::to_string));
        }
    }
    Some(words)
}

/// What must have a row: any of these names will do.
struct Wanted {
    names: BTreeSet<String>,
    place: String,
}

fn wanted(tree: &Tree) -> Vec<Wanted> {
    let exports = Exports::read(tree);
    let mut found = Vec::new();
    let mut futures = Vec::new();
    for source in tree.runtime() {
        let Some(file) = module(tree, source) else { continue };
        for at in source.find_outside_tests("Future for") {
            let name = source.word_at(at + 10).0;
            let types = if name.is_empty() {
                arguments(tree, source, at).unwrap_or_default()
            } else {
                vec![name]
            };
            for name in types {
                let names: BTreeSet<_> = exports.names(&file, &name, true).into_iter().collect();
                if names.is_empty() {
                    futures.push(name);
                } else {
                    found.push(Wanted { names, place: source.place(at) });
                }
            }
        }
    }
    for source in tree.runtime() {
        let Some(file) = module(tree, source) else { continue };
        found.extend(makers(tree, &exports, &futures, source, &file));
    }
    found
}

/// The public functions of a file that make a future without a public name.
fn makers(
    tree: &Tree,
    exports: &Exports,
    futures: &[String],
    source: &Source,
    file: &[String],
) -> Vec<Wanted> {
    let mut found = Vec::new();
    let traits: Vec<_> =
        source.find("pub trait").iter().map(|at| *at..source.item_end(*at)).collect();
    let named = functions(source).into_iter().filter(|(at, _)| !source.in_tests(*at));
    // In a macro the function's name may be a parameter.
    let unnamed = source.find_outside_tests("fn").into_iter();
    let unnamed = unnamed.filter(|at| source.next_byte(at + 2) == b'$');
    for (at, name) in named.chain(unnamed.map(|at| (at, String::new()))) {
        let front =
            String::from_utf8_lossy(&source.code[source.statement_start(at)..at]).into_owned();
        let has = |word| front.split_whitespace().any(|other| other == word);
        let in_trait = traits.iter().any(|body| body.contains(&at));
        let returned = source.returned(at);
        let end = returned.find(|c: char| !c.is_alphanumeric() && c != '_');
        let first = &returned[..end.unwrap_or(returned.len())];
        let future = has("async")
            || (returned.starts_with("impl") && returned.contains("Future"))
            || futures.iter().any(|future| future == first);
        if !future || !(has("pub") || in_trait || name.is_empty()) {
            continue;
        }
        let place = source.place(at);
        let methods = |owner: &str, name: &str| -> BTreeSet<String> {
            let owners = exports.names(file, owner, true).into_iter();
            owners.map(|owner| format!("{owner}::{name}")).collect()
        };
        let sets: Vec<BTreeSet<String>> = match owner(source, at) {
            _ if name.is_empty() => {
                // One row for all that the macro makes.
                let words = arguments(tree, source, at).unwrap_or_default();
                let owners = exports.shown.iter().filter(|(from, _)| from[..1] == file[..1]);
                let owners: Vec<_> = owners.map(|(_, name)| name).collect();
                let all =
                    words.iter().flat_map(|w| owners.iter().map(move |o| format!("{o}::{w}")));
                vec![all.collect()]
            }
            Some(owner) if owner.starts_with('$') => {
                let types = arguments(tree, source, at).unwrap_or_default();
                types.iter().map(|owner| methods(owner, &name)).collect()
            }
            Some(owner) => vec![methods(&owner, &name)],
            None => vec![exports.names(file, &name, false).into_iter().collect()],
        };
        let sets = sets.into_iter().filter(|names| !names.is_empty());
        found.extend(sets.map(|names| Wanted { names, place: place.clone() }));
    }
    found
}

/// The rows: path and place.
fn rows(tree: &Tree) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for source in tree.files.iter().filter(|source| source.path.starts_with(ROWS)) {
        for call in ["row(", "runs("] {
            for at in source.find(call) {
                let text = source.text[at + call.len()..].trim_start();
                if let Some((path, _)) = text.strip_prefix('"').and_then(|t| t.split_once('"')) {
                    rows.insert(path.to_string(), source.place(at));
                }
            }
        }
    }
    rows
}

/// Every public future has a row in the table of drops, and every row is of a public future.
pub fn futures(tree: &Tree) -> Vec<String> {
    let (wanted, rows) = (wanted(tree), rows(tree));
    let mut found = Vec::new();
    for Wanted { names, place } in &wanted {
        if !names.iter().any(|name| rows.contains_key(name)) {
            let name = names.first().map_or("", String::as_str);
            found.push(format!("{place}: {name} has no row in {ROWS}"));
        }
    }
    for (path, place) in &rows {
        if !wanted.iter().any(|wanted| wanted.names.contains(path)) {
            found.push(format!("{place}: a row of {path}, which is no public future"));
        }
    }
    found
}
