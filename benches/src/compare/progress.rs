//! how far it is, and how long it will take: a bar on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The parts of a run, each with the seconds that it should take. The time left is what that says,
/// stretched by what the parts so far have taken instead.
///
/// Nothing ticks: whoever measures says how far it is between two measurements, so that no thread
/// wakes up during one.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    on_terminal: bool,
    start: Instant,
    /// The run may last so long.
    limit: Duration,
    total: f64,
    /// Where the part that runs begins and how long it should take.
    part: Cell<(f64, f64)>,
    done: Cell<f64>,
}

impl Progress {
    pub fn new(total: Duration) -> Self {
        Self::with_limit(total, Duration::MAX)
    }

    /// Of a run that is cut short when it has lasted so long.
    pub fn with_limit(total: Duration, limit: Duration) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        let total = total.as_secs_f64().max(0.001);
        let bar = match on_terminal {
            true => ProgressBar::new((total * 1e3) as u64),
            false => ProgressBar::hidden(),
        };
        let style = "{bar:30} {percent:>3}%  {msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
        let (part, done) = (Cell::new((0.0, 0.0)), Cell::new(0.0));
        Self { bar, on_terminal, start: Instant::now(), limit, total, part, done }
    }

    /// The next part begins; the one before it is over, however much it did.
    pub fn part(&self, seconds: Duration) {
        let (begun, length) = self.part.get();
        self.part.set((begun + length, seconds.as_secs_f64()));
    }

    /// So much of the part is done, and this comes next.
    pub fn step(&self, part: f64, next: impl FnOnce() -> String) {
        let (begun, length) = self.part.get();
        let done = (begun + length * part).min(self.total);
        self.done.set(done.max(self.done.get()));
        if self.on_terminal {
            self.bar.set_message(format!("{}  {}", self.left(), next()));
            self.bar.set_position((self.done.get() * 1e3) as u64);
        }
    }

    /// A round ended: a line, where there is no bar.
    pub fn say(&self, what: &str) {
        if !self.on_terminal {
            eprintln!("{what}: {} s, {}", self.elapsed().as_secs(), self.left());
        }
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Has it lasted as long as it may? Then no new measurement begins.
    pub fn is_over(&self) -> bool {
        self.elapsed() >= self.limit
    }

    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn left(&self) -> String {
        left(self.elapsed(), self.done.get() / self.total)
    }
}

fn left(so_far: Duration, done: f64) -> String {
    if done < 0.01 {
        return "time left: not known yet".to_owned();
    }
    let left = so_far.as_secs_f64() * (1.0 - done) / done;
    match left {
        s if s < 90.0 => format!("about {s:.0} s left"),
        s => format!("about {:.0} min left", s / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_in_proportion_to_the_time_so_far() {
        let minute = Duration::from_secs(60);
        assert_eq!(left(minute, 0.5), "about 60 s left");
        assert_eq!(left(minute, 0.1), "about 9 min left");
        assert_eq!(left(minute, 1.0), "about 0 s left");
        assert_eq!(left(minute, 0.0), "time left: not known yet");
    }

    #[test]
    fn a_part_begins_where_the_one_before_should_end() {
        let progress = Progress::new(Duration::from_secs(100));
        progress.part(Duration::from_secs(40));
        progress.step(0.5, String::new);
        assert_eq!(progress.done.get(), 20.0);
        progress.part(Duration::from_secs(60));
        progress.step(0.5, String::new);
        assert_eq!(progress.done.get(), 70.0);
    }
}
