//! what runs: the programs, their flags, their sizes, and the floor of each.

use clap::ValueEnum;

/// How much of a row is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// The documents' own numbers.
    Full,
    /// Shorter delays: all rows in about a minute.
    Quick,
    /// As little as still is that program: for tests.
    Tiny,
}

/// One program in both languages.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    pub what: &'static str,
    pub example: &'static str,
    pub script: &'static str,
    /// The script imports aiohttp; else asyncio is all.
    pub aiohttp: bool,
    pub kind: Kind,
    /// The flag that says how much there is to do, and its value for each [`Size`].
    pub count: (&'static str, [u64; 3]),
    /// Factor for all delays, for each [`Size`].
    pub scale: [f64; 3],
    /// The other flags, the same for both: `{site}` is the local server, `{scale}` the factor,
    /// `{database}` a new file.
    pub args: &'static [&'static str],
    /// Most requests at a time.
    pub limit: u64,
    /// The same delays with nothing else to do, in seconds: of so many, with scale 1.
    pub floor: Option<fn(u64) -> f64>,
}

/// Who is measured, and who looks at the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program ends by itself and says what it has done: in the line with this text, which has
    /// so many numbers about it.
    Client { says: &'static str, numbers: usize, clock: Clock },
    /// The same, and then its database is read.
    Scraper,
    /// A server under the example `load`.
    Echo,
    /// A service asked by the example `fetch`.
    Search,
}

/// Where a program says how many seconds it took, by its own clock: in the line with the first
/// text, behind the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    pub line: &'static str,
    pub behind: &'static str,
    /// It divides its times by the scale.
    pub scaled: bool,
}

impl Row {
    /// How much there is to do.
    pub fn count(&self, size: Size) -> u64 {
        self.count.1[size as usize]
    }

    pub fn scale(&self, size: Size) -> f64 {
        self.scale[size as usize]
    }

    /// The floor in seconds.
    pub fn floor(&self, size: Size) -> Option<f64> {
        Some(self.floor?(self.count(size)) * self.scale(size))
    }

    /// Whether it needs the local server.
    pub fn site(&self) -> bool {
        self.args.iter().any(|arg| arg.contains("{site}"))
    }
}

/// A line of its own.
pub const WALL: Clock = Clock { line: "wall ", behind: "wall ", scaled: false };
const FETCHED: Kind = Kind::Client {
    says: "requests ",
    numbers: 3,
    clock: Clock { line: "requests ", behind: " in ", scaled: false },
};
const QUEUED: Kind = Kind::Client {
    says: "] all ",
    numbers: 1,
    clock: Clock { line: "] all ", behind: "[", scaled: true },
};

pub const ROWS: [Row; 9] = [
    Row {
        name: "fetch",
        what: "the first document's products, 50 at a time, three tries",
        example: "fetch",
        script: "fetch.py",
        aiohttp: true,
        kind: FETCHED,
        count: ("--requests", [1000, 1000, 60]),
        scale: [1.0, 1.0, 0.5],
        args: &["--url", "{site}/products/{i}", "--limit", "50"],
        limit: 50,
        floor: Some(|count| floor((0..count).map(|_| (0.0, 0.02)), 50)),
    },
    Row {
        name: "crawl",
        what: "the fifth document's pages of 0, 1 and 2 s, 10 at a time",
        example: "crawl",
        script: "crawl.py",
        aiohttp: true,
        kind: Kind::Client { says: "pages ", numbers: 3, clock: WALL },
        count: ("--pages", [50, 50, 50]),
        scale: [1.0, 0.1, 0.02],
        args: &["--url", "{site}/delay/{i%3}", "--limit", "10"],
        limit: 10,
        floor: Some(|count| floor((0..count).map(|i| (0.0, (i % 3) as f64)), 10)),
    },
    Row {
        name: "hundred",
        what: "the fifth document's GETs of 0.5 to 1.5 s, no limit but their number",
        example: "fetch",
        script: "fetch.py",
        aiohttp: true,
        kind: FETCHED,
        count: ("--requests", [100, 100, 100]),
        scale: [1.0, 0.2, 0.05],
        args: &["--url", "{site}/lat/{i}", "--limit", "100"],
        limit: 100,
        floor: Some(|count| floor((0..count).map(|i| (0.0, latency(i))), 100)),
    },
    Row {
        name: "hundred by ten",
        what: "the same, 10 at a time",
        example: "fetch",
        script: "fetch.py",
        aiohttp: true,
        kind: FETCHED,
        count: ("--requests", [100, 100, 100]),
        scale: [1.0, 0.05, 0.02],
        args: &["--url", "{site}/lat/{i}", "--limit", "10"],
        limit: 10,
        floor: Some(|count| floor((0..count).map(|i| (0.0, latency(i))), 10)),
    },
    Row {
        name: "queue",
        what: "the second document's items through a queue, three consumers",
        example: "queue",
        script: "producer.py",
        aiohttp: false,
        kind: QUEUED,
        count: ("--items", [20, 20, 20]),
        scale: [1.0, 0.1, 0.02],
        args: &["--scale", "{scale}"],
        limit: 3,
        floor: Some(|count| floor((0..count).map(|i| (0.3 * i as f64, 1.0)), 3)),
    },
    Row {
        name: "queue, no delays",
        what: "the same as fast as it goes, a line of text for each step",
        example: "queue",
        script: "producer.py",
        aiohttp: false,
        kind: QUEUED,
        count: ("--items", [50_000, 20_000, 500]),
        // There is no delay to scale: it makes the times that are printed a hundred times as fine.
        scale: [0.01; 3],
        args: &["--make", "0", "--work", "0", "--scale", "{scale}"],
        limit: 3,
        floor: None,
    },
    Row {
        name: "scraper",
        what: "the second document's pages into SQLite, 10 at a time",
        example: "scraper",
        script: "scraper.py",
        aiohttp: true,
        kind: Kind::Scraper,
        count: ("--pages", [100, 100, 20]),
        scale: [1.0, 0.1, 0.02],
        args: &["--base", "{site}", "--database", "{database}", "--scale", "{scale}"],
        limit: 10,
        floor: Some(|count| {
            let delays = [1.0, 2.0, 1.0, 0.0, 0.0].into_iter().cycle();
            floor(delays.take(count as usize).map(|delay| (0.0, delay)), 10)
        }),
    },
    Row {
        name: "echo",
        what: "the third document's echo server under 50 connections of `load`",
        example: "echo",
        script: "echo.py",
        aiohttp: false,
        kind: Kind::Echo,
        count: ("--requests", [100_000, 20_000, 500]),
        scale: [1.0; 3],
        args: &["--port", "0"],
        limit: 50,
        floor: None,
    },
    Row {
        name: "search",
        what: "the fifth document's service, 50 searches at a time",
        example: "search",
        script: "search.py",
        aiohttp: true,
        kind: Kind::Search,
        count: ("--requests", [500, 500, 50]),
        // The service has time-outs, which are scaled too: not below what a busy machine needs.
        scale: [1.0, 0.2, 0.5],
        args: &["--port", "0", "--api-url", "{site}/json", "--scale", "{scale}"],
        limit: 50,
        floor: Some(|count| floor((0..count).map(|_| (0.0, 0.8)), 50)),
    },
];

/// The delay of `/lat/{i}` of the local server.
fn latency(i: u64) -> f64 {
    0.5 + ((i % 100) * 37 % 100) as f64 / 99.0
}

/// When the last of these is done: each comes at a time and takes a time, they begin in their order
/// and at most `permits` of them run at once.
fn floor(jobs: impl Iterator<Item = (f64, f64)>, permits: usize) -> f64 {
    let mut ends = vec![0.0_f64; permits];
    for (comes, takes) in jobs {
        let free = ends.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a permit at least");
        *free = free.max(comes) + takes;
    }
    ends.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_have_the_known_floors() {
        let floors = [
            ("fetch", 0.4),
            ("crawl", 6.0),
            ("hundred", 1.5),
            ("hundred by ten", 10.596),
            ("queue", 7.3),
            ("scraper", 9.0),
            ("search", 8.0),
        ];
        for (name, expected) in floors {
            let row = ROWS.iter().find(|row| row.name == name).unwrap();
            let got = row.floor(Size::Full).unwrap();
            assert!((got - expected).abs() < 0.001, "{name}: {got}");
        }
    }

    #[test]
    fn a_row_has_one_limit() {
        for row in &ROWS {
            if let Some(at) = row.args.iter().position(|arg| *arg == "--limit") {
                assert_eq!(row.args[at + 1], row.limit.to_string(), "{}", row.name);
            }
        }
    }

    #[test]
    fn the_programs_of_the_rows_are_there() {
        for row in &ROWS {
            assert!(super::super::find::script(row.script).exists(), "{}", row.script);
        }
    }
}
