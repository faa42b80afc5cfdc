//! `cargo book`: keeps the book and the source one.
//!
//! The map, in reading order: what a page is, what stands in it, who writes what, what is checked.

#![forbid(unsafe_code)]

mod problem;

mod out;

mod page;

mod blocks;

mod items;

mod diff;

mod listing;

mod constant;

mod run;

mod numbers;

mod source_page;

mod trace;

mod layout;

mod timeline;

mod chart;

mod sequence;

mod spans;

mod figure;

mod sync;

mod markdown;

mod rules;

mod links;

mod whole;

mod html;

mod search;

mod contrast;

mod build;

mod serve;

mod exercise;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use sync::Runs;

const USAGE: &str = "\
cargo book sync  [WORD] [--all | --no-run]  write listings, transcripts, numbers and figures
cargo book check [WORD] [--all | --no-run]  fail where a page is not what sync would make of it
cargo book numbers [WORD]                   measure what has WORD in its name, record figures
cargo book build                            make the HTML, in target/book
cargo book serve [PORT]                     the same, and show it at http://127.0.0.1:3000/
cargo book stage NN                         the tests and the demo of a chapter's stage
cargo book ex NN.K [--hint N]               the next test of an exercise, and hints
cargo book ex NN.K --with solution          the tests with another answer than yours
cargo book ex --prove                       starters fail, solutions pass, wrong answers fail
cargo book timeline FILE [--from T --to T]  draw a recorded trace as a page, FILE.html

WORD chooses the pages whose path holds it (ch03). Commands marked `slow` run with --all only,
and none with --no-run.";

/// What was written behind `cargo book`.
struct Arguments {
    root: PathBuf,
    runs: Runs,
    words: Vec<String>,
    /// Of an exercise: how many hints, which answer in the place of the starter, or all of them.
    hints: usize,
    answer: String,
    prove: bool,
    /// Of a timeline: only what lies between two times.
    from: Option<String>,
    to: Option<String>,
}

fn arguments() -> Result<Arguments, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let mut found = Arguments {
        root: root.to_path_buf(),
        runs: Runs::Quick,
        words: Vec::new(),
        hints: 1,
        answer: String::new(),
        prove: false,
        from: None,
        to: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--all" => found.runs = Runs::All,
            "--no-run" => found.runs = Runs::No,
            "--from" => found.from = given.next(),
            "--to" => found.to = given.next(),
            "--prove" => found.prove = true,
            "--with" => found.answer = given.next().ok_or("--with needs an answer's name")?,
            "--hint" => {
                let number = given.next().and_then(|number| number.parse().ok());
                found.hints = number.ok_or("--hint needs a number")?;
            }
            "--root" => found.root = given.next().ok_or("--root needs a folder")?.into(),
            _ if word.starts_with('-') => return Err(format!("no option {word}\n\n{USAGE}")),
            _ => found.words.push(word),
        }
    }
    Ok(found)
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| act(&arguments)) {
        Ok(well) if well && !out::is_lost() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Was all well?
fn act(arguments: &Arguments) -> Result<bool, String> {
    let Arguments { root, runs, words, hints, answer, prove, from, to } = arguments;
    let word = words.get(1).map_or("", String::as_str);
    match words.first().map(String::as_str) {
        Some("sync") => write_pages(root, word, *runs),
        Some("check") => check_pages(root, word, *runs),
        Some("numbers") => {
            numbers::measure(root, word)?;
            figure::record(root, word)?;
            write_pages(root, "", Runs::No)
        }
        Some("build") => {
            out::line(build::build(root)?.display());
            Ok(true)
        }
        Some("serve") => {
            let page = build::build(root)?;
            let port = word.parse().unwrap_or(3000);
            serve::serve(page.parent().unwrap_or(root).to_path_buf(), port)?;
            Ok(true)
        }
        Some("timeline") => {
            let page = figure::page_of(Path::new(word), from.as_deref(), to.as_deref())?;
            out::line(page.display());
            Ok(true)
        }
        Some("stage") => exercise::stage(root, word),
        Some("ex") if *prove => exercise::prove(root),
        Some("ex") => exercise::exercise(root, word, *hints, answer),
        _ => Err(USAGE.to_string()),
    }
}

fn write_pages(root: &Path, word: &str, runs: Runs) -> Result<bool, String> {
    let mut problems = Vec::new();
    for page in page::pages(root, word)? {
        let (text, found) = sync::filled(root, &page, runs);
        problems.extend(found);
        if text != page.text {
            std::fs::write(root.join(&page.path), text).map_err(|error| error.to_string())?;
            out::line(format_args!("{}: written", page.path));
        }
    }
    Ok(report(problems))
}

fn check_pages(root: &Path, word: &str, runs: Runs) -> Result<bool, String> {
    let pages = page::pages(root, word)?;
    let mut problems = Vec::new();
    for page in &pages {
        let facts = markdown::facts(page);
        problems.extend(rules::check(page, &facts));
        problems.extend(links::check(root, page, &facts));
        problems.extend(sync::check(root, page, runs));
    }
    if word.is_empty() {
        problems.extend(whole::check(root, &pages));
    }
    let well = report(problems);
    if well {
        out::line(format_args!("{} pages are as they should be", pages.len()));
    }
    Ok(well)
}

fn report(mut problems: Vec<problem::Problem>) -> bool {
    problems.sort_by(|a, b| a.order().cmp(&b.order()));
    problems.iter().for_each(|problem| eprintln!("{problem}\n"));
    if !problems.is_empty() {
        eprintln!("{} problems", problems.len());
    }
    problems.is_empty()
}

/// A new empty folder for a test.
#[cfg(test)]
fn scratch(name: &str) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("book-{name}-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}
