//! sleep, timeout and interval on a whole runtime; in virtual time, which only one thread can have,
//! wherever real time is not the point.

#[path = "time/ending.rs"]
mod ending;
#[path = "time/ordering.rs"]
mod ordering;
#[path = "time/pausing.rs"]
mod pausing;
#[path = "time/resetting.rs"]
mod resetting;
#[path = "time/sleeping.rs"]
mod sleeping;
#[path = "time/ticking.rs"]
mod ticking;
#[path = "time/timing_out.rs"]
mod timing_out;

use mainspring::time::Duration;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use tests::{Kind, paused};

/// In what order things happened.
type Log = Arc<Mutex<Vec<usize>>>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Polls once, with this task's waker.
async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// What a panic said.
fn message(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it should have panicked");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().expect("text").to_string(),
    }
}
