//! The clock: real, or standing still until it is moved.

use super::*;

#[test]
fn a_real_clock_runs() {
    let clock = Clock::real();
    assert!(!clock.is_paused());
    assert!(!clock.may_advance());
    let before = clock.now();
    while clock.now() == before {}
    assert!(clock.now() > before);
    assert!(clock.origin() <= before);
    clock.advance_to(before + Duration::from_secs(3600));
    assert!(clock.now() < before + Duration::from_secs(3600), "it cannot be moved");
}

#[test]
fn a_paused_clock_stands_still_until_it_is_moved() {
    let clock = Clock::paused();
    let start = clock.now();
    assert_eq!(start, clock.origin());
    let real = now();
    while now() == real {}
    assert_eq!(clock.now(), start);
    let hour = start + Duration::from_secs(3600);
    clock.advance_to(hour);
    assert_eq!(clock.now(), hour);
}

#[test]
fn a_clock_never_goes_back() {
    let clock = Clock::paused();
    let later = clock.now() + Duration::from_nanos(1);
    clock.advance_to(later);
    clock.advance_to(clock.origin());
    clock.advance_to(later);
    assert_eq!(clock.now(), later);
}

#[test]
fn clones_are_the_same_clock() {
    let clock = Clock::paused();
    let clone = clock.clone();
    clone.advance_to(clock.now() + Duration::from_secs(1));
    assert_eq!(clock.now(), clone.now());
    assert_eq!(clock.now() - clock.origin(), Duration::from_secs(1));
}

#[test]
fn the_end_of_its_range_is_584_years() {
    let clock = Clock::paused();
    let far = clock.now() + Duration::from_secs(1 << 40);
    clock.advance_to(far);
    assert!(clock.is_paused(), "the last value is not the mark of a running clock");
    assert_eq!(clock.now() - clock.origin(), Duration::from_nanos(u64::MAX - 1));
}

#[test]
fn work_in_progress_holds_the_clock() {
    let clock = Clock::paused();
    assert!(clock.may_advance());
    let (first, second) = (clock.hold(), clock.clone().hold());
    assert!(!clock.may_advance());
    drop(first);
    assert!(!clock.may_advance());
    drop(second);
    assert!(clock.may_advance());
}
