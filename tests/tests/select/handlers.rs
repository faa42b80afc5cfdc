//! Handlers run beside the macro: control flow, awaits, and borrows mean what they mean there.

use mainspring::select;
use mainspring::sync::mpsc;
use mainspring::task::yield_now;
use std::cell::Cell;
use std::future::{pending, ready};
use std::rc::Rc;
use tests::{Kind, runtime};

#[test]
fn break_continue_and_return_leave_and_repeat_what_is_around() {
    async fn count(upto: u32) -> u32 {
        let mut turns = 0;
        let found = 'outer: loop {
            for _ in 0..3 {
                turns += 1;
                select! {
                    biased;
                    _ = ready(()), if turns % 2 == 1 => continue,
                    _ = ready(()), if turns == 100 => return 0,
                    _ = ready(()), if turns == upto => break 'outer turns,
                    _ = ready(()), if turns % 3 == 0 => break,
                    else => {}
                }
            }
        };
        found + 1
    }
    runtime().block_on(async {
        assert_eq!(count(10).await, 11);
        assert_eq!(count(101).await, 0);
    });
}

#[test]
fn control_flow_in_conditions_and_futures_works_too() {
    async fn first(values: &[Option<u8>]) -> Option<u8> {
        for value in values {
            select! {
                n = ready((*value)?) => if n > 1 { return Some(n) },
                _ = ready(()), if { if *value == Some(1) { continue; } false } => {}
            }
        }
        Some(0)
    }
    runtime().block_on(async {
        assert_eq!(first(&[Some(1), Some(2), None]).await, Some(2));
        assert_eq!(first(&[Some(1), None]).await, None);
        assert_eq!(first(&[Some(1), Some(0)]).await, Some(0));
    });
}

#[test]
fn a_question_mark_returns_the_error() {
    async fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
        let number = select! {
            text = ready(text) => text.parse::<u8>()?,
            _ = pending::<()>() => 0,
        };
        Ok(number + 1)
    }
    runtime().block_on(async {
        assert_eq!(parse("4").await, Ok(5));
        assert!(parse("four").await.is_err());
    });
}

/// The futures borrow, the handlers borrow the same.
#[test]
fn what_the_futures_have_borrowed_is_free_in_the_handlers() {
    runtime().block_on(async {
        let (send, mut receive) = mpsc::channel(1);
        let mut log = vec![0];
        for _ in 0..10 {
            select! {
                n = async { log.push(1); yield_now().await; log.len() } => {
                    log.push(n);
                    log.clear();
                }
                // Both use the receiver, and the second the vector.
                Some(n) = receive.recv() => {
                    log.push(n);
                    receive.try_recv().unwrap_err();
                }
            }
            let _ = send.try_send(2);
        }
        drop(send);
    });
}

async fn push(list: &mut Vec<u8>, n: u8) -> &mut Vec<u8> {
    list.push(n);
    list
}

/// The value of one branch borrows, with a destructor, what another handler uses.
#[test]
fn a_value_that_did_not_win_keeps_nothing_borrowed() {
    struct Guard<'a>(&'a mut Vec<u8>);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.0.push(9);
        }
    }
    async fn guard(list: &mut Vec<u8>) -> Guard<'_> {
        Guard(list)
    }
    runtime().block_on(async {
        let mut list = vec![];
        select! {
            biased;
            _ = ready(()), if list.is_empty() => list.push(1),
            guard = guard(&mut list) => guard.0.push(2),
        }
        assert_eq!(list, [1]);
        select! {
            biased;
            _ = ready(()), if list.is_empty() => list.push(1),
            guard = guard(&mut list) => guard.0.push(2),
        }
        assert_eq!(list, [1, 2, 9]);
        select! {
            list = push(&mut list, 4) => list.push(5),
        }
        assert_eq!(list, [1, 2, 9, 4, 5]);
    });
}

/// As in a `match`: a value that no name takes lives until the handler has ended.
#[test]
fn a_value_without_a_name_outlives_the_handler() {
    runtime().block_on(async {
        let alive = Rc::new(());
        let value = alive.clone();
        select! {
            _ = async { value } => {
                yield_now().await;
                assert_eq!(Rc::strong_count(&alive), 2);
            }
        }
        assert_eq!(Rc::strong_count(&alive), 1);
    });
}

fn handlers_may_await(kind: Kind) {
    let runtime = kind.runtime();
    let (send, mut receive) = mpsc::channel::<u32>(4);
    let task = runtime.spawn(async move {
        let mut sum = 0;
        loop {
            select! {
                Some(n) = receive.recv() => {
                    yield_now().await;
                    sum += mainspring::spawn(async move { n * 2 }).await.unwrap();
                    if let Ok(m) = receive.try_recv() {
                        sum += 2 * m;
                    }
                }
                else => return sum,
            }
        }
    });
    runtime.block_on(async move {
        for n in 1..=100 {
            send.send(n).await.unwrap();
        }
        drop(send);
        assert_eq!(task.await.unwrap(), 100 * 101);
    });
}

#[test]
fn a_select_may_stand_in_each_part_of_another() {
    runtime().block_on(async {
        let counter = Cell::new(0);
        let value = select! {
            n = async { select! { n = ready(1) => n + 1, _ = pending::<()>() => 0 } },
                if select! { b = ready(true) => b } => select! {
                _ = ready(()) => {
                    counter.set(counter.get() + 1);
                    select! { m = ready(n) => m + 1, else => 0 }
                }
            },
            _ = async {
                loop {
                    select! { n = pending::<u8>() => if n > 1 { break } }
                }
            } => 0,
        };
        assert_eq!((value, counter.get()), (3, 1));
        // Futures that are selects, given on by name.
        let inner = async {
            select! { a = ready(1) => a, b = ready(1) => b }
        };
        assert_eq!(select! { n = inner => n, _ = pending::<()>() => 0 }, 1);
    });
}

tests::each_scheduler! { handlers_may_await }
