//! What a task weighs, and what its life allocates: the bytes that are asked for.
//!
//! cargo run -q -p stage-ch05 --bin task_costs

use stage_ch05::task::new::new;
use stage_ch05::task::schedule::{Runnable, Schedule};
use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

/// The system's allocator, which counts.
struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's block and layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn report<R>(what: &str, f: impl FnOnce() -> R) -> R {
    let before = (COUNT.load(Relaxed), BYTES.load(Relaxed));
    let result = f();
    let count = COUNT.load(Relaxed) - before.0;
    let bytes = BYTES.load(Relaxed) - before.1;
    println!("{what:<36} {count:>11} {bytes:>6}");
    result
}

/// Room for one entry: a queue of our own would allocate.
struct Place;

static PLACE: Mutex<Option<Runnable>> = Mutex::new(None);

impl Schedule for Place {
    fn schedule(&self, entry: Runnable) {
        *PLACE.lock().unwrap() = Some(entry);
    }
}

fn run() -> bool {
    let entry = PLACE.lock().unwrap().take();
    entry.expect("it is queued").run()
}

/// A future of a hundred bytes, pending once.
struct Once {
    asked: bool,
    held: [u8; 99],
}

impl Future for Once {
    type Output = u8;

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<u8> {
        match std::mem::replace(&mut self.asked, true) {
            true => Poll::Ready(self.held[0]),
            false => Poll::Pending,
        }
    }
}

fn main() {
    println!("{:<36} {:>11} {:>6}", "", "allocations", "bytes");
    drop(report("a future of 0 bytes, as a task", || new(async {}, Place)));
    let once = Once { asked: false, held: [7; 99] };
    let (entry, mut handle) = report("a future of 100 bytes, as a task", || new(once, Place));
    let waker = entry.waker();
    Place.schedule(entry);
    report("poll: pending", run);
    report("a waker, and one more", || drop(waker.clone()));
    report("woken three times", || (0..3).for_each(|_| waker.wake_by_ref()));
    report("poll: ready", run);
    let joined = report("joined", || {
        let mut cx = Context::from_waker(Waker::noop());
        pin!(&mut handle).poll(&mut cx)
    });
    assert!(matches!(joined, Poll::Ready(Ok(7))));
}
