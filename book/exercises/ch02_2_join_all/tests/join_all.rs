use ch02_2_join_all::join_all;
use stage_ch02::step::{poll_to_end, step};
use stage_ch02::{Countdown, countdown};
use std::cell::RefCell;
use std::rc::Rc;

#[test]
fn t1_none_at_all_is_ready_at_once() {
    let (outputs, polls) = poll_to_end(join_all(Vec::<Countdown>::new()));
    assert_eq!((outputs, polls), (vec![], 1), "outputs and polls");
}

#[test]
fn t2_outputs_come_in_the_order_of_the_futures() {
    let (outputs, _) = poll_to_end(join_all(vec![countdown(2), countdown(0), countdown(1)]));
    assert_eq!(outputs, [3, 1, 2], "a countdown from n is ready in poll n + 1");
}

#[test]
fn t3_they_wait_at_the_same_time() {
    let (_, polls) = poll_to_end(join_all(vec![countdown(3), countdown(3), countdown(3)]));
    assert_eq!(polls, 4, "as many polls as the longest of them needs");
}

/// Writes its name down when it is dropped.
struct Held(&'static str, Rc<RefCell<Vec<&'static str>>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

#[test]
fn t4_one_that_is_through_lets_go_at_once() {
    let dropped = Rc::new(RefCell::new(Vec::new()));
    let count = |name, from| {
        let held = Held(name, dropped.clone());
        Box::pin(async move {
            let _held = held;
            countdown(from).await
        })
    };
    let mut all = join_all(vec![count("long", 2), count("short", 0)]);
    assert!(step(&mut all).is_pending(), "the long one waits");
    assert_eq!(*dropped.borrow(), ["short"], "dropped after poll 1");
    drop(all);
    assert_eq!(*dropped.borrow(), ["short", "long"], "dropping the join ends the rest");
}
