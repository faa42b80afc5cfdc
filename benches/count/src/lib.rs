//! the gate of instruction counts: what an operation costs, to the instruction.
//!
//! ```text
//! cargo count                     every row beside benches/instructions.txt     (half a minute)
//! cargo count --where ROW         the functions in which its instructions are spent
//! cargo count --write "why"       a new record: a commit of its own
//! ```
//!
//! Times need a quiet machine; instructions do not. The same program runs the same instructions
//! however busy the cores are, so a rise of a few per cent is a fact and fails.
//!
//! What keeps it from moving by itself:
//!
//! * One thread, no clock (`meter`), virtual time where timers fire, no network.
//! * Each row is a process of its own; the cost is that of a batch twice as large less that of a
//!   batch, so neither the start nor the first use of anything is in it.
//! * Only the program's own instructions count. The C library chooses its copying by the processor
//!   and changes with the system; how often it is asked for memory is counted instead.
//! * The program is compiled as one unit, so that a change in one place does not move what is
//!   inlined in another; and counts are compared with those of the same compiler only.
//!
//! Read in this order: `rows` (what is counted), `work` (and the workloads of `benches`), `meter`,
//! `callgrind`, `gate` (who runs), `baseline` and `judge` (what is said), `command`.

// `work/still` has the timers' workload once more, bound to another runtime.
#![allow(clippy::duplicate_mod)]

#[path = "../../src/alloc.rs"]
pub mod alloc;
pub mod baseline;
pub mod callgrind;
pub mod command;
pub mod gate;
pub mod judge;
pub mod meter;
pub mod rows;
pub mod work;
