//! race a future against a deadline.
