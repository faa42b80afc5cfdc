//! A small good tree that keeps every rule, and one change for each way to break one.

use crate::RULES;
use crate::tree::Tree;

const LIB: &str = "//! the map.
mod base {
    /// the clock.
    mod clock;
    /// a list.
    mod list;
}
/// a machine.
mod local;
mod sync {
    /// a lock.
    mod mutex;
}
mod time {
    /// Instant.
    mod instant;
}
";

const CLOCK: &str = "//! the clock.
#![forbid(unsafe_code)]
/// Isn't \"unsafe\": '\"' is a character here, and so is the next.
fn quote() -> char { '\\'' }
fn now() -> Instant { Instant::now() }
";

const LIST: &str = "//! a list.
//!
//! * INV-1: a node stays.
use super::clock;
struct Table { poll: unsafe fn(*const ()) }
/// # Safety
/// INV-1.
unsafe fn get(raw: *const u8) -> u8 {
    let text = r#\"unsafe { Ordering::Relaxed }\"#;
    // SAFETY(INV-1): it stays.
    let one = unsafe { *raw };
    match one {
        // SAFETY(INV-1): as above.
        1 => unsafe { *raw },
        _ => call(one, |x| {
            // SAFETY(INV-1): as above.
            unsafe { *x }
        }),
    }
}
/// # Safety
/// The node is alive: INV-1.
trait Node { unsafe fn links(&self); }
impl<T> Node for T { unsafe fn links(&self) {} }
#[cfg(test)]
mod tests {
    use crate::sync::mutex;
    /// INV-1
    #[test]
    fn keeps() { std::thread::park(); println!() }
}
";

const LOCAL: &str = "//! a machine.
#![forbid(unsafe_code)]
use crate::base::{clock::{self, now}, list};
fn tick(word: &AtomicU8) {
    // Ordering: Acquire, pairs with the Release in `wake`;
    // Relaxed: the value is not used.
    let old = word
        .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
        .unwrap_or_else(|other| other);
    if old == 1 {
        // Ordering: Release, pairs with the Acquire above.
        word.store(0, Ordering::Release);
    }
}
#[cfg(all(test, loom))]
fn loom_ticks() {}
";

const MUTEX: &str = "//! a lock.
#![forbid(unsafe_code)]
pub struct Lock;
impl Future for Lock {}
impl Mutex {
    /// Waits.
    ///
    /// # Cancel safety
    /// Loses the place in the line.
    pub fn lock(&self) -> Lock { Lock }
    pub(crate) async fn inner(&self) {}
    fn poll(self: Pin<&mut Self>) -> Poll<()> { Poll::Pending }
}
";

const INSTANT: &str = "//! Instant.
#![forbid(unsafe_code)]
fn elapsed() { Instant::now(); }
";

const GOOD: [(&str, &str); 8] = [
    ("runtime/src/lib.rs", LIB),
    ("runtime/src/base/clock.rs", CLOCK),
    ("runtime/src/base/list.rs", LIST),
    ("runtime/src/local.rs", LOCAL),
    ("runtime/src/sync/mutex.rs", MUTEX),
    ("runtime/src/time/instant.rs", INSTANT),
    ("tests/weaken.txt", "local.rs | Acquire | Relaxed | loom_ticks\n"),
    ("Cargo.toml", "[workspace]\nlicense = \"MIT\"\n"),
];

/// The good tree with text put at the end of one file (of a new one, if it is not there).
fn with(path: &str, text: &str) -> Tree {
    let mut texts = GOOD.map(|(path, text)| (path.to_string(), text.to_string())).to_vec();
    match texts.iter_mut().find(|(other, _)| other == path) {
        Some((_, old)) => old.push_str(text),
        None => texts.push((path.to_string(), text.to_string())),
    }
    Tree::new(texts, &["base/list.rs"])
}

fn found(tree: &Tree, rule: &str) -> Vec<String> {
    let (_, rule) = RULES.iter().find(|(name, _)| *name == rule).expect("a rule of that name");
    rule(tree)
}

/// Rule, file, what is put at its end, what the rule must say.
const BROKEN: &[(&str, &str, &str, &str)] = &[
    ("imports", "local.rs", "use crate::sync::mutex::Mutex;", "comes later"),
    ("imports", "local.rs", "fn f() { crate::sync::mutex::new() }", "comes later"),
    ("imports", "local.rs", "use crate::{base::list, sync::{mutex}};", "comes later"),
    ("imports", "base/clock.rs", "use super::list::List;", "comes later"),
    ("imports", "base/clock.rs", "use super::super::local;", "comes later"),
    ("imports", "sync/mutex.rs", "use crate::local::Local;", "sync imports local"),
    ("imports", "sync/mutex.rs", "use crate::Runtime;", "names no file"),
    ("captions", "lib.rs", "/// gone.\nmod gone;", "not there"),
    ("captions", "base/new.rs", "//! new.\n", "not on the map"),
    ("sizes", "local.rs", LONG_LINE, "101 columns"),
    ("safety", "base/list.rs", "fn f() { unsafe { g() } }", "`unsafe` without"),
    (
        "safety",
        "base/list.rs",
        "// SAFETY: trust me.\nunsafe impl Send for L {}",
        "`unsafe` without",
    ),
    (
        "safety",
        "base/list.rs",
        "// SAFETY(INV-1): a.\nfn f() {}\nunsafe fn g() {}",
        "`unsafe` without",
    ),
    ("safety", "base/list.rs", "impl L { unsafe fn g() {} }", "`unsafe` without"),
    ("safety", "base/list.rs", "trait T { unsafe fn g() {} }", "`unsafe` without"),
    ("safety", "local.rs", "// SAFETY(INV-1): x.\nunsafe impl Send for L {}", "not on the list"),
    ("safety", "base/new.rs", "//! new.\n", "forbid(unsafe_code)"),
    ("invariants", "local.rs", "//! * INV-1: again.\n", "defined twice"),
    ("invariants", "local.rs", "//! * INV-7: new.\n", "no test names INV-7"),
    ("invariants", "local.rs", "// SAFETY(INV-9): x.\n", "INV-9 is defined nowhere"),
    ("orderings", "local.rs", "fn f() { w.load(Ordering::Relaxed) }", "no `// Ordering:`"),
    (
        "orderings",
        "local.rs",
        "// Ordering: a.\nfn f() {\n a;\n w.load(Ordering::Acquire) }",
        "no `/",
    ),
    ("orderings", "local.rs", "// Ordering: x.\nconst A: O = Ordering::SeqCst;", "SeqCst"),
    ("orderings", "local.rs", "fn f() { fence(order) }", "bare fence"),
    ("teeth", "local.rs", "fn loom_bites() {}", "for loom_bites"),
    ("leftovers", "local.rs", concat!("// TO", "DO: later"), "TO"),
    ("leftovers", "local.rs", "fn f() { dbg!(1) }", "dbg!"),
    ("leftovers", "local.rs", "fn f() { eprintln!() }", "in the library"),
    ("owners", "local.rs", "fn f() { std::thread::park_timeout(x) }", "belongs to wake/park.rs"),
    ("owners", "local.rs", "fn f() { Instant::now() }", "belongs to base/clock.rs"),
    ("owners", "local.rs", "thread_local! { static X: u8 = 1; }", "belongs to base/prim.rs"),
    ("owners", "local.rs", "plain_local! { static X: u8 = 1; }", "belongs to base/rng.rs"),
    ("cancel_safety", "local.rs", "pub async fn f() {}", "fn f returns a future"),
    ("cancel_safety", "local.rs", "pub fn f() -> impl Future {}", "fn f returns a future"),
    ("cancel_safety", "local.rs", "pub fn f() -> Lock {}", "fn f returns a future"),
    ("cancel_safety", "local.rs", "pub trait T { fn f(&self) -> Lock; }", "fn f returns a future"),
    ("futures", "lib.rs", "pub mod a { pub use crate::sync::mutex::Lock; }", "a::Lock has no row"),
    ("foreign_paths", "local.rs", concat!("// see /ho", "me/me"), "path of one machine"),
    ("foreign_paths", "Cargo.lock", "source = \"registry+https://x\"", "from elsewhere"),
    ("foreign_paths", "Cargo.toml", "[source.crates-io]", "registry of one machine"),
];

const LONG_LINE: &str = concat!(
    "// 345678901234567890123456789012345678901234567890123456789",
    "0123456789012345678901234567890123456789!"
);

#[test]
fn the_good_sample_keeps_every_rule() {
    let tree = with("runtime/src/lib.rs", "");
    for (name, rule) in RULES {
        assert_eq!(rule(&tree), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_rule_catches_what_breaks_it() {
    for (rule, file, text, words) in BROKEN {
        let outside = file.starts_with("Cargo");
        let path = if outside { file.to_string() } else { format!("runtime/src/{file}") };
        let found = found(&with(&path, text), rule);
        let caught = found.iter().any(|line| line.contains(words));
        assert!(caught, "{rule} misses {text:?} in {file}: {found:?}");
    }
    let tried = |name: &str| BROKEN.iter().any(|(rule, ..)| *rule == name);
    assert!(RULES.iter().all(|(name, _)| tried(name)), "every rule has a sample");
}

#[test]
fn captions_must_be_equal() {
    let texts = GOOD.map(|(path, text)| (path.to_string(), text.replace("! a machine", "! mine")));
    let found = found(&Tree::new(texts.to_vec(), &[]), "captions");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("\"mine.\", in lib.rs it is \"a machine.\""), "{found:?}");
}

#[test]
fn the_list_of_unsafe_files_is_true() {
    let texts = GOOD.map(|(path, text)| (path.to_string(), text.to_string())).to_vec();
    let found = found(&Tree::new(texts, &["base/list.rs", "base/gone.rs", "local.rs"]), "safety");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("base/gone.rs") && found[1].contains("take it off"), "{found:?}");
}

#[test]
fn long_files_and_functions_are_found() {
    let found = |text: &str| found(&with("runtime/src/local.rs", text), "sizes");
    let body = "    call();\n".repeat(68);
    assert!(found(&format!("fn long() {{\n{body}}}\n")).is_empty());
    let long = found(&format!("fn long() {{\n{body}\n}}\n"));
    assert!(long.len() == 1 && long[0].contains("fn long has 71 lines"), "{long:?}");
    let long = found(&"// x\n".repeat(400));
    assert!(long.len() == 1 && long[0].contains("lines, at most 400"), "{long:?}");
}

#[test]
fn the_weekend_is_counted_without_tests() {
    let before = crate::rules::weekend_lines(&with("runtime/src/lib.rs", ""));
    let more = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
    let after = crate::rules::weekend_lines(&with("runtime/src/local/worker.rs", more));
    assert_eq!(after - before, 1);
    let long = with("runtime/src/local/worker.rs", &"// x\n".repeat(7_500));
    let found = crate::rules::weekend(&long);
    assert!(found.iter().any(|line| line.contains("7500")), "{found:?}");
    let gone = "the path's wake/park is not there";
    assert!(found.iter().any(|line| line == gone), "{found:?}");
}

#[test]
fn a_page_of_the_map_stands_where_it_is_declared() {
    let page = "/// one.\npub(crate) mod one;\npub use one::One;\n";
    let texts = [
        ("runtime/src/lib.rs", "/// late.\nmod late;\npub mod sync;\n"),
        ("runtime/src/late.rs", "//! late.\nuse crate::sync::one::One;\n"),
        ("runtime/src/sync.rs", page),
        ("runtime/src/sync/one.rs", "//! another.\n"),
    ];
    let texts = texts.map(|(path, text)| (path.to_string(), text.to_string()));
    let tree = Tree::new(texts.to_vec(), &[]);
    let captions = crate::rules::captions(&tree);
    assert!(captions.len() == 1 && captions[0].contains("sync/one.rs:1"), "{captions:?}");
    let imports = crate::rules::imports(&tree);
    assert!(imports.len() == 1 && imports[0].contains("comes later"), "{imports:?}");
}
