use super::*;

fn kinds(text: &str) -> Vec<String> {
    let (found, problems) = blocks("p.md", text);
    assert!(problems.is_empty(), "{problems:?}");
    found.iter().map(Block::shown).collect()
}

fn problem(text: &str) -> String {
    let (_, problems) = blocks("p.md", text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

#[test]
fn blocks_and_spans_are_found_in_order() {
    let text = "a\n<!-- listing: f.rs#x code -->\nold\n<!-- end -->\n\
                b <!-- n: id -->8 ns<!-- /n --> c <!-- c: f.rs#N -->6\n4<!-- /c -->\n\
                <!-- run norm slow: echo: a -->\n<!-- end -->\n";
    let expected = ["listing: f.rs#x code", "n: id", "c: f.rs#N", "run norm slow: echo: a"];
    assert_eq!(kinds(text), expected);
    let (found, _) = blocks("p.md", text);
    assert_eq!(&text[found[0].body.clone()], "old\n");
    assert_eq!(&text[found[2].body.clone()], "6\n4");
    assert!(text[found[3].whole.clone()].ends_with("-->\n<!-- end -->\n"));
    assert_eq!([found[0].line, found[1].line, found[3].line], [2, 5, 7]);
}

#[test]
fn what_is_shown_in_a_fence_or_behind_a_backtick_is_text() {
    assert!(kinds("````text\n```\n<!-- end -->\n<!-- listing: a -->\n````\n").is_empty());
    assert!(kinds("write `<!-- n: id -->8<!-- /n -->`\n").is_empty());
    assert!(kinds("~~~\n<!-- run: a -->\n```\n~~~\n").is_empty());
}

#[test]
fn a_body_may_hold_fences_with_an_end_inside() {
    let text = "<!-- run: a -->\n````console\n```\n<!-- end -->\n````\n<!-- end -->\nb\n";
    let (found, problems) = blocks("p.md", text);
    assert!(problems.is_empty());
    assert_eq!(found[0].whole, 0..text.len() - 2);
}

#[test]
fn what_is_wrong_with_a_block_is_said_with_its_line() {
    assert!(problem("\n<!-- run: a -->\nb\n").starts_with("p.md:2: run: a\n    the block has no"));
    assert!(problem("<!-- run: a -->\n<!-- run: b -->\n<!-- end -->\n").contains("p.md:1:"));
    assert!(problem("<!-- end -->\n").contains("an end without a beginning"));
    assert!(problem("<!-- listing f.rs -->\n").contains("a directive is one line"));
    assert!(problem("- a\n  <!-- run: a -->\n").contains("first column"));
    assert!(problem("a\n<!-- n: id -->8 ns<!-- /n -->\n").contains("begins with a span"));
    assert!(problem("- <!-- n: id -->8 ns<!-- /n -->\n").contains("begins with a span"));
    assert!(problem("a <!-- n: id -->8 ns\n\n<!-- /n -->\n").contains("in its paragraph"));
}
