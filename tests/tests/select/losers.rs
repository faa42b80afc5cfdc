//! What becomes of the futures that do not win.

use mainspring::sync::{mpsc, oneshot};
use mainspring::task::yield_now;
use mainspring::time::{Duration, sleep, timeout};
use mainspring::{pin, select};
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tests::{Counted, Drops, Gate, Kind, heard, paused, runtime, until};

type Log = Arc<Mutex<Vec<&'static str>>>;

fn say(log: &Log, word: &'static str) {
    log.lock().expect("no panic under this lock").push(word);
}

/// Says its name when it is dropped; ready in the poll of that number, 0 for never.
struct Named {
    log: Log,
    name: &'static str,
    ready_in: usize,
}

impl Future for Named {
    type Output = &'static str;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        if self.ready_in == 1 {
            return Poll::Ready(self.name);
        }
        self.ready_in = self.ready_in.saturating_sub(1);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        say(&self.log, self.name);
    }
}

fn named(log: &Log) -> impl Fn(&'static str, usize) -> Named {
    let log = log.clone();
    move |name, ready_in| Named { log: log.clone(), name, ready_in }
}

/// As tokio's: the winner's future too, in the order in which they stand; the handler is last.
#[test]
fn all_futures_are_dropped_from_top_to_bottom_before_the_handler() {
    for winner in 0..3 {
        let log = Log::default();
        let named = named(&log);
        runtime().block_on(async {
            select! {
                _ = named("a", usize::from(winner == 0) * 2) => say(&log, "handler"),
                _ = named("b", usize::from(winner == 1) * 2) => say(&log, "handler"),
                _ = named("c", usize::from(winner == 2) * 2) => say(&log, "handler"),
                _ = named("out", 1), if false => say(&log, "wrong"),
            }
        });
        assert_eq!(*log.lock().unwrap(), ["a", "b", "c", "out", "handler"]);
    }
}

#[test]
fn before_else_they_are_dropped_too() {
    let log = Log::default();
    let named = named(&log);
    runtime().block_on(async {
        select! {
            "x" = named("a", 1) => say(&log, "wrong"),
            "x" = named("b", 2) => say(&log, "wrong"),
            else => say(&log, "else"),
        }
    });
    assert_eq!(*log.lock().unwrap(), ["a", "b", "else"]);
}

#[test]
fn a_select_that_is_dropped_drops_its_futures() {
    let log = Log::default();
    let named = named(&log);
    runtime().block_on(async {
        let race = async {
            select! { _ = named("a", 0) => {}, _ = named("b", 0) => {} }
        };
        // Not polled: the futures do not exist yet.
        drop(race);
        assert!(log.lock().unwrap().is_empty());
        let race = async {
            select! { _ = named("a", 0) => {}, _ = named("b", 0) => {} }
        };
        timeout(Duration::ZERO, race).await.unwrap_err();
    });
    assert_eq!(*log.lock().unwrap(), ["a", "b"]);
}

#[test]
fn a_branch_that_panics_ends_all_of_them() {
    let drops = Drops::new();
    let (result, said) = heard(|| {
        runtime().block_on(async {
            let hold = |counted: Counted| async move {
                let _counted = counted;
                pending::<()>().await;
            };
            select! {
                biased;
                _ = hold(drops.counted()) => {}
                _ = async { yield_now().await; panic!("a branch panics") } => {}
                _ = hold(drops.counted()) => {}
            }
        });
    });
    assert!(result.is_err() && said[0].text == "a branch panics");
    assert_eq!(drops.count(), 2);
}

#[test]
fn a_task_with_a_branch_that_panics_reports_it_to_its_join() {
    let (result, _) = heard(|| {
        let runtime = runtime();
        runtime.block_on(runtime.spawn(async {
            select! { _ = async { panic!("in a branch") } => {}, _ = pending::<()>() => {} }
        }))
    });
    assert!(result.unwrap().unwrap_err().is_panic());
}

/// Two channels, each turn drops one `recv`: every number arrives, once and in order.
fn no_message_is_lost_to_a_loser(kind: Kind) {
    const EACH: u32 = 2_000;
    let runtime = kind.runtime();
    let channels: Vec<_> = (0..2).map(|_| mpsc::channel(3)).collect();
    let (sends, mut receives): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
    for send in sends {
        runtime.spawn(async move {
            for n in 0..EACH {
                send.send(n).await.unwrap();
                if n % 7 == 0 {
                    yield_now().await;
                }
            }
        });
    }
    let (mut right, mut left) = (receives.pop().unwrap(), receives.pop().unwrap());
    let (a, b) = runtime
        .block_on(runtime.spawn(async move {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            loop {
                select! {
                    Some(n) = left.recv() => a.push(n),
                    Some(n) = right.recv() => b.push(n),
                    else => return (a, b),
                }
            }
        }))
        .unwrap();
    let all: Vec<_> = (0..EACH).collect();
    assert!(a == all && b == all, "{} {}", a.len(), b.len());
}

/// By reference the future goes on, turn after turn, also from worker to worker.
fn a_future_by_reference_goes_on_in_the_next_turn(kind: Kind) {
    let runtime = kind.runtime();
    let (stop, mut stopped) = oneshot::channel();
    let gate = Gate::new();
    let (opened, task) = (
        gate.clone(),
        runtime.spawn(async move {
            yield_now().await;
            42
        }),
    );
    let looper = runtime.spawn(async move {
        let mut task = task;
        let work = async {
            for _ in 0..100 {
                yield_now().await;
            }
            gate.open();
            "worked"
        };
        pin!(work);
        let (mut answer, mut worked, mut turns) = (0, "", 0_u32);
        loop {
            select! {
                n = &mut task, if answer == 0 => answer = n.unwrap(),
                word = &mut work, if worked.is_empty() => worked = word,
                _ = yield_now() => turns += 1,
                _ = &mut stopped, if answer != 0 => return (answer, worked, turns),
            }
        }
    });
    runtime.block_on(async {
        opened.await;
        stop.send(()).unwrap();
        let (answer, worked, turns) = looper.await.unwrap();
        assert!((answer, worked) == (42, "worked") && turns > 0, "{answer} {worked} {turns}");
    });
}

/// Whoever wakes, the select goes on: no wake of a branch is lost beside another.
fn each_branch_wakes_the_task(kind: Kind) {
    let runtime = kind.runtime();
    for winner in 0..30 {
        let gates = [Gate::new(), Gate::new(), Gate::new()];
        let [a, b, c] = gates.clone();
        let task = runtime.spawn(async move {
            select! { _ = a => 0, _ = b => 1, _ = c => 2 }
        });
        let waiting = || gates.iter().all(|gate| !gate.wakers().is_empty());
        runtime.block_on(until(waiting));
        gates[winner % 3].open();
        assert_eq!(runtime.block_on(task).unwrap(), winner % 3);
    }
}

#[test]
fn a_sleep_that_lost_leaves_no_timer_behind() {
    let runtime = paused();
    runtime.block_on(async {
        let start = mainspring::time::Instant::now();
        for _ in 0..100 {
            select! {
                _ = sleep(Duration::from_secs(3600)) => panic!("an hour has passed"),
                _ = sleep(Duration::from_millis(1)) => {}
            }
        }
        assert!(start.elapsed() < Duration::from_secs(1));
    });
}

/// A value that is ready in the same poll as the winner's stays in its channel.
#[test]
fn what_was_not_polled_is_not_taken() {
    runtime().block_on(async {
        let (send, mut first) = mpsc::channel(4);
        let (other_send, mut second) = mpsc::channel(4);
        for n in 0..4 {
            send.try_send(n).unwrap();
            other_send.try_send(n).unwrap();
        }
        let mut counts = [0, 0];
        for _ in 0..8 {
            select! {
                Some(n) = first.recv() => { assert_eq!(n, counts[0]); counts[0] += 1; }
                Some(n) = second.recv(), if counts[1] < 4 => {
                    assert_eq!(n, counts[1]);
                    counts[1] += 1;
                }
                _ = ready(()), if counts == [4, 4] => panic!("not yet"),
            }
        }
        assert_eq!(counts, [4, 4]);
    });
}

tests::each_scheduler! {
    no_message_is_lost_to_a_loser,
    a_future_by_reference_goes_on_in_the_next_turn,
    each_branch_wakes_the_task,
}
