//! What lasts from when to when, as a drawing: a row for each part, and time runs to the right.
//!
//! ```text
//!   { "kind": "spans", "unit": "ms", "rows": ["a", "b"],                no unit: steps of a run
//!     "spans": [ { "row": "a", "from": 0, "to": 3, "text": "level 1", "tone": 1 } ],
//!     "marks": [ { "row": "a", "at": 3, "sign": "×", "text": "dropped" } ] }
//! ```
//!
//! Time is not to scale: each moment at which something begins or ends has a column.

use crate::sequence::{LETTER, STYLE, WIDTH, on_ground};
use crate::source_page::escape;
use serde::Deserialize;

const TOP: f64 = 8.0;
const ROW: f64 = 44.0;
const BOX: f64 = 18.0;
const RIGHT: f64 = 16.0;
const MOST_ROWS: usize = 12;
const COLOURS: [&str; 3] = [
    "var(--links, #20609f)",
    "var(--blockquote-tip-color, #008000)",
    "var(--blockquote-important-color, #8250df)",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spans {
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(default)]
    unit: String,
    rows: Vec<String>,
    spans: Vec<Span>,
    #[serde(default)]
    marks: Vec<Mark>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    row: String,
    from: u64,
    to: u64,
    text: String,
    /// One of three colours; its text says the same.
    #[serde(default)]
    tone: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    row: String,
    at: u64,
    sign: char,
    text: String,
}

/// Where things stand.
struct Grid<'a> {
    of: &'a Spans,
    left: f64,
    moments: Vec<u64>,
}

impl Grid<'_> {
    fn x(&self, at: u64) -> f64 {
        let column = self.moments.iter().position(|own| *own == at).unwrap_or(0) as f64;
        let gaps = self.moments.len().max(2) - 1;
        self.left + column * (WIDTH - RIGHT - self.left) / gaps as f64
    }

    /// The middle of a row's boxes.
    fn y(&self, row: &str) -> Result<f64, String> {
        let index = self.of.rows.iter().position(|own| own == row);
        let index = index.ok_or(format!("no row `{row}`: {}", self.of.rows.join(", ")))?;
        Ok(TOP + index as f64 * ROW + BOX / 2.0)
    }
}

/// The drawing, without a blank line. `alt` says what it shows.
pub fn draw(spans: &Spans, alt: &str) -> Result<String, String> {
    let rows = spans.rows.len();
    if rows == 0 || rows > MOST_ROWS || spans.spans.is_empty() {
        return Err(format!("1 to {MOST_ROWS} rows, and spans in them"));
    }
    let ends = spans.spans.iter().flat_map(|span| [span.from, span.to]);
    let mut moments: Vec<u64> = ends.chain(spans.marks.iter().map(|mark| mark.at)).collect();
    moments.sort_unstable();
    moments.dedup();
    let longest = spans.rows.iter().map(|row| row.chars().count()).max().unwrap_or(0);
    let grid = Grid { of: spans, left: longest as f64 * 7.5 + 12.0, moments };
    let bottom = TOP + ROW * rows as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{alt}\" font-size=\"13\" \
         fill=\"none\" style=\"{STYLE}\">\n<title>{alt}</title>\n<desc>Time runs to the right, \
         not to scale. {rows} rows; the list below has what is in them.</desc>\n",
        if spans.unit.is_empty() { bottom } else { bottom + 20.0 },
        alt = escape(alt),
    );
    svg += &ground(&grid, bottom)?;
    for span in &spans.spans {
        svg += &of_span(&grid, span)?;
    }
    for mark in &spans.marks {
        let (x, y) = (grid.x(mark.at), grid.y(&mark.row)?);
        let sign = on_ground(x, y + 4.5, "middle", &mark.sign.to_string());
        svg += &format!("<g><title>{}</title>{}</g>\n", escape(&mark.text), sign.trim_end());
    }
    Ok(svg + "</svg>\n")
}

/// The rows' names and lines, and the times below if they have a unit.
fn ground(grid: &Grid<'_>, bottom: f64) -> Result<String, String> {
    let mut svg = String::new();
    let (left, right) = (grid.left, WIDTH - RIGHT);
    for row in &grid.of.rows {
        let y = grid.y(row)?;
        svg += &format!(
            "<text x=\"2\" y=\"{:.1}\" fill=\"currentColor\">{}</text>\n\
             <path d=\"M{left:.1} {y:.1}H{right}\" stroke=\"currentColor\" \
             stroke-opacity=\"0.25\"/>\n",
            y + 4.5,
            escape(row)
        );
    }
    if grid.of.unit.is_empty() {
        return Ok(svg);
    }
    svg += &format!(
        "<text x=\"2\" y=\"{:.1}\" fill=\"currentColor\">{}</text>\n",
        bottom + 12.0,
        escape(&grid.of.unit)
    );
    let mut free = left - LETTER;
    for at in &grid.moments {
        let (x, text) = (grid.x(*at), at.to_string());
        svg += &format!(
            "<path d=\"M{x:.1} {TOP}V{bottom:.1}\" stroke=\"currentColor\" \
             stroke-opacity=\"0.2\" stroke-dasharray=\"2 4\"/>\n"
        );
        let half = text.len() as f64 * 3.8;
        if x - half >= free {
            svg += &on_ground(x, bottom + 12.0, "middle", &text);
            free = x + half + 2.0;
        }
    }
    Ok(svg)
}

/// A box, and below it what it is, if there is room.
fn of_span(grid: &Grid<'_>, span: &Span) -> Result<String, String> {
    let (from, to, y) = (grid.x(span.from), grid.x(span.to), grid.y(&span.row)?);
    let Some(colour) = COLOURS.get(span.tone).filter(|_| span.from < span.to) else {
        return Err(format!("tone 0, 1 or 2, and from before to: {} {}", span.row, span.text));
    };
    let others = grid.of.spans.iter().filter(|other| other.row == span.row);
    let next = others.map(|other| grid.x(other.from)).filter(|x| *x > from).fold(WIDTH, f64::min);
    let room = next - from;
    let fits = |text: &&str| text.chars().count() as f64 * LETTER <= room;
    let last = span.text.rsplit(' ').next().unwrap_or_default();
    let Some(text) = [span.text.as_str(), last].into_iter().find(fits) else {
        return Err(format!("no room for the text: {} {}", span.row, span.text));
    };
    Ok(format!(
        "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BOX}\" rx=\"2\" \
         fill=\"{colour}\" fill-opacity=\"0.25\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\n{}",
        y - BOX / 2.0,
        to - from,
        on_ground(from, y + BOX / 2.0 + 13.0, "start", text)
    ))
}

/// What the signs mean.
pub fn key(spans: &Spans) -> String {
    let mut known: Vec<String> = Vec::new();
    for mark in &spans.marks {
        let words = format!("{} {} · ", mark.sign, escape(&mark.text));
        if !known.contains(&words) {
            known.push(words);
        }
    }
    known.concat() + "time runs to the right, not to scale."
}

/// The same in words, in order.
pub fn log(spans: &Spans) -> Vec<String> {
    let unit = &spans.unit;
    let mut lines: Vec<(u64, String)> = Vec::new();
    for Span { row, from, to, text, .. } in &spans.spans {
        let when = if unit.is_empty() { String::new() } else { format!("{from} to {to} {unit}, ") };
        lines.push((*from, format!("{when}{row}: {text}")));
    }
    for Mark { row, at, text, .. } in &spans.marks {
        let when = if unit.is_empty() { String::new() } else { format!("{at} {unit}, ") };
        lines.push((*at, format!("{when}{row}: {text}")));
    }
    lines.sort_by_key(|line| line.0);
    lines.into_iter().map(|line| line.1).collect()
}
