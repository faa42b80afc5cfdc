//! Models of the room: what comes back reaches whoever waits, and nobody sees it on its way.

use super::{Front, Rear, Room, sides};
use crate::base::prim::{Arc, thread};
use crate::sync::mpsc::channel;
use crate::wake::block_on::block_on;

const CAPACITY: usize = 2;

struct Both(Front, Rear);

impl Both {
    fn room(&self) -> Room<'_> {
        Room { front: &self.0, rear: &self.1, capacity: CAPACITY }
    }
}

fn model(f: impl Fn(Arc<Both>) + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let (front, rear) = sides(CAPACITY);
        f(Arc::new(Both(front, rear)));
    });
}

/// All is taken, and somebody waits while it comes back.
#[test]
fn loom_room_comes_back_to_one_who_waits() {
    model(|both| {
        assert!(both.room().acquire_now(2));
        let sender = both.clone();
        let sender = thread::spawn(move || block_on(sender.room().acquire(2)).unwrap());
        both.room().give_back(1);
        both.room().give_back(1);
        sender.join().unwrap();
        assert_eq!(both.room().available(), 0);
    });
}

/// The line is empty for a moment, when the receiver stops sending there what comes back.
#[test]
fn loom_room_is_asked_for_again() {
    model(|both| {
        assert!(both.room().acquire_now(2));
        let senders = [both.clone(), both.clone()]
            .map(|sender| thread::spawn(move || block_on(sender.room().acquire(1)).unwrap()));
        both.room().give_back(1);
        both.room().give_back(1);
        for sender in senders {
            sender.join().unwrap();
        }
        assert_eq!(both.room().available(), 0);
    });
}

/// There is room for two: whoever carries, both find it.
#[test]
fn loom_room_is_never_out_of_sight() {
    model(|both| {
        assert!(both.room().acquire_now(2));
        both.room().give_back(2);
        let other = both.clone();
        let other = thread::spawn(move || other.room().try_acquire(1).unwrap());
        both.room().try_acquire(1).unwrap();
        other.join().unwrap();
    });
}

/// A sender carries, and is refused, while the receiver closes: the end comes all the same.
#[test]
fn loom_room_is_carried_while_the_receiver_closes() {
    model(|_| {
        let (tx, mut rx) = channel(CAPACITY);
        let permit = tx.try_reserve().unwrap();
        tx.try_send(1).unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
        let other = tx.clone();
        let thread = thread::spawn(move || drop(other.try_reserve_many(CAPACITY)));
        rx.close();
        drop(permit);
        assert_eq!(block_on(rx.recv()), None);
        thread.join().unwrap();
        drop(tx);
    });
}

/// Taken and given back while somebody counts.
#[test]
fn loom_room_is_not_counted_twice() {
    model(|both| {
        assert!(both.room().acquire_now(1));
        let other = both.clone();
        let other = thread::spawn(move || assert!(other.room().available() <= CAPACITY));
        assert!(both.room().acquire_now(1));
        both.room().give_back(1);
        both.room().give_back(1);
        other.join().unwrap();
    });
}
