//! WRONG: in batches. The next batch waits for the slowest of the one before.
//!
//! Many jobs, at most so many at once.

use std::future::Future;
use std::num::NonZeroUsize;

/// Runs `job` for each input, at most `limit` at once. Results are in the order of the inputs. A
/// panic of a job is the caller's.
pub async fn run_all<I, O, F>(inputs: Vec<I>, limit: NonZeroUsize, job: impl Fn(I) -> F) -> Vec<O>
where
    F: Future<Output = O> + Send + 'static,
    O: Send + 'static,
{
    let mut outputs = Vec::new();
    let mut inputs = inputs.into_iter().peekable();
    while inputs.peek().is_some() {
        let batch: Vec<_> =
            inputs.by_ref().take(limit.get()).map(|input| mainspring::spawn(job(input))).collect();
        for task in batch {
            match task.await {
                Ok(output) => outputs.push(output),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
    }
    outputs
}
