//! Sleep::reset.

use crate::{ms, paused, poll_once};
use mainspring::time::{Duration, Instant, interval, sleep};
use std::future::{Future, poll_fn};
use std::pin::pin;

#[test]
fn later_before_it_fires() {
    paused().block_on(async {
        let start = Instant::now();
        let mut wait = pin!(sleep(ms(100)));
        assert!(poll_once(wait.as_mut()).await.is_pending());
        wait.as_mut().reset(start + ms(300));
        assert_eq!(wait.deadline(), start + ms(300));
        sleep(ms(200)).await;
        assert!(poll_once(wait.as_mut()).await.is_pending());
        wait.await;
        assert_eq!(start.elapsed(), ms(300));
    });
}

#[test]
fn earlier_before_it_fires() {
    paused().block_on(async {
        let start = Instant::now();
        let mut wait = pin!(sleep(ms(100_000)));
        assert!(poll_once(wait.as_mut()).await.is_pending());
        wait.as_mut().reset(start + ms(10));
        wait.await;
        assert_eq!(start.elapsed(), ms(10));
    });
}

#[test]
fn into_the_past() {
    paused().block_on(async {
        sleep(ms(50)).await;
        let mut wait = pin!(sleep(ms(100)));
        assert!(poll_once(wait.as_mut()).await.is_pending());
        wait.as_mut().reset(Instant::now() - ms(40));
        let start = Instant::now();
        wait.await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    });
}

#[test]
fn after_it_was_ready() {
    paused().block_on(async {
        let start = Instant::now();
        let mut wait = pin!(sleep(ms(1)));
        wait.as_mut().await;
        wait.as_mut().reset(start + ms(600));
        assert!(poll_once(wait.as_mut()).await.is_pending());
        assert!(poll_once(wait.as_mut()).await.is_pending());
        wait.await;
        assert_eq!(start.elapsed(), ms(600));
    });
}

#[test]
fn pushed_ahead_ten_thousand_times_it_wakes_nobody_early() {
    paused().block_on(async {
        let start = Instant::now();
        let mut idle = Box::pin(sleep(ms(100)));
        let mut tick = interval(ms(1));
        tick.tick().await;
        for _ in 0..10_000 {
            assert!(poll_once(idle.as_mut()).await.is_pending());
            tick.tick().await;
            let next = Instant::now() + ms(100);
            idle.as_mut().reset(next);
        }
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            idle.as_mut().poll(cx)
        })
        .await;
        assert_eq!(start.elapsed(), ms(10_100));
        assert_eq!(polls, 2);
    });
}
