//! sleep, sleep_until, now.

use crate::drive::timers::Timers;
use crate::drive::wheel::Key;
use crate::runtime::context::here;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What stands for "never": 30 years.
const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);

/// The present, by the clock of this thread's runtime.
pub fn now() -> Instant {
    here().timers.clock.now()
}

/// Waits until `duration` has passed, counted from this call.
pub fn sleep(duration: Duration) -> Sleep {
    let now = now();
    sleep_until(now.checked_add(duration).unwrap_or(now + FAR))
}

/// Waits until `deadline`.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, timers: here().timers.clone(), armed: None }
}

/// Future returned by [`sleep`] and [`sleep_until`].
pub struct Sleep {
    deadline: Instant,
    timers: Rc<Timers>,
    armed: Option<Key>,
}

impl Sleep {
    fn disarm(&mut self) {
        if let Some(key) = self.armed.take() {
            self.timers.disarm(key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // That the timer has fired is a hint. Only the clock says whether the time is up.
        self.disarm();
        if self.timers.clock.now() >= self.deadline {
            return Poll::Ready(());
        }
        // Anew at each poll: the last waker counts.
        let armed = self.timers.arm(self.deadline, cx.waker().clone());
        self.armed = Some(armed);
        Poll::Pending
    }
}

impl Drop for Sleep {
    /// A sleep that is cancelled leaves nothing behind.
    fn drop(&mut self) {
        self.disarm();
    }
}
