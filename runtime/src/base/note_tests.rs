//! What a page keeps, and who holds what.

use super::*;

#[test]
fn a_page_keeps_the_first_lines_in_order_and_says_that_there_are_more() {
    let page = Page::new();
    for number in 0..LINES as u64 + 2 {
        page.add(Wait::Join(number));
    }
    let (task, waits) = page.turn(7, BLANK);
    assert_eq!((task, page.task()), (0, 7));
    let numbers = (0..LINES as u64 - 1).map(|number| Some(Wait::Join(number)));
    assert!(waits.into_iter().eq(numbers.chain([Some(Wait::More)])));
    assert_eq!(page.turn(task, waits), (7, BLANK));
}

#[test]
fn the_last_line_is_amended_and_only_if_it_has_a_name() {
    let page = Page::new();
    page.rename(Kind::Token);
    page.add(Wait::Named(Kind::Event, 0));
    page.add(Wait::Named(Kind::Semaphore, 0));
    page.rename(Kind::Queue);
    page.locate(64);
    page.add(Wait::Join(1));
    page.locate(128);
    let (_, waits) = page.turn(0, BLANK);
    let (first, second) = (Wait::Named(Kind::Event, 0), Wait::Named(Kind::Queue, 64));
    assert_eq!(waits, [Some(first), Some(second), Some(Wait::Join(1)), None, None]);
}

#[test]
fn a_holder_is_known_from_lock_to_unlock() {
    let _on = On::new();
    // No allocation is there.
    for at in [1, 2, 3, 1 + 64] {
        assert_eq!(holder(at), None);
        hold(at, at as u64 + 10);
    }
    for at in [1, 2, 3, 1 + 64] {
        assert_eq!(holder(at), Some(at as u64 + 10));
        hold(at, 0);
        assert_eq!(holder(at), None);
    }
}

#[test]
fn neighbours_are_spread() {
    let hash = |number: usize| {
        let mut spread = Spread::default();
        spread.write_usize(number);
        spread.finish()
    };
    let low: std::collections::HashSet<_> = (0..64).map(|n| hash(n * 64) % 256).collect();
    assert!(low.len() > 48, "{}", low.len());
}
