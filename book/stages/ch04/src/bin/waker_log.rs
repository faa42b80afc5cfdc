//! A waker that says which of its four functions is called, and how many wakers there are.
//!
//! cargo run -q -p stage-ch04 --bin waker_log

#![deny(clippy::undocumented_unsafe_blocks)]

use stage_ch04::wake::slot::WakerSlot;
use stage_ch04::{Event, join};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, RawWaker, RawWakerVTable, Waker};

/// What all wakers of one kind share: their number.
struct Wakers(AtomicUsize);

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

fn waker(wakers: Arc<Wakers>) -> Waker {
    say("new", wakers.0.fetch_add(1, Ordering::SeqCst) + 1);
    // SAFETY: the functions below take the pointer for what it is and keep the Arc's count.
    unsafe { Waker::from_raw(RawWaker::new(Arc::into_raw(wakers).cast(), &VTABLE)) }
}

fn say(function: &str, there_are_now: usize) {
    println!("    {function:<12} wakers: {there_are_now}");
}

/// # Safety
/// As for all four: called by std, for a waker made above; the waker keeps its count.
unsafe fn clone(data: *const ()) -> RawWaker {
    let wakers = data.cast::<Wakers>();
    // SAFETY: the waker that is cloned has a count.
    unsafe { Arc::increment_strong_count(wakers) };
    // SAFETY: as above.
    say("clone", unsafe { &*wakers }.0.fetch_add(1, Ordering::SeqCst) + 1);
    RawWaker::new(data, &VTABLE)
}

/// # Safety
/// As for `clone`, but the count is handed over.
unsafe fn wake(data: *const ()) {
    // SAFETY: the count is ours now.
    let wakers = unsafe { Arc::from_raw(data.cast::<Wakers>()) };
    say("wake", wakers.0.fetch_sub(1, Ordering::SeqCst) - 1);
}

/// # Safety
/// As for `clone`.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker has a count during the call.
    let wakers = unsafe { &*data.cast::<Wakers>() };
    say("wake_by_ref", wakers.0.load(Ordering::SeqCst));
}

/// # Safety
/// As for `clone`, but the count is handed over.
unsafe fn drop(data: *const ()) {
    // SAFETY: the count is ours now.
    let wakers = unsafe { Arc::from_raw(data.cast::<Wakers>()) };
    say("drop", wakers.0.fetch_sub(1, Ordering::SeqCst) - 1);
}

fn main() {
    let waker = waker(Arc::new(Wakers(AtomicUsize::new(0))));
    let mut cx = Context::from_waker(&waker);

    let event = Event::default();
    let mut waiting = pin!(event.wait());
    println!("poll: the event leaves a waker");
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    println!("poll again: it would wake the same, so nothing is cloned");
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    println!("it happens");
    event.set();
    println!("poll: ready");
    assert!(waiting.as_mut().poll(&mut cx).is_ready());

    let (a, b) = (Event::default(), Event::default());
    println!("a join hands one waker to both");
    let mut both = pin!(join(a.wait(), b.wait()));
    assert!(both.as_mut().poll(&mut cx).is_pending());
    println!("both happen");
    a.set();
    b.set();

    println!("a slot that is dropped drops its waker");
    let slot = WakerSlot::default();
    slot.register(&waker);
    std::mem::drop(slot);
    println!("a wake that keeps the waker");
    waker.wake_by_ref();
    println!("the end");
}
