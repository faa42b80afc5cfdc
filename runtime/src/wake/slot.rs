//! one waker, set by one side and taken by the other, with its race table.
