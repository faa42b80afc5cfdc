//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_ch02::step::poll_to_end;

/// Nobody can sleep yet, so a future is polled until it is ready.
fn run<F: Future>(future: F) -> F::Output {
    poll_to_end(future).0
}

stage_acceptance::machine! { stage_ch02: Futures }
stage_acceptance::tests! { Stage: futures }

mod programs {
    stage_acceptance::programs! { by_hand, cancel_by_drop, future_sizes, no_wait, wrong_join }
}
