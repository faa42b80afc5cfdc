//! Children, whose end is heard by pidfds.

#![cfg(target_os = "linux")]

/// `process_by_signal.rs` has the same tests without.
const WITHOUT_PIDFDS: bool = false;

#[path = "process/help.rs"]
mod help;
#[path = "process/orphans.rs"]
mod orphans;
#[path = "process/refused.rs"]
mod refused;
#[path = "process/running.rs"]
mod running;
#[path = "process/settings.rs"]
mod settings;
#[path = "process/start.rs"]
mod start;
#[path = "process/talking.rs"]
mod talking;
