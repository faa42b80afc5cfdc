//! Mainspring with its dump on (`Builder::dump`): it keeps a record of each task. It takes part in
//! a few rows, to show what that costs.

#[path = "../workload/channel.rs"]
pub mod channel;
#[path = "../workload/echo.rs"]
pub mod echo;
#[path = "../workload/task.rs"]
pub mod task;

pub mod rt {
    crate::on::tokio_shaped!(mainspring, dump(true));

    pub use ::mainspring::io::{AsyncReadExt, AsyncWriteExt};
}
