//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_ch05::task::new::new;
use stage_ch05::task::schedule::{Runnable, Schedule};
use stage_ch05::{JoinHandle, block_on as run};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// There is no executor yet: a thread that runs what comes will do.
struct Thread(Sender<Runnable>);

static THREAD: LazyLock<Thread> = LazyLock::new(|| {
    let (sender, entries) = channel::<Runnable>();
    thread::spawn(move || entries.into_iter().for_each(|entry| _ = entry.run()));
    Thread(sender)
});

impl Schedule for &'static Thread {
    fn schedule(&self, entry: Runnable) {
        self.0.send(entry).unwrap();
    }
}

fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let (entry, handle) = new(future, &*THREAD);
    (&*THREAD).schedule(entry);
    handle
}

stage_acceptance::machine! { stage_ch05: Futures, BlockOn, Spawn }
stage_acceptance::tests! { Stage: futures, block_on, wakers, spawn }

mod programs {
    stage_acceptance::programs! { task_states, ten_lines, who_polls, task_costs, wrong_flag }
}
