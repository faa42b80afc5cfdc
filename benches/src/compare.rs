//! `cargo compare`: who runs when, and what is said about it.

pub mod about;
pub mod child;
pub mod report;
pub mod rounds;
pub mod table;

use crate::rows::{ROWS, Row};
use std::path::PathBuf;
use std::time::Duration;

/// What the command line asked for.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rows: Vec<&'static Row>,
    pub rounds: usize,
    /// How long one measurement lasts: a row on a peer in a round.
    pub each: Duration,
    pub program: PathBuf,
}

impl Plan {
    /// The rows whose names hold `filter`; all, without one.
    pub fn rows_named(filter: Option<&str>) -> Vec<&'static Row> {
        let wanted = |row: &&Row| filter.is_none_or(|part| row.name.contains(part));
        ROWS.iter().filter(wanted).collect()
    }
}
