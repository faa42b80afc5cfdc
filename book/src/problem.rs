//! What is wrong with a page: where, what was looked for, what is there, and what to do.

use std::fmt;

/// One finding of `check`.
#[derive(Debug, PartialEq)]
pub struct Problem {
    file: String,
    line: usize,
    subject: String,
    what: String,
    remedy: String,
}

impl Problem {
    pub fn new(
        file: &str,
        line: usize,
        subject: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (subject, what, remedy) = (subject.into(), what.into(), remedy.into());
        Self { file: file.to_string(), line, subject, what, remedy }
    }

    pub fn order(&self) -> (&str, usize) {
        (&self.file, self.line)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}:{}: {}", self.file, self.line, self.subject)?;
        for line in self.what.lines() {
            writeln!(out, "    {line}")?;
        }
        write!(out, "    remedy: {}", self.remedy)
    }
}

/// The candidates nearest to a word that was not found, nearest first, at most four.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let mut ranked: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|name| {
            let part = !wanted.is_empty() && (name.contains(wanted) || wanted.contains(name));
            (if part { 1 } else { distance(wanted, name) }, name)
        })
        .collect();
    ranked.sort();
    ranked.dedup();
    let names: Vec<&str> = ranked.into_iter().take(4).map(|(_, name)| name).collect();
    if names.is_empty() { "there is none".to_string() } else { names.join(" | ") }
}

/// How many letters must be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
