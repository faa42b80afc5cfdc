//! curves: points on a logarithmic or a percentile axis, told apart by colour, dash and mark.

use super::html::{escape, figure, id_of};
use crate::labs::sheet::{Axis, Curve, Plot, Scale};

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;

/// A drawing with its legend, and the same as a table.
pub fn plot(of: &Plot) -> String {
    let all = || of.curves.iter().flat_map(|curve| &curve.points);
    let x = Range::over(of.x.scale, all().map(|point| point.0));
    let y = Range::over(of.y.scale, all().map(|point| point.1));
    let curves: String = of.curves.iter().map(|curve| drawn(curve, &x, &y)).collect();
    let title = escape(&of.title);
    format!(
        "<figure class=\"plot\">\n<figcaption>{title} <span class=\"unit\">{}</span></figcaption>\n\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}: {}\">\n{}{curves}\
         </svg>\n{}<details>\n<summary>Figures: {title}</summary>\n{}</details>\n</figure>\n",
        escape(&of.y.label),
        escape(&said(of)),
        axes(of, &x, &y),
        legend(of),
        table(of),
    )
}

/// The first and the last of each curve: what a look at them tells.
fn said(of: &Plot) -> String {
    let (x, y) = (&of.x.label, &of.y.label);
    let curve = |curve: &Curve| {
        let ends = [curve.points.first()?, curve.points.last()?];
        let [from, to] = ends.map(|(at, is)| format!("{} {y} at {x} {}", figure(*is), mark(*at)));
        Some(format!("{} from {from} to {to}", curve.name))
    };
    of.curves.iter().filter_map(curve).collect::<Vec<_>>().join("; ")
}

/// The part of an axis that is drawn, as its scale has it.
struct Range {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Range {
    fn over(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        let place = |value| place(scale, value);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.map(place).filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if scale == Scale::Log {
            // From one tick to another.
            let below = |of: &&f64| place(**of) <= low + 1e-9;
            let above = |of: &&f64| place(**of) >= high - 1e-9;
            let steps = steps(low.floor() as i32 - 1, high.ceil() as i32 + 1);
            let (first, last) = (steps.iter().rfind(below), steps.iter().find(above));
            low = first.map_or(low, |tick| place(*tick));
            high = last.map_or(high, |tick| place(*tick));
        }
        if high - low < 0.3 {
            high = low + 0.3;
        }
        Self { scale, low, high }
    }

    /// From 0 to 1.
    fn part(&self, value: f64) -> f64 {
        (place(self.scale, value) - self.low) / (self.high - self.low)
    }

    /// Where lines are drawn and labelled.
    fn ticks(&self) -> Vec<f64> {
        let inside = |tick: &f64| (-1e-6..=1.0 + 1e-6).contains(&self.part(*tick));
        match self.scale {
            Scale::Percentile => [50.0, 90.0, 99.0, 99.9].into_iter().filter(inside).collect(),
            Scale::Log => {
                let all = steps(self.low.floor() as i32, self.high.ceil() as i32);
                let all: Vec<f64> = all.into_iter().filter(inside).collect();
                let whole = |tick: &f64| (tick.log10() - tick.log10().round()).abs() < 1e-9;
                match all.len() > 7 {
                    true => all.into_iter().filter(whole).collect(),
                    false => all,
                }
            }
        }
    }
}

/// 1, 2, 5, 10, … from one power of ten to another.
fn steps(from: i32, to: i32) -> Vec<f64> {
    (from..=to).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(power))).collect()
}

fn place(scale: Scale, value: f64) -> f64 {
    match scale {
        Scale::Log => value.log10(),
        Scale::Percentile => -(1.0 - value / 100.0).log10(),
    }
}

fn across(range: &Range, value: f64) -> f64 {
    LEFT + range.part(value) * (WIDTH - LEFT - RIGHT)
}

fn up(range: &Range, value: f64) -> f64 {
    HEIGHT - BOTTOM - range.part(value) * (HEIGHT - TOP - BOTTOM)
}

/// 10, 1 000, 10⁶, 99.9.
fn mark(value: f64) -> String {
    let digits = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];
    let power = value.log10().round();
    match value {
        v if v >= 1e5 && (v.log10() - power).abs() < 1e-9 && power < 10.0 => {
            format!("10{}", digits[power as usize])
        }
        v if v >= 1e3 => figure(v),
        v => format!("{}", (v * 1e6).round() / 1e6),
    }
}

fn axes(of: &Plot, x: &Range, y: &Range) -> String {
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    let mut text = String::new();
    for tick in x.ticks() {
        let at = across(x, tick);
        text += &format!("<path class=\"grid\" d=\"M{at:.1} {TOP}V{bottom}\"/>");
        let (below, anchor) = (bottom + 15.0, if at > right - 8.0 { "end" } else { "middle" });
        let at = if anchor == "end" { at + 8.0 } else { at };
        text += &format!("<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"{anchor}\">");
        text += &format!("{}</text>\n", mark(tick));
    }
    for tick in y.ticks() {
        let at = up(y, tick);
        text += &format!("<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>");
        let (beside, down) = (LEFT - 5.0, at + 4.0);
        text += &format!("<text x=\"{beside}\" y=\"{down:.1}\" text-anchor=\"end\">");
        text += &format!("{}</text>\n", mark(tick));
    }
    let label = |axis: &Axis| escape(&axis.label);
    let (middle, last) = ((LEFT + right) / 2.0, HEIGHT - 6.0);
    text += &format!("<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/>");
    text + &format!(
        "<text x=\"{middle}\" y=\"{last}\" text-anchor=\"middle\">{}</text>\n",
        label(&of.x)
    )
}

/// `tokio-ct`: the runtime gives the colour, the one thread gives dashes.
fn class(name: &str) -> String {
    let (peer, threads) = name.split_once('-').unwrap_or((name, ""));
    let dashed = if threads == "ct" { " dashed" } else { "" };
    format!("{}{dashed}", id_of(peer))
}

fn drawn(of: &Curve, x: &Range, y: &Range) -> String {
    let points: Vec<(f64, f64)> =
        of.points.iter().map(|(at, is)| (across(x, *at), up(y, *is))).collect();
    let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let class = class(&of.name);
    let marks: String = points.iter().map(|(x, y)| dot(&class, *x, *y)).collect();
    format!("<polyline class=\"curve {class}\" points=\"{}\"/>{marks}\n", line.join(" "))
}

/// Round for a pool, square for one thread.
fn dot(class: &str, x: f64, y: f64) -> String {
    match class.ends_with("dashed") {
        true => {
            let (x, y) = (x - 3.0, y - 3.0);
            format!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"6\" height=\"6\"/>")
        }
        false => format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
    }
}

fn legend(of: &Plot) -> String {
    let item = |curve: &Curve| {
        let class = class(&curve.name);
        let mark = dot(&class, 14.0, 6.0);
        let sample = format!("<path class=\"curve {class}\" d=\"M0 6H28\"/>{mark}");
        let name = escape(&curve.name);
        format!(
            "<li><svg viewBox=\"0 0 28 12\" width=\"28\" height=\"12\" aria-hidden=\"true\">\
             {sample}</svg> {name}</li>\n"
        )
    };
    format!("<ul class=\"legend\">\n{}</ul>\n", of.curves.iter().map(item).collect::<String>())
}

fn table(of: &Plot) -> String {
    let mut places: Vec<f64> =
        of.curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let heads: String =
        places.iter().map(|at| format!("<th scope=\"col\">{}</th>", mark(*at))).collect();
    let row = |curve: &Curve| {
        let at = |place: &f64| curve.points.iter().find(|point| point.0 == *place);
        let cell = |place: &f64| at(place).map_or("–".to_owned(), |point| figure(point.1));
        let cells: String = places.iter().map(|at| format!("<td>{}</td>", cell(at))).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(&curve.name))
    };
    let rows: String = of.curves.iter().map(row).collect();
    let corner = escape(&format!("{}, at {}", of.y.label, of.x.label));
    let table = format!(
        "<table>\n<thead><tr><th scope=\"col\">{corner}</th>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    );
    super::html::scroll(&format!("Figures: {}", of.title), &table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_goes_from_tick_to_tick() {
        let range = Range::over(Scale::Log, [12.0, 47.0].into_iter());
        assert_eq!(range.ticks(), [10.0, 20.0, 50.0]);
        let range = Range::over(Scale::Log, [10.0, 1e6].into_iter());
        assert_eq!(range.ticks(), [10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
        assert_eq!((range.part(10.0), range.part(1e6)), (0.0, 1.0));
        let range = Range::over(Scale::Percentile, [50.0, 99.9].into_iter());
        assert_eq!(range.ticks(), [50.0, 90.0, 99.0, 99.9]);
        assert!(Range::over(Scale::Log, [].into_iter()).part(1.0).is_finite());
        assert!(Range::over(Scale::Log, [3.0, 3.0].into_iter()).part(3.0).is_finite());
    }

    #[test]
    fn ticks_read_as_numbers() {
        assert_eq!(
            [0.1, 5.0, 1e3, 1e6, 99.9].map(mark),
            ["0.1", "5", "1\u{202f}000", "10⁶", "99.9"]
        );
    }
}
