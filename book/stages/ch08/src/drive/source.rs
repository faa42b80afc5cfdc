//! one socket or pipe: what it is ready for, and who waits for that.
//!
//! The reactor sets bits, the user clears them: after the kernel has said `WouldBlock`, and never
//! before. epoll is asked for edges: it speaks when something comes, and then not again.
//!
//! Both sides are on one thread. That spares this file the hard part of the real one: an event that
//! comes between `WouldBlock` and the clear, from another thread, and is wiped out.

use crate::wake::slot::WakerSlot;
use std::cell::Cell;
use std::task::{Context, Poll};

/// The two halves of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Read,
    Write,
}

/// One registered source, as the reactor and its user share it.
pub struct Source {
    read: Side,
    write: Side,
}

struct Side {
    ready: Cell<bool>,
    /// The one task that waits for this direction.
    slot: WakerSlot,
}

impl Source {
    /// Taken to be ready until a syscall says otherwise: the first try costs less than a wait for
    /// news that may be old.
    pub fn new() -> Self {
        let side = || Side { ready: Cell::new(true), slot: WakerSlot::default() };
        Self { read: side(), write: side() }
    }

    fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.read,
            Direction::Write => &self.write,
        }
    }

    /// Ready, or a waker left for the day it is.
    pub fn poll_ready(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<()> {
        let side = self.side(direction);
        if side.ready.get() {
            return Poll::Ready(());
        }
        side.slot.register(cx.waker());
        Poll::Pending
    }

    /// The kernel has said `WouldBlock`.
    pub fn clear(&self, direction: Direction) {
        self.side(direction).ready.set(false);
    }

    /// The reactor's side: an event. Whoever waits is woken.
    pub fn set(&self, direction: Direction) {
        let side = self.side(direction);
        // Make it happen, then take.
        side.ready.set(true);
        side.slot.wake();
    }
}
