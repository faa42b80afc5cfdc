//! Where the wheel has its timers, millisecond by millisecond: data for a figure of chapter 7.
//!
//! cargo run -q -p stage-ch07 --example levels

use stage_acceptance::figure::Spans;
use stage_ch07::drive::wheel::Wheel;

/// The same as in `wrong_wheel`.
const TIMERS: [u64; 7] = [10, 63, 64, 100, 127, 128, 1000];

fn main() {
    let spans = Spans::default();
    let rows = TIMERS.map(|when| when.to_string());
    let mut wheel = Wheel::new();
    let keys: Vec<_> =
        TIMERS.iter().enumerate().map(|(row, when)| wheel.insert(*when, row)).collect();
    // Of each timer its level, and since when it is there.
    let level_of = |wheel: &Wheel<usize>, row: usize| wheel.place(keys[row]).map(|place| place.0);
    let mut filed: Vec<_> = (0..rows.len()).map(|row| (level_of(&wheel, row), 0)).collect();
    for now in 1..=1000 {
        while let Some(row) = wheel.pop(now) {
            spans.mark(&rows[row], now, '●', "it fires");
        }
        for (row, (level, since)) in filed.iter_mut().enumerate() {
            let here = level_of(&wheel, row);
            if let Some(before) = level.filter(|_| here != *level) {
                let text = format!("level {before}");
                spans.span(&rows[row], *since, now, &text, before as u8);
                (*level, *since) = (here, now);
            }
        }
    }
    spans.print(&rows, "ms");
}
