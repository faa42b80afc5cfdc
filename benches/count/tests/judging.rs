//! What the gate says of counts, without counting.

use count::baseline::{Baseline, Conditions, Cost};
use count::callgrind;
use count::command::{Do, parse};
use count::judge::{Judgement, Verdict, judge, without};
use count::rows::ROWS;
use std::path::Path;

fn here() -> Conditions {
    let word = str::to_owned;
    Conditions {
        rustc: word("rustc 1.95.0 (59807616e 2026-04-14)"),
        target: word("x86_64-unknown-linux-gnu"),
        profile: word("count"),
        flags: word("none"),
    }
}

fn cost(instructions: f64, allocations: f64) -> Cost {
    Cost { instructions, allocations }
}

fn recorded() -> Baseline {
    let rows =
        [("spawn + join one task", cost(600.0, 1.0)), ("mutex, uncontended", cost(100.0, 0.0))];
    let rows = rows.map(|(name, cost)| (name.to_owned(), cost)).to_vec();
    let (why, valgrind) = ("The first.".to_owned(), "valgrind-3.19.0".to_owned());
    Baseline { why, conditions: here(), valgrind, rows }
}

fn judged(spawn: Cost, mutex: Cost) -> Judgement {
    let counted =
        [("spawn + join one task".to_owned(), spawn), ("mutex, uncontended".to_owned(), mutex)];
    judge(&recorded(), &here(), &counted, "")
}

#[test]
fn three_per_cent_more_pass_and_a_little_more_does_not() {
    let judgement = judged(cost(618.0, 1.0), cost(97.0, 0.0));
    assert!(!judgement.fails(), "{judgement:?}");
    assert!(judgement.print().contains("no row rose by more than 3 %"));
    assert!(judged(cost(618.1, 1.0), cost(100.0, 0.0)).fails());
}

#[test]
fn a_rise_names_the_row_both_counts_the_per_cent_and_the_remedy() {
    let judgement = judged(cost(640.0, 1.0), cost(100.0, 0.0));
    assert!(judgement.fails());
    let said = judgement.print();
    let line = said.lines().find(|line| line.starts_with("ROSE")).expect("a line about the rise");
    for part in ["spawn + join one task", "640.0", "were 600.0", "+6.7 %"] {
        assert!(line.contains(part), "{line:?} lacks {part:?}");
    }
    assert!(said.contains("cargo count --write"), "{said}");
    assert!(!said.contains("ROSE  mutex"), "{said}");
}

#[test]
fn an_allocation_more_is_a_rise_also_where_there_was_none() {
    assert!(judged(cost(600.0, 2.0), cost(100.0, 0.0)).fails());
    let judgement = judged(cost(600.0, 1.0), cost(100.0, 1.0));
    assert_eq!(judgement.lines[1].verdict, Verdict::Rise);
    assert!(judgement.print().contains("1.00 allocations, were 0.00"));
    // The start of a batch that did not cancel.
    assert!(!judged(cost(600.0, 1.0), cost(100.0, 0.004)).fails());
}

#[test]
fn a_fall_passes_and_is_said() {
    let judgement = judged(cost(500.0, 1.0), cost(100.0, 0.0));
    assert!(!judgement.fails());
    let said = judgement.print();
    assert!(said.contains("fell  spawn + join one task: 500.0 instructions, were 600.0"), "{said}");
    assert!(said.contains("worth recording"), "{said}");
}

#[test]
fn another_compiler_target_profile_or_flag_is_not_judged_and_said() {
    type Field = fn(&mut Conditions) -> &mut String;
    let changes: [(&str, Field); 4] = [
        ("rustc", |all| &mut all.rustc),
        ("target", |all| &mut all.target),
        ("profile", |all| &mut all.profile),
        ("flags", |all| &mut all.flags),
    ];
    for (name, place) in changes {
        let mut other = here();
        *place(&mut other) = "something else".to_owned();
        let counted = [("spawn + join one task".to_owned(), cost(9_999.0, 1.0))];
        let judgement = judge(&recorded(), &other, &counted, "spawn");
        assert!(!judgement.fails(), "{name}");
        let said = judgement.print();
        assert!(said.contains(&format!("not judged: {name} is \"something else\"")), "{said}");
        assert!(said.contains("9999.0"), "the count is printed all the same: {said}");
    }
}

#[test]
fn without_valgrind_the_recorded_counts_are_printed_and_why_nothing_is_judged() {
    let allocations = [("mutex, uncontended".to_owned(), 0.0), ("another".to_owned(), 3.0)];
    let said = without(&recorded(), &allocations, callgrind::INSTALL);
    assert!(said.contains("100.0") && said.contains("3.00"), "{said}");
    assert!(said.contains("not judged: valgrind is not here"), "{said}");
}

#[test]
fn a_row_that_is_no_longer_counted_fails_and_a_new_one_does_not() {
    let counted = [
        ("spawn + join one task".to_owned(), cost(600.0, 1.0)),
        ("wake".to_owned(), cost(1.0, 0.0)),
    ];
    let judgement = judge(&recorded(), &here(), &counted, "");
    let verdicts: Vec<Verdict> = judgement.lines.iter().map(|line| line.verdict).collect();
    assert_eq!(verdicts, [Verdict::Same, Verdict::New, Verdict::Gone]);
    assert!(judgement.fails());
    let said = judgement.print();
    assert!(said.contains("GONE  mutex, uncontended") && said.contains("new   wake"), "{said}");
    // Who asks for some rows misses no others.
    let some = judge(&recorded(), &here(), &counted[..1], "spawn");
    assert!(!some.fails() && some.lines.len() == 1, "{some:?}");
    let renamed = judge(&Baseline::default(), &Conditions::default(), &counted, "");
    assert!(!renamed.fails(), "{renamed:?}");
}

#[test]
fn a_record_reads_back_and_has_a_line_for_each_row() {
    let text = recorded().print();
    assert_eq!(Baseline::parse(&text), Ok(recorded()));
    let line = text.lines().find(|line| line.starts_with("mutex, uncontended  "));
    assert_eq!(line.map(|line| line.split_whitespace().collect::<Vec<_>>().len()), Some(4));
    for wrong in ["who: me", "spawn", "spawn + join 1", "spawn 1 x", "1 2"] {
        let said = Baseline::parse(wrong).expect_err(wrong);
        assert!(said.contains("line 1") && said.contains(wrong), "{said}");
    }
}

#[test]
fn the_record_of_this_repository_reads_and_no_row_of_it_is_gone() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../instructions.txt");
    let text = std::fs::read_to_string(&path).expect("the record");
    let record = Baseline::parse(&text).expect("it reads");
    assert!(!record.why.is_empty());
    assert_eq!(record.print(), text, "as `--write` would write it");
    for (name, _) in &record.rows {
        assert!(ROWS.iter().any(|row| row.name == name), "{name} is recorded and not a row");
    }
}

#[test]
fn a_dump_is_counted_by_object_without_what_calls_cost() {
    let dump = "\
# callgrind format
positions: instr
events: Ir
summary: 34

ob=(6) /a/program
fl=(140) ???
fn=(1) first
0x149380 2
+16 3
cob=(3) /lib/libc.so.6
cfn=(2) malloc
calls=2 0xcf420
* 20
-16 4

ob=(3)
fn=(2)
0xcf420 20
fn=(1)
* 5

totals: 34
";
    let part = callgrind::parse(dump).expect("it reads");
    assert_eq!(part.of(Path::new("/a/program")), 9);
    assert_eq!(part.of(Path::new("/lib/libc.so.6")), 25);
    assert_eq!(part.of(Path::new("/no/such")), 0);
    // Differences are decimal, places are not.
    assert_eq!(part.objects["/a/program"].get(&0x149380), Some(&6));
    assert_eq!(part.objects["/a/program"].get(&0x149390), Some(&3));
    assert_eq!(part.functions.get("first"), Some(&14));
    assert_eq!(part.functions.get("malloc"), Some(&20));
    assert!(callgrind::parse("ob=(1) x\n0xzz 1").is_err());
}

#[test]
fn the_command_line_is_understood_or_refused() {
    let of = |words: &[&str]| parse(&words.iter().map(|word| (*word).into()).collect::<Vec<_>>());
    assert_eq!(of(&[]).unwrap().what, Do::Judge(String::new()));
    assert_eq!(of(&["--rows", "mpsc"]).unwrap().what, Do::Judge("mpsc".to_owned()));
    assert_eq!(of(&["--write", " a reason "]).unwrap().what, Do::Write("a reason".to_owned()));
    assert_eq!(of(&["--file", "x", "--list"]).unwrap().file, Some("x".into()));
    for wrong in [&["--write"][..], &["--write", " "], &["--write", "a\nb"], &["--what"], &["x"]] {
        assert!(of(wrong).is_err(), "{wrong:?}");
    }
}
