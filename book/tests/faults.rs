//! Faults that are planted in a book, each of which `cargo book check` must find.

mod common;

use common::Book;

const CHAPTER: &str = "book/text/ch02.md";

/// Plants a text at the end of the build-up.
fn plant(text: &str) -> Book {
    let book = Book::new();
    book.change(CHAPTER, "## Measure it\n", &format!("{text}\n\n## Measure it\n"));
    book
}

#[test]
fn a_book_in_which_all_is_well() {
    assert!(Book::new().succeeds(&["check"]).contains("3 pages are as they should be"));
}

#[test]
fn a_reader_who_has_gone_is_no_fault_and_a_full_disk_is() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert!(Book::new().prints_to(writer, &["check"]));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert!(!Book::new().prints_to(full, &["check"]));
}

#[test]
fn a_drifted_listing() {
    let book = Book::new();
    book.change("runtime/src/a.rs", "\"hello\"", "\"good morning\"");
    let says = ["ch02.md:34: listing: runtime/src/a.rs#hello", "has drifted", "-     \"hello\""];
    book.fails(&["check"], &says);
    book.fails(&["check"], &["+     \"good morning\"", "remedy: cargo book sync text/ch02"]);
    book.succeeds(&["sync", "text/ch02"]);
    book.succeeds(&["check"]);
}

#[test]
fn a_listing_that_moved_and_one_that_is_gone() {
    let book = Book::new();
    book.change("runtime/src/a.rs", "/// Says", "\n/// Says");
    book.fails(&["check"], &["has drifted", "lines 4–7", "lines 5–8"]);
    book.change("runtime/src/a.rs", "fn hello", "fn hallo");
    book.fails(&["check"], &["runtime/src/a.rs: no item `hello`", "nearest: hallo"]);
    book.change(CHAPTER, "src/a.rs#hello -->", "src/b.rs#hello -->");
    book.fails(&["check"], &["runtime/src/b.rs: No such file", "nearest: runtime/src/a.rs"]);
}

#[test]
fn a_number_by_hand() {
    for (text, shown) in [
        ("It takes 80 ns.", "`80 ns`"),
        ("It takes **80** ns.", "a number with a unit"),
        ("It is 1.4× as fast.", "`1.4×`"),
        ("That is 12 % of it.", "`12 %`"),
        ("It serves 20 000 req/s.", "`20 000 req/s`"),
        ("A task has 128 bytes, or 64\nKiB.", "`64 KiB`"),
        ("| a | 5 ms |\n|---|---|\n| b | c |", "`5 ms`"),
    ] {
        let book = plant(text);
        book.fails(&["check"], &["ch02.md:48: ", shown, "typed by hand", "<!-- n: id -->"]);
    }
}

#[test]
fn what_is_no_number_by_hand() {
    plant("In chapter 5, 64 slots of `10 ms`: HTTP 404 of 2026, 3 steps, v1.2.")
        .succeeds(&["check"]);
}

#[test]
fn a_number_that_is_not_the_recorded_one() {
    let book = Book::new();
    book.change(CHAPTER, "80 ns", "60 ns");
    book.fails(&["check"], &["n: spawn", "not the recorded one", "80 ns"]);
    book.succeeds(&["sync"]);
    book.change(CHAPTER, "<!-- n: spawn -->", "<!-- n: span -->");
    book.fails(&["check"], &["no number `span`", "nearest: spawn", "cargo book numbers"]);
}

#[test]
fn a_number_that_is_not_measured() {
    let book = Book::new();
    book.change("book/data/numbers.json", ",\n    \"value\": \"80.1\"", "");
    book.fails(&["check"], &["`spawn` is not measured yet", "cargo book numbers"]);
    book.succeeds(&["numbers", "spawn"]);
    assert!(book.read(CHAPTER).contains("<!-- n: spawn -->81 ns<!-- /n -->"));
    let numbers = book.read("book/data/numbers.json");
    assert!(numbers.contains("\"value\": \"81.3\"") && numbers.contains("\"kernel\": \"Linux"));
    book.succeeds(&["check"]);
}

#[test]
fn a_constant_that_changed() {
    let book = Book::new();
    book.change("runtime/src/a.rs", "1 << 6", "1 << 7");
    book.fails(&["check"], &["c: runtime/src/a.rs#ROOM", "not the source's", "128"]);
}

#[test]
fn a_dead_link() {
    for (text, says) in [
        ("[a](ch03.md)", "a dead link: book/text/ch03.md"),
        ("[a](../../runtime/src/c.rs)", "nearest: runtime/src/a.rs"),
        ("[a](#measure)", "no heading has the anchor #measure\n    nearest: measure-it"),
        ("[a](ch02.md#nowhere)", "no heading has the anchor #nowhere"),
        ("[a](../../runtime/src/a.rs#L900)", "runtime/src/a.rs has 7 lines"),
        ("[a](../../../x.md)", "out of the repository"),
        ("[a][b]", "no such reference"),
        ("A note[^1].", "no such footnote"),
        ("<a href=\"gone.html\">a</a>", "a dead link: book/text/gone.html"),
        ("In `runtime/src/gone.rs`.", "nearest: runtime/src/a.rs"),
        ("![a](https://example.com/a.png)", "may not load anything from elsewhere"),
    ] {
        plant(text).fails(&["check"], &["ch02.md:48: ", says, "remedy: "]);
    }
    plant("[a](https://example.com/)").succeeds(&["check"]);
}

#[test]
fn a_missing_alternative_text() {
    for text in ["![](../../README.md)", "<img src=\"../../README.md\">"] {
        plant(text).fails(&["check"], &["ch02.md:48: ", "without an alternative text"]);
    }
}

#[test]
fn a_figure_without_words_and_one_without_data() {
    let figure = |argument| format!("<!-- figure: {argument} -->\n<!-- end -->");
    plant(&figure("run")).fails(&["check"], &["figure: run", "without an alternative text"]);
    let book = plant(&figure("run alt=\"a run\""));
    book.fails(&["check"], &["book/data/run.json: No such file", "nearest: "]);
    book.write("book/data/run.json", include_str!("trace.json"));
    book.fails(&["check"], &["has drifted"]);
    book.succeeds(&["sync"]);
    book.succeeds(&["check"]);
    let drawn = "<svg viewBox=\"0 0 9 9\">\n<path d=\"M0 0h9\"/>\n</svg>";
    plant(drawn).fails(&["check"], &["ch02.md:48: <svg", "<title> and <desc>"]);
    let told = drawn.replace("<path", "<title>a</title>\n<desc>b</desc>\n<path");
    plant(&told).succeeds(&["check"]);
    plant(&told.replace("<path", "\n<path")).fails(&["check"], &["a blank line"]);
}

#[test]
fn a_figure_says_how_it_is_recorded() {
    let command = "cp book/tests/run.json $MAINSPRING_TRACE";
    let figure = format!("<!-- figure: run alt=\"a run\" command=\"{command}\" -->\n<!-- end -->");
    let book = plant(&figure);
    book.write("book/tests/run.json", include_str!("trace.json"));
    book.fails(&["check"], &["book/data/run.json: No such file"]);
    book.succeeds(&["numbers", "run"]);
    assert!(book.read(CHAPTER).contains(&format!("Recorded from <code>{command}</code>")));
    book.succeeds(&["check"]);
}

#[test]
fn a_figure_whose_command_says_something_else_by_now() {
    let figure = "<!-- figure: run alt=\"a run\" command=\"cat book/tests/run.json\" -->";
    let book = plant(&format!("{figure}\n<!-- end -->"));
    let step = |text| format!("{{ \"what\": \"note\", \"from\": \"a\", \"text\": \"{text}\" }}\n");
    let of = |text| {
        let step = step(text);
        format!("{{ \"kind\": \"sequence\", \"lanes\": [\"a\"], \"steps\": [\n{step}] }}\n")
    };
    book.write("book/tests/run.json", &of("hello"));
    book.succeeds(&["numbers", "run"]);
    assert!(book.read(CHAPTER).contains("<li>a: hello</li>"));
    book.succeeds(&["check"]);
    book.write("book/tests/run.json", &of("goodbye"));
    let says = ["book/data/run.json has −, its command prints +", "cargo book numbers run"];
    book.fails(&["check"], &says);
    book.fails(&["sync"], &says);
    book.succeeds(&["check", "--no-run"]);
    book.succeeds(&["numbers", "run"]);
    assert!(book.read(CHAPTER).contains("<li>a: goodbye</li>"));
    book.succeeds(&["check"]);
}

#[test]
fn a_stale_transcript() {
    let book = Book::new();
    book.change(CHAPTER, "$ echo hello\nhello\n", "$ echo hello\ngoodbye\n");
    let says = ["ch02.md:9: run: echo hello", "transcript is stale", "- goodbye", "+ hello"];
    book.fails(&["check"], &says);
    book.succeeds(&["check", "--no-run"]);
    book.succeeds(&["sync"]);
    book.change(CHAPTER, "<!-- run: echo hello -->", "<!-- run: cat none -->");
    book.fails(&["check"], &["run: cat none", "the command failed: exit status: 1"]);
}

#[test]
fn a_slow_transcript_is_run_on_demand_but_never_another_commands() {
    let book = Book::new();
    book.change(CHAPTER, "<!-- run: echo hello -->", "<!-- run slow: echo hello -->");
    book.change(CHAPTER, "$ echo hello\nhello\n", "$ echo hello\ngoodbye\n");
    book.succeeds(&["check"]);
    book.fails(&["check", "--all"], &["transcript is stale", "cargo book sync text/ch02 --all"]);
    book.change(CHAPTER, "<!-- run slow: echo hello -->", "<!-- run slow: echo hi -->");
    book.fails(&["check"], &["the transcript is not one of this command"]);
}

#[test]
fn code_that_nothing_checks() {
    for (text, says) in [
        ("```\na\n```", "without a language"),
        ("    a", "without a language"),
        ("```rust\nfn a() {}\n```", "Rust that nothing compiles"),
        ("```rust,ignore\nfn a() {}\n```", "Rust that nothing compiles"),
        ("```console\n$ ls\n```", "a transcript by hand"),
        ("```text\n$ ls\n```", "a transcript by hand"),
        ("```python\na\n```", "Python outside `In asyncio`"),
    ] {
        plant(text).fails(&["check"], &["ch02.md:48: ", says]);
    }
    plant("```text\na -> b\n```").succeeds(&["check"]);
}

#[test]
fn a_chapter_that_is_a_stub() {
    let book = Book::new();
    book.change(CHAPTER, "## In tokio\n", "## Elsewhere\n");
    book.fails(&["check"], &["In tokio", "the part is missing", "remedy: ## In tokio"]);
    let book = Book::new();
    book.change(CHAPTER, "They do the same in another way, and it buys them this much more.", "");
    book.fails(&["check"], &["In tokio", "nothing in it"]);
    let book = plant(&"word ".repeat(3_500));
    book.fails(&["check"], &["words of prose, at most 3500"]);
    let book = Book::new();
    book.change(CHAPTER, "## Predict", "## Exercises");
    book.change(CHAPTER, "## Exercises\n", "## Predict\n");
    book.fails(&["check"], &["stands before one that it should follow"]);
}

#[test]
fn a_page_that_is_not_in_the_table_of_contents_and_the_other_way_round() {
    let book = Book::new();
    book.write("book/text/glossary.md", "# Glossary\n");
    book.fails(&["check"], &["glossary.md:1:", "not in the table of contents"]);
    book.write("book/text/SUMMARY.md", "# Summary\n\n- [A](ch02.md)\n- [B](ch03.md)\n- [C]()\n");
    book.fails(&["check"], &["SUMMARY.md:4: ch03.md", "a dead link", "a chapter without a page"]);
}

#[test]
fn an_example_that_nobody_mentions_and_one_that_is_not_there() {
    let book = Book::new();
    book.write("examples/primer/lone.rs", "fn main() {}\n");
    book.fails(&["check"], &["examples/primer/lone.rs:1:", "no chapter mentions the example"]);
    book.write("examples/README.md", "# The programs\n\n[lone](primer/lone.rs)\n");
    book.succeeds(&["check"]);
    book.change(CHAPTER, "--example hello", "--example hallo");
    book.fails(&["check"], &["--example hallo", "there is no such example", "nearest: hello"]);
}

#[test]
fn only_the_pages_that_are_asked_for_are_looked_at() {
    let book = plant("It takes 80 ns.");
    book.write("book/text/ch03.md", "# Three\n");
    book.fails(&["check", "ch02"], &["1 problems"]);
    book.fails(&["check", "ch09"], &["no page in book/ holds `ch09`"]);
    book.fails(&["frobnicate"], &["cargo book sync"]);
}
