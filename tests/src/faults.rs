//! Faults that the dump and the watchdog have to name, planted the same way in several tests.

use mainspring::sync::{Barrier, Mutex};
use mainspring::task::{self, JoinHandle};
use std::future::Future;
use std::sync::Arc;

/// A task with a name.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn spawn_named<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    task::Builder::new().name(name).spawn(future).expect("it never fails")
}

/// Two tasks, each of which has a mutex and then wants the other's. The mutex of the first.
pub fn deadlock(names: [&str; 2]) -> Arc<Mutex<()>> {
    let (left, right) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let both = Arc::new(Barrier::new(2));
    for (name, mine, other) in [(names[0], &left, &right), (names[1], &right, &left)] {
        let (mine, other, both) = (mine.clone(), other.clone(), both.clone());
        spawn_named(name, async move {
            let _mine = mine.lock().await;
            both.wait().await;
            let _other = other.lock_owned().await;
        });
    }
    left
}
