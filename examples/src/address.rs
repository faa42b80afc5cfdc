//! addresses of pages: text with numbers put in, and errors that say what is accepted.

#![forbid(unsafe_code)]

use hyper::Uri;

/// Reads an address.
///
/// # Errors
/// Why it is none, and what would be one.
pub fn read(text: &str) -> Result<Uri, String> {
    let url: Uri = text
        .parse()
        .map_err(|error| format!("{} is no address: {error}; give {EXAMPLE}", quoted(text)))?;
    match (url.scheme_str(), url.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => {
            leads_where_it_says(&url).map(|()| url)
        }
        (Some("http" | "https"), _) => {
            Err(format!("{} names no host; give {EXAMPLE}", quoted(text)))
        }
        _ => {
            let text = quoted(text);
            Err(format!(
                "{text}: only addresses that start with http:// or https:// can be fetched"
            ))
        }
    }
}

/// What the errors give as an example.
const EXAMPLE: &str = "one such as http://127.0.0.1:8000/get";

/// An error of the parser's would be no address; what it takes and nobody can follow is one here:
/// a port that is none would lead to the scheme's own, and a password would be printed and not
/// sent.
fn leads_where_it_says(url: &Uri) -> Result<(), String> {
    let authority = url.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err(format!("names and passwords in addresses are not sent; give {EXAMPLE}"));
    }
    // The colons within brackets are those of a host.
    let port = authority.rsplit(']').next().and_then(|rest| rest.split_once(':'));
    match port {
        Some((_, port)) if !port.starts_with('+') && port.parse::<u16>().is_ok_and(|n| n > 0) => {
            Ok(())
        }
        None => Ok(()),
        Some((_, port)) => {
            Err(format!("{}: a port is a number, 1 to 65535; give {EXAMPLE}", quoted(port)))
        }
    }
}

/// The beginning will do to find it again.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The template once for each number below `count`: `{i}` is the number, `{i%3}` that number
/// modulo 3.
///
/// # Errors
/// As [`read`]; and a modulus that is no number, or 0.
pub fn filled(template: &str, count: u64) -> Result<Vec<Uri>, String> {
    (0..count)
        .map(|i| match with_number(template, i) {
            text if text.contains("{i%") => {
                Err(format!("{template:?}: write {{i}}, or {{i%3}} with a number above 0"))
            }
            text => read(&text),
        })
        .collect()
}

fn with_number(template: &str, i: u64) -> String {
    let mut text = template.replace("{i}", &i.to_string());
    while let Some((before, (number, after))) =
        text.split_once("{i%").and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        let Ok(modulus @ 1..) = number.parse::<u64>() else { break };
        text = format!("{before}{}{after}", i % modulus);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_into_every_place() {
        let urls = filled("http://a/{i}/{i%3}?again={i}", 5).unwrap();
        assert_eq!(urls[4], "http://a/4/1?again=4");
        for wrong in ["http://a/{i%0}", "http://a/{i%n}", "http://a/{i%3"] {
            assert!(filled(wrong, 1).unwrap_err().contains("a number above 0"));
        }
    }

    #[test]
    fn what_is_no_address_is_named_with_what_would_be_one() {
        for text in ["wss://a", "a", "http://", "https://", "ftp://a", "/delay", "", "http://a b/"]
        {
            let error = read(text).unwrap_err();
            assert!(error.contains(&format!("{text:?}")) && error.contains("http://"), "{error}");
        }
    }
}
