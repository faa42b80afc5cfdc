//! Children, whose end is heard by SIGCHLD: where there are no pidfds.

#![cfg(target_os = "linux")]

/// `process.rs` has the same tests with them.
const WITHOUT_PIDFDS: bool = true;

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
