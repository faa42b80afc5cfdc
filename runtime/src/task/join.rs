//! JoinHandle, AbortHandle, JoinError.
