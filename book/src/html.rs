//! Follows every link of the HTML, and looks for what a page would load from elsewhere.

use crate::page::walk;
use regex::Regex;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

/// What is wrong in a folder of HTML.
pub fn check(out: &Path) -> Result<Vec<String>, String> {
    let pattern = |text: &str| Regex::new(text).expect("a pattern of this file");
    let tag = pattern(r"<([a-zA-Z]+)((?:\s[^<>]*)?)>");
    let link = pattern(r#"\s(href|src|srcset|poster|data|action)="([^"]*)""#);
    let id = pattern(r#"\s(id|name)="([^"]*)""#);
    let loaded = pattern(r#"(?:url\(|@import)\s*["']?(?:https?:)?//"#);
    let mut files = Vec::new();
    walk(out, &mut files);
    let short = |path: &Path| -> String {
        path.strip_prefix(out).unwrap_or(path).to_string_lossy().replace('\\', "/")
    };
    let names: HashSet<String> = files.iter().map(|path| short(path)).collect();
    let (mut texts, mut ids, mut problems) = (Vec::new(), HashMap::new(), Vec::new());
    for path in &files {
        let name = short(path);
        let is = |end: &str| name.ends_with(end);
        if !is(".html") && !is(".css") {
            continue;
        }
        let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        if let Some(found) = loaded.find(&text) {
            problems.push(format!("{name}: loads from elsewhere: {}", found.as_str()));
        }
        if is(".html") {
            let mut own = HashSet::new();
            for found in id.captures_iter(&text) {
                if !own.insert(found[2].to_string()) && &found[1] == "id" {
                    problems.push(format!("{name}: two places with one name: {}", &found[2]));
                }
            }
            ids.insert(name.clone(), own);
            texts.push((name, text));
        }
    }
    // The page for missing pages has addresses of a server's root.
    for (name, text) in texts.iter().filter(|(name, _)| name != "404.html") {
        for tag in tag.captures_iter(text) {
            for link in link.captures_iter(&tag[2]) {
                let to = link[2].replace("&amp;", "&");
                if let Some(what) = wrong(&tag[1], name, &to, &names, &ids) {
                    problems.push(format!("{name}: {what}: {to}"));
                }
            }
        }
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
}

fn wrong(
    tag: &str,
    page: &str,
    to: &str,
    names: &HashSet<String>,
    ids: &HashMap<String, HashSet<String>>,
) -> Option<&'static str> {
    let elsewhere = to.starts_with("//") || to.split('/').next().unwrap_or("").contains(':');
    if to.starts_with("data:") {
        return None;
    }
    if elsewhere {
        return (tag != "a").then_some("loads from elsewhere");
    }
    let (path, anchor) = to.split_once('#').unwrap_or((to, ""));
    let path = path.split('?').next().unwrap_or_default();
    let file = if path.is_empty() { page.to_string() } else { crate::links::resolve(page, path)? };
    let file = if file.is_empty() { "index.html".to_string() } else { file };
    if !names.contains(&file) {
        return Some("a dead link");
    }
    let known = ids.get(&file).is_none_or(|ids| ids.contains(anchor));
    (!anchor.is_empty() && !known).then_some("a link to no place of its page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_twins_and_what_is_loaded_are_found() {
        let out = crate::scratch("html");
        let page = "<h1 id=\"a\">x</h1> <a href=\"#a\">x</a> <a href=\"https://x.org/\">x</a>\n\
                    <a href=\"#b\">x</a> <a href=\"gone.html\">x</a> <img src=\"//x.org/i.png\">\n\
                    <script src=\"https://x.org/s.js\"></script> <a href=\"in/b.html#c\">x</a>\n\
                    <h2 id=\"d\">x</h2> <p id=\"d\">x</p>\n";
        fs::create_dir_all(out.join("in")).unwrap();
        fs::write(out.join("a.html"), page).unwrap();
        fs::write(out.join("in/b.html"), "<p id=\"c\"><a href=\"../a.html#a\">x</a></p>").unwrap();
        fs::write(out.join("a.css"), "p { background: url(https://x.org/i.png) }").unwrap();
        let found = check(&out).unwrap();
        fs::remove_dir_all(&out).unwrap();
        let expected = [
            "a.css: loads from elsewhere: url(https://",
            "a.html: a dead link: gone.html",
            "a.html: a link to no place of its page: #b",
            "a.html: loads from elsewhere: //x.org/i.png",
            "a.html: loads from elsewhere: https://x.org/s.js",
            "a.html: two places with one name: d",
        ];
        assert_eq!(found, expected);
    }
}
