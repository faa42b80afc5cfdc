//! The tour as its visitors take it, at a small scale. What its parts find wrong is tested beside
//! them, in `src/tour`.

mod common;

use std::fs;
use std::path::Path;

use common::{SCHEDULERS, run};
use examples::tour::leave::NEXT;
use examples::tour::stop::{COLUMNS, STOPS};

/// Small, and the comparison is still the longest part.
const SCALE: [&str; 2] = ["--scale", "0.011"];

/// And no line is wider than a terminal, or has a colour.
#[test]
fn the_stops_come_in_their_order_and_show_failure() {
    for on in SCHEDULERS {
        let ended = on.run("tour", &SCALE).good();
        let mut from = 0;
        for (stop, n) in STOPS.iter().zip(1..) {
            let heading = format!("\n\n{n}  {}\n──", stop.title);
            let at = ended.out[from..].find(&heading);
            from += at.unwrap_or_else(|| panic!("no {heading:?} there in {ended:#?}"));
        }
        assert!(ended.out[from..].contains("\nWhat to do next\n──"), "{ended:#?}");
        ended.shows("All 7 stops went as promised");
        assert_eq!(ended.out.matches("\nchecked      ").count(), 7, "{ended:#?}");

        ended.shows("199 of 200 came").shows("dropped      20 connections");
        ended.shows("/hang gave up after 3 attempts: no answer");
        ended.shows("rows         100 of 100; pages that came twice: 0");
        for status in [" s  200 {", r#""partial_failure":true"#, " s  504 {"] {
            ended.shows(status);
        }
        ended.tells("fetch: 200 to do").tells("scraper: 100 to do");
        for line in ended.out.lines().chain(ended.err.lines()) {
            assert!(line.chars().count() <= COLUMNS && !line.contains('\x1b'), "{line:?}");
        }
    }
}

/// In the first line of its output, before anything takes time.
#[test]
fn the_tour_says_at_once_what_it_is() {
    let tour = common::start("tour", &[]);
    let first = tour.line();
    assert!(first.starts_with("Mainspring is an async runtime for Rust"), "{first}");
    assert!((0..3).any(|_| tour.line().contains("Ctrl-c ends the tour")));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_tour_at_any_stop_and_nothing_stays() {
    // The first stop has children, the fourth a folder.
    for (stop, signal) in [(1, "-INT"), (2, "-INT"), (4, "-INT"), (4, "-TERM"), (6, "-INT")] {
        let tour = common::start("tour", &["--scale", "0.02"]);
        let heading = format!("{stop}  {}", STOPS[stop - 1].title);
        while tour.line() != heading {}
        let folder = format!("mainspring-tour-{}-", tour.id());
        tour.signal(signal);
        // It waits until nobody has the pipes any more: no child of the tour is left.
        let ended = tour.ended().bad();
        ended.tells("nothing of the tour stays behind");
        assert!(!ended.err.contains("error"), "at stop {stop}: {ended:#?}");
        for entry in fs::read_dir(std::env::temp_dir()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap_or_default();
            assert!(!name.starts_with(&folder), "{name} stays after stop {stop}");
        }
    }
}

#[test]
fn what_the_last_screen_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let (manifest, config) = (read("examples/Cargo.toml"), read(".cargo/config.toml"));
    for (_, what, _) in NEXT {
        let words: Vec<_> = what.split(' ').collect();
        let flags = || words.iter().filter(|word| word.starts_with("--") && word.len() > 2);
        match words[..] {
            ["cargo", "run", "--release", "--example", program, ..] => {
                assert!(manifest.contains(&format!("name = \"{program}\"")), "{what}");
                let help = run(program, &["--help"]).good();
                flags().skip(2).for_each(|flag| _ = help.shows(flag));
            }
            ["cargo", "tour", ..] => {
                let help = run("tour", &["--help"]).good();
                flags().for_each(|flag| _ = help.shows(flag));
            }
            ["cargo", "compare", "--quick"] => {
                assert!(config.contains("\ncompare = "), "{what}");
                assert!(read("benches/src/lib.rs").contains("--quick"), "{what}");
            }
            ["cargo", "test", "--workspace"] => {}
            [file] => assert!(root.join(file).is_file(), "{what}"),
            _ => panic!("nobody has tried {what:?}"),
        }
    }
}
