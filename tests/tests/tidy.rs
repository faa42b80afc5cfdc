//! The reviewer that never tires: rules of this tree that a program can check.
//!
//! `cargo test -p tests --test tidy -- --nocapture` also prints the tree in numbers.
//!
//! Code for tests (`#[cfg(test)]`, `*tests.rs`, the package `tests`) keeps the sizes, and is free
//! of the rules on imports, orderings, owners and printing; its `unsafe` needs a `SAFETY`, which
//! need not cite an invariant. Every rule has a sample that breaks it: a rule that cannot fail is
//! none.

#[path = "tidy/book.rs"]
mod book;
#[path = "tidy/futures.rs"]
mod futures;
#[path = "tidy/futures_samples.rs"]
mod futures_samples;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/samples.rs"]
mod samples;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/tree.rs"]
mod tree;

use std::path::Path;
use tree::Tree;

/// The files that may hold unsafe code, and why.
const MAY_BE_UNSAFE: &[&str] = &[
    // Nodes that live in futures and tasks, linked by pointers.
    "base/list.rs",
    "base/stack.rs",
    // A waker that one side sets and another takes.
    "wake/slot.rs",
    // Nodes inside pinned futures.
    "wake/wait_list.rs",
    // One allocation, typed by its vtable.
    "task/header.rs",
    "task/waker.rs",
    "task/cell.rs",
    "task/run.rs",
    "task/join.rs",
    "task/registry.rs",
    "task/schedule.rs",
    "task/new.rs",
    // Counts of the scheduler, handed over by pointer.
    "task/credit.rs",
    // Queue entries, handed over by pointer; the worker behind the thread's context.
    "local/shared.rs",
    "local/spawn.rs",
    "local/worker.rs",
    // Entries that pass from thread to thread: under a word of positions, and under a lock.
    "pool/ring.rs",
    "pool/inject.rs",
    // As in local: entries by pointer, and the worker behind the thread's context.
    "pool/progress.rs",
    "pool/worker.rs",
    "pool/find.rs",
    "pool/look.rs",
    "pool/schedule.rs",
    "pool/tick.rs",
    "pool/guest.rs",
    "pool/shutdown.rs",
    // Nodes inside pinned sleeps, filed by pointers.
    "drive/wheel.rs",
    "drive/timers.rs",
    "drive/entry.rs",
    // The slot's rule, one thread at a time, and nodes inside pinned futures.
    "drive/source.rs",
    "drive/readiness.rs",
    // A descriptor that somebody gives away.
    "fs/unix.rs",
    // Values handed over under a state word or a lock.
    "sync/mutex/lock.rs",
    "sync/mutex/owned.rs",
    "sync/mutex/mapped.rs",
    "sync/rwlock/lock.rs",
    "sync/rwlock/guards.rs",
    "sync/rwlock/mapped.rs",
    "sync/rwlock/owned.rs",
    "sync/rwlock/owned_mapped.rs",
    "sync/once_cell.rs",
    "sync/oneshot/shared.rs",
    "sync/ring.rs",
    "sync/chain.rs",
    // Who pushes has a permit, who pops is the receiver: the two rules of the storage.
    "sync/mpsc/chan.rs",
    "sync/mpsc/tx.rs",
    "sync/mpsc/permit.rs",
    // A value that one at a time may use: under a word, or under the lock of the senders.
    "sync/broadcast/slot.rs",
    "sync/broadcast/shared.rs",
    // Pin projections to the node inside a future.
    "sync/event.rs",
    "sync/notify.rs",
    "sync/condvar.rs",
    "sync/barrier.rs",
    "sync/queue/store.rs",
    "sync/semaphore/acquire.rs",
    // The current runtime behind the thread's context.
    "runtime/context.rs",
    // The worker behind it, which passes from thread to thread under a lock.
    "runtime/post.rs",
    // A set's counts, one of them the context's; futures that stay on their thread.
    "runtime/local_set.rs",
    // A handler that the system calls.
    "signal/handler.rs",
    // A descriptor from a syscall that std does not have; a closure between fork and exec.
    "process/pidfd.rs",
    "process/command.rs",
    // What the system is asked that no crate wraps; sockets by number.
    "net/unix/ucred.rs",
    "net/unix/pipe/ends.rs",
    "net/raw.rs",
    // Wakers that are entries of a list, by pointer.
    "group/done.rs",
    // Buffers of bytes that are not there yet: those of other crates.
    "io/ext/bytes.rs",
    "compat/hyper.rs",
    "compat/tokio_io.rs",
    "compat/both.rs",
];

/// A rule: what breaks it in a tree.
type Rule = fn(&Tree) -> Vec<String>;

const RULES: [(&str, Rule); 12] = [
    ("imports", rules::imports),
    ("captions", rules::captions),
    ("sizes", rules::sizes),
    ("safety", rules::safety),
    ("invariants", rules::invariants),
    ("orderings", rules::orderings),
    ("teeth", rules::teeth),
    ("leftovers", rules::leftovers),
    ("owners", rules::owners),
    ("cancel_safety", rules::cancel_safety),
    ("futures", futures::futures),
    ("foreign_paths", rules::foreign_paths),
];

fn this_tree() -> Tree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    Tree::read(root, MAY_BE_UNSAFE)
}

#[test]
fn the_tree_is_tidy() {
    let tree = this_tree();
    assert!(tree.map.len() > 40, "the map was read");
    let mut report = String::new();
    let whole = [("weekend", rules::weekend as Rule), ("book", book::book)];
    for (name, rule) in RULES.iter().chain(&whole) {
        let found = rule(&tree);
        if !found.is_empty() {
            report += &format!("\n{name} ({}):\n  {}\n", found.len(), found.join("\n  "));
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// The columns that style guides are compared by, for our own tree.
#[test]
fn the_tree_in_numbers() {
    let tree = this_tree();
    let share = |part: usize, whole: usize| (100 * part).checked_div(whole).unwrap_or(0);
    println!("| part | files | lines | comment % | doc % | code | `unsafe` | SAFETY | cfg |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let parts =
        ["base", "wake", "task", "local", "drive", "pool", "blocking", "sync", "runtime", "time"];
    for part in parts.into_iter().chain(["io", "net", "signal", "process", "compat", ""]) {
        let (mut files, mut lines, mut code, mut docs, mut comments) = (0, 0, 0, 0, 0);
        let (mut danger, mut notes, mut cfgs) = (0, 0, 0);
        for source in tree.runtime().filter(|source| !source.in_tests(0)) {
            if !tree.short(source).starts_with(part) {
                continue;
            }
            files += 1;
            lines += source.counted_lines();
            for line in source.text.lines().take(source.counted_lines()).map(str::trim) {
                let doc = line.starts_with("///") || line.starts_with("//!");
                docs += usize::from(doc);
                comments += usize::from(line.starts_with("//"));
                code += usize::from(!line.is_empty() && !line.starts_with("//"));
                notes += usize::from(line.contains("SAFETY("));
            }
            danger += source.find_outside_tests("unsafe").len();
            cfgs += source.find_outside_tests("cfg").len();
        }
        let (comment, doc) = (share(comments, lines), share(docs, lines));
        let part = if part.is_empty() { "all" } else { part };
        let numbers = [files, lines, comment, doc, code, danger, notes, cfgs];
        println!("| {part} | {} |", numbers.map(|n| n.to_string()).join(" | "));
    }
    let weekend = rules::weekend_lines(&tree);
    println!("the weekend's path: {weekend} lines of at most {}", rules::WEEKEND_LINES);
}
