//! the benchmarks: one source of workloads, compiled against Mainspring, tokio and smol.
//!
//! ```text
//! cargo compare                every row on both schedulers, interleaved,
//!                              against tokio and smol                               (ten minutes)
//! cargo compare --quick        the same with shorter rounds                       (three minutes)
//! cargo compare --full         all schedulers, one worker too, and all labs         (half an hour)
//! cargo compare --flavor mt    on multi_thread only (ct: on current_thread)                (half)
//! cargo compare --rows mutex   only the rows whose name holds the word
//! cargo compare --count        allocations per operation instead of time
//! cargo compare stuck          what is no row: a bad task; also events, late, idle, scale, copy,
//!                              server (see `labs`)
//! cargo compare page FILE      the page of a compare.json, drawn once more
//! cargo compare --python       the documents' programs in Python beside the ports: see `python`
//! cargo bench -p benches       the same workloads under criterion, plots in target/criterion
//! cargo test -p benches        each workload once, tiny, on each runtime and scheduler: does it do
//!                              what it says
//! ```
//!
//! Each run of rows writes `target/compare/index.html`, one page that opens offline, and the same
//! as `compare.json` beside it.
//!
//! Read in this order: `workload/*.rs` (what is measured, exactly), `on/*.rs` (what a name means on
//! each runtime), `rows` (the table and its goals), `meter` (how long, how often), `compare/*` (who
//! runs when, what is said about it, and where it is written).
//!
//! What keeps it honest:
//!
//! * Each peer runs the same source with the same profile, in a process of its own per round, on
//!   the same machine within the same second; rounds alternate their order.
//! * A row's figure is a median over rounds of medians over batches, and stands beside its spread.
//!   tokio is measured twice a round, and what it differs from itself stands in the table.
//! * Error bars are order statistics of the rounds (`stats::interval`): nothing is assumed of the
//!   noise. When tokio is not even with itself, or other processes use the cores, the page says so
//!   before anything else.
//! * On `current_thread` the time that the one thread had to wait for a core is taken off; on
//!   `multi_thread` all times are wall time, and the noise is greater.
//! * Every workload checks what it did: the sum of what came back, the count of who ran.
//! * Ratios are the result. Nanoseconds belong to one machine and one hour.

// The same files are modules of each runtime on purpose, and a task's handle may give nothing.
#![allow(clippy::duplicate_mod, clippy::unit_arg)]

pub mod alloc;
pub mod compare;
mod criterion_suite;
pub mod echo;
pub mod labs;
pub mod meter;
pub mod on;
pub mod out;
pub mod python;
pub mod rows;
pub mod stats;
