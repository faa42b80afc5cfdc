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
fn the_end_of_its_range_is_548_years() {
    let clock = Clock::paused();
    let far = clock.now() + Duration::from_secs(1 << 40);
    clock.advance_to(far);
    assert!(clock.is_paused(), "the last value is not the mark of a running clock");
    assert_eq!(clock.now() - clock.origin(), Duration::from_nanos(LAST));
    assert_eq!(clock.advance_by(Duration::from_nanos(1)), Err(Unmoved::TooFar));
    assert!(clock.resume());
    assert!(clock.now() >= clock.origin() + Duration::from_nanos(LAST));
}

#[test]
fn work_in_progress_holds_the_clock() {
    let clock = Clock::paused();
    assert!(clock.may_advance());
    clock.hold();
    clock.clone().hold();
    assert!(!clock.may_advance());
    assert!(clock.release());
    assert!(!clock.may_advance());
    assert!(clock.release());
    assert!(clock.may_advance());
}

#[test]
fn the_end_of_work_under_a_clock_that_runs_concerns_nobody() {
    let clock = Clock::real();
    clock.hold();
    assert!(!clock.release());
}

#[test]
fn a_clock_that_is_stopped_shows_a_whole_millisecond_that_is_not_over() {
    let clock = Clock::real();
    for _ in 0..3 {
        let before = clock.now();
        assert!(clock.pause());
        let stopped = clock.now();
        assert!(stopped >= before && stopped - before < Duration::from_millis(100));
        assert_eq!((stopped - clock.origin()).subsec_nanos() % 1_000_000, 0);
        assert!(!clock.pause(), "it stands still already");
        assert_eq!(clock.now(), stopped);
        assert!(clock.resume());
        assert!(!clock.resume(), "it runs already");
        assert!(clock.now() >= stopped);
    }
}

#[test]
fn it_runs_on_from_where_it_was_moved_to() {
    let clock = Clock::paused();
    let hour = Duration::from_secs(3600);
    assert_eq!(clock.advance_by(hour), Ok(()));
    assert!(clock.resume());
    let (shown, real) = (clock.now(), now());
    assert!(shown >= clock.origin() + hour && shown < real + hour + Duration::from_secs(1));
    let there = clock.on_the_machine(shown + hour);
    assert!(there >= real && there <= now() + hour);
    assert_eq!(clock.advance_by(hour), Err(Unmoved::Runs));
    clock.advance_to(shown + 2 * hour);
    assert!(clock.now() < shown + hour, "it cannot be moved");
}

#[test]
fn it_runs_on_behind_the_machines_when_it_has_stood_still() {
    let clock = Clock::paused();
    let stopped = clock.now();
    while now() < stopped + Duration::from_millis(5) {}
    assert!(clock.resume());
    let shown = clock.now();
    assert!(shown >= stopped && shown + Duration::from_millis(5) <= now());
    let there = clock.on_the_machine(shown + Duration::from_secs(1));
    assert!(there > shown + Duration::from_secs(1));
    assert!(clock.on_the_machine(stopped) <= now(), "what is over is over there");
}

#[test]
fn readings_of_a_thread_never_go_back_however_often_it_is_stopped() {
    let clock = Clock::real();
    let mut last = clock.now();
    for round in 0..10_000_u64 {
        match round % 4 {
            0 => assert!(clock.pause()),
            1 => clock.advance_by(Duration::from_nanos(round * 37)).unwrap(),
            2 => assert!(clock.resume()),
            _ => {}
        }
        let shown = clock.now();
        assert!(shown >= last, "round {round}");
        last = shown;
    }
}
