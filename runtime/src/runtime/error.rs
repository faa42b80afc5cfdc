//! error of a thread that is inside of no runtime.

#![forbid(unsafe_code)]

use std::fmt;

/// Why there is no current runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryCurrentError(pub(super) ());

impl TryCurrentError {
    /// Is there no runtime on this thread?
    #[must_use]
    pub fn is_missing_context(&self) -> bool {
        true
    }

    /// Was the thread's local storage destroyed already? Ours never is: it has no destructor.
    #[must_use]
    pub fn is_thread_local_destroyed(&self) -> bool {
        false
    }
}

impl fmt::Display for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NO_RUNTIME)
    }
}

impl std::error::Error for TryCurrentError {}

pub(crate) const NO_RUNTIME: &str = "no mainspring runtime on this thread; call this from inside \
     Runtime::block_on, a spawned task or #[mainspring::main], or enter one with Handle::enter";
