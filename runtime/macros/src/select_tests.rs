//! What `select!` turns its branches into, and what it says about a mistake.

use super::expand;
use proc_macro2::TokenStream;
use std::str::FromStr;

fn tokens(text: &str) -> TokenStream {
    TokenStream::from_str(text).expect("the sample is valid Rust")
}

fn select(branches: &str) -> String {
    expand(tokens(&format!("(home) {branches}"))).to_string()
}

/// Comparison without regard to spaces.
fn is(branches: &str, wanted: &str) {
    assert_eq!(select(branches), tokens(wanted).to_string(), "{branches}");
}

#[test]
fn branches_get_numbers_and_names() {
    is(
        "Some(v) = queue.recv() => use_it(v), _ = &mut stop, if armed && now => { break } \
         else => last(),",
        "home::__select! {
            home::select::Random, u8, 2;
            [0 _0] (Some(v)) (queue.recv()) () (use_it(v))
            [1 _1] (_) (&mut stop) (armed && now) ({ break })
            else (last())
            backwards _1 _0
        }",
    );
    is(
        "biased; | Ok(x) | Err(x) = f() => x",
        "home::__select! {
            home::select::InOrder, u8, 1;
            [0 _0] (| Ok(x) | Err(x)) (f()) () (x)
            else (home::select::nobody_is_left())
            backwards _0
        }",
    );
}

#[test]
fn commas_may_be_left_out_behind_a_block_and_at_the_end() {
    let forms = [
        "_ = a() => {} _ = b() => {}",
        "_ = a() => {}, _ = b() => {}",
        "_ = a() => {}, _ = b() => {},",
        "_ = a() => {} _ = b() => {},",
    ];
    for form in forms {
        assert_eq!(select(form), select(forms[0]), "{form}");
    }
    assert_eq!(select("_ = a() => 1, else => 2"), select("_ = a() => 1, else => 2,"));
    assert_eq!(select("_ = a() => { 1 } else => { 2 }"), select("_ = a() => { 1 }, else => {2},"));
}

#[test]
fn only_else_is_else() {
    is("else => 1", "{ 1 }");
    is("biased; else => { 1 },", "{ { 1 } }");
}

#[test]
fn a_pattern_may_be_called_biased() {
    for pattern in ["biased", "biased @ 1", "biased | _", "biased(_)", "biased::Unit", "biased{..}"]
    {
        let out = select(&format!("{pattern} = f() => 1"));
        assert!(out.contains("Random") && !out.contains("compile_error"), "{pattern}: {out}");
    }
    let out = select("biased; biased = f() => 1");
    assert!(out.contains("InOrder") && out.contains("(biased)"), "{out}");
}

#[test]
fn commas_inside_of_types_and_closures_divide_nothing() {
    let out = select("_ = f::<A, B>(|a, b| a) => g::<C, D>(), _ = h() => if x { 1 } else { 2 },");
    assert!(out.contains(", u8 , 2 ;"), "{out}");
}

#[test]
fn the_bits_are_as_many_as_the_branches() {
    for (count, mask) in [(1, "u8"), (8, "u8"), (9, "u16"), (17, "u32"), (33, "u64"), (64, "u64")] {
        let out = select(&"_ = f() => 1,".repeat(count));
        assert!(out.contains(&format!("{mask} , {count} ;")), "{out}");
    }
}

#[test]
fn a_mistake_is_named_with_what_to_write() {
    let many = "_ = f() => 1,".repeat(65);
    for (branches, words) in [
        ("", "needs a branch: `pattern = future => handler`"),
        ("biased;", "needs a branch: `pattern = future => handler`"),
        ("biased, _ = f() => 1", "ends with a semicolon"),
        ("biased _ = f() => 1", "ends with a semicolon"),
        ("_ = f()", "no handler: add `=> { ... }`"),
        ("_ = f(),", "no handler: add `=> { ... }`"),
        ("_ = f(), _ = g() => 1", "no handler: add `=> { ... }`"),
        ("_ = f(), if x", "no handler: add `=> { ... }`"),
        ("_ = f() =>", "the handler is missing: write"),
        ("_ = f() =>, _ = g() => 1", "the handler is missing: write"),
        ("_ = => 1", "the future is missing"),
        ("_ = f() => 1 _ = g() => 2", "a comma is missing behind this handler"),
        ("_ = f() => if x { 1 } else { 2 } y = g() => 2", "a comma is missing behind this handler"),
        ("_ = f() if x => 1", "a comma is missing before `if`"),
        ("_ = f(), if => 1", "the condition is missing"),
        ("_ = f(), if let Some(x) = y => 1", "a precondition is a `bool`"),
        ("Some(x) if x > 1 = f() => 1", "stands behind the future"),
        ("_ = f() => 1, if x", "stands behind the future"),
        ("f() => 1", "starts with a pattern and `=`"),
        ("queue.recv() => 1", "starts with a pattern and `=`"),
        ("x => 1", "starts with a pattern and `=`"),
        ("else => 1, _ = f() => 1", "`else` is the last branch"),
        ("else => 1, else => 1", "`else` is the last branch"),
        ("_ = f() => 1, else 1", "`else => handler`"),
        (&many, "64 branches at most"),
    ] {
        let out = select(branches);
        assert!(out.contains(words), "{branches}: {out}");
        assert_eq!(out.matches("compile_error").count(), 1, "{branches}: {out}");
    }
}
