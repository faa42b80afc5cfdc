//! `select!`, `join!`, `try_join!` and `pin!`: several futures in one task.
//!
//! What is forbidden here is what a user of the macros may forbid in his own code.

#![forbid(unsafe_code)]
#![deny(warnings, clippy::all)]

#[path = "select/handlers.rs"]
mod handlers;
#[path = "select/joins.rs"]
mod joins;
#[path = "select/losers.rs"]
mod losers;
#[path = "select/order.rs"]
mod order;
#[path = "select/syntax.rs"]
mod syntax;
#[path = "select/tokios.rs"]
mod tokios;
