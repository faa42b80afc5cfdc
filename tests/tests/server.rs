//! start_server: connections, what goes wrong with them, and the end.

#[path = "server/ends.rs"]
mod ends;
#[path = "server/help.rs"]
mod help;
#[path = "server/serves.rs"]
mod serves;
#[cfg(target_os = "linux")]
#[path = "server/storms.rs"]
mod storms;
