//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_ch04::block_on as run;

stage_acceptance::machine! { stage_ch04: Futures, BlockOn }
stage_acceptance::tests! { Stage: futures, block_on, wakers }

mod programs {
    stage_acceptance::programs! { repolls, three_wakes, waker_log, wrong_first_waker }
}
