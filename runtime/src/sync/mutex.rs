//! a semaphore of one, plus a guard.
