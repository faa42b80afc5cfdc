//! CachePadded, written once.
//!
//! Two words that different threads write all the time must not share a cache line: each write
//! would take the line away from the other. [`CachePadded`] gives its value lines of its own.
//!
//! The size is that of the unit that moves between cores, not of the line alone: x86-64 fetches
//! lines in pairs, and big aarch64 cores have lines of 128 bytes. Elsewhere 64 is right or
//! harmless.
//!
//! It is for words that exist once per worker or per runtime. An object that exists by the thousand
//! keeps its two sides apart by the order of its fields: an over-aligned allocation leaves malloc's
//! fast path and costs four times as much.

#![forbid(unsafe_code)]

use std::ops::{Deref, DerefMut};

/// A value that shares its cache lines with nobody.
#[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64"), repr(align(128)))]
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), repr(align(64)))]
#[derive(Debug, Default)]
pub(crate) struct CachePadded<T> {
    value: T,
}

impl<T> CachePadded<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { value }
    }
}

impl<T> Deref for CachePadded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for CachePadded<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

#[cfg(test)]
mod tests {
    use super::CachePadded;

    #[test]
    fn neighbours_do_not_share_a_line() {
        let pair = [CachePadded::new(1_u8), CachePadded::new(2)];
        let [one, two] = pair.each_ref().map(|pad| std::ptr::from_ref::<u8>(pad).addr());
        assert!(two - one >= 64);
    }
}
