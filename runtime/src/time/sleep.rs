//! Sleep, sleep, sleep_until.
