//! A future, its output, and what is left of them.

use super::{InRotation, MaybeDone};
use std::future::{Future, pending, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn each_poll_starts_one_further_down() {
    let mut order = InRotation::default();
    let firsts: Vec<_> = (0..7).map(|_| order.first(3)).collect();
    assert_eq!(firsts, [0, 1, 2, 0, 1, 2, 0]);
    let mut order = InRotation::default();
    assert!((0..5).all(|_| order.first(1) == 0));
}

/// Ready in the second poll; a third one panics.
struct Second {
    polls: u8,
    _alive: Rc<()>,
}

impl Future for Second {
    type Output = u8;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
        self.polls += 1;
        match self.polls {
            1 => Poll::Pending,
            2 => Poll::Ready(7),
            _ => panic!("polled after its end"),
        }
    }
}

#[test]
fn the_future_is_dropped_when_it_is_ready_and_not_polled_again() {
    let alive = Rc::new(());
    let mut slot = pin!(MaybeDone::new(Second { polls: 0, _alive: alive.clone() }));
    assert!(!slot.as_mut().poll(&mut cx()));
    assert_eq!(Rc::strong_count(&alive), 2);
    assert!(slot.as_mut().poll(&mut cx()));
    assert_eq!(Rc::strong_count(&alive), 1, "dropped");
    assert!(slot.as_mut().poll(&mut cx()));
    assert_eq!(slot.as_mut().take(), 7);
}

#[test]
fn an_error_is_taken_and_a_value_stays() {
    let mut slot = pin!(MaybeDone::new(ready(Err::<u8, _>("no"))));
    assert_eq!(slot.as_mut().take_error(), None, "not yet");
    assert!(slot.as_mut().poll(&mut cx()));
    assert_eq!(slot.as_mut().take_error(), Some("no"));
    assert_eq!(slot.as_mut().take_error(), None, "taken");
    let mut slot = pin!(MaybeDone::new(ready(Ok::<u8, &str>(7))));
    assert!(slot.as_mut().poll(&mut cx()));
    assert_eq!(slot.as_mut().take_error(), None);
    assert_eq!(slot.as_mut().take_ok(), 7);
}

#[test]
#[should_panic(expected = "before it is there")]
fn an_output_that_is_not_there_cannot_be_taken() {
    let mut slot = pin!(MaybeDone::new(pending::<()>()));
    slot.as_mut().take();
}
