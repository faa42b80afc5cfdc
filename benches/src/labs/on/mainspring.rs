//! Mainspring.

#[path = "../cases/calls.rs"]
pub mod calls;
#[path = "../cases/copy.rs"]
pub mod copy;
#[path = "../cases/crowd.rs"]
pub mod crowd;
#[path = "../cases/events.rs"]
pub mod events;
#[path = "../cases/idle.rs"]
pub mod idle;
#[path = "../cases/late.rs"]
pub mod late;
#[path = "../cases/probes.rs"]
pub mod probes;
#[path = "../cases/stuck.rs"]
pub mod stuck;
#[path = "../cases/scale.rs"]
pub mod scale;

pub mod rt {
    crate::labs::on::tokio_shaped!(mainspring);
}
