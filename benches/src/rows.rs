//! what a row is: a workload on each runtime, a unit, a goal. The rows themselves are in `all`.

mod all;

use crate::meter::Meter;
use crate::on::Flavor;
pub use all::ROWS;

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Mainspring,
    /// Mainspring with `block_on_helps`, in the rows that measure in the root future.
    Helping,
    /// Mainspring with its dump on, in a few rows.
    Recording,
    Tokio,
    Smol,
    /// flume's channels, on tokio.
    Flume,
    /// The same operation without a runtime.
    Floor,
    /// tokio once more: what it differs from itself is the noise.
    TokioAgain,
}

impl Peer {
    /// All, in the order of a round; the next round goes backwards. tokio stands at both ends, so
    /// that what drifts within a round shows in the noise.
    pub const ALL: [Self; 8] = [
        Self::Tokio,
        Self::Mainspring,
        Self::Helping,
        Self::Recording,
        Self::Smol,
        Self::Flume,
        Self::Floor,
        Self::TokioAgain,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mainspring => "mainspring",
            Self::Helping => "mainspring-helping",
            Self::Recording => "mainspring-dump",
            Self::Tokio => "tokio",
            Self::Smol => "smol",
            Self::Flume => "flume",
            Self::Floor => "floor",
            Self::TokioAgain => "tokio-again",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }
}

/// What a row measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wall time per operation.
    Time,
    /// Processor time of the process per operation.
    Cpu,
    /// Bytes.
    Bytes,
    /// The most divided by the least: 1 is even.
    Spread,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "ns",
            Self::Cpu => "ns of CPU",
            Self::Bytes => "bytes",
            Self::Spread => "most ÷ least",
        }
    }

    /// Does criterion know what to do with it, and is there an operation to count allocations of?
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time | Self::Cpu)
    }
}

/// A row reaches its goal when all of its parts hold.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// At most so many times tokio.
    Tokio(f64),
    /// At most so many times smol.
    Smol(f64),
    /// At most so many times the floor.
    Floor(f64),
    /// At most so many bytes.
    Bytes(f64),
    /// Not slower than tokio, as the noise allows.
    EqualTokio,
    /// Not slower than any peer, as the noise allows.
    EqualFastest,
}

pub type Workload = fn(&mut Meter);

#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Runs in a process of its own and measures itself.
    Here {
        mainspring: Workload,
        tokio: Workload,
        /// None where smol has no such type.
        smol: Option<Workload>,
        more: &'static [(Peer, Workload)],
    },
    /// The server of `crate::echo`, with so many connections.
    Echo { connections: usize },
}

/// Which criterion suite a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    Task,
    Sync,
    Time,
    Blocking,
    Echo,
}

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub suite: Suite,
    pub unit: Unit,
    /// The same for each flavor, against the peers on that flavor.
    pub goals: &'static [Goal],
    /// Is it a row of the design's table? Only those count in the geometric mean.
    pub in_design: bool,
    pub flavors: &'static [Flavor],
    pub work: Work,
}

impl Row {
    /// The workload of one peer, if the row has it and it runs here.
    pub fn workload(&self, peer: Peer) -> Option<Workload> {
        let Work::Here { mainspring, tokio, smol, more } = self.work else { return None };
        match peer {
            Peer::Mainspring => Some(mainspring),
            Peer::Tokio | Peer::TokioAgain => Some(tokio),
            Peer::Smol => smol,
            _ => more.iter().find(|(of, _)| *of == peer).map(|(_, workload)| *workload),
        }
    }

    pub fn has(&self, peer: Peer) -> bool {
        match self.work {
            Work::Here { .. } => self.workload(peer).is_some(),
            Work::Echo { connections } => match peer {
                Peer::Flume | Peer::Helping => false,
                Peer::Recording => connections == 50,
                _ => true,
            },
        }
    }
}
