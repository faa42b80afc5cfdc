//! asyncio's facts about gather, wait, shield, as_completed and groups, row by row, in virtual
//! time.
//!
//! The rows and their values are what CPython 3.11 prints; each names its test. "Cleaned" is what a
//! coroutine says in an `await` of its `finally`; a future that is cancelled is dropped, so its
//! destructor says "cancelled", and nothing can be awaited there.
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `gather.order` | `['a', 'b', 'c']` | `gather_order` |
//! | `gather.empty` | `[]` | `gather_empty` |
//! | `gather.first_error` | at once, siblings run on | `gather_first_error`: they have ended |
//! | `gather.sibling_keeps_running` | `['y:done']` | `gather_sibling_is_ended` |
//! | `gather.return_exceptions` | `[1, 'ValueError(v)', 3]` | `gather_return_exceptions` |
//! | `gather.cancel_outer` | children cancelled | `gather_cancel_outer` |
//! | `gather.cancel_outer_retexc` | children cancelled | `gather_cancel_outer_retexc` |
//! | `gather.child_cancelled_retexc` | no `Exception` | `gather_child_cancelled_retexc`: an error |
//! | `gather.child_cancelled` | `CancelledError` | `gather_child_cancelled`: what the input says |
//! | `gather.same_task_twice` | `[7, 7]` | does not compile: the docs of `gather` show it |
//! | `wait.timeout` | done 2, pending 1 | `wait_timeout` |
//! | `wait.first_completed` | `(1, 1)` | `wait_first_completed` |
//! | `wait.first_exception` | done 2, pending 1 | `wait_first_exception` |
//! | `wait.coroutine` | `TypeError` | does not compile: a `JoinSet` holds tasks |
//! | `wait.empty` | `ValueError` | `wait_empty`: nothing is returned, at once |
//! | `wait.cancelled_leaves_children` | `['x:done']` | `wait_cancelled_leaves_children` |
//! | `wait_for.shielded` | the task goes on | `wait_for_shielded` |
//! | `shield.outer_cancelled` | inner goes on | `shield_outer_cancelled` |
//! | `await_task.cancel_awaiter_cancels_task` | `True` | `cancelling_the_awaiter_leaves_the_task` |
//! | `TaskGroup.first_error` | 1 sub-exception, after cleanup | `taskgroup_first_error` |
//! | `TaskGroup.two_errors_same_tick` | both | `taskgroup_two_errors_same_tick` |
//! | `TaskGroup.body_error` | joins the group | `taskgroup_body_error` |
//! | `TaskGroup.external_cancel` | children cancelled | `taskgroup_external_cancel` |
//! | `TaskGroup.child_self_cancel` | group ok | `taskgroup_child_self_cancel` |
//! | `TaskGroup.create_after_exit` | "is finished" | `taskgroup_create_after_exit`: not started |
//! | `TaskGroup.dynamic_spawn` | `[3, 2, 1, 0]` | `taskgroup_dynamic_spawn` |
//! | `TaskGroup.spawn_while_aborting` | "is shutting down" | `taskgroup_spawn_while_aborting` |
//! | `ExceptionGroup.except_star` | split, rest re-raised | `exceptiongroup_except_star` |

#[path = "asyncio_group/gather.rs"]
mod gather;
#[path = "asyncio_group/task_group.rs"]
mod task_group;
#[path = "asyncio_group/wait.rs"]
mod wait;

use mainspring::time::{Duration, sleep};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use tests::paused;

/// What the tasks of a test say, in order.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, word: impl Into<String>) {
        self.0.lock().expect("no panic under this lock").push(word.into());
    }

    fn said(&self) -> Vec<String> {
        self.0.lock().expect("no panic under this lock").clone()
    }
}

/// Says "name:done" after so many milliseconds, and "name:cancelled" if it does not get there.
async fn worker(log: Log, name: &'static str, millis: u64) -> Result<&'static str, Error> {
    struct Unless(Log, &'static str, bool);
    impl Drop for Unless {
        fn drop(&mut self) {
            self.0.say(format!("{}:{}", self.1, if self.2 { "done" } else { "cancelled" }));
        }
    }
    let mut unless = Unless(log, name, false);
    sleep(ms(millis)).await;
    unless.2 = true;
    Ok(name)
}

async fn fails(millis: u64, error: Error) -> Result<&'static str, Error> {
    sleep(ms(millis)).await;
    Err(error)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Error {
    Value(u32),
    Key(u32),
    Runtime,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Error {}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Runs a test, which must have ended all its tasks when it ends.
fn run<F: Future<Output = ()>>(test: F) {
    paused().block_on(test);
}
