//! criterion, the echo rows: wall time per request against a server in a process of its own.

use benches::echo::Session;
use benches::rows::{Peer, ROWS, Work};
use criterion::{Criterion, criterion_group, criterion_main};
use std::path::Path;

fn echo(criterion: &mut Criterion) {
    for row in ROWS {
        let Work::Echo { connections } = row.work else { continue };
        let mut group = criterion.benchmark_group(row.name);
        for peer in [Peer::Mainspring, Peer::Tokio, Peer::Smol, Peer::Floor] {
            let program = Path::new(env!("CARGO_BIN_EXE_compare"));
            let mut session = Session::start(program, peer, connections).expect("a server starts");
            group.bench_function(peer.name(), |bencher| {
                bencher.iter_custom(|requests| session.run(requests).expect("all answer").wall);
            });
        }
        group.finish();
    }
}

criterion_group!(benches, echo);
criterion_main!(benches);
