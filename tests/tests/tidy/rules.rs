//! The rules. Each takes the tree and says what breaks it, `path:line: what`.

use crate::source::Source;
use crate::tree::Tree;
use std::collections::BTreeMap;

/// The machines of layer 3: none may import another.
const MACHINES: [&str; 5] = ["local", "pool", "drive", "blocking", "sync"];
/// These two work with wakers only.
const WITHOUT_TASKS: [&str; 2] = ["drive", "sync"];
/// Who may use what, in `runtime/src`. Test code may use it anywhere.
const OWNERS: [(&str, &[&str]); 5] = [
    ("Instant::now", &["base/clock.rs"]),
    ("thread::park", &["wake/park.rs"]),
    ("thread::park_timeout", &["wake/park.rs"]),
    ("thread_local!", &["base/prim.rs", "task/local_key.rs"]),
    ("plain_local!", &["base/rng.rs", "wake/coop.rs", "task/current.rs", "runtime/context.rs"]),
];
const FILE_LINES: usize = 400;
/// The map is a list: longer than a thought may be. Its pages are files like any other.
const MAP: (&str, usize) = ("runtime/src/lib.rs", 500);
const FUNCTION_LINES: usize = 70;
const COLUMNS: usize = 100;
/// What a reader of one weekend goes through, and how long it may be. Of a directory that holds one
/// idea and many handles (`sync/mpsc/`, `net/tcp/`), the file with the idea.
pub const WEEKEND_LINES: usize = 7_500;
const WEEKEND: [&str; 32] = [
    "base/list",
    "base/stack",
    "wake/park",
    "wake/coop",
    "wake/slot",
    "wake/b",
    "wake/wait_list",
    "task/ce",
    "task/cu",
    "task/header",
    "task/new",
    "task/run",
    "task/s",
    "task/waker",
    "local/s",
    "local/w",
    "drive/wheel.rs",
    "drive/timers",
    "drive/entry",
    "drive/source",
    "drive/reactor",
    "drive/bell",
    "drive/driver",
    "pool/ring",
    "pool/idle",
    "pool/shared",
    "pool/worker",
    "pool/find",
    "pool/tick",
    "blocking/",
    "sync/event",
    "io/async_fd",
];

/// A file imports only what the map lists before it; no machine imports another.
pub fn imports(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (index, module) in tree.map.iter().enumerate() {
        let Some(source) = tree.runtime_file(&module.file) else { continue };
        let machine = module.path[0].as_str();
        for (at, path) in crate::tree::paths_in(source, &module.path) {
            let name = path.join("::");
            let Some(target) = tree.resolve(&path) else {
                let text = "names no file of the map: import from the file that owns it";
                found.push(format!("{}: crate::{name} {text}", source.place(at)));
                continue;
            };
            let other = tree.map[target].path[0].as_str();
            if target > index {
                found.push(format!("{}: crate::{name} comes later on the map", source.place(at)));
            }
            let siblings = MACHINES.contains(&machine) && MACHINES.contains(&other);
            let tasks = WITHOUT_TASKS.contains(&machine) && other == "task";
            if machine != other && (siblings || tasks) {
                found.push(format!("{}: {machine} imports {other}", source.place(at)));
            }
        }
    }
    found
}

/// The map and the folder list the same files, and say the same about each.
pub fn captions(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for module in &tree.map {
        match tree.runtime_file(&module.file) {
            None => found.push(format!("runtime/src/{}: on the map, but not there", module.file)),
            Some(source) if source.caption() != module.caption => found.push(format!(
                "{}:1: the caption is {:?}, in lib.rs it is {:?}",
                source.path,
                source.caption(),
                module.caption
            )),
            Some(_) => {}
        }
    }
    let on_map = |file: &str| Tree::is_map(file) || tree.map.iter().any(|m| m.file == file);
    for source in tree.runtime() {
        if !source.in_tests(0) && !on_map(tree.short(source)) {
            found.push(format!("{}: not on the map in lib.rs", source.path));
        }
    }
    found
}

/// Files, functions and lines have a largest size. Tests too.
pub fn sizes(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in &tree.files {
        let lines = source.line_count();
        let most = if source.path == MAP.0 { MAP.1 } else { FILE_LINES };
        if lines > most {
            found.push(format!("{}: {lines} lines, at most {most}", source.path));
        }
        for (number, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS {
                found.push(format!("{}:{}: {columns} columns", source.path, number + 1));
            }
        }
        for (at, name) in functions(source) {
            let lines = source.line_of(source.item_end(at) - 1) - source.line_of(at) + 1;
            if lines > FUNCTION_LINES {
                found.push(format!("{}: fn {name} has {lines} lines", source.place(at)));
            }
        }
    }
    found
}

/// Each `fn name`, with where it stands.
pub fn functions(source: &Source) -> Vec<(usize, String)> {
    let named = |at: usize| Some((at, source.word_at(at + 2).0)).filter(|(_, n)| !n.is_empty());
    source.find("fn").into_iter().filter_map(named).collect()
}

/// Whose contract an `unsafe fn` inherits: a method's is its trait's, said once, at the trait.
fn is_method_of_a_trait(source: &Source, at: usize) -> bool {
    let holds = |start: &usize| (*start..source.item_end(*start)).contains(&at);
    let implements = |start: &usize| {
        let head = &source.code[*start..source.head_end(*start)];
        String::from_utf8_lossy(head).contains(" for ")
    };
    let says_it = |start: &usize| source.notes(*start).contains("# Safety");
    source.find("impl").iter().any(|start| holds(start) && implements(start))
        || source.find("trait").iter().any(|start| holds(start) && says_it(start))
}

/// Unsafe code cites an invariant; an unsafe function or trait says what it asks for; files without
/// either forbid it, and the others are on the list.
pub fn safety(tree: &Tree) -> Vec<String> {
    let gone = tree.may_be_unsafe.iter().filter(|file| tree.runtime_file(file).is_none());
    let mut found: Vec<_> =
        gone.map(|file| format!("{file}: on the list of files that may, but not there")).collect();
    for source in tree.runtime().filter(|source| !source.in_tests(0)) {
        let mut any = false;
        for at in source.find("unsafe") {
            let (word, end) = source.word_at(at + 6);
            // A type, as in `poll: unsafe fn(…)`.
            if word == "fn" && source.next_byte(end) == b'(' {
                continue;
            }
            any |= !source.in_tests(at);
            let notes = source.notes(at);
            let cited = notes.contains("SAFETY(INV-")
                || source.in_tests(at) && notes.contains("SAFETY")
                || matches!(word.as_str(), "fn" | "trait" | "extern") && notes.contains("# Safety")
                || word == "fn" && is_method_of_a_trait(source, at);
            if !cited {
                let text = "`unsafe` without `SAFETY(INV-n)` above, or `# Safety` in its docs";
                found.push(format!("{}: {text}", source.place(at)));
            }
        }
        let forbids = !source.find("#![forbid(unsafe_code)]").is_empty();
        let listed = tree.may_be_unsafe.iter().any(|file| *file == tree.short(source));
        let wrong = match (any, forbids, listed) {
            (true, _, false) => "has `unsafe` and is not on the list of files that may",
            (false, false, _) if !Tree::is_map(tree.short(source)) => {
                "has no `unsafe`: `#![forbid(unsafe_code)]`"
            }
            (false, true, true) => "forbids unsafe code: take it off the list of files that may",
            _ => continue,
        };
        found.push(format!("{}: {wrong}", source.path));
    }
    found
}

/// An invariant is defined once, in a header, and a test that tries to break it names it.
pub fn invariants(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let mut defined: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut cited: BTreeMap<u32, String> = BTreeMap::new();
    let mut tested: BTreeMap<u32, String> = BTreeMap::new();
    for source in &tree.files {
        for (at, _) in source.text.match_indices("INV-") {
            let digits: String =
                source.text[at + 4..].chars().take_while(char::is_ascii_digit).collect();
            let Ok(number) = digits.parse() else { continue };
            let line = source.comment_line(source.line_of(at));
            // In a string it is a sample or a message, and cites nothing.
            if !line.contains("INV-") {
                continue;
            }
            let places = if source.in_tests(at) { &mut tested } else { &mut cited };
            places.entry(number).or_insert_with(|| source.place(at));
            if line.starts_with(&format!("//! * INV-{number}:")) && !source.in_tests(at) {
                defined.entry(number).or_default().push(source.place(at));
            }
        }
    }
    for (number, places) in &defined {
        if places.len() > 1 {
            found.push(format!("{}: INV-{number} is defined twice", places[1]));
        }
        if !tested.contains_key(number) {
            found.push(format!("{}: no test names INV-{number}", places[0]));
        }
    }
    for (number, place) in cited.iter().chain(&tested) {
        if !defined.contains_key(number) {
            found.push(format!("{place}: INV-{number} is defined nowhere"));
        }
    }
    found
}

/// Every memory ordering says what it pairs with; there is no SeqCst and no bare fence.
pub fn orderings(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in tree.runtime().filter(|source| tree.short(source) != "base/prim.rs") {
        for order in ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"] {
            for at in source.find_outside_tests(&format!("Ordering::{order}")) {
                if !source.notes(at).contains("// Ordering:") {
                    found.push(format!("{}: no `// Ordering:` just above", source.place(at)));
                }
                if order == "SeqCst" {
                    found.push(format!("{}: SeqCst: loom weakens it", source.place(at)));
                }
            }
        }
        for at in source.find("fence") {
            if source.next_byte(at + 5) == b'(' {
                found.push(format!("{}: a bare fence: loom weakens it", source.place(at)));
            }
        }
    }
    found
}

/// Nothing half-done is left behind, and a library prints nothing.
pub fn leftovers(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in &tree.files {
        // In pieces, or this file would break its own rule.
        for word in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
            for (at, _) in source.text.match_indices(word) {
                found.push(format!("{}: {word}", source.place(at)));
            }
        }
        for at in source.find("dbg!") {
            found.push(format!("{}: dbg!", source.place(at)));
        }
    }
    for source in tree.runtime() {
        for print in ["println!", "eprintln!", "print!", "eprint!"] {
            for at in source.find_outside_tests(print) {
                found.push(format!("{}: {print} in the library", source.place(at)));
            }
        }
    }
    found
}

/// The clock, the parker and the thread-locals each have one home.
pub fn owners(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in tree.runtime() {
        let file = tree.short(source);
        // `Instant` is then the runtime's own, which asks its clock.
        let own_instant = file == "time/instant.rs" || !source.find("instant::Instant").is_empty();
        let std_instant = source.find("std::time::Instant").len() + source.find("StdInstant").len();
        for (text, homes) in OWNERS {
            let exempt = text == "Instant::now" && own_instant && std_instant == 0;
            if homes.contains(&file) || exempt {
                continue;
            }
            for at in source.find_outside_tests(text) {
                found.push(format!("{}: {text} belongs to {}", source.place(at), homes.join(", ")));
            }
        }
    }
    found
}

/// A public function that returns a future says what is lost when the future is dropped.
pub fn cancel_safety(tree: &Tree) -> Vec<String> {
    let mut futures = Vec::new();
    for source in tree.runtime() {
        let implementations = source.find_outside_tests("Future for");
        let names = implementations.into_iter().map(|at| source.word_at(at + 10).0);
        // In a macro the name is a parameter, and no word.
        futures.extend(names.filter(|name| !name.is_empty()));
    }
    let mut found = Vec::new();
    for source in tree.runtime() {
        let traits: Vec<_> =
            source.find("pub trait").iter().map(|at| *at..source.item_end(*at)).collect();
        for (at, name) in functions(source).into_iter().filter(|(at, _)| !source.in_tests(*at)) {
            let front = &source.code[source.statement_start(at)..at];
            let front = String::from_utf8_lossy(front);
            let public = front.split_whitespace().any(|word| word == "pub")
                || traits.iter().any(|body| body.contains(&at));
            let returned = source.returned(at);
            let first: String =
                returned.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let future = front.split_whitespace().any(|word| word == "async")
                || (returned.starts_with("impl") && returned.contains("Future"))
                || futures.contains(&first);
            if public && future && !source.notes(at).contains("# Cancel safety") {
                let text = "returns a future; its docs have no `# Cancel safety`";
                found.push(format!("{}: fn {name} {text}", source.place(at)));
            }
        }
    }
    found
}

/// Nothing of the machine it was written on, and no package source but cargo's own registry.
pub fn foreign_paths(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let homes = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let own_registry = |line: &str| line.contains("\"registry+") && line.ends_with("-index\"");
    for (path, text) in &tree.texts {
        for (number, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", number + 1);
            if let Some(home) = homes.iter().find(|home| line.contains(**home)) {
                found.push(format!("{place}: a path of one machine, {home}"));
            }
            let lock = path.ends_with("Cargo.lock") && line.starts_with("source = ");
            if lock && !own_registry(line) {
                found.push(format!("{place}: a package from elsewhere"));
            }
            let toml = path.ends_with(".toml");
            let words = ["[source", "[registries", "[registry", "replace-with", "registry ="];
            if toml && words.iter().any(|word| line.trim_start().starts_with(word)) {
                found.push(format!("{place}: a registry of one machine"));
            }
        }
    }
    found
}

/// Every model is named by a change in `tests/weaken.txt` that must make it fail.
pub fn teeth(tree: &Tree) -> Vec<String> {
    let list = tree.texts.iter().find(|(path, _)| path == "tests/weaken.txt");
    let list = list.map_or("", |(_, text)| text.as_str());
    let named: Vec<_> = list.lines().filter_map(|line| line.rsplit(" | ").next()).collect();
    let mut found = Vec::new();
    for source in tree.runtime() {
        for (at, name) in functions(source) {
            if name.starts_with("loom_") && !named.contains(&name.as_str()) {
                found.push(format!("{}: no line of tests/weaken.txt for {name}", source.place(at)));
            }
        }
    }
    found
}

/// How long the weekend's path is.
pub fn weekend_lines(tree: &Tree) -> usize {
    let on_path =
        |source: &&Source| WEEKEND.iter().any(|part| tree.short(source).starts_with(part));
    tree.runtime().filter(on_path).map(Source::counted_lines).sum()
}

/// The weekend's path fits a weekend, and the two places that send readers there name it.
pub fn weekend(tree: &Tree) -> Vec<String> {
    let lines = weekend_lines(tree);
    let there = |part| tree.runtime().any(|source| tree.short(source).starts_with(part));
    let gone = WEEKEND.iter().filter(|part| !there(**part));
    let mut found: Vec<_> = gone.map(|part| format!("the path's {part} is not there")).collect();
    if lines > WEEKEND_LINES {
        found.push(format!("the weekend's path has {lines} lines, at most {WEEKEND_LINES}"));
    }
    for file in ["README.md", "runtime/src/lib.rs"] {
        let text = tree.texts.iter().find(|(path, _)| path == file).map(|(_, text)| text);
        if !text.is_some_and(|text| text.contains("weekend")) {
            found.push(format!("{file}: does not name the path"));
        }
    }
    found
}
