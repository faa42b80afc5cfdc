//! a program under callgrind: how often each of its instructions ran, between boundaries.
//!
//! The program calls [`boundary`](crate::meter::boundary) three times: before one batch, between it
//! and one twice as large, and after that. Callgrind dumps its counters each time, so it writes a
//! file for the start, one for each batch, and one for the rest.
//!
//! A dump is a list of functions; below each stand its instructions and how often they ran:
//!
//! ```text
//! ob=(6) /path/of/the/program          the object that the next functions are in
//! fn=(140) name
//! 0x149380 2                           an address in the object's file, and its count
//! +1 2                                 relative to the last, in decimal
//! calls=2 0xcf420                      a call from here, and below it what that cost:
//! * 20                                 counted where it was spent, so it is skipped
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io};

/// How often the instruction at each address of an object ran.
pub type Counts = BTreeMap<u64, u64>;

/// What ran between two boundaries, by object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub objects: BTreeMap<String, Counts>,
    /// By function of any object, as often as its instructions ran.
    pub functions: BTreeMap<String, u64>,
    /// By object: the function that the instruction at each address was compiled into.
    pub within: BTreeMap<String, BTreeMap<u64, Arc<str>>>,
}

impl Part {
    pub fn of(&self, object: &Path) -> u64 {
        let counts = self.objects.get(&*object.to_string_lossy());
        counts.map_or(0, |counts| counts.values().sum())
    }
}

/// What a program printed, and what ran in the two batches.
#[derive(Debug)]
pub struct Run {
    pub printed: String,
    pub batches: [Part; 2],
}

/// The version, if it is here.
pub fn version() -> Option<String> {
    let said = Command::new("valgrind").arg("--version").output().ok()?;
    let version = String::from_utf8(said.stdout).ok()?.trim().to_owned();
    (said.status.success() && !version.is_empty()).then_some(version)
}

/// What to do where it is not.
pub const INSTALL: &str = "valgrind is not here (Debian: apt-get install valgrind)";

/// Runs it, waits for it, and reads the dumps.
pub fn run(program: &Path, arguments: &[&str]) -> Result<Run, String> {
    let folder = Folder::new().map_err(|error| format!("a folder for the dumps: {error}"))?;
    let out = folder.0.join("out");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--dump-instr=yes", "--dump-line=no"]);
    command.arg(format!("--callgrind-out-file={}", out.display()));
    command.arg("--dump-before=*meter::boundary*").arg(program).args(arguments);
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|error| format!("valgrind: {error}"))?;
    if !done.status.success() {
        return Err(complaint(&done));
    }
    let part = |number: u32| {
        let path = format!("{}.{number}", out.display());
        let text = fs::read_to_string(&path);
        text.map_err(|error| format!("callgrind's dump {number}: {error}")).and_then(|t| parse(&t))
    };
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    // The first one ends where the smaller batch begins.
    Ok(Run { printed, batches: [part(2)?, part(3)?] })
}

fn complaint(done: &Output) -> String {
    let said = String::from_utf8_lossy(&done.stderr);
    let last: Vec<&str> = said.lines().rev().take(3).collect();
    format!("under valgrind: {}: {}", done.status, last.join(" / "))
}

/// A folder of its own under the system's temporary one; it goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("mainspring-count-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Reads one dump.
pub fn parse(text: &str) -> Result<Part, String> {
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line).ok_or_else(|| format!("callgrind wrote {line:?}"))?;
    }
    let within = reader.within();
    let (objects, functions) = (reader.objects.named(), reader.functions.named());
    Ok(Part { objects, functions, within })
}

/// Things with names, which are written once and numbered, and what was counted for each.
#[derive(Default)]
struct Named<T> {
    names: BTreeMap<String, String>,
    counts: BTreeMap<String, T>,
    /// The one that the next lines belong to.
    current: String,
}

impl<T: Default> Named<T> {
    /// `(6) /path`, or `(6)` when it has been said.
    fn name<'a>(&mut self, text: &'a str) -> &'a str {
        let (id, name) = text.split_once(' ').unwrap_or((text, ""));
        if !name.is_empty() {
            self.names.insert(id.to_owned(), name.to_owned());
        }
        id
    }

    fn enter(&mut self, text: &str) {
        self.current = self.name(text).to_owned();
    }

    fn count(&mut self) -> &mut T {
        self.counts.entry(self.current.clone()).or_default()
    }

    fn named(mut self) -> BTreeMap<String, T> {
        let name = |(id, count)| (self.names.remove(&id).unwrap_or(id), count);
        self.counts.into_iter().map(name).collect()
    }
}

#[derive(Default)]
struct Reader {
    objects: Named<Counts>,
    functions: Named<u64>,
    /// By object and address, the numbers of functions.
    places: BTreeMap<(String, u64), String>,
    address: u64,
    /// The next line is the cost of a call.
    call: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(object) = line.strip_prefix("ob=") {
            self.objects.enter(object);
        } else if let Some(object) = line.strip_prefix("cob=") {
            self.objects.name(object);
        } else if let Some(function) = line.strip_prefix("fn=") {
            self.functions.enter(function);
        } else if let Some(function) = line.strip_prefix("cfn=") {
            self.functions.name(function);
        } else if line.starts_with("calls=") {
            self.call = true;
        } else if line.starts_with(['0', '+', '-', '*']) {
            self.cost(line)?;
        }
        Some(())
    }

    fn cost(&mut self, line: &str) -> Option<()> {
        let (place, count) = line.split_once(' ')?;
        let number = |digits: &str| match digits.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        };
        self.address = match place.split_at(1) {
            ("*", "") => self.address,
            ("+", more) => self.address.checked_add(number(more)?)?,
            ("-", less) => self.address.checked_sub(number(less)?)?,
            _ => number(place)?,
        };
        let count: u64 = count.trim().parse().ok()?;
        if !std::mem::take(&mut self.call) {
            *self.objects.count().entry(self.address).or_default() += count;
            *self.functions.count() += count;
            let place = (self.objects.current.clone(), self.address);
            self.places.entry(place).or_insert_with(|| self.functions.current.clone());
        }
        Some(())
    }

    /// Names are known when the dump has been read.
    fn within(&mut self) -> BTreeMap<String, BTreeMap<u64, Arc<str>>> {
        let mut within: BTreeMap<String, BTreeMap<u64, Arc<str>>> = BTreeMap::new();
        let mut names: BTreeMap<String, Arc<str>> = BTreeMap::new();
        for ((object, address), function) in std::mem::take(&mut self.places) {
            let said = |all: &BTreeMap<String, String>, id: &str| all.get(id).cloned();
            let object = said(&self.objects.names, &object).unwrap_or(object);
            let name = names.entry(function).or_insert_with_key(|id| {
                said(&self.functions.names, id).unwrap_or_else(|| id.clone()).into()
            });
            within.entry(object).or_default().insert(address, name.clone());
        }
        within
    }
}
