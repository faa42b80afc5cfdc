use super::*;

fn output(text: &str, success: bool) -> Output {
    Output { text: text.to_string(), success, status: String::new() }
}

#[test]
fn the_next_test_is_the_first_that_fails() {
    let text = "running 3 tests\ntest a ... ok\n\
                test b ... FAILED\ntest c ... FAILED\n\nfailures:\n\n\
                ---- b stdout ----\n\nthread 'b' panicked at tests/t.rs:3:5:\nnot yet\n\
                note: run with `RUST_BACKTRACE=1`\n\n---- c stdout ----\nno\n\nfailures:\n    b\n";
    let verdict = verdict(&output(text, false));
    assert_eq!(verdict.passed, 1);
    let (test, says) = verdict.next.unwrap();
    assert_eq!(test, "b");
    assert_eq!(says, "    thread 'b' panicked at tests/t.rs:3:5:\n    not yet");
}

#[test]
fn a_test_that_hangs_is_named() {
    let verdict = verdict(&output("test a ... ok\ntest b ... ", false));
    let (test, says) = verdict.next.unwrap();
    assert!(test == "b" && says.contains("has not ended"), "{test}: {says}");
}

#[test]
fn all_pass_or_the_run_itself_failed() {
    assert!(verdict(&output("test a ... ok\ntest b ... ignored\n", true)).next.is_none());
    assert_eq!(verdict(&output("killed", false)).next.unwrap().1, "killed");
}

#[test]
fn hints_are_the_details_of_the_readme() {
    let readme = "<details>\n<summary>Hint 1</summary>\n\nLook.\n\n</details>\n<details>\n\
                  <summary>Hint 2</summary>\nThink.\n</details>\n\
                  <details><summary>Answer</summary>42</details>\n";
    assert_eq!(hints(readme), ["Look.", "Think."]);
}

/// The whole way, with real packages.
#[test]
fn an_exercise_is_proven() {
    let root = crate::scratch("exercise");
    let folder = root.join("book/exercises/ch02_1_add");
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let manifest = "[package]\nname = \"add\"\nedition = \"2024\"\n\n[workspace]\n";
    write("Cargo.toml", manifest);
    write("README.md", "# Add\n\n<details><summary>Hint 1</summary>\n\nPlus.\n\n</details>\n");
    let body = |body: &str| format!("pub fn add(a: u32, b: u32) -> u32 {{\n    {body}\n}}\n");
    let head = "#![allow(unused_variables)]\n";
    write("src/lib.rs", &format!("{head}{}", body("unimplemented!()")));
    write("solution/lib.rs", &body("a + b"));
    write("wrong/lib.rs", &body("a | b"));
    write("tests/add.rs", "#[test]\nfn adds() {\n    assert_eq!(add::add(1, 1), 2);\n}\n");
    assert!(!exercise(&root, "02.1", 1, "").unwrap());
    assert!(exercise(&root, "2.1", 1, "solution").unwrap());
    assert!(prove(&root).unwrap());
    write("wrong/lib.rs", &body("b + a"));
    assert!(!prove(&root).unwrap());
    assert!(exercise(&root, "02.2", 1, "").unwrap_err().contains("there are: ch02_1_add"));
    fs::remove_dir_all(&root).unwrap();
}
