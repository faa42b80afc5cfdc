//! What this stage can do, by the tests that all stages share; and what its programs print.

use stage_ch03::block_on as run;

stage_acceptance::machine! { stage_ch03: Futures, BlockOn }
stage_acceptance::tests! { Stage: futures, block_on }

mod programs {
    stage_acceptance::programs! {
        alarm_clock, forgetful, one_token, other_thread, spin_or_sleep, wrong_parker,
    }
}
