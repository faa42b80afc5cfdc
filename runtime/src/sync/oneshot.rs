//! one value, one word of state, two waker slots.
