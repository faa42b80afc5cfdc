//! WRONG: a join that forgets which one is ready, and polls it again.
//!
//! cargo run -q -p stage-ch02 --bin wrong_join

use stage_ch02::countdown;
use stage_ch02::step::step;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

struct WrongJoin<A, B>(A, B);

impl<A: Future + Unpin, B: Future + Unpin> Future for WrongJoin<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // If only one of the two is ready, its output is thrown away here, and the next poll polls
        // it again. A future is polled until it is ready, and never after.
        match (Pin::new(&mut self.0).poll(cx), Pin::new(&mut self.1).poll(cx)) {
            (Poll::Ready(a), Poll::Ready(b)) => Poll::Ready((a, b)),
            _ => Poll::Pending,
        }
    }
}

async fn count(from: u32) -> u32 {
    countdown(from).await
}

fn main() {
    // Equal lengths hide the mistake.
    for (a, b) in [(2, 2), (1, 2)] {
        let mut both = WrongJoin(Box::pin(count(a)), Box::pin(count(b)));
        let polled = AssertUnwindSafe(|| {
            while step(&mut both).is_pending() {
                println!("{a} and {b}: pending");
            }
        });
        std::panic::set_hook(Box::new(|panic| println!("panic: {panic}")));
        match catch_unwind(polled) {
            Ok(()) => println!("{a} and {b}: ready"),
            Err(_) => println!("{a} and {b}: the first was ready, and was polled again"),
        }
    }
}
