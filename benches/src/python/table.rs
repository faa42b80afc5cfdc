//! the table, and what must be said beside it.

use super::Measured;
use super::run::{Peer, Taken, Usage};
use crate::stats::{median, range};
use serde_json::{Value, json};
use std::fmt::Write;

const HEADS: [&str; 14] = [
    "wall s", "run s", "spread", "÷ floor", "CPU s", "MiB", "wall s", "CPU s", "MiB", "wall",
    "run", "CPU", "work", "MiB",
];
/// How wide the columns are, the first for the name of the peer.
const WIDTHS: [usize; 15] = [22, 8, 8, 14, 8, 8, 7, 9, 7, 7, 9, 7, 7, 7, 7];

const NOTES: &str = "
wall, CPU, MiB: medians over the rounds of a whole process, start to end, from outside; of echo and
search the server's. run: by the program's own clock, from the first request to the last answer; of
echo and search what their load took, which is wall too. start-up: the same program with nothing to
do. CPython ÷ this: above 1, the port needs less. work: CPU with the start-up taken off on both
sides. The floor is the delays alone, in their order and within the limit; spread and ÷ floor are of
run.

Who is favoured:
  run       Nobody, where there is a floor: all wait for the same delays, and what is above 1.0 is
            the program's. It ranks no runtime.
  wall      The ports, in short runs: CPython's start-up is in it.
  CPU, MiB  The ports: CPython starts an interpreter and imports asyncio and aiohttp. \"work\" takes
            that off; memory has no such column: compare it with the start-up's yourself.
  threads   current_thread is what asyncio is: one thread. multi_thread may use every core at the
            same time, which shortens wall and costs CPU.
  parsers   aiohttp's parser is C if it says so above; the ports have hyper. SQLite is C in both,
            each its own build. asyncio's loop is the standard one, not uvloop.
  more      CPython: no headers but those that the ports send. The ports: the scraper has a rate
            limit and a circuit breaker as well, search counts latencies and keeps records of tasks.
  machine   The local server, the load and the peer share the cores, with all three alike.
Ratios belong to these programs on this machine, not to the languages.
";

/// The medians of one peer in one row.
struct Medians {
    whole: Usage,
    start: Usage,
    run: f64,
    spread: (f64, f64),
}

impl Medians {
    fn of(taken: &[Taken]) -> Self {
        let of = |figure: &dyn Fn(&Taken) -> f64| taken.iter().map(figure).collect::<Vec<_>>();
        let usage = |part: &dyn Fn(&Taken) -> Usage| Usage {
            wall: median(&of(&|taken| part(taken).wall)),
            cpu: median(&of(&|taken| part(taken).cpu)),
            peak: median(&of(&|taken| part(taken).peak)),
        };
        let run = of(&|taken| taken.run);
        let (run, spread) = (median(&run), range(&run));
        Self { whole: usage(&|taken| taken.whole), start: usage(&|taken| taken.start), run, spread }
    }

    /// What the work alone cost; nothing where that is lost in the noise.
    fn work(&self) -> Option<f64> {
        Some(self.whole.cpu - self.start.cpu).filter(|seconds| *seconds > 0.001)
    }

    fn cells(&self, floor: Option<f64>, python: Option<&Self>) -> [String; 14] {
        let mib = |bytes: f64| format!("{:.1}", bytes / f64::from(1 << 20));
        let seconds = |value: f64| format!("{value:.3}");
        let times = |part: Option<f64>| part.map_or(String::new(), |part| format!("{part:.2}"));
        let ratio = |of: fn(&Usage) -> f64| times(python.map(|p| of(&p.whole) / of(&self.whole)));
        let work = python.and_then(|python| Some(python.work()? / self.work()?));
        [
            seconds(self.whole.wall),
            seconds(self.run),
            format!("{:.3}..{:.3}", self.spread.0, self.spread.1),
            floor.map_or("–".to_owned(), |floor| format!("{:.2}", self.run / floor)),
            seconds(self.whole.cpu),
            mib(self.whole.peak),
            seconds(self.start.wall),
            seconds(self.start.cpu),
            mib(self.start.peak),
            ratio(|usage| usage.wall),
            times(python.map(|python| python.run / self.run)),
            ratio(|usage| usage.cpu),
            if python.is_some() && work.is_none() { "–".to_owned() } else { times(work) },
            ratio(|usage| usage.peak),
        ]
    }
}

fn line(name: &str, cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = format!("{name:<width$}", width = WIDTHS[0]);
    for (cell, width) in cells.into_iter().zip(&WIDTHS[1..]) {
        write!(text, "{:>width$}", cell.as_ref()).expect("a string takes all");
    }
    text.trim_end().to_owned() + "\n"
}

/// The whole table with what follows it.
pub fn table(measured: &[Measured], about: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (key, value) in about {
        text += &format!("{key:<8} {value}\n");
    }
    let until = |columns: usize| WIDTHS[..columns].iter().sum::<usize>();
    let (start, ratios) = (until(7), until(10));
    let gap = ratios - start;
    text += &format!("\n{:start$}  {:<gap$}CPython ÷ this\n", "", "start-up");
    text += &line("", HEADS);
    for row in measured {
        text += &block(row);
    }
    text + NOTES
}

fn block(measured: &Measured) -> String {
    let (row, floor) = (measured.row, measured.row.floor(measured.size));
    let (flag, count) = (row.count.0, row.count(measured.size));
    let floor_is = floor.map_or(String::new(), |floor| format!("; floor {floor:.3} s"));
    let mut text = format!("\n{}: {}; {flag} {count}{floor_is}\n", row.name, row.what);
    if let Some(why) = &measured.failed {
        return text + &format!("  FAILED: {why}\n");
    }
    let python = Medians::of(&measured.taken[Peer::Python as usize]);
    for peer in Peer::ALL {
        let other = (peer != Peer::Python).then_some(&python);
        let medians = Medians::of(&measured.taken[peer as usize]);
        text += &line(&format!("  {}", peer.name()), medians.cells(floor, other));
    }
    let last = |of: fn(&Taken) -> u64| {
        let figures = measured.taken.iter().map(|taken| taken.last().map_or(0, of).to_string());
        figures.collect::<Vec<_>>().join(", ")
    };
    if row.site() {
        let (connections, most) = (last(|taken| taken.connections), last(|taken| taken.in_flight));
        text += &format!("  connections {connections}; at most {most} requests at a time\n");
    }
    let did = measured.taken[0].last().map_or("", |taken| &taken.did);
    text + &format!("  each did: {did}\n")
}

/// Everything, round by round.
pub fn json_of(measured: &[Measured], about: &[(&str, String)]) -> Value {
    let usage = |usage: &Usage| json!({ "wall": usage.wall, "cpu": usage.cpu, "peak": usage.peak });
    let round = |taken: &Taken| {
        json!({
            "run": taken.run,
            "whole": usage(&taken.whole),
            "start": usage(&taken.start),
            "did": taken.did,
            "connections": taken.connections,
            "in_flight": taken.in_flight,
        })
    };
    let peer = |peer: Peer, row: &Measured| {
        let rounds: Value = row.taken[peer as usize].iter().map(round).collect();
        (peer.name().to_owned(), rounds)
    };
    let row = |row: &Measured| {
        json!({
            "name": row.row.name,
            "floor": row.row.floor(row.size),
            "failed": row.failed,
            "peers": Value::Object(Peer::ALL.into_iter().map(|who| peer(who, row)).collect()),
        })
    };
    let about = about.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    json!({ "about": Value::Object(about), "rows": measured.iter().map(row).collect::<Value>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::rows::{ROWS, Size};

    fn taken(wall: f64, cpu: f64, mib: f64) -> Vec<Taken> {
        let usage = |part: f64| Usage {
            wall: wall * part,
            cpu: cpu * part,
            peak: mib * part * f64::from(1 << 20),
        };
        let (whole, start, run) = (usage(1.0), usage(0.5), wall / 2.0);
        vec![Taken { whole, start, run, ..Taken::default() }]
    }

    #[test]
    fn ratios_stand_beside_the_ports_and_are_above_one_when_they_need_less() {
        let taken = [taken(0.8, 0.6, 40.0), taken(0.4, 0.06, 8.0), taken(0.4, 0.12, 10.0)];
        let row = Measured { row: &ROWS[0], size: Size::Full, taken, failed: None };
        let text = table(&[row], &[("machine", "none".to_owned())]);
        let cells = |name: &str| -> Vec<String> {
            let line = text.lines().find_map(|line| line.trim_start().strip_prefix(name)).unwrap();
            line.split_whitespace().map(String::from).collect()
        };
        let python = "0.800 0.400 0.400..0.400 1.00 0.600 40.0 0.400 0.300 20.0";
        assert_eq!(cells("CPython ").join(" "), python);
        let one =
            "0.400 0.200 0.200..0.200 0.50 0.060 8.0 0.200 0.030 4.0 2.00 2.00 10.00 10.00 5.00";
        assert_eq!(cells("port, current_thread").join(" "), one);
        assert!(text.lines().all(|line| line.chars().count() <= 140), "{text}");
    }

    #[test]
    fn a_row_that_failed_has_a_reason_and_no_figures() {
        let none = [const { Vec::new() }; 3];
        let failed = Some("not the same work".to_owned());
        let row = Measured { row: &ROWS[0], size: Size::Full, taken: none, failed };
        let text = table(&[row], &[]);
        assert!(text.contains("FAILED: not the same work") && !text.contains("port, c"));
    }
}
