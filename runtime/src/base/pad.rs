//! CachePadded: a value on cache lines of its own, written once.
//!
//! Two values on one line are one value to the processors: each write takes the line away from
//! whoever reads the other. So what one thread writes often, and others read or write too, stands
//! alone. 128 bytes: x86 fetches lines of 64 in pairs, and some processors have lines of 128.

#![forbid(unsafe_code)]

use std::ops::Deref;

/// `T`, alone on its cache lines.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct CachePadded<T>(pub(crate) T);

impl<T> Deref for CachePadded<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}
