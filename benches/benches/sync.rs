//! criterion, rows of the suite `sync`: the workloads of `cargo compare`, with plots.

benches::criterion_suite!(Sync);
