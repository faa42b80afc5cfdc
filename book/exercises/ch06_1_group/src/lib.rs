//! Tasks that end together.

use stage_ch06::{JoinError, JoinHandle};
use std::future::Future;

/// Owns its tasks: when it is dropped, they are aborted.
pub struct Group<T> {
    tasks: Vec<JoinHandle<T>>,
}

impl<T: 'static> Default for Group<T> {
    fn default() -> Self {
        Self { tasks: Vec::new() }
    }
}

impl<T: 'static> Group<T> {
    /// Starts a task.
    pub fn spawn(&mut self, future: impl Future<Output = T> + 'static) {
        drop(future);
        todo!("{} tasks so far", self.tasks.len())
    }

    /// Waits for all, and gives their outputs in the order in which they were spawned. If this is
    /// dropped before, the tasks are aborted.
    pub async fn join(self) -> Vec<Result<T, JoinError>> {
        todo!("{} tasks", self.tasks.len())
    }
}
