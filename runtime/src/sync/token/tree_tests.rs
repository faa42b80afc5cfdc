//! Tests of the family table: its links, its size, and random walks beside a plain list of parents.

use super::{NOBODY, Node, Table};
use crate::base::rng::Rng;
use crate::wake::wait_list::poller::Polled;
use std::pin::Pin;
use std::sync::Arc;

/// Every link has its counterpart, and every point without a token has two children or more.
fn check(table: &Table) {
    for (place, entry) in &table.0 {
        let (mut children, mut previous, mut at) = (0, NOBODY, entry.child);
        while at != NOBODY {
            let child = &table.0[at];
            assert_eq!((child.parent, child.previous), (place, previous));
            (children, previous, at) = (children + 1, at, child.next);
        }
        assert!(entry.node.is_some() || children > 1, "{place} should have been dissolved");
        if entry.parent == NOBODY {
            assert_eq!((entry.previous, entry.next), (NOBODY, NOBODY));
        }
    }
}

fn len(node: &Node) -> usize {
    let table = node.family.table.lock();
    check(&table);
    table.0.len()
}

/// Runs `f` where a recursion over a hundred thousand nodes would overflow the stack.
fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(f);
    thread.expect("a thread").join().expect("no panic");
}

fn line_of(levels: usize) -> Vec<Arc<Node>> {
    let mut line = vec![Node::root()];
    for _ in 1..levels {
        line.push(line.last().expect("the root").child());
    }
    line
}

#[test]
fn a_deep_tree_is_cancelled_without_recursion() {
    on_a_small_stack(|| {
        let line = line_of(100_000);
        line[1].cancel();
        assert!(!line[0].is_cancelled() && line[1..].iter().all(|node| node.is_cancelled()));
        assert_eq!(len(&line[0]), 1);
        drop(line);
    });
}

#[test]
fn a_deep_tree_is_dropped_without_recursion_from_either_end() {
    on_a_small_stack(|| {
        drop(line_of(100_000));
        let mut line = line_of(100_000);
        while line.pop().is_some() {}
        // The last of a line, whose ancestors are gone.
        let last = line_of(100_000).pop().expect("a hundred thousand");
        assert_eq!(len(&last), 1);
        // And a line that is dropped while it grows.
        let root = Node::root();
        let mut tip = root.child();
        for _ in 0..100_000 {
            tip = tip.child();
        }
        assert_eq!(len(&root), 2);
        root.cancel();
        assert!(tip.is_cancelled());
    });
}

#[test]
fn a_wide_tree_leaks_nothing() {
    let root = Node::root();
    for _ in 0..100_000 {
        let child = root.child();
        assert!(!child.is_cancelled());
    }
    assert_eq!(len(&root), 1);
    assert!(root.family.table.lock().0.capacity() < 16, "places are used again");
    let children: Vec<_> = (0..100_000).map(|_| root.child()).collect();
    root.cancel();
    assert!(children.iter().all(|child| child.is_cancelled()));
    assert_eq!((len(&root), Arc::strong_count(&root.family)), (0, 100_001));
    drop(children);
    assert_eq!(Arc::strong_count(&root.family), 1);
}

#[test]
fn grandchildren_stay_in_the_family_when_their_parent_goes() {
    let root = Node::root();
    let parent = root.child();
    let (one, two, three) = (parent.child(), parent.child(), parent.child());
    drop(parent);
    assert_eq!(len(&root), 5);
    drop(two);
    assert_eq!(len(&root), 4);
    drop(one);
    // The branching point has one child left, which takes its place.
    assert_eq!(len(&root), 2);
    root.cancel();
    assert!(three.is_cancelled());
}

#[test]
fn nodes_are_freed_although_the_table_knows_them() {
    let root = Node::root();
    let parent = root.child();
    let (one, two) = (parent.child(), parent.child());
    let weak = Arc::downgrade(&parent);
    drop(parent);
    // Nothing in the table holds the memory of a node that is gone.
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 0));
    assert_eq!(len(&root), 4);
    drop((one, two));
    assert_eq!(len(&root), 1);
}

type Waits = Polled<Pin<Box<dyn Future<Output = ()>>>>;

/// A token of the model: who made it, and whether it was cancelled itself.
struct Known {
    node: Option<Arc<Node>>,
    parent: Option<usize>,
    cancelled: bool,
    born_cancelled: bool,
    wait: Option<Waits>,
}

fn is_cancelled(known: &[Known], at: usize) -> bool {
    let lineage = std::iter::successors(Some(at), |at| known[*at].parent);
    lineage.into_iter().any(|at| known[at].cancelled)
}

fn walk(seed: u64) {
    let rng = Rng::seeded(seed);
    let root = |cancelled| Known {
        node: Some(Node::root()),
        parent: None,
        cancelled,
        born_cancelled: cancelled,
        wait: None,
    };
    let mut known = vec![root(false)];
    for _ in 0..120 {
        let at = rng.below(known.len() as u32) as usize;
        let Some(node) = known[at].node.clone() else { continue };
        match rng.below(32) {
            0..16 => {
                let born_cancelled = is_cancelled(&known, at);
                let node = Some(node.child());
                let parent = Some(at);
                known.push(Known { node, parent, cancelled: false, born_cancelled, wait: None });
            }
            16..24 => {
                drop(node);
                known[at].node = None;
                known[at].wait = None;
            }
            24..30 if known[at].wait.is_none() && !known[at].born_cancelled => {
                let mut wait: Waits =
                    Polled::new(Box::pin(async move { node.event().wait().await }));
                if wait.poll().is_pending() {
                    assert!(!is_cancelled(&known, at));
                    known[at].wait = Some(wait);
                }
            }
            30 => known[at].wait = None,
            31 => {
                node.cancel();
                known[at].cancelled = true;
            }
            _ => {}
        }
        let mut alive = 0;
        for at in 0..known.len() {
            let cancelled = is_cancelled(&known, at);
            let Some(node) = &known[at].node else { continue };
            assert_eq!(node.is_cancelled(), cancelled, "token {at}");
            alive += usize::from(!cancelled);
            if let Some(wait) = &known[at].wait {
                assert_eq!(wait.wakes(), usize::from(cancelled), "token {at}");
            }
        }
        if let Some(node) = known.iter().find_map(|known| known.node.as_ref()) {
            assert!(len(node) <= 2 * alive, "{} places for {alive} tokens", len(node));
        }
    }
}

#[test]
fn it_behaves_as_a_plain_list_of_parents() {
    let only = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(0..1500, |seed: u64| seed..seed + 1);
    for seed in seeds {
        if let Err(panic) = std::panic::catch_unwind(|| walk(seed)) {
            println!("MAINSPRING_SEED={seed} repeats it");
            std::panic::resume_unwind(panic);
        }
    }
}
