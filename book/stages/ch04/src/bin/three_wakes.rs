//! A waker that is woken three times before the next poll.
//!
//! cargo run -q -p stage-ch04 --bin three_wakes

use stage_ch04::block_on;
use std::future::poll_fn;
use std::task::Poll;
use std::thread;

fn main() {
    let mut polls = 0;
    block_on(poll_fn(|cx| {
        polls += 1;
        match polls {
            1 => {
                (0..3).for_each(|_| cx.waker().wake_by_ref());
                println!("poll 1: woken three times");
                Poll::Pending
            }
            2 => {
                println!("poll 2: from now on nobody wakes, but a thread that starts now");
                let waker = cx.waker().clone();
                thread::spawn(move || {
                    println!("thread: wake");
                    waker.wake();
                });
                Poll::Pending
            }
            _ => {
                println!("poll {polls}: ready");
                Poll::Ready(())
            }
        }
    }));
}
