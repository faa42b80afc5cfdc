//! ctrl_c: a pipe, a source and an Event.
