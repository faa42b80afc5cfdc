//! What a page of the book may not have: numbers by hand, code that nothing compiles, images
//! without words; and what a chapter must have.

use crate::blocks::blocks;
use crate::markdown::{Facts, Fence};
use crate::page::Page;
use crate::problem::Problem;
use regex::Regex;
use std::sync::LazyLock;

const MOST_WORDS: usize = 3_500;
/// The parts of a chapter, in order. The headings between them are free.
const PARTS: [&str; 9] = [
    "What you will have",
    "In asyncio",
    "Predict",
    "The version that fails",
    "Measure it",
    "In tokio",
    "Exercises",
    "What must stay true",
    "You can now answer",
];
/// Without a failing version: the first chapter shows the finished machine.
const NOT_IN_FIRST: &str = "The version that fails";

/// A number with a unit, in prose.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    let units = [
        "ns|[µμu]s|ms|s|min|h|[kMG]?Hz|[kKMG]?B|[KMG]iB|x",
        r"(?:req|requests|ops|polls|wakes|tasks)(?:/s|\s(?:a|per)\ssecond)",
        "(?:nano|micro|milli)?seconds?|minutes?|hours?|percent|bytes?|(?:kilo|mega|giga)bytes?",
        "times (?:as|faster|slower|more|less|the)",
    ];
    let number = r"[0-9]+(?:[.,\x{a0}\x{202f} ][0-9]+)*";
    let pattern =
        format!(r"(?:^|[^\w.]){number}[\s\x{{a0}}-]{{0,3}}(?:(?:{})\b|%|×)", units.join("|"));
    Regex::new(&pattern).expect("a pattern of this file")
});

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with a page of the book.
pub fn check(page: &Page, facts: &Facts) -> Vec<Problem> {
    let mut found = images(page, facts);
    found.extend(drawings(page, facts));
    if !page.in_book() {
        return found;
    }
    for bare in BARE.find_iter(&facts.prose) {
        let shown = bare.as_str().trim_start_matches(|c: char| !c.is_ascii_digit());
        let at = bare.end() - shown.len();
        found.push(Problem::new(
            &page.path,
            facts.line(at),
            format!("`{}`", squeezed(shown)),
            "a number with a unit, typed by hand",
            "measured: <!-- n: id -->…<!-- /n -->; of the source: <!-- c: FILE#CONST -->…\
             <!-- /c -->; an argument of a program: in backticks",
        ));
    }
    found.extend(facts.fences.iter().filter_map(|fence| of_fence(page, facts, fence)));
    for (at, _) in page.text.match_indices("{{#") {
        if !page.text[..at].ends_with('\\') {
            let line = facts.line(at);
            let what = "mdBook would put a file in its place";
            found.push(Problem::new(&page.path, line, "{{#", what, "use a listing"));
        }
    }
    if page.chapter().is_some() {
        found.extend(chapter(page, facts));
    }
    found
}

/// Every image has words for those who do not see it.
fn images(page: &Page, facts: &Facts) -> Vec<Problem> {
    let mut bare: Vec<(String, usize)> = facts
        .images
        .iter()
        .filter(|image| image.alt.trim().is_empty())
        .map(|image| (image.target.clone(), image.at))
        .collect();
    for (html, at) in &facts.html {
        for tag in html.split('<').filter(|tag| tag.starts_with("img")) {
            if !tag.contains("alt=\"") || tag.contains("alt=\"\"") {
                bare.push((format!("<{}", tag.trim()), *at));
            }
        }
    }
    bare.into_iter()
        .map(|(target, at)| {
            let what = "an image without an alternative text";
            let remedy = "![what it shows](FILE): say what a reader would see";
            Problem::new(&page.path, facts.line(at), target, what, remedy)
        })
        .collect()
}

/// A drawing in the page says in words what it shows, and is one block of HTML.
fn drawings(page: &Page, facts: &Facts) -> Vec<Problem> {
    let mut found = Vec::new();
    for (_, at) in facts.html.iter().filter(|(html, _)| html.contains("<svg")) {
        let rest = &page.text[*at..];
        let drawing = &rest[..rest.find("</svg>").unwrap_or(rest.len())];
        let what = if drawing.contains("\n\n") {
            "a drawing with a blank line: Markdown ends the block of HTML there"
        } else if !drawing.contains("<title>") || !drawing.contains("<desc>") {
            "a drawing without <title> and <desc>"
        } else {
            continue;
        };
        let remedy = "<svg …> <title>what it is</title> <desc>what it shows</desc> … </svg>";
        found.push(Problem::new(&page.path, facts.line(*at), "<svg", what, remedy));
    }
    found
}

fn of_fence(page: &Page, facts: &Facts, fence: &Fence) -> Option<Problem> {
    let language = fence.info.split([',', ' ']).next().unwrap_or_default();
    let typed_run = language == "console" || fence.text.trim_start().starts_with("$ ");
    let asyncio = || {
        let mut sections = facts.sections().into_iter();
        page.chapter().is_none()
            || sections
                .any(|(name, range)| name.starts_with("In asyncio") && range.contains(&fence.at))
    };
    let (what, remedy) = match language {
        "" => ("a block of code without a language", "```text for a drawing"),
        _ if typed_run => ("a transcript by hand", "<!-- run: COMMAND -->, and cargo book sync"),
        "rust" => {
            ("Rust that nothing compiles", "<!-- listing: FILE#ITEM -->, and cargo book sync")
        }
        "python" if !asyncio() => {
            ("Python outside `In asyncio`", "move it there, or show a file as a listing")
        }
        _ => return None,
    };
    let shown = format!("```{}", fence.info);
    Some(Problem::new(&page.path, facts.line(fence.at), shown, what, remedy))
}

/// The parts of a chapter, each there, in order, and with something in it.
fn chapter(page: &Page, facts: &Facts) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut problem = |at: usize, subject: &str, what: String, remedy: &str| {
        found.push(Problem::new(&page.path, facts.line(at), subject, what, remedy));
    };
    let words = facts.words();
    if words > MOST_WORDS {
        let what = format!("{words} words of prose, at most {MOST_WORDS}");
        problem(0, "the chapter", what, "say less, or leave a part to another chapter");
    }
    if facts.headings.iter().filter(|heading| heading.level == 1).count() != 1 {
        problem(0, "the chapter", "needs one heading of level 1".to_string(), "# TITLE");
    }
    let sections = facts.sections();
    let mut last = 0;
    for part in PARTS {
        if page.chapter() == Some(1) && part == NOT_IN_FIRST {
            continue;
        }
        let Some((_, range)) = sections.iter().find(|(name, _)| name.starts_with(part)) else {
            let names: Vec<&str> = sections.iter().map(|(name, _)| *name).collect();
            let what = format!("the part is missing; there are: {}", names.join(" | "));
            problem(0, part, what, &format!("## {part}"));
            continue;
        };
        if range.start < last {
            let what = "the part stands before one that it should follow".to_string();
            problem(range.start, part, what, &format!("the order is: {}", PARTS.join(" · ")));
        }
        last = range.start;
        if let Some(what) = lacks(page, part, &page.text[range.clone()]) {
            problem(range.start, part, what.to_string(), "write it; a chapter is no stub");
        }
    }
    found
}

/// What a part does not have and should.
fn lacks(page: &Page, part: &str, text: &str) -> Option<&'static str> {
    let (inside, _) = blocks(&page.path, text);
    let block = |kind: &str| inside.iter().any(|block| block.kind == kind);
    let python = text.contains("```python");
    match part {
        _ if text.split_whitespace().count() < 10 => Some("the part has nothing in it"),
        "What you will have" if !block("run") => {
            Some("the promise is a transcript: there is no `run` block")
        }
        "In asyncio" if !python => Some("there is no Python"),
        // The first chapter measures from its first page on.
        "Measure it" if page.chapter() == Some(1) => None,
        "Measure it" if !block("n") && !block("run") && !block("figure") => {
            Some("there is no measured number, no transcript and no figure")
        }
        "Exercises" if !text.contains("](../exercises/") => {
            Some("there is no link to an exercise, ](../exercises/…)")
        }
        _ => None,
    }
}
