//! `join!` waits for all, `try_join!` for all or the first error.

use mainspring::task::yield_now;
use mainspring::time::{Duration, Instant, sleep, timeout};
use mainspring::{join, try_join};
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn, ready};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use tests::{Drops, Kind, heard, paused, runtime};

fn run<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

async fn after(turns: u32, value: u32) -> u32 {
    for _ in 0..turns {
        yield_now().await;
    }
    value
}

#[test]
fn outputs_stand_in_the_order_of_the_futures() {
    run(async {
        assert_eq!(join!(after(9, 1), after(0, 2), after(4, 3)), (1, 2, 3));
        assert_eq!(join!(after(0, 1)), (1,));
        assert_eq!(join!(biased; after(1, 1), async { "two" },), (1, "two"));
        assert_eq!(join!(), ());
        assert_eq!(join!(biased;), ());
        let result = try_join!(async { Ok::<_, ()>(after(3, 1).await) }, ready(Ok("two")));
        assert_eq!(result, Ok((1, "two")));
        assert_eq!(try_join!(biased; ready(Ok::<_, ()>(1)),), Ok((1,)));
        let nothing: Result<(), u8> = try_join!();
        let biased: Result<(), u8> = try_join!(biased;);
        assert_eq!((nothing, biased), (Ok(()), Ok(())));
        let mut kept = Box::pin(after(1, 5));
        assert_eq!(join!(&mut kept, ready(6)), (5, 6));
        let values = join!(
            after(1, 0),
            after(2, 1),
            after(3, 2),
            after(4, 3),
            after(5, 4),
            after(6, 5),
            after(5, 6),
            after(4, 7),
            after(3, 8),
            after(2, 9),
            after(1, 10),
            after(0, 11),
            after(9, 12),
            after(8, 13),
            after(7, 14),
            after(6, 15),
        );
        assert_eq!((values.0, values.11, values.12, values.15), (0, 11, 12, 15));
    });
}

fn they_wait_at_the_same_time(kind: Kind) {
    let work = async {
        let start = Instant::now();
        let nap = || sleep(Duration::from_millis(100));
        join!(nap(), nap(), nap(), nap(), nap());
        start.elapsed()
    };
    let took = kind.runtime().block_on(work);
    assert!(took >= Duration::from_millis(100) && took < Duration::from_millis(490), "{took:?}");
}

/// Two futures that need each other.
fn each_is_woken(kind: Kind) {
    use mainspring::sync::mpsc;
    let runtime = kind.runtime();
    let task = runtime.spawn(async {
        let (ping, mut pinged) = mpsc::channel(1);
        let (pong, mut ponged) = mpsc::channel(1);
        let left = async {
            for n in 0..500 {
                ping.send(n).await.unwrap();
                assert_eq!(ponged.recv().await, Some(n));
            }
            "left"
        };
        let right = async {
            for n in 0..500 {
                assert_eq!(pinged.recv().await, Some(n));
                pong.send(n).await.unwrap();
            }
            "right"
        };
        join!(left, right)
    });
    assert_eq!(runtime.block_on(task).unwrap(), ("left", "right"));
}

#[test]
fn the_first_error_in_time_ends_it_and_drops_the_rest() {
    let drops = Drops::new();
    let result: Result<(u8, u8, u8), &str> = run(async {
        let (a, b, c) = (drops.counted(), drops.counted(), drops.counted());
        let result = try_join!(
            async {
                let _held = a;
                pending().await
            },
            async {
                after(3, 0).await;
                drop(b);
                Err("third turn")
            },
            async {
                // It is ready, and its output is not wanted any more.
                drop(c);
                Ok(1)
            },
        );
        assert_eq!(drops.count(), 3, "all are gone before the result is looked at");
        result
    });
    assert_eq!(result, Err("third turn"));
    let result = run(async {
        try_join!(
            async {
                after(5, 0).await;
                Err::<u8, _>("late")
            },
            async {
                after(2, 0).await;
                Err::<u8, _>("early")
            },
        )
    });
    assert_eq!(result, Err("early"));
}

#[test]
fn a_question_mark_behind_it_returns_the_error() {
    async fn sum(texts: [&str; 2]) -> Result<u8, std::num::ParseIntError> {
        let parse = async |text: &str| text.parse::<u8>();
        let (a, b) = try_join!(parse(texts[0]), parse(texts[1]))?;
        Ok(a + b)
    }
    run(async {
        assert_eq!(sum(["1", "2"]).await, Ok(3));
        assert!(sum(["1", "two"]).await.is_err());
    });
}

/// Who is polled first, in each poll of a join of three that are never ready before the fifth.
fn firsts(biased: bool) -> Vec<u32> {
    let log = RefCell::new(Vec::new());
    let branch = |me: u32| {
        let log = &log;
        poll_fn(move |cx| {
            log.borrow_mut().push(me);
            if log.borrow().len() > 12 {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    };
    run(async {
        if biased {
            join!(biased; branch(0), branch(1), branch(2));
        } else {
            join!(branch(0), branch(1), branch(2));
        }
    });
    log.take()
}

#[test]
fn each_poll_starts_one_further_down_unless_biased() {
    assert_eq!(firsts(true), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    assert_eq!(firsts(false), [0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2, 1, 2, 0]);
}

#[test]
fn dropped_it_drops_futures_and_outputs_from_first_to_last() {
    type Log = Arc<Mutex<Vec<&'static str>>>;
    struct Says(Log, &'static str);
    impl Drop for Says {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(self.1);
        }
    }
    let log = Log::default();
    let says = |word| Says(log.clone(), word);
    paused().block_on(async {
        let (a, b, c) = (says("a"), says("b"), says("c"));
        let all = async {
            join!(
                async {
                    let _a = a;
                    pending::<()>().await
                },
                async { b },
                async {
                    let _c = c;
                    pending::<()>().await
                },
            );
        };
        timeout(Duration::from_secs(1), all).await.unwrap_err();
    });
    assert_eq!(*log.lock().unwrap(), ["a", "b", "c"]);
}

#[test]
fn a_future_that_panics_ends_all_of_them() {
    for with_errors in [false, true] {
        let drops = Drops::new();
        let (result, said) = heard(|| {
            run(async {
                let counted = drops.counted();
                let waits = async {
                    let _counted = counted;
                    pending::<Result<u8, u8>>().await
                };
                let panics = async {
                    yield_now().await;
                    if drops.count() == 0 {
                        panic!("a future panics");
                    }
                    Ok(1)
                };
                if with_errors {
                    try_join!(waits, panics).map(drop)
                } else {
                    join!(waits, panics).0.map(drop)
                }
            })
        });
        assert!(result.is_err() && said[0].text == "a future panics");
        assert_eq!(drops.count(), 1);
    }
}

#[test]
fn an_error_that_cannot_be_and_a_value_that_cannot_be() {
    run(async {
        let never_fails: Result<(u8, u8), Infallible> = try_join!(async { Ok(1) }, async { Ok(2) });
        assert_eq!(never_fails, Ok((1, 2)));
        let always_fails: Result<(Infallible, u8), u8> =
            try_join!(async { Err(1) }, async { Ok(2) });
        assert_eq!(always_fails, Err(1));
    });
}

#[test]
fn joins_nest_and_names_do_not_meet() {
    run(async {
        let (future, order, turn, first, done) = (1, 2, 3, 4, 5);
        let ((a, b), c) =
            join!(async { join!(async { future + order }, ready(turn)) }, async { first + done },);
        assert_eq!((a, b, c), (3, 3, 9));
    });
}

tests::each_scheduler! { they_wait_at_the_same_time, each_is_woken }
