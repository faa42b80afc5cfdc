//! what a criterion suite is: the rows of a suite, each on each peer.

/// The `main` of a criterion suite. (A macro, because criterion is a dependency of the suites and
/// not of this library.)
#[macro_export]
macro_rules! criterion_suite {
    ($suite:ident) => {
        use criterion::{Criterion, criterion_group, criterion_main};
        use std::time::Duration;
        use $crate::meter::{Meter, Mode};
        use $crate::on::Flavor;
        use $crate::rows::{Peer, ROWS, Suite, Unit};

        fn suite(criterion: &mut Criterion) {
            let timed =
                |row: &&$crate::rows::Row| row.suite == Suite::$suite && row.unit != Unit::Bytes;
            for row in ROWS.iter().filter(timed) {
                let mut group = criterion.benchmark_group(row.name);
                group.sample_size(20).measurement_time(Duration::from_secs(2));
                for peer in Peer::ALL {
                    let Some(workload) = row.workload(peer).filter(|_| peer != Peer::TokioAgain)
                    else {
                        continue;
                    };
                    group.bench_function(peer.name(), |bencher| {
                        bencher.iter_custom(|operations| {
                            let mode = Mode::Operations(operations);
                            let mut meter = Meter::new(Flavor::CurrentThread, mode);
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
