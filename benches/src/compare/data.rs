//! what `compare.json` holds, and all that the page is drawn from.

use super::about::Fact;
use super::quiet::Quiet;
use super::report::{self, Line};
use crate::labs::sheet::Sheet;
use crate::on::Flavor;
use crate::rows::{Goal, Peer};
use crate::stats::{self, Standing, interval};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Data {
    /// Where and with what.
    pub about: Vec<Fact>,
    /// What a reader must know before any figure.
    pub warnings: Vec<String>,
    pub quiet: Quiet,
    /// The commands that measured the parts, and how long they took.
    pub parts: Vec<Part>,
    /// One for each scheduler.
    pub sections: Vec<Section>,
    pub labs: Vec<Sheet>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Part {
    pub what: String,
    pub command: String,
    pub seconds: f64,
}

/// The table of one scheduler.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Section {
    pub flavor: String,
    pub workers: Option<usize>,
    pub goals: usize,
    pub reached: usize,
    /// How many lines are slower than tokio.
    pub slower: usize,
    /// Over the rows of the design's table.
    pub mean_to_tokio: Option<f64>,
    pub mean_to_smol: Option<f64>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Row {
    pub row: String,
    pub flavor: String,
    pub unit: String,
    pub in_design: bool,
    /// In Mainspring's place stands a variant of it: another setting.
    pub variant: bool,
    pub peers: Vec<Figure>,
    pub to_tokio: Option<Against>,
    pub to_smol: Option<Against>,
    pub to_floor: Option<Against>,
    pub tokio_to_itself: Option<Against>,
    /// In words.
    pub goal: String,
    /// The part of it that is about tokio.
    pub goal_to_tokio: Option<f64>,
    /// At most 1 is reached.
    pub of_goal: Option<f64>,
    pub reached: Option<Reached>,
    pub standing: Option<Place>,
    /// The least of the runtimes, and whoever cannot be told from it.
    pub fastest: Vec<String>,
    pub failures: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    Yes,
    /// Above it by less than the noise.
    WithinNoise,
    No,
}

/// Beside tokio, as the design defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Faster,
    Even,
    WithinNoise,
    Slower,
}

/// A peer's rounds: their median, and its error bar.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Figure {
    pub peer: String,
    pub median: f64,
    pub low: f64,
    pub high: f64,
    pub rounds: Vec<f64>,
}

/// One peer to another.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Against {
    /// The median of the one divided by the median of the other.
    pub of_medians: f64,
    /// The error bar of the median of the ratios within the rounds.
    pub low: f64,
    pub high: f64,
    pub confidence: f64,
    /// The least and the greatest ratio within a round.
    pub spread: (f64, f64),
}

impl Section {
    pub fn all(lines: &[Line]) -> Vec<Self> {
        let of = |flavor: &Flavor| {
            let here: Vec<&Line> = lines.iter().filter(|line| line.flavor == *flavor).collect();
            (!here.is_empty()).then(|| Self::of(*flavor, &here))
        };
        Flavor::ALL.iter().filter_map(of).collect()
    }

    fn of(flavor: Flavor, lines: &[&Line]) -> Self {
        let with_goals = lines.iter().filter(|line| !line.goals.is_empty());
        let reached = |line: &&&Line| line.of_goal().is_some_and(|part| part <= 1.0);
        Self {
            flavor: flavor.name().to_owned(),
            workers: flavor.workers(crate::on::cores()),
            goals: with_goals.clone().count(),
            reached: with_goals.filter(reached).count(),
            slower: lines.iter().filter(|line| line.slower()).count(),
            mean_to_tokio: report::geometric_mean_against(lines, Peer::Tokio),
            mean_to_smol: report::geometric_mean_against(lines, Peer::Smol),
            rows: lines.iter().map(|line| Row::of(line)).collect(),
        }
    }
}

impl Row {
    fn of(line: &Line) -> Self {
        let ours = |peer| Against::of(line, Peer::Mainspring, peer);
        let tokio = |goal: &Goal| if let Goal::Tokio(most) = goal { Some(*most) } else { None };
        let failure = |(peer, why): &(Peer, String)| (peer.name().to_owned(), why.clone());
        Self {
            row: line.name.clone(),
            flavor: line.flavor.name().to_owned(),
            unit: line.unit.name().to_owned(),
            in_design: line.in_design,
            variant: line.variant,
            peers: Peer::ALL.into_iter().filter_map(|peer| Figure::of(line, peer)).collect(),
            to_tokio: ours(Peer::Tokio),
            to_smol: ours(Peer::Smol),
            to_floor: ours(Peer::Floor),
            tokio_to_itself: Against::of(line, Peer::TokioAgain, Peer::Tokio),
            goal: report::goals(line.goals),
            goal_to_tokio: line.goals.iter().find_map(tokio),
            of_goal: line.of_goal().filter(|part| part.is_finite()),
            reached: line.of_goal().map(|part| match part {
                part if part <= 1.0 => Reached::Yes,
                part if part <= line.margin() => Reached::WithinNoise,
                _ => Reached::No,
            }),
            standing: line.standing().map(|standing| match standing {
                Standing::Faster => Place::Faster,
                Standing::Even => Place::Even,
                Standing::WithinNoise => Place::WithinNoise,
                Standing::Slower => Place::Slower,
            }),
            fastest: line.fastest().into_iter().map(|peer| peer.name().to_owned()).collect(),
            failures: line.failures.iter().map(failure).collect(),
        }
    }

    pub fn figure(&self, peer: &str) -> Option<&Figure> {
        self.peers.iter().find(|figure| figure.peer == peer)
    }
}

impl Figure {
    fn of(line: &Line, peer: Peer) -> Option<Self> {
        let rounds = line.figures(peer).to_vec();
        let bar = interval(&rounds)?;
        let (median, low, high) = (stats::median(&rounds), bar.low, bar.high);
        Some(Self { peer: peer.name().to_owned(), median, low, high, rounds })
    }
}

impl Against {
    /// None where one of the two was not measured, or was nothing.
    fn of(line: &Line, this: Peer, that: Peer) -> Option<Self> {
        let (ratio, bar) = (line.ratio(this, that)?, interval(&line.rounds(this, that))?);
        let (low, high, confidence) = (bar.low, bar.high, bar.confidence);
        let numbers = [ratio.of_medians, low, high, ratio.spread.0, ratio.spread.1];
        let against =
            Self { of_medians: ratio.of_medians, low, high, confidence, spread: ratio.spread };
        numbers.iter().all(|number| number.is_finite()).then_some(against)
    }
}
