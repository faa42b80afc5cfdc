//! the table in the terminal: a section for each scheduler.

use super::about::Fact;
use super::report::{Line, geometric_mean_against, goals};
use super::rounds::in_a_process;
use super::{Case, Plan};
use crate::on::Flavor;
use crate::rows::{Peer, Work};
use crate::stats::{Ratio, Standing};
use std::fmt::Write;

const HEADS: [&str; 12] = [
    "",
    "mainspring",
    "tokio",
    "smol",
    "flume",
    "floor",
    "÷ tokio",
    "rounds",
    "tokio ÷ itself",
    "÷ smol",
    "÷ floor",
    "goal",
];

/// The whole table with what follows it.
pub fn table(lines: &[Line], about: &[Fact]) -> String {
    let mut text = String::new();
    for (key, value) in about {
        writeln!(text, "{key:<10} {value}").expect("a string takes all");
    }
    // All sections have the columns of one table.
    let cells: Vec<Vec<String>> = lines.iter().map(cells).collect();
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|column| {
            let all = cells.iter().map(|row| row[column].chars().count());
            all.chain([HEADS[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let mut sections = 0;
    for flavor in Flavor::ALL {
        let here = || lines.iter().zip(&cells).filter(|(line, _)| line.flavor == *flavor);
        if here().next().is_none() {
            continue;
        }
        sections += 1;
        let mut heads = HEADS.map(str::to_owned).to_vec();
        heads[0] = flavor.name().to_owned();
        text.push('\n');
        for row in [&heads].into_iter().chain(here().map(|(_, cells)| cells)) {
            writeln!(text, "{}", aligned(row, &widths)).expect("a string takes all");
        }
        let here: Vec<&Line> = here().map(|(line, _)| line).collect();
        text += &after(flavor.name(), &here);
    }
    let both: Vec<&Line> = lines.iter().filter(|l| Flavor::BOTH.contains(&l.flavor)).collect();
    if sections > 1 && Flavor::BOTH.iter().all(|f| both.iter().any(|line| line.flavor == *f)) {
        text += &comes_to("both", &both);
    }
    text + NOTES
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, (cell, &width)) in row.iter().zip(widths).enumerate() {
        let pad = " ".repeat(width - cell.chars().count());
        // Names and goals stand on the left, numbers on the right.
        let left = column == 0 || column == HEADS.len() - 1;
        line += &if left { format!("{cell}{pad}  ") } else { format!("{pad}{cell}  ") };
    }
    line.trim_end().to_owned()
}

fn cells(line: &Line) -> Vec<String> {
    let figure = |peer| line.median(peer).map_or("–".to_owned(), short);
    let plain = |ratio: Option<Ratio>| ratio.map_or("–".to_owned(), |r| two(r.of_medians));
    let spread = |ratio: Option<Ratio>| {
        ratio.map_or("–".to_owned(), |r| format!("{}..{}", two(r.spread.0), two(r.spread.1)))
    };
    let against = |peer| line.ratio(Peer::Mainspring, peer);
    let mut goal = goals(line.goals);
    match line.of_goal() {
        Some(part) if part <= 1.0 => goal += ": reached",
        Some(part) if part <= line.margin() => goal += ": at it, within the noise",
        Some(part) => write!(goal, ": NOT reached, {} of it", two(part)).expect("fits"),
        None => {}
    }
    match line.standing() {
        Some(Standing::Slower) => goal += "  SLOWER THAN TOKIO",
        Some(Standing::WithinNoise) => goal += "  above tokio, within the noise",
        _ => {}
    }
    vec![
        format!("{} ({})", line.name, line.unit.name()),
        figure(Peer::Mainspring),
        figure(Peer::Tokio),
        figure(Peer::Smol),
        figure(Peer::Flume),
        figure(Peer::Floor),
        plain(against(Peer::Tokio)),
        spread(against(Peer::Tokio)),
        spread(line.noise()),
        plain(against(Peer::Smol)),
        plain(against(Peer::Floor)),
        goal.trim().to_owned(),
    ]
}

const NOTES: &str = "
Figures are medians over the rounds. rounds: the least and the greatest ratio within one round.
tokio ÷ itself: the same build measured twice a round, so this is the noise. Slower: the ratio is
above 1.05 and outside the noise. Figures belong to this machine and hour; only ratios carry over.
";

/// What a section comes to.
fn after(name: &str, lines: &[&Line]) -> String {
    let mut text = String::from("\n");
    for line in lines {
        for (peer, why) in &line.failures {
            text += &format!("FAILED: {}, {}: {why}\n", line.name, peer.name());
        }
    }
    text += &comes_to(name, lines);
    let slower = lines.iter().filter(|line| line.slower()).map(|line| line.name.as_str());
    let list = slower.collect::<Vec<_>>().join("; ");
    let list = if list.is_empty() { "none" } else { &list };
    text + &format!("{name}: slower than tokio: {list}\n")
}

/// The one line about several.
fn comes_to(name: &str, lines: &[&Line]) -> String {
    let mean = |peer| geometric_mean_against(lines, peer).map_or("–".to_owned(), two);
    let rows: Vec<_> = lines.iter().filter(|line| !line.goals.is_empty()).collect();
    let reached = rows.iter().filter(|line| line.of_goal().is_some_and(|part| part <= 1.0)).count();
    let slower = lines.iter().filter(|line| line.slower()).count();
    format!(
        "{name}: {reached} of {} goals reached; {slower} of {} lines slower than tokio; \
         geometric mean of the ratios {} to tokio, {} to smol\n",
        rows.len(),
        lines.len(),
        mean(Peer::Tokio),
        mean(Peer::Smol)
    )
}

fn two(value: f64) -> String {
    format!("{value:.2}")
}

/// Three digits are all that a figure is worth.
fn short(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// Allocations per operation, and bytes: case by case, peer by peer.
pub fn allocations(plan: &Plan) -> String {
    let peers = [Peer::Mainspring, Peer::Tokio, Peer::Smol, Peer::Flume, Peer::Floor];
    let mut text = format!("{:42}", "allocations (bytes) per operation");
    peers.iter().for_each(|peer| text += &format!("{:>18}", peer.name()));
    text.push('\n');
    let here = |case: &&Case| matches!(case.row.work, Work::Here { .. }) && case.row.unit.is_time();
    for case in plan.cases.iter().filter(here) {
        text += &format!("{:42}", format!("{}, {}", case.row.name, case.flavor.short()));
        for peer in peers {
            let cell = match case.row.has(peer).then(|| count(plan, *case, peer)) {
                None => "–".to_owned(),
                Some(Ok((calls, bytes))) => format!("{calls:.2} ({bytes:.0})"),
                Some(Err(_)) => "failed".to_owned(),
            };
            text += &format!("{cell:>18}");
        }
        text.push('\n');
    }
    text
}

fn count(plan: &Plan, case: Case, peer: Peer) -> Result<(f64, f64), String> {
    let output = in_a_process(&plan.program, case, peer, &["--count"])?;
    let (calls, bytes) = output.trim().split_once(' ').ok_or(format!("printed {output:?}"))?;
    let number = |text: &str| text.parse::<f64>().map_err(|error| error.to_string());
    Ok((number(calls)?, number(bytes)?))
}
