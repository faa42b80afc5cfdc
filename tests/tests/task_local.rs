//! Values that belong to a task, on every scheduler.

use mainspring::task::yield_now;
use mainspring::task_local;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tests::Kind;

task_local! {
    /// With a doc comment and a visibility, as a library has it.
    pub static NUMBER: u32;
    static NAME: String;
}

tests::each_scheduler! {
    each_task_has_its_own_value_wherever_it_is_polled,
    a_task_that_is_spawned_does_not_inherit_it,
    a_blocking_closure_does_not_have_it,
    it_is_there_while_the_future_is_dropped,
}

fn each_task_has_its_own_value_wherever_it_is_polled(kind: Kind) {
    let runtime = kind.runtime();
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            runtime.spawn(NUMBER.scope(number, async move {
                for _ in 0..20 {
                    assert_eq!(NUMBER.get(), number);
                    yield_now().await;
                }
                NUMBER.with(|mine| *mine)
            }))
        })
        .collect();
    runtime.block_on(async {
        for (number, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap() as usize, number);
        }
        assert!(NUMBER.try_get().is_err());
    });
}

fn a_task_that_is_spawned_does_not_inherit_it(kind: Kind) {
    kind.runtime().block_on(NUMBER.scope(1, async {
        let inherits = mainspring::spawn(async { NUMBER.try_get().is_ok() });
        assert!(!inherits.await.unwrap());
        assert_eq!(NUMBER.get(), 1);
    }));
}

fn a_blocking_closure_does_not_have_it(kind: Kind) {
    kind.runtime().block_on(NUMBER.scope(1, async {
        let has = mainspring::task::spawn_blocking(|| NUMBER.try_get().is_ok());
        assert!(!has.await.unwrap());
    }));
}

/// Notes the value at its drop.
struct Last(Arc<Mutex<Vec<Option<u32>>>>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(NUMBER.try_get().ok());
    }
}

fn it_is_there_while_the_future_is_dropped(kind: Kind) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let runtime = kind.runtime();
    let last = Last(seen.clone());
    let task = runtime.spawn(NUMBER.scope(9, async move {
        let _last = last;
        std::future::pending::<()>().await;
    }));
    task.abort();
    runtime.block_on(async { assert!(task.await.unwrap_err().is_cancelled()) });
    assert_eq!(*seen.lock().unwrap(), [Some(9)]);
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn scopes_nest_and_two_in_one_task_do_not_meet() {
    let mut outer = pin!(NUMBER.scope(1, async {
        assert_eq!(NUMBER.get(), 1);
        NUMBER.scope(2, async { assert_eq!(NUMBER.get(), 2) }).await;
        assert_eq!(NUMBER.sync_scope(3, || NUMBER.get()), 3);
        yield_now().await;
        NUMBER.get()
    }));
    let mut other = pin!(NUMBER.scope(5, async {
        yield_now().await;
        NUMBER.get()
    }));
    assert!(poll(outer.as_mut()).is_pending());
    assert!(poll(other.as_mut()).is_pending());
    assert_eq!(poll(outer.as_mut()), Poll::Ready(1));
    assert_eq!(poll(other.as_mut()), Poll::Ready(5));
}

async fn broken() {
    panic!("inside");
}

#[test]
fn a_poll_that_panics_leaves_what_was_there_before() {
    NUMBER.sync_scope(1, || {
        let broken = || poll(pin!(NUMBER.scope(2, broken())));
        assert!(catch_unwind(AssertUnwindSafe(broken)).is_err());
        assert_eq!(NUMBER.get(), 1);
    });
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn the_value_can_be_taken_out_before_and_after_the_end() {
    let mut work = pin!(NAME.scope("a".to_owned(), async { NAME.get() }));
    assert_eq!(poll(work.as_mut()), Poll::Ready("a".to_owned()));
    assert_eq!(work.as_mut().take_value().as_deref(), Some("a"));
    assert_eq!(work.as_mut().take_value(), None);
    let mut empty = pin!(NAME.scope("b".to_owned(), async { NAME.try_get().is_err() }));
    assert_eq!(empty.as_mut().take_value().as_deref(), Some("b"));
    assert_eq!(poll(empty), Poll::Ready(true));
}

#[test]
fn the_value_may_use_its_own_key_while_it_is_dropped() {
    task_local!(static SELF: RefCell<Option<Probe>>);
    struct Probe;
    impl Drop for Probe {
        fn drop(&mut self) {
            assert!(SELF.try_with(|_| ()).is_err(), "out of the cell before it is dropped");
        }
    }
    SELF.sync_scope(RefCell::new(Some(Probe)), || ());
    drop(SELF.scope(RefCell::new(Some(Probe)), async {}));
}

#[test]
fn misuse_names_the_remedy_and_the_callers_line() {
    let mut ended = pin!(NUMBER.scope(1, async {}));
    assert!(poll(ended.as_mut()).is_ready());
    let nested = || NUMBER.sync_scope(1, || NUMBER.with(|_| NUMBER.sync_scope(2, || ())));
    let cases = [
        (tests::panic_of(|| NUMBER.get()), "set it with `scope`"),
        (tests::panic_of(|| NUMBER.with(|_| ())), "set it with `scope`"),
        (tests::panic_of(nested), "begin the scope after `with`"),
        (tests::panic_of(|| poll(ended)), "after its end"),
    ];
    for (said, remedy) in cases {
        assert!(said.text.contains(remedy), "{said:?}");
        assert!(said.file.ends_with("task_local.rs"), "{said:?}");
    }
}

#[test]
fn the_future_is_send_when_its_parts_are() {
    fn send<T: Send>(_: &T) {}
    send(&NUMBER.scope(1, async {}));
    fn both<T: Send + Sync>(_: &'static T) {}
    both(&NUMBER);
    both(&NAME);
}
