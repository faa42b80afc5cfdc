//! Figures: drawn from recorded data, with the page's colours, and the same in words below.

use crate::diff::first_difference;
use crate::out;
use crate::page::Page;
use crate::source_page::escape;
use crate::trace::is_trace;
use crate::{chart, sequence, spans, timeline, trace};
use regex::Regex;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// What a `figure` block draws: `NAME alt="…"`, of a trace also `from="2 ms" to="5 ms"`, and
/// `command="…"`, which records it.
struct Wanted {
    name: String,
    alt: String,
    command: Option<String>,
    from: i64,
    to: i64,
}

fn wanted(argument: &str) -> Result<Wanted, String> {
    let (name, mut rest) = argument.split_once(' ').unwrap_or((argument, ""));
    let (from, to) = (i64::MIN, i64::MAX);
    let mut wanted = Wanted { name: name.to_string(), alt: String::new(), command: None, from, to };
    let pair = Regex::new(r#"^\s*(\w+)="([^"]*)""#).expect("a pattern of this file");
    while let Some(found) = pair.captures(rest) {
        match &found[1] {
            "alt" => wanted.alt = found[2].to_string(),
            "command" => wanted.command = Some(found[2].to_string()),
            "from" => wanted.from = nanoseconds(&found[2])?,
            "to" => wanted.to = nanoseconds(&found[2])?,
            key => return Err(format!("no `{key}` here: alt, command, from and to are known")),
        }
        rest = &rest[found[0].len()..];
    }
    if !rest.trim().is_empty() {
        return Err(format!("what is `{}`?", rest.trim()));
    }
    if wanted.alt.trim().is_empty() {
        return Err("a figure without an alternative text: NAME alt=\"what it shows\"".to_string());
    }
    Ok(wanted)
}

fn nanoseconds(text: &str) -> Result<i64, String> {
    let scales = [("ns", 1.0), ("µs", 1e3), ("us", 1e3), ("ms", 1e6), ("s", 1e9)];
    let of = |(unit, scale): &(&str, f64)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Some((number * scale) as i64)
    };
    scales.iter().find_map(of).ok_or(format!("`{text}` is no time: 2 ms"))
}

/// The body of a `figure` block. One piece of HTML: it has no blank line. `run`: where each run of
/// the command gives the same, it is run, and has to give what the file has.
pub fn figure(root: &Path, page: &Page, argument: &str, run: bool) -> Result<String, String> {
    let wanted = wanted(argument)?;
    let file = format!("book/data/{}.json", wanted.name);
    let text = crate::page::read_source(root, &file)?;
    let json: Value = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    if let Some(command) = wanted.command.as_ref().filter(|_| run && is_exact(&json)) {
        let printed = crate::run::shell(root, command)?;
        if !printed.success || printed.text != text {
            let (name, shown) = (&wanted.name, first_difference(&text, &printed.text));
            return Err(format!(
                "{file} has −, its command prints + \
                 (`cargo book numbers {name}` records it)\n{shown}"
            ));
        }
    }
    let (svg, caption, words) = drawn(json, &wanted).map_err(|error| format!("{file}: {error}"))?;
    let link = format!("{}{file}", page.up());
    let html = format!(
        "<figure class=\"drawn\">\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Figure\">\n{svg}</div>\n<figcaption>{caption} \
         <a href=\"{link}\">The data</a></figcaption>\n<details>\n<summary>The figure in words\
         </summary>\n<div class=\"log\" tabindex=\"0\" role=\"region\" \
         aria-label=\"The figure in words\">\n{words}</div>\n</details>\n</figure>\n"
    );
    Ok(html)
}

/// Data without a time that was measured: the same from each run.
fn is_exact(json: &Value) -> bool {
    matches!(json.get("kind").and_then(Value::as_str), Some("sequence" | "spans"))
}

/// Drawing, caption, and the same in words.
fn drawn(json: Value, wanted: &Wanted) -> Result<(String, String, String), String> {
    let alt = &wanted.alt;
    let command = wanted.command.as_deref().map_or(String::new(), |command| {
        format!("Recorded from <code>{}</code>. ", escape(command))
    });
    let failed = |error: serde_json::Error| error.to_string();
    if is_trace(&json) {
        let trace = trace::read(&json, wanted.from, wanted.to)?;
        let caption = format!("{command}{}", timeline::key(&trace));
        return Ok((timeline::draw(&trace, alt)?, caption, list(&trace.log())));
    }
    if is_exact(&json) && wanted.command.is_none() {
        return Err("what records it? command=\"…\"".to_string());
    }
    match json.get("kind").and_then(Value::as_str) {
        Some("sequence") => {
            let of: sequence::Sequence = serde_json::from_value(json).map_err(failed)?;
            let caption = command + &capital(&sequence::key(&of));
            return Ok((sequence::draw(&of, alt)?, caption, list(&sequence::log(&of))));
        }
        Some("spans") => {
            let of: spans::Spans = serde_json::from_value(json).map_err(failed)?;
            let caption = command + &capital(&spans::key(&of));
            return Ok((spans::draw(&of, alt)?, caption, list(&spans::log(&of))));
        }
        _ => {}
    }
    let chart: chart::Chart = serde_json::from_value(json).map_err(failed)?;
    let machine = match chart.machine.as_str() {
        "" => String::new(),
        machine => format!(", on {}", escape(machine)),
    };
    let caption = format!("Measured by <code>{}</code>{machine}.", escape(&chart.command));
    Ok((chart::draw(&chart, alt)?, caption, chart::table(&chart)))
}

/// The beginning of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn list(lines: &[String]) -> String {
    let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    format!("<ol>\n{items}</ol>\n")
}

/// Records anew the data whose names hold the word and whose figures say how: what the command
/// prints if that is data, else what it has written to where `MAINSPRING_TRACE` says.
pub fn record(root: &Path, word: &str) -> Result<(), String> {
    for page in crate::page::pages(root, "")? {
        let (found, _) = crate::blocks::blocks(&page.path, &page.text);
        for block in found.iter().filter(|block| block.kind == "figure") {
            let Ok(wanted) = wanted(&block.argument) else { continue };
            let Some(command) = wanted.command.filter(|_| wanted.name.contains(word)) else {
                continue;
            };
            let file = format!("book/data/{}.json", wanted.name);
            out::line(format_args!("MAINSPRING_TRACE={file} {command}"));
            let output =
                crate::run::shell(root, &format!("export MAINSPRING_TRACE={file}; {command}"))?;
            if !output.success {
                return Err(format!("{}: {}\n{}", page.path, output.status, output.text));
            }
            if output.text.starts_with('{') {
                fs::write(root.join(&file), output.text).map_err(|e| format!("{file}: {e}"))?;
            }
        }
    }
    Ok(())
}

const STYLE: &str = r#"<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --bg: #fff; --fg: #111; --links: #20609f;
  --blockquote-warning-color: #9a6700; --blockquote-important-color: #8250df;
  --blockquote-tip-color: #008000; --blockquote-caution-color: #b52731; }
@media (prefers-color-scheme: dark) { :root { --bg: #161923; --fg: #d5d6e3; --links: #6fb7e0;
  --blockquote-warning-color: #d29922; --blockquote-important-color: #bd97fa;
  --blockquote-tip-color: #09ca09; --blockquote-caution-color: #ff6b77; } }
body { margin: 1em; font: 1em/1.5 sans-serif; color: var(--fg); background: var(--bg); }
.scroll { overflow-x: auto; }
svg { display: block; color: var(--fg); }
svg text { fill: currentColor; }
.scroll:focus-visible { outline: 3px solid var(--links); }
</style>
"#;

/// `cargo book timeline FILE`: a page that needs nothing else, beside the file.
pub fn page_of(file: &Path, from: Option<&str>, to: Option<&str>) -> Result<PathBuf, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| failed(&error))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let from = from.map_or(Ok(i64::MIN), nanoseconds)?;
    let trace = trace::read(&json, from, to.map_or(Ok(i64::MAX), nanoseconds)?)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let alt = format!("What happened in {name}, as a timeline");
    let svg = timeline::draw(&trace, &alt).map_err(|error| failed(&error))?;
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>{name}</title>\n{STYLE}</head>\n\
         <body>\n<main>\n<h1>{name}</h1>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Timeline\">\n{svg}</div>\n<p>{}</p>\n<h2>In words</h2>\n{}</main>\n</body>\n\
         </html>\n",
        timeline::key(&trace),
        list(&trace.log()),
        name = escape(&name),
    );
    let to = file.with_extension("html");
    fs::write(&to, html).map_err(|error| failed(&error))?;
    Ok(to)
}

#[cfg(test)]
#[path = "figure_tests.rs"]
mod tests;
