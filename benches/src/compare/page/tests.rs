//! The page of a made-up run: all of it is there, nothing breaks out, nothing is fetched.

use super::*;
use std::collections::BTreeSet;

fn fixture() -> Data {
    serde_json::from_str(include_str!("fixture.json")).expect("the fixture is what JSON says")
}

#[test]
fn every_row_peer_goal_and_warning_is_on_the_page() {
    let (data, page) = (fixture(), page(&fixture()));
    for section in &data.sections {
        assert!(page.contains(&format!("id=\"{}\"", id_of(&section.flavor))), "{}", section.flavor);
        for row in &section.rows {
            assert!(page.contains(&escape(&row.row)), "{}", row.row);
            assert!(page.contains(&escape(&row.goal)), "{}", row.goal);
        }
    }
    for text in data.warnings.iter().chain(data.about.iter().map(|(_, value)| value)) {
        assert!(page.contains(&escape(text)), "{text}");
    }
    for lab in &data.labs {
        let titles = lab.plots.iter().map(|plot| &plot.title);
        for text in titles.chain(&lab.notes).chain([&lab.command]) {
            assert!(page.contains(&escape(text)), "{text}");
        }
    }
    assert!(page.contains("Failed: echo, 50 connections, smol: exit status: 1: it hung"));
}

#[test]
fn losses_stand_in_the_order_of_the_suite_and_weigh_as_much_as_wins() {
    let page = page(&fixture());
    let table = page.split("class=\"rows\"").nth(1).expect("a table");
    let places: Vec<usize> = fixture().sections[0]
        .rows
        .iter()
        .map(|row| table.find(&format!("<th scope=\"row\">{} <", escape(&row.row))).expect("a row"))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(table.contains("▲ slower") && table.contains("▼ faster"));
    assert!(page.contains("<h3>Slower than tokio (6)</h3>"));
    let rule = |class: &str| STYLE.lines().find(|line| line.starts_with(class)).map(str::len);
    // A colour each, and nothing else.
    assert_eq!(rule(".faster").map(|n| n - ".faster".len() - 1), rule(".slower").map(|n| n - 7));
}

#[test]
fn the_page_asks_for_nothing() {
    let page = page(&fixture());
    for fetch in ["http://", "https://", "src=", "url(", "@import", "<script", "<iframe", "//cdn"] {
        assert!(!page.contains(fetch), "{fetch}");
    }
    assert_eq!(page.matches("<link").count(), 1, "the icon, which is empty");
}

#[test]
fn what_a_name_holds_is_text() {
    let page = page(&fixture());
    assert!(!page.contains("<T>") && !page.contains("<it hung>"));
    assert!(page.contains("watch &lt;T&gt; &amp; 1000 &quot;receivers&quot;"));
}

/// Names of the open tags; those that hold nothing are not in it.
fn tags(page: &str) -> Vec<&str> {
    let mut open = Vec::new();
    for (at, _) in page.match_indices('<') {
        let tag = &page[at + 1..at + page[at..].find('>').expect("it ends")];
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "at {at}"),
            None if tag.ends_with('/') || ["meta", "link", "!doctype"].contains(&name) => {}
            None => open.push(name),
        }
    }
    open
}

#[test]
fn every_tag_is_closed_and_every_name_is_one_of_a_kind() {
    let page = page(&fixture());
    assert_eq!(tags(&page), [""; 0]);
    let ids = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let all: Vec<&str> = ids.collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "{all:?}");
    for address in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(all.contains(&address), "{address}");
    }
}

#[test]
fn every_drawing_says_what_it_shows_or_is_left_out() {
    let page = page(&fixture());
    let drawings: Vec<&str> = page.split("<svg ").skip(1).collect();
    assert!(drawings.len() > 20, "{}", drawings.len());
    for drawing in drawings {
        let head = drawing.split('>').next().unwrap();
        let said = head.contains("role=\"img\" aria-label=\"");
        assert!(said || head.contains("aria-hidden=\"true\""), "{head}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn a_run_without_anything_is_still_a_page() {
    let page = page(&Data::default());
    assert_eq!(tags(&page), [""; 0]);
    assert!(page.contains("None."));
}

#[test]
fn the_data_reads_back_from_its_json() {
    let data = fixture();
    let text = serde_json::to_string_pretty(&data).unwrap();
    let again: Data = serde_json::from_str(&text).unwrap();
    assert_eq!(page(&again), page(&data));
}

/// How much brighter one colour is than another, as WCAG counts it.
fn contrast(this: &str, that: &str) -> f64 {
    let light = |colour: &str| {
        let part = |at: usize| {
            let part = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (this, that) = (light(this), light(that));
    (this.max(that) + 0.05) / (this.min(that) + 0.05)
}

#[test]
fn text_and_marks_stand_out_light_and_dark() {
    for scheme in STYLE.split(":root {").skip(1) {
        let colour = |name: &str| {
            let after = scheme.split(&format!("--{name}: ")).nth(1).expect(name);
            &after[..7]
        };
        let pairs = [("ink", 4.5), ("faint", 4.5), ("link", 4.5), ("good", 4.5), ("bad", 4.5)];
        let marks = ["mainspring", "tokio", "smol", "flume", "floor"].map(|name| (name, 3.0));
        for (name, least) in pairs.into_iter().chain(marks) {
            for back in ["back", "sheet"] {
                let contrast = contrast(colour(name), colour(back));
                assert!(contrast >= least, "{name} on {back}: {contrast:.2}");
            }
        }
        assert!(contrast(colour("ink"), colour("warn")) >= 4.5);
    }
}
