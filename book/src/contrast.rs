//! Text that can be told from its ground: the themes' colours, counted as WCAG 2 counts.
//!
//! ```text
//!   css/variables-….css ─┐
//!   theme/book-….css    ─┼─► the colours of a theme ─► each over its ground: 4.5 : 1 or more
//!   …highlight-….css    ─┘
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The themes, and the style sheet with which mdBook colours their listings.
const THEMES: [(&str, &str); 5] = [
    ("light", "highlight-"),
    ("rust", "highlight-"),
    ("coal", "tomorrow-night-"),
    ("navy", "tomorrow-night-"),
    ("ayu", "ayu-highlight-"),
];
const TEXT: f64 = 4.5;
const DRAWING: f64 = 3.0;
/// What stands on what.
const PAIRS: [(&str, &str, f64); 20] = [
    ("--fg", "--bg", TEXT),
    ("--fg", "--table-alternate-bg", TEXT),
    ("--fg", "--table-header-bg", TEXT),
    ("--fg", "--quote-bg", TEXT),
    ("--fg", "--theme-popup-bg", TEXT),
    ("--links", "--bg", TEXT),
    ("--links", "--table-alternate-bg", TEXT),
    ("--links", "--searchresults-li-bg", TEXT),
    ("--inline-code-color", "--bg", TEXT),
    ("--icons", "--bg", TEXT),
    ("--icons", "--theme-popup-bg", TEXT),
    ("--sidebar-fg", "--sidebar-bg", TEXT),
    ("--sidebar-active", "--sidebar-bg", TEXT),
    ("--searchbar-fg", "--searchbar-bg", TEXT),
    ("--searchresults-header-fg", "--bg", TEXT),
    ("#000", "--search-mark-bg", TEXT),
    ("--blockquote-warning-color", "--bg", DRAWING),
    ("--blockquote-important-color", "--bg", DRAWING),
    ("--blockquote-tip-color", "--bg", DRAWING),
    ("--blockquote-caution-color", "--bg", DRAWING),
];

/// Selectors, and what is set for them.
type Rule<'a> = (Vec<&'a str>, Vec<(&'a str, &'a str)>);

/// What is too pale in a folder of HTML.
pub fn check(out: &Path) -> Result<Vec<String>, String> {
    let stock = sheet(&out.join("css"), "variables-")?;
    let own = sheet(&out.join("theme"), "book-")?;
    let mut problems = Vec::new();
    for (theme, listing) in THEMES {
        let colours = variables(theme, &[&stock, &own]);
        for (text, ground, least) in PAIRS {
            let over = |name: &str| colour(&colours, colours.get(name).unwrap_or(&name));
            let what = format!("{theme}: {text} over {ground}");
            problems.extend(pale(&what, over(text), over(ground), least));
        }
        problems.extend(listings(theme, &sheet(out, listing)?, &own));
    }
    Ok(problems)
}

/// The style sheet in a folder whose name begins so and goes on with a hash.
fn sheet(folder: &Path, name: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.starts_with(name) && file.ends_with(".css") {
            let text = fs::read_to_string(&path).map_err(failed)?;
            let parts = text.split("/*").map(|part| part.split_once("*/").map_or(part, |p| p.1));
            return Ok(parts.collect());
        }
    }
    Err(format!("{}: no style sheet {name}….css", folder.display()))
}

/// The rules that hold on every screen: those in an `@media` are left out.
fn rules(css: &str) -> Vec<Rule<'_>> {
    let (mut found, mut rest) = (Vec::new(), css);
    while let Some((head, tail)) = rest.split_once('{') {
        let mut depth = 1;
        let closes = |c: char| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        };
        let end = tail.find(closes).unwrap_or(tail.len());
        let head = head.rsplit(';').next().unwrap_or(head).trim();
        if !head.starts_with('@') {
            let sets = tail[..end].split(';').filter_map(|set| set.split_once(':'));
            let sets = sets.map(|(name, value)| (name.trim(), value.trim())).collect();
            found.push((head.split(',').map(str::trim).collect(), sets));
        }
        rest = tail.get(end + 1..).unwrap_or_default();
    }
    found
}

/// The variables of a theme: later sheets win.
fn variables<'a>(theme: &str, sheets: &[&'a str]) -> BTreeMap<&'a str, &'a str> {
    let class = format!(".{theme}");
    let all = sheets.iter().flat_map(|css| rules(css));
    let of_theme = all.filter(|(selectors, _)| selectors.contains(&class.as_str()));
    of_theme.flat_map(|(_, sets)| sets).filter(|(name, _)| name.starts_with("--")).collect()
}

/// The colours of a theme's listings over their ground.
fn listings(theme: &str, highlight: &str, own: &str) -> Vec<String> {
    let mut parts: BTreeMap<&str, (Option<&str>, Option<&str>)> = BTreeMap::new();
    let class = format!(".{theme} ");
    for (css, prefix) in [(highlight, ""), (own, class.as_str())] {
        for (selectors, sets) in rules(css) {
            let of_theme = selectors.iter().filter_map(|selector| selector.strip_prefix(prefix));
            for part in of_theme.filter(|s| s.starts_with(".hljs") && !s.contains(' ')) {
                let (text, ground) = parts.entry(part).or_default();
                for (name, value) in &sets {
                    match *name {
                        "color" => *text = Some(value),
                        "background" | "background-color" => *ground = Some(value),
                        _ => {}
                    }
                }
            }
        }
    }
    let whole = parts.get(".hljs").copied().unwrap_or_default();
    let none = BTreeMap::new();
    let of = |value: Option<&str>| value.and_then(|value| colour(&none, value));
    let over = |(part, (text, ground)): (&&str, &(Option<&str>, Option<&str>))| {
        let what = format!("{theme}: {part} in a listing");
        pale(&what, of(text.or(whole.0)), of(ground.or(whole.1)), TEXT)
    };
    parts.iter().filter_map(over).collect()
}

fn pale(what: &str, text: Option<Rgb>, ground: Option<Rgb>, least: f64) -> Option<String> {
    let (Some(text), Some(ground)) = (text, ground) else {
        return Some(format!("{what}: not both are colours"));
    };
    let ratio = ratio(text, ground);
    (ratio < least).then(|| format!("{what}: {ratio:.2} : 1, and {least} : 1 is needed"))
}

type Rgb = [f64; 3];

/// `#rgb`, `#rrggbb`, `hsl(h, s%, l%)`, `var(--name)`.
fn colour(variables: &BTreeMap<&str, &str>, value: &str) -> Option<Rgb> {
    if let Some(name) = value.strip_prefix("var(") {
        let name = name.split([',', ')']).next()?.trim();
        return colour(variables, variables.get(name)?);
    }
    if let Some(hex) = value.strip_prefix('#') {
        let wide: String = if hex.len() == 3 {
            hex.chars().flat_map(|digit| [digit, digit]).collect()
        } else {
            hex.to_string()
        };
        let part = |at: usize| u8::from_str_radix(wide.get(at..at + 2)?, 16).ok().map(f64::from);
        return Some([part(0)? / 255.0, part(2)? / 255.0, part(4)? / 255.0]);
    }
    let parts = value.strip_prefix("hsl(")?.strip_suffix(')')?.split(',');
    let parts: Vec<f64> =
        parts.filter_map(|part| part.trim().trim_end_matches('%').parse().ok()).collect();
    let [hue, saturation, light] = parts[..] else { return None };
    let (saturation, light) = (saturation / 100.0, light / 100.0);
    let part = |n: f64| {
        let k = (n + hue / 30.0) % 12.0;
        light - saturation * light.min(1.0 - light) * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    };
    Some([part(0.0), part(8.0), part(4.0)])
}

/// From 1 : 1, the same, to 21 : 1, black on white.
fn ratio(one: Rgb, other: Rgb) -> f64 {
    let luminance = |rgb: Rgb| {
        let linear = |c: f64| match c <= 0.04045 {
            true => c / 12.92,
            false => ((c + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
#[path = "contrast_tests.rs"]
mod tests;
