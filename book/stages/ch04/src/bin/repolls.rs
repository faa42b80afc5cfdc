//! A future that is polled a thousand times before it is ready: how many wakers are made for it?
//!
//! cargo run -q -p stage-ch04 --bin repolls

use stage_ch04::wake::slot::WakerSlot;
use std::cell::Cell;
use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

thread_local! {
    static CLONES: Cell<u32> = const { Cell::new(0) };
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, |_| (), |_| (), |_| ());

fn clone(data: *const ()) -> RawWaker {
    CLONES.set(CLONES.get() + 1);
    RawWaker::new(data, &VTABLE)
}

fn clones(polls: u32, mut leave: impl FnMut(&Waker)) -> u32 {
    // SAFETY: the functions do not look at the pointer.
    let waker = unsafe { Waker::from_raw(RawWaker::new(ptr::null(), &VTABLE)) };
    CLONES.set(0);
    (0..polls).for_each(|_| leave(&waker));
    CLONES.get()
}

fn main() {
    let slot = WakerSlot::default();
    println!("asks will_wake:  {} clone", clones(1_000, |waker| slot.register(waker)));
    let mut kept = Waker::noop().clone();
    println!("clones always:   {} clones", clones(1_000, |waker| kept = waker.clone()));
    drop(kept);
}
