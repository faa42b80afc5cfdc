//! Every public future is dropped after every number of polls, before, after and while what it
//! waits for happens; what its row promises is then looked at.
//!
//! The rows are all public futures: `tidy` compares. The table in the library's `cancel_safety` is
//! made of them: `MAINSPRING_TABLE=write cargo test -p tests --test drops table` writes it.

#[path = "drops/bytes.rs"]
mod bytes;
#[path = "drops/channels.rs"]
mod channels;
#[path = "drops/harness.rs"]
mod harness;
#[path = "drops/locks.rs"]
mod locks;
#[path = "drops/sockets.rs"]
mod sockets;
#[path = "drops/tasks.rs"]
mod tasks;
#[path = "drops/times.rs"]
mod times;
#[path = "drops/world.rs"]
mod world;

use harness::{Row, play};

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

parts! { locks channels times tasks bytes sockets }

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
