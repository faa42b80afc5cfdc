//! the table of a scheduler: every row with its peers, ratios, error bars, goal, and who wins.

use super::super::data::{Against, Place, Reached, Row, Section};
use super::html::{escape, figure, id_of, scroll};

const PEERS: [&str; 5] = ["mainspring", "tokio", "smol", "flume", "floor"];
/// First what the reader came for, then where it comes from.
const FIRST: [&str; 7] =
    ["÷ tokio", "error bar, drawn", "error bar", "beside tokio", "goal", "reached?", "fastest"];
/// Under these stand words.
const WORDS: [&str; 4] = ["beside tokio", "goal", "reached?", "fastest"];
const LAST: [&str; 3] = ["÷ floor", "÷ smol", "tokio ÷ itself"];

/// All rows in the order of the suite.
pub fn table(of: &Section) -> String {
    let head = |head: &&str| match WORDS.contains(head) {
        true => format!("<th scope=\"col\" class=\"word\">{head}</th>"),
        false => format!("<th scope=\"col\">{head}</th>"),
    };
    let heads: String = FIRST.iter().chain(&PEERS).chain(&LAST).map(head).collect();
    let rows: String = of.rows.iter().map(row).collect();
    let table = format!(
        "<table class=\"rows\">\n<thead><tr><th scope=\"col\">operation</th>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    );
    let failures = of.rows.iter().flat_map(|row| {
        let failed = |(peer, why): &(String, String)| format!("{}, {peer}: {why}", row.row);
        row.failures.iter().map(failed)
    });
    let failures: Vec<String> = failures.map(|failure| format!("Failed: {failure}")).collect();
    scroll(&format!("Table, {}", of.flavor), &table) + &super::html::list(&failures)
}

fn row(of: &Row) -> String {
    let peer = |name: &&str| of.figure(name).map_or("–".to_owned(), |f| figure(f.median));
    // A variant has its own figures in Mainspring's place.
    let figures: String = PEERS.iter().map(|name| format!("<td>{}</td>", peer(name))).collect();
    let plain = |against: &Option<Against>| against.map_or("–".to_owned(), |a| two(a.of_medians));
    let bar = |against: &Option<Against>| match against {
        Some(a) => format!("{} to {}", two(a.low), two(a.high)),
        None => "–".to_owned(),
    };
    let fastest = match of.fastest.len() {
        0 => "–".to_owned(),
        1 => of.fastest[0].clone(),
        _ => format!("even: {}", of.fastest.join(", ")),
    };
    let class = if of.in_design { "" } else { " class=\"more\"" };
    let name = format!("{} <span class=\"unit\">{}</span>", escape(&of.row), escape(&of.unit));
    let first = [
        (false, plain(&of.to_tokio)),
        (false, strip(of)),
        (false, bar(&of.to_tokio)),
        (true, beside(of.standing).to_owned()),
        (true, escape(&of.goal)),
        (true, reached(of)),
        (true, escape(&fastest)),
    ];
    let cell = |(word, cell): (bool, String)| match word {
        true => format!("<td class=\"word\">{cell}</td>"),
        false => format!("<td>{cell}</td>"),
    };
    let first: String = first.into_iter().map(cell).collect();
    let last = [plain(&of.to_floor), plain(&of.to_smol), bar(&of.tokio_to_itself)];
    let last: String = last.into_iter().map(|text| cell((false, text))).collect();
    format!("<tr{class}><th scope=\"row\">{name}</th>{first}{figures}{last}</tr>\n")
}

/// The same weight for all: a mark, a word, a colour that is no louder than the other.
fn beside(standing: Option<Place>) -> &'static str {
    match standing {
        Some(Place::Faster) => "<span class=\"faster\">▼ faster</span>",
        Some(Place::Even) => "<span class=\"even\">= even</span>",
        Some(Place::WithinNoise) => "<span class=\"even\">≈ above, within the noise</span>",
        Some(Place::Slower) => "<span class=\"slower\">▲ slower</span>",
        None => "–",
    }
}

fn reached(of: &Row) -> String {
    let part = of.of_goal.map_or(String::new(), |part| format!(", {} of it", two(part)));
    match of.reached {
        Some(Reached::Yes) => "<span class=\"faster\">● reached</span>".to_owned(),
        Some(Reached::WithinNoise) => {
            "<span class=\"even\">◐ at it, within the noise</span>".to_owned()
        }
        Some(Reached::No) => format!("<span class=\"slower\">○ not reached{part}</span>"),
        None if of.goal.is_empty() => "no goal".to_owned(),
        None => "not judged".to_owned(),
    }
}

fn two(value: f64) -> String {
    if value < 0.1 { format!("{value:.3}") } else { format!("{value:.2}") }
}

const WIDTH: f64 = 150.0;
/// From a twentieth of tokio's time to four times as much.
const ENDS: (f64, f64) = (0.05, 4.0);

/// The ratio to tokio on a logarithmic line: tokio at the long mark, the goal at the short one, and
/// what tokio was to itself as a band.
fn strip(of: &Row) -> String {
    let Some(ratio) = of.to_tokio else { return "–".to_owned() };
    let x = |value: f64| {
        let part = (value / ENDS.0).ln() / (ENDS.1 / ENDS.0).ln();
        4.0 + part.clamp(0.0, 1.0) * (WIDTH - 8.0)
    };
    let mut text = String::new();
    if let Some(noise) = of.tokio_to_itself {
        let (from, to) = (x(noise.low), x(noise.high));
        let width = (to - from).max(1.0);
        text += &format!("<rect class=\"noise\" x=\"{from:.1}\" y=\"4\" width=\"{width:.1}\" ");
        text += "height=\"16\"/>";
    }
    text += &format!("<path class=\"axis\" d=\"M4 12H{}M{:.1} 1V23\"/>", WIDTH - 4.0, x(1.0));
    let mut said = format!("{} times tokio", two(ratio.of_medians));
    said += &format!(", error bar {} to {}", two(ratio.low), two(ratio.high));
    if let Some(goal) = of.goal_to_tokio {
        let at = x(goal);
        text += &format!("<path class=\"goal\" d=\"M{at:.1} 5V19\"/>");
        said += &format!(", goal {goal}");
    }
    let class = id_of("mainspring");
    let (low, high) = (x(ratio.low), x(ratio.high));
    text += &format!("<path class=\"whisker\" d=\"M{low:.1} 12H{high:.1}");
    text += &format!("M{low:.1} 8v8M{high:.1} 8v8\"/>");
    text +=
        &format!("<circle class=\"{class}\" cx=\"{:.1}\" cy=\"12\" r=\"4\"/>", x(ratio.of_medians));
    format!(
        "<svg class=\"strip\" viewBox=\"0 0 {WIDTH} 24\" width=\"{WIDTH}\" height=\"24\" \
         role=\"img\" aria-label=\"{said}\">{text}</svg>"
    )
}
