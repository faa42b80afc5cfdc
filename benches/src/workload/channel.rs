//! Channels: many senders, one receiver.
//!
//! All of them: the senders are tasks, the receiver is the task that measures. Timed: spawning the
//! senders, and receiving until all of them are gone. The numbers received are summed and checked.

use super::rt::{self, Runtime};
use crate::alloc;
use crate::meter::{Meter, Stopwatch};

/// mpsc, capacity 1: one sender, 5 000 numbers. Per message.
pub fn capacity_1(meter: &mut Meter) {
    bounded(meter, 1, 1);
}

/// mpsc, capacity 100: one sender, 5 000 numbers. Per message.
pub fn capacity_100(meter: &mut Meter) {
    bounded(meter, 100, 1);
}

/// mpsc, capacity 1000, five senders with 1 000 numbers each. Per message.
pub fn capacity_1000(meter: &mut Meter) {
    bounded(meter, 1000, 5);
}

fn bounded(meter: &mut Meter, capacity: usize, senders: u64) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
            let (sender, mut receiver) = rt::mpsc::channel::<u64>(capacity);
            let clock = Stopwatch::start(flavor);
            for _ in 0..senders {
                let sender = sender.clone();
                rt::detach(rt::spawn(async move {
                    for i in 0..ops / senders {
                        sender.send(i).await.expect("the receiver lives");
                    }
                }));
            }
            drop(sender);
            let (mut count, mut sum) = (0, 0);
            while let Some(number) = rt::received(receiver.recv().await) {
                count += 1;
                sum += number;
            }
            let time = clock.elapsed();
            check(ops, senders, count, sum);
            time
        })
    });
}

/// Unbounded: five senders with 1 000 numbers each, none of which ever waits. Per message.
pub fn unbounded(meter: &mut Meter) {
    const SENDERS: u64 = 5;
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
            let (sender, mut receiver) = rt::mpsc::unbounded_channel::<u64>();
            let clock = Stopwatch::start(flavor);
            for _ in 0..SENDERS {
                let sender = sender.clone();
                rt::detach(rt::spawn(async move {
                    for i in 0..ops / SENDERS {
                        rt::send_now(&sender, i);
                    }
                }));
            }
            drop(sender);
            let (mut count, mut sum) = (0, 0);
            while let Some(number) = rt::received(receiver.recv().await) {
                count += 1;
                sum += number;
            }
            let time = clock.elapsed();
            check(ops, SENDERS, count, sum);
            time
        })
    });
}

/// An idle channel. The blocks that are allocated and not freed over 1 000 channels of capacity 1
/// that have been used once, each with the allocator's header word, plus the size of both ends.
pub fn idle_bytes(meter: &mut Meter) {
    const CHANNELS: usize = 1_000;
    let rt = Runtime::new(meter.flavor());
    let bytes = rt.in_task(async move {
        let mut ends = Vec::with_capacity(CHANNELS);
        let before = alloc::live();
        for i in 0..CHANNELS as u64 {
            #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
            let (sender, mut receiver) = rt::mpsc::channel::<u64>(1);
            sender.send(i).await.expect("the receiver lives");
            assert_eq!(rt::received(receiver.recv().await), Some(i), "it works");
            ends.push((sender, receiver));
        }
        alloc::live() - before
    });
    let ends = size_of::<(rt::mpsc::Sender<u64>, rt::mpsc::Receiver<u64>)>();
    meter.value(bytes as f64 / CHANNELS as f64 + ends as f64);
}

fn check(ops: u64, senders: u64, count: u64, sum: u64) {
    let each = ops / senders;
    assert_eq!(count, each * senders, "every message came");
    assert_eq!(sum, senders * (each * (each - 1) / 2), "and came once");
}
