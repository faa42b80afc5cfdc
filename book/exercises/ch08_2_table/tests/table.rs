use ch08_2_table::Table;
use std::collections::HashSet;

#[test]
fn t1_what_is_put_in_is_found() {
    let mut table = Table::new();
    let (a, b) = (table.insert("a"), table.insert("b"));
    assert_eq!((table.get(a), table.get(b)), (Some(&"a"), Some(&"b")));
    assert_eq!(table.places(), 2, "places for two");
}

#[test]
fn t2_what_is_taken_out_is_gone() {
    let mut table = Table::new();
    let (a, b) = (table.insert("a"), table.insert("b"));
    assert_eq!(table.remove(a), Some("a"));
    assert_eq!(table.get(a), None, "it was taken out");
    assert_eq!(table.remove(a), None, "it was taken out already");
    assert_eq!(table.get(b), Some(&"b"), "the other one");
}

#[test]
fn t3_a_place_is_used_again() {
    let mut table = Table::new();
    for round in 0..10_000 {
        let tokens = [0, 1, 2].map(|n| table.insert(round + n));
        for token in tokens {
            assert!(table.remove(token).is_some());
        }
    }
    assert_eq!(table.places(), 3, "never more than three were in it");
}

#[test]
fn t4_an_old_token_finds_nobody() {
    let mut table = Table::new();
    let old = table.insert("old");
    table.remove(old);
    let new = table.insert("new");
    assert_eq!(table.places(), 1, "the new one has the place of the old one");
    assert_ne!(old, new, "the tokens");
    assert_eq!(table.get(old), None, "an event for the old one must not reach the new one");
    assert_eq!(table.get(new), Some(&"new"));
}

#[test]
fn t5_an_old_token_takes_nobody_out() {
    let mut table = Table::new();
    let old = table.insert("old");
    table.remove(old);
    let new = table.insert("new");
    assert_eq!(table.remove(old), None, "the old one is gone already");
    assert_eq!(table.get(new), Some(&"new"), "the new one is still there");
    assert_eq!(table.remove(new), Some("new"));
}

#[test]
fn t6_no_token_comes_twice() {
    let mut table = Table::new();
    let mut seen = HashSet::new();
    let stays = table.insert(0);
    assert!(seen.insert(stays));
    for n in 1..10_000 {
        let token = table.insert(n);
        assert!(seen.insert(token), "{token:?} was given before");
        table.remove(token);
    }
    assert_eq!(table.get(stays), Some(&0));
}
