//! What one side says and many hear: watch, broadcast, Notify. smol has none of them.

use super::rt::{self, Runtime};
use crate::meter::{Meter, Stopwatch};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// watch, 1 receiver. Timed: a task sends `ops` numbers and yields after each, the task that
/// measures waits for changes until it has seen the last. Per number.
pub fn watch_1(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            let (sender, mut receiver) = rt::watch::channel(0);
            let clock = Stopwatch::start(flavor);
            rt::detach(rt::spawn(async move {
                for number in 1..=ops {
                    sender.send(number).expect("the receiver lives");
                    rt::yield_now().await;
                }
            }));
            let mut last = 0;
            while last < ops {
                receiver.changed().await.expect("the last one is still to come");
                let seen = *receiver.borrow_and_update();
                assert!(seen > last, "a change is new");
                last = seen;
            }
            clock.elapsed()
        })
    });
}

/// How many listen in the rows with a crowd.
const CROWD: u64 = 1_000;

/// watch, 1000 receivers. Timed: one number is sent, and each of 1 000 tasks that wait for a change
/// wakes, reads it, and waits for the next. Per receiver and number.
pub fn watch_1000(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(CROWD * 5, |ops| {
        rt.in_task(async move {
            let (sender, receiver) = rt::watch::channel(0);
            let heard = Arc::new(AtomicU64::new(0));
            let mut handles = Vec::with_capacity(CROWD as usize);
            for _ in 0..CROWD {
                let (mut receiver, heard) = (receiver.clone(), heard.clone());
                handles.push(rt::spawn(async move {
                    let mut sum = 0;
                    heard.fetch_add(1, Ordering::AcqRel);
                    while receiver.changed().await.is_ok() {
                        sum += *receiver.borrow_and_update();
                        heard.fetch_add(1, Ordering::AcqRel);
                    }
                    sum
                }));
            }
            drop(receiver);
            all_of(&heard, CROWD).await;
            let rounds = ops / CROWD;
            let clock = Stopwatch::start(flavor);
            for round in 1..=rounds {
                sender.send(round).expect("they listen");
                all_of(&heard, CROWD * (round + 1)).await;
            }
            let time = clock.elapsed();
            drop(sender);
            for handle in handles {
                let sum = rt::joined(handle.await);
                assert_eq!(sum, rounds * (rounds + 1) / 2, "each heard each number");
            }
            time
        })
    });
}

/// Goes round until so much has been heard.
async fn all_of(heard: &AtomicU64, count: u64) {
    while heard.load(Ordering::Acquire) < count {
        rt::yield_now().await;
    }
}

/// How many receivers a broadcast has, and how many values it holds.
const EARS: u64 = 4;
const HELD: usize = 64;

/// broadcast, 4 receivers, 64 values. Timed: a task sends `ops / 4` numbers, and yields after every
/// 32; four tasks receive all of them. Per number and receiver.
pub fn broadcast(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(8_000, |ops| {
        rt.in_task(async move {
            let (sender, receiver) = rt::broadcast::channel(HELD);
            let heard = Arc::new(AtomicU64::new(0));
            let mut handles = Vec::with_capacity(EARS as usize);
            let clock = Stopwatch::start(flavor);
            for _ in 0..EARS {
                let (mut receiver, heard) = (receiver.resubscribe(), heard.clone());
                handles.push(rt::spawn(async move {
                    let mut sum = 0;
                    while let Ok(number) = receiver.recv().await {
                        sum += number;
                        heard.fetch_add(1, Ordering::AcqRel);
                    }
                    sum
                }));
            }
            drop(receiver);
            let each = ops / EARS;
            for number in 0..each {
                sender.send(number).expect("they listen");
                // Nobody may fall behind by as much as is held.
                if number % 32 == 31 {
                    all_of(&heard, EARS * (number + 1)).await;
                }
            }
            drop(sender);
            for handle in handles {
                let sum = rt::joined(handle.await);
                assert_eq!(sum, each * (each - 1) / 2, "each heard each number");
            }
            clock.elapsed()
        })
    });
}

/// Notify, one. Timed: two tasks notify each other in turn, `ops` times in all. Per notification.
pub fn notify_one(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            let (there, back) = (Arc::new(rt::Notify::new()), Arc::new(rt::Notify::new()));
            let clock = Stopwatch::start(flavor);
            let other = rt::spawn({
                let (there, back) = (there.clone(), back.clone());
                async move {
                    for _ in 0..ops / 2 {
                        there.notified().await;
                        back.notify_one();
                    }
                }
            });
            for _ in 0..ops / 2 {
                there.notify_one();
                back.notified().await;
            }
            rt::joined(other.await);
            clock.elapsed()
        })
    });
}

/// Notify, 1000 waiters. Timed: `notify_waiters` with 1 000 tasks in line, each of which wakes and
/// lines up again. Per waiter and call.
pub fn notify_1000(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(CROWD * 5, |ops| {
        rt.in_task(async move {
            let rounds = ops / CROWD;
            let notify = Arc::new(rt::Notify::new());
            let heard = Arc::new(AtomicU64::new(0));
            let mut handles = Vec::with_capacity(CROWD as usize);
            for _ in 0..CROWD {
                let (notify, heard) = (notify.clone(), heard.clone());
                handles.push(rt::spawn(async move {
                    for _ in 0..rounds {
                        // It counts from its creation, so it is in time before it lines up.
                        let notified = notify.notified();
                        heard.fetch_add(1, Ordering::AcqRel);
                        notified.await;
                    }
                    heard.fetch_add(1, Ordering::AcqRel);
                }));
            }
            all_of(&heard, CROWD).await;
            let clock = Stopwatch::start(flavor);
            for round in 1..=rounds {
                notify.notify_waiters();
                all_of(&heard, CROWD * (round + 1)).await;
            }
            let time = clock.elapsed();
            for handle in handles {
                rt::joined(handle.await);
            }
            time
        })
    });
}
