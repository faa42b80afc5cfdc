//! who takes part in a report: a runtime, and on how many threads.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    Mainspring,
    Tokio,
    Smol,
    /// No runtime: threads that block, or a bare epoll loop. Where a report says so.
    Floor,
}

impl Peer {
    /// The runtimes.
    pub const ALL: [Self; 3] = [Self::Mainspring, Self::Tokio, Self::Smol];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mainspring => "mainspring",
            Self::Tokio => "tokio",
            Self::Smol => "smol",
            Self::Floor => "floor",
        }
    }
}

/// Which threads run tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threads {
    /// The one that is inside `block_on`: `ct`.
    Home,
    /// So many workers: `mt2`.
    Workers(usize),
}

impl fmt::Display for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home => f.write_str("ct"),
            Self::Workers(n) => write!(f, "mt{n}"),
        }
    }
}

impl FromStr for Threads {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let workers = text.strip_prefix("mt").and_then(|n| n.parse().ok()).filter(|n| *n > 0);
        match (text, workers) {
            ("ct", _) => Ok(Self::Home),
            (_, Some(n)) => Ok(Self::Workers(n)),
            _ => Err(format!("{text:?} is neither ct nor mt with a number")),
        }
    }
}

/// A runtime on its threads: `tokio-mt2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    pub peer: Peer,
    pub threads: Threads,
}

impl Who {
    pub const fn new(peer: Peer, threads: Threads) -> Self {
        Self { peer, threads }
    }

    /// Both schedulers of the two that have two, and smol on two threads.
    pub const FIVE: [Self; 5] = [
        Self::new(Peer::Mainspring, Threads::Workers(2)),
        Self::new(Peer::Tokio, Threads::Workers(2)),
        Self::new(Peer::Smol, Threads::Workers(2)),
        Self::new(Peer::Mainspring, Threads::Home),
        Self::new(Peer::Tokio, Threads::Home),
    ];

    /// What no runtime can be better than.
    pub const FLOOR: Self = Self::new(Peer::Floor, Threads::Home);

    /// The five, and the floor.
    pub const SIX: [Self; 6] =
        [Self::FIVE[0], Self::FIVE[1], Self::FIVE[2], Self::FIVE[3], Self::FIVE[4], Self::FLOOR];

    /// Whom to divide by.
    pub fn tokio(self) -> Self {
        Self { peer: Peer::Tokio, ..self }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.peer.name(), self.threads)
    }
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (peer, threads) = text.split_once('-').ok_or("a peer looks like tokio-mt2")?;
        let named = |known: &Peer| known.name() == peer;
        let mut peers = Peer::ALL.into_iter().chain([Peer::Floor]);
        let peer = peers.find(named).ok_or(format!("there is no peer {peer:?}"))?;
        Ok(Self { peer, threads: threads.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_reads_back_from_its_name() {
        for who in Who::SIX {
            assert_eq!(who.to_string().parse(), Ok(who));
        }
        assert!("tokio".parse::<Who>().is_err());
        assert!("tokio-mt0".parse::<Who>().is_err());
        assert!("async-mt2".parse::<Who>().is_err());
    }
}
