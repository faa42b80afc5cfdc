//! `cargo compare idle`: a runtime at rest, and ten thousand runtimes made and dropped.

use super::cells::{self, Cells};
use super::process;
use super::series::{Series, short};
use super::sheet::Sheet;
use super::who::{Peer, Threads, Who};
use super::{Options, Report, Size};
use crate::compare::{interrupt, progress::Progress};
use crate::meter::resident;
use std::time::{Duration, Instant};

const SAYS: &str = "\
At rest. A runtime with 100 tasks that sleep for an hour and one that waits at a listener is left
alone for ten seconds (all peers at the same time, each in a process of its own). switches: context
switches of all its threads, voluntary or not, as /proc counts them; cpu: processor time of the
process, less the counting thread's. threads: of the process, before the first runtime, with it, and
after it was dropped.
Made and dropped. 10 000 runtimes, one after the other, each used for one task. What the process has
before, after 1, after 1 000, and after all: threads, descriptors, resident memory. Flat: no thread
and no descriptor more than after the first, and not a twentieth nor 256 KiB more memory after
10 000 than after 1 000. (--quick: two seconds, and 1 000 runtimes.)";

/// Who is left alone: more workers too, because each could wake up.
const QUIET: [Who; 8] = [
    Who::new(Peer::Mainspring, Threads::Home),
    Who::new(Peer::Mainspring, Threads::Workers(2)),
    Who::new(Peer::Mainspring, Threads::Workers(8)),
    Who::new(Peer::Tokio, Threads::Home),
    Who::new(Peer::Tokio, Threads::Workers(2)),
    Who::new(Peer::Tokio, Threads::Workers(8)),
    Who::new(Peer::Smol, Threads::Home),
    Who::new(Peer::Smol, Threads::Workers(2)),
];

/// Whose runtimes are made and dropped; smol has none.
const CHURN: [Who; 4] = [
    Who::new(Peer::Mainspring, Threads::Home),
    Who::new(Peer::Tokio, Threads::Home),
    Who::new(Peer::Mainspring, Threads::Workers(2)),
    Who::new(Peer::Tokio, Threads::Workers(2)),
];

/// Runs `quiet` or `churn`.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    let (millis, steps): (_, [usize; 4]) = match size {
        Size::Full => (10_000, [0, 1, 1_000, 10_000]),
        Size::Quick => (2_000, [0, 1, 100, 1_000]),
        Size::Tiny => (50, [0, 1, 3, 6]),
    };
    match name {
        "quiet" => {
            let length = Duration::from_millis(millis);
            Some(super::on_peer!(who, idle::quiet)(who.threads, length))
        }
        "churn" => churn(who, steps),
        _ => None,
    }
}

fn churn(who: Who, steps: [usize; 4]) -> Option<Series> {
    let make_and_drop = match who.peer {
        Peer::Mainspring => super::on::mainspring::rt::make_and_drop,
        Peer::Tokio => super::on::tokio::rt::make_and_drop,
        Peer::Smol | Peer::Floor => return None,
    };
    let before = process::threads();
    let mut series = Series::new();
    let (mut made, start) = (0, Instant::now());
    for step in steps {
        while made < step {
            make_and_drop(who.threads);
            made += 1;
        }
        let mut note =
            |name: &str, value: f64| series.entry(name.to_owned()).or_default().push(value);
        note("made", made as f64);
        note("threads", process::threads_settled(before) as f64);
        note("descriptors", process::descriptors() as f64);
        note("memory", resident() as f64 / 1024.0);
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / made as f64;
    series.insert("each".to_owned(), vec![each]);
    Some(series)
}

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let mut cells = Cells::default();
    // All at once, for they do nothing; and before the other case, which does.
    let wanted = |case: &str| case.contains(&options.only);
    progress.step(0.0, || "idle: all at rest".to_owned());
    if wanted("quiet") {
        let start = |who| (who, cells::start_case(Report::Idle, who, "quiet", options.quick));
        let children: Vec<_> = QUIET.into_iter().map(start).collect();
        for (who, child) in children {
            cells.add("quiet", who, child.and_then(cells::result_of));
        }
    }
    let goes_on = || !interrupt::asked() && !progress.is_over();
    for who in CHURN.into_iter().filter(|_| wanted("churn") && goes_on()) {
        progress.step(0.5, || format!("idle: {who}, made and dropped"));
        let child = cells::start_case(Report::Idle, who, "churn", options.quick);
        cells.add("churn", who, child.and_then(cells::result_of));
    }
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds: 1, ..Sheet::default() };
    at_rest(&mut sheet, &cells);
    made_and_dropped(&mut sheet, &cells);
    sheet.notes.extend(cells.failures());
    sheet
}

fn at_rest(sheet: &mut Sheet, cells: &Cells) {
    let line = |who: &Who| {
        let of = |name| cells.values("quiet", *who, name).first().copied().unwrap_or(f64::NAN);
        let threads = ["before", "with", "after"].map(|name| short_whole(of(name))).join(", ");
        let promise = match (of("switches"), who.peer) {
            (_, Peer::Tokio | Peer::Smol | Peer::Floor) => "",
            (s, _) if s.is_nan() => "none",
            (0.0, _) => "none: kept",
            _ => "none: NOT kept",
        };
        let numbers = [short_whole(of("switches")), short(of("cpu")), threads];
        [vec![who.to_string()], numbers.to_vec(), vec![promise.to_owned()]].concat()
    };
    let lines: Vec<_> = QUIET.iter().map(line).collect();
    sheet.grid(&["at rest", "switches", "cpu µs", "threads", "promise"], lines);
}

fn short_whole(value: f64) -> String {
    if value.is_nan() { "–".to_owned() } else { format!("{value:.0}") }
}

fn made_and_dropped(sheet: &mut Sheet, cells: &Cells) {
    let mut lines = Vec::new();
    for who in CHURN {
        let of = |name| cells.values("churn", who, name);
        let list = |name| of(name).iter().map(|v| short_whole(*v)).collect::<Vec<_>>().join(", ");
        let flat = match flat(of("threads"), of("descriptors"), of("memory")) {
            None => "",
            Some(true) => "flat",
            Some(false) => "NOT flat",
        };
        lines.push(vec![
            who.to_string(),
            list("made"),
            list("threads"),
            list("descriptors"),
            list("memory"),
            of("each").first().map_or("–".to_owned(), |each| short(*each)),
            flat.to_owned(),
        ]);
    }
    let heads =
        ["made and dropped", "runtimes", "threads", "descriptors", "memory KiB", "µs each", ""];
    sheet.grid(&heads, lines);
}

/// Whether nothing grew: each list is before, after the first, after some, after all.
fn flat(threads: &[f64], descriptors: &[f64], memory: &[f64]) -> Option<bool> {
    let (first, some, all) = (1, 2, 3);
    let same = |list: &[f64]| Some(list.get(all)? <= list.get(first)?);
    let limit = (memory.get(some)? * 1.05).min(memory.get(some)? + 256.0);
    Some(same(threads)? && same(descriptors)? && *memory.get(all)? <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_means_that_nothing_grew() {
        let memory = [1_000.0, 1_500.0, 2_000.0, 2_050.0];
        assert_eq!(flat(&[1.0; 4], &[4.0, 5.0, 5.0, 5.0], &memory), Some(true));
        assert_eq!(flat(&[1.0, 1.0, 1.0, 2.0], &[4.0; 4], &memory), Some(false));
        assert_eq!(flat(&[1.0; 4], &[4.0, 5.0, 5.0, 6.0], &memory), Some(false));
        assert_eq!(flat(&[1.0; 4], &[4.0; 4], &[1.0, 1.0, 2_000.0, 2_200.0]), Some(false));
        assert_eq!(flat(&[], &[], &[]), None);
    }
}
