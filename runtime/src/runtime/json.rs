//! the lines of a timeline's file: slices, instants, arrows and names, as JSON.

#![forbid(unsafe_code)]

use std::fmt::{self, Display};
use std::io::{self, Write};

/// Nanoseconds as microseconds.
#[derive(Clone, Copy)]
pub(super) struct Micros(pub(super) u64);

impl Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

/// A string.
pub(super) struct Text<T>(pub(super) T);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for char in self.0.to_string().chars() {
            match char {
                '"' | '\\' => write!(f, "\\{char}")?,
                _ if char < ' ' => write!(f, "\\u{:04x}", u32::from(char))?,
                _ => write!(f, "{char}")?,
            }
        }
        f.write_str("\"")
    }
}

/// The arguments of an event: `"key":value` with commas between them.
#[derive(Default)]
pub(super) struct Args(String);

impl Args {
    pub(super) fn and(mut self, key: &str, value: impl Display) -> Self {
        let comma = if self.0.is_empty() { "" } else { "," };
        self.0 += &format!("{comma}\"{key}\":{value}");
        self
    }

    pub(super) fn and_if(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.and(key, value),
            None => self,
        }
    }
}

/// Where an event is: a runtime's process, a lane of it, nanoseconds.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) pid: usize,
    pub(super) tid: usize,
    pub(super) at: u64,
}

/// Writes one event a line.
pub(super) struct Lines<'a> {
    out: &'a mut dyn Write,
    /// No event has been written.
    pub(super) first: bool,
}

impl<'a> Lines<'a> {
    /// What a file begins with.
    pub(super) const HEAD: &'static [u8] = b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";

    /// Goes on after the head and, unless there is none to be the first, after other events.
    pub(super) fn new(out: &'a mut dyn Write, first: bool) -> Self {
        Self { out, first }
    }

    /// Ends the file. `other` says what it is about as a whole.
    pub(super) fn end(self, other: &Args) -> io::Result<()> {
        write!(self.out, "\n],\"otherData\":{{{}}}}}\n", other.0)
    }

    fn event(&mut self, ph: char, pid: usize, tid: usize, rest: &dyn Display) -> io::Result<()> {
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        write!(self.out, "{comma}\n{{\"ph\":\"{ph}\",\"pid\":{pid},\"tid\":{tid},{rest}}}")
    }

    /// Says `what` of a lane or a process.
    pub(super) fn metadata(&mut self, at: Spot, what: &str, args: Args) -> io::Result<()> {
        let rest = format_args!("\"name\":\"{what}\",\"args\":{{{}}}", args.0);
        self.event('M', at.pid, at.tid, &rest)
    }

    /// What takes no time. `scope`: `t`, the thread; `p`, the process.
    pub(super) fn instant(
        &mut self,
        spot: Spot,
        scope: char,
        cat: &str,
        name: &str,
        args: Args,
    ) -> io::Result<()> {
        let (name, ts, args) = (Text(name), Micros(spot.at), args.0);
        self.event('i', spot.pid, spot.tid, &format_args!(
            "\"cat\":\"{cat}\",\"name\":{name},\"s\":\"{scope}\",\"ts\":{ts},\"args\":{{{args}}}"
        ))
    }

    /// What begins there and takes so long.
    pub(super) fn slice(
        &mut self,
        spot: Spot,
        took: u64,
        cat: &str,
        name: &str,
        args: Args,
    ) -> io::Result<()> {
        let (name, ts, dur, args) = (Text(name), Micros(spot.at), Micros(took), args.0);
        self.event(
            'X',
            spot.pid,
            spot.tid,
            &format_args!(
                "\"cat\":\"{cat}\",\"name\":{name},\"ts\":{ts},\"dur\":{dur},\"args\":{{{args}}}"
            ),
        )
    }

    /// What leads from one spot to another.
    pub(super) fn arrow(&mut self, kind: &str, id: usize, from: Spot, to: Spot) -> io::Result<()> {
        for (ph, spot, bind) in [('s', from, ""), ('f', to, "\"bp\":\"e\",")] {
            let ts = Micros(spot.at);
            self.event(
                ph,
                spot.pid,
                spot.tid,
                &format_args!(
                    "\"cat\":\"{kind}\",\"name\":\"{kind}\",\"id\":{id},{bind}\"ts\":{ts}"
                ),
            )?;
        }
        Ok(())
    }
}
