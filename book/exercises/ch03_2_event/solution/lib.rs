//! An event that any number of futures wait for.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

/// Not yet, or for ever.
#[derive(Default)]
pub struct Event {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    happened: bool,
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

/// Future returned by [`Event::wait`].
pub struct Wait<'a> {
    event: &'a Event,
    /// Its place among the wakers, once it has one.
    place: Option<u64>,
}

impl Event {
    /// It happens, and everyone who waits is woken.
    pub fn set(&self) {
        let wakers = {
            let mut inside = self.inside.lock().unwrap();
            inside.happened = true;
            std::mem::take(&mut inside.wakers)
        };
        // In the order of asking, and without the lock.
        wakers.into_values().for_each(Waker::wake);
    }

    /// Waits until it has happened.
    pub fn wait(&self) -> Wait<'_> {
        Wait { event: self, place: None }
    }

    /// How many wakers are kept at the moment.
    pub fn kept(&self) -> usize {
        self.inside.lock().unwrap().wakers.len()
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mine = cx.waker().clone();
        let mut inside = self.event.inside.lock().unwrap();
        if inside.happened {
            return Poll::Ready(());
        }
        let place = self.place.unwrap_or_else(|| {
            inside.next += 1;
            inside.next
        });
        let before = inside.wakers.insert(place, mine);
        drop(inside);
        drop(before);
        self.place = Some(place);
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let mine = self.event.inside.lock().unwrap().wakers.remove(&place);
            drop(mine);
        }
    }
}
