//! is the machine quiet enough? An A/A run, and what the other processes had of the cores.
//!
//! The A/A run is part of every run: tokio takes part under two names, at both ends of a round that
//! turns around each time. The two must come out even, line by line within their error bars and as
//! a whole. Where they do not, something that has nothing to do with the programs pushed one of
//! them, and it pushed Mainspring and its peers as well.

use super::report::Line;
use crate::rows::Peer;
use crate::stats::{interval, median, most_by_chance};
use serde::{Deserialize, Serialize};
use std::fs;
use std::time::{Duration, Instant};

/// What came out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Quiet {
    /// `None`: fewer than five rounds, so nobody can say.
    pub even: Option<bool>,
    /// The same in words.
    pub says: String,
    /// Half of an error bar of the A/A run, in the median over the lines: 0.05 is ±5 %.
    pub width: Option<f64>,
    /// The cores that other processes used, in the mean over the run.
    pub others: Option<f64>,
    /// The cores that the host gave to somebody else.
    pub stolen: Option<f64>,
}

/// Of one line: what tokio was to itself.
struct Again<'a> {
    line: &'a Line,
    ratio: f64,
    low: f64,
    high: f64,
    chance: f64,
}

impl Again<'_> {
    fn is_off(&self) -> bool {
        self.low > 1.0 || self.high < 1.0
    }
    fn name(&self) -> String {
        format!("{}, {}", self.line.name, self.line.flavor.name())
    }
}

/// Judges the A/A run. Each line may miss 1 with the chance that its error bar has; it is uneven
/// when more do than chance would have once in a hundred runs, or when the median over all lines
/// misses 1 by its own error bar.
pub fn judge(lines: &[Line], rounds: usize) -> Quiet {
    let again = |line| {
        let ratios = Line::rounds(line, Peer::TokioAgain, Peer::Tokio);
        let bar = interval(&ratios)?;
        let (low, high, chance) = (bar.low, bar.high, 1.0 - bar.confidence);
        Some(Again { line, ratio: median(&ratios), low, high, chance })
    };
    // A variant of a row has the row's own tokio: that is not one more.
    let all: Vec<Again> = lines.iter().filter(|line| !line.variant).filter_map(again).collect();
    if rounds < 5 || all.is_empty() {
        let says = format!("not judged: {rounds} rounds, and it takes five to say anything");
        return Quiet { says, ..Quiet::default() };
    }
    let off: Vec<&Again> = all.iter().filter(|one| one.is_off()).collect();
    let chance = all.iter().map(|one| one.chance).sum::<f64>() / all.len() as f64;
    let allowed = most_by_chance(all.len(), chance);
    let ratios: Vec<f64> = all.iter().map(|one| one.ratio).collect();
    let whole = interval(&ratios).expect("there are lines");
    let even = off.len() <= allowed && whole.low <= 1.0 && whole.high >= 1.0;
    let half: Vec<f64> = all.iter().map(|one| (one.high / one.low).sqrt() - 1.0).collect();
    let width = median(&half);
    let mut says = format!(
        "tokio against itself over {} lines: {:.3} in the median ({:.3} to {:.3}); {} lines miss 1 \
         by more than their error bars, {allowed} may by chance; an error bar is ±{:.1} % in the \
         median",
        all.len(),
        median(&ratios),
        whole.low,
        whole.high,
        off.len(),
        width * 100.0,
    );
    let far = |one: &&&Again| one.ratio.ln().abs();
    if let Some(worst) = off.iter().max_by(|a, b| far(a).total_cmp(&far(b))) {
        let (ratio, low, high) = (worst.ratio, worst.low, worst.high);
        says += &format!("; the worst: {}: {ratio:.2} ({low:.2} to {high:.2})", worst.name());
    }
    let verdict = if even { "even" } else { "NOT even: this machine is not quiet enough" };
    let (even, says, width) = (Some(even), format!("{verdict}: {says}"), Some(width));
    Quiet { even, says, width, others: None, stolen: None }
}

/// Counts what the cores did from one moment to another.
#[derive(Debug)]
pub struct Cores {
    start: Instant,
    busy: f64,
    stolen: f64,
    own: Duration,
}

impl Cores {
    /// `None` where the system does not say.
    pub fn now() -> Option<Self> {
        let (busy, stolen) = busy_in(&fs::read_to_string("/proc/stat").ok()?)?;
        // SAFETY: asks for a constant.
        let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
        let (busy, stolen) = (busy / ticks, stolen / ticks);
        Some(Self { start: Instant::now(), busy, stolen, own: own() })
    }

    /// The cores that others have used since, and those that the host has not given.
    pub fn since(&self) -> Option<(f64, f64)> {
        let now = Self::now()?;
        let wall = self.start.elapsed().as_secs_f64();
        let ours = now.own.saturating_sub(self.own).as_secs_f64();
        let others = (now.busy - self.busy - ours).max(0.0) / wall;
        Some((others, (now.stolen - self.stolen).max(0.0) / wall))
    }
}

/// Looks for a second, before anything is measured.
pub fn before() -> Option<f64> {
    let cores = Cores::now()?;
    std::thread::sleep(Duration::from_secs(1));
    cores.since().map(|(others, _)| others)
}

/// Of all cores since the start, in ticks: user, nice, system and both kinds of interrupts; stolen.
fn busy_in(stat: &str) -> Option<(f64, f64)> {
    let numbers = stat.lines().next()?.strip_prefix("cpu ")?;
    let of: Vec<f64> = numbers.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let busy = [0, 1, 2, 5, 6].iter().map(|at| of.get(*at)).sum::<Option<f64>>()?;
    Some((busy, of.get(7).copied().unwrap_or(0.0)))
}

/// The processor time of this process and of the children that it has waited for.
fn own() -> Duration {
    let of = |whose| {
        // SAFETY: `rusage` is plain numbers, for which zero is a value; the call fills it.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(whose, &mut usage), 0, "getrusage");
            usage
        };
        let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1_000);
        time(usage.ru_utime) + time(usage.ru_stime)
    };
    of(libc::RUSAGE_SELF) + of(libc::RUSAGE_CHILDREN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_and_waiting_are_not_busy() {
        let stat = "cpu  1 2 4 100 200 8 16 32 0 0\ncpu0 …";
        assert_eq!(busy_in(stat), Some((31.0, 32.0)));
        assert_eq!(busy_in("intr 1"), None);
    }

    fn lines(again: impl Fn(usize, usize) -> f64) -> Vec<Line> {
        let tokio = vec![100.0; 5];
        let one = |line| (0..5).map(|round| 100.0 * again(line, round)).collect();
        (0..20).map(|line| Line::of_two(format!("row {line}"), tokio.clone(), one(line))).collect()
    }

    #[test]
    fn what_goes_both_ways_is_even() {
        let Quiet { even, says, .. } =
            judge(&lines(|_, round| [0.98, 1.02, 1.0, 0.99, 1.01][round]), 5);
        assert_eq!(even, Some(true), "{says}");
        assert!(says.starts_with("even: ") && says.contains("0 lines miss 1"), "{says}");
    }

    #[test]
    fn what_goes_one_way_is_not_and_the_worst_is_named() {
        let by_row =
            |line, round| if line == 7 { 1.5 } else { [1.01, 1.02, 1.03, 1.0, 1.2][round] };
        let Quiet { even, says, .. } = judge(&lines(by_row), 5);
        assert_eq!(even, Some(false), "{says}");
        assert!(says.contains("the worst: row 7") && says.contains("1.50"), "{says}");
    }

    #[test]
    fn fewer_than_five_rounds_say_nothing() {
        assert_eq!(judge(&lines(|_, _| 1.0), 4).even, None);
    }
}
