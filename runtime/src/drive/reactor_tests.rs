//! tests of the reactor: tokens, generations, full batches, panicking wakers.

use super::*;
use crate::drive::bell::Bell;
use crate::drive::source::Direction;
use crate::wake::park::{Park, Parker};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

type Stream = mio::net::UnixStream;

fn bell() -> Arc<Bell> {
    let parker = Parker::new();
    Arc::new(Bell::new(parker.unparker(), parker.unparker()))
}

fn register(reactor: &Arc<Reactor>, stream: &mut Stream) -> Registration {
    reactor.register(stream, mio::Interest::READABLE, Ready::EMPTY).unwrap()
}

/// Waits for events until there are some.
fn turn(reactor: &Reactor, report: Report<'_>) -> usize {
    let mut turn = reactor.take(&bell()).unwrap();
    loop {
        turn.wait(None);
        match turn.serve(report) {
            0 => {}
            count => return count,
        }
    }
}

fn no_panic(_: Panic) {
    panic!("no waker panics here");
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker's panic");
    }
}

fn is_pending(registration: &Registration, waker: &Waker) -> bool {
    let mut cx = Context::from_waker(waker);
    matches!(registration.source().poll_ready(&mut cx, Direction::Read), Poll::Pending)
}

#[test]
fn an_event_wakes_the_reader_once() {
    let reactor = Reactor::new().unwrap();
    let (mut ours, mut theirs) = Stream::pair().unwrap();
    let registration = register(&reactor, &mut ours);
    let count = Arc::new(Count(AtomicUsize::new(0)));
    assert!(is_pending(&registration, &count.clone().into()));
    theirs.write_all(b"tick").unwrap();
    assert_eq!(turn(&reactor, &no_panic), 1);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert!(!is_pending(&registration, Waker::noop()), "and stays ready");
}

/// A token is for one source: the entry's place is used again, its generation is not.
#[test]
fn an_event_for_a_source_that_is_gone_is_dropped() {
    let reactor = Reactor::new().unwrap();
    let (mut ours, mut theirs) = Stream::pair().unwrap();
    let old = register(&reactor, &mut ours);
    theirs.write_all(b"stale").unwrap();
    let mut turn = reactor.take(&bell()).unwrap();
    turn.wait(None);
    // The event is in the buffer; now its source goes, and another one takes its place.
    let token = old.token;
    drop(old);
    let (mut next, _peer) = Stream::pair().unwrap();
    let new = register(&reactor, &mut next);
    assert_eq!(new.token & INDEX_MASK, token & INDEX_MASK, "the same place");
    assert_ne!(new.token, token, "another generation");
    turn.serve(&no_panic);
    assert!(is_pending(&new, Waker::noop()));
}

#[test]
fn a_place_is_freed_exactly_once() {
    let reactor = Reactor::new().unwrap();
    for _ in 0..3 {
        let (mut ours, _theirs) = Stream::pair().unwrap();
        let registration = register(&reactor, &mut ours);
        assert!(reactor.has_sources());
        registration.deregister(&mut ours).unwrap();
        let token = registration.token;
        drop(registration);
        reactor.remove(token);
        assert!(!reactor.has_sources());
        assert_eq!(reactor.table.lock().entries.len(), 0);
    }
}

#[test]
fn a_registration_that_fails_leaves_nothing_behind() {
    let reactor = Reactor::new().unwrap();
    let (mut ours, _theirs) = Stream::pair().unwrap();
    let _registration = register(&reactor, &mut ours);
    let both = mio::Interest::READABLE;
    // epoll refuses the same fd twice.
    assert!(reactor.register(&mut ours, both, Ready::EMPTY).is_err());
    assert_eq!(reactor.table.lock().entries.len(), 1);
}

/// More sources than a batch holds, ready at once.
#[test]
fn a_full_batch_is_woken_on_the_way() {
    const SOURCES: usize = 3 * Batch::CAPACITY + 1;
    let reactor = Reactor::new().unwrap();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let mut streams: Vec<_> = (0..SOURCES).map(|_| Stream::pair().unwrap()).collect();
    let registrations: Vec<_> =
        streams.iter_mut().map(|(ours, _)| register(&reactor, ours)).collect();
    for registration in &registrations {
        assert!(is_pending(registration, &count.clone().into()));
    }
    for (_, theirs) in &mut streams {
        theirs.write_all(b"tick").unwrap();
    }
    let mut events = 0;
    while events < SOURCES {
        events += turn(&reactor, &no_panic);
    }
    assert_eq!(count.0.load(Ordering::Relaxed), SOURCES);
}

#[test]
fn a_waker_that_panics_is_reported_and_the_others_are_woken() {
    let reactor = Reactor::new().unwrap();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let mut streams: Vec<_> = (0..3).map(|_| Stream::pair().unwrap()).collect();
    let registrations: Vec<_> =
        streams.iter_mut().map(|(ours, _)| register(&reactor, ours)).collect();
    let wakers: [Waker; 3] = [count.clone().into(), Arc::new(Panics).into(), count.clone().into()];
    for (registration, waker) in registrations.iter().zip(&wakers) {
        assert!(is_pending(registration, waker));
    }
    for (_, theirs) in &mut streams {
        theirs.write_all(b"tick").unwrap();
    }
    let reported = AtomicUsize::new(0);
    let mut events = 0;
    while events < 3 {
        events += turn(&reactor, &|_| {
            reported.fetch_add(1, Ordering::Relaxed);
        });
    }
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
    assert_eq!(reported.load(Ordering::Relaxed), 1);
}

#[test]
fn a_turn_goes_back_when_its_holder_panics() {
    let reactor = Reactor::new().unwrap();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _turn = reactor.take(&bell()).unwrap();
        assert!(reactor.take(&bell()).is_none(), "one holder at a time");
        panic!("on the way");
    }));
    assert!(panic.is_err());
    assert!(reactor.take(&bell()).is_some());
}

#[test]
fn after_the_end_sources_answer_with_an_error_and_none_can_come() {
    let reactor = Reactor::new().unwrap();
    let (mut ours, _theirs) = Stream::pair().unwrap();
    let registration = register(&reactor, &mut ours);
    let count = Arc::new(Count(AtomicUsize::new(0)));
    assert!(is_pending(&registration, &count.clone().into()));
    reactor.end(&no_panic);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(error)) = registration.source().poll_ready(&mut cx, Direction::Read) else {
        panic!("an ended source must answer")
    };
    assert!(error.to_string().contains("has ended"));
    let (mut next, _peer) = Stream::pair().unwrap();
    assert!(reactor.register(&mut next, mio::Interest::READABLE, Ready::EMPTY).is_err());
}

/// A child made by `fork` shares epoll with its parent: what it drops must stay registered for the
/// parent. The number of the process is all by which a child knows itself.
#[test]
fn a_forked_child_does_not_silence_its_parents_sockets() {
    let mut reactor = Reactor::new().unwrap();
    Arc::get_mut(&mut reactor).unwrap().process += 1;
    let (mut ours, mut theirs) = Stream::pair().unwrap();
    let registration = register(&reactor, &mut ours);
    registration.deregister(&mut ours).unwrap();
    theirs.write_all(b"tick").unwrap();
    assert_eq!(turn(&reactor, &no_panic), 1);
}
