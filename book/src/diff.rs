//! What changed between two texts, line by line.

/// Lines around a change that are shown too.
const AROUND: usize = 3;

/// The lines of both with ` `, `-` or `+` before each; long stretches without a change left out.
pub fn shown(a: &str, b: &str) -> String {
    let lines = compare(a, b);
    let near = |index: usize| {
        let around = index.saturating_sub(AROUND)..(index + AROUND + 1).min(lines.len());
        lines[around].iter().any(|(mark, _)| *mark != ' ')
    };
    let (mut text, mut gap) = (String::new(), false);
    for (index, (mark, line)) in lines.iter().enumerate() {
        if near(index) {
            text += format!("{mark} {line}").trim_end();
            text.push('\n');
        } else if !gap {
            text += "  …\n";
        }
        gap = !near(index);
    }
    text
}

/// The longest common sequence of lines stays, the rest goes out or comes in.
fn compare<'a>(a: &'a str, b: &'a str) -> Vec<(char, &'a str)> {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    // longest[i][j]: of a from i on and b from j on.
    let mut longest = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] = if a[i] == b[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push((' ', a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && longest[i + 1][j] >= longest[i][j + 1] {
            lines.push(('-', a[i]));
            i += 1;
        } else {
            lines.push(('+', b[j]));
            j += 1;
        }
    }
    lines
}

/// The first few differing lines of what is there and what should be, for a message.
pub fn first_difference(is: &str, should_be: &str) -> String {
    let is_change = |(mark, _): &&(char, &str)| *mark != ' ';
    let all = compare(is, should_be);
    let changes: Vec<String> = all
        .iter()
        .filter(is_change)
        .take(6)
        .map(|(mark, line)| format!("{mark} {line}\n"))
        .collect();
    let more = all.iter().filter(is_change).count().saturating_sub(changes.len());
    let more = if more > 0 { format!("… and {more} more lines\n") } else { String::new() };
    changes.concat() + &more
}
