//! Every form that a branch can be written in, and what it means.

use mainspring::{pin, select};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, IntoFuture, Ready, pending, ready};
use tests::{panic_of, runtime};

fn run<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

#[test]
fn handlers_are_expressions_or_blocks_with_and_without_commas() {
    run(async {
        let one = select! { n = ready(1) => n };
        let one_comma = select! { n = ready(1) => n, };
        let block = select! { n = ready(1) => { n } };
        let block_comma = select! { n = ready(1) => { n }, };
        let two = select! { _ = pending::<()>() => 2, n = ready(1) => n };
        let two_blocks = select! { _ = pending::<()>() => { 2 } n = ready(1) => { n } };
        let mixed = select! {
            _ = pending::<()>() => 2,
            _ = pending::<()>() => { 2 }
            _ = pending::<()>() => { 2 },
            n = ready(1) => if n == 1 { 1 } else { 3 },
            else => 4
        };
        assert_eq!([one, one_comma, block, block_comma, two, two_blocks, mixed], [1; 7]);
        // A statement, with and without a semicolon; and the value of a block.
        select! { () = ready(()) => {} }
        select! { () = ready(()) => {} };
        assert_eq!(statement().await, 7);
    });
}

async fn statement() -> u8 {
    select! {
        n = ready(7) => n,
    }
}

#[test]
fn parentheses_and_brackets_will_do() {
    run(async {
        assert_eq!(select!(n = ready(1) => n), 1);
        assert_eq!(select![n = ready(1) => n, else => 2], 1);
        assert_eq!(select!(n = ready(1) => n) + select!(n = ready(2) => n), 3);
    });
}

#[derive(Debug, PartialEq)]
enum Shape {
    Dot,
    Line(u8),
    Box { width: u8, height: u8 },
}

const SEVEN: u8 = 7;

#[test]
fn patterns_are_all_that_match_takes() {
    run(async {
        assert_eq!(select! { (a, b) = ready((1, 2)) => a + b }, 3);
        assert_eq!(select! { [first, .., last] = ready([1, 2, 3]) => first + last }, 4);
        assert_eq!(
            select! { Shape::Box { width, height } = ready(Shape::Box { width: 2, height: 3 })
            => width * height, else => 0 },
            6
        );
        assert_eq!(select! { Shape::Line(n @ 1..=9) = ready(Shape::Line(5)) => n, else => 0 }, 5);
        assert_eq!(select! { Ok(n) | Err(n) = ready(Err::<u8, u8>(4)) => n }, 4);
        assert_eq!(select! { | Some(n) = ready(Some(4)) => n, else => 0 }, 4);
        // Constants and variants are not bindings.
        assert_eq!(select! { SEVEN = ready(7) => 1, else => 0 }, 1);
        assert_eq!(select! { SEVEN = ready(8) => 1, else => 0 }, 0);
        assert_eq!(select! { None = ready(Some(1)) => 1, else => 0 }, 0);
        assert_eq!(select! { Shape::Dot = ready(Shape::Line(0)) => 1, else => 0 }, 0);
        assert_eq!(select! { "yes" = ready("yes") => 1, else => 0 }, 1);
        assert_eq!(select! { -1 = ready(-1) => 1, else => 0 }, 1);
    });
}

#[test]
fn bindings_move_borrow_and_change() {
    run(async {
        let moved: String = select! { text = ready("a".to_string()) => text };
        let changed = select! { mut text = ready("a".to_string()) => { text.push('b'); text } };
        let borrowed = select! { ref text = ready("ab".to_string()) => text.len() };
        let by_mut =
            select! { ref mut text = ready("a".to_string()) => { text.push('b'); text.len() } };
        assert_eq!((moved.as_str(), changed.as_str(), borrowed, by_mut), ("a", "ab", 2, 2));
        let inside = select! {
            Some(mut text) = ready(Some("a".to_string())) => { text.push('b'); text }
            else => String::new()
        };
        assert_eq!(inside, "ab");
        let parts = select! {
            (ref a, mut b, c) = ready((Box::new(1), Box::new(2), Box::new(3))) => {
                *b += **a;
                *b + *c
            }
        };
        assert_eq!(parts, 6);
        // References are taken apart, in this edition too.
        let number = 5;
        assert_eq!(select! { &n = ready(&number) => n }, 5);
        assert_eq!(select! { (&n, m) = ready((&number, 1)) => n + m }, 6);
        assert_eq!(select! { Some(&n) = ready(Some(&number)) => n, else => 0 }, 5);
        let mut target = 1;
        select! { &mut ref mut n = ready(&mut target) => *n += 1 }
        assert_eq!(target, 2);
    });
}

#[test]
fn a_value_that_does_not_fit_is_dropped_and_its_branch_is_out() {
    run(async {
        let polls = Cell::new(0);
        let counted = || {
            polls.set(polls.get() + 1);
            ready(None::<u8>)
        };
        let value = select! {
            biased;
            Some(n) = counted() => n,
            Ok::<u8, u8>(n) = ready(Err(3)) => n,
            n = async { mainspring::task::yield_now().await; 9 } => n,
        };
        assert_eq!((value, polls.get()), (9, 1));
        let value = select! { Some(n) = ready(None::<u8>) => n, else => 7 };
        assert_eq!(value, 7);
    });
}

#[test]
fn a_false_condition_takes_its_branch_out() {
    run(async {
        for enabled in [true, false] {
            let value = select! {
                biased;
                _ = ready(()), if enabled && { true } => 1,
                _ = ready(()) => 2,
            };
            assert_eq!(value, if enabled { 1 } else { 2 });
        }
        let (mut a, mut b) = (None, None);
        while a.is_none() || b.is_none() {
            select! {
                n = ready(1), if a.is_none() => a = Some(n),
                n = ready(2), if b.is_none() => { b = Some(n); }
            }
        }
        assert_eq!((a, b), (Some(1), Some(2)));
        assert_eq!(select! { _ = ready(()), if false => 1, else => 2 }, 2);
        assert_eq!(select! { _ = ready(()), if Shape::Dot == Shape::Line(1) => 1, else => 2 }, 2);
    });
}

/// As tokio's: the future is made, and never polled.
#[test]
fn conditions_come_first_and_then_all_futures_are_made() {
    let log = RefCell::new(Vec::new());
    let say = |word: &'static str| log.borrow_mut().push(word);
    let make = |word: &'static str| {
        say(word);
        async move { say("polled") }
    };
    run(async {
        select! {
            biased;
            () = make("future 1"), if { say("condition 1"); false } => say("handler 1"),
            () = make("future 2"), if { say("condition 2"); true } => say("handler 2"),
            () = make("future 3") => say("handler 3"),
        }
    });
    let order =
        ["condition 1", "condition 2", "future 1", "future 2", "future 3", "polled", "handler 2"];
    assert_eq!(*log.borrow(), order);
}

#[test]
fn only_else_needs_no_future() {
    run(async {
        assert_eq!(select! { else => 7 }, 7);
        assert_eq!(select! { biased; else => 3 + 4, }, 7);
    });
}

#[test]
fn no_branch_left_and_no_else_panics_here_and_says_what_to_do() {
    let said = panic_of(|| {
        run(async {
            select! { Some(()) = ready(None) => {}, _ = ready(()), if false => {} }
        });
    });
    assert_eq!((said.file.as_str(), said.line), (file!(), line!() - 3), "the caller's line");
    assert!(said.text.contains("all branches of this select! are disabled"), "{}", said.text);
    assert!(said.text.contains("add `else => ...`"), "{}", said.text);
}

/// A type that is no future, and becomes one.
struct Ask(u8);

impl IntoFuture for Ask {
    type Output = u8;
    type IntoFuture = Ready<u8>;

    fn into_future(self) -> Ready<u8> {
        ready(self.0)
    }
}

#[test]
fn whatever_becomes_a_future_will_do() {
    run(async {
        assert_eq!(select! { n = Ask(3) => n }, 3);
        let mut kept = ready(4);
        assert_eq!(select! { n = &mut kept => n }, 4);
        let boxed: std::pin::Pin<Box<dyn Future<Output = u8>>> = Box::pin(ready(5));
        assert_eq!(select! { n = boxed => n }, 5);
        // A value made in place lives as long as the future that borrows it.
        assert_eq!(select! { n = &mut ready(6) => n }, 6);
        assert_eq!(select! { n = async { 7 } => n, n = async move { 7 } => n }, 7);
    });
}

/// Branches that can never win: nothing warns, and nothing is unreachable but what must be.
#[test]
fn a_future_may_have_no_value_at_all() {
    async fn never() -> Infallible {
        pending().await
    }
    run(async {
        let value = select! {
            never = never() => match never {},
            n = ready(1) => n,
        };
        assert_eq!(value, 1);
        let value: Result<u8, Infallible> = select! { n = async { Ok(2) } => n };
        assert_eq!(value, Ok(2));
    });
}

macro_rules! by_macro {
    ($pattern:pat = $future:expr, $condition:expr, $handler:expr, $name:ident) => {
        select! {
            $pattern = $future, if $condition => $handler,
            $name = ready(9) => $name,
        }
    };
}

#[test]
fn the_parts_may_come_from_a_macro() {
    run(async {
        let (n, mut seen) = (1, [false; 2]);
        while seen != [true; 2] {
            match by_macro!(Some(_) | None = ready(Some(1)), 1 + n == 2 || n == 3, 3 + 4, n) {
                7 => seen[0] = true,
                9 => seen[1] = true,
                other => panic!("{other}"),
            }
        }
    });
}

#[allow(clippy::just_underscores_and_digits)]
#[test]
fn names_of_the_macro_are_not_those_of_the_user() {
    run(async {
        let (out, won, pending, first, value, cx, _0, _1) = (1, 2, 3, 4, 5, 6, 7, 8);
        let sum = select! {
            n = async { out + won + pending + first + value + cx + _0 + _1 }, if out == 1 => {
                n + out + won + pending + first + value + cx + _0 + _1
            }
            _ = ready(pending) , if false => 0,
        };
        assert_eq!(sum, 72);
    });
}

macro_rules! sixty_four {
    ($select:ident) => {
        sixty_four!(@ $select
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
            32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60
            61 62 63)
    };
    (@ $select:ident $($n:literal)+) => {
        mainspring::select! {
            $(n = ready($n), if $select($n) => (n, $n),)+
            else => (64, 64)
        }
    };
}

#[test]
fn sixty_four_branches_can_each_win() {
    run(async {
        for wanted in 0..65 {
            let only = |n| n == wanted;
            assert_eq!(sixty_four!(only), (wanted.min(64), wanted.min(64)));
        }
        let mut seen = 0_u64;
        let any = |_| true;
        while seen != u64::MAX {
            let (value, branch) = sixty_four!(any);
            assert_eq!(value, branch);
            seen |= 1 << branch;
        }
    });
}

#[test]
fn pin_takes_names_and_makes_them() {
    run(async {
        let (one, two) = (async { 1 }, async { 2 });
        pin!(one, two);
        assert_eq!(((&mut one).await, two.await), (1, 2));
        let three = async { 3 };
        pin!(three);
        assert_eq!(three.as_mut().await, 3);
        pin! {
            let four = async { 4 };
            let five = async { 5 };
        }
        assert_eq!((four.await, (&mut five).await), (4, 5));
        pin!();
    });
}
