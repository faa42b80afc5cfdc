//! Runtime: block_on (root on the caller's thread), enter, shutdown_timeout.
