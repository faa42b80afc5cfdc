//! bars: the peers of a row beside each other, each with its error bar.

use super::super::data::{Figure, Row, Section};
use super::html::{escape, figure, id_of};

/// Whose bars are drawn, from top to bottom.
const PEERS: [&str; 7] =
    ["mainspring", "mainspring-helping", "mainspring-dump", "tokio", "smol", "flume", "floor"];
const WIDTH: f64 = 340.0;
/// Where bars begin: names are on the left of it.
const LEFT: f64 = 86.0;
/// Room for a figure behind the longest.
const RIGHT: f64 = 64.0;
const STEP: f64 = 22.0;

/// A drawing for each row that is not a variant of another.
pub fn all(of: &Section) -> String {
    let rows: String = of.rows.iter().filter(|row| !row.variant).map(row).collect();
    let name = escape(&of.flavor);
    format!(
        "<details open>\n<summary>Bars, {name}: medians over the rounds with their error bars; \
         shorter is better</summary>\n<div class=\"bars\">\n{rows}</div>\n</details>\n"
    )
}

fn row(of: &Row) -> String {
    let figures: Vec<&Figure> =
        PEERS.iter().filter_map(|peer| of.figure(peer)).filter(|f| f.median.is_finite()).collect();
    let most = figures.iter().map(|figure| figure.high.max(figure.median)).fold(0.0, f64::max);
    if most <= 0.0 {
        return String::new();
    }
    let height = STEP * figures.len() as f64 + 4.0;
    let scale = (WIDTH - LEFT - RIGHT) / most;
    let bars: String = figures
        .iter()
        .enumerate()
        .map(|(place, figure)| bar(figure, 2.0 + STEP * place as f64, scale))
        .collect();
    let said = |f: &&Figure| {
        let (median, low, high) = (figure(f.median), figure(f.low), figure(f.high));
        format!("{} {median}, {low} to {high}", f.peer)
    };
    let said = figures.iter().map(said).collect::<Vec<_>>().join("; ");
    let (name, unit) = (escape(&of.row), escape(&of.unit));
    format!(
        "<figure>\n<figcaption>{name} <span class=\"unit\">{unit}</span></figcaption>\n\
         <svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{name}, {unit}: {}\">\n\
         {bars}</svg>\n</figure>\n",
        escape(&said)
    )
}

fn bar(of: &Figure, top: f64, scale: f64) -> String {
    let x = |value: f64| LEFT + value.max(0.0) * scale;
    let (middle, end) = (top + STEP / 2.0, x(of.median));
    let (low, high) = (x(of.low), x(of.high));
    let (name, class) = (of.peer.replace("mainspring-", "with "), id_of(&of.peer));
    let whisker = format!(
        "<path class=\"whisker\" d=\"M{low:.1} {middle}H{high:.1}M{low:.1} {}v8M{high:.1} {}v8\"/>",
        middle - 4.0,
        middle - 4.0
    );
    format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
         <rect class=\"{class}\" x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"14\"/>{whisker}\
         <text x=\"{:.1}\" y=\"{}\">{}</text>\n",
        LEFT - 6.0,
        middle + 4.0,
        escape(&name),
        middle - 7.0,
        (end - LEFT).max(1.0),
        end.max(high) + 5.0,
        middle + 4.0,
        figure(of.median),
    )
}
