//! what a criterion suite is: the rows of a suite on each scheduler, each on each peer.

/// The `main` of a criterion suite. (A macro, because criterion is a dependency of the suites and
/// not of this library.)
#[macro_export]
macro_rules! criterion_suite {
    ($suite:ident) => {
        use criterion::{Criterion, criterion_group, criterion_main};
        use std::time::Duration;
        use $crate::compare::Case;
        use $crate::meter::{Meter, Mode};
        use $crate::on::Flavor;
        use $crate::rows::{Peer, Suite};

        fn suite(criterion: &mut Criterion) {
            let timed = |case: &Case| case.row.suite == Suite::$suite && case.row.unit.is_time();
            for case in Case::all(Flavor::ALL, None).into_iter().filter(timed) {
                let mut group = criterion.benchmark_group(case.name());
                group.sample_size(20).measurement_time(Duration::from_secs(2));
                for peer in Peer::ALL {
                    let workload = case.row.workload(peer).filter(|_| peer != Peer::TokioAgain);
                    let Some(workload) = workload else { continue };
                    group.bench_function(peer.name(), |bencher| {
                        bencher.iter_custom(|operations| {
                            let mut meter = Meter::new(case.flavor, Mode::Operations(operations));
                            workload(&mut meter);
                            meter.time_of(operations)
                        });
                    });
                }
                group.finish();
            }
        }

        criterion_group!(benches, suite);
        criterion_main!(benches);
    };
}
