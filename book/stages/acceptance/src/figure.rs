//! what a run did, as data for a figure of the book.
//!
//! A program takes it down while it runs and prints it at the end. `cargo book numbers` puts that
//! into `book/data`; `cargo book check` runs the program again and compares.

use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

/// Who did what, step by step, on any thread.
#[derive(Clone, Default)]
pub struct Steps(Arc<Mutex<Vec<String>>>);

impl Steps {
    /// `to` begins to work for `from`.
    pub fn call(&self, from: &str, to: &str, text: impl AsRef<str>) {
        self.add("call", from, to, text.as_ref());
    }

    /// `from` has done what it was called for.
    pub fn answer(&self, from: &str, to: &str, text: impl AsRef<str>) {
        self.add("answer", from, to, text.as_ref());
    }

    /// A call and its answer in one.
    pub fn ask(&self, from: &str, to: &str, text: impl AsRef<str>) {
        self.add("ask", from, to, text.as_ref());
    }

    /// An arrow, and nothing else.
    pub fn send(&self, from: &str, to: &str, text: impl AsRef<str>) {
        self.add("send", from, to, text.as_ref());
    }

    /// Something that one does by itself.
    pub fn note(&self, at: &str, text: impl AsRef<str>) {
        self.add("note", at, "", text.as_ref());
    }

    /// One begins to sleep.
    pub fn sleep(&self, at: &str, text: impl AsRef<str>) {
        self.add("sleep", at, "", text.as_ref());
    }

    /// And ends it.
    pub fn awake(&self, at: &str, text: impl AsRef<str>) {
        self.add("awake", at, "", text.as_ref());
    }

    fn add(&self, what: &str, from: &str, to: &str, text: &str) {
        let to = if to.is_empty() { String::new() } else { format!("\"to\": {to:?}, ") };
        let step =
            format!("{{ \"what\": \"{what}\", \"from\": {from:?}, {to}\"text\": {text:?} }}");
        self.0.lock().unwrap().push(step);
    }

    /// Prints them, on lanes in this order.
    pub fn print(&self, lanes: &[&str]) {
        println!("{{\n  \"kind\": \"sequence\",\n  \"lanes\": {lanes:?},\n  \"steps\": [");
        println!("    {}\n  ]\n}}", self.0.lock().unwrap().join(",\n    "));
    }
}

/// What lasted from when to when.
#[derive(Clone, Default)]
pub struct Spans(Arc<Mutex<Lists>>);

#[derive(Default)]
struct Lists {
    /// Steps so far, where there is no other time.
    now: u64,
    spans: Vec<String>,
    marks: Vec<String>,
}

impl Spans {
    /// One step on: when it was.
    pub fn step(&self) -> u64 {
        let mut lists = self.0.lock().unwrap();
        lists.now += 1;
        lists.now
    }

    /// In `row`, from `from` to `to`. The tone is a colour: 0, 1 or 2.
    pub fn span(&self, row: &str, from: u64, to: u64, text: &str, tone: u8) {
        self.0.lock().unwrap().spans.push(format!(
            "{{ \"row\": {row:?}, \"from\": {from}, \"to\": {to}, \"text\": {text:?}, \
             \"tone\": {tone} }}"
        ));
    }

    /// A sign at a moment.
    pub fn mark(&self, row: &str, at: u64, sign: char, text: &str) {
        self.0.lock().unwrap().marks.push(format!(
            "{{ \"row\": {row:?}, \"at\": {at}, \"sign\": \"{sign}\", \"text\": {text:?} }}"
        ));
    }

    /// Prints them, in rows in this order. No unit: the times are steps.
    pub fn print<T: AsRef<str> + std::fmt::Debug>(&self, rows: &[T], unit: &str) {
        let lists = self.0.lock().unwrap();
        println!("{{\n  \"kind\": \"spans\",\n  \"unit\": {unit:?},\n  \"rows\": {rows:?},");
        println!("  \"spans\": [\n    {}\n  ],", lists.spans.join(",\n    "));
        println!("  \"marks\": [\n    {}\n  ]\n}}", lists.marks.join(",\n    "));
    }
}

/// A waker in front of another one, that says when it is called.
pub struct Ear(Arc<Heard>);

struct Heard {
    inner: Waker,
    woken: Box<dyn Fn() + Send + Sync>,
}

impl Ear {
    pub fn new(inner: &Waker, woken: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(Heard { inner: inner.clone(), woken: Box::new(woken) }))
    }

    pub fn waker(&self) -> Waker {
        self.0.clone().into()
    }

    /// Does anybody have a waker of this one's?
    pub fn is_kept(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

impl Wake for Heard {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        (self.woken)();
        self.inner.wake_by_ref();
    }
}
