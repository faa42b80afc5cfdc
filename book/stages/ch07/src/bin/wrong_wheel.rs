//! WRONG: a wheel that fires a slot of the second level when its time begins.
//!
//! cargo run -q -p stage-ch07 --bin wrong_wheel

/// Two levels of 64 slots; a node is its number.
struct WrongWheel {
    elapsed: u64,
    slots: Vec<Vec<u64>>,
}

impl WrongWheel {
    fn new() -> Self {
        Self { elapsed: 0, slots: vec![Vec::new(); 128] }
    }

    /// Rightly filed: by the highest digit that differs.
    fn insert(&mut self, when: u64) {
        let slot = match (self.elapsed ^ when) < 64 {
            true => when % 64,
            false => 64 + when / 64 % 64,
        };
        self.slots[slot as usize].push(when);
    }

    /// One millisecond on. Returns what fires.
    fn turn(&mut self) -> Vec<u64> {
        self.elapsed += 1;
        let mut due = std::mem::take(&mut self.slots[(self.elapsed % 64) as usize]);
        if self.elapsed.is_multiple_of(64) {
            // The slot's 64 milliseconds begin now. These nodes should be filed again, by their
            // last digit. "Close enough"?
            due.append(&mut self.slots[64 + (self.elapsed / 64 % 64) as usize]);
        }
        due
    }
}

fn main() {
    let mut wheel = WrongWheel::new();
    let timers = [10, 63, 64, 100, 127, 128, 1000];
    timers.iter().for_each(|when| wheel.insert(*when));
    for now in 1..=1000 {
        wheel.elapsed = now - 1;
        for when in wheel.turn() {
            let verdict = match when - now {
                0 => "on time".to_string(),
                early => format!("{early} ms early"),
            };
            println!("a timer for {when:>4} ms fires at {now:>4} ms: {verdict}");
        }
    }
}
