//! Mainspring with `block_on_helps`: the thread of the root future runs tasks too. It takes part in
//! the rows that measure in the root future, and nowhere else.

#[path = "../workload/task.rs"]
pub mod task;

pub mod rt {
    crate::on::tokio_shaped!(mainspring, block_on_helps(true));
}
