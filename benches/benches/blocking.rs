//! criterion, rows of the suite `blocking`: the workloads of `cargo compare`, with plots.

benches::criterion_suite!(Blocking);
