//! A Rust file as tidy sees it: code without comments, comments without code, where tests begin.
//!
//! No parser: bytes are sorted into code, comment and string, at the same offsets as in the file,
//! and brackets are matched. That is enough for rules about lines, items and what stands above
//! them.

use std::ops::Range;

/// One file.
pub struct Source {
    /// From the root of the workspace, with `/`.
    pub path: String,
    pub text: String,
    /// `text` with comments and the insides of strings blanked.
    pub code: Vec<u8>,
    /// `text` with everything but comments blanked.
    comments: Vec<u8>,
    /// Where each line starts.
    lines: Vec<usize>,
    /// What is compiled for tests only.
    tests: Vec<Range<usize>>,
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let (code, comments) = split(text.as_bytes());
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        let (path, text) = (path.to_string(), text.to_string());
        let mut source = Self { path, text, code, comments, lines, tests: Vec::new() };
        source.tests = source.test_regions();
        source
    }

    fn test_regions(&self) -> Vec<Range<usize>> {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        if name.ends_with("tests.rs") || self.path.contains("tests/") {
            return std::iter::once(0..self.code.len() + 1).collect();
        }
        let attributes = ["#[cfg(test)]", "#[cfg(all(test"];
        let starts = attributes.iter().flat_map(|attribute| self.find(attribute));
        starts.map(|at| at..self.item_end(self.past_attributes(at))).collect()
    }

    fn past_attributes(&self, mut at: usize) -> usize {
        while self.code[at..].starts_with(b"#") {
            at = self.closing(at + 1);
            at += self.code[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        }
        at
    }

    /// Is this offset in code for tests only?
    pub fn in_tests(&self, at: usize) -> bool {
        self.tests.iter().any(|region| region.contains(&at))
    }

    /// The file's first line.
    pub fn caption(&self) -> &str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("//!").trim()
    }

    /// Line number, from 0.
    pub fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at) - 1
    }

    /// `path:line`, for a report.
    pub fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, self.line_of(at) + 1)
    }

    pub fn line_count(&self) -> usize {
        self.text.lines().count()
    }

    /// Lines that are not for tests.
    pub fn counted_lines(&self) -> usize {
        (0..self.line_count()).filter(|line| !self.in_tests(self.lines[*line])).count()
    }

    fn span(&self, line: usize) -> Range<usize> {
        self.lines[line]..self.lines.get(line + 1).copied().unwrap_or(self.code.len())
    }

    pub fn code_line(&self, line: usize) -> String {
        String::from_utf8_lossy(&self.code[self.span(line)]).trim().to_string()
    }

    pub fn comment_line(&self, line: usize) -> String {
        String::from_utf8_lossy(&self.comments[self.span(line)]).trim().to_string()
    }

    /// Every place in the code, outside strings, where `text` stands between non-words.
    pub fn find(&self, text: &str) -> Vec<usize> {
        let (code, text) = (&self.code, text.as_bytes());
        let joins = |a: u8, b: Option<&u8>| is_word(a) && b.is_some_and(|b| is_word(*b));
        let bounded = |at: usize| {
            let before = if at > 0 { code.get(at - 1) } else { None };
            !joins(text[0], before) && !joins(text[text.len() - 1], code.get(at + text.len()))
        };
        let ends = code.len().saturating_sub(text.len() - 1);
        (0..ends).filter(|at| code[*at..].starts_with(text) && bounded(*at)).collect()
    }

    /// As `find`, without the code for tests.
    pub fn find_outside_tests(&self, text: &str) -> Vec<usize> {
        self.find(text).into_iter().filter(|at| !self.in_tests(*at)).collect()
    }

    /// The word at or after an offset, and what follows it.
    pub fn word_at(&self, at: usize) -> (String, usize) {
        let space = self.code[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let start = at + space;
        let length = self.code[start..].iter().take_while(|b| is_word(**b)).count();
        let end = start + length;
        (String::from_utf8_lossy(&self.code[start..end]).into_owned(), end)
    }

    pub fn next_byte(&self, at: usize) -> u8 {
        self.code[at..].iter().copied().find(|b| !b.is_ascii_whitespace()).unwrap_or(b' ')
    }

    /// The offset after the bracket that closes the one at `open`.
    pub fn closing(&self, open: usize) -> usize {
        let mut depth = 0;
        for at in open..self.code.len() {
            match self.code[at] {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 1 => return at + 1,
                b')' | b']' | b'}' => depth -= 1,
                _ => {}
            }
        }
        self.code.len()
    }

    /// Where the head of the item at `at` ends: its `{` or its `;`.
    pub fn head_end(&self, mut at: usize) -> usize {
        while at < self.code.len() {
            match self.code[at] {
                b'{' | b';' => return at,
                b'(' | b'[' => at = self.closing(at),
                _ => at += 1,
            }
        }
        at
    }

    /// The offset after the item at `at`.
    pub fn item_end(&self, at: usize) -> usize {
        let head = self.head_end(at);
        if self.code.get(head) == Some(&b'{') { self.closing(head) } else { head }
    }

    /// What the function at `at` returns, as its head says it.
    pub fn returned(&self, at: usize) -> String {
        let head = String::from_utf8_lossy(&self.code[at..self.head_end(at)]).into_owned();
        // A bound may have an arrow of its own.
        let head = head.split("where").next().unwrap_or_default();
        head.rsplit_once(") ->").map_or("", |(_, returned)| returned.trim()).to_string()
    }

    /// Where the statement, item or match arm that holds `at` begins.
    pub fn statement_start(&self, at: usize) -> usize {
        let mut depth = 0;
        let mut boundary = None;
        for i in (0..at).rev() {
            let byte = self.code[i];
            match byte {
                b')' | b']' | b'}' => {
                    let goes_on = matches!(self.next_byte(i + 1), b'.' | b'?')
                        || self.word_at(i + 1).0 == "else";
                    if byte == b'}' && depth == 0 && !goes_on {
                        boundary = boundary.or(Some(i + 1));
                    }
                    depth += 1;
                }
                b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
                b'{' => return self.visible(boundary.unwrap_or(i + 1)),
                // The arguments of a call: the statement began before them.
                b'(' | b'[' => boundary = None,
                b',' | b';' if depth == 0 => boundary = boundary.or(Some(i + 1)),
                _ => {}
            }
        }
        self.visible(boundary.unwrap_or(0))
    }

    fn visible(&self, at: usize) -> usize {
        at + self.code[at..].iter().take_while(|b| b.is_ascii_whitespace()).count()
    }

    /// The comments just above the statement that holds `at`, and inside it up to `at`.
    pub fn notes(&self, at: usize) -> String {
        let (first, last) = (self.line_of(self.statement_start(at)), self.line_of(at));
        let is_comment =
            |line: &usize| self.code_line(*line).is_empty() && !self.comment_line(*line).is_empty();
        let above = (0..first).rev().take_while(is_comment).last().unwrap_or(first);
        let notes: Vec<_> = (above..=last).map(|line| self.comment_line(line)).collect();
        notes.join("\n").trim().to_string()
    }
}

/// Sorts the bytes of a file into code and comments.
fn split(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let blank = |b: &u8| if *b == b'\n' { b'\n' } else { b' ' };
    let mut code: Vec<u8> = text.to_vec();
    let mut comments: Vec<u8> = text.iter().map(blank).collect();
    let mut at = 0;
    while at < text.len() {
        let (end, is_comment) = token(text, at);
        if is_comment {
            comments[at..end].copy_from_slice(&text[at..end]);
            code[at..end].iter_mut().for_each(|b| *b = blank(b));
        } else if end > at + 1 {
            code[at + 1..end - 1].iter_mut().for_each(|b| *b = blank(b));
        }
        at = end;
    }
    (code, comments)
}

/// The end of the comment, string or single byte at `at`, and whether it is a comment.
fn token(text: &[u8], at: usize) -> (usize, bool) {
    let rest = &text[at..];
    let after = |needle: &[u8], from: usize| {
        let found = rest.windows(needle.len()).skip(from).position(|w| w == needle);
        found.map_or(text.len(), |i| at + from + i + needle.len())
    };
    let quoted = |quote: u8| {
        let mut i = 1;
        while i < rest.len() && rest[i] != quote {
            i += if rest[i] == b'\\' { 2 } else { 1 };
        }
        (at + i + 1).min(text.len())
    };
    if rest.starts_with(b"//") {
        return (at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()), true);
    }
    if rest.starts_with(b"/*") {
        return (after(b"*/", 2), true);
    }
    let starts_word = at == 0 || !is_word(text[at - 1]) || text[at - 1] == b'b';
    let hashes = rest.iter().skip(1).take_while(|b| **b == b'#').count();
    if rest[0] == b'r' && starts_word && rest.get(1 + hashes) == Some(&b'"') {
        let close: Vec<u8> = [b"\"", &b"#".repeat(hashes)[..]].concat();
        return (after(&close, hashes + 2), false);
    }
    match rest[0] {
        b'"' => (quoted(b'"'), false),
        // A character, and not a lifetime.
        b'\'' if rest.get(1) == Some(&b'\\') => (quoted(b'\''), false),
        b'\'' => {
            let width = rest.iter().skip(2).take_while(|b| (128..192).contains(*b)).count();
            let closes = rest.get(2 + width) == Some(&b'\'');
            (at + if closes { 3 + width } else { 1 }, false)
        }
        _ => (at + 1, false),
    }
}
