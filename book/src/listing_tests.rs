use super::*;
use std::fs;

const SOURCE: &str = r#"//! Head.

/// A cell.
#[derive(Debug)]
pub struct Cell<T> {
    /// The value.
    #[allow(unused)] value: T,
}

impl<T> Cell<T> {
    /// Makes one.
    #[inline]
    pub fn new(value: T) -> Self
    where
        T: Clone,
    {
        // Why it clones.
        Self { value: value.clone() }
    }
}

impl<T> Drop for Cell<T> {
    fn drop(&mut self) {}
}

impl From<u8> for Cell<u8> {
    fn from(value: u8) -> Self {
        Self::new(value)
    }
}

impl From<u16> for Cell<u16> {
    fn from(value: u16) -> Self {
        Self::new(value)
    }
}

mod inner {
    pub fn deep() {}
}

enum Way {
    /// In.
    In,
    Out(u8),
}
"#;

fn excerpt(what: &str) -> Result<String, String> {
    let root = crate::scratch("listing");
    fs::write(root.join("a.rs"), SOURCE).unwrap();
    let found = read(&root, &format!("a.rs{what}"));
    fs::remove_dir_all(&root).unwrap();
    found.map(|e| format!("{}-{}\n{}", e.first, e.last, e.text))
}

fn of(what: &str) -> String {
    excerpt(what).unwrap()
}

#[test]
fn items_are_found_by_their_paths() {
    assert!(of("#Cell").starts_with("3-8\n/// A cell.\n#[derive(Debug)]\npub struct"));
    assert!(of("#impl Cell").starts_with("10-20\nimpl<T> Cell<T> {\n"));
    assert!(of("#Cell::new").starts_with("11-19\n/// Makes one.\n#[inline]\npub fn new"));
    assert_eq!(
        of("#Drop for Cell"),
        "22-24\nimpl<T> Drop for Cell<T> {\n    fn drop(&mut self) {}\n}\n"
    );
    assert_eq!(of("#Drop for Cell::drop"), "23-23\nfn drop(&mut self) {}\n");
    assert_eq!(of("#Cell::drop"), of("#Drop for Cell::drop"));
    assert!(of("#From<u16> for Cell").starts_with("32-36\n"));
    assert_eq!(of("#inner::deep"), "39-39\npub fn deep() {}\n");
    assert_eq!(of("#Way::In"), "43-44\n/// In.\nIn,\n");
}

#[test]
fn code_and_head_leave_the_rest_out() {
    assert_eq!(of("#Cell code"), "5-8\npub struct Cell<T> {\n    value: T,\n}\n");
    assert!(of("#Cell::new code").starts_with("13-19\npub fn new(value: T) -> Self\nwhere\n"));
    assert!(of("#Cell::new code").contains("// Why it clones."));
    assert_eq!(
        of("#Cell::new head"),
        "13-15\npub fn new(value: T) -> Self\nwhere\n    T: Clone,\n"
    );
    assert_eq!(of("#Drop for Cell head"), "22-22\nimpl<T> Drop for Cell<T>\n");
}

#[test]
fn lines_go_from_one_text_to_the_next() {
    assert_eq!(of(" \"mod inner\" .. \"{}\""), "38-39\nmod inner {\n    pub fn deep() {}\n");
    assert_eq!(of("#Cell::new \"where\" .. \"Clone\""), "14-15\nwhere\n    T: Clone,\n");
    assert!(excerpt(" \"Self::new\" .. \"}\"").unwrap_err().contains("stands in lines 28, 34"));
    assert!(
        excerpt(" \"mod outer\" .. \"}\"").unwrap_err().contains("no line holds \"mod outer\"")
    );
    assert!(excerpt(" \"mod inner\" .. \"zzz\"").unwrap_err().contains("behind \"mod inner\""));
}

#[test]
fn what_is_not_there_says_what_is_near() {
    let error = excerpt("#Cell::now").unwrap_err();
    assert!(
        error.starts_with("a.rs: no item `Cell::now`\nnearest: Cell::new |")
            || error.contains("Cell::new")
    );
    assert!(excerpt("#From for Cell").unwrap_err().contains("names 2 items"));
    assert!(read(Path::new("."), "src/blocs.rs#a").unwrap_err().contains("src/blocks.rs"));
}

#[test]
fn a_diff_shows_what_changed_around_it() {
    let a = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let shown = crate::diff::shown(a, &a.replace('8', "eight"));
    assert_eq!(shown, "  …\n  5\n  6\n  7\n- 8\n+ eight\n  9\n");
}

#[test]
fn a_fence_is_longer_than_those_inside() {
    assert_eq!(fence_for("a\n"), "```");
    assert_eq!(fence_for("a\n  ````\n"), "`````");
}
