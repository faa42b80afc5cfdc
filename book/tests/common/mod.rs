//! A small book in a temporary folder, and the tool at work on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

const SOURCE: &str = "/// Room for entries.\nconst ROOM: usize = 1 << 6;\n\n\
                      /// Says hello.\npub fn hello() -> &'static str {\n    \"hello\"\n}\n";
const NUMBERS: &str = r#"{
  "spawn": {
    "command": "echo spawn 81.3 ns",
    "read": "spawn ([0-9.]+) ns",
    "digits": 2,
    "unit": "ns",
    "value": "80.1"
  }
}
"#;
const CHAPTER: &str = "\
# A chapter

It says what it is about.

## What you will have

A transcript of the program that this chapter has built, at the end:

<!-- run: echo hello -->
<!-- end -->

## In asyncio

The same in Python, with its one difference, which bites at once:

```python
print(\"hello\")
```

## Predict: what is printed first?

Write the answer down before you go on, and then look at it.

## The version that fails

It has room for <!-- c: runtime/src/a.rs#ROOM -->?<!-- /c --> and no more, as its trace says.

## The build-up

<!-- listing: runtime/src/a.rs#hello -->
<!-- end -->

See [the source](../../runtime/src/a.rs#L4-L7) and [the measurement](#measure-it).
The program is `cargo run --example hello`.

## Measure it

Each costs <!-- n: spawn -->?<!-- /n --> on one machine, and you can measure it again.

## In tokio

They do the same in another way, and it buys them this much more.

## Exercises

One of them, for a start: [the first exercise](../exercises/ch02_1_first/README.md), with its hints.

## What must stay true

What was written before a nudge is seen after the sleep that it ended.

## You can now answer

What does it cost, what does it do, and why is it done that way?
";

pub struct Book {
    pub root: PathBuf,
}

impl Drop for Book {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Book {
    /// A book in which all is well.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("book-test-{}-{number}", std::process::id());
        let book = Self { root: std::env::temp_dir().join(name) };
        book.write("runtime/src/a.rs", SOURCE);
        book.write("examples/hello.rs", "fn main() {}\n");
        book.write("examples/README.md", "# The programs\n");
        book.write("README.md", "# Root\n");
        book.write("book/data/numbers.json", NUMBERS);
        book.write("book/exercises/ch02_1_first/README.md", "# The first exercise\n");
        book.write("book/text/SUMMARY.md", "# Summary\n\n- [A chapter](ch02.md)\n");
        book.write("book/text/ch02.md", CHAPTER);
        book.succeeds(&["sync"]);
        book
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    /// Replaces a text that is there.
    pub fn change(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, &text.replacen(from, to, 1));
    }

    /// Whether the command succeeds, and what it prints.
    pub fn run(&self, arguments: &[&str]) -> (bool, String) {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_book"));
        let output = tool.args(arguments).arg("--root").arg(&self.root).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    /// Does the command succeed when what it prints goes there?
    pub fn prints_to(&self, there: impl Into<Stdio>, arguments: &[&str]) -> bool {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_book"));
        tool.args(arguments).arg("--root").arg(&self.root).stdout(there);
        tool.status().unwrap().success()
    }

    pub fn succeeds(&self, arguments: &[&str]) -> String {
        let (success, text) = self.run(arguments);
        assert!(success, "{arguments:?}:\n{text}");
        text
    }

    /// The command fails, and says all of this.
    pub fn fails(&self, arguments: &[&str], says: &[&str]) {
        let (success, text) = self.run(arguments);
        assert!(!success, "{arguments:?} succeeded:\n{text}");
        for part in says {
            assert!(text.contains(part), "{arguments:?} does not say {part:?}:\n{text}");
        }
    }
}
