use super::*;

#[test]
fn ratios_are_those_of_the_standard() {
    let none = BTreeMap::new();
    for (text, ground, wanted) in [
        ("#000", "#fff", 21.0),
        ("#ffffff", "#fff", 1.0),
        ("#767676", "#fff", 4.54),
        ("hsl(0, 0%, 0%)", "hsl(210, 25%, 8%)", 1.14),
        ("hsl(120, 100%, 25%)", "#008000", 1.0),
    ] {
        let of = |value| colour(&none, value).unwrap();
        let found = ratio(of(text), of(ground));
        assert!((found - wanted).abs() < 0.02, "{text} over {ground}: {found}");
    }
    assert!(colour(&none, "red").is_none() && colour(&none, "var(--gone)").is_none());
}

#[test]
fn rules_for_paper_are_no_rules_for_the_screen() {
    let css = "@import x; .a, .b c { d: e; --f: g } @media print { .a { d: h } } .i { }";
    let expected: [Rule<'_>; 2] =
        [(vec![".a", ".b c"], vec![("d", "e"), ("--f", "g")]), (vec![".i"], vec![])];
    assert_eq!(rules(css), expected);
}

/// A folder with the parts that mdBook writes, black on white but for what is given.
fn folder(own: &str) -> Vec<String> {
    let out = crate::scratch("contrast");
    let all: String =
        PAIRS.iter().map(|(text, ground, _)| format!("{text}: #000; {ground}: #fff; ")).collect();
    let variables: String =
        THEMES.iter().map(|(theme, _)| format!(".{theme} {{ {all} }} /* .x {{ */\n")).collect();
    for part in ["css", "theme"] {
        fs::create_dir_all(out.join(part)).unwrap();
    }
    fs::write(out.join("css/variables-1.css"), variables).unwrap();
    fs::write(out.join("theme/book-2.css"), own).unwrap();
    for name in ["highlight-3.css", "tomorrow-night-4.css", "ayu-highlight-5.css"] {
        let css = ".hljs { color: #000; background: #fff } .hljs-comment { color: #666 }";
        fs::write(out.join(name), css).unwrap();
    }
    let found = check(&out).unwrap();
    fs::remove_dir_all(&out).unwrap();
    found
}

#[test]
fn what_is_too_pale_is_found() {
    assert_eq!(folder(""), Vec::<String>::new());
    let pale = ".navy, .x { --links: #777; } .ayu .hljs-comment, .rust .hljs-deletion \
                { color: #999; } .coal { --icons: red } .light p { --fg: #fff }";
    let expected = [
        "rust: .hljs-deletion in a listing: 2.85 : 1, and 4.5 : 1 is needed",
        "coal: --icons over --bg: not both are colours",
        "coal: --icons over --theme-popup-bg: not both are colours",
        "navy: --links over --bg: 4.48 : 1, and 4.5 : 1 is needed",
        "navy: --links over --table-alternate-bg: 4.48 : 1, and 4.5 : 1 is needed",
        "navy: --links over --searchresults-li-bg: 4.48 : 1, and 4.5 : 1 is needed",
        "ayu: .hljs-comment in a listing: 2.85 : 1, and 4.5 : 1 is needed",
    ];
    assert_eq!(folder(pale), expected);
}
