//! Tests of the oneshot: what each half owns in each state, and the races under loom.

#[cfg(not(loom))]
mod plain {
    use super::super::Shared;
    use crate::base::prim::count;
    use crate::sync::oneshot::error::TryRecvError;
    use crate::sync::oneshot::{Receiver, Sender, channel};
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    /// The count of the `Arc` says how many clones of the waker there are.
    struct Nobody;

    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    fn waker() -> (Arc<Nobody>, Waker) {
        let nobody = Arc::new(Nobody);
        (nobody.clone(), Waker::from(nobody))
    }

    fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
        pin!(future).poll(&mut Context::from_waker(waker))
    }

    fn poll_closed<T>(tx: &mut Sender<T>, waker: &Waker) -> Poll<()> {
        tx.poll_closed(&mut Context::from_waker(waker))
    }

    fn assert_bounds<T: Send + Sync + Unpin>() {}

    #[test]
    fn halves_may_move_between_threads_and_need_no_pinning() {
        assert_bounds::<Sender<std::cell::Cell<u8>>>();
        assert_bounds::<Receiver<std::cell::Cell<u8>>>();
        assert_bounds::<Receiver<std::marker::PhantomPinned>>();
    }

    #[test]
    fn an_idle_exchange_is_small() {
        assert_eq!(size_of::<Shared<()>>(), 32);
        assert_eq!(size_of::<Shared<u64>>(), 32);
        assert_eq!(size_of::<Receiver<u64>>(), size_of::<usize>());
    }

    #[test]
    fn an_exchange_costs_one_write_or_three() {
        let (tx, mut rx) = channel();
        let (_, log) = count::record(|| {
            tx.send(1).unwrap();
            assert_eq!(poll(&mut rx, Waker::noop()), Poll::Ready(Ok(1)));
        });
        assert_eq!(log.len(), 1);
        let (tx, mut rx) = channel();
        let (_, waker) = waker();
        let (_, log) = count::record(|| {
            assert!(poll(&mut rx, &waker).is_pending());
            assert!(poll(&mut rx, &waker).is_pending());
            tx.send(1).unwrap();
            assert_eq!(poll(&mut rx, &waker), Poll::Ready(Ok(1)));
        });
        assert_eq!(log.len(), 3);
    }

    /// INV-67: in every order of send, close, receive and drop the value is dropped once.
    #[test]
    fn a_value_is_dropped_once() {
        for order in 0..6 {
            let value = Arc::new(());
            let (tx, mut rx) = channel();
            match order {
                0 => {
                    tx.send(value.clone()).unwrap();
                    drop(rx);
                }
                1 => {
                    drop(rx);
                    assert!(tx.send(value.clone()).is_err());
                }
                2 => {
                    rx.close();
                    assert!(tx.send(value.clone()).is_err());
                }
                3 => {
                    tx.send(value.clone()).unwrap();
                    rx.close();
                    assert!(rx.try_recv().is_ok());
                    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
                }
                4 => {
                    assert!(poll(&mut rx, Waker::noop()).is_pending());
                    tx.send(value.clone()).unwrap();
                    drop(rx);
                }
                _ => {
                    drop(tx);
                    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
                }
            }
            assert_eq!(Arc::strong_count(&value), 1, "order {order}");
        }
    }

    /// INV-68: no waker of the receiver stays behind, whoever is first.
    #[test]
    fn the_receivers_waker_is_dropped_once() {
        for order in 0..5 {
            let (nobody, waker) = waker();
            let (tx, mut rx) = channel::<u8>();
            assert!(poll(&mut rx, &waker).is_pending());
            assert_eq!(Arc::strong_count(&nobody), 3);
            match order {
                0 => drop((rx, tx)),
                1 => drop((tx, rx)),
                2 => {
                    rx.close();
                    assert_eq!(Arc::strong_count(&nobody), 2);
                    drop(tx);
                }
                3 => {
                    assert!(poll(&mut rx, Waker::noop()).is_pending());
                    assert_eq!(Arc::strong_count(&nobody), 2);
                    drop(tx);
                }
                _ => tx.send(1).unwrap(),
            }
            assert_eq!(Arc::strong_count(&nobody), 2, "order {order}");
        }
    }

    /// INV-67: no waker of the sender stays behind, and none is where the value is written.
    #[test]
    fn the_senders_waker_is_dropped_once() {
        for order in 0..7 {
            let (nobody, waker) = waker();
            let (mut tx, mut rx) = channel::<u8>();
            assert!(poll_closed(&mut tx, &waker).is_pending());
            assert!(poll_closed(&mut tx, &waker).is_pending());
            assert_eq!(Arc::strong_count(&nobody), 3);
            match order {
                0 => drop((rx, tx)),
                1 => drop((tx, rx)),
                2 => {
                    rx.close();
                    assert!(poll_closed(&mut tx, &waker).is_ready());
                    rx.close();
                }
                3 => assert!(poll_closed(&mut tx, Waker::noop()).is_pending()),
                4 => tx.send(1).unwrap(),
                5 => {
                    rx.close();
                    assert_eq!(tx.send(1), Err(1));
                }
                _ => {
                    tx.send(1).unwrap();
                    assert_eq!(poll(&mut rx, &waker), Poll::Ready(Ok(1)));
                }
            }
            assert_eq!(Arc::strong_count(&nobody), 2, "order {order}");
        }
    }

    /// A value whose destructor uses the other half.
    struct Bomb(Option<Sender<u8>>);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if let Some(tx) = self.0.take() {
                let _ = tx.send(1);
                panic!("the destructor panics");
            }
        }
    }

    /// INV-70: the destructor of a value nobody received runs last, when it can break nothing.
    #[test]
    fn a_panicking_destructor_leaves_nothing_behind() {
        let (other, mut told) = channel();
        let (tx, rx) = channel();
        assert!(tx.send(Bomb(Some(other))).is_ok());
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(rx)));
        assert!(panic.is_err());
        assert_eq!(told.try_recv(), Ok(1));
    }

    #[test]
    fn blocking_inside_async_code_is_refused() {
        let (tx, rx) = channel();
        tx.send(1).unwrap();
        let _budget = crate::wake::coop::budget();
        let recv = std::panic::AssertUnwindSafe(|| rx.blocking_recv());
        let panic = std::panic::catch_unwind(recv).unwrap_err();
        let message = panic.downcast_ref::<&str>().unwrap();
        assert!(message.contains("spawn_blocking"), "{message}");
    }

    /// INV-69: each half is moved to a thread, twenty combinations of what they do,
    /// and the order by chance.
    #[test]
    fn halves_race_without_loss() {
        const ROUNDS: usize = if cfg!(miri) { 30 } else { 3000 };
        let alive = Arc::new(());
        for round in 0..ROUNDS {
            let (mut tx, mut rx) = channel();
            let value = alive.clone();
            let sender = std::thread::spawn(move || {
                if round % 3 == 0 {
                    let _ = poll_closed(&mut tx, Waker::noop());
                }
                match round % 5 {
                    0 => drop((tx, value)),
                    _ => drop(tx.send(value)),
                }
            });
            match round % 4 {
                0 => drop(rx.blocking_recv()),
                1 => drop(rx),
                2 => {
                    drop(poll(&mut rx, Waker::noop()));
                    rx.close();
                    drop(rx.try_recv());
                }
                _ => {
                    if poll(&mut rx, Waker::noop()).is_pending() {
                        drop(rx.blocking_recv());
                    }
                }
            }
            sender.join().unwrap();
            assert_eq!(Arc::strong_count(&alive), 1, "round {round}");
        }
    }
}

#[cfg(loom)]
mod models {
    use crate::base::prim::{Arc, thread};
    use crate::sync::oneshot::channel;
    use crate::wake::block_on::block_on;
    use std::future::{Future, poll_fn};
    use std::pin::Pin;
    use std::sync::Arc as Plain;
    use std::task::{Context, Wake, Waker};

    /// A waker whose clones are counted, with some to spare: one that is dropped or woken twice is
    /// a wrong number at the end and no crash on the way.
    struct Counted(Plain<Silent>, Vec<Plain<Silent>>);

    struct Silent;

    impl Wake for Silent {
        fn wake(self: Plain<Self>) {}
    }

    impl Counted {
        fn new() -> Self {
            let silent = Plain::new(Silent);
            Self(silent.clone(), vec![silent; 8])
        }

        fn waker(&self) -> Waker {
            Waker::from(self.0.clone())
        }

        fn assert_none_left(self) {
            assert_eq!(Plain::strong_count(&self.0), 9);
        }
    }

    fn model(f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(f);
    }

    /// loom's `Arc` reports a value or a waker that was never dropped, and a free that is too early
    /// shows as an access to the cell of the other half (INV-67, INV-70).
    #[test]
    fn loom_oneshot_send_and_receive() {
        model(|| {
            let (tx, rx) = channel();
            let value = Arc::new(7);
            let thread = thread::spawn(move || tx.send(value).unwrap());
            assert_eq!(*block_on(rx).unwrap(), 7);
            thread.join().unwrap();
        });
    }

    /// The receiver changes its waker while the sender takes it (INV-68).
    #[test]
    fn loom_oneshot_receiver_changes_its_waker() {
        model(|| {
            let (tx, mut rx) = channel();
            let value = Arc::new(7);
            let thread = thread::spawn(move || tx.send(value).unwrap());
            let first = Pin::new(&mut rx).poll(&mut Context::from_waker(Waker::noop()));
            if first.is_pending() {
                assert_eq!(*block_on(rx).unwrap(), 7);
            }
            thread.join().unwrap();
        });
    }

    /// The value goes to one side, whatever the order (INV-67).
    #[test]
    fn loom_oneshot_send_and_close() {
        model(|| {
            let (tx, mut rx) = channel();
            let (value, counted) = (Arc::new(7), Counted::new());
            let kept = value.clone();
            let thread = thread::spawn(move || tx.send(value).is_ok());
            let _ = Pin::new(&mut rx).poll(&mut Context::from_waker(&counted.waker()));
            if !rx.is_terminated() {
                rx.close();
                let received = rx.try_recv().is_ok();
                assert_eq!(thread.join().unwrap(), received);
            } else {
                assert!(thread.join().unwrap());
            }
            drop(rx);
            assert_eq!(Arc::strong_count(&kept), 1);
            counted.assert_none_left();
        });
    }

    /// A sender waits for the end of interest; its waker and its value share a place (INV-67).
    #[test]
    fn loom_oneshot_closed_wakes_the_sender() {
        model(|| {
            let (mut tx, rx) = channel::<Arc<u8>>();
            let counted = Counted::new();
            let thread = thread::spawn(move || drop(rx));
            let _ = tx.poll_closed(&mut Context::from_waker(&counted.waker()));
            block_on(poll_fn(|cx| tx.poll_closed(cx)));
            thread.join().unwrap();
            assert!(tx.send(Arc::new(7)).is_err());
            counted.assert_none_left();
        });
    }

    /// A sender that waited sends all the same, while the receiver goes (INV-67, INV-70).
    #[test]
    fn loom_oneshot_send_after_waiting() {
        model(|| {
            let (mut tx, rx) = channel();
            let (value, counted) = (Arc::new(7), Counted::new());
            let thread = thread::spawn(move || drop(rx));
            let _ = tx.poll_closed(&mut Context::from_waker(&counted.waker()));
            let _ = tx.send(value);
            thread.join().unwrap();
            counted.assert_none_left();
        });
    }

    /// Both halves are dropped at once, one of them waiting (INV-70).
    #[test]
    fn loom_oneshot_drop_and_drop() {
        model(|| {
            let (tx, mut rx) = channel::<Arc<u8>>();
            let counted = Counted::new();
            let thread = thread::spawn(move || drop(tx));
            let _ = Pin::new(&mut rx).poll(&mut Context::from_waker(&counted.waker()));
            drop(rx);
            thread.join().unwrap();
            counted.assert_none_left();
        });
    }
}
