//! Writes what stands between the comments of the pages, or says where it would.

use crate::blocks::{Block, blocks};
use crate::diff::first_difference;
use crate::page::Page;
use crate::problem::Problem;
use crate::{constant, figure, listing, numbers, run};
use std::path::Path;

/// Which commands are run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Runs {
    /// None: `--no-run`.
    No,
    /// Those that are not marked `slow`.
    Quick,
    /// All: `--all`.
    All,
}

impl Runs {
    fn skip(self, block: &Block) -> bool {
        block.kind == "run" && (self == Runs::No || self == Runs::Quick && block.has("slow"))
    }
}

/// The page as it should be, and what kept a block from being written.
pub fn filled(root: &Path, page: &Page, runs: Runs) -> (String, Vec<Problem>) {
    let (found, mut problems) = blocks(&page.path, &page.text);
    let (mut text, mut at) = (String::new(), 0);
    for block in &found {
        text += &page.text[at..block.body.start];
        at = block.body.end;
        let old = &page.text[block.body.clone()];
        if runs.skip(block) {
            text += old;
            continue;
        }
        match body(root, page, block, runs) {
            Ok(new) => text += &new,
            Err(what) => {
                text += old;
                problems.push(problem(page, block, what, remedy(&block.kind)));
            }
        }
    }
    (text + &page.text[at..], problems)
}

fn body(root: &Path, page: &Page, block: &Block, runs: Runs) -> Result<String, String> {
    let argument = block.argument.as_str();
    if block.kind != "run" && !block.options.is_empty() {
        return Err(format!("a {} has no options before its colon", block.kind));
    }
    match block.kind.as_str() {
        "listing" => listing::listing(root, page, argument),
        "diff" => listing::diff(root, page, argument),
        "run" => run::transcript(root, argument, &block.options),
        "n" => numbers::shown(root, argument),
        "c" => constant::constant(root, argument),
        _ => figure::figure(root, page, argument, runs != Runs::No),
    }
}

fn problem(page: &Page, block: &Block, what: impl Into<String>, remedy: &str) -> Problem {
    Problem::new(&page.path, block.line, block.shown(), what, remedy)
}

fn remedy(kind: &str) -> &'static str {
    match kind {
        "listing" => {
            "name an item of the file (X::method, `Trait for X`, `impl X`, mod::item), or lines: \
             FILE \"first text\" .. \"last text\""
        }
        "diff" => "name two: FILE_A#ITEM FILE_B#ITEM",
        "run" => {
            "run it in the root of the repository; `run fails:` is for a command that is to fail"
        }
        "n" => {
            "`cargo book numbers ID`, which runs the command that book/data/numbers.json has for it"
        }
        "c" => "name a constant with a value that can be read off: FILE#NAME, FILE#Type::NAME",
        _ => "NAME alt=\"what it shows\", the data in book/data/NAME.json (book/README.md)",
    }
}

/// Where a page is not what `sync` would make of it.
pub fn check(root: &Path, page: &Page, runs: Runs) -> Vec<Problem> {
    let (text, mut problems) = filled(root, page, runs);
    let (is, _) = blocks(&page.path, &page.text);
    let (should_be, _) = blocks(&page.path, &text);
    let word = page.path.trim_start_matches("book/").trim_end_matches(".md");
    for (block, new) in is.iter().zip(&should_be) {
        let (old, new) = (&page.text[block.body.clone()], &text[new.body.clone()]);
        let slow = if block.has("slow") { " --all" } else { "" };
        let remedy = format!("cargo book sync {word}{slow}, and read what changed");
        if old != new {
            let name = match block.kind.as_str() {
                "run" => "the transcript is stale: the page has −, the command prints +",
                "n" => "the number is not the recorded one: the page has −, the record has +",
                "c" => "the number is not the source's: the page has −, the source has +",
                _ => "the block has drifted: the page has −, the source has +",
            };
            let what = format!("{name}\n{}", first_difference(old, new));
            problems.push(problem(page, block, what, &remedy));
        } else if block.kind == "run" && !run::is_of(old, &block.argument) {
            let what = "the transcript is not one of this command";
            problems.push(problem(page, block, what, &remedy));
        }
    }
    problems
}
