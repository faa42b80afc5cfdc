//! The list against a model, and each of its invariants where it is easiest to break.

use super::*;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Mutex;

struct Item {
    number: usize,
    links: Links<Item>,
}

// SAFETY: the field is always the same one, and no other code touches it.
unsafe impl Node for Item {
    // SAFETY: as the trait asks.
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY: the node is alive; no reference to the whole of it is made.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

fn item(number: usize) -> Pin<Box<Item>> {
    Box::pin(Item { number, links: Links::new() })
}

fn raw(item: &Pin<Box<Item>>) -> NonNull<Item> {
    NonNull::from(item.as_ref().get_ref())
}

fn push(list: &mut List<Item>, item: &Pin<Box<Item>>) {
    // SAFETY: the tests keep their items until they are unlinked.
    unsafe { list.push_back(raw(item)) }
}

fn remove(list: &mut List<Item>, item: &Pin<Box<Item>>) {
    // SAFETY: the tests remove an item from the list it is in.
    unsafe { list.remove(raw(item)) }
}

fn pop(list: &mut List<Item>) -> Option<usize> {
    // SAFETY: a linked item is alive.
    list.pop_front().map(|node| unsafe { node.as_ref() }.number)
}

#[test]
fn first_in_first_out() {
    let items: Vec<_> = (0..5).map(item).collect();
    let mut list = List::new();
    assert!(list.is_empty() && list.front().is_none());
    items.iter().for_each(|item| push(&mut list, item));
    assert_eq!(list.front(), Some(raw(&items[0])));
    assert!((0..5).all(|number| pop(&mut list) == Some(number)));
    assert!(list.is_empty() && pop(&mut list).is_none());
}

#[test]
fn taking_leaves_an_empty_list_and_keeps_the_order() {
    let items: Vec<_> = (0..3).map(item).collect();
    let mut list = List::new();
    items.iter().for_each(|item| push(&mut list, item));
    let mut taken = list.take();
    assert!(list.is_empty());
    let late = item(9);
    push(&mut list, &late);
    assert_eq!([pop(&mut taken), pop(&mut taken), pop(&mut taken)], [Some(0), Some(1), Some(2)]);
    assert_eq!((pop(&mut taken), pop(&mut list)), (None, Some(9)));
}

#[test]
fn any_mixture_of_operations_is_a_queue() {
    let mut seed = 7_u32;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    let items: Vec<_> = (0..8).map(item).collect();
    let (mut list, mut model) = (List::new(), VecDeque::new());
    for _ in 0..20_000 {
        let number = random(items.len());
        match model.iter().position(|other| *other == number) {
            Some(at) if random(2) == 0 => {
                remove(&mut list, &items[number]);
                model.remove(at);
            }
            Some(_) => assert_eq!(pop(&mut list), model.pop_front()),
            None => {
                push(&mut list, &items[number]);
                model.push_back(number);
            }
        }
        assert_eq!(list.front(), model.front().map(|number| raw(&items[*number])));
        assert_eq!(list.is_empty(), model.is_empty());
    }
    while let Some(number) = model.pop_front() {
        assert_eq!(pop(&mut list), Some(number));
    }
}

/// INV-1: once unlinked, an item may go, from every position; the list holds no way back to it.
#[test]
fn an_unlinked_item_may_be_freed() {
    for position in 0..3 {
        let mut items: Vec<_> = (0..3).map(item).collect();
        let mut list = List::new();
        items.iter().for_each(|item| push(&mut list, item));
        let gone = items.remove(position);
        remove(&mut list, &gone);
        drop(gone);
        let left: Vec<_> = std::iter::from_fn(|| pop(&mut list)).collect();
        assert_eq!(left, items.iter().map(|item| item.number).collect::<Vec<_>>());
    }
}

/// INV-2: an item goes from list to list, and each list forgets it when it leaves.
#[test]
fn an_item_is_in_one_list_at_a_time() {
    let items: Vec<_> = (0..3).map(item).collect();
    let mut lists = [List::new(), List::new()];
    items.iter().for_each(|item| push(&mut lists[0], item));
    for round in 0..4 {
        let (from, to) = (round % 2, (round + 1) % 2);
        for item in [&items[1], &items[0], &items[2]] {
            remove(&mut lists[from], item);
            push(&mut lists[to], item);
        }
        assert!(lists[from].is_empty());
        assert_eq!(lists[to].front(), Some(raw(&items[1])));
    }
    assert_eq!([pop(&mut lists[0]), pop(&mut lists[0])], [Some(1), Some(0)]);
}

/// INV-3: a list under a lock goes from thread to thread with its items.
#[test]
fn a_list_moves_between_threads_under_a_lock() {
    // An item's address is all that a thread needs of it here.
    struct Shared(Vec<Pin<Box<Item>>>);
    // SAFETY: the links are touched under the lock, the numbers are only read.
    unsafe impl Sync for Shared {}
    let items = Shared((0..100).map(item).collect());
    let list = Mutex::new(List::new());
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (items, list) = (&items, &list);
            scope.spawn(move || {
                for item in items.0.iter().skip(half).step_by(2) {
                    push(&mut list.lock().unwrap(), item);
                }
                for item in items.0.iter().skip(half).step_by(4) {
                    remove(&mut list.lock().unwrap(), item);
                }
            });
        }
    });
    let mut left = Vec::new();
    while let Some(number) = pop(&mut list.lock().unwrap()) {
        left.push(number);
    }
    left.sort();
    assert_eq!(left, (0..100).filter(|number| number % 4 >= 2).collect::<Vec<_>>());
}
