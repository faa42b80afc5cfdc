//! A trace as a drawing: a row for each thread and task, slices for polls and sleeps, arrows from
//! a wake to the poll that came of it.

use crate::layout::{Layout, Spot, layout};
use crate::source_page::escape;
use crate::trace::{Kind, Move, Trace, time};

const LEFT: f64 = 150.0;
const TOP: f64 = 24.0;
const ROW: f64 = 60.0;
const BOX: f64 = 24.0;
/// A drawing with more arrows is no drawing.
const MOST: usize = 2_000;

/// Colours of the page's theme, which a task keeps where rows are threads.
const COLOURS: [&str; 5] = [
    "var(--links, #20609f)",
    "var(--blockquote-warning-color, #9a6700)",
    "var(--blockquote-important-color, #8250df)",
    "var(--blockquote-tip-color, #008000)",
    "var(--blockquote-caution-color, #b52731)",
];

/// The drawing, without a blank line. `alt` says what it shows.
pub fn draw(trace: &Trace, alt: &str) -> Result<String, String> {
    if trace.moves.is_empty() {
        return Err("nothing happens in this trace".to_string());
    }
    if trace.moves.len() > MOST {
        let count = trace.moves.len();
        return Err(format!(
            "{count} moves are too many to draw, {MOST} at most: give from and to"
        ));
    }
    let layout = layout(trace, 640.0);
    let width = LEFT + layout.width + 30.0;
    let height = TOP + ROW * layout.rows.len() as f64 + 30.0;
    let least = if width > 900.0 {
        format!(" style=\"min-width:{:.0}px\"", width * 0.9)
    } else {
        String::new()
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{alt}\" \
         font-size=\"13\" fill=\"none\"{least}>\n<title>{alt}</title>\n<desc>Time runs to the \
         right, not to scale. {} rows, {} moves; the list below has them all.</desc>\n",
        layout.rows.len(),
        trace.moves.len(),
        alt = escape(alt),
    );
    svg += &ground(&layout, width);
    for (of, spot) in trace.moves.iter().zip(&layout.spots).filter(|(of, _)| of.took.is_some()) {
        svg += &slice(trace, of, spot, &layout);
    }
    for arrow in &layout.arrows {
        svg += &curve(&layout.spots[arrow.cause], &layout.spots[arrow.poll]);
    }
    for (of, spot) in trace.moves.iter().zip(&layout.spots).filter(|(of, _)| of.took.is_none()) {
        svg += &instant(of, spot);
    }
    Ok(svg + "</svg>\n")
}

fn middle(row: usize) -> f64 {
    TOP + ROW * row as f64 + ROW / 2.0
}

/// The rows' names and lines, and the times below.
fn ground(layout: &Layout, width: f64) -> String {
    let mut svg = String::new();
    for (row, name) in layout.rows.iter().enumerate() {
        let y = middle(row);
        let (shown, base) = (shortened(name, 20), y + 4.0);
        svg += &format!(
            "<text x=\"4\" y=\"{base:.1}\">{}</text>\n\
             <path d=\"M{LEFT} {y:.1}H{width:.0}\" \
             stroke=\"currentColor\" stroke-opacity=\"0.25\"/>\n",
            escape(&shown)
        );
    }
    let bottom = TOP + ROW * layout.rows.len() as f64;
    let mut free = 0.0;
    for (at, x) in &layout.ticks {
        let (x, text) = (LEFT + x, time(*at));
        svg += &format!(
            "<path d=\"M{x:.1} {TOP}V{bottom:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.2\" \
             stroke-dasharray=\"2 4\"/>\n"
        );
        let half = text.chars().count() as f64 * 3.6;
        if x - half > free {
            let y = bottom + 16.0;
            svg +=
                &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>\n");
            free = x + half + 8.0;
        }
    }
    svg
}

fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_string();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

/// A poll, a closure or a sleep, its label below it. One that ended its task has a tick and a thick
/// end.
fn slice(trace: &Trace, of: &Move, spot: &Spot, layout: &Layout) -> String {
    let (x, y) = (LEFT + spot.from, middle(spot.row) - BOX / 2.0);
    let width = (spot.to - spot.from).max(6.0);
    let name = of.task.and_then(|task| trace.tasks.get(&task)).unwrap_or(&of.name);
    let colour = match of.task {
        Some(task) if !layout.by_task => COLOURS[task as usize % COLOURS.len()],
        _ => COLOURS[0],
    };
    let style = match of.kind {
        Kind::Park => "stroke=\"currentColor\" stroke-dasharray=\"4 3\"".to_string(),
        _ => format!(
            "fill=\"{colour}\" fill-opacity=\"0.2\" stroke=\"{colour}\" stroke-width=\"1.5\""
        ),
    };
    let end = if of.ready { ", ready" } else { "" };
    let mut svg = format!(
        "<g><title>{}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{BOX}\" rx=\"3\" {style}/>",
        escape(&format!("{}: {name}{end}", time(of.at)))
    );
    if of.ready {
        let end = x + width;
        svg +=
            &format!("<path d=\"M{end:.1} {y:.1}v{BOX}\" stroke=\"{colour}\" stroke-width=\"4\"/>");
    }
    let slices = trace.moves.iter().zip(&layout.spots).filter(|(of, _)| of.took.is_some());
    let later = slices.filter(|(_, s)| s.row == spot.row && s.from > spot.from);
    let next = later.map(|(_, s)| s.from).fold(layout.width, f64::min);
    let room = ((next - spot.from) / 7.2) as usize;
    let label = label(of, name, layout.by_task, room);
    let (left, base) = (x + 7.0, y + BOX + 13.0);
    svg += &format!("<text x=\"{left:.1}\" y=\"{base:.1}\">{}</text>", escape(&label));
    svg + "</g>\n"
}

/// What stands below a slice, as long as there is room for.
fn label(of: &Move, name: &str, by_task: bool, room: usize) -> String {
    let tick = if of.ready { " ✓" } else { "" };
    let number = of.poll.filter(|_| by_task).or(of.task).map_or(String::new(), |n| n.to_string());
    let long = match of.kind {
        Kind::Park => format!("sleeps {}", time(of.took.unwrap_or(0))),
        Kind::Poll if by_task => format!("poll {number}{tick}"),
        _ => format!("{name}{tick}"),
    };
    let short = match of.kind {
        Kind::Park => time(of.took.unwrap_or(0)),
        _ => format!("{number}{tick}"),
    };
    let fits = |text: &String| text.chars().count() < room;
    [long, short].into_iter().find(fits).unwrap_or_default()
}

/// From a cause to the beginning of its poll: down or up, or over the row if it is the same.
fn curve(cause: &Spot, poll: &Spot) -> String {
    let (x, y) = (LEFT + cause.from, middle(cause.row));
    let (to, below) = (LEFT + poll.from, poll.row > cause.row);
    let edge =
        middle(poll.row) + if below || cause.row == poll.row { -BOX / 2.0 } else { BOX / 2.0 };
    // Where the head points to, and from where.
    let (lift, head) = if edge < y && poll.row != cause.row { (16.0, 6.0) } else { (-16.0, -6.0) };
    let start = if poll.row == cause.row { y - BOX / 2.0 } else { y };
    let (tip, end) = (edge, edge + head);
    let first = if poll.row == cause.row { start - 16.0 } else { (start + edge) / 2.0 };
    format!(
        "<path d=\"M{x:.1} {start:.1}C{x:.1} {first:.1} {to:.1} {:.1} {to:.1} {end:.1}\" \
         stroke=\"currentColor\" stroke-width=\"1.2\"/>\
         <path d=\"M{to:.1} {tip:.1}l-4 {head:.1}h8z\" fill=\"currentColor\"/>\n",
        edge + lift
    )
}

/// A letter in a circle; of a wake and a spawn, whose arrow says it all, a dot.
fn instant(of: &Move, spot: &Spot) -> String {
    let (x, y) = (LEFT + spot.from, middle(spot.row));
    let letter = match of.kind {
        Kind::Timer => "T",
        Kind::Io => "I",
        Kind::Steal => "S",
        Kind::Budget => "B",
        Kind::Yield => "Y",
        Kind::Spawn => "+",
        Kind::Wake => "",
        _ => "·",
    };
    let title = escape(&format!("{}: {}", time(of.at), of.name));
    if letter.is_empty() {
        return format!(
            "<g><title>{title}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" \
             fill=\"currentColor\"/></g>\n"
        );
    }
    let base = y + 4.5;
    format!(
        "<g><title>{title}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" \
         fill=\"var(--bg, #fff)\" stroke=\"currentColor\"/>\
         <text x=\"{x:.1}\" y=\"{base:.1}\" text-anchor=\"middle\">{letter}</text></g>\n"
    )
}

/// What the letters mean, for those that occur.
pub fn key(trace: &Trace) -> String {
    let there = |kind: Kind| trace.moves.iter().any(|of| of.kind == kind);
    let words = [
        (Kind::Spawn, "+ spawn"),
        (Kind::Wake, "● wake, with an arrow to the poll that came of it"),
        (Kind::Yield, "Y yield"),
        (Kind::Timer, "T timer"),
        (Kind::Io, "I readiness"),
        (Kind::Steal, "S steal"),
        (Kind::Budget, "B budget used up"),
        (Kind::Other, "· another event, named in the words"),
        (Kind::Park, "dashed: the thread sleeps"),
    ];
    let shown: Vec<&str> =
        words.iter().filter(|(kind, _)| there(*kind)).map(|(_, text)| *text).collect();
    let ready =
        if trace.moves.iter().any(|of| of.ready) { " · ✓ the task has ended" } else { "" };
    format!("{}{ready}. Time is not to scale.", shown.join(" · "))
}
