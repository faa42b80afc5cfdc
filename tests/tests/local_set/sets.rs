//! A JoinSet of tasks that stay on their thread.

use mainspring::task::{JoinSet, LocalSet};
use std::cell::RefCell;
use std::future::{pending, ready};
use std::rc::Rc;
use tests::Kind;

fn a_join_set_takes_local_tasks(kind: Kind) {
    let (rt, local) = (kind.runtime(), LocalSet::new());
    let seen = Rc::new(RefCell::new(Vec::new()));
    let sum = local.block_on(&rt, async {
        let mut set = JoinSet::new();
        for number in 0..4 {
            let seen = seen.clone();
            set.spawn_local(async move {
                seen.borrow_mut().push(number);
                number
            });
        }
        set.spawn_local_on(ready(4), &local);
        set.join_all().await.into_iter().sum::<i32>()
    });
    assert_eq!((sum, &**seen.borrow()), (10, &[0, 1, 2, 3][..]));
}

fn a_join_set_that_is_dropped_ends_its_local_tasks(kind: Kind) {
    let (rt, local) = (kind.runtime(), LocalSet::new());
    let held = Rc::new(());
    local.block_on(&rt, async {
        let mut set = JoinSet::new();
        let holds = held.clone();
        set.spawn_local(async move {
            pending::<()>().await;
            drop(holds);
        });
        drop(set);
    });
    rt.block_on(local);
    assert_eq!(Rc::strong_count(&held), 1);
}

tests::each_scheduler! {
    a_join_set_takes_local_tasks,
    a_join_set_that_is_dropped_ends_its_local_tasks,
}
