//! what is said about counts beside the recorded ones. Nothing here runs or reads anything.

use crate::baseline::{Baseline, Conditions, Cost};
use std::fmt::Write;

/// How much more than recorded is a rise, and how much less a fall: 3 %.
pub const ALLOWED: f64 = 0.03;

/// Allocations are whole; what is less than this is the start of a batch that did not cancel.
const NOTHING: f64 = 0.01;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Same,
    /// Fails.
    Rise,
    /// A hint to record it.
    Fall,
    /// It is counted and not recorded.
    New,
    /// It is recorded and no longer counted: fails.
    Gone,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: String,
    pub recorded: Option<Cost>,
    pub now: Option<Cost>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug)]
pub struct Judgement {
    pub lines: Vec<Line>,
    /// Why nothing is judged, if so.
    pub refusal: Option<String>,
}

/// `counted` are the rows of now; of those recorded, the ones that `wanted` names are looked at.
pub fn judge(
    recorded: &Baseline,
    conditions: &Conditions,
    counted: &[(String, Cost)],
    wanted: &str,
) -> Judgement {
    let mut lines: Vec<Line> = Vec::new();
    for (name, now) in counted {
        let then = recorded.cost(name);
        let verdict = then.map_or(Verdict::New, |then| verdict(then, *now));
        lines.push(Line { name: name.clone(), recorded: then, now: Some(*now), verdict });
    }
    let gone = |name: &String| name.contains(wanted) && !counted.iter().any(|(of, _)| of == name);
    for (name, cost) in recorded.rows.iter().filter(|(name, _)| gone(name)) {
        let (recorded, verdict) = (Some(*cost), Verdict::Gone);
        lines.push(Line { name: name.clone(), recorded, now: None, verdict });
    }
    Judgement { lines, refusal: refusal(recorded, conditions) }
}

fn verdict(then: Cost, now: Cost) -> Verdict {
    let parts =
        [(then.instructions, now.instructions, 0.0), (then.allocations, now.allocations, NOTHING)];
    let rose = |(then, now, slack): &(f64, f64, f64)| *now > then * (1.0 + ALLOWED) + slack;
    let fell = |(then, now, slack): &(f64, f64, f64)| *now < then * (1.0 - ALLOWED) - slack;
    match () {
        () if parts.iter().any(rose) => Verdict::Rise,
        () if parts.iter().any(fell) => Verdict::Fall,
        () => Verdict::Same,
    }
}

/// Counts belong to a compiler and its settings.
fn refusal(recorded: &Baseline, here: &Conditions) -> Option<String> {
    let pairs = recorded.conditions.pairs().into_iter().zip(here.pairs());
    let other = |((key, then), (_, now)): ((&str, &str), (&str, &str))| {
        (then != now).then(|| format!("{key} is {now:?}, and {then:?} in the record"))
    };
    let others: Vec<String> = pairs.filter_map(other).collect();
    (!others.is_empty()).then(|| others.join("; "))
}

impl Judgement {
    pub fn fails(&self) -> bool {
        self.refusal.is_none() && self.lines.iter().any(Line::fails)
    }

    /// The rows, and below them what is to be said, row by row.
    pub fn print(&self) -> String {
        let mut text = format!(
            "{:<40}{:>10}{:>10}{:>9}{:>8}{:>8}\n",
            "per operation", "recorded", "now", "change", "allocs", "now"
        );
        for line in &self.lines {
            text += &line.cells();
        }
        let says = |text: &mut String, line: &str| {
            writeln!(text, "{line}").expect("a string takes all");
        };
        if let Some(why) = &self.refusal {
            says(&mut text, &format!("\nnot judged: {why}"));
            return text;
        }
        text.push('\n');
        for line in self.lines.iter().filter(|line| line.verdict != Verdict::Same) {
            says(&mut text, &line.says());
        }
        if self.fails() {
            says(&mut text, REMEDY);
        } else {
            says(&mut text, "no row rose by more than 3 %");
        }
        text
    }
}

/// Where nothing can be counted but allocations: what is recorded, and those.
pub fn without(recorded: &Baseline, allocations: &[(String, f64)], why: &str) -> String {
    let mut text =
        format!("{:<40}{:>10}{:>8}{:>8}\n", "per operation", "recorded", "allocs", "now");
    for (name, now) in allocations {
        let then = recorded.cost(name);
        let cell = |part: fn(Cost) -> f64, digits: usize| {
            then.map_or("–".to_owned(), |cost| format!("{:.digits$}", part(cost)))
        };
        let (instructions, calls) =
            (cell(|cost| cost.instructions, 1), cell(|cost| cost.allocations, 2));
        writeln!(text, "{name:<40}{instructions:>10}{calls:>8}{now:>8.2}")
            .expect("a string takes all");
    }
    text + &format!("\nnot judged: {why}, so instructions are not counted\n")
}

const REMEDY: &str = "\
Find what the operation does more: `cargo count --where ROW` names the functions.
If it is meant, record it in a commit of its own: `cargo count --write \"why\"`.";

impl Line {
    fn fails(&self) -> bool {
        matches!(self.verdict, Verdict::Rise | Verdict::Gone)
    }

    fn cells(&self) -> String {
        let cell = |cost: Option<Cost>, part: fn(Cost) -> f64, digits: usize| {
            cost.map_or("–".to_owned(), |cost| format!("{:.digits$}", part(cost)))
        };
        let (then, now) = (self.recorded, self.now);
        format!(
            "{:<40}{:>10}{:>10}{:>9}{:>8}{:>8}{}\n",
            self.name,
            cell(then, |cost| cost.instructions, 1),
            cell(now, |cost| cost.instructions, 1),
            then.zip(now).map_or("–".to_owned(), |(then, now)| {
                percent(then.instructions, now.instructions)
            }),
            cell(then, |cost| cost.allocations, 2),
            cell(now, |cost| cost.allocations, 2),
            if self.fails() { "  <" } else { "" },
        )
    }

    fn says(&self) -> String {
        let name = &self.name;
        let word = match self.verdict {
            Verdict::Same => "same",
            Verdict::Rise => "ROSE",
            Verdict::Fall => "fell",
            Verdict::New => return format!("new   {name}: not in the record, so not judged"),
            Verdict::Gone => {
                return format!("GONE  {name}: recorded and no longer counted");
            }
        };
        let (then, now) = self.recorded.zip(self.now).expect("both are there");
        let hint = if self.verdict == Verdict::Fall { ": worth recording" } else { "" };
        format!(
            "{word}  {name}: {:.1} instructions, were {:.1} ({}); {:.2} allocations, were \
             {:.2}{hint}",
            now.instructions,
            then.instructions,
            percent(then.instructions, now.instructions),
            now.allocations,
            then.allocations,
        )
    }
}

fn percent(then: f64, now: f64) -> String {
    let change = (now / then - 1.0) * 100.0;
    if change.is_finite() { format!("{change:+.1} %") } else { "–".to_owned() }
}
