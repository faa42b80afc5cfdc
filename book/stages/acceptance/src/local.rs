//! one thread for all tasks.

use crate::parts::{Count, Gate, Log, from_thread, turns};
use crate::spawn::Spawn;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::rc::Rc;

/// How tasks are made that stay on the thread they were made on, and what is left when the executor
/// has ended: `block_on` begins with a new executor and shuts it down.
pub trait Local: Spawn {
    fn spawn_local<F>(future: F) -> impl Future<Output = F::Output> + 'static
    where
        F: Future<Output: 'static> + 'static;
    fn yield_now() -> impl Future<Output = ()>;
}

pub fn first_in_first_out<M: Local>() {
    let log = Log::default();
    M::block_on(async {
        let tasks: Vec<_> = ["a", "b", "c"]
            .into_iter()
            .map(|name| {
                let log = log.clone();
                M::spawn_local(async move {
                    for turn in 0..2 {
                        log.push(format!("{name}{turn}"));
                        M::yield_now().await;
                    }
                })
            })
            .collect();
        log.push("root");
        for task in tasks {
            task.await;
        }
    });
    assert_eq!(log.lines(), ["root", "a0", "b0", "c0", "a1", "b1", "c1"]);
}

pub fn tasks_share_what_is_not_send<M: Local>() {
    let sum = Rc::new(Cell::new(0));
    M::block_on(async {
        let add = |number| {
            let sum = sum.clone();
            M::spawn_local(async move {
                for _ in 0..10 {
                    let before = sum.get();
                    sum.set(before + number);
                    M::yield_now().await;
                }
            })
        };
        let (a, b) = (add(1), add(100));
        a.await;
        b.await;
    });
    assert_eq!(sum.get(), 1010);
    assert_eq!(Rc::strong_count(&sum), 1);
}

pub fn a_busy_task_keeps_nobody_out<M: Local>() {
    M::block_on(async {
        let done = Rc::new(Cell::new(false));
        let busy = M::spawn_local({
            let done = done.clone();
            async move {
                while !done.get() {
                    M::yield_now().await;
                }
            }
        });
        // Woken by a thread, that is, through the inbox.
        from_thread(false).await;
        M::spawn_local(from_thread(false)).await;
        done.set(true);
        busy.await;
    });
}

pub fn a_task_that_spawns_while_it_runs<M: Local>() {
    let log = Log::default();
    M::block_on(async {
        let outer = log.clone();
        M::spawn_local(async move {
            let inner = outer.clone();
            let task = M::spawn_local(async move { inner.push("inner") });
            outer.push("outer");
            task.await;
        })
        .await;
    });
    assert_eq!(log.lines(), ["outer", "inner"]);
}

/// Whatever is left is dropped before `block_on` returns: idle, queued, or never polled.
pub fn the_end_drops_every_future<M: Local>() {
    let dropped = Count::default();
    M::block_on(async {
        let begun = Gate::default();
        for _ in 0..3 {
            let held = dropped.on_drop();
            drop(M::spawn_local(async move {
                let _held = held;
                pending::<()>().await;
            }));
        }
        let (held, signal) = (dropped.on_drop(), begun.clone());
        drop(M::spawn_local(async move {
            let _held = held;
            signal.open();
            loop {
                M::yield_now().await;
            }
        }));
        begun.await;
        drop(M::spawn_local(std::future::ready(dropped.on_drop())));
        assert_eq!(dropped.get(), 0);
    });
    assert_eq!(dropped.get(), 5);
}

/// A destructor that wakes and aborts others, at the end, when they are going too.
pub fn the_end_may_wake_and_abort<M: Local>() {
    struct Last<M: Local>(Gate, M::Handle<()>);
    impl<M: Local> Drop for Last<M> {
        fn drop(&mut self) {
            self.0.open();
            M::abort(&self.1);
        }
    }
    let dropped = Count::default();
    M::block_on(async {
        let gate = Gate::default();
        let held = dropped.on_drop();
        let other = gate.clone();
        let waiting = M::spawn(async move {
            let _held = held;
            other.await;
        });
        let last = Last::<M>(gate, waiting);
        drop(M::spawn_local(async move {
            let _last = last;
            pending::<()>().await;
        }));
        turns(3).await;
    });
    assert_eq!(dropped.get(), 1);
}

/// Wakers that outlive the executor are worth nothing and do no harm.
pub fn a_wake_after_the_end_is_nothing<M: Local>() {
    let gate = Gate::default();
    let waits = Rc::new(RefCell::new(0));
    let inside = waits.clone();
    let other = gate.clone();
    M::block_on(async {
        drop(M::spawn_local(async move {
            *inside.borrow_mut() += 1;
            other.await;
            *inside.borrow_mut() += 100;
        }));
        while !gate.is_waited_for() {
            turns(1).await;
        }
    });
    std::thread::spawn(move || gate.open()).join().unwrap();
    assert_eq!((*waits.borrow(), Rc::strong_count(&waits)), (1, 1));
}

#[macro_export]
macro_rules! local {
    ($machine:ty) => {
        $crate::each! { $machine, local:
            first_in_first_out,
            tasks_share_what_is_not_send,
            a_busy_task_keeps_nobody_out,
            a_task_that_spawns_while_it_runs,
            the_end_drops_every_future,
            the_end_may_wake_and_abort,
            a_wake_after_the_end_is_nothing,
        }
    };
}
