//! What is left of ten thousand timeouts that were not needed; and with `time`, what each costs.
//!
//! cargo run -q -p stage-ch07 --bin heap_or_wheel
//! cargo run -q --release -p stage-ch07 --bin heap_or_wheel -- time

use stage_ch07::drive::heap::Heap;
use stage_ch07::drive::wheel::Wheel;
use std::hint::black_box;
use std::time::Instant;

/// A request every millisecond, each with a timeout of 30 seconds, each answered at once; and one
/// timer that is really waited for.
fn left_behind() {
    let (mut heap, mut wheel) = (Heap::new(), Wheel::new());
    heap.insert(20_000, ());
    wheel.insert(20_000, ());
    for now in 0..10_000 {
        let (in_heap, in_wheel) = (heap.insert(now + 30_000, ()), wheel.insert(now + 30_000, ()));
        heap.remove(in_heap);
        wheel.remove(in_wheel);
        assert!(heap.pop(now).is_none() && wheel.pop(now).is_none());
    }
    println!("one timer, and 10000 timeouts that were cancelled:");
    println!("  places in use in the heap:  {}", heap.places());
    println!("  places in use in the wheel: {}", wheel.places());
}

/// Nanoseconds for a timer that is put in while the next one fires, and for one that is put in and
/// cancelled, while `n` others are there.
macro_rules! cost {
    ($queue:expr, $n:expr) => {{
        let mut queue = $queue;
        let mut random = 1_u64;
        let mut ahead = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            1 + (random >> 44)
        };
        (0..$n).for_each(|_| _ = queue.insert(ahead(), ()));
        let start = Instant::now();
        for _ in 0..ROUNDS {
            let now = queue.next().unwrap();
            black_box(queue.pop(now));
            queue.insert(now + ahead(), ());
        }
        let fire = start.elapsed().as_nanos() / ROUNDS;
        // What is cancelled leaves its place in the heap: so many, and then a fresh queue.
        let rounds = ROUNDS.min($n);
        let (mut cancel, fresh) = (0, ROUNDS / rounds);
        for _ in 0..fresh {
            let mut queue = $queue;
            (0..$n).for_each(|_| _ = queue.insert(ahead(), ()));
            let start = Instant::now();
            for _ in 0..rounds {
                let key = queue.insert(ahead(), ());
                black_box(queue.remove(key));
            }
            cancel += start.elapsed().as_nanos();
        }
        (fire, cancel / (rounds * fresh))
    }};
}

const ROUNDS: u128 = 200_000;

fn costs() {
    println!("{:>9}  {:>18}  {:>18}", "", "put in, fire", "put in, cancel");
    println!("{:>9}  {:>8}  {:>8}  {:>8}  {:>8}", "timers", "heap", "wheel", "heap", "wheel");
    for n in [100, 1_000, 10_000, 100_000, 1_000_000] {
        let (heap, wheel) = (cost!(Heap::new(), n), cost!(Wheel::new(), n));
        let [a, b, c, d] = [heap.0, wheel.0, heap.1, wheel.1].map(|ns| format!("{ns} ns"));
        println!("{n:>9}  {a:>8}  {b:>8}  {c:>8}  {d:>8}");
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("time") => costs(),
        _ => left_behind(),
    }
}
