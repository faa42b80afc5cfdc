//! Streams, and asyncio's facts about async generators.
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `asyncgen.break_defers_cleanup` | after break, closed | closed first: `asyncgen_break_…` |
//! | `asyncgen.aclosing_is_immediate` | closed, after | `asyncgen_aclosing_is_immediate` |
//! | `asyncgen.next_after_aclose` | `StopAsyncIteration` | `asyncgen_next_after_the_end` |
//! | `asyncgen.comprehension_filter` | `[2, 4]` | `asyncgen_comprehension_filter` |

use mainspring::stream::{Stream, StreamExt, iter, unfold};
use mainspring::task::{spawn, yield_now};
use mainspring::time::{Duration, Instant, sleep, timeout};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tests::{Drops, Kind, panic_of, paused, poll_once, runtime};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Says "closed" when it is dropped, as the generator of the facts does in its `finally`.
struct Closes<'a>(&'a RefCell<Vec<&'static str>>);

impl Drop for Closes<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push("closed");
    }
}

/// 0, 1, 2, with a wait before each.
fn generator<'a>(said: &'a RefCell<Vec<&'static str>>) -> impl Stream<Item = u32> + 'a {
    unfold((0, Closes(said)), async |(n, closes)| {
        sleep(ms(1)).await;
        (n < 3).then_some((n, (n + 1, closes)))
    })
}

/// There the generator is closed by the loop, some time after the `break`.
#[test]
fn asyncgen_break_closes_before_what_follows() {
    paused().block_on(async {
        let said = RefCell::default();
        {
            let mut numbers = pin!(generator(&said));
            while let Some(n) = numbers.next().await {
                if n == 1 {
                    break;
                }
            }
        }
        said.borrow_mut().push("after break");
        assert_eq!(*said.borrow(), ["closed", "after break"]);
    });
}

#[test]
fn asyncgen_aclosing_is_immediate() {
    paused().block_on(async {
        let said = RefCell::default();
        let mut numbers = Box::pin(generator(&said));
        assert_eq!(numbers.next().await, Some(0));
        drop(numbers);
        said.borrow_mut().push("after aclosing");
        assert_eq!(*said.borrow(), ["closed", "after aclosing"]);
    });
}

/// A stream that was dropped cannot be asked; one that has ended says so again, and is closed.
#[test]
fn asyncgen_next_after_the_end() {
    paused().block_on(async {
        let said = RefCell::default();
        let mut numbers = pin!(generator(&said));
        while numbers.next().await.is_some() {}
        assert_eq!(*said.borrow(), ["closed"]);
        for _ in 0..3 {
            assert_eq!(numbers.next().await, None);
        }
        assert_eq!(numbers.size_hint(), (0, Some(0)));
    });
}

#[test]
fn asyncgen_comprehension_filter() {
    paused().block_on(async {
        let said = RefCell::default();
        let doubled = generator(&said).filter(|n| *n != 0).map(|n| n * 2);
        assert_eq!(doubled.collect::<Vec<_>>().await, [2, 4]);
    });
}

/// The second document's generator: five items, half a second each, twice in a row.
#[test]
fn items_come_one_after_the_other() {
    fn numbers() -> impl Stream<Item = u32> {
        unfold(0, async |n| {
            sleep(ms(500)).await;
            (n < 5).then_some((n, n + 1))
        })
    }
    paused().block_on(async {
        let start = Instant::now();
        let mut seen = Vec::new();
        let mut stream = pin!(numbers().take(5));
        while let Some(n) = stream.next().await {
            seen.push(n);
        }
        assert_eq!((seen, start.elapsed()), (vec![0, 1, 2, 3, 4], ms(2_500)));
        let all: Vec<_> = numbers().take(5).collect().await;
        assert_eq!((all, start.elapsed()), (vec![0, 1, 2, 3, 4], ms(5_000)));
    });
}

/// `__aiter__` and `__anext__`: a type of one's own.
struct Countdown(u32);

impl Stream for Countdown {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
        self.0 = left;
        Poll::Ready(Some(left))
    }
}

#[test]
fn a_type_of_ones_own_is_a_stream_like_any_other() {
    paused().block_on(async {
        let mut own = Countdown(3);
        assert_eq!(own.next().await, Some(2));
        assert_eq!(own.collect::<BTreeSet<_>>().await, BTreeSet::from([0, 1]));
        let mut boxed: Pin<Box<dyn Stream<Item = u32>>> = Box::pin(Countdown(1));
        assert_eq!((boxed.next().await, boxed.next().await), (Some(0), None));
    });
}

#[test]
fn nothing_runs_before_the_first_item_is_asked_for_nor_between_two() {
    paused().block_on(async {
        let calls = RefCell::new(Vec::new());
        let stream = unfold(0, |n| {
            calls.borrow_mut().push(n);
            async move { Some((n, n + 1)) }
        });
        let mut stream = pin!(stream.map(|n| n * 10));
        sleep(ms(10)).await;
        assert!(calls.borrow().is_empty());
        assert_eq!(stream.next().await, Some(0));
        sleep(ms(10)).await;
        assert_eq!(*calls.borrow(), [0]);
        assert_eq!(stream.next().await, Some(10));
    });
}

/// A future that waits for the next item is dropped: the next one goes on where it was.
#[test]
fn next_that_is_given_up_loses_nothing() {
    paused().block_on(async {
        let start = Instant::now();
        let mut stream = pin!(unfold(0, async |n| {
            sleep(ms(100)).await;
            Some((n, n + 1))
        }));
        for n in 0..3 {
            assert!(timeout(ms(60), stream.next()).await.is_err());
            assert_eq!(stream.next().await, Some(n));
        }
        assert_eq!(start.elapsed(), ms(300));
    });
}

#[test]
fn dropped_anywhere_a_stream_is_closed_once() {
    paused().block_on(async {
        for turns in 0..5 {
            let drops = Drops::new();
            let state = drops.counted();
            let stream = unfold((0, state), async |(n, state)| {
                yield_now().await;
                (n < 1).then_some((n, (n + 1, state)))
            });
            let mut all = Box::pin(stream.filter(|_| true).map(|n| n).take(9).collect::<Vec<_>>());
            for _ in 0..turns {
                let _ = poll_once(all.as_mut()).await;
            }
            assert_eq!(drops.count(), usize::from(turns > 2), "closed by its end, or not yet");
            drop(all);
            assert_eq!(drops.count(), 1, "after {turns} polls");
        }
    });
}

#[test]
fn take_asks_for_no_more_than_it_gives() {
    paused().block_on(async {
        let asked = RefCell::new(0);
        let endless = unfold((), async |()| {
            *asked.borrow_mut() += 1;
            Some(((), ()))
        });
        assert_eq!(endless.take(3).collect::<Vec<_>>().await.len(), 3);
        assert_eq!(*asked.borrow(), 3);
        assert!(iter([1, 2]).take(0).collect::<Vec<_>>().await.is_empty());
        let mut short = iter([1]).take(5);
        assert_eq!(short.size_hint(), (1, Some(1)));
        assert_eq!((short.next().await, short.next().await), (Some(1), None));
        assert_eq!(short.size_hint(), (0, Some(0)));
        assert_eq!(iter(0..9).filter(|_| true).size_hint(), (0, Some(9)));
        assert_eq!(iter(0..9).map(|n| n).size_hint(), (9, Some(9)));
    });
}

/// The state was moved into the call that panicked: there is nothing to go on with.
#[test]
fn after_a_panic_an_unfold_has_ended() {
    let mut stream = Box::pin(unfold(0, |n: u32| {
        assert!(n < 1, "no more than one");
        async move { Some((n, n + 1)) }
    }));
    paused().block_on(async {
        assert_eq!(stream.next().await, Some(0));
        let said = panic_of(|| {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            stream.as_mut().poll_next(&mut cx)
        });
        assert!(said.text.contains("no more than one"));
        assert_eq!(stream.next().await, None);
    });
}

/// Its items are all there, and another task gets its turns all the same.
fn a_loop_over_many_items_lets_others_run(kind: Kind) {
    let runtime = kind.runtime();
    let task = async {
        let ran = Arc::new(AtomicUsize::new(0));
        let turns = ran.clone();
        let other = spawn(async move {
            for _ in 0..10 {
                turns.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        });
        let mut many = iter(0..1_000_000);
        while many.next().await.is_some() && ran.load(Ordering::Relaxed) < 10 {}
        assert_eq!(ran.load(Ordering::Relaxed), 10);
        other.await.unwrap();
    };
    runtime.block_on(runtime.spawn(task)).unwrap();
}

/// Each of its futures is ready at once, so only the budget lets others have their turn.
#[test]
fn an_unfold_that_is_always_ready_can_be_timed_out() {
    runtime().block_on(async {
        let endless = unfold(0_u64, |n| std::future::ready(Some((n, n + 1))));
        let mut none = pin!(endless.filter(|_| false));
        assert!(timeout(Duration::from_millis(1), none.next()).await.is_err());
    });
}

fn a_stream_goes_with_its_task(kind: Kind) {
    kind.runtime().block_on(async {
        let stream = unfold(0, |n: u32| async move {
            yield_now().await;
            Some((n, n + 1))
        });
        let task = spawn(async move { stream.map(|n| n + 1).take(100).collect::<Vec<_>>().await });
        assert_eq!(task.await.unwrap().iter().sum::<u32>(), 5_050);
    });
}

tests::each_scheduler! {
    a_loop_over_many_items_lets_others_run,
    a_stream_goes_with_its_task,
}
