//! A future that is ready when nobody has touched its partner for a while.

use stage_ch07::time::{Sleep, now, sleep_until};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A pair: `Idle` is ready when `Touch` has not been touched for `limit`. The time runs from now.
pub fn idle(limit: Duration) -> (Idle, Touch) {
    let last = Rc::new(Cell::new(now()));
    let sleep = Box::pin(sleep_until(last.get() + limit));
    (Idle { last: last.clone(), limit, sleep }, Touch { last })
}

/// Somebody is still there.
pub struct Touch {
    last: Rc<Cell<Instant>>,
}

impl Touch {
    /// As cheap as writing down the time: it is called for every message.
    pub fn touch(&self) {
        self.last.set(now());
    }
}

/// Future returned by [`idle`].
pub struct Idle {
    last: Rc<Cell<Instant>>,
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Future for Idle {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _ = (&self.last, self.limit, &self.sleep, cx, sleep_until);
        todo!("sleep; and when the sleep is over, has anybody been there?")
    }
}
