//! Guards in the wrong order, and where a set's own counts go.

use super::*;
use std::rc::Weak;

fn count(home: &Weak<Home>) -> usize {
    home.strong_count()
}

/// INV-131: each count is given back once, whatever the order of the guards.
#[test]
fn guards_in_the_wrong_order_keep_what_the_thread_points_to() {
    let (one, two) = (LocalSet::new(), LocalSet::new());
    let (first, second) = (Rc::downgrade(&one.home), Rc::downgrade(&two.home));
    let (outer, inner) = (one.enter(), two.enter());
    assert_eq!((count(&first), count(&second)), (2, 2));
    drop(one);
    drop(outer);
    assert_eq!((count(&first), count(&second)), (1, 1), "the inner guard goes back to the first");
    drop(inner);
    assert!(spawn_local(async {}).is_finished(), "the wrong set, and an ended one: refused");
    assert_eq!(count(&first), 1);
    drop(enter(Rc::clone(&two.home)));
    drop(LocalEnterGuard { before: std::ptr::null() });
    assert_eq!((count(&first), count(&second)), (0, 1));
}

/// INV-131: a future that is refused takes the guard, and the last count of the set, with it.
#[test]
fn a_refused_future_may_drop_the_guard_that_it_was_spawned_through() {
    let set = LocalSet::new();
    let home = Rc::downgrade(&set.home);
    let guard = set.enter();
    drop(set);
    assert_eq!(count(&home), 1);
    let task = spawn_local(async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    assert!(task.is_finished());
    assert_eq!(count(&home), 0);
    assert!(local_set().is_null());
}

/// INV-130: a future is counted until it is dropped, on this thread, in whatever way.
#[test]
fn futures_count_themselves_out() {
    let set = LocalSet::new();
    let alive = set.home.alive.clone();
    let tasks: Vec<_> = (0..3).map(|_| set.spawn_local(std::future::pending::<()>())).collect();
    assert_eq!(alive.get(), 3);
    tasks[0].abort();
    assert_eq!(alive.get(), 3, "at its next turn");
    let rt = super::super::builder::Builder::new_current_thread().build().unwrap();
    set.block_on(&rt, crate::task::yield_now::yield_now());
    assert_eq!(alive.get(), 2);
    drop(set);
    assert_eq!(alive.get(), 0);
    assert!(tasks.iter().all(JoinHandle::is_finished));
}
