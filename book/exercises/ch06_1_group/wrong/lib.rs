//! WRONG: `join` takes the handles out of the group. If it is dropped while it waits, there is
//! nothing left in the group to abort.

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
        for task in std::mem::take(&mut self.tasks) {
            outputs.push(task.await);
        }
        outputs
    }
}

impl<T> Drop for Group<T> {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
