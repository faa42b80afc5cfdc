//! gather and gather_all: order, panics, and that nothing outlives them.

use crate::{turns, waits};
use mainspring::task::{as_completed, gather, gather_all};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Drops, Kind, heard};

fn ten_thousand(kind: Kind) {
    kind.runtime().block_on(async {
        let values = gather((0..10_000).map(async |number| Ok::<_, ()>(number))).await;
        assert!(values.unwrap().into_iter().eq(0..10_000));
        let outputs = gather_all((0..10_000).map(async |number| {
            turns(number % 3).await;
            number
        }));
        assert!(outputs.await.into_iter().map(Result::unwrap).eq(0..10_000));
    });
}

/// Nothing starts before it is awaited, so a gather may be made outside of a runtime.
fn it_starts_when_it_is_awaited(kind: Kind) {
    let started = Arc::new(AtomicUsize::new(0));
    let theirs = started.clone();
    let all = gather_all((0..3).map(move |number| {
        theirs.fetch_add(1, Ordering::SeqCst);
        async move { number }
    }));
    assert_eq!(started.load(Ordering::SeqCst), 0);
    let outputs = kind.runtime().block_on(all);
    assert_eq!((outputs.len(), started.load(Ordering::SeqCst)), (3, 3));
}

/// When it returns, every sibling has been dropped.
fn an_error_ends_the_siblings_first(kind: Kind) {
    let runtime = kind.runtime();
    for _ in 0..50 {
        let drops = Drops::new();
        let inputs = (0..20).map(|number| {
            let counted = drops.counted();
            async move {
                let _counted = counted;
                turns(number % 4).await;
                match number {
                    7 | 13 => Err(number),
                    19 => std::future::pending().await,
                    _ => Ok(number),
                }
            }
        });
        let error = runtime.block_on(gather(inputs)).unwrap_err();
        assert!([7, 13].contains(&error));
        assert_eq!(drops.count(), 20);
    }
}

fn a_panic_ends_the_siblings_and_is_thrown_here(kind: Kind) {
    let drops = Drops::new();
    let theirs = drops.clone();
    let (outcome, _) = heard(move || {
        let started = theirs.counted();
        kind.runtime()
            .block_on(gather((0..10).map(|number| {
                let counted = theirs.counted();
                async move {
                    let _counted = counted;
                    turns(number).await;
                    match number {
                        3 => panic!("thrown on"),
                        _ => std::future::pending::<Result<(), ()>>().await,
                    }
                }
            })))
            .unwrap();
        drop(started);
    });
    assert_eq!(*outcome.unwrap_err().downcast::<&str>().unwrap(), "thrown on");
    assert_eq!(drops.count(), 11, "all, though the runtime is gone as well");
}

/// A sibling that panics while it is being ended: that is thrown, and not lost behind the error.
fn a_panic_is_not_lost_behind_an_error(kind: Kind) {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let (outcome, _) = heard(|| {
        let runtime = kind.runtime();
        let _ = runtime.block_on(gather((0..2).map(|number| async move {
            match number {
                0 => {
                    let _bomb = Bomb;
                    std::future::pending::<()>().await;
                }
                _ => turns(2).await,
            }
            Err::<(), _>("an error")
        })));
    });
    assert_eq!(*outcome.unwrap_err().downcast::<&str>().unwrap(), "in a destructor");
}

fn an_iterator_that_panics_ends_what_it_has_started(kind: Kind) {
    let drops = Drops::new();
    let theirs = drops.clone();
    let (outcome, _) = heard(move || {
        let inputs = (0..10).map(|number| {
            assert!(number < 5, "no more");
            waits(&theirs)
        });
        kind.runtime().block_on(gather_all(inputs))
    });
    assert!(outcome.is_err());
}

/// In a place where tasks cannot be waited for any more.
fn the_runtime_ends_under_it(kind: Kind) {
    let (outcome, said) = heard(|| {
        let (runtime, other) = (kind.runtime(), Kind::CurrentThread.runtime());
        let mut gathering = Box::pin(gather([std::future::pending::<Result<(), ()>>()]));
        let first = runtime.block_on(tests::poll_once(gathering.as_mut()));
        assert!(first.is_pending());
        drop(runtime);
        other.block_on(gathering)
    });
    assert!(outcome.is_err());
    let text = &said.last().unwrap().text;
    assert!(text.contains("gather: task") && text.contains("its runtime has ended"), "{text}");
}

fn as_completed_has_all(kind: Kind) {
    kind.runtime().block_on(async {
        let mut ends = as_completed((0..100).map(async |number| {
            turns(number % 5).await;
            number
        }));
        let mut sum = 0;
        while let Some(number) = ends.next().await {
            sum += number.unwrap();
        }
        assert_eq!((sum, ends.len(), ends.is_empty()), (4_950, 0, true));
    });
}

#[test]
fn without_a_runtime() {
    use std::pin::pin;
    use std::task::{Context, Waker};
    let words = ["no mainspring runtime on this thread"];
    let said = tests::panic_of(|| {
        let gathering = pin!(gather_all([async {}]));
        gathering.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    });
    assert!(said.text.contains(words[0]));
    tests::refuses(&words, || as_completed([async {}]));
}

tests::each_scheduler! {
    ten_thousand,
    it_starts_when_it_is_awaited,
    an_error_ends_the_siblings_first,
    a_panic_ends_the_siblings_and_is_thrown_here,
    a_panic_is_not_lost_behind_an_error,
    an_iterator_that_panics_ends_what_it_has_started,
    the_runtime_ends_under_it,
    as_completed_has_all,
}
