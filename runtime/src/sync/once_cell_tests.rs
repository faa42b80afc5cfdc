//! Tests of the cell: who makes the value, who waits, what is lost, and random walks beside an
//! `Option`. Loom models: `once_cell_model_tests.rs`.

use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::{Event, OnceCell, SetError};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::cell::Cell;
use std::collections::VecDeque;
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

/// Makes its value when its event is set.
struct Maker<T>(Event, T);

impl<T: Clone> Maker<T> {
    fn new(value: T) -> Self {
        Self(Event::new(), value)
    }

    async fn make(&self) -> T {
        self.0.wait().await;
        self.1.clone()
    }
}

#[test]
fn the_first_makes_the_value_and_the_others_wait_for_it() {
    let (cell, maker) = (OnceCell::new(), Maker::new(1));
    let mut first = Polled::waiting(cell.get_or_init(|| maker.make()));
    let never = || async { panic!("there is one who makes it") };
    let mut others = [(); 40].map(|()| Polled::waiting(cell.get_or_init(never)));
    assert_eq!((cell.get(), cell.initialized()), (None, false));
    maker.0.set();
    assert!(others.iter_mut().all(|other| other.poll().is_pending()));
    assert_eq!(*first.ready(), 1);
    assert!(others.iter_mut().all(|other| other.wakes() == 1 && *other.ready() == 1));
    assert_eq!((cell.get(), cell.initialized()), (Some(&1), true));
    assert_eq!(*Polled::new(cell.get_or_init(never)).ready(), 1);
}

#[test]
fn a_value_that_is_there_is_one_load_away() {
    let cell = OnceCell::from(1);
    assert_eq!(count::record(|| cell.get()), (Some(&1), vec![]));
    let mut wants = Polled::new(cell.get_or_init(|| ready(2)));
    assert_eq!(count::record(|| wants.ready()), (&1, vec![]));
    assert_eq!(size_of::<OnceCell<usize>>(), size_of::<OnceCell<()>>() + 8);
}

/// The cancel-safety line: what the future of `f` has done is lost, and the next in line tries.
#[test]
fn when_the_maker_is_dropped_the_next_tries() {
    let (cell, first, second) = (OnceCell::new(), Maker::new(1), Maker::new(2));
    drop(Polled::new(cell.get_or_init(|| first.make())));
    let maker = Polled::waiting(cell.get_or_init(|| first.make()));
    let gone = Polled::waiting(cell.get_or_init(|| first.make()));
    let handed = Polled::waiting(cell.get_or_init(|| first.make()));
    let mut next = Polled::waiting(cell.get_or_init(|| second.make()));
    let mut last = Polled::waiting(cell.get_or_init(|| first.make()));
    drop(gone);
    drop(maker);
    assert_eq!((handed.wakes(), next.wakes()), (1, 0));
    // It was given the turn, and is dropped before it took it.
    drop(handed);
    assert_eq!((next.wakes(), last.wakes()), (1, 0));
    assert!(next.poll().is_pending());
    second.0.set();
    assert_eq!((*next.ready(), *last.ready()), (2, 2));
}

#[test]
fn when_the_maker_fails_or_panics_the_next_tries() {
    let (cell, gate) = (OnceCell::new(), Event::new());
    let fails = async |text| {
        gate.wait().await;
        Err::<u8, _>(text)
    };
    let panics = async || -> u8 {
        gate.wait().await;
        panic!("in f")
    };
    let mut first = Polled::waiting(cell.get_or_try_init(|| fails("the first")));
    let mut second = Polled::waiting(cell.get_or_init(panics));
    let mut third = Polled::waiting(cell.get_or_try_init(|| fails("the third")));
    let mut fourth = Polled::waiting(cell.get_or_try_init(|| ready(Ok::<_, &str>(4))));
    gate.set();
    assert_eq!(first.ready(), Err("the first"));
    assert_eq!(second.wakes(), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| second.poll())).is_err());
    assert_eq!((third.wakes(), third.ready()), (1, Err("the third")));
    assert_eq!((fourth.wakes(), fourth.ready()), (1, Ok(&4)));
    assert_eq!(Polled::new(cell.get_or_try_init(|| fails("no"))).ready(), Ok(&4));
    // `f` itself may panic, before there is a future.
    let cell = OnceCell::new();
    let mut call = Polled::new(cell.get_or_init(|| -> std::future::Ready<u8> { panic!("f") }));
    assert!(catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
    assert_eq!(cell.set(1), Ok(()));
}

#[test]
fn set_gives_the_value_back() {
    let cell = OnceCell::new();
    let maker = Polled::waiting(cell.get_or_init(pending));
    let error = cell.set(1).unwrap_err();
    assert_eq!(error, SetError::InitializingError(1));
    assert!(error.is_initializing_err() && !error.is_already_init_err());
    assert_eq!(error.to_string(), "InitializingError");
    drop(maker);
    assert_eq!(cell.set(2), Ok(()));
    let error = cell.set(3).unwrap_err();
    assert_eq!(error, SetError::AlreadyInitializedError(3));
    assert!(error.is_already_init_err() && !error.is_initializing_err());
    let error: Box<dyn std::error::Error> = Box::new(error);
    assert_eq!(error.to_string(), "AlreadyInitializedError");
    assert_eq!(cell.get(), Some(&2));
}

/// A turn that was handed and not taken yet is a value in the making.
#[test]
fn set_does_not_overtake_who_waits() {
    let cell = OnceCell::new();
    let maker = Polled::waiting(cell.get_or_init(pending));
    let mut next = Polled::waiting(cell.get_or_init(|| ready(1)));
    drop(maker);
    assert_eq!(cell.set(2), Err(SetError::InitializingError(2)));
    assert_eq!(*next.ready(), 1);
}

/// INV-103: whoever has the cell to himself may change the value, or take it out.
#[test]
fn alone_it_is_an_option() {
    let mut cell = OnceCell::new();
    assert_eq!(cell.get_mut(), None);
    assert_eq!(cell.take(), None);
    assert_eq!(cell.set("a".to_owned()), Ok(()));
    cell.get_mut().expect("set").push('b');
    assert_eq!(format!("{cell:?}"), "OnceCell { value: Some(\"ab\") }");
    assert_eq!(cell.clone(), cell);
    assert_eq!(cell.take().as_deref(), Some("ab"));
    assert_eq!(format!("{cell:?}"), "OnceCell { value: None }");
    assert_eq!(cell, OnceCell::default());
    assert_eq!(Polled::new(cell.get_or_init(|| ready("c".to_owned()))).ready(), "c");
    assert_eq!(cell, OnceCell::from("c".to_owned()));
    assert_eq!(cell.into_inner().as_deref(), Some("c"));
    assert_eq!(OnceCell::<u8>::new_with(None).into_inner(), None);
    static PORT: OnceCell<u16> = OnceCell::const_new_with(1);
    static NONE: OnceCell<u16> = OnceCell::const_new();
    assert_eq!((PORT.get(), NONE.get()), (Some(&1), None));
    assert_eq!(PORT.set(2), Err(SetError::AlreadyInitializedError(2)));
    assert_eq!(*Polled::new(PORT.get_or_init(pending)).ready(), 1);
}

/// INV-103: the value is dropped once, by whoever has it last.
#[test]
fn the_value_is_dropped_once() {
    let value = Arc::new(());
    let cell = OnceCell::from(value.clone());
    assert!(cell.set(value.clone()).is_err());
    assert_eq!(Arc::strong_count(&value), 2);
    drop(cell.clone());
    drop(cell);
    assert_eq!(Arc::strong_count(&value), 1);
    let cell = OnceCell::new();
    drop(Polled::waiting(cell.get_or_init(async || {
        let value = value.clone();
        pending::<()>().await;
        value
    })));
    assert_eq!(Arc::strong_count(&value), 1);
    assert!(Arc::ptr_eq(Polled::new(cell.get_or_init(|| ready(value.clone()))).ready(), &value));
    drop(OnceCell::from(value.clone()).into_inner());
    drop(cell);
    assert_eq!(Arc::strong_count(&value), 1);
}

/// Wakers, and a value whose clone and drop meddle with a cell: no lock of ours is held.
#[test]
fn no_foreign_code_runs_under_the_lock() {
    struct Meddles(Arc<OnceCell<u8>>);
    impl Meddles {
        fn meddle(&self) {
            let _ = self.0.get();
            let _ = Polled::new(self.0.get_or_init(pending)).poll();
        }
    }
    impl Clone for Meddles {
        fn clone(&self) -> Self {
            self.meddle();
            Self(self.0.clone())
        }
    }
    impl Drop for Meddles {
        fn drop(&mut self) {
            self.meddle();
        }
    }
    must_end(|| {
        let cell = Arc::new(OnceCell::new());
        let meddles = Meddles(cell.clone());
        let waker = nosy(Arc::new({
            let meddles = meddles.clone();
            move || meddles.meddle()
        }));
        let (maker, gate) = (Maker::new(1), Polled::waiting(cell.get_or_init(pending)));
        let mut waits: Vec<_> =
            (0..4).map(|_| Polled::new(cell.get_or_init(|| maker.make()))).collect();
        for wait in &mut waits {
            assert!(wait.poll_with(&waker).is_pending());
        }
        drop(gate);
        drop(waits.pop());
        maker.0.set();
        while waits[2].poll_with(&waker).is_pending() {
            let _ = waits[0].poll_with(&waker).is_ready() && waits[1].poll_with(&waker).is_ready();
        }
        let mut values = OnceCell::from(meddles);
        drop(values.clone());
        assert!(values.set(Meddles(cell.clone())).is_err());
        drop(values.take());
    });
}

#[test]
fn what_can_be_sent_and_shared_is() {
    fn both<T: Send + Sync + Unpin>() {}
    fn send<T: Send>() {}
    fn check<T: Send + Sync>(_: &T) {}
    both::<OnceCell<u8>>();
    both::<SetError<u8>>();
    send::<OnceCell<Cell<u8>>>();
    let cell = OnceCell::new();
    check(&cell.get_or_init(|| ready(1)));
    check(&cell.get_or_try_init(|| ready(Ok::<_, u8>(1))));
}

/// INV-103: a cell shares its value, and lets whoever shares it write. (Else it would not compile.)
#[test]
fn a_cell_shares_only_what_may_be_shared() {
    trait NotSync<Which> {
        fn holds() {}
    }
    #[allow(dead_code)]
    struct Ambiguous;
    impl<T: ?Sized> NotSync<()> for T {}
    impl<T: ?Sized + Sync> NotSync<Ambiguous> for T {}
    <OnceCell<Cell<u8>> as NotSync<_>>::holds();
    <OnceCell<Rc<u8>> as NotSync<_>>::holds();
    <OnceCell<std::sync::MutexGuard<'_, u8>> as NotSync<_>>::holds();
}

type Wanting<'a> = Polled<Pin<Box<dyn Future<Output = Result<&'a u32, u32>> + 'a>>>;

/// Any order of asks, ends and drops, beside an `Option` and a queue.
#[test]
fn it_behaves_as_an_option_and_a_queue() {
    for seed in 0..3000 {
        let rng = Rng::seeded(seed);
        let (cell, gate) = (OnceCell::new(), Event::new());
        let fails = Cell::new(false);
        let make = async |number| {
            gate.wait().await;
            if fails.get() { Err(number) } else { Ok(number) }
        };
        let mut value = None;
        // The first has the turn; whether it has begun to make the value is what it knows.
        let mut line: VecDeque<(u32, Wanting<'_>)> = VecDeque::new();
        for step in 0..40u32 {
            match rng.below(7) {
                0..=2 if value.is_none() => {
                    let make = &make;
                    let cell = &cell;
                    let future: Pin<Box<dyn Future<Output = _>>> =
                        Box::pin(async move { cell.get_or_try_init(|| make(step)).await });
                    line.push_back((step, Polled::waiting(future)));
                }
                3 => {
                    let expected = match value {
                        Some(_) => Err(SetError::AlreadyInitializedError(step)),
                        None if line.is_empty() => Ok(()),
                        None => Err(SetError::InitializingError(step)),
                    };
                    assert_eq!(cell.set(step), expected, "seed {seed}, step {step}");
                    value = value.or(expected.is_ok().then_some(step));
                }
                4 if !line.is_empty() => {
                    drop(line.remove(rng.below(line.len() as u32) as usize));
                }
                5 if !line.is_empty() && value.is_none() => {
                    // The first ends, one way or the other.
                    let (number, mut first) = line.pop_front().expect("it is there");
                    fails.set(rng.below(2) == 0);
                    gate.set();
                    let outcome = first.ready();
                    gate.clear();
                    let expected = if fails.get() { Err(number) } else { Ok(&number) };
                    assert_eq!(outcome, expected, "seed {seed}, step {step}");
                    value = outcome.ok().copied();
                }
                6 if value.is_none() => {
                    for (_, wants) in &mut line {
                        assert!(wants.poll().is_pending(), "seed {seed}, step {step}");
                    }
                }
                _ => {}
            }
            assert_eq!(cell.get(), value.as_ref(), "seed {seed}, step {step}");
            if value.is_some() {
                for (_, mut wants) in line.drain(..) {
                    assert_eq!(wants.ready().ok(), value.as_ref(), "seed {seed}, step {step}");
                }
            }
        }
    }
}

/// Threads that all want the value, and makers that give up: it is made once.
#[test]
fn threads_see_one_value() {
    must_end(|| {
        for seed in 0..100 {
            let (cell, made) = (OnceCell::new(), AtomicUsize::new(0));
            let work = |me: u64| {
                count::shake(seed * 4 + me);
                let rng = Rng::seeded(seed * 4 + me);
                for _ in 0..rng.below(4) {
                    // Makes it and never ends, and gives up.
                    if let Poll::Ready(value) = Polled::new(cell.get_or_init(pending)).poll() {
                        return *value;
                    }
                }
                let value = block_on(cell.get_or_init(async || {
                    // Ordering: Relaxed, a count.
                    made.fetch_add(1, Ordering::Relaxed);
                    vec![me].into_iter().sum::<u64>()
                }));
                assert_eq!(cell.get(), Some(value), "seed {seed}");
                *value
            };
            let values: Vec<_> = std::thread::scope(|scope| {
                let work = &work;
                let threads = [0, 1, 2, 3].map(|me| scope.spawn(move || work(me)));
                threads.map(|thread| thread.join().expect("no panic")).into()
            });
            // Ordering: Relaxed, after the joins.
            assert_eq!(made.load(Ordering::Relaxed), 1, "seed {seed}");
            assert!(values.iter().all(|value| *value == values[0]), "seed {seed}: {values:?}");
        }
    });
}
