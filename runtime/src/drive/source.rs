//! one fd: a readiness word with a tick, two waker slots, and a line for the rest.
