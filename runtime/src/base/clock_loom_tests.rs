//! a model of a clock that is stopped while work outside of it ends.

use super::*;
use crate::base::prim::thread;

/// Either the driver sees that the work is over, or who ended it sees that the clock stands still
/// and nudges the driver.
#[test]
fn loom_clock_the_end_of_work_meets_pause() {
    loom::model(|| {
        let clock = Clock::real();
        clock.hold();
        let worker = {
            let clock = clock.clone();
            thread::spawn(move || clock.release())
        };
        assert!(clock.pause());
        let moves_on = clock.may_advance();
        let nudges = worker.join().unwrap();
        assert!(moves_on || nudges);
        assert!(clock.may_advance());
    });
}
