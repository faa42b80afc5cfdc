//! Many jobs, at most so many at once.

use mainspring::sync::Semaphore;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Runs `job` for each input, at most `limit` at once. Results are in the order of the inputs. A
/// panic of a job is the caller's.
pub async fn run_all<I, O, F>(inputs: Vec<I>, limit: NonZeroUsize, job: impl Fn(I) -> F) -> Vec<O>
where
    F: Future<Output = O> + Send + 'static,
    O: Send + 'static,
{
    let permits = Arc::new(Semaphore::new(limit.get()));
    let mut tasks = Vec::new();
    for input in inputs {
        // The permit is taken before the task is made, so the jobs start in the order of the inputs
        // and there are never more tasks than permits.
        let permit = permits.clone().acquire_owned().await.expect("nobody closes it");
        let job = job(input);
        tasks.push(mainspring::spawn(async move {
            let output = job.await;
            drop(permit);
            output
        }));
    }
    let mut outputs = Vec::new();
    for task in tasks {
        match task.await {
            Ok(output) => outputs.push(output),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    outputs
}
