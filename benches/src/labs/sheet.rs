//! sheets: what a lab found, as tables and curves, for the terminal, the page and the JSON.

use super::series::{self, percentile};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sheet {
    pub name: String,
    /// What the reader would type for this part alone.
    pub command: String,
    /// What is measured, and what the heads of the columns mean.
    pub says: String,
    pub rounds: usize,
    pub grids: Vec<Grid>,
    pub plots: Vec<Plot>,
    /// What failed, what could not be measured here, what was cut short.
    pub notes: Vec<String>,
}

/// A table: the first column and the last are words, the others numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Curves over one axis.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Plot {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Axis {
    pub label: String,
    pub scale: Scale,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    #[default]
    Log,
    /// Of percentiles: 90, 99 and 99.9 stand at equal distances.
    Percentile,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Curve {
    /// Who, `tokio-mt2`.
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

impl Grid {
    pub fn new(heads: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self { heads: heads.iter().map(|head| (*head).to_owned()).collect(), rows }
    }
}

impl Plot {
    /// Percentiles of latencies in microseconds. A percentile beyond which not even one of the
    /// values lies is left out.
    pub fn latency(title: &str, all: impl IntoIterator<Item = (String, Vec<f64>)>) -> Self {
        const PERCENTS: [f64; 7] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9];
        let curve = |(name, values): (String, Vec<f64>)| {
            let beyond = |percent: f64| values.len() as f64 * (1.0 - percent / 100.0) >= 0.999;
            let point = |percent| (percent, percentile(&values, percent));
            let points = PERCENTS.into_iter().filter(|p| beyond(*p)).map(point);
            Curve { name, points: points.collect() }
        };
        Self::percentiles(title, all.into_iter().map(curve).collect())
    }

    /// The same from percentiles that are known already.
    pub fn percentiles(title: &str, curves: Vec<Curve>) -> Self {
        let x = Axis { label: "percentile".to_owned(), scale: Scale::Percentile };
        let y = Axis { label: "µs".to_owned(), scale: Scale::Log };
        Self { title: title.to_owned(), x, y, curves }.without_empty()
    }

    /// Something over how many there are at once.
    pub fn growth(title: &str, unit: &str, curves: Vec<Curve>) -> Self {
        let log = |label: &str| Axis { label: label.to_owned(), scale: Scale::Log };
        Self { title: title.to_owned(), x: log("at once"), y: log(unit), curves }.without_empty()
    }

    /// A logarithm has no place for nothing, and a curve without points is none.
    fn without_empty(mut self) -> Self {
        for curve in &mut self.curves {
            curve.points.retain(|(x, y)| x.is_finite() && y.is_finite() && *y > 0.0);
        }
        self.curves.retain(|curve| !curve.points.is_empty());
        self
    }
}

impl Sheet {
    /// Adds a table, unless it has no row.
    pub fn grid(&mut self, heads: &[&str], rows: Vec<Vec<String>>) {
        if !rows.is_empty() {
            self.grids.push(Grid::new(heads, rows));
        }
    }

    /// Adds curves, unless there are none.
    pub fn plot(&mut self, plot: Plot) {
        if !plot.curves.is_empty() {
            self.plots.push(plot);
        }
    }

    /// What stands in the terminal, below where and with what it was measured.
    pub fn text(&self) -> String {
        let mut text = format!("{:<10} {}\n\n{}\n", "rounds", self.rounds, self.says.trim());
        for grid in &self.grids {
            let heads: Vec<&str> = grid.heads.iter().map(String::as_str).collect();
            write!(text, "\n{}", series::grid(&heads, &grid.rows)).expect("a string takes all");
        }
        if !self.notes.is_empty() {
            writeln!(text, "\n{}", self.notes.join("\n")).expect("a string takes all");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_without_a_value_beyond_it_is_no_point() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let plot = Plot::latency("late", [("a".to_owned(), values), ("b".to_owned(), vec![])]);
        let last = plot.curves[0].points.last().copied();
        assert_eq!((plot.curves.len(), last), (1, Some((99.0, 99.0))));
    }

    #[test]
    fn a_sheet_reads_as_says_tables_and_notes() {
        let mut sheet = Sheet { rounds: 2, says: "So it is.".to_owned(), ..Sheet::default() };
        sheet.grid(&["", "µs"], vec![vec!["a".into(), "1".into()]]);
        sheet.grid(&["", "none"], vec![]);
        sheet.notes.push("no more".to_owned());
        assert_eq!(sheet.text(), "rounds     2\n\nSo it is.\n\n   µs\na  1\n\nno more\n");
    }
}
