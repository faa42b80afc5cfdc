//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_ch08::{Runtime, spawn};

fn run<F: Future>(future: F) -> F::Output {
    Runtime::new().unwrap().block_on(future)
}

fn run_paused<F: Future>(future: F) -> F::Output {
    Runtime::start_paused().unwrap().block_on(future)
}

stage_acceptance::machine! { stage_ch08: Futures, BlockOn, Spawn, Local, Time }
stage_acceptance::tests! { Stage: futures, block_on, wakers, spawn, local, time }

mod programs {
    stage_acceptance::programs! {
        epoll_raw, pipe, wrong_one_read, one_read, idle, stale_token, echo_calls,
    }
}
