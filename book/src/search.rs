//! Search: it finds the words of the glossary, and each of its answers leads somewhere.

use regex::Regex;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// What is wrong with the index in a folder of HTML.
pub fn check(out: &Path) -> Result<Vec<String>, String> {
    let index = index(out)?;
    let mut problems = Vec::new();
    for url in index["doc_urls"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let (page, anchor) = url.split_once('#').unwrap_or((url, ""));
        let there = fs::read_to_string(out.join(page)).unwrap_or_default();
        if there.is_empty() || !anchor.is_empty() && !there.contains(&format!("id=\"{anchor}\"")) {
            problems.push(format!("search: an answer that leads nowhere: {url}"));
        }
    }
    let documents = index["index"]["documentStore"]["docs"].as_object();
    let text = |document: &Value| {
        let part = |name: &str| document[name].as_str().unwrap_or_default().to_string();
        words(&format!("{} {}", part("title"), part("body"))).collect::<HashSet<String>>()
    };
    let texts: Vec<_> = documents.into_iter().flatten().map(|(_, one)| text(one)).collect();
    let glossary = out.join("glossary.html");
    let glossary = fs::read_to_string(&glossary)
        .map_err(|error| format!("{}: {error}", glossary.display()))?;
    let term = Regex::new("<dt[^>]*>(.*?)</dt>").expect("a pattern of this file");
    let tag = Regex::new("<[^>]*>").expect("a pattern of this file");
    let terms: Vec<String> =
        term.captures_iter(&glossary).map(|found| tag.replace_all(&found[1], "").into()).collect();
    if terms.is_empty() {
        problems.push("glossary.html: no terms".to_string());
    }
    for term in terms {
        let found = |text: &HashSet<String>| words(&term).all(|word| text.contains(&word));
        if !texts.iter().any(found) {
            problems.push(format!("search: nothing is found for the glossary's `{term}`"));
        }
    }
    Ok(problems)
}

/// Words as the index cuts them: at blanks and hyphens, without what stands around them.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let cut = text.split(|c: char| c.is_whitespace() || c == '-');
    let bare = cut.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'));
    bare.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The index is JSON in a string of JavaScript, so that a page without a server can load it.
fn index(out: &Path) -> Result<Value, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", out.display());
    for entry in fs::read_dir(out).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("searchindex-") || !name.ends_with(".js") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(failed)?;
        let string = text.split_once('\'').and_then(|(_, rest)| rest.rsplit_once('\''));
        let json = string.map_or("", |(json, _)| json).replace("\\'", "'").replace("\\\\", "\\");
        return serde_json::from_str(&json).map_err(|error| format!("{name}: {error}"));
    }
    Err(format!("{}: no index for the search", out.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A glossary with one term, and an index with one page.
    fn folder(term: &str, url: &str) -> Vec<String> {
        let out = crate::scratch("search");
        let glossary = format!("<h1 id=\"g\">Glossary</h1><dl><dt id=\"t\">{term}</dt></dl>");
        let index = format!(
            r#"window.search = Object.assign(window.search, JSON.parse('{{"doc_urls": ["{url}"],
            "index": {{"documentStore": {{"docs": {{"0": {{"title": "Glossary",
            "body": "A wake-up, \\"lost\\": it\'s `block_on` (of a thread)"}}}}}}}}}}'));"#
        );
        fs::write(out.join("glossary.html"), glossary).unwrap();
        fs::write(out.join("searchindex-12.js"), index).unwrap();
        let found = check(&out).unwrap();
        fs::remove_dir_all(&out).unwrap();
        found
    }

    #[test]
    fn a_term_that_search_does_not_find() {
        for term in ["Wake-up", "Lost wake-up", "<code>block_on</code>", "Wake (of a thread)"] {
            assert_eq!(folder(term, "glossary.html#g"), Vec::<String>::new(), "{term}");
        }
        let says = "search: nothing is found for the glossary's `Lost sleep`";
        assert_eq!(folder("Lost sleep", "glossary.html#g"), [says]);
    }

    #[test]
    fn an_answer_that_leads_nowhere() {
        for url in ["glossary.html#h", "gone.html", "gone.html#g"] {
            let says = format!("search: an answer that leads nowhere: {url}");
            assert_eq!(folder("Wake-up", url), [says]);
        }
    }
}
