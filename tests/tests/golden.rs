//! The documents' small programs whose order depends on the executor, in the order that the
//! reference implementation prints.
//!
//! Each program runs in virtual time, so its lines carry the exact second, and is compared with
//! `golden/*.txt`: the lines of the originals, run and recorded under CPython 3.13, in English and
//! with the milliseconds of a real clock taken off. Those of the primer stand in
//! `examples/tests/primer.rs`.

use mainspring::sync::Queue;
use mainspring::task::yield_now;
use mainspring::time::{Duration, Instant, sleep};
use std::sync::{Arc, Mutex};

/// Lines with the virtual second at which they were written.
#[derive(Clone)]
struct Log {
    start: Instant,
    lines: Arc<Mutex<String>>,
}

impl Log {
    fn line(&self, text: impl AsRef<str>) {
        let seconds = self.start.elapsed().as_secs_f64();
        let line = format!("[{seconds:6.2}] {}\n", text.as_ref());
        *self.lines.lock().expect("no panic under this lock") += &line;
    }
}

#[track_caller]
fn compare(golden: &str, program: impl AsyncFnOnce(Log)) {
    let printed = tests::paused().block_on(async {
        let log = Log { start: Instant::now(), lines: Arc::default() };
        program(log.clone()).await;
        log.lines.lock().expect("no panic under this lock").clone()
    });
    assert_eq!(printed, golden);
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// S2.15. At 1.5 and 2.5 two timers are due at once: the one that was set first fires first,
/// although it comes from further up the wheel.
#[test]
fn queue() {
    compare(include_str!("../golden/queue.txt"), async |log| {
        let queue = Arc::new(Queue::new(3));
        let (theirs, out) = (queue.clone(), log.clone());
        let producer = mainspring::spawn(async move {
            for number in 0..5 {
                sleep(seconds(0.5)).await;
                theirs.put(Some(number)).await.expect("the queue is open");
                out.line(format!("Produced item-{number}"));
            }
            theirs.put(None).await.expect("the queue is open");
        });
        let (theirs, out) = (queue.clone(), log.clone());
        let consumer = mainspring::spawn(async move {
            while let Some(number) = theirs.get().await.expect("the queue is open") {
                sleep(seconds(1.0)).await;
                out.line(format!("Consumed item-{number}"));
                theirs.task_done().expect("one call for each item");
            }
            theirs.task_done().expect("one call for each item");
        });
        producer.await.expect("it does not panic");
        consumer.await.expect("it does not panic");
        queue.join().await;
    });
}

/// Three tasks that give way after each line take turns: abcabcabc.
#[test]
fn round_robin() {
    compare(include_str!("../golden/round_robin.txt"), async |log| {
        let tasks = ["a", "b", "c"].map(|name| {
            let log = log.clone();
            mainspring::spawn(async move {
                for round in 0..3 {
                    log.line(format!("{name} {round}"));
                    yield_now().await;
                }
            })
        });
        for task in tasks {
            task.await.expect("it does not panic");
        }
    });
}
