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
    assert!(out.contains(":: mainspring :: runtime :: Builder :: new_multi_thread ()"), "{out}");
    assert!(out.contains("block_on (main ())"), "{out}");
    assert_eq!(out.matches("Doc.").count(), 1, "{out}");
    assert!(!out.contains("start_paused"), "{out}");
    assert!(!out.contains("worker_threads"), "{out}");
}

#[test]
fn main_takes_the_pool_and_test_takes_one_thread_unless_told_otherwise() {
    for (args, of_main, of_test) in [
        ("", "new_multi_thread", "new_current_thread"),
        ("flavor = \"multi_thread\"", "new_multi_thread", "new_multi_thread"),
        ("flavor = \"current_thread\"", "new_current_thread", "new_current_thread"),
    ] {
        let (main, test) = (main_of(args, MAIN), test_of(args, "async fn t() {}"));
        assert!(main.contains(&format!("Builder :: {of_main} ()")), "{args}: {main}");
        assert!(test.contains(&format!("Builder :: {of_test} ()")), "{args}: {test}");
    }
}

#[test]
fn arguments_reach_the_builder() {
    let out = main_of("flavor = \"current_thread\", start_paused = true", MAIN);
    assert!(out.contains(". start_paused (true)"), "{out}");
    assert!(!out.contains("compile_error"), "{out}");
    let out = main_of("start_paused = false,", MAIN);
    assert!(!out.contains("start_paused") && !out.contains("compile_error"), "{out}");
    let out = main_of("worker_threads = 3", MAIN);
    assert!(out.contains(". worker_threads (3usize)"), "{out}");
    // In any order.
    let out = test_of("worker_threads = 2, flavor = \"multi_thread\"", "async fn t() {}");
    assert!(out.contains(". worker_threads (2usize)"), "{out}");
    assert!(!out.contains("compile_error"), "{out}");
    let out = test_of("start_paused = true", "async fn t() {}");
    assert!(out.contains(". start_paused (true)") && !out.contains("compile_error"), "{out}");
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
        ("worker_threads = 2, flavor = \"current_thread\"", "needs the flavor \\\"multi_thread"),
        ("start_paused = true", "needs the flavor \\\"current_thread"),
        ("flavor = \"multi_thread\", start_paused = true", "needs the flavor \\\"current_thread"),
        ("worker_threads = 0", "use 1 or more"),
        ("worker_threads = -1", "a number above zero"),
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
    let out = test_of("worker_threads = 2", "async fn t() {}");
    let words = "write #[mainspring::test(flavor = \\\"multi_thread\\\", worker_threads = ...)]";
    assert!(out.contains(words), "{out}");
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
