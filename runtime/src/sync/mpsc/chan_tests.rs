//! Tests of the channels: order, ends, drops, and who is told what.

use crate::base::prim::count;
use crate::sync::mpsc::error::{SendError, TryRecvError, TrySendError};
use crate::sync::mpsc::{
    OwnedPermit, Permit, Receiver, Sender, UnboundedReceiver, UnboundedSender, WeakSender, channel,
    unbounded_channel,
};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Ordering: Relaxed, a count that one thread reads.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn waker() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count(AtomicUsize::new(0)));
    (count.clone(), Waker::from(count))
}

fn wakes(count: &Count) -> usize {
    // Ordering: Relaxed, as above.
    count.0.load(Ordering::Relaxed)
}

fn poll<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

fn poll_recv<T>(rx: &mut Receiver<T>, waker: &Waker) -> Poll<Option<T>> {
    rx.poll_recv(&mut Context::from_waker(waker))
}

fn now<F: Future>(future: F) -> F::Output {
    match poll(pin!(future), Waker::noop()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it had to wait"),
    }
}

fn assert_bounds<T: Send + Sync + Unpin>() {}

#[test]
fn handles_may_move_between_threads_and_need_no_pinning() {
    type V = Cell<u8>;
    assert_bounds::<(Sender<V>, WeakSender<V>, UnboundedSender<V>)>();
    assert_bounds::<(Receiver<V>, UnboundedReceiver<V>)>();
    assert_bounds::<(Permit<'_, V>, OwnedPermit<V>)>();
    fn assert_send<T: Send>(_: T) {}
    let (tx, mut rx) = channel::<V>(1);
    assert_send(tx.send(Cell::new(1)));
    assert_send(rx.recv());
}

#[test]
fn a_value_costs_three_writes_to_send_and_one_to_receive() {
    let (tx, mut rx) = channel(8);
    assert_eq!(count::record(|| now(tx.send(1)).unwrap()).1.len(), 3);
    assert_eq!(count::record(|| tx.try_send(1).unwrap()).1.len(), 3);
    assert_eq!(count::record(|| now(rx.recv()).unwrap()).1.len(), 1);
    let (tx, mut rx) = unbounded_channel();
    assert_eq!(count::record(|| tx.send(1).unwrap()).1.len(), 2);
    assert_eq!(count::record(|| now(rx.recv()).unwrap()).1.len(), 0);
}

#[test]
fn a_sleeping_receiver_is_woken_once() {
    let (tx, mut rx) = channel(8);
    let (count, waker) = waker();
    assert!(poll_recv(&mut rx, &waker).is_pending());
    assert!(poll_recv(&mut rx, &waker).is_pending());
    for i in 0..4 {
        tx.try_send(i).unwrap();
    }
    assert_eq!(wakes(&count), 1);
    assert_eq!(poll_recv(&mut rx, &waker), Poll::Ready(Some(0)));
}

#[test]
fn the_last_task_that_polled_is_the_one_that_is_woken() {
    let (tx, mut rx) = channel(8);
    let (first, waker_1) = waker();
    let (second, waker_2) = waker();
    assert!(poll_recv(&mut rx, &waker_1).is_pending());
    assert!(poll_recv(&mut rx, &waker_2).is_pending());
    tx.try_send(1).unwrap();
    assert_eq!((wakes(&first), wakes(&second)), (0, 1));
}

#[test]
fn senders_are_served_in_the_order_of_their_coming() {
    let (tx, mut rx) = channel(1);
    tx.try_send(0).unwrap();
    let mut waiting: Vec<_> = (1..4).map(|i| Box::pin(tx.send(i))).collect();
    for send in &mut waiting {
        assert!(poll(send.as_mut(), Waker::noop()).is_pending());
    }
    for (i, send) in waiting.iter_mut().enumerate() {
        assert_eq!(rx.try_recv(), Ok(i));
        // A newcomer does not overtake who waits.
        assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)));
        assert_eq!(poll(send.as_mut(), Waker::noop()), Poll::Ready(Ok(())));
    }
    assert_eq!(rx.try_recv(), Ok(3));
}

/// INV-77: a permit is spent or given back, once, however its holder goes.
#[test]
fn room_is_given_back_once() {
    let (tx, mut rx) = channel(3);
    drop(tx.try_reserve().unwrap());
    assert_eq!(tx.capacity(), 3);
    let mut three = tx.try_reserve_many(3).unwrap();
    three.next().unwrap().send(1);
    let second = three.next().unwrap();
    drop(three);
    assert_eq!(tx.capacity(), 1);
    drop(second);
    assert_eq!(tx.capacity(), 2);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(tx.capacity(), 3);
    let tx = now(tx.reserve_owned()).unwrap().release();
    let permit = tx.clone().try_reserve_owned().unwrap();
    assert!(permit.same_channel_as_sender(&tx));
    drop(permit);
    assert_eq!((tx.capacity(), tx.strong_count()), (3, 1));
    assert!(matches!(tx.try_reserve_many(4), Err(TrySendError::Full(()))));
    assert!(matches!(now(tx.reserve_many(4)), Err(SendError(()))));
}

#[test]
fn a_send_that_is_given_up_passes_its_room_on() {
    let (tx, mut rx) = channel(1);
    tx.try_send(0).unwrap();
    let (mut first, mut second) = (Box::pin(tx.send(1)), Box::pin(tx.send(2)));
    assert!(poll(first.as_mut(), Waker::noop()).is_pending());
    assert!(poll(second.as_mut(), Waker::noop()).is_pending());
    assert_eq!(rx.try_recv(), Ok(0));
    drop(first);
    assert_eq!(poll(second.as_mut(), Waker::noop()), Poll::Ready(Ok(())));
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn a_closed_receiver_gets_what_was_promised_and_then_the_end() {
    let (tx, mut rx) = channel(2);
    let (count, waker) = waker();
    tx.try_send(1).unwrap();
    let permit = tx.try_reserve().unwrap();
    rx.close();
    assert_eq!(tx.try_send(2), Err(TrySendError::Closed(2)));
    assert_eq!(now(tx.send(2)), Err(SendError(2)));
    assert_eq!(poll_recv(&mut rx, &waker), Poll::Ready(Some(1)));
    assert!(poll_recv(&mut rx, &waker).is_pending());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    permit.send(3);
    assert_eq!(wakes(&count), 1);
    assert_eq!(poll_recv(&mut rx, &waker), Poll::Ready(Some(3)));
    assert_eq!(poll_recv(&mut rx, &waker), Poll::Ready(None));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

/// INV-77: the last promise that is taken back is the end, and somebody says so.
#[test]
fn a_closed_receiver_is_woken_by_a_promise_taken_back() {
    for how in 0..4 {
        let (tx, mut rx) = channel::<u8>(1);
        let (count, waker) = waker();
        let owned = (how == 0).then(|| tx.clone().try_reserve_owned().unwrap());
        let many = (how == 1).then(|| tx.try_reserve_many(1).unwrap());
        if how > 1 {
            tx.try_send(1).unwrap();
        }
        let mut waiting = Box::pin(tx.reserve());
        if how > 1 {
            assert!(poll(waiting.as_mut(), &waker).is_pending());
            assert_eq!(rx.try_recv(), Ok(1));
        }
        let before = wakes(&count);
        rx.close();
        assert!(poll_recv(&mut rx, &waker).is_pending());
        match how {
            0 => drop(owned),
            1 => drop(many),
            // Handed its permit before the close, and given up, or dropped unused.
            2 => drop(waiting),
            _ => drop(now(waiting).unwrap()),
        }
        assert_eq!(wakes(&count), before + 1, "{how}");
        assert_eq!(poll_recv(&mut rx, &waker), Poll::Ready(None), "{how}");
    }
}

#[test]
fn the_last_sender_ends_the_channel_and_weak_ones_do_not_count() {
    let (tx, mut rx) = channel(4);
    let (count, waker) = waker();
    let weak = tx.downgrade();
    let other = weak.upgrade().unwrap();
    assert_eq!((tx.strong_count(), weak.weak_count()), (2, 1));
    tx.try_send(1).unwrap();
    drop(tx);
    assert_eq!(poll_recv(&mut rx, &waker), Poll::Ready(Some(1)));
    assert!(poll_recv(&mut rx, &waker).is_pending());
    drop(other);
    assert_eq!(wakes(&count), 1);
    assert!(weak.upgrade().is_none());
    assert!(rx.is_closed());
    assert_eq!(poll_recv(&mut rx, &waker), Poll::Ready(None));
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (0, 1));
}

#[test]
fn an_unbounded_channel_ends_like_a_bounded_one() {
    let (tx, mut rx) = unbounded_channel();
    let mut cx = Context::from_waker(Waker::noop());
    tx.send(1).unwrap();
    rx.close();
    assert_eq!(tx.send(2), Err(SendError(2)));
    assert_eq!((rx.len(), rx.is_empty()), (1, false));
    assert_eq!(rx.poll_recv(&mut cx), Poll::Ready(Some(1)));
    assert_eq!(rx.poll_recv(&mut cx), Poll::Ready(None));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    let (tx, mut rx) = unbounded_channel();
    tx.send(1).unwrap();
    let weak = tx.downgrade();
    drop(tx);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert!(weak.upgrade().is_none());
}

#[test]
fn those_who_wait_for_the_end_of_interest_are_all_told() {
    let (tx, rx) = channel::<u8>(1);
    let other = tx.clone();
    let (mut one, mut two) = (Box::pin(tx.closed()), Box::pin(other.closed()));
    let (count, waker) = waker();
    assert!(poll(one.as_mut(), &waker).is_pending());
    assert!(poll(two.as_mut(), &waker).is_pending());
    drop(rx);
    assert_eq!(wakes(&count), 2);
    assert!(poll(one.as_mut(), &waker).is_ready());
    assert!(poll(two.as_mut(), &waker).is_ready());
    assert!(poll(pin!(tx.closed()), &waker).is_ready());
}

#[test]
fn recv_many_takes_what_is_there() {
    let (tx, mut rx) = channel(8);
    let mut cx = Context::from_waker(Waker::noop());
    let mut all = vec![];
    assert_eq!(rx.poll_recv_many(&mut cx, &mut all, 0), Poll::Ready(0));
    assert!(rx.poll_recv_many(&mut cx, &mut all, 3).is_pending());
    (0..8).for_each(|i| tx.try_send(i).unwrap());
    assert_eq!(rx.poll_recv_many(&mut cx, &mut all, 3), Poll::Ready(3));
    assert_eq!(tx.capacity(), 3);
    assert_eq!(rx.poll_recv_many(&mut cx, &mut all, 99), Poll::Ready(5));
    assert_eq!(all, [0, 1, 2, 3, 4, 5, 6, 7]);
    drop(tx);
    assert_eq!(rx.poll_recv_many(&mut cx, &mut all, 99), Poll::Ready(0));
}

#[test]
fn a_large_capacity_is_a_promise() {
    let (tx, mut rx) = channel(1 << 40);
    for i in 0..10_000 {
        tx.try_send(i).unwrap();
    }
    assert_eq!((tx.capacity(), rx.len()), ((1 << 40) - 10_000, 10_000));
    assert!((0..10_000).all(|i| rx.try_recv() == Ok(i)));
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

struct Noisy(Rc<RefCell<Vec<u8>>>, u8);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
        assert!(self.1 != 1, "this destructor panics");
    }
}

/// INV-78: the values that nobody received are dropped once, in order, by the receiver or with
/// the channel, and one that panics does not keep the others.
#[test]
fn values_left_behind_are_dropped_once() {
    for receiver_first in [true, false] {
        let dropped = Rc::new(RefCell::new(vec![]));
        let (tx, rx) = channel(4);
        let late = tx.clone().try_reserve_owned().unwrap();
        for i in 0..3 {
            assert!(tx.try_send(Noisy(dropped.clone(), i)).is_ok());
        }
        let value = Noisy(dropped.clone(), 3);
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            if receiver_first {
                drop(rx);
            } else {
                drop(late.send(value));
                drop(tx);
                drop(rx);
                return;
            }
            assert_eq!(*dropped.borrow(), [0, 1, 2]);
        }));
        assert!(panic.is_err());
        assert_eq!(dropped.borrow()[..3], [0, 1, 2]);
    }
}

/// What is sent to nobody, through a permit that outlives the receiver, is dropped with the
/// channel.
#[test]
fn a_late_value_is_dropped_with_the_channel() {
    let value = Arc::new(());
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve_owned().unwrap();
    drop(rx);
    let tx = permit.send(value.clone());
    assert!(tx.is_closed());
    drop(tx);
    assert_eq!(Arc::strong_count(&value), 1);
}

thread_local! {
    static CHANNEL: RefCell<Option<(Sender<Hook>, Receiver<Hook>)>> =
        const { RefCell::new(None) };
}

/// A value whose destructor uses the channel it was in.
struct Hook;

impl Drop for Hook {
    fn drop(&mut self) {
        let tx = CHANNEL.with_borrow(|ends| ends.as_ref().map(|ends| ends.0.clone()));
        if let Some(tx) = tx {
            tx.try_send(Hook).map_err(std::mem::forget).ok();
            drop(tx.clone());
        }
    }
}

#[test]
fn a_destructor_may_use_the_channel() {
    let (tx, rx) = channel(2);
    tx.try_send(Hook).unwrap_or_else(|_| unreachable!());
    CHANNEL.set(Some((tx, channel(1).1)));
    drop(rx);
    CHANNEL.set(None);
}

/// A waker whose every function uses the channel: no lock is held when it runs.
#[test]
fn a_waker_may_use_the_channel() {
    fn enter(tx: *const ()) {
        // SAFETY: the sender outlives the wakers of this test.
        let tx = unsafe { &*tx.cast::<Sender<u8>>() };
        let _ = tx.try_send(1);
        let _ = (tx.capacity(), tx.clone());
    }
    fn clone(tx: *const ()) -> RawWaker {
        enter(tx);
        RawWaker::new(tx, &VTABLE)
    }
    static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, enter, enter, enter);
    let (tx, mut rx) = channel::<u8>(1);
    let raw = RawWaker::new(std::ptr::from_ref(&tx).cast(), &VTABLE);
    // SAFETY: the four functions own nothing.
    let waker = unsafe { Waker::from_raw(raw) };
    let _ = poll_recv(&mut rx, &waker);
    let _ = rx.try_recv();
    assert!(tx.try_reserve().is_ok());
    let mut send = Box::pin(tx.send(2));
    let _ = poll(send.as_mut(), &waker);
    let mut closed = Box::pin(tx.closed());
    let _ = poll(closed.as_mut(), &waker);
    rx.close();
    drop(rx);
}
