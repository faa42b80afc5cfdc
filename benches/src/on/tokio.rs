//! tokio, feature `full`, both drivers on, as most programs have it.

#[path = "../workload/blocking.rs"]
pub mod blocking;
#[path = "../workload/channel.rs"]
pub mod channel;
#[path = "../workload/echo.rs"]
pub mod echo;
#[path = "../workload/sync.rs"]
pub mod sync;
#[path = "../workload/task.rs"]
pub mod task;
#[path = "../workload/time.rs"]
pub mod time;

pub mod rt {
    crate::on::tokio_shaped!(tokio);

    pub use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
}
