//! named lists of numbers: what a case prints, what a report reads, and what is made of them.

use std::collections::BTreeMap;
use std::fmt::Write;

/// What one case measured, by name.
pub type Series = BTreeMap<String, Vec<f64>>;

/// One name.
pub fn one(name: &str, values: Vec<f64>) -> Series {
    Series::from([(name.to_owned(), values)])
}

/// A line for each name: the name, a colon, its numbers.
pub fn print(series: &Series) -> String {
    let mut text = String::new();
    for (name, values) in series {
        let values: Vec<String> = values.iter().map(f64::to_string).collect();
        writeln!(text, "{name}: {}", values.join(" ")).expect("a string takes all");
    }
    text
}

pub fn parse(text: &str) -> Result<Series, String> {
    let line = |line: &str| {
        let (name, values) = line.split_once(':').ok_or(format!("printed {line:?}"))?;
        let number = |value: &str| value.parse::<f64>().map_err(|_| format!("printed {line:?}"));
        let values = values.split_whitespace().map(number).collect::<Result<_, _>>()?;
        Ok((name.to_owned(), values))
    };
    text.lines().map(line).collect()
}

/// The least value that `percent` of all values do not exceed. NaN of nothing.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}

pub fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

/// Microseconds, in the unit that leaves one to three digits before the point.
pub fn time(micros: f64) -> String {
    match micros {
        t if t.is_nan() => "–".to_owned(),
        t if t < 10.0 => format!("{t:.1} µs"),
        t if t < 1_000.0 => format!("{t:.0} µs"),
        t if t < 10_000.0 => format!("{:.1} ms", t / 1_000.0),
        t => format!("{:.0} ms", t / 1_000.0),
    }
}

/// A plain number, as many digits as it is worth.
pub fn short(value: f64) -> String {
    match value {
        v if v.is_nan() => "–".to_owned(),
        v if v.abs() < 10.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

pub fn ratio(this: f64, that: f64) -> String {
    let ratio = this / that;
    if ratio.is_finite() { format!("{ratio:.2}") } else { "–".to_owned() }
}

/// Columns under their heads; the first and the last stand on the left, numbers on the right.
pub fn grid(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let lines: Vec<&Vec<String>> = [&heads].into_iter().chain(rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..heads.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            let left = column == 0 || column == heads.len() - 1;
            row += &if left { format!("{cell}{pad}  ") } else { format!("{pad}{cell}  ") };
        }
        writeln!(text, "{}", row.trim_end()).expect("a string takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        let mut series = one("ring", vec![1.5, 20.0]);
        series.insert("the timer".to_owned(), vec![]);
        assert_eq!(parse(&print(&series)), Ok(series));
        assert!(parse("ring 1").is_err());
        assert!(parse("ring: one").is_err());
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50.0), 100.0);
        assert_eq!(percentile(&values, 99.0), 198.0);
        assert_eq!(percentile(&values, 100.0), 200.0);
        assert_eq!(percentile(&[7.0], 1.0), 7.0);
        assert!(percentile(&[], 50.0).is_nan());
    }

    #[test]
    fn a_grid_lines_its_columns_up() {
        let text = grid(&["", "µs", "said"], &[vec!["a".into(), "10".into(), "yes".into()]]);
        assert_eq!(text, "   µs  said\na  10  yes\n");
    }
}
