//! A measured series as a drawing: lines or bars, with axes, and the same as a table.
//!
//! ```text
//!   { "kind": "line" | "bar", "command": "…", "machine": "…",
//!     "x": { "label": "timers", "log": true, "names": ["heap", "wheel"] },   names: for bars
//!     "y": { "label": "ns per timer", "log": true },
//!     "series": [ { "name": "heap", "points": [[10, 81.5], [100, 93]] } ] }  bars: x = 0, 1, …
//! ```

use crate::source_page::escape;
use serde::Deserialize;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 50.0;
/// Colour, dashes and mark: no series is told by its colour alone.
const STYLES: [(&str, &str, &str); 4] = [
    ("var(--links, #20609f)", "none", "●"),
    ("var(--blockquote-warning-color, #9a6700)", "8 4", "■"),
    ("var(--blockquote-important-color, #8250df)", "2 3", "▲"),
    ("var(--blockquote-tip-color, #008000)", "10 3 2 3", "◆"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    kind: String,
    pub command: String,
    #[serde(default)]
    pub machine: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Axis {
    label: String,
    #[serde(default)]
    log: bool,
    #[serde(default)]
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
}

/// From values to places.
struct Scale {
    log: bool,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn new(axis: &Axis, values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let high = values.clone().fold(f64::MIN, f64::max);
        let low = values.fold(f64::MAX, f64::min);
        let (low, high) = match axis.log {
            true => (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil())),
            false => (low.min(0.0), if high > 0.0 { high } else { 1.0 }),
        };
        Self { log: axis.log, low, high, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let part = match self.log {
            true => (value / self.low).log10() / (self.high / self.low).log10().max(1e-9),
            false => (value - self.low) / (self.high - self.low),
        };
        self.from + part * (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.log {
            let decades = (self.high / self.low).log10().round() as i32;
            return (0..=decades).map(|power| self.low * 10f64.powi(power)).collect();
        }
        let rough = (self.high - self.low) / 5.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough);
        let step = step.unwrap_or(rough);
        let first = (self.low / step).ceil() as i64;
        (first..).map(|n| n as f64 * step).take_while(|tick| *tick <= self.high * 1.0001).collect()
    }
}

fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 1e6 => format!("{}M", value / 1e6),
        v if v >= 1e4 => format!("{}k", value / 1e3),
        _ => format!("{}", (value * 1e6).round() / 1e6),
    }
}

pub fn draw(chart: &Chart, alt: &str) -> Result<String, String> {
    let points = chart.series.iter().flat_map(|series| series.points.iter());
    let logs_of_nothing = points
        .clone()
        .any(|(x, y)| chart.y.log && *y <= 0.0 || chart.x.log && chart.kind == "line" && *x <= 0.0);
    if points.clone().next().is_none() || logs_of_nothing || chart.series.len() > STYLES.len() {
        let most = STYLES.len();
        return Err(format!(
            "a chart has 1 to {most} series with points, above 0 where log is true"
        ));
    }
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let y = Scale::new(&chart.y, points.clone().map(|point| point.1), bottom, TOP);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{alt}\" font-size=\"13\" \
         fill=\"none\">\n<title>{alt}</title>\n<desc>{} over {}; the table below has the \
         values.</desc>\n<text x=\"4\" y=\"16\">{}</text>\n\
         <text x=\"{right}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
        escape(&chart.y.label),
        escape(&chart.x.label),
        escape(&chart.y.label),
        HEIGHT - 6.0,
        escape(&chart.x.label),
        alt = escape(alt),
    );
    for tick in y.ticks() {
        let at = y.place(tick);
        svg += &format!(
            "<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"currentColor\" stroke-opacity=\"0.2\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            LEFT - 8.0,
            at + 4.0,
            number(tick)
        );
    }
    svg += &match chart.kind.as_str() {
        "line" => {
            let x = Scale::new(&chart.x, points.map(|point| point.0), LEFT, right);
            lines(chart, &x, &y)
        }
        "bar" => bars(chart, &y),
        kind => return Err(format!("no kind of chart `{kind}`: line or bar")),
    };
    Ok(svg + &key(chart) + "</svg>\n")
}

fn below(x: f64, text: &str) -> String {
    let y = HEIGHT - BOTTOM + 18.0;
    format!("<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>\n", escape(text))
}

fn lines(chart: &Chart, x: &Scale, y: &Scale) -> String {
    let mut svg: String = x.ticks().into_iter().map(|t| below(x.place(t), &number(t))).collect();
    for (series, (colour, dashes, mark)) in chart.series.iter().zip(STYLES) {
        let place = |(a, b): &(f64, f64)| (x.place(*a), y.place(*b));
        let path: Vec<String> =
            series.points.iter().map(place).map(|(a, b)| format!("{a:.1} {b:.1}")).collect();
        svg += &format!(
            "<path d=\"M{}\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dashes}\"/>\n",
            path.join("L")
        );
        for (a, b) in series.points.iter().map(place) {
            let base = b + 4.5;
            svg += &format!(
                "<text x=\"{a:.1}\" y=\"{base:.1}\" text-anchor=\"middle\" \
                 style=\"fill:{colour}\">{mark}</text>\n"
            );
        }
    }
    svg
}

fn bars(chart: &Chart, y: &Scale) -> String {
    let (groups, count) = (chart.x.names.len().max(1) as f64, chart.series.len() as f64);
    let group = (WIDTH - RIGHT - LEFT) / groups;
    let width = (group * 0.8 / count).min(60.0);
    let mut svg = String::new();
    for (index, name) in chart.x.names.iter().enumerate() {
        svg += &below(LEFT + group * (index as f64 + 0.5), name);
    }
    let bottom = HEIGHT - BOTTOM;
    for (nth, (series, (colour, dashes, _))) in chart.series.iter().zip(STYLES).enumerate() {
        for (at, value) in &series.points {
            let middle = LEFT + group * (at + 0.5);
            let x = middle + (nth as f64 - count / 2.0) * width;
            let top = y.place(*value);
            svg += &format!(
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" \
                 fill=\"{colour}\" fill-opacity=\"0.25\" stroke=\"{colour}\" \
                 stroke-dasharray=\"{dashes}\" stroke-width=\"1.5\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
                bottom - top,
                x + width / 2.0,
                top - 5.0,
                number(*value)
            );
        }
    }
    svg
}

/// Which series is which.
fn key(chart: &Chart) -> String {
    let mut svg = String::new();
    for (index, (series, (colour, dashes, mark))) in chart.series.iter().zip(STYLES).enumerate() {
        let (x, y) = (WIDTH - RIGHT + 14.0, TOP + 14.0 + 22.0 * index as f64);
        let mark = if chart.kind == "line" { mark } else { "" };
        svg += &format!(
            "<path d=\"M{x} {y}h24\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dashes}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\" \
             style=\"fill:{colour}\">{mark}</text><text x=\"{}\" y=\"{}\">{}</text>\n",
            x + 12.0,
            y + 4.5,
            x + 32.0,
            y + 4.0,
            escape(&series.name)
        );
    }
    svg
}

/// The values, for those who do not see the drawing.
pub fn table(chart: &Chart) -> String {
    let heads: String =
        chart.series.iter().map(|series| format!("<th>{}</th>", escape(&series.name))).collect();
    let mut xs: Vec<f64> =
        chart.series.iter().flat_map(|s| &s.points).map(|point| point.0).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let mut table = format!("<table>\n<tr><th>{}</th>{heads}</tr>\n", escape(&chart.x.label));
    for x in xs {
        let name = chart.x.names.get(x as usize).filter(|_| chart.kind == "bar");
        let name = name.map_or(number(x), |name| escape(name));
        let cell = |series: &Series| {
            let value = series.points.iter().find(|point| point.0 == x);
            format!("<td>{}</td>", value.map_or("–".to_string(), |point| point.1.to_string()))
        };
        let cells: String = chart.series.iter().map(cell).collect();
        table += &format!("<tr><td>{name}</td>{cells}</tr>\n");
    }
    table + "</table>\n"
}
