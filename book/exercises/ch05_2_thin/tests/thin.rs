use ch05_2_thin::Thin;
use stage_ch05::{Event, block_on, join};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Polls once.
fn poll(thin: &mut Thin) -> Poll<()> {
    Pin::new(thin).poll(&mut Context::from_waker(Waker::noop()))
}

/// Pending once; writes down where it was polled. Its size and alignment are unusual.
#[repr(align(64))]
struct Place {
    turns: u32,
    seen: Rc<RefCell<Vec<usize>>>,
    _room: [u8; 200],
}

impl Future for Place {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        let place = std::ptr::from_ref(&*self).addr();
        self.seen.borrow_mut().push(place);
        self.turns += 1;
        if self.turns == 2 { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Says when it is dropped.
struct Held(Rc<Cell<u32>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn t1_it_is_one_pointer() {
    assert_eq!(size_of::<Thin>(), size_of::<usize>(), "bytes of a Thin");
    assert_eq!(size_of::<Option<Thin>>(), size_of::<usize>(), "bytes of an Option<Thin>");
}

#[test]
fn t2_futures_of_many_types_are_polled_to_their_end() {
    let sum = Rc::new(Cell::new(0));
    let (a, b) = (sum.clone(), sum.clone());
    let text = String::from("12345");
    let all = vec![
        Thin::new(async move { a.set(a.get() + 1) }),
        Thin::new(async move { b.set(b.get() + text.len()) }),
        Thin::new(std::future::ready(())),
    ];
    for mut thin in all {
        assert!(poll(&mut thin).is_ready(), "it waits for nothing");
    }
    assert_eq!(sum.get(), 6, "what the futures have added up");
}

#[test]
fn t3_the_future_does_not_move_when_the_thin_does() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let mut thin = Thin::new(Place { turns: 0, seen: seen.clone(), _room: [0; 200] });
    assert!(poll(&mut thin).is_pending(), "it waits once");
    let mut moved = Box::new(thin);
    assert!(poll(&mut moved).is_ready(), "it has waited, and was moved meanwhile");
    let seen = seen.borrow();
    assert_eq!(seen[0], seen[1], "where it was polled first, and then");
    assert_eq!(seen[0] % 64, 0, "it asks for an address that 64 divides");
}

#[test]
fn t4_the_future_is_dropped_once() {
    let drops = Rc::new(Cell::new(0));
    let make = || {
        let held = Held(drops.clone());
        Thin::new(async move {
            let _held = held;
            std::future::pending::<()>().await;
        })
    };
    drop(make());
    assert_eq!(drops.get(), 1, "drops of what a future held that was never polled");
    let mut polled = make();
    assert!(poll(&mut polled).is_pending(), "it waits");
    assert_eq!(drops.get(), 1, "it waits, and holds it still");
    drop(polled);
    assert_eq!(drops.get(), 2, "drops of what a future held that was pending");
    let held = Held(drops.clone());
    let mut done = Thin::new(async move { drop(held) });
    assert!(poll(&mut done).is_ready(), "it waits for nothing");
    drop(done);
    assert_eq!(drops.get(), 3, "drops of what a future held that has ended");
}

#[test]
fn t5_wakes_reach_it() {
    let event = Rc::new(Event::default());
    let there = event.clone();
    let waits = Thin::new(async move { there.wait().await });
    let sets = Thin::new(async move { event.set() });
    block_on(join(waits, sets));
}
