//! the channel itself: storage, permits, the sleeping receiver; close and drop semantics.
