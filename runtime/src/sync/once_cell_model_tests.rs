//! Loom models of the cell.

use crate::base::prim::{Arc, thread};
use crate::sync::OnceCell;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;
use std::future::{pending, poll_fn, ready};
use std::mem::replace;
use std::task::Poll;

fn model(f: impl Fn(Arc<OnceCell<u8>>, Arc<OnceCell<u8>>) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(5);
    builder.check(move || {
        let cell = Arc::new(OnceCell::new());
        f(cell.clone(), cell);
    });
}

/// INV-103: two want the value at once: one makes it, both see it.
#[test]
fn loom_once_cell_is_made_once() {
    model(|cell, other| {
        let thread = thread::spawn(move || *block_on(other.get_or_init(|| ready(1))));
        let value = *block_on(cell.get_or_init(|| ready(2)));
        assert_eq!(thread.join().expect("it ends"), value);
        assert_eq!(cell.set(3).is_err(), cell.initialized());
    });
}

/// INV-103: who only looks sees nothing, or all of it. The one who looks is the second thread.
#[test]
fn loom_once_cell_a_look_meets_set() {
    model(|cell, other| {
        let thread = thread::spawn(move || other.get().copied());
        cell.set(1).expect("nobody else");
        assert!([None, Some(1)].contains(&thread.join().expect("it ends")));
        assert_eq!(cell.get(), Some(&1));
    });
}

/// The maker is dropped while another waits for it: the other makes the value.
#[test]
fn loom_once_cell_a_dropped_maker_passes_the_turn_on() {
    model(|cell, other| {
        let maker = Polled::waiting(cell.get_or_init(pending));
        let thread = thread::spawn(move || *block_on(other.get_or_init(|| ready(2))));
        drop(maker);
        assert_eq!(thread.join().expect("it ends"), 2);
        assert_eq!(cell.get(), Some(&2));
    });
}

/// One that waits is dropped while the value comes: the other that waits is told.
#[test]
fn loom_once_cell_one_leaves_while_the_value_comes() {
    model(|cell, other| {
        let mut polled = false;
        let second_time = poll_fn(move |_| match replace(&mut polled, true) {
            false => Poll::Pending,
            true => Poll::Ready(1),
        });
        let maker = async move { *other.get_or_init(|| second_time).await };
        let mut maker = Polled::waiting(maker);
        let gone = Polled::waiting(cell.get_or_init(pending));
        let mut stays = Polled::waiting(cell.get_or_init(pending));
        let thread = thread::spawn(move || assert_eq!(maker.ready(), 1));
        drop(gone);
        thread.join().expect("it ends");
        assert_eq!((stays.wakes(), *stays.ready()), (1, 1));
    });
}
