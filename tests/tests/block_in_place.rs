//! block_in_place: code that blocks on a worker's thread, while everything else goes on.

#[path = "block_in_place/ending.rs"]
mod ending;
#[path = "block_in_place/limits.rs"]
mod limits;
#[path = "block_in_place/standing_in.rs"]
mod standing_in;

use mainspring::runtime::{Builder, Handle};
use mainspring::task::{LocalSet, block_in_place, consume_budget, spawn_blocking};
use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use tests::{Kind, heard, panic_of, runtime};

#[test]
fn outside_of_a_runtime_it_is_a_call() {
    let here = std::thread::current().id();
    let borrowed = Cell::new(0);
    assert_eq!(block_in_place(|| std::thread::current().id()), here);
    block_in_place(|| block_in_place(|| borrowed.set(7)));
    let rt = runtime();
    let _guard = rt.enter();
    block_in_place(|| borrowed.set(borrowed.get() + 1));
    assert_eq!(borrowed.get(), 8);
}

#[test]
fn in_a_current_thread_runtime_it_panics_and_says_what_to_do() {
    let rt = runtime();
    let said = panic_of(|| rt.block_on(async { block_in_place(|| ()) }));
    assert!(said.text.contains("spawn_blocking") && said.text.contains("multi_thread"));
    assert_eq!(said.file, file!());
    let (joined, _) = heard(|| rt.block_on(rt.spawn(async { block_in_place(|| ()) })));
    assert!(joined.is_ok_and(|joined| joined.is_err_and(|error| error.is_panic())));
    // Who only waits beside it, or runs a closure for it, has the thread for itself.
    let handle = rt.handle().clone();
    assert_eq!(handle.block_on(async { block_in_place(|| 7) }), 7);
    assert_eq!(rt.block_on(async { spawn_blocking(|| block_in_place(|| 7)).await.unwrap() }), 7);
}

#[test]
fn in_a_set_it_would_stop_the_others_and_panics() {
    for kind in [Kind::CurrentThread, Kind::Workers(1), Kind::Helping] {
        let (rt, set) = (kind.runtime(), LocalSet::new());
        let task = set.spawn_local(async { block_in_place(|| 7) });
        let (outcome, said) = heard(|| set.block_on(&rt, task));
        assert!(outcome.is_ok_and(|joined| joined.is_err_and(|error| error.is_panic())));
        assert!(said[0].text.contains("spawn_blocking"), "{}", said[0].text);
        let (outcome, _) = heard(|| set.block_on(&rt, async { block_in_place(|| 7) }));
        assert!(outcome.is_err());
        // Between two polls of a set the thread is what it was.
        if kind.is_pool() {
            assert_eq!(rt.block_on(async { block_in_place(|| 7) }), 7);
        }
    }
}

fn the_root_of_block_on_may_block(kind: Kind) {
    let rt = kind.runtime();
    let sum = rt.block_on(async {
        let task = mainspring::spawn(async { 3 });
        let here = block_in_place(|| Handle::current().block_on(task).unwrap());
        // Nested, and again.
        here + block_in_place(|| block_in_place(|| Handle::current().block_on(async { 4 })))
    });
    assert_eq!(sum, 7);
}

fn a_task_may_block_on_inside_and_nest(kind: Kind) {
    let rt = kind.runtime();
    let task = rt.spawn(async {
        let handle = Handle::current();
        let a = block_in_place(|| handle.block_on(async { mainspring::spawn(async { 1 }).await }));
        let b = block_in_place(|| {
            handle.block_on(async {
                let inner = mainspring::spawn(async { 2 });
                block_in_place(|| handle.block_on(inner)).unwrap()
            })
        });
        mainspring::task::yield_now().await;
        let c = block_in_place(|| block_in_place(|| 4));
        a.unwrap() + b + c
    });
    assert_eq!(rt.block_on(task).unwrap(), 7);
}

fn another_runtime_may_be_driven_inside(kind: Kind) {
    let rt = kind.runtime();
    let task = rt.spawn(async {
        block_in_place(|| {
            let other = Builder::new_current_thread().build().unwrap();
            other.block_on(async { mainspring::spawn(async { 7 }).await.unwrap() })
        })
    });
    assert_eq!(rt.block_on(task).unwrap(), 7);
}

fn a_panic_inside_is_the_task_s(kind: Kind) {
    let rt = kind.runtime();
    for round in 0..20 {
        let (joined, said) =
            heard(|| rt.block_on(rt.spawn(async { block_in_place(|| assert_eq!(1, 2, "seven")) })));
        assert!(joined.is_ok_and(|joined| joined.is_err_and(|error| error.is_panic())));
        // The thread that panics is heard if it is one of the workers'.
        assert!(said.len() <= 1, "round {round}");
    }
    let caught = rt.block_on(rt.spawn(async {
        let caught = catch_unwind(AssertUnwindSafe(|| block_in_place(|| panic!("seven"))));
        let caught: std::thread::Result<()> = caught;
        mainspring::task::yield_now().await;
        caught.is_err() && mainspring::task::try_id().is_some()
    }));
    assert!(caught.unwrap());
}

fn inside_there_is_no_budget_and_afterwards_there_is(kind: Kind) {
    let rt = kind.runtime();
    let task = rt.spawn(async {
        let inside = block_in_place(|| {
            let mut sum = 0;
            Handle::current().block_on(async {
                for _ in 0..1000 {
                    consume_budget().await;
                    sum += 1;
                }
            });
            sum
        });
        let mut polls = 0;
        let mut spending = std::pin::pin!(async {
            for _ in 0..1000 {
                consume_budget().await;
            }
        });
        poll_fn(|cx| {
            polls += 1;
            std::future::Future::poll(spending.as_mut(), cx)
        })
        .await;
        (inside, polls)
    });
    assert_eq!(rt.block_on(task).unwrap(), (1000, 8));
}

fn the_task_s_id_and_values_are_there_inside(kind: Kind) {
    mainspring::task_local! { static NUMBER: u32; }
    let rt = kind.runtime();
    let task = rt.spawn(NUMBER.scope(7, async {
        let id = mainspring::task::id();
        block_in_place(|| (NUMBER.get(), mainspring::task::id() == id))
    }));
    assert_eq!(rt.block_on(task).unwrap(), (7, true));
}

fn what_runs_beside_it_in_the_task_waits(kind: Kind) {
    let rt = kind.runtime();
    let order = rt.block_on(rt.spawn(async {
        let order = std::sync::Mutex::new(Vec::new());
        let say = |what| order.lock().unwrap().push(what);
        mainspring::join!(
            async {
                say("before");
                block_in_place(|| say("inside"));
            },
            async { say("beside") },
            poll_fn(|_| Poll::Ready(())),
        );
        order.into_inner().unwrap()
    }));
    let beside = |what: &&str| *what == "beside";
    let order: Vec<_> = order.unwrap();
    assert!(order.iter().any(beside) && order.iter().filter(|what| !beside(what)).count() == 2);
}

tests::each_pool! {
    the_root_of_block_on_may_block,
    a_task_may_block_on_inside_and_nest,
    another_runtime_may_be_driven_inside,
    a_panic_inside_is_the_task_s,
    inside_there_is_no_budget_and_afterwards_there_is,
    the_task_s_id_and_values_are_there_inside,
    what_runs_beside_it_in_the_task_waits,
}
