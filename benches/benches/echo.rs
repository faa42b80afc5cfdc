//! criterion, the echo rows: wall time per request against a server in a process of its own.

use benches::compare::Case;
use benches::echo::Session;
use benches::on::Flavor;
use benches::rows::{Peer, Work};
use criterion::{Criterion, criterion_group, criterion_main};
use std::path::Path;

fn echo(criterion: &mut Criterion) {
    for case in Case::all(Flavor::ALL, None) {
        let Work::Echo { connections } = case.row.work else { continue };
        let mut group = criterion.benchmark_group(case.name());
        for peer in [Peer::Mainspring, Peer::Tokio, Peer::Smol, Peer::Floor] {
            let program = Path::new(env!("CARGO_BIN_EXE_compare"));
            let session = Session::start(program, peer, case.flavor, connections);
            let mut session = session.expect("a server starts");
            group.bench_function(peer.name(), |bencher| {
                bencher.iter_custom(|requests| session.run(requests).expect("all answer").wall);
            });
        }
        group.finish();
    }
}

criterion_group!(benches, echo);
criterion_main!(benches);
