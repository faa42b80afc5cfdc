use super::*;

fn of(text: &str) -> Facts {
    facts(&Page { path: "book/text/ch02.md".to_string(), text: text.to_string() })
}

#[test]
fn headings_get_the_anchors_of_mdbook() {
    let facts = of("# A `poll`, twice\n## A: b–c\n## A: b–c\n## Own {#mine}\n\nTerm\n: said\n\n\
                    <b id=\"html\">x</b>\n");
    let ids: Vec<&str> = facts.anchors().collect();
    assert_eq!(ids, ["a-poll-twice", "a-bc", "a-bc-1", "mine", "term", "html"]);
    assert!(facts.has_anchor("term") && !facts.has_anchor("terms"));
}

#[test]
fn prose_is_what_is_neither_code_nor_generated() {
    let facts =
        of("One `two` *three*\n\n```text\nfour\n```\nand <!-- n: x -->5 ns<!-- /n --> six\n\n\
                    <!-- run: a -->\n```console\nseven\n```\n<!-- end -->\n| a | eight |\n");
    let words: Vec<&str> = facts.prose.split_whitespace().collect();
    assert_eq!(words, ["One", "three", "and", "six", "|", "a", "|", "eight", "|"]);
    assert_eq!(facts.words(), 6);
    assert_eq!(facts.fences.len(), 1);
    assert_eq!(facts.code[0].0, "two");
}

#[test]
fn links_images_and_what_leads_nowhere() {
    let facts = of("[a](x.md#y) ![alt `c`](i.png) [b][no] [u8]\n\n<img src=\"x\">\n");
    assert_eq!(facts.links[0].0, "x.md#y");
    assert_eq!((facts.images[0].alt.as_str(), facts.images[0].target.as_str()), ("alt c", "i.png"));
    assert_eq!(facts.broken.len(), 1);
    assert_eq!(facts.line(facts.html[0].1), 3);
}

#[test]
fn sections_reach_to_the_next_heading_of_their_level() {
    let text = "# T\n\n## A\n\na\n\n### B\n\nb\n\n## C\n";
    let facts = of(text);
    let sections = facts.sections();
    assert_eq!((sections[0].0, text[sections[0].1.clone()].trim()), ("A", "a\n\n### B\n\nb"));
    assert_eq!((sections[1].0, text[sections[1].1.clone()].trim()), ("C", ""));
}
