//! Pools of one's own: what has not begun when the end of a pool is given up.

use crate::harness::Class::Part;
use crate::harness::{Row, Scene, row};
use crate::world::World;
use mainspring::blocking::{BlockingConfig, Pool};
use std::sync::mpsc;

pub const ROWS: &[Row] = &[row(
    "blocking::Pool::shutdown",
    Part,
    "the closures that have not begun; they are cancelled",
    ends,
)];

/// One closure runs, one waits behind it.
fn ends() -> Scene {
    let world = World::with_sockets();
    let _inside = world.0.enter();
    let pool = Pool::new(BlockingConfig::threads(1));
    let ((begun, has_begun), (go, let_go)) = (mpsc::channel(), mpsc::channel::<()>());
    let runs = pool.run(move || {
        begun.send(()).unwrap();
        let _ = let_go.recv();
    });
    let waits = pool.run(|| ());
    let ended = [runs.abort_handle(), waits.abort_handle()];
    has_begun.recv().unwrap();
    let kept = world.clone();
    Scene::new(world.inside(move || pool.shutdown()))
        .step(move || {
            go.send(()).unwrap();
            tests::eventually(|| ended.iter().all(|job| job.is_finished()));
        })
        .check(move |ready| {
            let outcome = kept.0.block_on(waits);
            assert!(!ready || outcome.is_ok());
            assert!(outcome.is_ok() || outcome.unwrap_err().is_cancelled());
        })
}
