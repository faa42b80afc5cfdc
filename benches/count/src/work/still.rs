//! Timers in virtual time. Where a deadline lands in the wheel depends on the time at which it is
//! armed, so a thousand of them cost two per cent more or less with the hour; here it is the same.

#[path = "../../../src/workload/time.rs"]
pub mod time;

pub mod rt {
    pub use super::super::glue::*;
    // Named, so it goes before the one that came with all.
    pub use super::super::glue::Still as Runtime;
}
