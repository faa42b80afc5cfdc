//! Tasks that end together.

use stage_ch06::{JoinError, JoinHandle, spawn};
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
        self.tasks.push(spawn(future));
    }

    /// Waits for all, and gives their outputs in the order in which they were spawned. If this is
    /// dropped before, the tasks are aborted.
    pub async fn join(mut self) -> Vec<Result<T, JoinError>> {
        let mut outputs = Vec::new();
        // Borrowed: the handles stay in the group, and the group in this future.
        for task in &mut self.tasks {
            outputs.push(task.await);
        }
        outputs
    }
}

impl<T> Drop for Group<T> {
    fn drop(&mut self) {
        // One that has ended takes no notice.
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
