//! the rounds: every peer of every row once, in an order that turns around each time.
//!
//! A round takes all rows, and within a row all peers one after another, so that what is compared
//! is measured within a second or two; the next round goes backwards (A B B A), so that what grows
//! warm or busy meanwhile falls on both alike. All rows before the next round: a burst of other
//! people's work then spoils one round of a few rows, which a median forgets, and not a row. First
//! the rows on `multi_thread`, then those on `current_thread`.

use super::progress::Progress;
use super::{Case, Plan, interrupt};
use crate::echo::Session;
use crate::rows::{Peer, Work};
use crate::stats::median;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Into how many parts the time of an echo server is cut.
const SLICES: usize = 10;

/// A case's figures: for each peer one a round.
#[derive(Clone, Debug)]
pub struct Measured {
    pub case: Case,
    cells: Vec<Cell>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    main: Vec<f64>,
    wall: Vec<f64>,
    failed: Option<String>,
}

/// One measurement: the row's own figure, and for the echo rows wall time beside processor time.
#[derive(Clone, Copy, Debug)]
struct Figure {
    main: f64,
    wall: Option<f64>,
}

impl Measured {
    fn new(case: Case) -> Self {
        Self { case, cells: vec![Cell::default(); Peer::ALL.len()] }
    }
    fn cell(&self, peer: Peer) -> &Cell {
        &self.cells[Peer::ALL.iter().position(|other| *other == peer).expect("all are listed")]
    }
    fn cell_mut(&mut self, peer: Peer) -> &mut Cell {
        &mut self.cells[Peer::ALL.iter().position(|other| *other == peer).expect("all are listed")]
    }
    /// The figures of the rounds; empty where the row does not have the peer, or it failed.
    pub fn figures(&self, peer: Peer) -> &[f64] {
        let cell = self.cell(peer);
        if cell.failed.is_some() { &[] } else { &cell.main }
    }
    /// Wall time per request, in the echo rows.
    pub fn wall(&self, peer: Peer) -> &[f64] {
        let cell = self.cell(peer);
        if cell.failed.is_some() { &[] } else { &cell.wall }
    }
    /// Forgets what came after so many rounds.
    fn keep(&mut self, rounds: usize) {
        for cell in &mut self.cells {
            cell.main.truncate(rounds);
            cell.wall.truncate(rounds);
        }
    }
    /// How many rounds were measured to their end.
    pub fn rounds(&self) -> usize {
        self.cells.iter().map(|cell| cell.main.len()).max().unwrap_or(0)
    }
    pub fn failure(&self, peer: Peer) -> Option<&str> {
        self.cell(peer).failed.as_deref()
    }
}

impl Plan {
    fn steps(&self) -> usize {
        let peers = |case: &Case| Peer::ALL.into_iter().filter(|peer| case.row.has(*peer)).count();
        self.rounds * self.cases.iter().map(peers).sum::<usize>()
    }

    /// About how long it takes: a process is started for each measurement, and some rows have
    /// batches that are longer than what they are given.
    pub fn takes(&self) -> Duration {
        (self.each + Duration::from_millis(60)) * self.steps() as u32
    }
}

/// Measures everything. When it is interrupted, what the rounds before have measured.
pub fn run(plan: &Plan, progress: &Progress) -> Vec<Measured> {
    let mut all: Vec<Measured> = plan.cases.iter().map(|case| Measured::new(*case)).collect();
    let (steps, mut step, rounds) = (plan.steps(), 0, plan.rounds);
    progress.part(plan.takes());
    for round in 0..plan.rounds {
        for measured in &mut all {
            let mut order = Peer::ALL;
            if round % 2 == 1 {
                order.reverse();
            }
            let case = measured.case;
            for peer in order.into_iter().filter(|peer| case.row.has(*peer)) {
                let (name, flavor, peer_name) = (case.row.name, case.flavor.short(), peer.name());
                progress.step(step as f64 / steps as f64, || {
                    format!("round {}/{rounds}: {name}, {peer_name}, {flavor}", round + 1)
                });
                step += 1;
                let cell = measured.cell_mut(peer);
                if cell.failed.is_some() {
                    continue;
                }
                let measured = measure(plan, case, peer);
                // Before the child that ended with it is taken for one that failed.
                if interrupt::asked() {
                    all.iter_mut().for_each(|measured| measured.keep(round));
                    return all;
                }
                match measured {
                    Ok(figure) => {
                        cell.main.push(figure.main);
                        cell.wall.extend(figure.wall);
                    }
                    Err(why) => cell.failed = Some(why),
                }
            }
        }
        progress.say(&format!("round {} of {rounds}", round + 1));
    }
    all
}

fn measure(plan: &Plan, case: Case, peer: Peer) -> Result<Figure, String> {
    match case.row.work {
        Work::Here { .. } => {
            let millis = plan.each.as_millis().to_string();
            let output = in_a_process(&plan.program, case, peer, &["--millis", &millis])?;
            let main = output.trim().parse().map_err(|_| format!("printed {output:?}"))?;
            Ok(Figure { main, wall: None })
        }
        Work::Echo { connections } => {
            let session = Session::start(&plan.program, peer, case.flavor, connections);
            let figure = session.and_then(|session| echo(session, connections, plan.each * 2));
            figure.map_err(|error| error.to_string())
        }
    }
}

/// Runs `compare measure ROW PEER …` and returns what it printed.
pub fn in_a_process(
    program: &Path,
    case: Case,
    peer: Peer,
    options: &[&str],
) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(["measure", case.row.name, peer.name(), "--flavor", case.flavor.short()]);
    command.args(options).stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let panic = said.lines().filter(|line| !line.starts_with("note:")).collect::<Vec<_>>();
    Err(format!("{}: {}", output.status, panic.join(" ")))
}

/// Warms a server up, finds out how fast it is, and gives it load for about that long.
fn echo(mut session: Session, connections: usize, time: Duration) -> std::io::Result<Figure> {
    let warm_up = (connections as u64 * 5).max(2_000);
    let each = session.run(warm_up)?.wall.div_f64(warm_up as f64);
    // In slices, of which the median counts: most are not disturbed by what else runs here.
    let slice = (time.as_secs_f64() / each.as_secs_f64() / SLICES as f64) as u64;
    let slice = slice.max(connections as u64 * 2);
    let per = |time: Duration| time.as_nanos() as f64 / slice as f64;
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..SLICES {
        let taken = session.run(slice)?;
        cpu.push(per(taken.server_cpu));
        wall.push(per(taken.wall));
    }
    Ok(Figure { main: median(&cpu), wall: Some(median(&wall)) })
}
