//! One pointer for any future.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future of any type, behind one pointer. It owns the future.
pub struct Thin {
    /// Choose the fields yourself. Not `Send`: nobody has asked whether the future is.
    _not_send: PhantomData<*mut ()>,
}

impl Thin {
    /// Makes one allocation, with the future in it.
    pub fn new<F: Future<Output = ()> + 'static>(future: F) -> Self {
        drop(future);
        todo!("a front with a pointer to a table, then the future")
    }
}

impl Future for Thin {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        todo!("through the table")
    }
}

impl Drop for Thin {
    fn drop(&mut self) {
        // Through the table.
    }
}
