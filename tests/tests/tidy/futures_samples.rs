//! A small library with futures of every kind, a row for each, and what happens without one.

use crate::futures::futures;
use crate::tree::Tree;

const LIB: &str = "//! the map.
pub mod sync {
    /// a lock.
    pub(crate) mod lock;
    /// the same, owned.
    pub(crate) mod owned;
    /// of a macro.
    pub(crate) mod made;
    pub use lock::{Lock, Locking, Read};
    pub use made::{Left, Right};
}
/// open.
pub mod alarm;
pub(crate) mod group {
    /// all.
    pub(crate) mod gather;
}
pub mod task {
    pub use crate::group::gather::gather;
}
";

const LOCK: &str = "//! a lock.
impl<T: Into<u8>> Future for Locking<'_, T> {}
impl Future for Hidden {}
impl<T> Lock<T> {
    pub fn lock(&self) -> Locking<'_, T> {}
    pub fn hidden(&self) -> Hidden {}
    pub(crate) async fn inner(&self) {}
    async fn own(&self) {}
    pub fn plain<F>(&self, f: F) -> u8 where F: Fn() -> Hidden {}
}
pub trait Read {
    fn read(&self) -> Hidden;
}
";

const OWNED: &str = "//! the same, owned.
impl<T> Lock<T> {
    pub async fn lock_owned(self: Arc<Self>) -> u8 {}
}
impl Private {
    pub async fn unseen(&self) {}
}
";

const MADE: &str = "//! of a macro.
macro_rules! half {
    ($($half:ty),*) => {$(
        impl $half {
            pub async fn ready(&self) {}
        }
        impl Future for $half {}
    )*};
}
half!(Left<'_>, Right);
#[cfg(test)]
mod tests {
    pub async fn for_tests() {}
}
";

const GATHER: &str = "//! all.
pub fn gather<I>(futures: I) -> impl Future<Output = ()> where I: Fn() -> u8 {}
";

const ROWS: [&str; 10] = [
    "sync::Locking",
    "sync::Lock::hidden",
    "sync::Lock::lock_owned",
    "sync::Read::read",
    "sync::Left",
    "sync::Right",
    "sync::Left::ready",
    "sync::Right::ready",
    "alarm::ctrl_c",
    "task::gather",
];

/// The library, with a table of these rows.
fn found(rows: &[&str]) -> Vec<String> {
    let table: String = rows.iter().map(|path| format!("    row(\n\"{path}\", A, f),\n")).collect();
    let texts = [
        ("runtime/src/lib.rs", LIB),
        ("runtime/src/sync/lock.rs", LOCK),
        ("runtime/src/sync/owned.rs", OWNED),
        ("runtime/src/sync/made.rs", MADE),
        ("runtime/src/alarm.rs", "//! open.\npub async fn ctrl_c() {}\n"),
        ("runtime/src/group/gather.rs", GATHER),
        ("tests/tests/drops/rows.rs", &table),
    ];
    let texts = texts.map(|(path, text)| (path.to_string(), text.to_string()));
    futures(&Tree::new(texts.to_vec(), &[]))
}

#[test]
fn a_table_of_all_futures_is_complete() {
    assert_eq!(found(&ROWS), Vec::<String>::new());
}

#[test]
fn each_row_that_is_missing_is_named() {
    for gone in ROWS {
        let rows: Vec<_> = ROWS.into_iter().filter(|row| *row != gone).collect();
        let found = found(&rows);
        assert_eq!(found.len(), 1, "{gone}: {found:?}");
        assert!(found[0].contains(&format!("{gone} has no row")), "{found:?}");
    }
}

#[test]
fn a_row_of_something_else_is_named() {
    for other in ["sync::Lock::lock", "sync::Lock::inner", "sync::Lock::plain", "gone::Gone"] {
        let found = found(&[&ROWS[..], &[other]].concat());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(&format!("a row of {other}, which is no")), "{found:?}");
    }
}
