//! The blocks of a page: HTML comments, and between them the text that the tool writes.
//!
//! ```text
//!   <!-- listing: FILE#ITEM -->   ┐
//!   …                             │ a block: the line of its directive, its body, its end
//!   <!-- end -->                  ┘
//!   <!-- n: id -->80 ns<!-- /n -->  a span: the same inside a line
//! ```
//!
//! In a fence, and behind a backtick, they are text like any other: a page may show them.

use crate::problem::Problem;
use std::ops::Range;

const BLOCKS: [&str; 4] = ["listing", "diff", "run", "figure"];
const SPANS: [&str; 2] = ["n", "c"];
const END: &str = "<!-- end -->";

/// One block or span of a page.
pub struct Block {
    pub kind: String,
    /// What stands between the kind and its colon: `run norm slow: …`.
    pub options: Vec<String>,
    /// What stands behind the colon.
    pub argument: String,
    /// Where its body stands in the page.
    pub body: Range<usize>,
    /// The whole of it, comments included.
    pub whole: Range<usize>,
    /// The line of its directive, from 1.
    pub line: usize,
}

impl Block {
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|word| word == option)
    }

    /// As the page has it, for messages.
    pub fn shown(&self) -> String {
        let options: String = self.options.iter().map(|word| format!(" {word}")).collect();
        format!("{}{options}: {}", self.kind, self.argument)
    }
}

/// A fence that is open: its character, its length, and what is behind it.
#[derive(Clone, Copy)]
struct Fence(char, usize);

/// Does this line open a fence, or close the one that is open?
fn fence(open: Option<Fence>, line: &str) -> Option<Fence> {
    let text = line.trim_start();
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'));
    let Some(mark) = mark else { return open };
    let length = text.chars().take_while(|c| *c == mark).count();
    let rest = text[length..].trim();
    match open {
        None if length >= 3 && !(mark == '`' && rest.contains('`')) => Some(Fence(mark, length)),
        Some(Fence(c, n)) if c == mark && length >= n && rest.is_empty() => None,
        _ => open,
    }
}

/// The lines of a text with where each starts, its end of line included.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let place = |line: &'_ str| {
        at += line.len();
        at - line.len()
    };
    let starts: Vec<usize> = text.split_inclusive('\n').map(place).collect();
    starts.into_iter().zip(text.split_inclusive('\n')).collect()
}

/// Every block and span of a page, in order. `file` is for the messages.
pub fn blocks(file: &str, text: &str) -> (Vec<Block>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let lines = lines(text);
    let (mut open, mut index) = (None, 0);
    while index < lines.len() {
        let (at, line) = lines[index];
        let before = open;
        open = fence(open, line);
        index += 1;
        if before.is_some() || open.is_some() {
            continue;
        }
        match directive(line.trim_end()) {
            Some(Ok((kind, options, argument))) => match end_of(&lines[index..]) {
                Some(length) => {
                    let body = at + line.len()..lines[index + length].0;
                    let whole = at..body.end + lines[index + length].1.len();
                    found.push(Block { kind, options, argument, body, whole, line: index });
                    index += length + 1;
                }
                None => problems.push(Problem::new(
                    file,
                    index,
                    format!("{kind}: {argument}"),
                    format!("the block has no `{END}` on a line of its own before the next one"),
                    "write it where the generated text is to end",
                )),
            },
            Some(Err(what)) => problems.push(Problem::new(
                file,
                index,
                line.trim(),
                what,
                "blocks are `<!-- KIND: ARGUMENT -->` … `<!-- end -->`, KIND one of listing, \
                 diff, run, figure; spans `<!-- n: id -->…<!-- /n -->` and `<!-- c: … -->`",
            )),
            None => spans(file, text, index, at..at + line.len(), &mut found, &mut problems),
        }
    }
    (found, problems)
}

type Parts = (String, Vec<String>, String);

/// Is the line a directive? Then its parts, or what is wrong with it.
fn directive(line: &str) -> Option<Result<Parts, String>> {
    let inside = line.trim_start().strip_prefix("<!-- ")?;
    let word: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect();
    if word == "end" {
        return Some(Err("an end without a beginning".to_string()));
    }
    if !BLOCKS.contains(&word.as_str()) {
        return None;
    }
    let parts = inside.strip_suffix(" -->").and_then(|inside| inside.split_once(": "));
    let Some((front, argument)) = parts else {
        return Some(Err("a directive is one line, `<!-- KIND: ARGUMENT -->`".to_string()));
    };
    if line.starts_with(' ') {
        return Some(Err("a directive begins in the first column".to_string()));
    }
    let options = front.split_whitespace().skip(1).map(str::to_string).collect();
    Some(Ok((word, options, argument.trim().to_string())))
}

/// How many lines there are before the end of a block.
fn end_of(lines: &[(usize, &str)]) -> Option<usize> {
    let mut open = None;
    for (index, (_, line)) in lines.iter().enumerate() {
        open = fence(open, line);
        if open.is_none() && line.trim_end() == END {
            return Some(index);
        }
        if open.is_none() && directive(line.trim_end()).is_some() {
            return None;
        }
    }
    None
}

/// The spans that begin in a line. They may end in a later line of the same paragraph.
fn spans(
    file: &str,
    text: &str,
    line: usize,
    range: Range<usize>,
    found: &mut Vec<Block>,
    problems: &mut Vec<Problem>,
) {
    for kind in SPANS {
        let (opening, closing) = (format!("<!-- {kind}: "), format!("<!-- /{kind} -->"));
        for (offset, _) in text[range.clone()].match_indices(&opening) {
            let start = range.start + offset;
            if text[..start].ends_with('`') {
                continue;
            }
            let before = text[range.start..start].trim_start_matches([' ', '>', '-', '*', '+']);
            if before.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim().is_empty()
            {
                let what = "the line begins with a span: Markdown reads such a line as HTML";
                let shown = text[range.clone()].trim_end();
                problems.push(Problem::new(file, line, shown, what, "break the line elsewhere"));
                continue;
            }
            let rest = &text[start..];
            let rest = &rest[..rest.find("\n\n").unwrap_or(rest.len())];
            let parts = rest.find("-->").zip(rest.find(&closing));
            let Some((head, end)) = parts.filter(|(head, end)| head < end) else {
                let what = format!("the span has no `{closing}` in its paragraph");
                let remedy = format!("`{opening}… -->value{closing}`");
                let shown = rest.lines().next().unwrap_or_default();
                problems.push(Problem::new(file, line, shown, what, remedy));
                continue;
            };
            found.push(Block {
                kind: kind.to_string(),
                options: Vec::new(),
                argument: rest[opening.len()..head].trim().to_string(),
                body: start + head + 3..start + end,
                whole: start..start + end + closing.len(),
                line,
            });
        }
    }
    found.sort_by_key(|block| block.whole.start);
}

#[cfg(test)]
#[path = "blocks_tests.rs"]
mod tests;
