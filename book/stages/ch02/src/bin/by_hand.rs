//! One future twice: as the compiler writes it, and by hand.
//!
//! cargo run -q -p stage-ch02 --bin by_hand

use stage_ch02::step::step;
use stage_ch02::{Countdown, countdown};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// What we write.
async fn add(left: u32, right: u32) -> u32 {
    let first = countdown(left).await;
    let second = countdown(right).await;
    first + second
}

/// What it becomes: one variant for each place where it can be waiting, and in each variant what
/// is still needed from there on.
enum Add {
    Start { left: u32, right: u32 },
    First { waiting: Countdown, right: u32 },
    Second { first: u32, waiting: Countdown },
    Done,
}

impl Future for Add {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        // A loop: one poll goes as far as it can, over several awaits if they are ready.
        loop {
            *self = match &mut *self {
                Add::Start { left, right } => {
                    Add::First { waiting: countdown(*left), right: *right }
                }
                Add::First { waiting, right } => match Pin::new(waiting).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(first) => Add::Second { first, waiting: countdown(*right) },
                },
                Add::Second { first, waiting } => match Pin::new(waiting).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(second) => {
                        let sum = *first + second;
                        *self = Add::Done;
                        return Poll::Ready(sum);
                    }
                },
                Add::Done => panic!("polled after it was ready"),
            };
        }
    }
}

fn show(name: &str, future: impl Future<Output = u32>) {
    let mut future = pin!(future);
    for poll in 1.. {
        match step(&mut future) {
            Poll::Pending => println!("{name}  poll {poll}: pending"),
            Poll::Ready(sum) => return println!("{name}  poll {poll}: ready, {sum}"),
        }
    }
}

fn main() {
    show("async fn", add(1, 2));
    show("by hand ", Add::Start { left: 1, right: 2 });
}
