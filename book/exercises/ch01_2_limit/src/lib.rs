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
    for input in inputs {
        drop(job(input));
    }
    todo!("at most {limit} at once")
}
