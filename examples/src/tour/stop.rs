//! the stops: what each shows, where to read it, and what went wrong at which.
//!
//! A stop is a heading, a few words on what is running, the program itself with its live line, what
//! came of it, and where to look. One that goes wrong says so, and the tour goes on; the exit
//! status is that of all stops together.

#![forbid(unsafe_code)]

use crate::say;
use crate::tell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

/// No line of the tour is longer: a terminal has so many columns.
pub const COLUMNS: usize = 80;
/// Where the second column of a result begins.
pub const INDENT: usize = 13;

/// The chapters of the book's first half.
pub const CHAPTERS: [&str; 9] = [
    "Ten minutes with the finished machine",
    "A future is a struct with a `poll`",
    "`block_on`, and how not to sleep through the alarm",
    "The waker: a vtable you write yourself",
    "The task: one word of state",
    "A single-thread executor",
    "Time: from heap to wheel",
    "The reactor: epoll by hand, then mio",
    "Streams of bytes: TCP and back-pressure",
];

/// One stop.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    pub title: &'static str,
    /// What is running, and what to look for.
    pub about: &'static str,
    /// What is checked, so what is true if nothing is called wrong.
    pub promise: &'static str,
    /// Where to read it: the program, then what carries it.
    pub files: &'static [&'static str],
    /// The chapter about it, if there is one.
    pub chapter: Option<usize>,
}

/// The way of the tour. The first stop is the slow one, so that the words of welcome stand long
/// enough to be read.
pub const STOPS: [Stop; 7] = [
    Stop {
        title: "A comparison: 100 GETs of 0.5 to 1.5 s, 100 s in all, in 8 ways",
        about: "The fifth document's, the slow way first. Each way has a process of its own, or \
                CPU and memory would be one sum. \"open\": requests at once, as the server saw it.",
        promise: "no time is below its floor, every limit was used and kept",
        files: &["examples/src/tour/row.rs", "runtime/src/local/worker.rs"],
        chapter: Some(6),
    },
    Stop {
        title: "A fetch: 50 pages, 10 at a time, up to 3 attempts each",
        about: "The fifth document's: pages of 0, 1 and 2 s in turn, real HTTP over real \
                sockets. The floor is what the delays alone take; nothing can be faster.",
        promise: "all pages came, and not faster than they can",
        files: &["examples/fetch.rs", "runtime/src/sync/semaphore/permits.rs"],
        chapter: Some(8),
    },
    Stop {
        title: "Trouble: every tenth connection is dropped, and one page hangs",
        about: "The same fetch, 200 pages, 20 at a time. Nothing may be lost but the page \
                that never answers, and that one ends by its time-out.",
        promise: "199 pages came, every attempt is counted, the page that hangs is named",
        files: &["examples/fetch.rs", "runtime/src/retry/attempts.rs"],
        chapter: Some(7),
    },
    Stop {
        title: "A scraper into SQLite, stopped half-way and started again",
        about: "The second document's 100 pages. It is stopped as ctrl-c stops it; the second \
                run finds in the database what is done.",
        promise: "what came before the stop was stored, and nothing came twice",
        files: &["examples/src/scraper/run.rs", "runtime/src/group/task_group.rs"],
        chapter: None,
    },
    Stop {
        title: "A search service: all there, a source fails, a source hangs",
        about: "The fifth document's /search on axum and hyper: a database and an API asked \
                at once, within one time limit.",
        promise: "these answers, to the byte",
        files: &["examples/search.rs", "examples/src/search/combine.rs"],
        chapter: Some(5),
    },
    Stop {
        title: "A queue: a producer, a consumer, room for 3",
        about: "The third document's, ten times as fast. In brackets its own seconds.",
        promise: "every item is done before the end",
        files: &["examples/queue.rs", "runtime/src/sync/queue/face.rs"],
        chapter: Some(4),
    },
    Stop {
        title: "An echo over TCP, with the text that breaks the document's",
        about: "Server and client in this process; characters cut by the end of a chunk.",
        promise: "every byte came back",
        files: &["examples/echo.rs", "runtime/src/net/tcp/stream.rs"],
        chapter: Some(9),
    },
];

impl Stop {
    /// The title without its details.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.title.split([':', ',']).next().unwrap_or(self.title)
    }

    /// The heading and what is running.
    #[must_use]
    pub fn begins(&self, number: usize) -> String {
        let about = wrapped("", self.about);
        format!("\n{}{about}\n", underlined(&format!("{number}  {}", self.title)))
    }

    /// What was wrong, or that nothing was, and where to look.
    #[must_use]
    pub fn ends(&self, wrong: &[String]) -> String {
        let mut text = String::new();
        for what in wrong {
            text += &format!("{}\n", wrapped("WRONG", what));
        }
        if wrong.is_empty() {
            text += &format!("{}\n", wrapped("checked", self.promise));
        }
        text += &format!("\n{}\n", wrapped("read", &self.files.join(", ")));
        if let Some(chapter) = self.chapter {
            let title = CHAPTERS[chapter - 1];
            text += &wrapped("book", &format!("chapter {chapter}, \"{title}\""));
            text.push('\n');
        }
        text
    }
}

/// A heading: the text, and a line below it.
#[must_use]
pub fn underlined(text: &str) -> String {
    format!("{text}\n{}\n", "─".repeat(text.chars().count()))
}

/// A name and what is to be said of it, in lines that are not too long. Without a name, the text
/// begins at the left edge.
#[must_use]
pub fn wrapped(name: &str, text: &str) -> String {
    laid_out(if name.is_empty() { 0 } else { INDENT }, &[' ', ','], name, text)
}

/// The same with the text from another column on, and broken behind these only.
#[must_use]
pub fn laid_out(indent: usize, ends: &[char], name: &str, text: &str) -> String {
    let mut lines = vec![format!("{name:<indent$}")];
    let mut used = indent;
    for word in text.split_inclusive(ends) {
        let length = word.trim_end().chars().count();
        if used + length > COLUMNS && used > indent {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        used += word.chars().count();
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// One who takes the tour, and what was not as promised so far.
#[derive(Debug)]
pub struct Walk {
    begun: Instant,
    /// How long to rest at the end of a stop.
    rest: Duration,
    visited: usize,
    found: Vec<String>,
}

impl Walk {
    /// At the beginning, in a hurry: without rests.
    #[must_use]
    pub fn begin() -> Walk {
        Walk { begun: Instant::now(), rest: Duration::ZERO, visited: 0, found: Vec::new() }
    }

    /// With a rest after each stop, so that people can read what it shows.
    #[must_use]
    pub fn with_rests(self, rest: Duration) -> Walk {
        Walk { rest, ..self }
    }

    /// What all rests take.
    #[must_use]
    pub fn resting(&self) -> Duration {
        self.rest * STOPS.len() as u32
    }

    /// The next stop: `run` shows it, and returns what cannot be right in what came of it. An error
    /// or a panic ends the stop, not the tour.
    ///
    /// # Panics
    /// When there is no further stop.
    pub fn visit(&mut self, run: impl FnOnce() -> Result<Vec<String>, String>) {
        let stop = &STOPS[self.visited];
        self.visited += 1;
        say!("{}", stop.begins(self.visited).trim_end());
        // What it was doing is not looked at again.
        let ended = catch_unwind(AssertUnwindSafe(run));
        let ended = ended.unwrap_or_else(|_| Err("it panicked, see the message above".to_owned()));
        let wrong = ended.unwrap_or_else(|error| vec![error]);
        say!("{}", stop.ends(&wrong).trim_end());
        thread::sleep(self.rest);
        let told = |what: String| {
            format!("stop {}, {}: {what} (see {})", self.visited, stop.name(), stop.files[0])
        };
        self.found.extend(wrong.into_iter().map(told));
    }

    /// How it all ended, for people on standard output and standard error, and for who started it.
    pub fn end(self) -> ExitCode {
        let (seconds, n) = (self.begun.elapsed().as_secs_f64(), self.found.len());
        match n {
            0 => say!("All {} stops went as promised, in {seconds:.1} s.", self.visited),
            _ => say!("NOT as promised: {n} of what was checked, named below; {seconds:.1} s."),
        }
        failures(&self.found)
    }

    /// What was not as promised, with the stop and where to look.
    #[must_use]
    pub fn found(&self) -> &[String] {
        &self.found
    }
}

/// Says what went wrong, and ends with a status that says so too.
pub fn failures(found: &[String]) -> ExitCode {
    for what in found {
        tell!("error: {what}");
    }
    if found.is_empty() { crate::show::end(ExitCode::SUCCESS) } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The folder of the whole tree.
    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn every_file_that_a_stop_names_exists() {
        for stop in &STOPS {
            for file in stop.files {
                assert!(root().join(file).is_file(), "{}: no {file}", stop.title);
            }
        }
    }

    /// A chapter is in the table of contents when it is written; then it has this title. It may
    /// have backquotes and capitals of its own; words are words.
    #[test]
    fn every_chapter_that_is_there_has_the_title_that_a_stop_names() {
        let Ok(summary) = std::fs::read_to_string(root().join("book/text/SUMMARY.md")) else {
            return;
        };
        let plain = |text: &str| text.replace(['`', '\\'], "").to_lowercase();
        for (title, n) in CHAPTERS.iter().zip(1..) {
            let file = format!("ch{n:02}.md");
            if let Some(line) = summary.lines().find(|line| line.contains(&file)) {
                assert!(plain(line).contains(&plain(title)), "{title:?} is not {line:?}");
            }
        }
    }

    #[test]
    fn no_line_of_a_stop_is_too_long_and_none_ends_in_a_blank() {
        for (stop, n) in STOPS.iter().zip(1..) {
            for line in stop.begins(n).lines().chain(stop.ends(&[]).lines()) {
                assert!(line.chars().count() <= COLUMNS, "{line}");
                assert_eq!(line.trim_end(), line);
            }
        }
    }

    #[test]
    fn a_long_text_goes_on_below_its_beginning() {
        let text = wrapped("read", &"word ".repeat(20));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("read         word") && lines[0].len() <= COLUMNS);
        assert!(lines[1].starts_with("             word"));
        assert_eq!(wrapped("", "one, two"), "one, two");
        assert_eq!(wrapped("", ""), "");
        let word = "x".repeat(100);
        assert_eq!(wrapped("read", &word), format!("read         {word}"));
    }

    #[test]
    fn a_stop_that_goes_wrong_is_named_and_the_tour_goes_on() {
        let mut walk = Walk::begin();
        walk.visit(|| Err("the row broke".to_owned()));
        walk.visit(|| Ok(Vec::new()));
        walk.visit(|| Ok(vec!["a page was lost".to_owned(), "and one more".to_owned()]));
        walk.visit(|| panic!("as planted"));
        walk.visit(|| Ok(Vec::new()));
        let told = |n: usize, what: &str| {
            let stop = &STOPS[n - 1];
            format!("stop {n}, {}: {what} (see {})", stop.name(), stop.files[0])
        };
        let expected = [
            told(1, "the row broke"),
            told(3, "a page was lost"),
            told(3, "and one more"),
            told(4, "it panicked, see the message above"),
        ];
        assert!(expected[0].starts_with("stop 1, A comparison: the row"), "{expected:?}");
        assert_eq!(walk.found(), expected);
        assert_eq!(format!("{:?}", walk.end()), format!("{:?}", ExitCode::FAILURE));
    }

    #[test]
    fn a_stop_ends_with_what_was_checked_or_with_what_was_wrong() {
        let (good, bad) = (STOPS[3].ends(&[]), STOPS[3].ends(&["a row is missing".to_owned()]));
        assert!(good.contains("checked      ") && !good.contains("WRONG"), "{good}");
        assert!(bad.starts_with("WRONG        a row is missing\n"), "{bad}");
        assert!(!bad.contains("checked"), "{bad}");
    }

    #[test]
    fn a_tour_without_a_fault_ends_well() {
        let mut walk = Walk::begin();
        assert!(walk.resting().is_zero());
        STOPS.iter().for_each(|_| walk.visit(|| Ok(Vec::new())));
        assert_eq!(format!("{:?}", walk.end()), format!("{:?}", ExitCode::SUCCESS));
    }
}
