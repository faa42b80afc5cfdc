//! WRONG: the memory is given back, and the future in it is not dropped.

use std::alloc::{Layout, dealloc};
use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// What depends on the future's type.
struct Vtable {
    poll: unsafe fn(NonNull<Header>, &mut Context<'_>) -> Poll<()>,
    free: unsafe fn(NonNull<Header>),
}

struct Header {
    vtable: &'static Vtable,
}

/// `repr(C)`: the front comes first, so a pointer to it is one to the cell.
#[repr(C)]
struct Cell<F> {
    header: Header,
    future: F,
}

/// A future of any type, behind one pointer. It owns the future.
pub struct Thin(NonNull<Header>);

impl<F: Future<Output = ()> + 'static> Cell<F> {
    const VTABLE: &'static Vtable = &Vtable { poll: Self::poll, free: Self::free };

    /// # Safety
    /// The pointer is that of a cell of this type, and nobody else uses it meanwhile.
    unsafe fn poll(header: NonNull<Header>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: as promised.
        let cell = unsafe { header.cast::<Self>().as_mut() };
        // SAFETY: the future stays in its cell until it is dropped there.
        unsafe { Pin::new_unchecked(&mut cell.future) }.poll(cx)
    }

    /// # Safety
    /// As for `poll`, and nobody uses it afterwards.
    unsafe fn free(header: NonNull<Header>) {
        // SAFETY: the memory came from a box of this layout.
        unsafe { dealloc(header.as_ptr().cast(), Layout::new::<Self>()) };
    }
}

impl Thin {
    /// Makes one allocation, with the future in it.
    pub fn new<F: Future<Output = ()> + 'static>(future: F) -> Self {
        let cell = Box::new(Cell { header: Header { vtable: Cell::<F>::VTABLE }, future });
        Self(NonNull::from(Box::leak(cell)).cast())
    }

    fn vtable(&self) -> &'static Vtable {
        // SAFETY: the cell is alive as long as we are, and begins with the front.
        unsafe { self.0.as_ref() }.vtable
    }
}

impl Future for Thin {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: the table is that of the cell's type, and we are borrowed mutably.
        unsafe { (self.vtable().poll)(self.0, cx) }
    }
}

impl Drop for Thin {
    fn drop(&mut self) {
        // SAFETY: the table is that of the cell's type, and nobody comes after us.
        unsafe { (self.vtable().free)(self.0) }
    }
}
