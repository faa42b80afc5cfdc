//! Every public future is dropped after every number of polls, before, after and while what it
//! waits for happens; what its row promises is then looked at.
//!
//! The rows are all public futures: `tidy` compares. The table in the library's `cancel_safety` is
//! made of them: `MAINSPRING_TABLE=write cargo test -p tests --test drops the_table` writes it.

#[path = "drops/bytes.rs"]
mod bytes;
#[path = "drops/channels.rs"]
mod channels;
#[path = "drops/datagrams.rs"]
mod datagrams;
#[path = "drops/files.rs"]
mod files;
#[path = "drops/harness.rs"]
mod harness;
#[path = "drops/locks.rs"]
mod locks;
#[cfg(unix)]
#[path = "process/help.rs"]
mod help;
#[path = "drops/neighbours.rs"]
mod neighbours;
#[path = "drops/paths.rs"]
mod paths;
#[path = "drops/place.rs"]
mod place;
#[path = "drops/planted.rs"]
mod planted;
#[path = "drops/pools.rs"]
mod pools;
#[cfg(unix)]
#[path = "drops/processes.rs"]
mod processes;
#[path = "drops/servers.rs"]
mod servers;
#[path = "drops/sockets.rs"]
mod sockets;
#[path = "drops/streams.rs"]
mod streams;
#[path = "drops/tasks.rs"]
mod tasks;
#[path = "drops/times.rs"]
mod times;
#[path = "drops/world.rs"]
mod world;

use harness::{CLASSES, Row, play};
use std::fs;

macro_rules! parts {
    ($($part:ident)*) => {
        const ROWS: &[&[Row]] = &[$($part::ROWS),*];
        $(
            #[test]
            fn $part() {
                tests::within(|| $part::ROWS.iter().for_each(play));
            }
        )*
    };
}

parts! {
    locks channels times tasks pools bytes streams sockets
    processes datagrams neighbours servers files paths
}

/// All rows.
fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().copied().flatten()
}

#[test]
fn no_row_is_there_twice() {
    let mut paths: Vec<_> = rows().map(|row| row.path).collect();
    let all = paths.len();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), all);
}

const START: &str = "//! <!-- table -->\n";
const END: &str = "//! <!-- end -->\n";

/// A function and a module may have one name: the link says which it is.
fn call(path: &str) -> &'static str {
    let mut words = path.rsplit("::").map(|word| word.starts_with(char::is_lowercase));
    let is_function = words.next() == Some(true) && words.next() == Some(true);
    if is_function { "()" } else { "" }
}

/// The rows as Markdown, one table for each class.
fn table() -> String {
    let mut text = String::new();
    for (class, title, remedy) in CLASSES {
        text += &format!("//! # {title}\n//! {remedy}\n//!\n//! | future | more exactly |\n");
        text += "//! |---|---|\n";
        for row in rows().filter(|row| row.class == class) {
            text += &format!("//! | [`{}{}`] | {} |\n", row.path, call(row.path), row.lost);
        }
        text += "//!\n";
    }
    text
}

#[test]
fn the_table_in_the_docs_is_that_of_the_rows() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../runtime/src/cancel_safety.rs");
    let text = fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let (head, rest) = text.split_once(START).expect("the table begins");
    let (_, tail) = rest.split_once(END).expect("the table ends");
    let new = format!("{head}{START}{}{END}{tail}", table());
    if std::env::var("MAINSPRING_TABLE").is_ok_and(|word| word == "write") {
        fs::write(path, new).unwrap();
    } else {
        assert!(text == new, "rows have changed: run this with MAINSPRING_TABLE=write");
    }
}
