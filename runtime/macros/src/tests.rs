//! What the attributes turn a function into, and what they say about a mistake.

use super::expand;
use proc_macro2::TokenStream;
use std::str::FromStr;

fn main_of(args: &str, item: &str) -> String {
    let tokens = |text| TokenStream::from_str(text).expect("the sample is valid Rust");
    expand("mainspring::main", false, tokens(args), tokens(item)).to_string()
}

fn test_of(args: &str, item: &str) -> String {
    let tokens = |text| TokenStream::from_str(text).expect("the sample is valid Rust");
    expand("mainspring::test", true, tokens(args), tokens(item)).to_string()
}

const MAIN: &str = "async fn main() {}";

#[test]
fn main_keeps_the_async_function_and_runs_it() {
    let out = main_of("", "/// Doc.\npub async fn main() -> u8 { 3 }");
    assert!(out.contains("pub fn main () -> u8 {"), "{out}");
    assert!(out.contains("async fn main () -> u8 { 3 }"), "{out}");
    assert!(out.contains(":: mainspring :: runtime :: Builder :: new_current_thread ()"), "{out}");
    assert!(out.contains("block_on (main ())"), "{out}");
    assert_eq!(out.matches("Doc.").count(), 1, "{out}");
    assert!(!out.contains("start_paused"), "{out}");
}

#[test]
fn arguments_reach_the_builder() {
    let out = main_of("flavor = \"current_thread\", start_paused = true", MAIN);
    assert!(out.contains(". start_paused (true)"), "{out}");
    assert!(!out.contains("compile_error"), "{out}");
    let out = main_of("start_paused = false,", MAIN);
    assert!(!out.contains("start_paused"), "{out}");
}

#[test]
fn test_adds_the_attribute_and_keeps_the_others() {
    let out = test_of("", "#[ignore] #[should_panic] async fn t() {}");
    assert!(out.contains("prelude :: v1 :: test]"), "{out}");
    assert!(out.contains("# [ignore] # [should_panic] fn t ()"), "{out}");
}

#[test]
fn a_mistake_in_the_arguments_says_what_to_write() {
    for (args, words) in [
        ("flavor = \"multi_thread\"", "not built yet: use flavor"),
        ("flavor = \"multi_thread\", worker_threads = 2", "not built yet: use flavor"),
        ("worker_threads = 2", "multi-thread pool, which is not built yet"),
        ("worker_threads = 0", "a number above zero"),
        ("worker_threads = \"two\"", "a number above zero"),
        ("flavor = \"local\"", "there is no flavor"),
        ("flavor = current_thread", "`flavor` is a string"),
        ("start_paused = 1", "true or false"),
        ("start_paused", "expected `name = value`"),
        ("start_paused = true, start_paused = true", "given twice"),
        ("threads = 2", "does not know `threads`"),
    ] {
        let out = main_of(args, MAIN);
        assert!(out.contains("compile_error"), "{args}: {out}");
        assert!(out.contains(words), "{args}: {out}");
        // The function is there all the same, so that nothing else is reported.
        assert!(out.contains("block_on (main ())"), "{args}: {out}");
    }
}

#[test]
fn a_mistake_in_the_function_says_what_to_write() {
    for (item, words) in [
        ("fn main() {}", "write `async fn main`"),
        ("struct Main;", "goes on an `async fn`"),
        ("async fn main(&self) {}", "no `self`"),
        ("async fn main(n: u8) {}", "takes no parameters"),
        ("async fn main<T>() {}", "not generic"),
        ("async fn main() where u8: Copy {}", "not generic"),
    ] {
        let out = main_of("", item);
        assert!(out.contains("compile_error"), "{item}: {out}");
        assert!(out.contains(words), "{item}: {out}");
    }
    let out = test_of("", "#[test] async fn t() {}");
    assert!(out.contains("already makes this a test"), "{out}");
}
