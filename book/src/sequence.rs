//! Who calls whom, as a drawing: a line for each part, and time runs down.
//!
//! ```text
//!   { "kind": "sequence", "lanes": ["task", "kernel"],
//!     "steps": [ { "what": "call", "from": "task", "to": "kernel", "text": "read" }, … ] }
//! ```
//!
//! It is as wide as a phone; the page does not scroll for it.

use crate::source_page::escape;
use serde::Deserialize;

pub const WIDTH: f64 = 400.0;
/// So wide at least that its text can be read, so wide at most that it does not shout.
pub const STYLE: &str = "min-width:320px;max-width:480px";
const EDGE: f64 = 46.0;
const TOP: f64 = 28.0;
const STEP: f64 = 31.0;
/// The width of a letter, on average.
pub const LETTER: f64 = 6.1;
const COLOUR: &str = "var(--links, #20609f)";
const LOST: &str = "var(--blockquote-caution-color, #b52731)";
/// More, and nobody reads it.
const MOST_LANES: usize = 5;
const MOST_STEPS: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    #[serde(rename = "kind")]
    _kind: String,
    lanes: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    /// `to` begins to work for `from`.
    Call,
    /// `from` has done what it was called for.
    Answer,
    /// A call and its answer in one.
    Ask,
    /// An arrow, and nothing else.
    Send,
    /// An arrow that does not arrive.
    Lost,
    /// Something that `from` does by itself.
    Note,
    /// `from` begins to sleep.
    Sleep,
    /// And ends it.
    Awake,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    what: What,
    from: String,
    #[serde(default)]
    to: String,
    text: String,
}

/// A step with its places: two lanes, and its height.
struct Placed<'a> {
    what: What,
    from: f64,
    to: f64,
    y: f64,
    text: &'a str,
}

impl Sequence {
    fn lane(&self, name: &str) -> Result<f64, String> {
        let index = self.lanes.iter().position(|lane| lane == name);
        let index = index.ok_or(format!("no lane `{name}`: {}", self.lanes.join(", ")))?;
        let gaps = self.lanes.len().max(2) - 1;
        Ok(EDGE + index as f64 * (WIDTH - 2.0 * EDGE) / gaps as f64)
    }

    fn placed(&self) -> Result<Vec<Placed<'_>>, String> {
        self.steps.iter().enumerate().map(|(index, step)| self.place(index, step)).collect()
    }

    fn place<'a>(&'a self, index: usize, step: &'a Step) -> Result<Placed<'a>, String> {
        let alone = matches!(step.what, What::Note | What::Sleep | What::Awake);
        if alone != step.to.is_empty() || step.to == step.from {
            return Err(format!("step {index}: which lanes? {:?}", step.what));
        }
        let from = self.lane(&step.from)?;
        let to = if alone { from } else { self.lane(&step.to)? };
        let y = TOP + STEP * (index as f64 + 1.0);
        Ok(Placed { what: step.what, from, to, y, text: &step.text })
    }
}

/// The drawing, without a blank line. `alt` says what it shows.
pub fn draw(sequence: &Sequence, alt: &str) -> Result<String, String> {
    let (lanes, steps) = (sequence.lanes.len(), sequence.steps.len());
    if lanes == 0 || steps == 0 || lanes > MOST_LANES || steps > MOST_STEPS {
        return Err(format!("1 to {MOST_LANES} lanes, and 1 to {MOST_STEPS} steps"));
    }
    let bottom = TOP + STEP * (steps as f64 + 0.6);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{alt}\" font-size=\"13\" \
         fill=\"none\" style=\"{STYLE}\">\n<title>{alt}</title>\n<desc>Time runs down. {lanes} \
         lines, {steps} steps; the list below has them all.</desc>\n",
        bottom + 4.0,
        alt = escape(alt),
    );
    for name in &sequence.lanes {
        let x = sequence.lane(name)?;
        svg += &format!(
            "<text x=\"{x:.1}\" y=\"16\" text-anchor=\"middle\" font-weight=\"bold\" \
             fill=\"currentColor\">{}</text>\n<path d=\"M{x:.1} {TOP}V{bottom:.1}\" \
             stroke=\"currentColor\" stroke-opacity=\"0.35\"/>\n",
            escape(name)
        );
    }
    let placed = sequence.placed()?;
    svg += &boxes(&placed, bottom)?;
    // The ground of a text must not hide the head of an arrow.
    for step in &placed {
        svg += &words_of(step)?;
    }
    for step in &placed {
        svg += &arrow(step);
    }
    Ok(svg + "</svg>\n")
}

/// When somebody works, and when somebody sleeps.
fn boxes(steps: &[Placed<'_>], bottom: f64) -> Result<String, String> {
    let (mut svg, mut open) = (String::new(), Vec::new());
    for step in steps {
        match step.what {
            What::Call => open.push((step.to, step.y, false)),
            What::Sleep => open.push((step.from, step.y, true)),
            What::Ask => svg += &of_box(step.to, step.y - 6.0, step.y + 6.0, false),
            What::Answer | What::Awake => {
                let asleep = step.what == What::Awake;
                let own = open.iter().rposition(|(x, _, s)| *x == step.from && *s == asleep);
                let own = own.ok_or(format!("nothing has begun that ends: {}", step.text))?;
                let (x, y, asleep) = open.remove(own);
                svg += &of_box(x, y, step.y, asleep);
            }
            What::Send | What::Lost | What::Note => {}
        }
    }
    Ok(svg + &open.into_iter().map(|(x, y, s)| of_box(x, y, bottom, s)).collect::<String>())
}

fn of_box(x: f64, from: f64, to: f64, asleep: bool) -> String {
    let style = match asleep {
        true => "fill=\"var(--bg, #fff)\" stroke=\"currentColor\" stroke-dasharray=\"4 3\"".into(),
        false => format!("fill=\"{COLOUR}\" fill-opacity=\"0.35\" stroke=\"{COLOUR}\""),
    };
    let (left, high) = (x - 5.0, to - from);
    format!("<rect x=\"{left:.1}\" y=\"{from:.1}\" width=\"10\" height=\"{high:.1}\" {style}/>\n")
}

/// The line of a step, or its point.
fn arrow(step: &Placed<'_>) -> String {
    let (x, y) = (step.from, step.y);
    if step.from == step.to {
        return format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"currentColor\"/>\n");
    }
    let on = (step.to - step.from).signum();
    let lost = step.what == What::Lost;
    let short = if lost { 18.0 } else { 5.0 };
    let (start, tip) = (x + 5.0 * on, step.to - short * on);
    let colour = if lost { LOST } else { "currentColor" };
    let dashes = if step.what == What::Answer { " stroke-dasharray=\"5 3\"" } else { "" };
    let end = tip - 7.0 * on;
    let cross = match lost {
        true => format!(
            "<path d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\" stroke=\"{LOST}\" stroke-width=\"2\"/>",
            tip + 6.0 * on - 4.0,
            y - 4.0
        ),
        false => String::new(),
    };
    format!(
        "<path d=\"M{start:.1} {y:.1}H{end:.1}\" stroke=\"{colour}\" stroke-width=\"1.2\"{dashes}/>\
         <path d=\"M{tip:.1} {y:.1}l{back:.0} -4v8z\" fill=\"{colour}\"/>{cross}\n",
        back = -8.0 * on
    )
}

/// What a step says: above its arrow, or beside its point.
fn words_of(step: &Placed<'_>) -> Result<String, String> {
    let alone = step.from == step.to;
    let (left, right) = (step.from.min(step.to) + 9.0, step.from.max(step.to) - 9.0);
    let wide = step.text.chars().count() as f64 * LETTER;
    let (x, anchor) = match () {
        () if left + wide < WIDTH => (left, "start"),
        () if right - wide > 0.0 => (right, "end"),
        () => return Err(format!("too long for the drawing: {}", step.text)),
    };
    let base = if alone { step.y + 4.5 } else { step.y - 6.0 };
    Ok(on_ground(x, base, anchor, step.text))
}

/// A text, with the lines behind it taken away.
pub fn on_ground(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"currentColor\" \
         stroke=\"var(--bg, #fff)\" stroke-width=\"4\" paint-order=\"stroke\">{}</text>\n",
        escape(text)
    )
}

/// What the signs mean, of those that occur.
pub fn key(sequence: &Sequence) -> String {
    let there = |what: What| sequence.steps.iter().any(|step| step.what == what);
    let words = [
        (What::Call, "filled: at work"),
        (What::Sleep, "dashed box: asleep"),
        (What::Answer, "dashed arrow: an answer"),
        (What::Lost, "×: nobody hears it"),
    ];
    let shown = words.iter().filter(|(what, _)| there(*what)).map(|(_, text)| format!("{text} · "));
    shown.collect::<String>() + "time runs down."
}

/// The same in words, a line each.
pub fn log(sequence: &Sequence) -> Vec<String> {
    let line = |step: &Step| {
        let Step { what, from, to, text } = step;
        match what {
            What::Call => format!("{from} calls {to}: {text}"),
            What::Answer => format!("{from} answers {to}: {text}"),
            What::Ask => format!("{from} asks {to}: {text}"),
            What::Send => format!("from {from} to {to}: {text}"),
            What::Lost => format!("from {from} to {to}, and nobody hears it: {text}"),
            What::Note => format!("{from}: {text}"),
            What::Sleep => format!("{from} sleeps: {text}"),
            What::Awake => format!("{from} is awake: {text}"),
        }
    };
    sequence.steps.iter().map(line).collect()
}
