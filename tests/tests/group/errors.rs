//! GroupError: what it says, and what can be done with it.

use crate::panics;
use mainspring::task::{Failure, GroupError, TaskGroup};
use std::error::Error;
use std::fmt;
use tests::{heard, runtime};

#[derive(Debug, Clone, PartialEq)]
struct Bad(&'static str);

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Bad {}

/// A group of children that fail so.
async fn failing<E: Send + 'static>(errors: Vec<E>) -> GroupError<E> {
    let outcome: Result<(), _> = TaskGroup::scope(async |group| {
        for error in errors {
            group.spawn(async { Err::<(), _>(error) });
        }
        std::future::pending().await
    })
    .await;
    outcome.unwrap_err()
}

#[test]
fn a_numbered_tree() {
    let error = runtime().block_on(async {
        let leaf = failing(vec![Bad("disk full"), Bad("two\nlines")]).await;
        let mid = failing(vec![leaf]).await;
        failing(vec![mid]).await
    });
    let tree = "\
unhandled errors in a TaskGroup (1 sub-exception)
  1: unhandled errors in a TaskGroup (1 sub-exception)
       1: unhandled errors in a TaskGroup (2 sub-exceptions)
            1: disk full
            2: two
               lines";
    assert_eq!(error.to_string(), tree);
    let mut depth = 0;
    let mut source: &dyn Error = &error;
    while let Some(next) = source.source() {
        source = next;
        depth += 1;
    }
    assert_eq!((depth, source.to_string()), (3, "disk full".into()), "source is the first");
}

#[test]
fn iterating_and_splitting() {
    let all = vec![Bad("a"), Bad("b"), Bad("a"), Bad("c")];
    let error = runtime().block_on(failing(all.clone()));
    assert_eq!((error.len(), error.first().error()), (4, Some(&all[0])));
    assert!(error.errors().eq(&all));
    assert!((&error).into_iter().all(|failure| !failure.is_panic()));
    assert!(error.iter().map(ToString::to_string).eq(["a", "b", "a", "c"]));
    assert!(format!("{error:?}").starts_with("GroupError([Error(Bad(\"a\")), "));
    let (a, rest) = error.resume_panic().split(|failure| failure.error() == Some(&Bad("a")));
    assert!(a.unwrap().into_iter().map(Failure::into_error).all(|bad| bad.unwrap() == Bad("a")));
    let (none, rest) = rest.unwrap().split(|_| false);
    assert!(none.is_none());
    let (rest, none) = rest.unwrap().split(|_| true);
    assert!(none.is_none());
    assert_eq!(rest.unwrap().errors().collect::<Vec<_>>(), [&all[1], &all[3]]);
}

#[test]
fn a_panic_among_errors() {
    let (outcome, _) = heard(|| {
        let error: GroupError<Bad> = runtime().block_on(async {
            let outcome: Result<(), _> = TaskGroup::scope(async |group| {
                group.spawn(async { Err::<(), _>(Bad("first")) });
                group.spawn(panics("second"));
                Ok(())
            })
            .await;
            outcome.unwrap_err()
        });
        assert_eq!(error.len(), 2);
        let panic = error.iter().nth(1).unwrap();
        assert!(panic.is_panic() && panic.error().is_none() && panic.source().is_none());
        assert!(panic.to_string().ends_with(" panicked: \"second\""));
        assert!(format!("{panic:?}").starts_with("Panicked(task "));
        error.resume_panic();
    });
    assert_eq!(*outcome.unwrap_err().downcast::<&str>().unwrap(), "second");
}

/// A log that logs what it writes formats the same error within `write_str`.
#[test]
fn a_panic_is_shown_to_a_writer_that_shows_it_again() {
    struct Again<'a>(&'a GroupError<u8>, u32);
    impl std::fmt::Write for Again<'_> {
        fn write_str(&mut self, _: &str) -> std::fmt::Result {
            if self.1 > 0 {
                return write!(Again(self.0, self.1 - 1), "{}", self.0);
            }
            Ok(())
        }
    }
    let error = runtime()
        .block_on(TaskGroup::<u8>::scope(async |group| {
            drop(group.spawn(async { panic!("shown") as Result<(), u8> }));
            Ok(())
        }))
        .unwrap_err();
    std::fmt::Write::write_fmt(&mut Again(&error, 1), format_args!("{error}")).unwrap();
}
