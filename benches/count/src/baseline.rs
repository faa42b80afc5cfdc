//! the recorded counts: `benches/instructions.txt`, one row a line, so that a diff shows what rose.
//!
//! ```text
//! # lines of comment
//! why:      one line: what changed since the last record
//! rustc:    what it was compiled with; judged with the same only, and the next three too
//! target:
//! profile:
//! flags:
//! valgrind: said for the record: instructions are the program's own, whoever counts them
//!
//! spawn + join one task     560.1  1.00       a row, instructions, allocations
//! ```

use std::fmt::Write;

/// What an operation costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Instructions of the program itself, without the C library's.
    pub instructions: f64,
    /// Calls of the allocator.
    pub allocations: f64,
}

/// What the counts belong to. Counts made under others are not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    pub rustc: String,
    pub target: String,
    pub profile: String,
    /// RUSTFLAGS.
    pub flags: String,
}

impl Conditions {
    /// Those of this program.
    pub fn here() -> Self {
        Self {
            rustc: env!("COUNT_RUSTC").to_owned(),
            target: env!("COUNT_TARGET").to_owned(),
            profile: env!("COUNT_PROFILE").to_owned(),
            flags: env!("COUNT_FLAGS").to_owned(),
        }
    }

    pub fn pairs(&self) -> [(&'static str, &str); 4] {
        [
            ("rustc", &self.rustc),
            ("target", &self.target),
            ("profile", &self.profile),
            ("flags", &self.flags),
        ]
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// What changed since the last one.
    pub why: String,
    pub conditions: Conditions,
    pub valgrind: String,
    pub rows: Vec<(String, Cost)>,
}

const HEAD: &str = "\
# Instructions and allocations per operation. `cargo count` compares with these, and fails on a rise
# of more than 3 %. Written by `cargo count --write \"why\"`: a new record is a commit of its own.
";

impl Baseline {
    pub fn cost(&self, row: &str) -> Option<Cost> {
        self.rows.iter().find(|(name, _)| name == row).map(|(_, cost)| *cost)
    }

    pub fn print(&self) -> String {
        let mut text = HEAD.to_owned();
        let first = [("why", self.why.as_str())];
        let last = [("valgrind", self.valgrind.as_str())];
        for (key, value) in first.into_iter().chain(self.conditions.pairs()).chain(last) {
            writeln!(text, "{:<10}{value}", format!("{key}:")).expect("a string takes all");
        }
        text.push('\n');
        for (name, cost) in &self.rows {
            let Cost { instructions, allocations } = cost;
            writeln!(text, "{name:<40}{instructions:>10.1}{allocations:>8.2}")
                .expect("a string takes all");
        }
        text
    }

    /// Reads what [`Baseline::print`] wrote.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut read = Self::default();
        let lines = text.lines().enumerate();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let wrong = || format!("line {}: {line:?} is neither a key nor a row", number + 1);
            if let Some((key, value)) = line.split_once(':').filter(|(key, _)| !key.contains(' ')) {
                *read.place(key).ok_or_else(wrong)? = value.trim().to_owned();
            } else {
                read.rows.push(row(line).ok_or_else(wrong)?);
            }
        }
        Ok(read)
    }

    fn place(&mut self, key: &str) -> Option<&mut String> {
        Some(match key {
            "why" => &mut self.why,
            "rustc" => &mut self.conditions.rustc,
            "target" => &mut self.conditions.target,
            "profile" => &mut self.conditions.profile,
            "flags" => &mut self.conditions.flags,
            "valgrind" => &mut self.valgrind,
            _ => return None,
        })
    }
}

/// A name with spaces and two numbers.
fn row(line: &str) -> Option<(String, Cost)> {
    let mut words = line.rsplitn(2, ' ');
    let allocations = words.next()?.parse().ok()?;
    let mut words = words.next()?.trim_end().rsplitn(2, ' ');
    let instructions = words.next()?.parse().ok()?;
    let name = words.next()?.trim_end();
    (!name.is_empty()).then(|| (name.to_owned(), Cost { instructions, allocations }))
}
