//! WRONG: a parker that looks, and then sleeps. The alarm comes in between.
//!
//! cargo run -q -p stage-ch03 --bin wrong_parker
//! cargo run -q -p stage-ch03 --bin wrong_parker figure     the second night, as data for a figure

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// A flag that says whether the alarm has come, and a bell to wake the sleeper with.
#[derive(Default)]
struct WrongParker {
    alarm: AtomicBool,
    bed: Mutex<()>,
    bell: Condvar,
}

impl WrongParker {
    fn unpark(&self) {
        self.alarm.store(true, Ordering::SeqCst);
        self.bell.notify_one();
    }

    /// `between` stands for what may happen on other threads at that place.
    fn park(&self, between: impl FnOnce(), in_bed: impl FnOnce()) {
        if self.alarm.swap(false, Ordering::SeqCst) {
            return;
        }
        say("sleeper: no alarm so far, so I go to bed");
        between();
        let bed = self.bed.lock().unwrap();
        say("sleeper: good night");
        in_bed();
        // A bell can be heard by whoever sleeps already. It keeps nothing for the others.
        drop(self.bell.wait(bed));
        say("sleeper: good morning");
    }
}

/// What was said, where it is not printed.
static HEARD: Mutex<Option<Vec<String>>> = Mutex::new(None);

fn say(line: &str) {
    match &mut *HEARD.lock().unwrap() {
        Some(heard) => heard.push(line.to_string()),
        None => println!("  {line}"),
    }
}

/// What the watchdog hears from the sleeper.
#[derive(PartialEq, Eq)]
enum Sleeper {
    InBed,
    Up,
}

/// Parks on a thread of its own; the alarm comes before the look if `early`, else after it.
fn night(early: bool) {
    let parker = Arc::new(WrongParker::default());
    let (report, reports) = mpsc::channel();
    let (sleeper, other) = (parker.clone(), parker.clone());
    let ring = move || {
        let waker = thread::spawn(move || {
            say("waker:   alarm!");
            other.unpark();
        });
        waker.join().unwrap();
    };
    thread::spawn(move || {
        let in_bed = || report.send(Sleeper::InBed).unwrap();
        if early {
            ring();
            sleeper.park(|| (), in_bed);
        } else {
            sleeper.park(ring, in_bed);
        }
        report.send(Sleeper::Up).unwrap();
    });
    // The watchdog: nobody will ring again, so who is in bed now stays there for ever.
    let mut last = reports.recv().unwrap();
    if let Ok(next) = reports.recv_timeout(Duration::from_secs(1)) {
        last = next;
    }
    if last == Sleeper::Up {
        return say("watchdog: the sleeper is up");
    }
    let alarm = parker.alarm.load(Ordering::SeqCst);
    say(&format!("watchdog: a second later the sleeper sleeps, and alarm = {alarm}"));
}

/// The alarm between the look and the sleep: who says what, and when.
fn figure() {
    *HEARD.lock().unwrap() = Some(Vec::new());
    night(false);
    let mut asleep = false;
    let mut step = |line: &String| {
        let (who, text) = line.split_once(':').expect("everybody says who speaks");
        asleep |= text.ends_with("good night");
        let what = match who {
            "waker" if asleep => "\"send\", \"to\": \"sleeper\"",
            "waker" => "\"lost\", \"to\": \"sleeper\"",
            "sleeper" if asleep => "\"sleep\"",
            _ => "\"note\"",
        };
        format!("{{ \"from\": {who:?}, \"what\": {what}, \"text\": {:?} }}", text.trim())
    };
    let heard = HEARD.lock().unwrap().take().unwrap_or_default();
    let steps: Vec<String> = heard.iter().map(&mut step).collect();
    println!("{{\n  \"kind\": \"sequence\",\n  \"lanes\": [\"sleeper\", \"waker\", \"watchdog\"],");
    println!("  \"steps\": [\n    {}\n  ]\n}}", steps.join(",\n    "));
}

fn main() {
    if std::env::args().nth(1).is_some_and(|word| word == "figure") {
        return figure();
    }
    println!("the alarm comes before the look:");
    night(true);
    println!("the alarm comes between the look and the sleep:");
    night(false);
}
