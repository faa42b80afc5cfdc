//! the table, and the verdict on each figure.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::row::Row;
use super::run::Figures;

/// Rows with a shorter floor are never held to a ratio: a few milliseconds of connecting weigh too
/// much in them.
const WORTH_A_RATIO: Duration = Duration::from_secs(1);

/// The two lines above the rows.
pub const HEAD: [&str; 2] = [
    "                   wall   floor wall/ most con-   CPU peak  the document",
    "                      s       s floor open nec.     s  MiB says s  which is",
];

/// One line of the table. `scale` is that of the measured run; the document's figure and its floor
/// are at the documents' size.
pub fn line(row: &Row, figures: &Figures, scale: f64) -> String {
    let floor = row.floor(scale).as_secs_f64();
    let wall = figures.wall.as_secs_f64();
    let none = || "–".to_owned();
    let cpu = figures.cpu.map_or_else(none, |time| format!("{:.3}", time.as_secs_f64()));
    let memory = figures.memory.map_or_else(none, |b| format!("{:.1}", b as f64 / 1048576.0));
    let (says, verdict) = match row.document {
        None => (none(), String::new()),
        Some(says) => (format!("{says:.1}"), short_verdict(says, row.floor(1.0))),
    };
    let (name, ratio) = (format!("  {}", row.name), wall / floor);
    let (peak, connections) = (figures.peak, figures.connections);
    let line = format!(
        "{name:<16}{wall:>7.3} {floor:>7.3} {ratio:>5.3} {peak:>4} {connections:>4} {cpu:>5} \
         {memory:>4} {says:>6}  {verdict}",
    );
    line.trim_end().to_owned()
}

/// What to think of `says` seconds for a run whose floor is `floor`.
pub fn verdict(says: f64, floor: Duration) -> String {
    let floor = floor.as_secs_f64();
    match says < floor {
        true => format!("below the floor, {floor:.2} s"),
        false => format!("plausible: {:.2} × floor", says / floor),
    }
}

fn short_verdict(says: f64, floor: Duration) -> String {
    match says < floor.as_secs_f64() {
        true => "below floor".to_owned(),
        false => format!("{:.2} × floor", says / floor.as_secs_f64()),
    }
}

/// The lines below the rows: what a floor is, and which figure is below it.
pub fn foot(rows: &[Row]) -> Vec<String> {
    let mut lines = vec![
        "floor: the same delays, started in this order, as many at a time, nothing else.".into(),
    ];
    for row in rows {
        let floor = row.floor(1.0);
        if let Some(says) = row.document.filter(|&says| says < floor.as_secs_f64()) {
            let (name, floor) = (row.name, floor.as_secs_f64());
            lines.push(format!(
                "Nobody can have measured {says} s for {name}: {floor:.2} s are its floor."
            ));
        }
    }
    lines.push(
        "The document's figures, and floors to hold them against, are at its own size.".into(),
    );
    lines
}

/// Everything about these figures that can't be right. With `most`, a wall time above `most` times
/// its floor counts too, in rows of a second or more.
pub fn complaints(row: &Row, figures: &Figures, scale: f64, most: Option<f64>) -> Vec<String> {
    let mut found = Vec::new();
    let name = row.full_name();
    let floor = row.floor(scale);
    let limit = row.permits() as u64;
    let exact = row.limit.is_some();
    if figures.peak > limit || (exact && figures.peak != limit) {
        found.push(format!("{name}: {} in flight and not {limit}", figures.peak));
    }
    if figures.wall < floor {
        let wall = figures.wall;
        found.push(format!("{name}: {wall:?} is below the floor of {floor:?}"));
    }
    let ratio = figures.wall.as_secs_f64() / floor.as_secs_f64();
    if let Some(most) = most.filter(|&most| floor >= WORTH_A_RATIO && ratio > most) {
        found.push(format!("{name}: {ratio:.2} times its floor, more than {most}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::row::ROWS;
    use super::*;

    fn figures(wall: f64, peak: u64) -> Figures {
        let wall = Duration::from_secs_f64(wall);
        Figures { wall, peak, connections: 0, cpu: None, memory: None }
    }

    #[test]
    fn the_document_is_impossible_in_one_row_and_plausible_in_three() {
        let verdicts: Vec<_> = ROWS
            .iter()
            .filter_map(|row| row.document.map(|says| verdict(says, row.floor(1.0))))
            .collect();
        let expected = [
            "plausible: 1.02 × floor",
            "plausible: 1.14 × floor",
            "below the floor, 20.36 s",
            "plausible: 4.27 × floor",
        ];
        assert_eq!(verdicts, expected);
        let foot = foot(&ROWS);
        assert_eq!(foot.len(), 3);
        let one = "Nobody can have measured 12.8 s for limit 5: 20.36 s are its floor.";
        assert_eq!(foot[1], one);
    }

    #[test]
    fn a_good_row_has_nothing_to_complain_of() {
        assert!(complaints(&ROWS[2], &figures(2.05, 5), 0.1, Some(1.25)).is_empty());
        assert!(complaints(&ROWS[4], &figures(0.2, 93), 0.1, Some(1.25)).is_empty());
    }

    #[test]
    fn a_wrong_peak_an_impossible_time_and_a_slow_row_are_told() {
        let told = |wall, peak| complaints(&ROWS[2], &figures(wall, peak), 0.1, Some(1.25)).len();
        assert_eq!(told(2.1, 6), 1);
        assert_eq!(told(2.1, 4), 1);
        assert_eq!(told(2.0, 5), 1);
        assert_eq!(told(2.6, 5), 1);
        assert_eq!(complaints(&ROWS[2], &figures(2.6, 5), 0.1, None).len(), 0);
        assert_eq!(complaints(&ROWS[4], &figures(0.2, 101), 0.1, None).len(), 1);
        let slow = complaints(&ROWS[6], &figures(1.5, 10), 0.1, Some(1.25));
        assert_eq!(slow, ["multi_thread, limit 10: 1.42 times its floor, more than 1.25"]);
    }

    #[test]
    fn no_line_is_wider_than_eighty_columns() {
        for row in &ROWS {
            let figures = Figures {
                wall: Duration::from_secs_f64(102.5),
                peak: 100,
                connections: 100,
                cpu: Some(Duration::from_millis(1234)),
                memory: Some(99 << 20),
            };
            let line = line(row, &figures, 1.0);
            assert!(line.chars().count() <= 80, "{}: {line}", line.chars().count());
        }
        for line in HEAD.iter().copied().chain(foot(&ROWS).iter().map(String::as_str)) {
            assert!(line.chars().count() <= 80, "{}: {line}", line.chars().count());
        }
    }
}
