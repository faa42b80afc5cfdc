//! criterion, rows of the suite `time`: the workloads of `cargo compare`, with plots.

benches::criterion_suite!(Time);
