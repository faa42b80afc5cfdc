//! cells: each case on each peer, in processes of their own, in rounds that turn around.

use super::series::{self, Series};
use super::who::Who;
use super::{Options, Report};
use crate::compare::interrupt;
use crate::compare::progress::Progress;
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

/// A case, and who takes part in it.
#[derive(Clone, Debug)]
pub struct Row {
    pub case: String,
    pub who: Vec<Who>,
}

/// What came out: the numbers of all rounds, or why there are none.
#[derive(Debug, Default)]
pub struct Cells(BTreeMap<(String, Who), Result<Series, String>>);

impl Cells {
    /// The numbers of one name; none where the case failed or was not run.
    pub fn values(&self, case: &str, who: Who, name: &str) -> &[f64] {
        let cell = self.0.get(&(case.to_owned(), who));
        let values = cell.and_then(|cell| cell.as_ref().ok()?.get(name));
        values.map_or(&[], Vec::as_slice)
    }

    /// A line for each cell without numbers, and one when not all was measured.
    pub fn failures(&self) -> Vec<String> {
        let line = |((case, who), cell): (&(String, Who), &Result<Series, String>)| {
            let why = cell.as_ref().err()?;
            Some(format!("FAILED: {case}, {who}: {why}"))
        };
        let cut = interrupt::asked().then(|| "Interrupted: this is not all.".to_owned());
        self.0.iter().filter_map(line).chain(cut).collect()
    }

    /// Takes in what was measured besides.
    pub fn join(&mut self, others: Self) {
        for ((case, who), result) in others.0 {
            self.add(&case, who, result);
        }
    }

    pub fn add(&mut self, case: &str, who: Who, result: Result<Series, String>) {
        if result.is_err() && interrupt::asked() {
            return;
        }
        let cell = self.0.entry((case.to_owned(), who)).or_insert(Ok(Series::new()));
        match (cell, result) {
            (Ok(so_far), Ok(more)) => {
                for (name, values) in more {
                    so_far.entry(name).or_default().extend(values);
                }
            }
            (cell, Err(why)) => *cell = Err(why),
            (Err(_), Ok(_)) => {}
        }
    }
}

/// All rows whose name holds what the options want, round by round. Peers take turns within a row,
/// and a round goes backwards every other time.
pub fn measure(
    report: Report,
    rows: &[Row],
    options: &Options,
    rounds: usize,
    progress: &Progress,
) -> Cells {
    let case = |who, case: &str| start_case(report, who, case, options.quick).and_then(result_of);
    in_turns(report.name(), rows, options, rounds, progress, case)
}

fn in_turns(
    name: &str,
    rows: &[Row],
    options: &Options,
    rounds: usize,
    progress: &Progress,
    mut case: impl FnMut(Who, &str) -> Result<Series, String>,
) -> Cells {
    let mut cells = Cells::default();
    let rows: Vec<&Row> = rows.iter().filter(|row| row.case.contains(&options.only)).collect();
    let steps = rounds * rows.iter().map(|row| row.who.len()).sum::<usize>();
    let mut step = 0;
    for round in 0..rounds {
        for row in &rows {
            let mut peers = row.who.clone();
            if round % 2 == 1 {
                peers.reverse();
            }
            for who in peers {
                let next = || format!("{name}: {}, {who}", row.case);
                progress.step(step as f64 / steps as f64, next);
                if interrupt::asked() || progress.is_over() {
                    return cells;
                }
                cells.add(&row.case, who, case(who, &row.case));
                step += 1;
            }
        }
        progress.say(&format!("{name}, round {} of {rounds}", round + 1));
    }
    cells
}

/// Starts `compare case …`.
pub fn start_case(report: Report, who: Who, case: &str, quick: bool) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["case", report.name(), &who.to_string(), case]);
    if quick {
        command.arg("--quick");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| error.to_string())
}

/// Waits for a case and reads what it printed.
pub fn result_of(child: Child) -> Result<Series, String> {
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return series::parse(&String::from_utf8_lossy(&output.stdout));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let panic: Vec<&str> = said.lines().filter(|line| !line.starts_with("note:")).collect();
    Err(format!("{}: {}", output.status, panic.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn rounds_add_up_and_a_failure_stays() {
        let who = Who::FIVE[0];
        let mut cells = Cells::default();
        cells.add("a", who, Ok(series::one("us", vec![1.0])));
        cells.add("a", who, Ok(series::one("us", vec![2.0])));
        assert_eq!(cells.values("a", who, "us"), [1.0, 2.0]);
        assert!(cells.failures().is_empty());
        cells.add("a", who, Err("it hung".to_owned()));
        cells.add("a", who, Ok(series::one("us", vec![3.0])));
        assert!(cells.values("a", who, "us").is_empty());
        assert!(cells.failures()[0].contains("it hung"));
    }

    #[test]
    fn when_the_time_is_over_no_case_begins() {
        let row = Row { case: "a".to_owned(), who: Who::FIVE.to_vec() };
        let begun = |limit| {
            let progress = Progress::with_limit(Duration::from_secs(1), limit);
            let mut begun = 0;
            let case = |_: Who, _: &str| {
                begun += 1;
                Ok(Series::new())
            };
            in_turns("copy", std::slice::from_ref(&row), &Options::default(), 2, &progress, case);
            begun
        };
        assert_eq!(begun(Duration::MAX), 2 * Who::FIVE.len());
        assert_eq!(begun(Duration::ZERO), 0);
    }
}
