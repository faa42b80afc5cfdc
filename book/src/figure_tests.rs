use super::*;
use crate::layout::layout;
use crate::trace::{Kind, Trace};

const TRACE: &str = include_str!("../tests/trace.json");
const CHART: &str = r#"{ "kind": "line", "command": "cargo bench", "machine": "one",
    "x": { "label": "timers", "log": true }, "y": { "label": "ns" },
    "series": [ { "name": "heap", "points": [[10, 80], [100, 91.5]] },
                { "name": "wheel", "points": [[10, 60]] } ] }"#;
const BARS: &str = r#"{ "kind": "bar", "command": "cargo bench",
    "x": { "label": "of", "names": ["spawn", "wake"] }, "y": { "label": "ns" },
    "series": [ { "name": "ours", "points": [[0, 80], [1, 20]] } ] }"#;
const SEQUENCE: &str = r#"{ "kind": "sequence", "lanes": ["task", "kernel"], "steps": [
    { "what": "ask", "from": "task", "to": "kernel", "text": "read: WouldBlock" },
    { "what": "call", "from": "task", "to": "kernel", "text": "wait" },
    { "what": "sleep", "from": "task", "text": "the thread sleeps" },
    { "what": "note", "from": "kernel", "text": "bytes" },
    { "what": "answer", "from": "kernel", "to": "task", "text": "an event" },
    { "what": "awake", "from": "task", "text": "looks" },
    { "what": "lost", "from": "kernel", "to": "task", "text": "too late" } ] }"#;
const SPANS: &str = r#"{ "kind": "spans", "unit": "ms", "rows": ["100", "127"],
    "spans": [ { "row": "100", "from": 0, "to": 64, "text": "level 1", "tone": 1 },
               { "row": "127", "from": 0, "to": 127, "text": "level 0" } ],
    "marks": [ { "row": "100", "at": 64, "sign": "●", "text": "it fires" } ] }"#;
const TOLD: &str = "x alt=\"what it shows\" command=\"run it\"";

fn of(json: &str, argument: &str) -> Result<String, String> {
    let root = crate::scratch("figure");
    fs::create_dir_all(root.join("book/data")).unwrap();
    fs::write(root.join("book/data/x.json"), json).unwrap();
    let page = Page { path: "book/text/ch02.md".to_string(), text: String::new() };
    let html = figure(&root, &page, argument, false);
    fs::remove_dir_all(&root).unwrap();
    html
}

fn trace() -> Trace {
    trace::read(&serde_json::from_str(TRACE).unwrap(), i64::MIN, i64::MAX).unwrap()
}

/// What both kinds of figures must be, to stand in a page.
fn is_sound(html: &str) {
    assert!(!html.contains("\n\n"), "a blank line ends a block of HTML:\n{html}");
    assert!(html.contains("role=\"img\" aria-label=\"what it shows\""));
    assert!(html.contains("<title>what it shows</title>\n<desc>"));
    assert!(html.contains("href=\"../../book/data/x.json\""));
    for tag in ["svg", "g", "text", "figure", "details", "li", "td", "div"] {
        let open = html.matches(&format!("<{tag}>")).count();
        let open = open + html.matches(&format!("<{tag} ")).count();
        assert_eq!(open, html.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    let colours = Regex::new(r##"(fill|stroke)="#"##).unwrap();
    assert!(!colours.is_match(html), "a colour of no theme");
}

#[test]
fn a_trace_is_drawn_and_told() {
    let html = of(TRACE, "x alt=\"what it shows\"").unwrap();
    is_sound(&html);
    for line in ["2 ms: a timer wakes task 2", "0: block_on spawns task 1 (greeter)"] {
        assert!(html.contains(&format!("<li>{line}</li>")), "{line}:\n{html}");
    }
    assert!(html.contains("<li>5 ms: task 1 (greeter), poll 3: ready</li>"));
    assert!(html.contains("T timer") && !html.contains("I readiness"));
}

#[test]
fn rows_are_tasks_on_one_thread_and_arrows_lead_to_the_next_poll() {
    let trace = trace();
    let layout = layout(&trace, 0.0);
    assert!(layout.by_task);
    assert_eq!(layout.rows, ["look", "block_on", "task 1 (greeter)", "task 2"]);
    for arrow in &layout.arrows {
        let (cause, poll) = (&trace.moves[arrow.cause], &trace.moves[arrow.poll]);
        assert_eq!((cause.task, poll.kind), (poll.task, Kind::Poll));
        assert!(layout.spots[arrow.cause].from < layout.spots[arrow.poll].from);
    }
    assert_eq!(layout.arrows.len(), 7);
    // What a poll of no length did lies inside of it all the same.
    let (poll, wake) = (&layout.spots[0], &layout.spots[1]);
    assert!(poll.from < wake.from && wake.from < poll.to);
}

#[test]
fn a_part_of_a_trace() {
    let html = of(TRACE, "x alt=\"what it shows\" from=\"1 ms\" to=\"2 ms\"").unwrap();
    is_sound(&html);
    assert_eq!(html.matches("<li>").count(), 4);
    let nothing = of(TRACE, "x alt=\"a\" from=\"1 s\"").unwrap_err();
    assert!(nothing.contains("nothing happens"), "{nothing}");
}

#[test]
fn series_are_drawn_and_told() {
    let lines = of(CHART, "x alt=\"what it shows\"").unwrap();
    is_sound(&lines);
    assert!(lines.contains("<tr><td>10</td><td>80</td><td>60</td></tr>"));
    assert!(lines.contains("<tr><td>100</td><td>91.5</td><td>–</td></tr>"));
    assert!(lines.contains("Measured by <code>cargo bench</code>, on one."));
    let bars = of(BARS, "x alt=\"what it shows\"").unwrap();
    is_sound(&bars);
    assert!(bars.contains("<tr><td>wake</td><td>20</td></tr>"));
    assert_eq!(bars.matches("<rect").count(), 2);
}

#[test]
fn a_sequence_is_drawn_and_told() {
    let html = of(SEQUENCE, TOLD).unwrap();
    is_sound(&html);
    // A box for each ask, call and sleep, of which the last is dashed.
    assert_eq!(html.matches("<rect").count(), 3);
    for line in ["task calls kernel: wait", "kernel: bytes", "task sleeps: the thread sleeps"] {
        assert!(html.contains(&format!("<li>{line}</li>")), "{line}:\n{html}");
    }
    assert!(html.contains("Recorded from <code>run it</code>. Filled: at work"));
    assert!(html.contains("×: nobody hears it"));
}

#[test]
fn spans_are_drawn_and_told() {
    let html = of(SPANS, TOLD).unwrap();
    is_sound(&html);
    assert_eq!(html.matches("<rect").count(), 2);
    assert!(html.contains("<li>0 to 64 ms, 100: level 1</li>"));
    assert!(html.contains("<li>64 ms, 100: it fires</li>") && html.contains("● it fires · "));
    let steps = of(&SPANS.replace("\"ms\"", "\"\""), TOLD).unwrap();
    assert!(steps.contains("<li>127: level 0</li>"));
}

#[test]
fn what_cannot_be_drawn_says_why() {
    for (json, argument, says) in [
        (TRACE, "x", "without an alternative text"),
        (TRACE, "x alt=\"\"", "without an alternative text"),
        (TRACE, "y alt=\"a\"", "nearest: book/data/x.json"),
        (TRACE, "x alt=\"a\" size=\"3\"", "no `size` here"),
        (TRACE, "x alt=\"a\" from=\"3\"", "`3` is no time"),
        (TRACE, "x alt=\"a\" wide", "what is `wide`?"),
        ("{}", "x alt=\"a\"", "missing field `kind`"),
        (&CHART.replace("80", "0").replace("10,", "0,"), "x alt=\"a\"", "above 0 where log"),
        (&CHART.replace("line", "pie"), "x alt=\"a\"", "no kind of chart `pie`"),
        (SEQUENCE, "x alt=\"a\"", "what records it?"),
        (&SEQUENCE.replace("\"call\"", "\"send\""), TOLD, "nothing has begun that ends"),
        (&SEQUENCE.replace("\"note\"", "\"ask\""), TOLD, "which lanes?"),
        (&SEQUENCE.replace("[\"task\"", "[\"tusk\""), TOLD, "no lane `task`: tusk, kernel"),
        (&SEQUENCE.replace("bytes", &"bytes ".repeat(20)), TOLD, "too long for the drawing"),
        (&SPANS.replace("[\"100\"", "[\"99\""), TOLD, "no row `100`: 99, 127"),
        (&SPANS.replace("level 1", &"level".repeat(20)), TOLD, "no room for the text"),
        (&SPANS.replace("\"tone\": 1", "\"tone\": 3"), TOLD, "tone 0, 1 or 2"),
    ] {
        let error = of(json, argument).unwrap_err();
        assert!(error.contains(says), "{argument}: {error}");
    }
}

#[test]
fn a_page_of_its_own_needs_nothing_else() {
    let folder = crate::scratch("timeline");
    let file = folder.join("run.json");
    fs::write(&file, TRACE).unwrap();
    let page = page_of(&file, None, Some("3 ms")).unwrap();
    let html = fs::read_to_string(&page).unwrap();
    assert_eq!(page, folder.join("run.html"));
    assert!(!html.contains("http") && !html.contains("src="), "nothing is loaded");
    assert!(html.contains("<svg") && html.contains("a timer wakes task 2"));
    fs::remove_dir_all(&folder).unwrap();
}
