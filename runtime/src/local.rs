//! the single-thread executor: a queue, an inbox, a tick().
