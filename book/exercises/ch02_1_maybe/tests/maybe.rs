use ch02_1_maybe::maybe;
use stage_ch02::step::{poll_to_end, step};
use stage_ch02::{Countdown, countdown};

#[test]
fn t1_without_a_future_it_is_ready_at_once() {
    let (output, polls) = poll_to_end(maybe(None::<Countdown>));
    assert_eq!((output, polls), (None, 1), "output and polls");
}

#[test]
fn t2_a_future_that_is_ready_gives_its_output() {
    let (output, polls) = poll_to_end(maybe(Some(countdown(0))));
    assert_eq!((output, polls), (Some(1), 1), "output and polls");
}

#[test]
fn t3_a_future_that_waits_is_waited_for() {
    let mut waits = maybe(Some(countdown(2)));
    assert!(step(&mut waits).is_pending(), "poll 1 of a countdown from 2");
    assert!(step(&mut waits).is_pending(), "poll 2 of a countdown from 2");
    assert_eq!(step(&mut waits), std::task::Poll::Ready(Some(3)), "poll 3 is the last");
}
