//! Map, Filter, Take: streams made of streams.
//!
//! Each holds the stream it is made of and nothing else: dropping it drops that one, at once.

#![forbid(unsafe_code)]

use futures_core::Stream;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Stream returned by [`StreamExt::map`](super::StreamExt::map).
    #[derive(Clone)]
    #[must_use = "streams do nothing unless they are polled"]
    pub struct Map<S, F> {
        #[pin]
        stream: S,
        f: F,
    }
}

impl<S, F> Map<S, F> {
    pub(super) fn new(stream: S, f: F) -> Self {
        Self { stream, f }
    }
}

impl<S: Stream, T, F: FnMut(S::Item) -> T> Stream for Map<S, F> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let me = self.project();
        me.stream.poll_next(cx).map(|item| item.map(me.f))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S: fmt::Debug, F> fmt::Debug for Map<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("stream", &self.stream).finish_non_exhaustive()
    }
}

pin_project! {
    /// Stream returned by [`StreamExt::filter`](super::StreamExt::filter).
    #[derive(Clone)]
    #[must_use = "streams do nothing unless they are polled"]
    pub struct Filter<S, F> {
        #[pin]
        stream: S,
        keep: F,
    }
}

impl<S, F> Filter<S, F> {
    pub(super) fn new(stream: S, keep: F) -> Self {
        Self { stream, keep }
    }
}

impl<S: Stream, F: FnMut(&S::Item) -> bool> Stream for Filter<S, F> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut me = self.project();
        loop {
            match ready!(me.stream.as_mut().poll_next(cx)) {
                Some(item) if !(me.keep)(&item) => {}
                item => return Poll::Ready(item),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.stream.size_hint().1)
    }
}

impl<S: fmt::Debug, F> fmt::Debug for Filter<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter").field("stream", &self.stream).finish_non_exhaustive()
    }
}

pin_project! {
    /// Stream returned by [`StreamExt::take`](super::StreamExt::take).
    #[derive(Debug, Clone)]
    #[must_use = "streams do nothing unless they are polled"]
    pub struct Take<S> {
        #[pin]
        stream: S,
        left: usize,
    }
}

impl<S> Take<S> {
    pub(super) fn new(stream: S, left: usize) -> Self {
        Self { stream, left }
    }
}

impl<S: Stream> Stream for Take<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let me = self.project();
        if *me.left == 0 {
            return Poll::Ready(None);
        }
        let item = ready!(me.stream.poll_next(cx));
        // An end is the end.
        *me.left = if item.is_some() { *me.left - 1 } else { 0 };
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.left == 0 {
            return (0, Some(0));
        }
        let (least, most) = self.stream.size_hint();
        (least.min(self.left), Some(most.map_or(self.left, |most| most.min(self.left))))
    }
}
