//! Listings: an item or some lines of a file, with a caption that leads there; and diffs of two.

use crate::items::{Entry, Items};
use crate::page::Page;
use std::path::Path;

/// What a listing shows: its lines, where they stand, and what it is called.
#[derive(Debug)]
struct Excerpt {
    file: String,
    item: Option<String>,
    first: usize,
    last: usize,
    text: String,
}

/// The body of a `listing` block.
pub fn listing(root: &Path, page: &Page, argument: &str) -> Result<String, String> {
    let excerpt = read(root, argument)?;
    let language = language(&excerpt.file);
    let fence = fence_for(&excerpt.text);
    let caption = excerpt.caption(page);
    Ok(format!("{caption}\n\n{fence}{language}\n{}{fence}\n", excerpt.text))
}

/// The body of a `diff` block: two excerpts, one beside the other.
pub fn diff(root: &Path, page: &Page, argument: &str) -> Result<String, String> {
    let (argument, code) = match argument.strip_suffix(" code") {
        Some(rest) => (rest, " code"),
        None => (argument, ""),
    };
    // An item may hold spaces: the second file begins at the next word with a dot and a slash.
    let is_file = |word: &str| {
        let path = word.split('#').next().unwrap_or_default();
        path.contains('/') && path.contains('.')
    };
    let at = argument.match_indices(' ').map(|(at, _)| at);
    let mut at = at.filter(|at| is_file(argument[at + 1..].split(' ').next().unwrap_or_default()));
    let at = at.next_back().ok_or("two files are needed: `FILE_A#ITEM FILE_B#ITEM`")?;
    let side = |text: &str| match code {
        "" => text.to_string(),
        code => text.strip_suffix(code).unwrap_or(text).to_string() + code,
    };
    let (a, b) = (read(root, &side(&argument[..at]))?, read(root, &side(&argument[at + 1..]))?);
    let lines = crate::diff::shown(&a.text, &b.text);
    if !lines.lines().any(|line| line.starts_with(['+', '-'])) {
        return Err("the two are the same".to_string());
    }
    let fence = fence_for(&lines);
    let (from, to) = (a.caption(page), b.caption(page));
    Ok(format!("− {from}\\\n\\+ {to}\n\n{fence}diff\n{lines}{fence}\n"))
}

impl Excerpt {
    /// Where it is from, as a link.
    fn caption(&self, page: &Page) -> String {
        let Self { file, first, last, .. } = self;
        let item = self.item.as_ref().map_or(String::new(), |item| format!("`{item}` · "));
        let (lines, anchor) = if first == last {
            (format!("line {first}"), format!("L{first}"))
        } else {
            (format!("lines {first}–{last}"), format!("L{first}-L{last}"))
        };
        format!("[*`{file}` · {item}{lines}*]({}{file}#{anchor})", page.up())
    }
}

/// `FILE`, `FILE#ITEM`, `FILE#ITEM code`, `FILE#ITEM head`; each but the last two also with
/// `"first text" .. "last text"` behind it.
fn read(root: &Path, argument: &str) -> Result<Excerpt, String> {
    let (target, range) = match argument.split_once(" \"") {
        Some((target, texts)) => (target, Some(texts)),
        None => (argument, None),
    };
    let (file, item) = match target.split_once('#') {
        Some((file, item)) => (file.trim(), Some(item.trim())),
        None => (target.trim(), None),
    };
    let text = crate::page::read_source(root, file)?;
    let lines: Vec<String> = text.lines().map(str::to_string).collect();
    let mut kept: Vec<(usize, String)> = (1..).zip(lines).collect();
    let mut name = None;
    if let Some(item) = item {
        let (item, option) = match item.rsplit_once(' ') {
            Some((item, option @ ("code" | "head"))) => (item, option),
            _ => (item, ""),
        };
        let items = Items::read(&text).map_err(|error| format!("{file}: {error}"))?;
        let entry = items.find(item).map_err(|error| format!("{file}: {error}"))?;
        kept = of_item(entry, &kept, option);
        name = Some(item.to_string());
    }
    if let Some(texts) = range {
        kept = between(kept, texts).map_err(|error| format!("{file}: {error}"))?;
    }
    let (first, last) = match (kept.first(), kept.last()) {
        (Some((first, _)), Some((last, _))) => (*first, *last),
        _ => return Err(format!("{file}: nothing is left to show")),
    };
    let text = dedent(kept.iter().map(|(_, line)| line.as_str()));
    Ok(Excerpt { file: file.to_string(), item: name, first, last, text })
}

/// The lines of an item; without its attributes and doc comments; or its head alone.
fn of_item(entry: &Entry, lines: &[(usize, String)], option: &str) -> Vec<(usize, String)> {
    let (first, last) = (entry.start.line, entry.end.line);
    let mut kept: Vec<(usize, String)> = lines[first - 1..last].to_vec();
    let cut = |line: &str, from: usize, to: usize| -> String {
        let rest: String = line.chars().skip(to).collect();
        line.chars().take(from).collect::<String>() + rest.trim_start()
    };
    if option.is_empty() {
        return kept;
    }
    if let Some(body) = entry.body.filter(|_| option == "head") {
        kept.truncate(body.line - first + 1);
        if let Some((_, line)) = kept.last_mut() {
            *line = line.chars().take(body.column).collect::<String>().trim_end().to_string();
        }
    }
    // From the last to the first, so that columns stay right.
    for attribute in entry.attributes.iter().rev() {
        let (start, end) = (attribute.start, attribute.end);
        for (number, line) in kept.iter_mut() {
            let from = if *number == start.line { start.column } else { 0 };
            let to = if *number == end.line { end.column } else { usize::MAX };
            if (start.line..=end.line).contains(number) {
                let rest = cut(line, from, to);
                // A line that holds nothing else goes; a comment behind an attribute stays.
                *line = if rest.trim().is_empty() { "\0".to_string() } else { rest };
            }
        }
    }
    kept.retain(|(_, line)| line != "\0");
    while kept.last().is_some_and(|(_, line)| line.trim().is_empty()) {
        kept.pop();
    }
    kept
}

/// From the one line that holds the first text to the next one that holds the last.
fn between(lines: Vec<(usize, String)>, texts: &str) -> Result<Vec<(usize, String)>, String> {
    let (first, last) = texts
        .strip_suffix('"')
        .and_then(|texts| texts.split_once("\" .. \""))
        .ok_or("lines are given as \"first text\" .. \"last text\"")?;
    let holding: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].1.contains(first)).collect();
    let start = match holding[..] {
        [start] => start,
        [] => {
            let all = lines.iter().map(|(_, line)| line.trim()).filter(|line| !line.is_empty());
            let near = crate::problem::nearest(first, all);
            return Err(format!("no line holds \"{first}\"\nnearest: {near}"));
        }
        _ => {
            let numbers: Vec<String> =
                holding.iter().map(|index| lines[*index].0.to_string()).collect();
            return Err(format!("\"{first}\" stands in lines {}", numbers.join(", ")));
        }
    };
    let length = lines[start..].iter().position(|(_, line)| line.contains(last));
    let length = length.ok_or(format!("behind \"{first}\", no line holds \"{last}\""))?;
    Ok(lines[start..=start + length].to_vec())
}

/// The lines without the white space that all begin with.
fn dedent<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> String {
    let blank = |line: &&str| !line.trim().is_empty();
    let margin = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = lines.clone().filter(blank).map(margin).min().unwrap_or(0);
    lines.map(|line| line.get(least..).unwrap_or("").trim_end().to_string() + "\n").collect()
}

/// A fence longer than any in the text.
pub fn fence_for(text: &str) -> String {
    let ticks = |line: &str| line.trim_start().chars().take_while(|c| *c == '`').count();
    "`".repeat(text.lines().map(ticks).max().unwrap_or(0).max(2) + 1)
}

fn language(file: &str) -> &'static str {
    match Path::new(file).extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "rs" => "rust",
        "toml" => "toml",
        "py" => "python",
        "sh" => "bash",
        "json" => "json",
        "html" => "html",
        "js" => "javascript",
        "md" => "markdown",
        _ => "text",
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
