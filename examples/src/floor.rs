//! the floor of a run: what it would take if everything but the delays cost nothing.
//!
//! A run is a list of delays, started in this order, at most `permits` of them at a time. Its floor
//! is the makespan of exactly that: the first `permits` delays start at once, and each further one
//! starts when the next permit comes back. There is one number for each run and no choice in it.
//!
//! The sum divided by the permits is smaller and is not the floor: it assumes that the delays could
//! be cut to fit. The fifth document's 50 pages of 0, 1 and 2 s need 6.0 s at ten at a time, and
//! never 4.9. A run can't beat its floor: with a fixed order, making any delay longer makes no
//! start earlier. So a measured time below it means that something was not done or not measured.

#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// The time until the last of `delays` has ended, when they are started in this order and at most
/// `permits` of them run at a time.
///
/// # Panics
/// If `permits` is 0: nothing would ever start.
pub fn makespan(delays: &[Duration], permits: usize) -> Duration {
    assert!(permits > 0, "no delay ever starts without a permit: give at least 1");
    let mut ends = BinaryHeap::new();
    let mut last = Duration::ZERO;
    for &delay in delays {
        let start = match ends.len() < permits {
            true => Duration::ZERO,
            false => ends.pop().map_or(Duration::ZERO, |Reverse(end)| end),
        };
        ends.push(Reverse(start + delay));
        last = last.max(start + delay);
    }
    last
}

/// The delay of the server's `/lat/{i}`: 0.5 to 1.5 s in a hundred even steps, in a mixed order.
/// Numbers 0 to 99 meet every step once; together they are 100 s.
pub fn latency(i: u64) -> Duration {
    Duration::from_secs_f64(0.5 + ((i % 100) * 37 % 100) as f64 / 99.0)
}

/// The delays of `/lat/0` to `/lat/99`, each multiplied by `scale`.
pub fn hundred(scale: f64) -> Vec<Duration> {
    (0..100).map(|i| latency(i).mul_f64(scale)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(values: impl IntoIterator<Item = f64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_secs_f64).collect()
    }

    #[track_caller]
    fn close(delays: &[Duration], permits: usize, expected: f64) {
        let got = makespan(delays, permits).as_secs_f64();
        assert!((got - expected).abs() < 0.0006, "{permits} permits: {got:.4}, not {expected}");
    }

    #[test]
    fn the_hundred_requests_add_up_to_a_hundred_seconds() {
        let delays = hundred(1.0);
        let sum: Duration = delays.iter().sum();
        assert!((sum.as_secs_f64() - 100.0).abs() < 1e-6);
        assert_eq!(delays.iter().min(), Some(&Duration::from_millis(500)));
        assert_eq!(delays.iter().max(), Some(&Duration::from_millis(1500)));
    }

    #[test]
    fn the_hundred_requests_have_the_known_floors() {
        let delays = hundred(1.0);
        for (permits, floor) in
            [(1, 100.0), (5, 20.359), (10, 10.596), (16, 6.980), (20, 5.697), (100, 1.5)]
        {
            close(&delays, permits, floor);
        }
        close(&delays, 1000, 1.5);
        close(&hundred(0.1), 5, 2.0359);
    }

    #[test]
    fn fifty_pages_need_six_seconds_and_not_the_sum_over_ten() {
        let delays = seconds((0..50).map(|i| f64::from(i % 3)));
        let sum: Duration = delays.iter().sum();
        assert_eq!(sum / 10, Duration::from_millis(4900));
        for (permits, floor) in [(1, 49.0), (5, 11.0), (10, 6.0), (50, 2.0)] {
            close(&delays, permits, floor);
        }
    }

    #[test]
    fn the_documents_other_runs_have_the_known_floors() {
        close(&seconds([0.2; 100]), 10, 2.0);
        close(&seconds([0.02; 1000]), 50, 0.4);
        close(&seconds([1.0, 2.0, 1.0]), 10, 2.0);
        close(&seconds([1.0, 1.0, 2.0, 1.0, 1.0]), 5, 2.0);
        close(&seconds([2.0; 10]), 3, 8.0);
        let scraper = || seconds((0..20).flat_map(|_| [1.0, 2.0, 1.0, 0.0, 0.0]));
        for (permits, floor) in [(1, 80.0), (5, 17.0), (10, 9.0), (20, 5.0), (100, 2.0)] {
            close(&scraper(), permits, floor);
        }
    }

    #[test]
    fn nothing_to_do_takes_no_time() {
        assert_eq!(makespan(&[], 3), Duration::ZERO);
    }
}
