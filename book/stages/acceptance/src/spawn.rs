//! tasks and their handles.

use crate::block_on::BlockOn;
use crate::parts::{Count, Gate, OnDrop, from_thread, turns};
use std::future::{Future, pending, poll_fn};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::task::Poll;

/// How a task of its own is made, and what can be done with its handle.
pub trait Spawn: BlockOn {
    type Handle<T: Send + 'static>: Send;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static;
    fn join<T: Send + 'static>(
        handle: &mut Self::Handle<T>,
    ) -> impl Future<Output = Result<T, Failed>> + Send;
    fn abort<T: Send + 'static>(handle: &Self::Handle<T>);
    fn is_finished<T: Send + 'static>(handle: &Self::Handle<T>) -> bool;
}

/// Why there is no output.
#[derive(Debug, PartialEq, Eq)]
pub enum Failed {
    Cancelled,
    /// With the text of the panic.
    Panicked(String),
}

impl Failed {
    /// What was thrown, if it is a text.
    pub fn panicked(thrown: &(dyn std::any::Any + Send)) -> Self {
        Self::Panicked(thrown.downcast_ref::<&str>().unwrap_or(&"not a text").to_string())
    }
}

pub fn a_join_gives_the_output<M: Spawn>() {
    M::block_on(async {
        let mut task = M::spawn(async {
            turns(2).await;
            42
        });
        assert_eq!(M::join(&mut task).await, Ok(42));
        assert!(M::is_finished(&task));
    });
}

pub fn a_join_may_come_late<M: Spawn>() {
    M::block_on(async {
        let gate = Gate::default();
        let mut first = M::spawn({
            let gate = gate.clone();
            async move {
                gate.open();
                "long ago"
            }
        });
        gate.await;
        turns(10).await;
        assert_eq!(M::join(&mut first).await, Ok("long ago"));
    });
}

pub fn tasks_may_wait_for_tasks<M: Spawn>() {
    fn tree<M: Spawn>(depth: u32) -> std::pin::Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move {
            if depth == 0 {
                return 1;
            }
            let (mut a, mut b) = (M::spawn(tree::<M>(depth - 1)), M::spawn(tree::<M>(depth - 1)));
            M::join(&mut a).await.unwrap() + M::join(&mut b).await.unwrap()
        })
    }
    assert_eq!(M::block_on(tree::<M>(6)), 64);
}

pub fn a_task_is_woken_by_a_thread<M: Spawn>() {
    M::block_on(async {
        for _ in 0..50 {
            let mut tasks = [M::spawn(from_thread(false)), M::spawn(from_thread(true))];
            for task in &mut tasks {
                assert_eq!(M::join(task).await, Ok(()));
            }
        }
    });
}

pub fn a_panic_is_the_joins_error<M: Spawn>() {
    M::block_on(async {
        let mut task = M::spawn(async {
            turns(1).await;
            resume_unwind(Box::new("as planned"));
        });
        let failed: Result<(), _> = M::join(&mut task).await;
        assert_eq!(failed, Err(Failed::Panicked("as planned".into())));
        // And nobody else has noticed.
        assert_eq!(M::join(&mut M::spawn(async { 1 })).await, Ok(1));
    });
}

pub fn a_dropped_handle_lets_the_task_go_on<M: Spawn>() {
    M::block_on(async {
        let gate = Gate::default();
        let opener = gate.clone();
        drop(M::spawn(async move {
            turns(3).await;
            opener.open();
        }));
        gate.await;
    });
}

pub fn an_abort_drops_the_future<M: Spawn>() {
    M::block_on(async {
        let (dropped, begun) = (Count::default(), Gate::default());
        let mut task = M::spawn(holding(dropped.on_drop(), begun.clone()));
        begun.await;
        assert_eq!(dropped.get(), 0);
        M::abort(&task);
        M::abort(&task);
        assert_eq!(M::join(&mut task).await, Err(Failed::Cancelled));
        assert_eq!(dropped.get(), 1);
    });
}

async fn holding(held: OnDrop, begun: Gate) {
    let _held = held;
    begun.open();
    pending::<()>().await;
}

pub fn an_abort_may_come_too_late<M: Spawn>() {
    M::block_on(async {
        let mut task = M::spawn(async { "in time" });
        while !M::is_finished(&task) {
            turns(1).await;
        }
        M::abort(&task);
        assert_eq!(M::join(&mut task).await, Ok("in time"));
    });
}

/// Taken by a join, or dropped when nobody wants it: once, in either case.
pub fn an_output_is_dropped_once<M: Spawn>() {
    let dropped = Count::default();
    M::block_on(async {
        let mut taken = M::spawn(std::future::ready(dropped.on_drop()));
        let output = M::join(&mut taken).await;
        assert_eq!(dropped.get(), 0);
        drop(output);
        drop(taken);
        assert_eq!(dropped.get(), 1);

        let untaken = M::spawn(std::future::ready(dropped.on_drop()));
        while !M::is_finished(&untaken) {
            turns(1).await;
        }
        assert_eq!(dropped.get(), 1);
        drop(untaken);
        assert_eq!(dropped.get(), 2);

        drop(M::spawn(std::future::ready(dropped.on_drop())));
        while dropped.get() < 3 {
            turns(1).await;
        }
    });
    assert_eq!(dropped.get(), 3);
}

/// Whoever holds a waker of a task that has ended holds nothing of its output.
pub fn an_output_does_not_wait_for_wakers<M: Spawn>() {
    let dropped = Count::default();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let task = || {
        let (kept, output) = (kept.clone(), dropped.clone());
        poll_fn(move |cx| {
            kept.lock().unwrap().push(cx.waker().clone());
            Poll::Ready(output.on_drop())
        })
    };
    M::block_on(async {
        let untaken = M::spawn(task());
        while !M::is_finished(&untaken) {
            turns(1).await;
        }
        drop(untaken);
        assert_eq!(dropped.get(), 1);
        drop(M::spawn(task()));
        while kept.lock().unwrap().len() < 2 {
            turns(1).await;
        }
        // It is being polled, or was: a task that is spawned now comes after it.
        let _ = M::join(&mut M::spawn(async {})).await;
        assert_eq!(dropped.get(), 2);
    });
}

#[macro_export]
macro_rules! spawn {
    ($machine:ty) => {
        $crate::each! { $machine, spawn:
            a_join_gives_the_output,
            a_join_may_come_late,
            tasks_may_wait_for_tasks,
            a_task_is_woken_by_a_thread,
            a_panic_is_the_joins_error,
            a_dropped_handle_lets_the_task_go_on,
            an_abort_drops_the_future,
            an_abort_may_come_too_late,
            an_output_is_dropped_once,
            an_output_does_not_wait_for_wakers,
        }
    };
}
