//! what is counted: the workloads of `benches`, and a few that only this runtime has.

#[path = "../../src/workload/channel.rs"]
pub mod channel;
pub mod glue;
#[path = "../../src/workload/group.rs"]
pub mod group;
pub mod own;
#[path = "../../src/workload/queue.rs"]
pub mod queue;
#[path = "../../src/workload/share.rs"]
pub mod share;
pub mod still;
#[path = "../../src/workload/sync.rs"]
pub mod sync;
#[path = "../../src/workload/task.rs"]
pub mod task;
#[path = "../../src/workload/time.rs"]
pub mod time;

pub use glue as rt;
