//! read_exact, write_all, read_until, ... as named futures.
