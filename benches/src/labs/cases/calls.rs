//! One kind of operation, again and again, for strace to count: no clock is read and nothing is
//! kept. What a plain thread does on the other side is in the count, for each peer alike.

use super::rt::{self, Runtime};
use crate::labs::who::Threads;
use std::sync::mpsc;
use std::time::Duration;

/// A task spawns a task and awaits it, before the next.
pub fn spawn(threads: Threads, ops: u64) {
    Runtime::new(threads).run(async move {
        for i in 0..ops {
            assert_eq!(rt::joined(rt::spawn(async move { i }).await), i);
        }
    });
}

/// A plain thread spawns them all and waits for the last one to end.
pub fn outside(threads: Threads, ops: u64) {
    let rt = Runtime::new(threads);
    let (give, take) = mpsc::channel::<()>();
    let spawner = rt.spawner();
    for _ in 0..ops {
        let give = give.clone();
        spawner.spawn(async move { drop(give) });
    }
    drop(give);
    assert!(
        take.recv().is_err(),
        "nothing is sent; the end of all senders is the end of all tasks"
    );
}

/// A plain thread sends a number to a task that sleeps, and sleeps until the answer comes.
pub fn wake(threads: Threads, ops: u64) {
    let rt = Runtime::new(threads);
    let (send, answers) = answering(&rt);
    for i in 0..ops {
        rt::send_now(&send, i);
        assert_eq!(answers.recv(), Ok(i));
    }
}

/// A task that sends back over a std channel what it gets over the runtime's.
fn answering(rt: &Runtime) -> (rt::mpsc::UnboundedSender<u64>, mpsc::Receiver<u64>) {
    #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
    let (send, mut get) = rt::mpsc::unbounded_channel::<u64>();
    let (answer, answers) = mpsc::channel();
    rt.spawner().spawn(async move {
        while let Some(number) = rt::received(get.recv().await) {
            if answer.send(number).is_err() {
                break;
            }
        }
    });
    (send, answers)
}

/// A plain thread sends numbers as fast as it can; a task receives them and answers the last.
pub fn flood(threads: Threads, ops: u64) {
    let rt = Runtime::new(threads);
    #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
    let (send, mut get) = rt::mpsc::unbounded_channel::<u64>();
    let (answer, answers) = mpsc::channel();
    rt.spawner().spawn(async move {
        let mut count = 0;
        while rt::received(get.recv().await).is_some() {
            count += 1;
        }
        answer.send(count).expect("it is awaited");
    });
    (0..ops).for_each(|i| rt::send_now(&send, i));
    drop(send);
    assert_eq!(answers.recv(), Ok(ops));
}

/// A task sleeps a millisecond.
pub fn timer(threads: Threads, ops: u64) {
    Runtime::new(threads).run(async move {
        for _ in 0..ops {
            rt::sleep(Duration::from_millis(1)).await;
        }
    });
}

/// A task hands over a closure and awaits it, before the next.
pub fn blocking(threads: Threads, ops: u64) {
    Runtime::new(threads).run(async move {
        for i in 0..ops {
            assert_eq!(rt::joined(rt::spawn_blocking(move || i).await), i);
        }
    });
}

/// A hundred tasks sleep for an hour. When all is quiet, this thread sleeps for so many seconds:
/// what the others do meanwhile is counted.
pub fn idle(threads: Threads, seconds: u64) {
    let rt = Runtime::new(threads);
    for _ in 0..100 {
        rt.spawner().spawn(async { rt::sleep(Duration::from_secs(3_600)).await });
    }
    rt.run(async {});
    std::thread::sleep(Duration::from_millis(300));
    std::thread::sleep(Duration::from_secs(seconds));
}
