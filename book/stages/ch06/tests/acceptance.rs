//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_ch06::{Runtime, spawn};

fn run<F: Future>(future: F) -> F::Output {
    Runtime::new().block_on(future)
}

stage_acceptance::machine! { stage_ch06: Futures, BlockOn, Spawn, Local }
stage_acceptance::tests! { Stage: futures, block_on, wakers, spawn, local }

mod programs {
    stage_acceptance::programs! { say_after, await_order, last_call, far_wake, turns, wrong_borrow }
}
