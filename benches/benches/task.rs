//! criterion, rows of the suite `task`: the workloads of `cargo compare`, with plots.

benches::criterion_suite!(Task);
