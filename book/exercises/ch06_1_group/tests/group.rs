use ch06_1_group::Group;
use stage_ch06::{Either, JoinError, Runtime, race, yield_now};
use std::cell::Cell;
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;

/// Says when it is dropped.
struct Held(Rc<Cell<u32>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// Waits for ever.
async fn waits(held: Held) {
    pending::<()>().await;
    drop(held);
}

#[test]
fn t1_the_outputs_come_in_the_order_of_the_spawns() {
    Runtime::new().block_on(async {
        let mut group = Group::default();
        for turns in [3, 1, 2] {
            group.spawn(async move {
                for _ in 0..turns {
                    yield_now().await;
                }
                turns
            });
        }
        let outputs = group.join().await;
        let outputs: Vec<_> = outputs.into_iter().map(Result::unwrap).collect();
        assert_eq!(outputs, [3, 1, 2]);
    });
}

#[test]
fn t2_the_tasks_run_before_anybody_joins() {
    Runtime::new().block_on(async {
        let begun = Rc::new(Cell::new(0));
        let mut group = Group::default();
        for _ in 0..2 {
            let begun = begun.clone();
            group.spawn(async move { begun.set(begun.get() + 1) });
        }
        yield_now().await;
        assert_eq!(begun.get(), 2, "tasks that have begun");
        assert_eq!(group.join().await.len(), 2);
    });
}

#[test]
fn t3_a_group_that_is_dropped_ends_its_tasks() {
    Runtime::new().block_on(async {
        let ended = Rc::new(Cell::new(0));
        let mut group = Group::default();
        (0..2).for_each(|_| group.spawn(waits(Held(ended.clone()))));
        yield_now().await;
        drop(group);
        yield_now().await;
        assert_eq!(ended.get(), 2, "tasks that have ended, a turn after the drop");
    });
}

#[test]
fn t4_a_join_that_is_dropped_ends_them_too() {
    Runtime::new().block_on(async {
        let ended = Rc::new(Cell::new(0));
        let mut group = Group::default();
        (0..2).for_each(|_| group.spawn(waits(Held(ended.clone()))));
        {
            let (join, soon) = (Box::pin(group.join()), pin!(yield_now()));
            let first = race(join, soon).await;
            assert!(matches!(first, Either::Right(())), "the tasks wait for ever");
        }
        yield_now().await;
        assert_eq!(ended.get(), 2, "tasks that have ended, a turn after the drop");
    });
}

#[test]
fn t5_a_panic_is_one_output() {
    Runtime::new().block_on(async {
        let mut group = Group::default();
        group.spawn(async { 1 });
        group.spawn(async { std::panic::resume_unwind(Box::new("on purpose")) });
        group.spawn(async { 3 });
        let outputs = group.join().await;
        assert!(matches!(outputs[..], [Ok(1), Err(JoinError::Panicked(_)), Ok(3)]), "{outputs:?}");
    });
}
