//! from figures to statements: ratios, the noise, the goal, and who is slower.

use super::rounds::Measured;
use crate::on::Flavor;
use crate::rows::{Goal, Peer, Unit};
use crate::stats::{Ratio, Standing, geometric_mean, median, ratios, standing};

/// So many rounds a statement about slower needs.
pub const LEAST_ROUNDS: usize = 5;

/// One line of the table: a case, the wall time that an echo row measures besides, or a case with
/// another setting in Mainspring's place: `block_on_helps`, or the dump on.
#[derive(Debug)]
pub struct Line {
    pub name: String,
    pub flavor: Flavor,
    pub unit: Unit,
    pub goals: &'static [Goal],
    pub in_design: bool,
    /// Has it another setting in Mainspring's place?
    pub variant: bool,
    /// In the order of [`Peer::ALL`].
    figures: Vec<Vec<f64>>,
    pub failures: Vec<(Peer, String)>,
}

impl Line {
    pub fn all(measured: &[Measured]) -> Vec<Self> {
        let mut lines = Vec::new();
        for of in measured {
            let figures = Peer::ALL.map(|peer| of.figures(peer).to_vec()).to_vec();
            let failure = |peer| of.failure(peer).map(|why| (peer, why.to_owned()));
            let failures = Peer::ALL.into_iter().filter_map(failure).collect();
            let (row, flavor) = (of.case.row, of.case.flavor);
            let (name, unit, goals) = (row.name.to_owned(), row.unit, row.goals);
            let in_design = row.in_design;
            let variant = false;
            lines.push(Self { name, flavor, unit, goals, in_design, variant, figures, failures });
            let extra = |name: &str, unit, variant, figures| {
                let (name, goals, failures) = (format!("{}, {name}", row.name), &[][..], vec![]);
                let in_design = false;
                Self { name, flavor, unit, goals, in_design, variant, figures, failures }
            };
            let wall = Peer::ALL.map(|peer| of.wall(peer).to_vec()).to_vec();
            if wall.iter().any(|of_peer| !of_peer.is_empty()) {
                lines.push(extra("wall", Unit::Time, false, wall));
            }
            for (other, name) in [(Peer::Helping, "block_on_helps"), (Peer::Recording, "dump on")] {
                if !of.figures(other).is_empty() {
                    let instead = |peer| if peer == Peer::Mainspring { other } else { peer };
                    let figures = Peer::ALL.map(|peer| of.figures(instead(peer)).to_vec()).to_vec();
                    lines.push(extra(name, unit, true, figures));
                }
            }
        }
        lines
    }

    pub fn figures(&self, peer: Peer) -> &[f64] {
        &self.figures[Peer::ALL.iter().position(|other| *other == peer).expect("all are listed")]
    }

    pub fn median(&self, peer: Peer) -> Option<f64> {
        let figures = self.figures(peer);
        (!figures.is_empty()).then(|| median(figures))
    }

    /// One peer against another, where both were measured.
    pub fn ratio(&self, this: Peer, that: Peer) -> Option<Ratio> {
        let (this, that) = (self.figures(this), self.figures(that));
        (!this.is_empty() && !that.is_empty()).then(|| Ratio::of(this, that))
    }

    /// The same within each round.
    pub fn rounds(&self, this: Peer, that: Peer) -> Vec<f64> {
        ratios(self.figures(this), self.figures(that))
    }

    /// The runtime with the least, and those that are above it by less than the noise.
    pub fn fastest(&self) -> Vec<Peer> {
        let runtimes = [Peer::Mainspring, Peer::Tokio, Peer::Smol, Peer::Flume];
        let all: Vec<(Peer, f64)> =
            runtimes.into_iter().filter_map(|peer| Some((peer, self.median(peer)?))).collect();
        let least = all.iter().map(|(_, median)| *median).fold(f64::INFINITY, f64::min);
        let near = all.into_iter().filter(|(_, median)| *median <= least * self.margin());
        near.map(|(peer, _)| peer).collect()
    }

    /// tokio against itself.
    pub fn noise(&self) -> Option<Ratio> {
        self.ratio(Peer::TokioAgain, Peer::Tokio)
    }

    /// Beside tokio. None with fewer than five rounds, which say nothing about slower.
    pub fn standing(&self) -> Option<Standing> {
        if self.figures(Peer::Tokio).len() < LEAST_ROUNDS {
            return None;
        }
        self.ratio(Peer::Mainspring, Peer::Tokio).map(|ratio| standing(ratio, self.noise()))
    }

    pub fn slower(&self) -> bool {
        self.standing() == Some(Standing::Slower)
    }

    /// How far from its goal the row is: at most 1 is reached. The worst part counts. None without
    /// a goal, or when something needed was not measured.
    pub fn of_goal(&self) -> Option<f64> {
        let against = |peer| Some(self.ratio(Peer::Mainspring, peer)?.of_medians);
        let parts = self.goals.iter().map(|goal| match goal {
            Goal::Tokio(most) => Some(against(Peer::Tokio)? / most),
            Goal::Smol(most) => Some(against(Peer::Smol)? / most),
            Goal::Floor(most) => Some(against(Peer::Floor)? / most),
            Goal::Bytes(most) => Some(self.median(Peer::Mainspring)? / most),
            Goal::EqualFastest => {
                let peers = [Peer::Tokio, Peer::Smol, Peer::Flume];
                let worst = peers.into_iter().filter_map(against).reduce(f64::max)?;
                Some(if worst <= self.margin() { worst.min(1.0) } else { worst })
            }
            Goal::EqualTokio => match self.standing()? {
                Standing::Slower => Some(against(Peer::Tokio)?),
                _ => Some(1.0),
            },
        });
        let parts: Vec<f64> = parts.collect::<Option<_>>()?;
        parts.into_iter().reduce(f64::max)
    }

    /// How much above its goal a row may be and still not be told from it: the noise, at most 5 %.
    pub fn margin(&self) -> f64 {
        self.noise().map_or(1.0, |noise| noise.spread.1.max(1.0 / noise.spread.0).min(1.05))
    }

    /// tokio under its two names, and nobody else.
    #[cfg(test)]
    pub fn of_two(name: String, tokio: Vec<f64>, again: Vec<f64>) -> Self {
        let figures = Peer::ALL.map(|peer| match peer {
            Peer::Tokio => tokio.clone(),
            Peer::TokioAgain => again.clone(),
            _ => Vec::new(),
        });
        let (flavor, unit, goals) = (Flavor::MultiThread, Unit::Time, &[][..]);
        let (in_design, variant, failures) = (false, false, Vec::new());
        let figures = figures.to_vec();
        Self { name, flavor, unit, goals, in_design, variant, figures, failures }
    }
}

/// A goal in words.
pub fn goals(goals: &[Goal]) -> String {
    let part = |goal: &Goal| match goal {
        Goal::Tokio(most) => format!("≤ {most} tokio"),
        Goal::Smol(most) => format!("≤ {most} smol"),
        Goal::Floor(most) => format!("≤ {most} floor"),
        Goal::Bytes(most) => format!("≤ {most} bytes"),
        Goal::EqualTokio => "= tokio within A/A".to_owned(),
        Goal::EqualFastest => "≤ the fastest, within A/A".to_owned(),
    };
    goals.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Over the rows of the design's table; what is extra does not count.
pub fn geometric_mean_against(lines: &[&Line], peer: Peer) -> Option<f64> {
    let of = |line: &Line| Some(line.ratio(Peer::Mainspring, peer)?.of_medians);
    let ratios: Vec<f64> =
        lines.iter().copied().filter(|line| line.in_design).filter_map(of).collect();
    (!ratios.is_empty()).then(|| geometric_mean(&ratios))
}
