//! an allocator that counts when asked, and otherwise is the system's.
//!
//! A binary installs it with `#[global_allocator]`. Off, it costs one predictable branch on a byte
//! that nobody writes, the same for every runtime.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static ON: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);
static ASKED: AtomicI64 = AtomicI64::new(0);

#[derive(Debug)]
pub struct Counting;

/// What was allocated while something ran, by all threads of the process.
#[derive(Clone, Copy, Debug)]
pub struct Allocated {
    /// Calls of `alloc`, `alloc_zeroed` and `realloc`.
    pub calls: u64,
    /// Bytes asked for.
    pub bytes: u64,
}

/// Runs `work` and says what it allocated.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Allocated) {
    let was_on = ON.swap(true, Ordering::SeqCst);
    let (calls, bytes) = (CALLS.load(Ordering::SeqCst), BYTES.load(Ordering::SeqCst));
    let value = work();
    ON.store(was_on, Ordering::SeqCst);
    let calls = CALLS.load(Ordering::SeqCst) - calls;
    let bytes = BYTES.load(Ordering::SeqCst) - bytes;
    (value, Allocated { calls, bytes })
}

/// Bytes in blocks that are allocated and not freed; only differences mean anything. Counting is on
/// from the first call.
pub fn live() -> i64 {
    ON.store(true, Ordering::SeqCst);
    LIVE.load(Ordering::SeqCst)
}

/// The same by what was asked for, without the allocator's header and rounding.
pub fn asked() -> i64 {
    ON.store(true, Ordering::SeqCst);
    ASKED.load(Ordering::SeqCst)
}

/// The size of the allocator's block, with its header: what the memory really costs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn block(pointer: *mut u8, _layout: Layout) -> i64 {
    // SAFETY: the pointer came from the system's malloc or posix_memalign and is not freed yet.
    let usable = unsafe { libc::malloc_usable_size(pointer.cast()) };
    (usable + size_of::<usize>()) as i64
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn block(_pointer: *mut u8, layout: Layout) -> i64 {
    layout.size() as i64
}

#[cold]
fn note_alloc(pointer: *mut u8, layout: Layout) {
    if !pointer.is_null() {
        CALLS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        LIVE.fetch_add(block(pointer, layout), Ordering::Relaxed);
        ASKED.fetch_add(layout.size() as i64, Ordering::Relaxed);
    }
}

#[cold]
fn note_free(pointer: *mut u8, layout: Layout) {
    LIVE.fetch_sub(block(pointer, layout), Ordering::Relaxed);
    ASKED.fetch_sub(layout.size() as i64, Ordering::Relaxed);
}

// SAFETY: every call goes to `System` unchanged; counting touches atomics only.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        let pointer = unsafe { System.alloc(layout) };
        if ON.load(Ordering::Relaxed) {
            note_alloc(pointer, layout);
        }
        pointer
    }
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        if ON.load(Ordering::Relaxed) {
            note_alloc(pointer, layout);
        }
        pointer
    }
    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ON.load(Ordering::Relaxed) {
            note_free(pointer, layout);
        }
        // SAFETY: the caller's promise is passed on.
        let moved = unsafe { System.realloc(pointer, layout, size) };
        if ON.load(Ordering::Relaxed) {
            // SAFETY: the caller promises that `size` does not overflow with this alignment.
            note_alloc(moved, unsafe { Layout::from_size_align_unchecked(size, layout.align()) });
        }
        moved
    }
    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ON.load(Ordering::Relaxed) {
            note_free(pointer, layout);
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
