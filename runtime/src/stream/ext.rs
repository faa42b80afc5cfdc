//! StreamExt: next, map, filter, take, collect.
//!
//! Read before: `stream/source.rs`, `stream/adapt.rs`. Every [`Stream`] has these, this crate's and
//! any other's.

#![forbid(unsafe_code)]

use super::adapt::{Filter, Map, Take};
use futures_core::Stream;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What can be done with a [`Stream`].
///
/// The items come one after the other: nothing here runs several at once.
///
/// asyncio: `async for`, and comprehensions with it.
pub trait StreamExt: Stream {
    /// Waits for the next item; `None` at the end.
    ///
    /// A stream that is not [`Unpin`] is pinned first: `let mut stream = std::pin::pin!(stream);`.
    ///
    /// asyncio: `anext()`, and `while let` with it is `async for`.
    ///
    /// # Cancel safety
    /// Safe, if the stream is: the future holds nothing. Those of this crate are.
    ///
    /// # Examples
    /// ```
    /// use mainspring::stream::{StreamExt, iter};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// rt.block_on(async {
    ///     let mut words = iter(["spring", "escapement"]);
    ///     assert_eq!(words.next().await, Some("spring"));
    ///     assert_eq!(words.next().await, Some("escapement"));
    ///     assert_eq!(words.next().await, None);
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn next(&mut self) -> Next<'_, Self>
    where
        Self: Unpin,
    {
        Next { stream: self }
    }

    /// Each item, as `f` changes it.
    ///
    /// asyncio: `f(x) async for x in stream`.
    fn map<T, F: FnMut(Self::Item) -> T>(self, f: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map::new(self, f)
    }

    /// The items that `keep` says yes to.
    ///
    /// asyncio: `x async for x in stream if keep(x)`.
    fn filter<F: FnMut(&Self::Item) -> bool>(self, keep: F) -> Filter<Self, F>
    where
        Self: Sized,
    {
        Filter::new(self, keep)
    }

    /// The first `n` items. The stream is not asked for more.
    ///
    /// asyncio: a loop with a `break`.
    fn take(self, n: usize) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, n)
    }

    /// Waits for all items, and returns them in a collection.
    ///
    /// asyncio: `[x async for x in stream]`.
    ///
    /// # Cancel safety
    /// What was collected so far is lost with the future.
    ///
    /// # Examples
    /// ```
    /// use mainspring::stream::{StreamExt, iter};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// rt.block_on(async {
    ///     let even = iter(0..100).filter(|n| n % 2 == 0).take(3);
    ///     assert_eq!(even.collect::<Vec<_>>().await, [0, 2, 4]);
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn collect<C: Default + Extend<Self::Item>>(self) -> Collect<Self, C>
    where
        Self: Sized,
    {
        Collect { stream: self, items: C::default() }
    }
}

impl<S: Stream + ?Sized> StreamExt for S {}

/// Future returned by [`StreamExt::next`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Next<'a, S: ?Sized> {
    stream: &'a mut S,
}

impl<S: Stream + Unpin + ?Sized> Future for Next<'_, S> {
    type Output = Option<S::Item>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut *self.stream).poll_next(cx)
    }
}

pin_project! {
    /// Future returned by [`StreamExt::collect`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Collect<S, C> {
        #[pin]
        stream: S,
        items: C,
    }
}

impl<S: Stream, C: Default + Extend<S::Item>> Future for Collect<S, C> {
    type Output = C;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C> {
        let mut me = self.project();
        while let Some(item) = ready!(me.stream.as_mut().poll_next(cx)) {
            me.items.extend(Some(item));
        }
        Poll::Ready(std::mem::take(me.items))
    }
}
