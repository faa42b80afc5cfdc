//! A recorded trace: Chrome's JSON as the runtime's recorder writes it, as threads and moves.

use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Poll,
    Closure,
    Park,
    Spawn,
    Wake,
    Yield,
    Timer,
    Io,
    Steal,
    Budget,
    Other,
}

/// One slice or instant.
#[derive(Debug)]
pub struct Move {
    pub kind: Kind,
    pub name: String,
    /// Which thread, an index of `Trace::threads`.
    pub thread: usize,
    /// Nanoseconds.
    pub at: i64,
    /// How long it took, if it is a slice.
    pub took: Option<i64>,
    pub task: Option<u64>,
    /// A task's number, `timer`, `io`, or a thread's name.
    pub by: Option<String>,
    /// Of a poll: which one, and whether the task has ended with it.
    pub poll: Option<u64>,
    pub ready: bool,
}

pub struct Trace {
    pub threads: Vec<String>,
    pub moves: Vec<Move>,
    /// How each task is called in its slices.
    pub tasks: BTreeMap<u64, String>,
}

pub fn is_trace(json: &Value) -> bool {
    json.is_array() || json.get("traceEvents").is_some()
}

/// Reads what lies between two times in nanoseconds.
pub fn read(json: &Value, from: i64, to: i64) -> Result<Trace, String> {
    let events = json.get("traceEvents").unwrap_or(json);
    let events = events.as_array().ok_or("no list of traceEvents")?;
    let (mut names, mut processes) = (BTreeMap::new(), BTreeMap::new());
    for event in events.iter().filter(|event| text(event, "ph") == "M") {
        let name = event.pointer("/args/name").and_then(Value::as_str).unwrap_or_default();
        match text(event, "name") {
            "thread_name" => drop(names.insert(place(event), name.to_string())),
            "process_name" => drop(processes.insert(place(event).0, name.to_string())),
            _ => {}
        }
    }
    let mut places: Vec<(i64, i64)> = names.keys().copied().collect();
    let mut moves = Vec::new();
    let mut tasks = BTreeMap::new();
    for event in events.iter().filter(|event| matches!(text(event, "ph"), "X" | "i" | "I")) {
        let at = nanoseconds(event, "ts").ok_or("an event without `ts`")?;
        if at < from || at > to {
            continue;
        }
        let place = place(event);
        let thread = places.iter().position(|own| *own == place).unwrap_or_else(|| {
            places.push(place);
            places.len() - 1
        });
        let made = one(event, thread, at);
        if let (Kind::Poll | Kind::Closure, Some(task)) = (made.kind, made.task) {
            tasks.entry(task).or_insert(made.name.clone());
        }
        moves.push(made);
    }
    let several = places.iter().any(|place| place.0 != places[0].0);
    let thread = |place: &(i64, i64)| {
        let name = names.get(place).cloned().unwrap_or(format!("thread {}", place.1));
        match processes.get(&place.0).filter(|_| several) {
            Some(process) => format!("{process}, {name}"),
            None => name,
        }
    };
    Ok(Trace { threads: places.iter().map(thread).collect(), moves, tasks })
}

fn one(event: &Value, thread: usize, at: i64) -> Move {
    let argument = |key: &str| event.get("args").and_then(|args| args.get(key));
    let kind = match text(event, "cat") {
        "poll" => Kind::Poll,
        "blocking" => Kind::Closure,
        "park" => Kind::Park,
        "spawn" => Kind::Spawn,
        "wake" => Kind::Wake,
        "yield" => Kind::Yield,
        "timer" => Kind::Timer,
        "io" => Kind::Io,
        "steal" => Kind::Steal,
        "budget" => Kind::Budget,
        _ => Kind::Other,
    };
    let by = argument("by").map(|by| by.as_str().map_or(by.to_string(), str::to_string));
    Move {
        kind,
        name: text(event, "name").to_string(),
        thread,
        at,
        took: nanoseconds(event, "dur").filter(|_| text(event, "ph") == "X"),
        task: argument("task").and_then(Value::as_u64),
        by,
        poll: argument("poll").and_then(Value::as_u64),
        ready: argument("ready").and_then(Value::as_bool).unwrap_or(false),
    }
}

fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn place(event: &Value) -> (i64, i64) {
    let number = |key| event.get(key).and_then(Value::as_i64).unwrap_or(0);
    (number("pid"), number("tid"))
}

/// The file has microseconds, with three decimals.
fn nanoseconds(event: &Value, key: &str) -> Option<i64> {
    event.get(key).and_then(Value::as_f64).map(|micros| (micros * 1_000.0).round() as i64)
}

/// A time as a reader wants it.
pub fn time(nanoseconds: i64) -> String {
    let n = nanoseconds as f64;
    let (value, unit) = match nanoseconds.abs() {
        0..1_000 => (n, "ns"),
        1_000..1_000_000 => (n / 1e3, "µs"),
        1_000_000..1_000_000_000 => (n / 1e6, "ms"),
        _ => (n / 1e9, "s"),
    };
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if nanoseconds == 0 { "0".to_string() } else { format!("{text} {unit}") }
}

impl Trace {
    fn task(&self, task: Option<u64>) -> String {
        let name =
            task.map(|task| self.tasks.get(&task).cloned().unwrap_or(format!("task {task}")));
        name.unwrap_or_default()
    }

    fn by(&self, by: &Option<String>) -> String {
        match by.as_deref() {
            None => String::new(),
            Some("timer") => "a timer".to_string(),
            Some("io") => "the reactor".to_string(),
            Some(by) => by.parse().map_or(by.to_string(), |task| self.task(Some(task))),
        }
    }

    /// What happened, a line each, in the order of the file.
    pub fn log(&self) -> Vec<String> {
        let line = |of: &Move| {
            let (task, by) = (self.task(of.task), self.by(&of.by));
            let took = of.took.unwrap_or(0);
            let long = if took > 0 { format!(", {}", time(took)) } else { String::new() };
            let end = if of.ready { "ready" } else { "pending" };
            let what = match of.kind {
                Kind::Poll => format!("{task}, poll {}{long}: {end}", of.poll.unwrap_or(0)),
                Kind::Closure => format!("{task} runs{long}"),
                Kind::Park => format!("the thread sleeps{long}"),
                Kind::Spawn => format!("{by} spawns {task}"),
                Kind::Wake if by.is_empty() => format!("{task} is woken in its own poll"),
                Kind::Wake => format!("{by} wakes {task}"),
                Kind::Yield => format!("{task} yields"),
                Kind::Timer => "a timer fires".to_string(),
                Kind::Io => "the kernel reports a socket".to_string(),
                Kind::Budget => format!("{task} has used up its budget"),
                Kind::Steal | Kind::Other => of.name.clone(),
            };
            let thread = match self.threads.len() {
                1 => String::new(),
                _ => format!("{}: ", self.threads[of.thread]),
            };
            format!("{}: {thread}{what}", time(of.at))
        };
        self.moves.iter().map(line).collect()
    }
}
