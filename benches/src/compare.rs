//! `cargo compare`: who runs when, and what is said about it.

pub mod about;
pub mod child;
pub mod data;
pub mod interrupt;
pub mod page;
pub mod progress;
pub mod quiet;
pub mod report;
pub mod rounds;
pub mod table;
pub mod whole;

use crate::on::Flavor;
use crate::rows::{ROWS, Row};
use std::path::PathBuf;
use std::time::Duration;

/// What the command line asked for.
#[derive(Clone, Debug)]
pub struct Plan {
    pub cases: Vec<Case>,
    pub rounds: usize,
    /// How long one measurement lasts: a case on a peer in a round.
    pub each: Duration,
    pub program: PathBuf,
}

/// A row on one of the schedulers: a line of a table.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub row: &'static Row,
    pub flavor: Flavor,
}

impl Case {
    pub fn name(self) -> String {
        format!("{}, {}", self.row.name, self.flavor.name())
    }

    /// Flavor by flavor, the rows whose names hold `filter`; all, without one.
    pub fn all(flavors: &[Flavor], filter: Option<&str>) -> Vec<Self> {
        let wanted = |row: &&Row| filter.is_none_or(|part| row.name.contains(part));
        let on = |&flavor| {
            let rows = ROWS.iter().filter(move |row| row.flavors.contains(&flavor));
            rows.filter(wanted).map(move |row| Self { row, flavor })
        };
        flavors.iter().flat_map(on).collect()
    }
}
