//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_ch07::{Runtime, spawn};

fn run<F: Future>(future: F) -> F::Output {
    Runtime::new().block_on(future)
}

fn run_paused<F: Future>(future: F) -> F::Output {
    Runtime::start_paused().block_on(future)
}

stage_acceptance::machine! { stage_ch07: Futures, BlockOn, Spawn, Local, Time }
stage_acceptance::tests! { Stage: futures, block_on, wakers, spawn, local, time }

mod programs {
    stage_acceptance::programs! {
        timers, heap_or_wheel, timeout_of_a_task, two_sleeps, wrong_wheel,
    }
}
